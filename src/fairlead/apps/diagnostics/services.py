"""The stages of a diagnosis: begin, gather, rate alone, agree, publish, promise, and look back a year later."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fairlead import clock
from fairlead.apps.access.scope import Scope
from fairlead.apps.diagnostics import selectors
from fairlead.apps.diagnostics.models import (
    ALONE,
    TOGETHER,
    Diagnosis,
    Evidence,
    NextStep,
    Rater,
    RestsOn,
    school_year,
)
from fairlead.apps.instruments.responding import Filled, Given, record, withdraw
from fairlead.apps.roster import selectors as roster
from fairlead.apps.support import services as support

LEAST_RATERS = 2  # a consensus is one of several
YEAR_TURNS = 7  # where no calendar says otherwise, a school year begins in July
Stage = Diagnosis.Stage


class NotNow(ValidationError):
    """The diagnosis has gone on, or has not come so far: the page that was sent is an older one."""


@dataclass(frozen=True, slots=True)
class Rated:
    """What is said to one item, alone or together. `level` 0: nothing was found to rate by."""

    level: int | None = None
    words: str = ""
    rests: tuple[int, ...] = ()
    number: float | None = None


def year_on(organization_id: int, on: date) -> int:
    """In which year the school year of this day began."""
    session = roster.session_on(roster.network_of(organization_id).pk, on)
    return session.begins.year if session else on.year - (on.month < YEAR_TURNS)


@transaction.atomic
def begin(scope: Scope, organization_id: int, version_id: int, rater_ids: Collection[int], named: bool) -> Diagnosis:
    """Begin a diagnosis of this school year, with the asking person as its facilitator."""
    place = next((p for p in selectors.places(scope) if p[0] == organization_id), None)
    if place is None:
        raise ValidationError({"organization": _("Choose one of your own.")})
    versions = {v.pk: v for v in selectors.versions_to_use(scope, place[2])}
    if version_id not in versions:
        raise ValidationError({"version": _("Choose one of the instruments that are offered.")})
    year = year_on(organization_id, clock.today())
    instrument = versions[version_id].instrument
    if Diagnosis.objects.filter(organization_id=organization_id, instrument=instrument, year=year).exists():
        raise ValidationError(
            {"version": _("There is one of %(year)s already; go on with it.") % {"year": school_year(year)}}
        )
    made = Diagnosis.objects.create(
        organization_id=organization_id,
        instrument=instrument,
        version_id=version_id,
        year=year,
        facilitator_id=scope.person_id,
        named=named,
        begun_at=clock.now(),
    )
    _ask(scope, made, rater_ids)
    return made


@transaction.atomic
def ask_raters(scope: Scope, pk: int, rater_ids: Collection[int], named: bool) -> None:
    """Who is asked to rate, and whether names will stand beside the levels; both before the first level is given."""
    found = _led(scope, pk, Stage.GATHER)
    found.named = named
    found.save(update_fields=["named"])
    _ask(scope, found, rater_ids)


@transaction.atomic
def hand_over(scope: Scope, pk: int, person_id: int) -> None:
    """Somebody else facilitates from here on. Not once the group talks: the facilitator then knows what each gave."""
    found = _led(scope, pk, Stage.GATHER, Stage.RATE)
    if person_id not in {person for person, _name, _role in selectors.successors(scope, found, clock.today())}:
        raise ValidationError(_("Choose somebody who leads this school or those above it."))
    found.facilitator_id = person_id
    found.save(update_fields=["facilitator"])


def _ask(scope: Scope, found: Diagnosis, rater_ids: Collection[int]) -> None:
    known = {person for person, _name, _role in selectors.candidates(scope, found.organization_id, clock.today())}
    wanted = set(rater_ids)
    if not wanted <= known:
        raise ValidationError({"raters": _("Choose people of this school or of those above it.")})
    if len(wanted) < LEAST_RATERS:
        raise ValidationError({"raters": _("At least %(n)s people rate, each alone.") % {"n": LEAST_RATERS}})
    held = set(Rater.objects.filter(diagnosis=found).values_list("person_id", flat=True))
    Rater.objects.filter(diagnosis=found, person_id__in=held - wanted).delete()
    Rater.objects.bulk_create(
        Rater(diagnosis=found, organization_id=found.organization_id, person_id=pk) for pk in sorted(wanted - held)
    )


@transaction.atomic
def add_evidence(
    scope: Scope, pk: int, *, items: Collection[str], text: str, source: str, dated: date, link: str = ""
) -> Evidence:
    """Add what was read, counted or heard, for some of the items."""
    found = _member(scope, pk, Stage.GATHER, Stage.RATE, Stage.CONSENSUS)
    keys = {item.key for item in selectors.rated_items(found.version_id)}
    if not items or not set(items) <= keys:
        raise ValidationError({"items": _("Say what it is evidence for.")})
    if dated > clock.today():
        raise ValidationError({"dated": _("Evidence is of today or an earlier day.")})
    return Evidence.objects.create(
        diagnosis=found,
        organization_id=found.organization_id,
        author_id=scope.person_id,
        items=sorted(items),
        text=text.strip(),
        source=source.strip(),
        dated=dated,
        link=link,
        added_at=clock.now(),
    )


@transaction.atomic
def withdraw_evidence(scope: Scope, pk: int, evidence_id: int) -> bool:
    """Take back what one brought oneself, while nobody rates by it yet. False when it is not there."""
    found = _member(scope, pk, Stage.GATHER)
    gone, _tables = Evidence.objects.filter(pk=evidence_id, diagnosis=found, author_id=scope.person_id).delete()
    return gone > 0


@transaction.atomic
def open_rating(scope: Scope, pk: int) -> None:
    """From here on each rater rates alone."""
    found = _led(scope, pk, Stage.GATHER)
    if not Evidence.objects.filter(diagnosis=found).exists():
        raise ValidationError(_("Nobody can rate from evidence yet: there is none. Add a first piece."))
    _go(found, Stage.RATE, rating_at=clock.now())


@transaction.atomic
def rate(scope: Scope, pk: int, answers: Mapping[int, Rated], *, give: bool) -> None:
    """Keep the asking person's own levels as a draft, or give them. Until the group talks they can be given anew."""
    found = _at(scope, pk, Stage.RATE)
    mine = Rater.objects.select_for_update().filter(diagnosis=found, person_id=scope.person_id).first()
    if mine is None:
        raise ValidationError(_("You are not asked to rate in this diagnosis."))
    items = selectors.rated_items(found.version_id)
    if give:
        _whole(items, answers)
    response = _write(scope, found, items, answers, part="individual", former=mine.response_id, given=give)
    mine.response_id = response.pk
    mine.given_at = clock.now() if give else None
    mine.save(update_fields=["response", "given_at"])


