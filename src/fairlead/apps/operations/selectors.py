"""Reading requests: by the wall of their purpose, and by page: a school's own, a director's schools, the network's."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from fairlead import clock
from fairlead.apps.access import rls
from fairlead.apps.access.asking import fetch, find
from fairlead.apps.access.scope import Scope
from fairlead.apps.operations.models import OPEN, SENSITIVE, Request, RequestLine
from fairlead.apps.operations.rules import kind_label

AT_SCHOOL = ("teacher", "office", "principal")  # who may ask, for a school where they hold this role
TEAM = ("network_lead", "director")  # who takes requests and hands them on
HANDED_TO = (*TEAM, "data_manager", "coach")  # who may be handed one


@dataclass(frozen=True, slots=True)
class Line:
    """One request as a line of a list."""

    pk: UUID
    organization_id: int
    school: str
    kind: str
    urgency: str
    state: str
    asker_id: int
    asker: str
    owner_id: int | None
    owner: str | None
    asked_at: datetime
    answer_due: date
    solve_due: date
    answered_at: datetime | None
    solved_at: datetime | None
    waiting_on: str
    sensitive: bool
    told_me: bool  # it was escalated to the asking person
    words: str

    @property
    def kind_label(self) -> str:
        return kind_label(self.kind)

    @property
    def urgency_label(self) -> str:
        return str(Request.Urgency(self.urgency).label)

    @property
    def state_label(self) -> str:
        return str(Request.State(self.state).label)

    @property
    def waiting_label(self) -> str:
        return str(Request.On(self.waiting_on).label) if self.waiting_on else ""

    @property
    def next_due(self) -> date:
        """The day on which the next level ends."""
        return self.answer_due if self.answered_at is None else self.solve_due

    @property
    def is_late(self) -> bool:
        return self.state in OPEN and self.next_due < clock.today()


_SEEN = "(r.asker_id = %(person)s OR r.owner_id = %(person)s OR %(dose)s::jsonb ? (r.purpose || '@' || r.organization_id))"
_LINES = f"""
SELECT r.id, r.organization_id, o.name, r.kind, r.urgency, r.state, r.asker_id, coalesce(a.given_name || ' ' || a.family_name, ''),
       r.owner_id, w.given_name || ' ' || w.family_name, r.asked_at, r.answer_due, r.solve_due, r.answered_at, r.solved_at,
       r.waiting_on, r.purpose = '{SENSITIVE}',
       EXISTS (SELECT FROM operations_escalation e WHERE e.request_id = r.id AND e.told_id = %(person)s),
       coalesce((SELECT l.text FROM operations_requestline l WHERE l.request_id = r.id AND l.kind = 'asked' LIMIT 1), '')
FROM operations_request r
JOIN roster_organization o ON o.id = r.organization_id
LEFT JOIN roster_person a ON a.id = r.asker_id
LEFT JOIN roster_person w ON w.id = r.owner_id
WHERE {_SEEN} AND {{which}}
ORDER BY {{order}}
"""  # noqa: S608  (our own words)
_URGENT_FIRST = "CASE WHEN r.answered_at IS NULL THEN r.answer_due ELSE r.solve_due END, r.asked_at, r.id"


def _asking(scope: Scope) -> dict[str, Any]:
    return {"person": scope.person_id, "dose": rls.pairs(scope, "dose")}


def _lines(scope: Scope, which: str, order: str = _URGENT_FIRST, **values: Any) -> list[Line]:
    rows = fetch(_LINES.format(which=which, order=order), **_asking(scope), **values)
    return [Line(*row) for row in rows]


def schools_to_ask_for(scope: Scope) -> list[tuple[int, str]]:
    """Schools where the person works, and so may ask for."""
    return sorted({(g.organization_id, g.organization_name) for g in scope.roles if g.role in AT_SCHOOL})


def of_school(scope: Scope, school_ids: Collection[int]) -> list[Line]:
    """Requests of these schools that are open or wait for the school's word: all to the principal, else one's own."""
    which = "r.organization_id = ANY (%(schools)s) AND r.state <> 'confirmed'"
    return _lines(scope, which, schools=list(school_ids))


def lately_confirmed(scope: Scope, school_ids: Collection[int], since: date) -> list[Line]:
    """What the schools have confirmed since a day, the latest first."""
    which = "r.organization_id = ANY (%(schools)s) AND r.state = 'confirmed' AND r.confirmed_at >= %(since)s::date"
    return _lines(scope, which, "r.confirmed_at DESC, r.id", schools=list(school_ids), since=since)


def queue(scope: Scope, school_ids: Collection[int]) -> list[Line]:
    """Open requests of these schools, and those that the person works on or was told of; the next to be late first."""
    told = "EXISTS (SELECT FROM operations_escalation e WHERE e.request_id = r.id AND e.told_id = %(person)s)"
    which = (
        "r.state IN ('asked', 'taken', 'waiting') AND "
        f"(r.organization_id = ANY (%(schools)s) OR r.owner_id = %(person)s OR {told})"
    )
    return _lines(scope, which, schools=list(school_ids))


def request(scope: Scope, pk: UUID) -> Request | None:
    """One request, when the person may read it."""
    found = find(
        Request, f"JOIN operations_request r ON r.id = t.id WHERE t.id = %(pk)s AND {_SEEN}", pk=pk, **_asking(scope)
    )
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Said:
    """One line of a request's conversation."""

    author_id: int
    author: str
    at: datetime
    kind: str
    text: str

    @property
    def kind_label(self) -> str:
        return str(RequestLine.Kind(self.kind).label)


