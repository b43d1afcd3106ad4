"""Appraisals that the asking person may read (the wall of *leadership* decides), and whose decision it is on a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from fairlead.apps.access.asking import fetch, find
from fairlead.apps.access.rls import pairs
from fairlead.apps.access.scope import Scope
from fairlead.apps.supervision import template
from fairlead.apps.supervision.models import Amendment, Appraisal, DecisionRight, Reason, Source, StageDay
from fairlead.apps.supervision.template import Word

_MINE = "(t.author_id = %(person)s OR t.subject_id = %(person)s OR %(notes)s::jsonb ? (t.purpose || '@' || t.organization_id))"


@dataclass(frozen=True, slots=True)
class Line:
    """One appraisal in a list."""

    pk: int
    year: str
    stage: str
    school: str
    principal: str
    supervisor: str
    begun_on: date
    template: str
    respond_by: date | None
    organization_id: int
    waits_for_me: bool
    network_id: int | None
    set_days: Mapping[str, date] | None = None

    @property
    def stage_label(self) -> str:
        return str(Appraisal.Stage(self.stage).label)

    @property
    def due(self) -> date | None:
        return self.respond_by or self.due_on(self.stage)

    def due_on(self, stage: str) -> date | None:
        """The network's own day for a stage; the example's where it has set none."""
        pack = template.packs()[self.template]
        return (self.set_days or {}).get(stage) or pack.due_on(stage, self.begun_on)

    def late(self, today: date) -> bool:
        """Whether the day of the stage it stands at is over."""
        return self.stage != Appraisal.Stage.CLOSED and self.due is not None and self.due < today


def appraisals(scope: Scope) -> list[Line]:
    """Every appraisal that may be read, the latest year first, then by school."""
    rows = fetch(_LINES, person=scope.person_id, notes=pairs(scope, "notes"))
    days = stage_days(scope)
    found = [Line(*row) for row in rows]
    return [replace(line, set_days=days.get((line.network_id, line.year))) for line in found]


_LINES = f"""
SELECT t.id, t.year, t.stage, o.name, p.given_name || ' ' || p.family_name, a.given_name || ' ' || a.family_name,
       t.begun_on, t.template, t.respond_by, t.organization_id,
       t.stage <> 'closed' AND CASE WHEN t.stage IN ('self', 'response') THEN t.subject_id ELSE t.author_id END = %(person)s,
       (WITH RECURSIVE above (id, parent_id, kind) AS (
            SELECT n.id, n.parent_id, n.kind FROM roster_organization n WHERE n.id = t.organization_id
            UNION ALL SELECT n.id, n.parent_id, n.kind FROM above JOIN roster_organization n ON n.id = above.parent_id)
        SELECT above.id FROM above WHERE above.kind = 'network' LIMIT 1)
FROM supervision_appraisal t
JOIN roster_organization o ON o.id = t.organization_id
JOIN roster_person p ON p.id = t.subject_id JOIN roster_person a ON a.id = t.author_id
WHERE {_MINE}
ORDER BY t.year DESC, o.name, t.id
"""  # noqa: S608


def stage_days(scope: Scope) -> dict[tuple[int | None, str], dict[str, date]]:
    """The days that networks of the asking person have set, by network and year: of each stage the latest entry."""
    found: dict[tuple[int | None, str], dict[str, date]] = {}
    rows = fetch(
        "SELECT t.organization_id, t.year, t.stage, t.due FROM supervision_stageday t "
        "WHERE t.organization_id = ANY (%(orgs)s) ORDER BY t.id",
        orgs=sorted(scope.org_ids | scope.up_org_ids),
    )
    for network, year, stage, due in rows:
        found.setdefault((network, year), {})[stage] = due
    return found


def day_entries(scope: Scope, network: int, year: str) -> list[StageDay]:
    """Every entry of a year, the latest first."""
    return find(StageDay, "WHERE t.organization_id = %(network)s AND t.year = %(year)s ORDER BY t.id DESC", network=network if network in scope.org_ids | scope.up_org_ids else 0, year=year)  # fmt: skip


def appraisal(scope: Scope, pk: int) -> Appraisal | None:
    """One appraisal; None where it is absent or not to be read."""
    found = find(
        Appraisal, f"WHERE t.id = %(pk)s AND {_MINE}", pk=pk, person=scope.person_id, notes=pairs(scope, "notes")
    )
    return found[0] if found else None


def line(scope: Scope, pk: int) -> Line:
    """The names that belong to an appraisal."""
    return next(found for found in appraisals(scope) if found.pk == pk)


def sources(scope: Scope, pk: int) -> list[Source]:
    """What was brought in, in order."""
    return find(Source, f"WHERE t.appraisal_id = %(pk)s AND {_MINE} ORDER BY t.id", pk=pk, person=scope.person_id, notes=pairs(scope, "notes"))  # fmt: skip


def reasons(scope: Scope, pk: int) -> list[Reason]:
    """The reasons of the rating."""
    return find(Reason, f"WHERE t.appraisal_id = %(pk)s AND {_MINE} ORDER BY t.id", pk=pk, person=scope.person_id, notes=pairs(scope, "notes"))  # fmt: skip


def amendments(scope: Scope, pk: int) -> list[Amendment]:
    """What was appended after closing."""
    return find(Amendment, f"WHERE t.appraisal_id = %(pk)s AND {_MINE} ORDER BY t.id", pk=pk, person=scope.person_id, notes=pairs(scope, "notes"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Helped:
    """A support of a plan: that it happens, and how much. Not a word of what is said in it."""

    support_id: int
    kind: str
    goal: str
    begins: date
    ends: date | None
    planned: int
    contacts: int
    minutes: int
    last: datetime | None
    promised_by: date | None
    kept: bool


def supports(scope: Scope, pk: int) -> list[Helped]:
    """The supports that were opened for an appraisal's plan, with the dose that the walls of support open."""
    return [Helped(*row) for row in fetch(_SUPPORTS, pk=pk, person=scope.person_id, notes=pairs(scope, "notes"))]


