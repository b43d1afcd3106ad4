"""What is done in professional learning: make a programme, add a session, invite, sign in, enter a list, say "I was not there"."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.formats import time_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app as jobs

from fairlead import clock
from fairlead.apps.access.asking import change, fetch
from fairlead.apps.access.scope import Scope
from fairlead.apps.learning import codes, selectors
from fairlead.apps.learning.models import (
    Attendance,
    Counted,
    Ingredient,
    Invitation,
    Measured,
    Programme,
    Session,
    WrongCode,
)
from fairlead.apps.roster import selectors as roster

TRIES, WITHIN = 5, timedelta(minutes=10)
RECOUNT = "learning.recount"  # by name, since tasks stand above services


class NotThere(LookupError):
    """Not there for this person."""


class Late(ValidationError):
    """Signed in well after the beginning: for how long somebody was there has to be said."""


class TooMany(ValidationError):
    """Too many wrong codes in a short time."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a programme's form says."""

    name: str
    topic: str
    for_whom: str
    goal: str
    begins: date
    ends: date


@transaction.atomic
def make(scope: Scope, organization_id: int, draft: Draft, school_ids: Collection[int]) -> Programme:
    """A new programme of an organization, offered to the teachers of these schools."""
    if not selectors.may_make(scope, organization_id):
        raise NotThere
    if draft.ends < draft.begins:
        raise ValidationError({"ends": _("The last day is before the first.")})
    made = Programme.objects.create(
        organization_id=organization_id, made_by_id=scope.person_id, made_at=clock.now(), **asdict(draft)
    )
    invite(scope, made.pk, school_ids)
    return made


@transaction.atomic
def invite(scope: Scope, programme_id: int, school_ids: Collection[int]) -> int:
    """Offer a programme to all teachers of these schools, from today on or from its first day; how many are new."""
    known = _own(scope, programme_id)
    allowed = {pk for pk, _name in selectors.schools_to_invite(scope, known.organization_id)}
    if not set(school_ids) <= allowed:
        raise ValidationError({"schools": _("Choose schools of your own.")})
    since = max(known.begins, clock.today()) if known.sessions.filter(begins_at__lte=clock.now()) else known.begins
    return change(
        _INVITE, programme=programme_id, schools=list(school_ids), since=since, on=max(since, clock.today())
    )


_INVITE = """
INSERT INTO learning_invitation (programme_id, organization_id, person_id, since, walked_in)
SELECT DISTINCT ON (r.person_id) %(programme)s, r.organization_id, r.person_id, %(since)s::date, false
FROM roster_role r
WHERE r.role = 'teacher' AND r.organization_id = ANY (%(schools)s) AND r.begins <= %(on)s::date
  AND (r.ends IS NULL OR r.ends >= %(on)s::date)
ORDER BY r.person_id, r.organization_id
ON CONFLICT (programme_id, person_id) DO NOTHING
"""


def _own(scope: Scope, programme_id: int) -> Programme:
    known = selectors.programme(scope, programme_id)
    if known is None or not selectors.may_make(scope, known.organization_id):
        raise NotThere
    return known


@dataclass(frozen=True, slots=True)
class SessionDraft:
    """What a session's form says."""

    begins_at: datetime
    minutes: int
    place: str
    online: bool
    about: str
    lead_id: int
    second_id: int | None


@transaction.atomic
def add_session(scope: Scope, programme_id: int, draft: SessionDraft) -> Session:
    """A session of a programme, within its days."""
    known = _own(scope, programme_id)
    can_lead = {pk for pk, _name in selectors.who_can_lead(scope, clock.today())}
    day = draft.begins_at.date()
    if not known.begins <= day <= known.ends:
        words = {"first": known.begins, "last": known.ends}
        raise ValidationError({"day": _("The programme goes from %(first)s to %(last)s.") % words})
    if draft.lead_id not in can_lead or draft.second_id not in (None, *can_lead):
        raise ValidationError({"lead": _("Choose somebody of your organization.")})
    if draft.lead_id == draft.second_id:
        raise ValidationError({"second": _("The second person is somebody else.")})
    return Session.objects.create(programme_id=programme_id, organization_id=known.organization_id, **asdict(draft))


@transaction.atomic
def renew(scope: Scope, session_id: int) -> None:
    """A new code: the former one opens nothing any more."""
    found = selectors.session(scope, session_id)
    if found is None or not selectors.may_lead(scope, found):
        raise NotThere
    change("UPDATE learning_session SET renewed = renewed + 1 WHERE id = %(pk)s", pk=session_id)


