"""Reading professional learning: programmes, sessions, who was offered what and had how much of it, and one's own hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.timezone import get_current_timezone_name

from fairlead import clock
from fairlead.apps.access import rls
from fairlead.apps.access.asking import fetch, find
from fairlead.apps.access.purposes import readable_purposes
from fairlead.apps.access.scope import Scope
from fairlead.apps.learning import codes
from fairlead.apps.learning.models import PURPOSE, Attendance, Counted, Ingredient, Measured, Programme
from fairlead.apps.roster import selectors as roster

MAKERS = ("network_lead", "principal")
READERS = ("network_lead", "analyst", "director", "principal")  # of levels
PAYERS = ("network_lead", "analyst", "principal")  # of cost
LEADS = ("coach", "network_lead", "director", "principal", "analyst", "data_manager", "talent")
STAFF = ("teacher", "office", *LEADS)
VISITS = "research"  # what visits are made for whose levels may enter a count of everybody


def may_make(scope: Scope, organization_id: int) -> bool:
    """Whether the person makes and changes programmes of this organization."""
    return any(g.role in MAKERS and g.organization_id == organization_id for g in scope.roles)


def may_pay(scope: Scope, organization_id: int) -> bool:
    """Whether the person reads what programmes of this organization cost."""
    return scope.has(*PAYERS, organization_id=organization_id)


@dataclass(frozen=True, slots=True)
class Line:
    """One programme as a line of a list."""

    pk: int
    organization_id: int
    organization: str
    name: str
    topic: str
    begins: date
    ends: date
    sessions: int
    held: int
    invited: bool  # the asking person
    leads: bool  # the asking person leads one of its sessions


_LINES = """
SELECT p.id, p.organization_id, o.name, p.name, p.topic, p.begins, p.ends, count(s.id),
       count(s.id) FILTER (WHERE s.begins_at + make_interval(mins => s.minutes) <= %(now)s),
       EXISTS (SELECT FROM learning_invitation i WHERE i.programme_id = p.id AND i.person_id = %(person)s),
       coalesce(bool_or(%(person)s IN (s.lead_id, s.second_id)), false)
FROM learning_programme p
JOIN roster_organization o ON o.id = p.organization_id
LEFT JOIN learning_session s ON s.programme_id = p.id
WHERE p.organization_id = ANY (%(orgs)s)
GROUP BY p.id, o.name ORDER BY p.ends DESC, p.name, p.id
"""


def lines(scope: Scope) -> list[Line]:
    """Programmes of the person's organizations and of those above, the latest first."""
    rows = fetch(_LINES, person=scope.person_id, orgs=sorted(scope.up_org_ids), now=clock.now())
    return [Line(*row) for row in rows]


def programme(scope: Scope, pk: int) -> Programme | None:
    """One of them."""
    found = find(
        Programme, "WHERE t.id = %(pk)s AND t.organization_id = ANY (%(orgs)s)", pk=pk, orgs=sorted(scope.up_org_ids)
    )
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class SessionLine:
    """One session."""

    pk: int
    programme_id: int
    programme: str
    organization_id: int
    begins_at: datetime
    minutes: int
    place: str
    online: bool
    about: str
    lead_id: int
    second_id: int | None
    lead: str
    second: str
    renewed: int
    own: int | None  # the asking person's minutes

    @property
    def ends_at(self) -> datetime:
        return self.begins_at + timedelta(minutes=self.minutes)

    @property
    def is_over(self) -> bool:
        return self.ends_at <= clock.now()

    @property
    def is_open(self) -> bool:
        """Whether its code is taken now."""
        return codes.opens(self.begins_at) <= clock.now() <= codes.closes(self.begins_at, self.minutes)


_SESSIONS = """
SELECT s.id, p.id, p.name, s.organization_id, s.begins_at, s.minutes, s.place, s.online, s.about, s.lead_id, s.second_id,
       coalesce(l.given_name || ' ' || l.family_name, ''), coalesce(t.given_name || ' ' || t.family_name, ''), s.renewed,
       (SELECT CASE WHEN a.not_there_at IS NULL THEN a.minutes ELSE 0 END FROM learning_attendance a
        WHERE a.session_id = s.id AND a.person_id = %(person)s)
FROM learning_session s
JOIN learning_programme p ON p.id = s.programme_id
LEFT JOIN roster_person l ON l.id = s.lead_id
LEFT JOIN roster_person t ON t.id = s.second_id
WHERE s.organization_id = ANY (%(orgs)s) AND {which}
ORDER BY s.begins_at, s.id
"""


