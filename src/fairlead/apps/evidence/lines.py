"""Studies, findings and claims as lines of a page: what is shown, and nothing that has to be built first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from fairlead.apps.access.asking import fetch
from fairlead.apps.access.scope import Scope
from fairlead.apps.evidence.selectors import Progress


@dataclass(frozen=True, slots=True)
class Primary:
    """The estimate of a run's primary outcome."""

    rating: str
    provisional: bool
    estimate: float
    se: float
    unit: str
    n: int


@dataclass(frozen=True, slots=True)
class StudyLine:
    """One study with how far it is: by the plan that counts, that plan's last run, and its primary finding."""

    pk: int
    key: str
    title: str
    title_es: str
    invented: bool
    label: str
    plan_id: int | None
    registered: bool
    run_id: int | None
    claimed: bool
    primary: Primary | None

    @property
    def steps(self) -> list[tuple[str, bool]]:
        done = Progress.reached(self.plan_id is not None, self.registered, self.run_id is not None, self.claimed)
        return [(step, step in done) for step in Progress.STEPS]


# The plan that counts is the last one registered, else the last draft.
_STUDIES = """
SELECT s.id, s.key, s.title, s.title_es, s.invented, coalesce(p.label, ''), p.id, p.registered_at IS NOT NULL, r.id,
       EXISTS (SELECT FROM evidence_claim c JOIN evidence_finding g ON g.id = c.finding_id
               WHERE g.run_id = r.id AND c.state = 'standing'),
       f.id, f.rating, f.provisional, f.estimate, f.se, f.unit, f.n
FROM evidence_study s
LEFT JOIN LATERAL (
    SELECT * FROM evidence_plan WHERE study_id = s.id ORDER BY registered_at IS NULL, id DESC LIMIT 1
) p ON true
LEFT JOIN LATERAL (SELECT id FROM evidence_run WHERE plan_id = p.id ORDER BY id DESC LIMIT 1) r ON true
LEFT JOIN LATERAL (SELECT * FROM evidence_finding WHERE run_id = r.id AND "primary" ORDER BY id LIMIT 1) f ON true
WHERE s.organization_id = ANY (%(orgs)s)
ORDER BY s.id
"""


def studies(scope: Scope) -> list[StudyLine]:
    """The studies of the person's organizations, newest last."""
    rows = fetch(_STUDIES, orgs=sorted(scope.org_ids))
    return [StudyLine(*[*row[:10], Primary(*row[11:]) if row[10] is not None else None]) for row in rows]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A claim as it is repeated, with the way to the finding behind it."""

    finding_id: int
    run_id: int
    title: str
    title_es: str
    language: str
    sentence: str
    by: str
    written_at: datetime
    expires_on: date


_SENTENCES = """
SELECT f.id, f.run_id, s.title, s.title_es, c.language, c.sentence, w.given_name || ' ' || w.family_name, c.written_at,
       c.expires_on
FROM evidence_claim c
JOIN evidence_finding f ON f.id = c.finding_id
JOIN evidence_run r ON r.id = f.run_id
JOIN evidence_plan p ON p.id = r.plan_id
JOIN evidence_study s ON s.id = p.study_id
JOIN roster_person w ON w.id = c.written_by_id
WHERE c.organization_id = ANY (%(orgs)s) AND {which}
ORDER BY c.id
"""


def standing(scope: Scope, on: date) -> list[Sentence]:
    """Sentences that people may repeat today."""
    sql = _SENTENCES.format(which="c.state = 'standing' AND c.expires_on >= %(on)s")
    return [Sentence(*row) for row in fetch(sql, orgs=sorted(scope.org_ids), on=on)]


@dataclass(frozen=True, slots=True)
class FindingLine:
    """One finding of a run with the sentences that stand on it."""

    pk: int
    model: str
    primary: bool
    unit: str
    estimate: float
    se: float
    rating: str
    provisional: bool
    claims: tuple[Sentence, ...]


_FINDINGS = """
SELECT f.id, f.model, f."primary", f.unit, f.estimate, f.se, f.rating, f.provisional FROM evidence_finding f
WHERE f.run_id = %(run)s AND f.organization_id = ANY (%(orgs)s)
ORDER BY f."primary" DESC, f.id
"""


def findings(scope: Scope, run_id: int) -> list[FindingLine]:
    """A run's findings, the primary one first, with every claim that was written from them."""
    values = {"run": run_id, "orgs": sorted(scope.org_ids)}
    claims = [Sentence(*row) for row in fetch(_SENTENCES.format(which="f.run_id = %(run)s"), **values)]
    return [FindingLine(*[*row, _of(claims, row[0])]) for row in fetch(_FINDINGS, **values)]


def _of(claims: Iterable[Sentence], finding_id: int) -> tuple[Sentence, ...]:
    return tuple(claim for claim in claims if claim.finding_id == finding_id)
