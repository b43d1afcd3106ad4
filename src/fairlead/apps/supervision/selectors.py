"""Appraisals that the asking person may read (the wall of *leadership* decides), and whose decision it is on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from fairlead.apps.access.asking import fetch, find
from fairlead.apps.access.rls import pairs
from fairlead.apps.access.scope import Scope
from fairlead.apps.supervision import template
from fairlead.apps.supervision.models import Amendment, Appraisal, DecisionRight, Reason, Source
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

    @property
    def stage_label(self) -> str:
        return str(Appraisal.Stage(self.stage).label)

    @property
    def due(self) -> date | None:
        return self.respond_by or template.packs()[self.template].due_on(self.stage, self.begun_on)


def appraisals(scope: Scope) -> list[Line]:
    """Every appraisal that may be read, the latest year first, then by school."""
    rows = fetch(_LINES, person=scope.person_id, notes=pairs(scope, "notes"))
    return [Line(*row) for row in rows]


_LINES = f"""
SELECT t.id, t.year, t.stage, o.name, p.given_name || ' ' || p.family_name, a.given_name || ' ' || a.family_name,
       t.begun_on, t.template, t.respond_by, t.organization_id,
       t.stage <> 'closed' AND CASE WHEN t.stage IN ('self', 'response') THEN t.subject_id ELSE t.author_id END = %(person)s
FROM supervision_appraisal t
JOIN roster_organization o ON o.id = t.organization_id
JOIN roster_person p ON p.id = t.subject_id JOIN roster_person a ON a.id = t.author_id
WHERE {_MINE}
ORDER BY t.year DESC, o.name, t.id
"""  # noqa: S608


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