def conversation(scope: Scope, pk: UUID) -> list[Said]:
    """What was done and said, oldest first."""
    rows = fetch(_SAID, pk=pk, person=scope.person_id, notes=rls.pairs(scope, "notes"))
    return [Said(*row) for row in rows]


_SAID = """
SELECT l.author_id, coalesce(p.given_name || ' ' || p.family_name, ''), l.at, l.kind, l.text
FROM operations_requestline l LEFT JOIN roster_person p ON p.id = l.author_id
WHERE l.request_id = %(pk)s AND (l.author_id = %(person)s OR l.asker_id = %(person)s OR l.owner_id = %(person)s
      OR %(notes)s::jsonb ? (l.purpose || '@' || l.organization_id))
ORDER BY l.at, l.id
"""


def names(scope: Scope, found: Request) -> tuple[str, str, str]:
    """Names of a request's school, asker and owner; empty where there is none."""
    row = fetch(_NAMES, school=found.organization_id, asker=found.asker_id, owner=found.owner_id)[0]
    return row[0], row[1] or "", row[2] or ""


_NAMES = """
SELECT o.name, a.given_name || ' ' || a.family_name, w.given_name || ' ' || w.family_name
FROM roster_organization o
LEFT JOIN roster_person a ON a.id = %(asker)s
LEFT JOIN roster_person w ON w.id = %(owner)s::bigint
WHERE o.id = %(school)s
"""


def told(scope: Scope, pk: UUID) -> list[tuple[str, datetime, str, bool]]:
    """Who was told that a level was missed: level, when, name, by mail too."""
    return [(level, at, name, mailed) for level, at, name, mailed in fetch(_TOLD, pk=pk)]


_TOLD = """
SELECT e.level, e.at, coalesce(p.given_name || ' ' || p.family_name, ''), e.mailed
FROM operations_escalation e LEFT JOIN roster_person p ON p.id = e.told_id WHERE e.request_id = %(pk)s ORDER BY e.at, e.id
"""


def team(scope: Scope, on: date) -> list[tuple[int, str, str]]:
    """To whom a request can be handed on: person, name, role; those who lead first."""
    rows = fetch(_TEAM, roles=list(HANDED_TO), orgs=sorted(scope.org_ids), on=on)
    return [(pk, name, role) for pk, name, role in rows]


_TEAM = """
SELECT * FROM (
    SELECT DISTINCT ON (p.id) p.id, p.given_name || ' ' || p.family_name, r.role
    FROM roster_role r JOIN roster_person p ON p.id = r.person_id
    WHERE r.role = ANY (%(roles)s) AND r.organization_id = ANY (%(orgs)s) AND r.begins <= %(on)s
      AND (r.ends IS NULL OR r.ends >= %(on)s)
    ORDER BY p.id, array_position(%(roles)s, r.role::text)
) t ORDER BY array_position(%(roles)s, t.role::text), 2
"""


def supervised_schools(scope: Scope, on: date) -> list[int]:
    """Schools whose principal the person supervises on a day."""
    return [pk for (pk,) in fetch(_SUPERVISED, person=scope.person_id, on=on)]


_SUPERVISED = """
SELECT DISTINCT s.organization_id FROM support_support s
WHERE s.lead_id = %(person)s AND s.kind = 'supervision' AND s.begins <= %(on)s AND (s.ends IS NULL OR s.ends >= %(on)s)
ORDER BY 1
"""


def waiting_for(scope: Scope, on: date) -> tuple[int, int]:
    """How many open requests the person works on, and how many of these are late."""
    return _waiting(scope, on, "owner_id = %(person)s AND state IN ('taken', 'waiting')")


def waiting_of(scope: Scope, on: date) -> tuple[int, int]:
    """How many requests the person asked wait for a solution, and how many of these are late."""
    return _waiting(scope, on, "asker_id = %(person)s AND state IN ('asked', 'taken', 'waiting')")


def _waiting(scope: Scope, on: date, which: str) -> tuple[int, int]:
    row = fetch(
        f"SELECT count(*), count(*) FILTER (WHERE solve_due < %(on)s) FROM operations_request WHERE {which}",  # noqa: S608  (our own words)
        person=scope.person_id,
        on=on,
    )[0]
    return int(row[0]), int(row[1])


def colleagues(scope: Scope, organization_ids: Collection[int], on: date) -> list[tuple[int, str]]:
    """Staff in a role at these organizations on a day, by name."""
    return [(pk, name) for pk, name in fetch(_COLLEAGUES, orgs=sorted(organization_ids), on=on)]


_COLLEAGUES = """
SELECT id, name FROM (
    SELECT DISTINCT p.id, p.given_name || ' ' || p.family_name AS name, p.sort_name
    FROM roster_role r JOIN roster_person p ON p.id = r.person_id
    WHERE r.organization_id = ANY (%(orgs)s) AND r.begins <= %(on)s AND (r.ends IS NULL OR r.ends >= %(on)s)
) t ORDER BY sort_name, id
"""
