"""What is done with a request: ask, take, hand on, wait, say, solve, confirm, open again, do it another way.

A request asked twice under one id (sent again by a phone, or tapped twice) is one request. Every step is a line of its
conversation; the step's own words may be empty, those of a reason may not.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from fairlead import clock
from fairlead.apps.access.scope import Scope
from fairlead.apps.operations import rules, selectors
from fairlead.apps.operations.models import OPEN, ORDINARY, SENSITIVE, Request, RequestLine
from fairlead.apps.roster import selectors as roster
from fairlead.apps.roster import timetables

State, Step = Request.State, RequestLine.Kind
MOST_WORDS = 1000


class NotNow(ValidationError):
    """The request has gone on meanwhile: the page that was sent is an older one."""


@transaction.atomic
def ask(
    scope: Scope, pk: UUID, organization_id: int, *, kind: str, urgency: str, words: str = "", sensitive: bool = False
) -> tuple[Request, bool]:
    """Ask for something for a school where the person works. False when this id has been asked before."""
    now = clock.now()
    pack = rules.in_force(clock.today())
    if organization_id not in {school for school, _name in selectors.schools_to_ask_for(scope)}:
        raise ValidationError({"organization": _("Choose one of your own schools.")})
    if kind not in pack.kinds:
        raise ValidationError({"kind": _("Choose what it is about.")})
    if urgency not in Request.Urgency.values:
        raise ValidationError({"urgency": _("Say how urgent it is.")})
    level, hours = pack.kinds[kind].levels[urgency], pack.kinds[kind].hours
    answer, solve = _dues(scope, organization_id, level)
    purpose = SENSITIVE if sensitive else ORDINARY
    try:
        with transaction.atomic():
            made = Request.objects.create(
                id=pk,
                organization_id=organization_id,
                purpose=purpose,
                kind=kind,
                urgency=urgency,
                asker_id=scope.person_id,
                asked_at=now,
                rule=pack.key,
                answer_due=answer,
                solve_due=solve,
                hours=hours.likely,
                hours_low=hours.low,
                hours_high=hours.high,
            )
    except IntegrityError:
        known = selectors.request(scope, pk)
        if known is None or known.asker_id != scope.person_id:
            raise ValidationError(_("This request cannot be sent. Begin again.")) from None
        return known, False
    _line(scope, made, Step.ASKED, words, now)
    return made, True


def _dues(scope: Scope, school_id: int, level: rules.Level) -> tuple[date, date]:
    asked = clock.today()
    last = asked + timedelta(days=rules.FARTHEST)
    days = timetables.calendar(scope, school_id, roster.network_of(school_id).pk, asked, last)
    known_to = days[-1].date if days else asked - timedelta(days=1)
    meets = [day.date for day in days if day.meets]
    return rules.due(asked, level.answer, meets, known_to), rules.due(asked, level.solve, meets, known_to)


@transaction.atomic
def say(scope: Scope, pk: UUID, words: str) -> None:
    """Write a line. The first line by somebody who did not ask is the first answer, when it is the network's."""
    found = _seen(scope, pk)
    now = clock.now()
    if not words.strip():
        raise ValidationError({"text": _("Write something.")})
    if found.answered_at is None and _is_team(scope, found):
        found.answered_at = now
        found.save(update_fields=["answered_at"])
    _line(scope, found, Step.SAID, words, now)


@transaction.atomic
def take(scope: Scope, pk: UUID, words: str = "") -> None:
    """The asking person works on it from here on: it is off the principal's hands."""
    found = _of_team(scope, pk, *OPEN)
    if found.owner_id == scope.person_id and found.state == State.TAKEN:
        raise NotNow(_("It is yours already."))
    now = clock.now()
    _own(found, scope.person_id, now)
    _line(scope, found, Step.TAKEN, words, now)


