"""What the asking person sees of lotteries: those of their network, their own place, and what runs them."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.apps.access.asking import fetch, find
from fairlead.apps.access.scope import Scope
from fairlead.apps.lotteries.models import Entry, Lottery
from fairlead.science.impact.lottery.design import FORMAT

RUN_BY = ("analyst", "network_lead")  # who drafts, closes the list, commits, draws
READ_BY = (*RUN_BY, "director", "principal")  # who sees the results of the schools below them
CONCERNED = (*READ_BY, "teacher", "coach")  # who sees that a lottery is, and how to verify it


@dataclass(frozen=True, slots=True)
class Place:
    """One place on a list, as it is shown."""

    pk: int
    organization_id: int
    organization: str
    person: str
    key: str
    entry_key: str
    stratum: str
    chances: list[float]
    group: int | None
    waiting: int
    took_part: str


@dataclass(frozen=True, slots=True)
class Own:
    """What the asking person drew."""

    lottery_id: int
    key: str
    entry_key: str
    group: int | None
    waiting: int
    chance: float
    school: str


def may_run(scope: Scope, lottery: Lottery) -> bool:
    """Whether the person runs this lottery."""
    return lottery.organization_id in _run_by(scope)


def _run_by(scope: Scope) -> frozenset[int]:
    """The organizations whose lotteries the person runs."""
    return frozenset().union(*(g.below for g in scope.roles if g.role in RUN_BY))


def lotteries(scope: Scope) -> list[Lottery]:
    """The lotteries of the person's organizations and of those above, the latest first; drafts only for who runs them."""
    rows = find(
        Lottery,
        "WHERE t.organization_id = ANY (%(orgs)s) ORDER BY t.made_at DESC, t.id DESC",
        without=("record",),
        orgs=sorted(scope.up_org_ids),
    )
    return [row for row in rows if row.committed_at or may_run(scope, row)]


def lottery(scope: Scope, lottery_id: int) -> Lottery | None:
    """One of them."""
    which = "WHERE t.id = %(id)s AND t.organization_id = ANY (%(orgs)s)"
    rows = find(Lottery, which, without=("record",), id=lottery_id, orgs=sorted(scope.up_org_ids))
    return next((row for row in rows if row.committed_at or may_run(scope, row)), None)


_PLACES = """
SELECT e.id, o.id, o.name, coalesce(p.given_name || ' ' || p.family_name, ''), e.key, e.entry_key, e.stratum,
       ARRAY(SELECT c::float8 FROM jsonb_array_elements_text(e.chances) c),
       e."group", e.waiting, coalesce(t.state, '')
FROM lotteries_entry e
JOIN lotteries_lottery l ON l.id = e.lottery_id
JOIN roster_organization o ON o.id = e.organization_id
LEFT JOIN roster_person p ON p.id = e.person_id
LEFT JOIN lotteries_takeup t ON t.entry_id = e.id
WHERE e.lottery_id = %(lottery)s AND e.organization_id = ANY (%(orgs)s)
ORDER BY CASE l.kind WHEN 'steps' THEN e."group" ELSE -e."group" END, e.waiting, o.name, p.sort_name
"""


def places(scope: Scope, lottery_id: int) -> list[Place]:
    """The list as this person may see it: of the schools they lead, winners first; in a roll-out by school and step."""
    rows = fetch(_PLACES, lottery=lottery_id, orgs=sorted(scope.org_ids))
    return [Place(*row) for row in rows]


_OWN = """
SELECT e.lottery_id, e.key, e.entry_key, e."group", e.waiting, (e.chances ->> 1)::float8, o.name
FROM lotteries_entry e
JOIN lotteries_lottery l ON l.id = e.lottery_id
JOIN roster_organization o ON o.id = e.organization_id
WHERE e.sealed AND (e.person_id = %(person)s OR (l.unit = 'school' AND e.organization_id = ANY (%(led)s)))
"""


def own(scope: Scope) -> dict[int, Own]:
    """The person's own place in each lottery: a teacher's, or that of the school whose principal asks."""
    led = [g.organization_id for g in scope.roles if g.role == "principal"]
    rows = fetch(_OWN, person=scope.person_id, led=led)
    return {row[0]: Own(*row) for row in rows}


def entries(scope: Scope, lottery_id: int) -> list[Entry]:
    """The closed list, by key."""
    return find(
        Entry,
        "WHERE t.lottery_id = %(id)s AND t.organization_id = ANY (%(orgs)s) ORDER BY t.key",
        id=lottery_id,
        orgs=sorted(scope.org_ids),
    )


def record(scope: Scope, lottery_id: int) -> str | None:
    """The record as it is published, for everybody whom the lottery concerns. The first format's names units by staff
    number: it is for those who run it."""
    rows = find(
        Lottery,
        "WHERE t.id = %(id)s AND t.record <> '' AND (t.organization_id = ANY (%(orgs)s) "
        "OR (t.organization_id = ANY (%(up)s) AND t.format = %(format)s))",
        id=lottery_id, orgs=sorted(_run_by(scope)), up=sorted(scope.up_org_ids), format=FORMAT,
    )  # fmt: skip
    return rows[0].record if rows else None


def counts(scope: Scope) -> dict[int, tuple[int, int]]:
    """Of each lottery, how many are on its list, and how many have won (in a roll-out: 0)."""
    rows = fetch(_COUNTS, orgs=sorted(scope.org_ids))
    return {pk: (listed, won) for pk, listed, won in rows}


_COUNTS = """
SELECT e.lottery_id, count(*)::int, count(*) FILTER (WHERE l.kind = 'places' AND e."group" = 1)::int
FROM lotteries_entry e JOIN lotteries_lottery l ON l.id = e.lottery_id
WHERE e.organization_id = ANY (%(orgs)s) GROUP BY e.lottery_id
"""


def took_part(scope: Scope, lottery_id: int) -> dict[int, str]:
    """What was noted of take-up, by entry: took, or not."""
    rows = fetch(_TOOK, lottery=lottery_id, orgs=sorted(scope.org_ids))
    return dict(rows)


_TOOK = """
SELECT t.entry_id, t.state FROM lotteries_takeup t JOIN lotteries_entry e ON e.id = t.entry_id
WHERE e.lottery_id = %(lottery)s AND t.organization_id = ANY (%(orgs)s)
"""