def _sessions(scope: Scope, which: str, **values: Any) -> list[SessionLine]:
    rows = fetch(_SESSIONS.format(which=which), person=scope.person_id, orgs=sorted(scope.up_org_ids), **values)
    return [SessionLine(*row) for row in rows]


def sessions(scope: Scope, programme_id: int) -> list[SessionLine]:
    """A programme's sessions, the first first."""
    return _sessions(scope, "s.programme_id = %(programme)s", programme=programme_id)


def session(scope: Scope, pk: int) -> SessionLine | None:
    """One session."""
    return next(iter(_sessions(scope, "s.id = %(pk)s", pk=pk)), None)


def near(scope: Scope, now: datetime) -> list[SessionLine]:
    """Sessions that begin within a day of now, before or after."""
    return _sessions(
        scope, "s.begins_at BETWEEN %(since)s AND %(until)s", since=now - timedelta(days=1), until=now + timedelta(days=1)
    )  # fmt: skip


def own_sessions(scope: Scope) -> list[SessionLine]:
    """Sessions in which the asking person is said to have been, or that were offered to them and are over."""
    return _sessions(
        scope,
        "s.begins_at <= %(now)s AND EXISTS (SELECT FROM learning_invitation i WHERE i.programme_id = p.id "
        "AND i.person_id = %(person)s AND i.since <= (s.begins_at AT TIME ZONE %(zone)s)::date)",
        now=clock.now(),
        zone=get_current_timezone_name(),
    )


def open_now(scope: Scope) -> list[SessionLine]:
    """Sessions whose code is taken now."""
    return [one for one in near(scope, clock.now()) if one.is_open]


def may_lead(scope: Scope, found: SessionLine) -> bool:
    """Whether the person shows the session's code and enters its list: who leads it, and who makes programmes there."""
    return scope.person_id in (found.lead_id, found.second_id) or may_make(scope, found.organization_id)


@dataclass(frozen=True, slots=True)
class Listed:
    """Somebody on a session's list."""

    person_id: int
    organization_id: int
    name: str
    school: str
    minutes: int | None
    way: str
    entered_by: str
    not_there: bool
    late_at: datetime | None  # when they signed in, where that was well after the beginning

    @property
    def way_label(self) -> str:
        return str(Attendance.Way(self.way).label) if self.way else ""


_LISTED = """
SELECT i.person_id, i.organization_id, p.given_name || ' ' || p.family_name, o.name, a.minutes, coalesce(a.way, ''),
       CASE WHEN a.entered_by_id <> a.person_id THEN coalesce(e.given_name || ' ' || e.family_name, '') ELSE '' END,
       a.not_there_at IS NOT NULL,
       CASE WHEN a.way <> 'paper' AND a.at > s.begins_at + %(on_time)s THEN a.at END
FROM learning_session s
JOIN learning_invitation i ON i.programme_id = s.programme_id AND i.since <= (s.begins_at AT TIME ZONE %(zone)s)::date
JOIN roster_person p ON p.id = i.person_id
JOIN roster_organization o ON o.id = i.organization_id
LEFT JOIN learning_attendance a ON a.session_id = s.id AND a.person_id = i.person_id
LEFT JOIN roster_person e ON e.id = a.entered_by_id
WHERE s.id = %(session)s AND i.organization_id = ANY (%(orgs)s)
ORDER BY o.name, p.sort_name, p.id
"""