_SUPPORTS = f"""
SELECT s.id, s.kind, s.goal, s.begins, s.ends, s.planned_minutes_per_month, d.n, d.minutes, d.last, p.due, p.kept_at IS NOT NULL
FROM supervision_plansupport t
JOIN support_support s ON s.id = t.support_id
LEFT JOIN support_promise p ON p.id = t.promise_id
CROSS JOIN LATERAL (SELECT count(*) AS n, coalesce(sum(c.minutes), 0) AS minutes, max(c.at) AS last
                    FROM support_contact c WHERE c.support_id = s.id) d
WHERE t.appraisal_id = %(pk)s AND {_MINE} ORDER BY t.id
"""  # noqa: S608


def to_begin(scope: Scope, on: date) -> list[tuple[int, int, str, str]]:
    """(school, principal, names) of the principals whom the person supervises and whose year has not begun."""
    return [tuple(row) for row in fetch(_TO_BEGIN, person=scope.person_id, on=on, year=template.year_of(on))]


_TO_BEGIN = """
SELECT DISTINCT s.organization_id, r.person_id, o.name, p.given_name || ' ' || p.family_name
FROM support_support s
JOIN roster_role r ON r.organization_id = s.organization_id AND r.role = 'principal'
     AND r.begins <= %(on)s AND (r.ends IS NULL OR r.ends >= %(on)s)
JOIN roster_organization o ON o.id = s.organization_id
JOIN roster_person p ON p.id = r.person_id
WHERE s.lead_id = %(person)s AND s.kind = 'supervision' AND s.begins <= %(on)s AND (s.ends IS NULL OR s.ends >= %(on)s)
  AND r.person_id <> %(person)s
  AND NOT EXISTS (SELECT 1 FROM supervision_appraisal a WHERE a.subject_id = r.person_id
                  AND a.organization_id = s.organization_id AND a.year = %(year)s)
ORDER BY 3
"""


def observations(scope: Scope, found: Appraisal) -> list[tuple[UUID, str, date]]:
    """Forms about the principal that the person filled in: which, what each was recorded for, and when."""
    return [tuple(row) for row in fetch(_OBSERVED, subject=found.subject_id, person=scope.person_id)]


_OBSERVED = """
SELECT r.id, r.purpose, r.day FROM instruments_response r
WHERE r.subject_id = %(subject)s AND r.author_id = %(person)s AND r.submitted_at IS NOT NULL
ORDER BY r.day DESC LIMIT 50
"""


@dataclass(frozen=True, slots=True)
class Right:
    """Whose decision it is at a day, since when, by which document."""

    decision: Word
    holder: str
    since: date
    document: str
    reason: str
    where: str
    by: str
    exception: bool

    @property
    def holder_label(self) -> str:
        return str(DecisionRight.Holder(self.holder).label)


_RIGHTS = """
SELECT t.decision, t.holder, t.since, t.document, t.reason, o.name, p.given_name || ' ' || p.family_name, o.kind = 'school', t.organization_id
FROM supervision_decisionright t
JOIN roster_organization o ON o.id = t.organization_id
JOIN roster_person p ON p.id = t.by_id
WHERE t.organization_id = ANY (%(orgs)s) ORDER BY t.since, t.id
"""


def register(scope: Scope) -> list[tuple[Right, int]]:
    """Every entry that the person may read with its organization, oldest first: those of their network and schools."""
    words = template.decisions()
    return [
        (Right(words[decision], holder, since, document, reason, where, by, school), org)
        for decision, holder, since, document, reason, where, by, school, org in fetch(
            _RIGHTS, orgs=sorted(scope.org_ids | scope.up_org_ids)
        )
    ]


def at(entries: list[tuple[Right, int]], on: date) -> list[Right]:
    """What held on a day: for each decision the latest entry of the network, then the exceptions that differ from it."""
    latest: dict[tuple[str, int], Right] = {}
    for right, org in entries:
        if right.since <= on:
            latest[right.decision.key, org] = right
    ours = {key: right for (key, _org), right in latest.items() if not right.exception}
    held = []
    for key in template.decisions():
        if key in ours:
            held.append(ours[key])
        own = [r for (k, _org), r in latest.items() if k == key and r.exception]
        held += sorted((r for r in own if key not in ours or r.holder != ours[key].holder), key=lambda r: r.where)
    return held
