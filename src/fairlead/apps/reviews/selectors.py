"""What the asking person sees of reviews: the plans, what is asked of them, what is theirs to judge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from fairlead.apps.access.asking import fetch
from fairlead.apps.access.scope import Scope
from fairlead.apps.reviews.models import Copy, Piece, Result, Review, Reviewer

RUN_BY = ("analyst", "network_lead")  # who plans, draws, deals and closes
READ_BY = (*RUN_BY, "director", "principal")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a review is: of the days asked for, of the assignments collected, of those dealt."""

    classrooms: int
    asked: int
    collected: int
    without: int
    dealt: int
    first_in: int
    second_in: int
    differing: int
    decided: int

    @property
    def settled(self) -> int:
        """Assignments on which nothing is left to judge."""
        return self.second_in_both - self.differing + self.decided

    @property
    def second_in_both(self) -> int:
        return min(self.first_in, self.second_in)


def may_run(scope: Scope, review: Review) -> bool:
    """Whether the person runs this review."""
    return any(g.role in RUN_BY and review.organization_id in g.below for g in scope.roles)


def reviews(scope: Scope) -> QuerySet[Review]:
    """The reviews of the person's organizations, the latest first: their own, and those of the network that they are part of."""
    rows = Review.objects.filter(organization_id__in=scope.up_org_ids).select_related(
        "organization", "version__instrument"
    )
    return rows.order_by("-made_at", "-pk")


def review(scope: Scope, review_id: int) -> Review | None:
    """One of them."""
    return reviews(scope).select_related("framework", "made_by").filter(pk=review_id).first()


def result(scope: Scope, review_id: int) -> Result | None:
    """What a closed review found."""
    return Result.objects.filter(review_id=review_id, organization_id__in=scope.up_org_ids).first()


_PROGRESS = """
SELECT count(DISTINCT classroom), count(*) FILTER (WHERE state = 'asked'), count(*) FILTER (WHERE state = 'collected'),
       count(*) FILTER (WHERE state = 'none'), count(*) FILTER (WHERE first_id IS NOT NULL),
       count(first_response), count(second_response), count(*) FILTER (WHERE differs),
       count(third_response)
FROM reviews_piece WHERE review_id = %(review)s AND organization_id = ANY (%(orgs)s)
"""


def progress(scope: Scope, review_id: int) -> Progress:
    """How far a review is."""
    return Progress(*fetch(_PROGRESS, review=review_id, orgs=sorted(scope.org_ids))[0])


def waiting(scope: Scope, review_id: int) -> QuerySet[Piece]:
    """The pieces that are asked for and have not come."""
    rows = Piece.objects.filter(review_id=review_id, organization_id__in=scope.org_ids, state=Piece.State.ASKED)
    return rows.select_related("section", "organization", "teacher").order_by(
        "organization__name", "classroom", "place"
    )


def reviewers(scope: Scope, review_id: int) -> QuerySet[Reviewer]:
    """Who judges in a review."""
    rows = Reviewer.objects.filter(review_id=review_id, organization_id__in=scope.up_org_ids)
    return rows.select_related("person", "home").order_by("person__sort_name")


def asked_of(scope: Scope) -> QuerySet[Piece]:
    """What the person is asked to hand in: days of their own classrooms."""
    rows = Piece.objects.filter(teacher_id=scope.person_id, state=Piece.State.ASKED, review__closed_at=None)
    return rows.select_related("review", "section").order_by("day", "pk")


def to_hand_in(scope: Scope, piece_id: int) -> Piece | None:
    """A piece that the person may hand in: of their own classroom, or of a review that they run."""
    piece = Piece.objects.select_related("review", "section", "organization").filter(pk=piece_id).first()
    if piece is None or not (piece.teacher_id == scope.person_id or may_run(scope, piece.review)):
        return None
    return piece


def _open_to(scope: Scope) -> Q:
    """What is the person's to judge now: first and second at once and blind, third where these differ."""
    me = scope.person_id
    return (
        Q(first_id=me, first_response=None)
        | Q(second_id=me, second_response=None)
        | Q(third_id=me, third_response=None, differs=True)
    )


def queue(scope: Scope) -> QuerySet[Piece]:
    """What waits for the person's judgement."""
    rows = Piece.objects.filter(_open_to(scope), state=Piece.State.COLLECTED, review__closed_at=None)
    return rows.select_related("review").order_by("review__made_at", "differs", "settled_at", "pk")


def judged_by(scope: Scope) -> int:
    """How many judgements the person has given in reviews that are not closed."""
    rows = Piece.objects.filter(review__closed_at=None)
    mine = (("first", "first_response"), ("second", "second_response"), ("third", "third_response"))
    return sum(rows.filter(**{f"{who}_id": scope.person_id, f"{what}__isnull": False}).count() for who, what in mine)


def to_judge(scope: Scope, piece_id: int) -> Piece | None:
    """A piece of the person's queue."""
    rows = queue(scope).select_related("review__version__instrument", "review__framework", "copy")
    return rows.defer("copy__content").filter(pk=piece_id).first()


def part_of(scope: Scope, piece: Piece) -> str:
    """As what the person judges a piece: first, second or third."""
    held = {"first": piece.first_id, "second": piece.second_id, "third": piece.third_id}
    return next((part for part, person in held.items() if person == scope.person_id), "")


def copy_of(scope: Scope, piece_id: int) -> Copy | None:
    """A copy with its content, for who judges it, who handed it in, and who runs the review."""
    copy = Copy.objects.select_related("piece__review").filter(piece_id=piece_id).first()
    if copy is None:
        return None
    piece = copy.piece
    judges = part_of(scope, piece)
    if judges == "third" and not piece.differs:
        judges = ""
    return copy if judges or piece.teacher_id == scope.person_id or may_run(scope, piece.review) else None


def levels(scope: Scope, piece_id: int) -> tuple[dict[str, int], dict[str, int]]:
    """The first's and the second's levels by item; empty until both are in. The database decides, see the migration."""
    found: tuple[dict[str, int], dict[str, int]] = ({}, {})
    for part, item, level in fetch("SELECT part, item, level FROM reviews_levels(%(piece)s)", piece=piece_id):
        found[0 if part == "single" else 1][item] = level
    return found


_FRAME = """
SELECT s.id, s.organization_id, s.grade, s.teacher_id
FROM roster_section s JOIN roster_academicsession y ON y.id = s.session_id
JOIN roster_course c ON c.id = s.course_id
WHERE s.organization_id = ANY (%(orgs)s) AND s.grade BETWEEN %(low)s AND %(high)s
  AND y.begins <= %(ends)s AND y.ends >= %(begins)s AND lower(c.subject) IN ('homeroom', lower(%(subject)s))
ORDER BY s.id
"""


def frame(
    scope: Scope, organizations: list[int], subject: str, grades: tuple[int, int], window: tuple[date, date]
) -> list[tuple[Any, ...]]:
    """The classrooms from which a review draws: of the subject, or of a homeroom that has all subjects."""
    orgs = sorted(set(organizations) & scope.org_ids)
    low, high = grades
    begins, ends = window
    return fetch(_FRAME, orgs=orgs, low=low, high=high, begins=begins, ends=ends, subject=subject)