def sign_in(
    scope: Scope, typed: str, way: str, minutes: int | None = None
) -> tuple[selectors.SessionLine, int, bool]:
    """Sign in to the session whose code this is: the session, the person's minutes, and False when it had been done before.

    A wrong code is kept, and after five of them in ten minutes the right one is refused too. Who signs in late says for how
    long they were there: neither all of it nor only the rest is taken for granted.
    """
    found = _fitting(scope, typed)
    if found is None:
        raise ValidationError({"code": _("No session that is on now has this code. Look at the board again.")})
    if found.own:
        return found, found.own, False
    had = found.minutes
    if clock.now() > found.begins_at + codes.ON_TIME:
        if minutes is None:
            raise Late({"minutes": _("For how many minutes were you there, of the session that began at %(time)s?") % {
                "time": time_format(localtime(found.begins_at), "TIME_FORMAT")}})  # fmt: skip
        if not 0 < minutes <= found.minutes:
            raise ValidationError({"minutes": _("Minutes are from 1 to %(most)s.") % {"most": found.minutes}})
        had = minutes
    _there(scope, found, scope.person_id, _home(scope, found.organization_id), had, Attendance.Way(way))
    return found, had, True


@transaction.atomic
def _fitting(scope: Scope, typed: str) -> selectors.SessionLine | None:
    """The session; one person's tries come one after the other, and what did not fit is kept before it is refused."""
    now = clock.now()
    fetch("SELECT pg_advisory_xact_lock(hashtext('learning'), %(person)s::int)", person=scope.person_id)
    if WrongCode.objects.filter(person_id=scope.person_id, at__gt=now - WITHIN, at__lte=now).count() >= TRIES:
        raise TooMany({"code": _("Too many codes that did not fit. Wait ten minutes, or sign on paper.")})
    for one in selectors.open_now(scope):
        if codes.fits(typed, one.pk, one.renewed):
            return one
    WrongCode.objects.create(organization_id=_home(scope), person_id=scope.person_id, at=now)
    return None


def _home(scope: Scope, above: int | None = None) -> int:
    """The person's own organization, below the one that offers."""
    below = set(roster.organizations_below(above)) if above is not None else set()
    own = [g.organization_id for g in scope.roles]
    return next((pk for pk in own if pk in below), own[0])


@transaction.atomic
def _there(
    scope: Scope, found: selectors.SessionLine, person_id: int, school_id: int, minutes: int, way: str
) -> bool:
    """Keep that somebody was there; who had not been invited is from here on."""
    invited, _new = Invitation.objects.get_or_create(
        programme_id=found.programme_id,
        person_id=person_id,
        defaults={"organization_id": school_id, "since": found.begins_at.date(), "walked_in": True},
    )
    known = Attendance.objects.filter(session_id=found.pk, person_id=person_id).first()
    if known is None:
        Attendance.objects.create(
            session_id=found.pk, organization_id=invited.organization_id, person_id=person_id, lead_id=found.lead_id,
            second_id=found.second_id, minutes=minutes, way=way, entered_by_id=scope.person_id, at=clock.now(),
        )  # fmt: skip
        return True
    if known.not_there_at is not None and person_id == scope.person_id:
        known.not_there_at = None  # their own word, taken back
        known.save(update_fields=["not_there_at"])  # the minutes stand as they stood
        return True
    if known.minutes != minutes and person_id != scope.person_id:
        known.minutes, known.entered_by_id = minutes, scope.person_id
        known.save(update_fields=["minutes", "entered_by"])
        return True
    return False


@transaction.atomic
def enter(scope: Scope, session_id: int, minutes: Mapping[int, int]) -> int:
    """Enter the list on paper: minutes by person, none for whoever did not come. How many lines changed."""
    found = selectors.session(scope, session_id)
    if found is None or not selectors.may_lead(scope, found):
        raise NotThere
    if clock.now() < found.begins_at:
        raise ValidationError(_("The session has not begun: there is nothing to enter yet."))
    known = {one.person_id: one for one in selectors.listed(scope, session_id)}
    if not set(minutes) <= set(known):
        raise ValidationError(_("Somebody on this list was not invited. Load the page again."))
    wrong = [known[pk].name for pk, had in minutes.items() if not 0 < had <= found.minutes]
    if wrong:
        words = {"names": ", ".join(wrong), "most": found.minutes}
        raise ValidationError(_("Minutes are from 1 to %(most)s: %(names)s.") % words)
    said_no = {pk for pk, one in known.items() if one.not_there}
    changed = sum(
        _there(scope, found, pk, known[pk].organization_id, had, Attendance.Way.PAPER)
        for pk, had in minutes.items()
        if pk not in said_no  # their own word stands
    )
    gone = [
        pk for pk, one in known.items() if one.way == Attendance.Way.PAPER and pk not in minutes and not one.not_there
    ]
    return changed + Attendance.objects.filter(session_id=session_id, person_id__in=gone).delete()[0]