def listed(scope: Scope, session_id: int) -> list[Listed]:
    """Everybody to whom a session was offered in the person's organizations, by school and name."""
    rows = fetch(
        _LISTED,
        session=session_id,
        orgs=sorted(scope.org_ids),
        zone=get_current_timezone_name(),
        on_time=codes.ON_TIME,
    )
    return [Listed(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Dose:
    """What one person had of what was offered so far."""

    person_id: int
    organization_id: int
    name: str
    school: str
    since: date
    walked_in: bool
    offered: int  # minutes
    had: int
    sessions: int
    attended: int

    @property
    def share(self) -> float | None:
        return self.had / self.offered if self.offered else None


_DOSES = """
SELECT i.person_id, i.organization_id, coalesce(p.given_name || ' ' || p.family_name, ''), o.name, i.since, i.walked_in,
       coalesce(sum(s.minutes), 0), coalesce(sum(a.minutes), 0), count(s.id), count(a.id)
FROM learning_invitation i
JOIN roster_organization o ON o.id = i.organization_id
LEFT JOIN roster_person p ON p.id = i.person_id
LEFT JOIN learning_session s ON s.programme_id = i.programme_id
     AND s.begins_at + make_interval(mins => s.minutes) <= %(now)s
     AND i.since <= (s.begins_at AT TIME ZONE %(zone)s)::date
LEFT JOIN learning_attendance a ON a.session_id = s.id AND a.person_id = i.person_id AND a.not_there_at IS NULL
WHERE i.programme_id = %(programme)s
  AND (i.person_id = %(person)s OR %(dose)s::jsonb ? (%(purpose)s || '@' || i.organization_id))
GROUP BY i.id, p.id, o.name ORDER BY o.name, p.sort_name, i.id
"""


def doses(scope: Scope, programme_id: int) -> list[Dose]:
    """The minutes of each person whose dose the asking person may read, by school and name; always one's own."""
    rows = fetch(
        _DOSES, programme=programme_id, now=clock.now(), zone=get_current_timezone_name(), person=scope.person_id, purpose=PURPOSE,
        dose=rls.pairs(scope, "dose"),
    )  # fmt: skip
    return [Dose(*row) for row in rows]


def ingredients(scope: Scope, programme_id: int) -> list[Ingredient]:
    """What a programme used, by kind, for whom its money is open."""
    return find(
        Ingredient,
        "WHERE t.programme_id = %(programme)s AND t.organization_id = ANY (%(orgs)s) ORDER BY t.id",
        programme=programme_id,
        orgs=sorted(scope.org_ids),
    )


def measured(scope: Scope, programme_id: int) -> list[Measured]:
    """What stands for the levels, by level."""
    return find(
        Measured,
        "WHERE t.programme_id = %(programme)s AND t.organization_id = ANY (%(orgs)s) ORDER BY t.level, t.id",
        programme=programme_id,
        orgs=sorted(scope.up_org_ids),
    )


def schools_of(scope: Scope, programme_id: int) -> set[int]:
    """Organizations of those to whom a programme is offered, as far as the person may read them."""
    rows = fetch(
        "SELECT DISTINCT organization_id FROM learning_invitation WHERE programme_id = %(programme)s "
        "AND organization_id = ANY (%(orgs)s)",
        programme=programme_id,
        orgs=sorted(scope.org_ids),
    )
    return {pk for (pk,) in rows}


def counted(scope: Scope, programme_id: int) -> list[Counted]:
    """What the worker counted over the whole of a programme; of visits for those to whom indicators of research are open."""
    found = find(
        Counted,
        "WHERE t.programme_id = %(programme)s AND t.organization_id = ANY (%(orgs)s) ORDER BY t.what, t.id",
        programme=programme_id,
        orgs=sorted(scope.up_org_ids),
    )
    return [one for one in found if one.what != Counted.What.PRACTICE or reads_visits(scope, one.organization_id)]


def reads_visits(scope: Scope, organization_id: int) -> bool:
    """Whether the purpose table opens indicators made of visits for research to the person here."""
    roles = {g.role for g in scope.roles if organization_id in g.below or organization_id == g.organization_id}
    return VISITS in readable_purposes(frozenset(roles), "indicators")


def schools_to_invite(scope: Scope, organization_id: int) -> list[tuple[int, str]]:
    """Schools of an organization: those that the person's role opens."""
    below = set(roster.organizations_below(organization_id))
    return [(o.pk, o.name) for o in roster.organizations(scope, "school") if o.pk in below]


def who_can_lead(scope: Scope, on: date) -> list[tuple[int, str]]:
    """Staff who may lead a session, by name."""
    found = {row.person_id: row.person.name for row in roster.staff(scope, on) if row.role in LEADS}
    return sorted(found.items(), key=lambda one: one[1])
