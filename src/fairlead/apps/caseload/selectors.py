"""Reading needs and plans. The asking person's scope comes first, always."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from fairlead.apps.access.asking import fetch
from fairlead.apps.access.scope import Scope
from fairlead.apps.caseload.models import CaseloadAssignment, CaseloadPlan, DirectorSpan, PlanRequest, ZipPoint
from fairlead.apps.caseload.recipes import DEFAULT

Status = CaseloadPlan.Status


@dataclass(frozen=True)
class Need:
    """One school's need on a day. What it was made of is read where it is asked for."""

    organization_id: int
    school: str
    as_of: date
    value: float | None
    rank: int | None
    scored: int
    tier: str
    coverage: float
    contributions_text: str
    sensitivity_text: str

    @cached_property
    def contributions(self) -> list[dict[str, Any]]:
        return list(json.loads(self.contributions_text))

    @cached_property
    def sensitivity(self) -> dict[str, Any]:
        return dict(json.loads(self.sensitivity_text))


_NEEDS = """
SELECT n.organization_id, o.name, n.as_of, n.value, n.rank, n.scored, n.tier, n.coverage, n.contributions, n.sensitivity
FROM caseload_needscore n
JOIN roster_organization o ON o.id = n.organization_id
WHERE n.recipe = %(recipe)s AND n.organization_id = ANY (%(orgs)s) AND (n.as_of, n.version) = (
    SELECT l.as_of, l.version FROM caseload_needscore l
    WHERE l.recipe = %(recipe)s AND l.as_of <= %(on)s AND l.organization_id = ANY (%(orgs)s)
    ORDER BY l.as_of DESC, l.id DESC LIMIT 1
)
ORDER BY n.rank NULLS LAST, o.name
"""


def needs(scope: Scope, on: date, recipe: str = DEFAULT) -> list[Need]:
    """The latest need of each school that the person may see, from the greatest down; unscored schools last."""
    return [Need(*row) for row in fetch(_NEEDS, recipe=recipe, on=on, orgs=sorted(scope.org_ids))]


_NEEDS_OF = """
SELECT n.organization_id, o.name, n.as_of, n.value, n.rank, n.scored, n.tier, n.coverage, n.contributions, n.sensitivity
FROM caseload_needscore n
JOIN roster_organization o ON o.id = n.organization_id
WHERE n.recipe = %(recipe)s AND n.version = %(version)s AND n.as_of = %(as_of)s AND n.organization_id = ANY (%(orgs)s)
ORDER BY n.rank NULLS LAST, o.name
"""


def needs_of(scope: Scope, recipe: str, version: str, as_of: date) -> list[Need]:
    """The needs of one day by one version of a recipe."""
    rows = fetch(_NEEDS_OF, recipe=recipe, version=version, as_of=as_of, orgs=sorted(scope.org_ids))
    return [Need(*row) for row in rows]


_NEED_DAYS = """
SELECT DISTINCT n.recipe, n.version, n.as_of FROM caseload_needscore n
WHERE n.organization_id = ANY (%(orgs)s)
ORDER BY n.as_of DESC, n.recipe, n.version DESC
"""


def need_days(scope: Scope) -> list[tuple[str, str, date]]:
    """Which recipes, versions and days needs were worked out for, the latest day first."""
    return [(str(row[0]), str(row[1]), row[2]) for row in fetch(_NEED_DAYS, orgs=sorted(scope.org_ids))]


@dataclass(frozen=True)
class KeptPlan:
    """A plan that was made, with what it was asked for and how it was solved."""

    pk: int
    name: str
    status: str
    created_at: datetime
    session: str
    settings_text: str
    solver_text: str
    chosen_because: str = ""
    effective_from: date | None = None

    @cached_property
    def settings(self) -> dict[str, Any]:
        return dict(json.loads(self.settings_text))

    @cached_property
    def solver(self) -> dict[str, Any]:
        return dict(json.loads(self.solver_text))


_PLANS = """
SELECT p.id, p.name, s.standing, p.created_at, y.name, p.settings, p.solver, p.chosen_because, p.effective_from
FROM caseload_caseloadplan p
JOIN roster_academicsession y ON y.id = p.session_id
CROSS JOIN LATERAL (SELECT CASE
    WHEN p.status = 'chosen' AND p.effective_from > %(on)s THEN 'alternative'
    WHEN p.status = 'replaced' AND p.effective_until >= %(on)s AND coalesce(p.effective_from <= %(on)s, true) THEN 'chosen'
    ELSE p.status END AS standing) s
WHERE p.organization_id = ANY (%(orgs)s) AND s.standing <> 'replaced' AND CASE s.standing WHEN 'last_year' THEN y.ends < %(on)s
      ELSE y.begins <= %(on)s AND y.ends >= %(on)s END
ORDER BY array_position(ARRAY['last_year', 'chosen', 'alternative'], s.standing::text), p.created_at DESC, p.id DESC
"""