@transaction.atomic
def hand(scope: Scope, pk: UUID, person_id: int, words: str = "") -> None:
    """Somebody else of the network works on it from here on."""
    found = _of_team(scope, pk, *OPEN)
    known = {person for person, _name, _role in selectors.team(scope, clock.today())}
    if person_id not in known:
        raise ValidationError({"person": _("Choose somebody of the network.")})
    if found.owner_id == person_id:
        raise NotNow(_("They work on it already."))
    now = clock.now()
    _own(found, person_id, now)
    _line(scope, found, Step.HANDED, words, now)


def _own(found: Request, person_id: int, now: datetime) -> None:
    found.owner_id = person_id
    found.state = State.TAKEN
    found.waiting_on = ""
    found.answered_at = found.answered_at or now
    found.save(update_fields=["owner", "state", "waiting_on", "answered_at"])
    RequestLine.objects.filter(request=found).update(owner_id=person_id)


@transaction.atomic
def wait(scope: Scope, pk: UUID, on: str, words: str = "") -> None:
    """It cannot go on by itself: it waits on somebody. The days go on counting; the page says on whom they went."""
    found = _worked_on(scope, pk, State.TAKEN, State.WAITING)
    if on not in Request.On.values:
        raise ValidationError({"waiting_on": _("Say on whom it waits.")})
    found.state, found.waiting_on = State.WAITING, on
    found.save(update_fields=["state", "waiting_on"])
    _line(scope, found, Step.WAITING, words, clock.now())


@transaction.atomic
def solve(scope: Scope, pk: UUID, words: str = "") -> None:
    """Whoever works on it says that it is done; the school has the last word."""
    found = _worked_on(scope, pk, State.TAKEN, State.WAITING)
    now = clock.now()
    found.state, found.waiting_on, found.solved_at = State.SOLVED, "", now
    found.save(update_fields=["state", "waiting_on", "solved_at"])
    _line(scope, found, Step.SOLVED, words, now)


@transaction.atomic
def another_way(scope: Scope, pk: UUID, because: str) -> None:
    """It was done another way, or is not needed any more: by the school, or by whoever works on it, with a reason."""
    found = _seen(scope, pk, *OPEN)
    school = _is_school(scope, found)
    if not school and found.owner_id != scope.person_id and not _is_team(scope, found):
        raise ValidationError(_("The school, or whoever works on it, says this."))
    if not because.strip():
        raise ValidationError({"because": _("Say in a few words what was done instead.")})
    now = clock.now()
    found.state = State.CONFIRMED if school else State.SOLVED
    found.waiting_on, found.solved_at, found.another_way = "", now, True
    found.by_school, found.confirmed_at = school, now if school else None
    if not school:
        found.answered_at = found.answered_at or now
        if found.owner_id is None:
            found.owner_id = scope.person_id
            RequestLine.objects.filter(request=found).update(owner_id=scope.person_id)
    found.save()
    _line(scope, found, Step.ANOTHER_WAY, because, now)


@transaction.atomic
def confirm(scope: Scope, pk: UUID, hours: Decimal | None = None, words: str = "") -> None:
    """The school says that it is done. `hours`: what it would have cost its leader, when the estimate is not right."""
    found = _of_school(scope, pk, State.SOLVED)
    if hours is not None and not scope.has("principal", organization_id=found.organization_id):
        raise ValidationError({"hours": _("The principal corrects the hours.")})
    if hours is not None and not 0 <= hours <= 80:
        raise ValidationError({"hours": _("Hours are from 0 to 80.")})
    now = clock.now()
    found.state, found.confirmed_at, found.hours_said = State.CONFIRMED, now, hours
    found.save(update_fields=["state", "confirmed_at", "hours_said"])
    _line(scope, found, Step.CONFIRMED, words, now)


@transaction.atomic
def correct_hours(scope: Scope, pk: UUID, hours: Decimal | None) -> None:
    """The principal's own number of hours, in the place of the estimate; also long after."""
    found = _of_school(scope, pk, State.CONFIRMED)
    if not scope.has("principal", organization_id=found.organization_id):
        raise ValidationError({"hours": _("The principal corrects the hours.")})
    if hours is None or not 0 <= hours <= 80:
        raise ValidationError({"hours": _("Hours are from 0 to 80.")})
    found.hours_said = hours
    found.save(update_fields=["hours_said"])


