"""What is done in a review: planned, drawn, handed in, dealt, judged, closed. One transaction each."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app as jobs

from fairlead import clock
from fairlead.apps.access.scope import Scope
from fairlead.apps.instruments import attaching, policy, responding
from fairlead.apps.instruments.responding import Filled, Given
from fairlead.apps.instruments.selectors import items_of
from fairlead.apps.reviews import sampling, selectors
from fairlead.apps.reviews.models import Copy, Piece, Review, Reviewer, Secret
from fairlead.apps.roster import selectors as roster
from fairlead.science.impact.lottery import commit

KIND = "assignment_review"
ESTIMATE = "reviews.estimate"
STAFF = ("teacher", "principal", "coach", "director", "network_lead", "analyst", "talent")
FEWEST = 3
PARTS = {"first": "single", "second": "second", "third": "consensus"}  # as responses call them


@dataclass(frozen=True, slots=True)
class Plan:
    """A review as it is planned."""

    organization_id: int
    name: str
    subject: str
    purpose: str
    grade_low: int
    grade_high: int
    begins: date
    ends: date
    version_id: int
    classrooms: int
    assignments: int
    least_level: int = 3
    hours: float = 180.0
    compare: str = ""
    framework_id: int | None = None


@transaction.atomic
def make(scope: Scope, plan: Plan) -> Review:
    """Keep a plan, and commit to the seed of its draw."""
    if not any(g.role in selectors.RUN_BY and plan.organization_id in g.below for g in scope.roles):
        raise ValidationError(
            {"organization_id": _("You can plan reviews for your own organization and those below it.")}
        )
    version = responding.published(plan.version_id, plan.purpose)
    if version.instrument.kind != KIND:
        raise ValidationError({"version_id": _("Choose an instrument for reviewing assignments.")})
    item = next((item for item in items_of(version.pk) if item.kind == "rating"), None)
    if item is None or not 1 < plan.least_level <= len(item.anchors):
        raise ValidationError(
            {"least_level": _("Choose one of the levels of the instrument's first rating, above the lowest.")}
        )
    if plan.begins > plan.ends:
        raise ValidationError({"ends": _("The last day is before the first.")})
    if plan.grade_low > plan.grade_high:
        raise ValidationError({"grade_high": _("The highest grade is below the lowest.")})
    if not 0 < plan.hours < 8784:
        raise ValidationError({"hours": _("A year has more than 0 and less than 8,784 hours.")})
    seed, salt = secrets.token_hex(16), secrets.token_hex(16)
    values = {name: getattr(plan, name) for name in Plan.__slots__}
    review = Review.objects.create(
        **values, item_key=item.key, commitment=commit(seed, salt), made_by_id=scope.person_id, made_at=clock.now()
    )
    Secret.objects.create(review=review, organization_id=plan.organization_id, seed=seed, salt=salt)
    return review


def _run(scope: Scope, review_id: int) -> Review:
    """A review that the person runs and that is not closed; refused otherwise."""
    review = Review.objects.select_for_update().filter(pk=review_id, organization_id__in=scope.org_ids).first()
    if review is None or not selectors.may_run(scope, review):
        raise ValidationError(_("There is no such review."))
    if review.closed_at is not None:
        raise ValidationError(_("This review is closed."))
    return review


def _days(review: Review) -> list[date]:
    return roster.school_days(roster.network_of(review.organization_id).pk, review.begins, review.ends)


@transaction.atomic
def draw_sample(scope: Scope, review_id: int) -> int:
    """Draw classrooms and days, and tell the seed. How many assignments are asked for."""
    review = _run(scope, review_id)
    if review.drawn_at is not None:
        raise ValidationError(_("This review is drawn already; a draw is not repeated."))
    days = _days(review)
    if len(days) < review.assignments:
        raise ValidationError(
            _("There are %(days)s school days in this window, and %(wanted)s assignments are asked of each classroom. Plan a longer window.")
            % {"days": len(days), "wanted": review.assignments}
        )  # fmt: skip
    grades, window = (review.grade_low, review.grade_high), (review.begins, review.ends)
    below = roster.organizations_below(review.organization_id)
    frame = [
        sampling.Classroom(*row)
        for row in selectors.frame(scope, [review.organization_id, *below], review.subject, grades, window)
    ]
    if len(frame) < 2:
        raise ValidationError(
            _("%(n)s classrooms are in this plan; without two nothing can be said of how classrooms differ. Plan more grades or schools.")
            % {"n": len(frame)}
        )  # fmt: skip
    secret = Secret.objects.get(review=review)
    pieces = []
    for number, drawn in enumerate(sampling.classrooms(frame, review.classrooms, secret.seed), start=1):
        one = drawn.classroom
        order = sampling.day_order(one.section_id, days, secret.seed)
        pieces += [
            Piece(
                review=review,
                organization_id=one.organization_id,
                section_id=one.section_id,
                teacher_id=one.teacher_id,
                classroom=number,
                grade=one.grade,
                day=day,
                place=place,
                chance_of_classroom=drawn.chance,
                days=len(days),
                chance=drawn.chance * review.assignments / len(days),
            )
            for place, day in enumerate(order[: review.assignments])
        ]
    Piece.objects.bulk_create(pieces)
    review.seed, review.salt, review.drawn_at = secret.seed, secret.salt, clock.now()
    review.save(update_fields=["seed", "salt", "drawn_at"])
    secret.delete()
    return len(pieces)


def _asked(scope: Scope, piece_id: int) -> Piece:
    """A piece that the person may hand in and that has not come; refused otherwise."""
    piece = Piece.objects.select_for_update(of=("self",)).select_related("review").filter(pk=piece_id).first()
    if piece is None or not (piece.teacher_id == scope.person_id or selectors.may_run(scope, piece.review)):
        raise ValidationError(_("There is no such assignment."))
    if piece.review.closed_at is not None:
        raise ValidationError(_("This review is closed."))
    if piece.state != Piece.State.ASKED:
        raise ValidationError(_("This one is settled already."))
    return piece


@transaction.atomic
def hand_in(
    scope: Scope, piece_id: int, *, content: bytes = b"", name: str = "", text: str = "", no_names: bool
) -> Piece:
    """Take an assignment in: a picture or PDF, or its words. Only where somebody looked that no student is named on it."""
    piece = _asked(scope, piece_id)
    if not no_names:
        raise ValidationError({"no_names": _("Cover students' names, then say here that none can be read.")})
    if not content and not text.strip():
        raise ValidationError({"file": _("Choose a photo or PDF, or type what students were asked to do.")})
    if len(text) > responding.LONGEST:
        raise ValidationError({"text": _("At most %(n)s characters.") % {"n": responding.LONGEST}})
    media_type, cleaned = attaching.clean(content) if content else ("", b"")
    Copy.objects.create(
        piece=piece,
        organization_id=piece.organization_id,
        media_type=media_type,
        name=name[-120:] if content else "",
        sha256=attaching.digest(cleaned) if content else "",
        content=cleaned,
        text=text.strip(),
    )
    piece.state, piece.settled_at = Piece.State.COLLECTED, clock.now()
    piece.save(update_fields=["state", "settled_at"])
    return piece


@transaction.atomic
def no_assignment(scope: Scope, piece_id: int, because: str) -> Piece | None:
    """Students got no assignment on that day. The next day of the classroom's draw takes its place; None: none is left."""
    piece = _asked(scope, piece_id)
    if not because.strip():
        raise ValidationError({"because": _("Say why: a trip, a test, only reading aloud …")})
    piece.state, piece.because, piece.settled_at = Piece.State.NONE, because.strip()[:250], clock.now()
    piece.save(update_fields=["state", "because", "settled_at"])
    held = Piece.objects.filter(review_id=piece.review_id, classroom=piece.classroom)
    asked = held.count()
    if asked >= 2 * piece.review.assignments or piece.section_id is None:
        return None
    order = sampling.day_order(piece.section_id, _days(piece.review), piece.review.seed)
    if asked >= len(order):
        return None
    return Piece.objects.create(
        review_id=piece.review_id,
        organization_id=piece.organization_id,
        section_id=piece.section_id,
        teacher_id=piece.teacher_id,
        classroom=piece.classroom,
        grade=piece.grade,
        day=order[asked],
        place=asked,
        chance_of_classroom=piece.chance_of_classroom,
        days=piece.days,
        chance=piece.chance,
    )