@transaction.atomic
def open_talk(scope: Scope, pk: int) -> None:
    """Rating alone is over: the levels are laid beside each other, and nobody changes theirs any more."""
    found = _led(scope, pk, Stage.RATE)
    given = Rater.objects.filter(diagnosis=found, given_at__isnull=False).count()
    if given < LEAST_RATERS:
        raise ValidationError(
            _("%(given)s have given their levels; at least %(least)s must.") % {"given": given, "least": LEAST_RATERS}
        )
    _go(found, Stage.CONSENSUS, consensus_at=clock.now())


@transaction.atomic
def agree(
    scope: Scope, pk: int, answers: Mapping[int, Rated], *, minutes: int | None = None, publish: bool = False
) -> None:
    """Write the consensus down: each level with its reason and the evidence that it rests on; then publish it."""
    found = _led(scope, pk, Stage.CONSENSUS)
    items = selectors.answered_items(found.version_id)
    if publish:
        _whole([item for item in items if item.kind == "rating"], answers)
        if minutes is None:
            raise ValidationError({"minutes": _("How many minutes did the group talk?")})
    response = _write(scope, found, items, answers, part="consensus", former=found.consensus_id, given=publish)
    found.consensus_id = response.pk
    found.minutes = minutes
    found.save(update_fields=["consensus", "minutes"])
    if publish:
        _go(found, Stage.PUBLISHED, published_at=clock.now())


@transaction.atomic
def promise(scope: Scope, pk: int, item_id: int, *, text: str, due: date) -> NextStep:
    """The asking person promises something for one item, to the facilitator (who does so to another of the group).

    A promise is one of `support`: made where the group talked, listed on its owner's desk, kept or done another way.
    """
    found = _member(scope, pk, Stage.PUBLISHED)
    if item_id not in {item.pk for item in selectors.rated_items(found.version_id)}:
        raise ValidationError({"item": _("Say for what you promise it.")})
    made = support.make_promise(scope, _talk(scope, found), text=text, due=due)
    return NextStep.objects.create(
        diagnosis=found, organization_id=found.organization_id, item_id=item_id, promise=made
    )


def _talk(scope: Scope, found: Diagnosis) -> Any:
    """The contact in which the asking person promises: their part in the group's talk, written once."""
    earlier = NextStep.objects.filter(diagnosis=found, promise__owner_id=scope.person_id).select_related(
        "promise__contact"
    )
    for step in earlier:
        return step.promise.contact
    to = found.facilitator_id
    if to == scope.person_id:
        others = Rater.objects.filter(diagnosis=found).exclude(person_id=to).order_by("pk")
        to = int(others.values_list("person_id", flat=True)[0])
    assert found.published_at is not None
    assert found.minutes is not None
    return support.record_contact(
        scope,
        organization_id=found.organization_id,
        with_person_id=to,
        at=found.published_at,
        minutes=found.minutes,
        kind="meeting",
        purpose=TOGETHER,
    )