@transaction.atomic
def reopen(scope: Scope, pk: UUID, because: str) -> None:
    """It is not done: back to whoever worked on it, with the day by which it was to be solved unchanged."""
    found = _of_school(scope, pk, State.SOLVED, State.CONFIRMED)
    if not because.strip():
        raise ValidationError({"because": _("Say in a few words what is still missing.")})
    found.state = State.ASKED if found.owner_id is None else State.TAKEN
    found.another_way = found.by_school = False
    found.solved_at = found.confirmed_at = found.hours_said = None
    found.reopened += 1
    found.save()
    _line(scope, found, Step.REOPENED, because, clock.now())


# Who may ----------------------------------------------------------------------------------------------------------


def _is_school(scope: Scope, found: Request) -> bool:
    return found.asker_id == scope.person_id or scope.has("principal", organization_id=found.organization_id)


def _is_team(scope: Scope, found: Request) -> bool:
    """Whether the person is of the network's team for this request: its purpose is open to them there."""
    leads = scope.has(*selectors.TEAM, organization_id=found.organization_id)
    return found.owner_id == scope.person_id or (
        leads and scope.opens("notes", found.purpose, found.organization_id) and found.asker_id != scope.person_id
    )


def may(scope: Scope, found: Request) -> frozenset[str]:
    """What the person may do with it now: names of this module's functions."""
    can = {"say"}
    team, school, own = _is_team(scope, found), _is_school(scope, found), found.owner_id == scope.person_id
    leads = team and scope.has(*selectors.TEAM, organization_id=found.organization_id)
    if found.is_open:
        can |= {"take"} if leads and not own else set()
        can |= {"hand"} if leads else set()
        can |= {"wait", "solve"} if own else set()
        can |= {"another_way"} if school or team else set()
    elif school:
        can |= {"reopen"} | ({"confirm"} if found.state == State.SOLVED else set())
        if found.state == State.CONFIRMED and scope.has("principal", organization_id=found.organization_id):
            can.add("correct_hours")
    return frozenset(can)


def _seen(scope: Scope, pk: UUID, *states: str) -> Request:
    if selectors.request(scope, pk) is None:
        raise Request.DoesNotExist
    found = Request.objects.select_for_update().get(pk=pk)
    if states and found.state not in states:
        raise NotNow(_("The request has gone on: it is at “%(state)s” now.") % {"state": State(found.state).label})
    return found


def _of_team(scope: Scope, pk: UUID, *states: str) -> Request:
    found = _seen(scope, pk, *states)
    if not _is_team(scope, found) or not scope.has(*selectors.TEAM, organization_id=found.organization_id):
        raise ValidationError(_("Somebody of the network's team does this."))
    return found


def _worked_on(scope: Scope, pk: UUID, *states: str) -> Request:
    found = _seen(scope, pk, *states)
    if found.owner_id != scope.person_id:
        raise ValidationError(_("Whoever works on it does this."))
    return found


def _of_school(scope: Scope, pk: UUID, *states: str) -> Request:
    found = _seen(scope, pk, *states)
    if not _is_school(scope, found):
        raise ValidationError(_("Whoever asked, or the school's principal, does this."))
    return found


def _line(scope: Scope, found: Request, kind: str, text: str, at: datetime) -> None:
    if len(text.strip()) > MOST_WORDS:
        raise ValidationError({"text": _("At most %(n)s characters.") % {"n": MOST_WORDS}})
    RequestLine.objects.create(
        request=found,
        organization_id=found.organization_id,
        purpose=found.purpose,
        asker_id=found.asker_id,
        owner_id=found.owner_id,
        author_id=scope.person_id,
        at=at,
        kind=kind,
        text=text.strip(),
    )