def plans(scope: Scope, on: date) -> list[KeptPlan]:
    """Plans that matter on a day: last year's, the one that is in force, and its alternatives, newest first.

    One that was chosen from a later day on still stands among the alternatives.
    """
    return [KeptPlan(*row) for row in fetch(_PLANS, orgs=sorted(scope.up_org_ids), on=on)]


@dataclass(frozen=True)
class Assigned:
    """A school's place in a plan: who serves it and how much."""

    plan_id: int
    organization_id: int
    school: str
    director_id: int
    """Below 0: a director whom the plan adds."""
    director: str
    minutes_per_month: int
    wanted: int | None
    reason_text: str

    @cached_property
    def reason(self) -> dict[str, Any]:
        return dict(json.loads(self.reason_text))

    def has(self, code: str) -> bool:
        """Whether a reason is among those of this choice."""
        return code in self.reason.get("codes", ())


_ASSIGNED = """
SELECT a.plan_id, o.id, o.name, coalesce(d.id, -a.added), d.given_name || ' ' || d.family_name, a.minutes_per_month, a.wanted,
       a.reason
FROM caseload_caseloadassignment a
JOIN roster_organization o ON o.id = a.organization_id
LEFT JOIN roster_person d ON d.id = a.director_id
WHERE a.plan_id = ANY (%(plans)s) AND (d.id IS NOT NULL OR a.added IS NOT NULL) AND a.organization_id = ANY (%(orgs)s)
ORDER BY a.plan_id, o.name
"""


def assignments(scope: Scope, plan_ids: Collection[int]) -> list[Assigned]:
    """Schools' places in these plans, with school and director."""
    rows = fetch(_ASSIGNED, plans=list(plan_ids), orgs=sorted(scope.org_ids))
    return [Assigned(*(*row[:4], row[4] or added_name(-row[3]), *row[5:])) for row in rows]


def added_name(number: int) -> str:
    """What a director is called whom a plan adds and nobody has hired."""
    return _("Added director %(n)s") % {"n": number}


def strengths(scope: Scope, director_ids: Collection[int]) -> dict[int, DirectorSpan]:
    """What these directors bring to a plan, where somebody has said it."""
    rows = DirectorSpan.objects.filter(person_id__in=director_ids, organization_id__in=scope.org_ids)
    return {r.person_id: r for r in rows}


@dataclass(frozen=True, slots=True)
class Spoken:
    """A language of a school's families: of how many students, out of how many whose family's language is known."""

    school_id: int
    language: str
    students: int
    known: int

    @property
    def share(self) -> float:
        return self.students / self.known


_SPOKEN = """
SELECT organization_id, language, n, sum(n) OVER (PARTITION BY organization_id)::int FROM (
    SELECT g.organization_id, p.language, count(*)::int AS n
    FROM roster_guardianship g JOIN roster_person p ON p.id = g.guardian_id
    WHERE g.rank = 1 AND (g.ends IS NULL OR g.ends >= %(on)s) AND p.language <> '' AND g.organization_id = ANY (%(orgs)s)
    GROUP BY 1, 2) counted
ORDER BY organization_id, n DESC, language
"""


def spoken(scope: Scope, on: date) -> list[Spoken]:
    """Languages of the families, as those who are called first have them: by school, the most frequent first."""
    return [Spoken(*row) for row in fetch(_SPOKEN, on=on, orgs=sorted(scope.org_ids))]


def zip_points(codes: Collection[str]) -> dict[str, tuple[float, float]]:
    """Where ZIP codes are; those not in the catalogue are left out."""
    return {p.zip: (p.latitude, p.longitude) for p in ZipPoint.objects.filter(zip__in=codes)}


def serves(scope: Scope, organization_id: int, on: date) -> CaseloadAssignment | None:
    """Who serves a school by the plan chosen for the day's school year."""
    return (
        CaseloadAssignment.objects.filter(
            Q(plan__status=Status.CHOSEN) | Q(plan__status=Status.REPLACED, plan__effective_until__gte=on),
            Q(plan__effective_from=None) | Q(plan__effective_from__lte=on),
            plan__session__begins__lte=on,
            plan__session__ends__gte=on,
            organization_id=organization_id,
            organization__in=scope.org_ids,
        )
        .select_related("director", "plan", "organization")
        .first()
    )


def plan_request(scope: Scope, pk: int) -> PlanRequest | None:
    """A plan that was asked for in one of the person's organizations."""
    asked = PlanRequest.objects.filter(pk=pk, organization_id__in=scope.org_ids)
    return asked.select_related("asked_by", "plan").first()