@transaction.atomic
def settle(scope: Scope, pk: int, promise_id: int, otherwise: str | None = None) -> bool:
    """One's own promise is kept, or (`otherwise`) done another way, in words. False when it was settled before."""
    _member(scope, pk, Stage.PUBLISHED, Stage.REVIEWED)
    step = NextStep.objects.get(diagnosis_id=pk, promise_id=promise_id, promise__owner_id=scope.person_id)
    if otherwise is None:
        return support.keep_promise(scope, step.promise_id)
    return support.promise_done_another_way(scope, step.promise_id, otherwise)


@transaction.atomic
def look_back(scope: Scope, pk: int, words: str) -> None:
    """A year later: what became of it, in words. The facilitator or whoever leads the place now may write it."""
    found = _at(scope, pk, Stage.PUBLISHED)
    if found.facilitator_id != scope.person_id and not selectors.may_begin(scope, found.organization_id):
        raise ValidationError(_("The facilitator, or who leads the school, looks back."))
    if year_on(found.organization_id, clock.today()) <= found.year:
        raise NotNow(_("It is looked back on in the next school year."))
    if not words.strip():
        raise ValidationError({"review": _("Say in a few words what became of it.")})
    found.review = words.strip()
    found.save(update_fields=["review"])
    _go(found, Stage.REVIEWED, reviewed_at=clock.now())


# How they are done ---------------------------------------------------------------------------------------------------


def _at(scope: Scope, pk: int, *stages: str) -> Diagnosis:
    """A diagnosis that the person may see, locked, in one of these stages."""
    if selectors.diagnosis(scope, pk) is None:
        raise Diagnosis.DoesNotExist
    found = Diagnosis.objects.select_for_update().get(pk=pk)
    if found.stage not in stages:
        raise NotNow(_("This diagnosis is at another stage now: %(stage)s.") % {"stage": Stage(found.stage).label})
    return found


def _led(scope: Scope, pk: int, *stages: str) -> Diagnosis:
    found = _at(scope, pk, *stages)
    if found.facilitator_id != scope.person_id:
        raise ValidationError(_("The facilitator does this."))
    return found


def _member(scope: Scope, pk: int, *stages: str) -> Diagnosis:
    found = _at(scope, pk, *stages)
    is_rater = Rater.objects.filter(diagnosis=found, person_id=scope.person_id).exists()
    if not is_rater and found.facilitator_id != scope.person_id:
        raise ValidationError(_("The facilitator and the raters do this."))
    return found


def _go(found: Diagnosis, stage: str, **at: Any) -> None:
    found.stage = stage
    for name, value in at.items():
        setattr(found, name, value)
    found.save(update_fields=["stage", *at])


def _whole(items: Iterable[Any], answers: Mapping[int, Rated]) -> None:
    """Every level is there, and says what it rests on."""
    wrong = {}
    for item in items:
        said = answers.get(item.pk, Rated())
        if said.level is None:
            wrong[f"item_{item.pk}"] = _("Choose a level, or say that nothing was found to rate by.")
        elif said.level and not said.words.strip() and not said.rests:
            wrong[f"item_{item.pk}"] = _("Say what the level rests on: a piece of evidence, or a few words.")
    if wrong:
        raise ValidationError(wrong)


def _write(
    scope: Scope,
    found: Diagnosis,
    items: Collection[Any],
    answers: Mapping[int, Rated],
    *,
    part: str,
    former: uuid.UUID | None,
    given: bool,
) -> Any:
    """One response in the place of a former one; what that said stays in the history."""
    if former is not None:
        RestsOn.objects.filter(response_id=former).delete()
        withdraw(scope, former)
    purpose = ALONE if part == "individual" else TOGETHER
    response = record(
        scope,
        Filled(
            id=uuid.uuid4(),
            version_id=found.version_id,
            organization_id=found.organization_id,
            purpose=purpose,
            day=clock.today(),
            answers={item.pk: _given(answers[item.pk]) for item in items if item.pk in answers},
            part=part,
            submitted_at=clock.now() if given else None,
            language=(get_language() or "en")[:2],
        ),
    )
    known = {e.pk: e for e in Evidence.objects.filter(diagnosis=found)}
    rests = [(item, known[pk]) for item in items for pk in answers.get(item.pk, Rated()).rests if pk in known]
    RestsOn.objects.bulk_create(
        RestsOn(
            organization_id=found.organization_id,
            purpose=purpose,
            author_id=scope.person_id,
            response=response,
            item=item,
            evidence=piece,
        )
        for item, piece in rests
    )
    return response


def _given(said: Rated) -> Given:
    unseen = said.level == 0
    return Given(level=said.level or None, number=said.number, not_observed=unseen, evidence=said.words)