def may_review(scope: Scope, review: Review) -> list[tuple[int, str, int]]:
    """Staff who can be asked to judge: number, name, organization of their role."""
    within = {*roster.organizations_below(review.organization_id), roster.network_of(review.organization_id).pk}
    people = {h.person_id: h for h in roster.holders(scope, clock.today(), *STAFF) if h.organization_id in within}
    return [(pk, h.name, h.organization_id) for pk, h in people.items()]


@transaction.atomic
def name_reviewers(scope: Scope, review_id: int, person_ids: Collection[int]) -> None:
    """Say who judges; three at least. Whoever has been dealt something stays."""
    review = _run(scope, review_id)
    can = {pk: home for pk, _name, home in may_review(scope, review)}
    if not set(person_ids) <= set(can):
        raise ValidationError({"people": _("Choose from the list.")})
    if len(set(person_ids)) < FEWEST:
        raise ValidationError(
            {"people": _("Choose three people at least: two who judge, and one who decides where these differ.")}
        )
    pieces = Piece.objects.filter(review=review).values_list("first_id", "second_id", "third_id")
    busy = {person for row in pieces for person in row if person is not None}
    Reviewer.objects.filter(review=review).exclude(person_id__in={*person_ids, *busy}).delete()
    known = set(Reviewer.objects.filter(review=review).values_list("person_id", flat=True))
    Reviewer.objects.bulk_create(
        Reviewer(review=review, organization_id=review.organization_id, person_id=pk, home_id=can[pk])
        for pk in sorted(set(person_ids) - known)
    )