@transaction.atomic
def not_there(scope: Scope, session_id: int) -> None:
    """The person's own word: I was not there. The former row stays in the history."""
    known = Attendance.objects.filter(session_id=session_id, person_id=scope.person_id).first()
    if known is None:
        raise NotThere
    if known.not_there_at is None:
        known.not_there_at = clock.now()
        known.save(update_fields=["not_there_at"])


@dataclass(frozen=True, slots=True)
class IngredientDraft:
    """What an ingredient's form says. `quantity` None: hours from the sign-ins."""

    kind: str
    name: str
    quantity: Decimal | None
    unit: str
    price: Decimal
    paid_by: str
    quantity_source: str
    price_source: str
    priced_on: date


@transaction.atomic
def add_ingredient(scope: Scope, programme_id: int, draft: IngredientDraft) -> Ingredient:
    """One thing that the programme used."""
    known = _own(scope, programme_id)
    if draft.quantity is None and draft.kind != Ingredient.Kind.PARTICIPANTS:
        raise ValidationError({"quantity": _("Say how much. Only participants' hours come from the sign-ins.")})
    return Ingredient.objects.create(
        programme_id=programme_id, organization_id=known.organization_id, **asdict(draft)
    )


@transaction.atomic
def drop_ingredient(scope: Scope, programme_id: int, pk: int) -> None:
    """Take an ingredient out; what it said stays in the history."""
    _own(scope, programme_id)
    if not Ingredient.objects.filter(programme_id=programme_id, pk=pk).delete()[0]:
        raise NotThere


# What may stand for which level. An indicator says where schools stand now and never how far they have come: a bare before
# and after of students would be read as the programme's doing, and that needs a registered plan's finding.
FITS: dict[int, tuple[str, ...]] = {
    Measured.Level.REACTIONS: ("survey",),
    Measured.Level.LEARNING: ("growth",),
    Measured.Level.SUPPORT: ("diagnosis", "survey", "indicator"),
    Measured.Level.USE: ("visits", "survey"),
    Measured.Level.OUTCOMES: ("finding", "indicator"),
}


@transaction.atomic
def tie(
    scope: Scope, programme_id: int, level: int, source: str, reference: str, times: tuple[date, date] | None = None
) -> Measured:
    """Say what stands for a level; of visits also until which day they are of before, and since which of after."""
    known = _own(scope, programme_id)
    if source not in FITS.get(level, ()):
        raise ValidationError({"source": _("This cannot stand for this level.")})
    visits = source == Measured.Source.VISITS
    if visits and times is None:
        raise ValidationError(
            {"until": _("Say until which day visits are of before, and from which day on of after.")}
        )
    if visits and times is not None and times[0] >= times[1]:
        raise ValidationError({"since": _("Visits after begin later than those before end.")})
    until, since = times if visits and times is not None else (None, None)
    made, new = Measured.objects.get_or_create(
        programme_id=programme_id, level=level, source=source, reference=reference,
        defaults={"organization_id": known.organization_id, "until": until, "since": since},
    )  # fmt: skip
    if visits and not new and (made.until, made.since) != (until, since):
        raise ValidationError(
            {"since": _("These visits stand there already, with other days. Take them away first.")}
        )
    if visits and new:
        jobs.configure_task(RECOUNT).defer(programme_id=programme_id)
    return made


@transaction.atomic
def untie(scope: Scope, programme_id: int, pk: int) -> None:
    """Take it away again, with what was counted of it."""
    _own(scope, programme_id)
    if not Measured.objects.filter(programme_id=programme_id, pk=pk).delete()[0]:
        raise NotThere
    Counted.objects.filter(programme_id=programme_id, what=Counted.What.PRACTICE, reference=str(pk)).delete()
