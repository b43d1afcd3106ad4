"""Reading comparisons: what may be compared, what has been, what is told of groups, and one's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from fairlead.apps.access.asking import fetch
from fairlead.apps.access.scope import Scope
from fairlead.apps.growth.models import Comparison

# What is learned and what is held true is asked before and after; of what somebody did in a class there are visits.
KINDS = ("knowledge", "beliefs")


def comparisons(scope: Scope) -> QuerySet[Comparison]:
    """Comparisons of the person's organizations, and those from above that asked in them; the newest first."""
    here = Q(organization_id__in=scope.up_org_ids, after__schools__organization_id__in=scope.org_ids)
    found = Comparison.objects.filter(Q(organization_id__in=scope.org_ids) | here)
    return (
        found.select_related("before__version__instrument", "after__version__instrument", "organization")
        .order_by("-made_at", "-pk")
        .distinct()
    )


def comparison(scope: Scope, comparison_id: int) -> Comparison | None:
    """One of them."""
    return comparisons(scope).filter(pk=comparison_id).first()


@dataclass(frozen=True, slots=True)
class Possible:
    """Two surveys that could be compared."""

    before_id: int
    before: str
    before_on: date
    after_id: int
    after: str
    after_on: date
    instrument: str
    instrument_es: str


def possible(scope: Scope) -> list[Possible]:
    """Pairs of counted, confidential surveys of one instrument to staff, not compared yet; the latest first."""
    return [Possible(*row) for row in fetch(_POSSIBLE, orgs=sorted(scope.org_ids), kinds=list(KINDS))]


_POSSIBLE = """
SELECT b.id, b.name, b.opens_on, a.id, a.name, a.opens_on, i.name, i.name_es
FROM surveys_administration b
JOIN surveys_administration a ON a.organization_id = b.organization_id AND a.opens_on > b.opens_on
JOIN instruments_version v ON v.id = b.version_id
JOIN instruments_version w ON w.id = a.version_id AND w.instrument_id = v.instrument_id
JOIN instruments_instrument i ON i.id = v.instrument_id AND i.kind = ANY (%(kinds)s)
WHERE b.organization_id = ANY (%(orgs)s) AND b.counted_at IS NOT NULL AND a.counted_at IS NOT NULL
  AND b.mode = 'confidential' AND a.mode = 'confidential' AND b.asked = 'staff' AND a.asked = 'staff'
  AND NOT EXISTS (SELECT FROM growth_comparison c WHERE c.before_id = b.id AND c.after_id = a.id)
ORDER BY a.opens_on DESC, b.opens_on DESC
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One stored number of a group."""

    organization_id: int
    organization: str
    measure: str
    state: str
    n: int | None
    share: float | None
    most: float | None
    low: float | None
    high: float | None
    by_chance: float | None
    chance_low: float | None
    chance_high: float | None
    mean: float | None
    mean_low: float | None
    mean_high: float | None


def told(scope: Scope, known: Comparison) -> list[Line]:
    """The stored table, as far as the person's organizations go: the whole first, then schools by name."""
    orgs = sorted(scope.org_ids | {known.organization_id})
    return [Line(*row) for row in fetch(_TOLD, comparison=known.pk, orgs=orgs)]


_TOLD = """
SELECT o.id, o.name, t.measure, t.state, t.n, t.share, t.most, t.low, t.high, t.by_chance, t.chance_low,
       t.chance_high, t.mean, t.mean_low, t.mean_high
FROM growth_told t
JOIN growth_comparison c ON c.id = t.comparison_id
JOIN roster_organization o ON o.id = t.organization_id
WHERE t.comparison_id = %(comparison)s AND t.organization_id = ANY (%(orgs)s)
ORDER BY t.position, (o.id = c.organization_id) DESC, o.name
"""


@dataclass(frozen=True, slots=True)
class Own:
    """One of the asking person's own measures, before and after."""

    comparison_id: int
    version_id: int
    name: str
    name_es: str
    key: str
    number: int
    counted_on: date
    measure: str
    method: str
    before: float
    after: float
    se_before: float
    se_after: float
    verdict: str


def own(scope: Scope) -> list[Own]:
    """The asking person's own growth, the newest first."""
    return [Own(*row) for row in fetch(_OWN, person=scope.person_id)]


_OWN = """
SELECT c.id, v.id, i.name, i.name_es, i.key, v.number, c.counted_at::date, g.measure,
       coalesce(c.found -> 'measures' -> g.measure ->> 'method', ''), g.before, g.after, g.se_before, g.se_after, g.verdict
FROM growth_owngrowth g
JOIN growth_comparison c ON c.id = g.comparison_id
JOIN surveys_administration b ON b.id = c.before_id
JOIN instruments_version v ON v.id = b.version_id
JOIN instruments_instrument i ON i.id = v.instrument_id
WHERE g.person_id = %(person)s
ORDER BY c.counted_at DESC, c.id DESC, g.id
"""