@transaction.atomic
def deal(scope: Scope, review_id: int) -> int:
    """Deal what has been collected to the reviewers, by the seed and so that loads are equal. How many were dealt."""
    review = _run(scope, review_id)
    homes = dict(Reviewer.objects.filter(review=review).order_by("pk").values_list("person_id", "home_id"))
    if len(homes) < FEWEST:
        raise ValidationError(_("Choose three reviewers at least, then deal."))
    load: dict[int, int] = {}
    for one in Piece.objects.filter(review=review, first__isnull=False).only("first", "second"):
        for person in (one.first_id, one.second_id):
            if person is not None:
                load[person] = load.get(person, 0) + 1
    open_pieces = Piece.objects.filter(review=review, state=Piece.State.COLLECTED, first=None, second=None).order_by(
        "pk"
    )
    pieces = {piece.pk: piece for piece in open_pieces}
    if not pieces:
        return 0
    dealt = sampling.deal({pk: p.organization_id for pk, p in pieces.items()}, homes, review.seed, load=load)
    copies = {
        copy.piece_id: copy
        for copy in Copy.objects.filter(piece__in=pieces).only("first", "second", "third", "piece")
    }
    for pk, people in dealt.items():
        for row in (pieces[pk], copies[pk]):
            row.first_id, row.second_id, row.third_id = people
    Piece.objects.bulk_update(pieces.values(), ["first", "second", "third"])
    Copy.objects.bulk_update(copies.values(), ["first", "second", "third"])
    return len(dealt)


@transaction.atomic
def judge(
    scope: Scope, piece_id: int, answers: Mapping[int, Given], *, reason: str = "", language: str = "en"
) -> Piece:
    """Write the person's judgement. With the second of two it is known whether a third decides."""
    if selectors.to_judge(scope, piece_id) is None:
        raise ValidationError(_("This assignment does not wait for you."))
    piece = Piece.objects.select_for_update(of=("self",)).select_related("review").get(pk=piece_id)
    part = selectors.part_of(scope, piece)
    if getattr(piece, f"{part}_response") is not None:
        raise ValidationError(_("You have judged this one."))
    if part == "third" and not reason.strip():
        raise ValidationError({"reason": _("Say why: your decision stands.")})
    review = piece.review
    response = responding.record(
        scope,
        Filled(
            id=uuid.uuid4(),
            version_id=review.version_id,
            organization_id=piece.organization_id,
            purpose=review.purpose,
            day=clock.today(),
            answers=answers,
            section_id=piece.section_id,
            part=PARTS[part],
            submitted_at=clock.now(),
            language=language,
        ),
    )
    setattr(piece, f"{part}_response", response.pk)
    if part == "third":
        piece.reason = reason.strip()[: responding.LONGEST]
    piece.save(update_fields=[f"{part}_response", "reason"])
    if part != "third" and piece.first_response and piece.second_response:
        first, second = selectors.levels(scope, piece.pk)
        piece.differs = bool(sampling.differ(first, second, review.item_key, review.least_level))
        piece.save(update_fields=["differs"])
    return piece


@transaction.atomic
def close(scope: Scope, review_id: int) -> None:
    """Close a review: nothing more is taken in, and the worker computes what it found."""
    review = _run(scope, review_id)
    if not Piece.objects.filter(review=review, first_response__isnull=False, second_response__isnull=False).exists():
        raise ValidationError(_("No assignment has two judgements yet: there is nothing to count."))
    review.closed_at = clock.now()
    review.save(update_fields=["closed_at"])
    jobs.configure_task(ESTIMATE).defer(review_id=review.pk)


def least_classrooms(review: Review) -> int:
    """The least number of classrooms in a group that is shown: nobody's own work is to be read off a table."""
    return max(FEWEST, policy.least_group(review.version.instrument))
