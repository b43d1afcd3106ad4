"""Reading surveys: those a person may see, how many have answered, and the published tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from fairlead import clock
from fairlead.apps.access.asking import fetch
from fairlead.apps.access.scope import Scope
from fairlead.apps.instruments import policy
from fairlead.apps.surveys.models import Administration, Result

FLOOR = 5  # of fewer people nothing is told, whatever the instrument allows
READERS = ("network_lead", "analyst", "director", "principal")
RUNNERS = ("network_lead", "analyst", "principal")
ROLES = ("teacher", "principal", "office", "coach")


def may_run(scope: Scope, organization_id: int) -> bool:
    """Whether the person runs surveys of an organization: the network's lead and analyst, a principal at their school."""
    return scope.has(*RUNNERS, organization_id=organization_id)


def least_group(instrument: policy._Instrument) -> int:
    """The least group of which anything is told: what the instrument promises, and never fewer than five."""
    return max(FLOOR, policy.least_group(instrument))


def administrations(scope: Scope) -> QuerySet[Administration]:
    """Surveys of the person's organizations, and those from above that ask in them; the newest first."""
    below = Q(organization_id__in=scope.org_ids)
    here = Q(
        organization_id__in=scope.up_org_ids, schools__organization_id__in=scope.org_ids, opened_at__isnull=False
    )
    found = Administration.objects.filter(below | here)
    return found.select_related("version__instrument", "organization").order_by("-opens_on", "-pk").distinct()


def administration(scope: Scope, administration_id: int) -> Administration | None:
    """One of them."""
    return administrations(scope).filter(pk=administration_id).first()


def stage(known: Administration, today: date) -> str:
    """Where a survey stands: draft, waiting (opened, not begun), open, over, counting, counted."""
    if known.counted_at is not None:
        return "counted"
    if known.closed_at is not None:
        return "counting"
    if known.opened_at is None:
        return "draft"
    if today < known.opens_on:
        return "waiting"
    return "open" if today <= known.closes_on else "over"


@dataclass(frozen=True, slots=True)
class Rate:
    """How many have answered at a school. `answered` is None where they are too few to tell; nobody is named."""

    organization_id: int
    school: str
    invited: int
    opted_out: int | None  # None: fewer than may be told, among them none
    no_permission: int | None
    declined: int | None
    answered: int | None
    mailed: int
    not_mailed: int
    slips: bool

    @property
    def asked(self) -> int:
        """Those who could answer; where too few could not for their number to be told, they are not taken away."""
        return self.invited - (self.opted_out or 0) - (self.no_permission or 0)

    @property
    def share(self) -> float | None:
        return self.answered / self.asked if self.answered is not None and self.asked else None


def rates(scope: Scope, known: Administration) -> list[Rate]:
    """The response rate by school, in the person's schools. While it is open: of the moment; afterwards: as published."""
    sql = _PUBLISHED if known.counted_at is not None else _NOW
    rows = fetch(sql, administration=known.pk, orgs=sorted(scope.org_ids), floor=FLOOR)
    return [Rate(*row) for row in rows]


_NOW = """
SELECT o.id, o.name, n.invited, CASE WHEN n.opted_out >= %(floor)s THEN n.opted_out END,
       CASE WHEN n.no_permission >= %(floor)s THEN n.no_permission END,
       CASE WHEN n.declined >= %(floor)s THEN n.declined END, CASE WHEN n.answered >= %(floor)s THEN n.answered END,
       s.mailed, s.not_mailed, s.slips_at IS NOT NULL
FROM surveys_schoolasked s
JOIN roster_organization o ON o.id = s.organization_id
CROSS JOIN LATERAL (
    SELECT count(*) AS invited, count(*) FILTER (WHERE i.state = 'opted_out') AS opted_out,
           count(*) FILTER (WHERE i.state = 'no_permission') AS no_permission,
           count(*) FILTER (WHERE i.state = 'declined') AS declined, count(*) FILTER (WHERE i.state = 'answered') AS answered
    FROM surveys_invitation i
    WHERE i.administration_id = s.administration_id AND i.organization_id = s.organization_id
) n
WHERE s.administration_id = %(administration)s AND s.organization_id = ANY (%(orgs)s)
ORDER BY o.name
"""
_PUBLISHED = """
SELECT o.id, o.name, coalesce(s.invited, 0), s.opted_out, s.no_permission, s.declined, s.answered,
       s.mailed, s.not_mailed, s.slips_at IS NOT NULL
FROM surveys_schoolasked s JOIN roster_organization o ON o.id = s.organization_id
WHERE s.administration_id = %(administration)s AND s.organization_id = ANY (%(orgs)s) AND %(floor)s > 0
ORDER BY o.name
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One published number of one organization."""

    organization_id: int
    organization: str
    part: str
    key: str
    position: int
    state: str
    n: int | None
    share: float | None
    most: float | None
    low: float | None
    high: float | None

    @property
    def exact(self) -> bool:
        return self.state == Result.State.SHOWN


def results(scope: Scope, known: Administration, organization_id: int | None = None) -> list[Line]:
    """The published table, as far as the person's organizations go: their own and those above, by name and position."""
    readable = scope.org_ids | {known.organization_id}
    wanted = readable if organization_id is None else readable & {organization_id}
    return [Line(*row) for row in fetch(_RESULTS, administration=known.pk, orgs=sorted(wanted))]


_RESULTS = """
SELECT o.id, o.name, r.part, r.key, r.position, r.state, r.n, r.share, r.most, r.low, r.high
FROM surveys_result r JOIN roster_organization o ON o.id = r.organization_id
JOIN surveys_administration a ON a.id = r.administration_id
WHERE r.administration_id = %(administration)s AND r.organization_id = ANY (%(orgs)s)
ORDER BY (o.id = a.organization_id) DESC, o.name, r.position
"""


@dataclass(frozen=True, slots=True)
class Mine:
    """A survey that waits for the asking person's own answer."""

    administration_id: int
    name: str
    name_es: str
    school: str
    mode: str
    purpose: str
    closes_on: date


def mine(scope: Scope) -> list[Mine]:
    """Confidential surveys that the person is asked in and has not answered, the soonest over first."""
    rows = fetch(_MINE, person=scope.person_id, today=clock.today())
    return [Mine(*row) for row in rows]


_MINE = """
SELECT a.id, a.name, a.name_es, o.name, a.mode, a.purpose, a.closes_on
FROM surveys_invitation i
JOIN surveys_administration a ON a.id = i.administration_id
JOIN roster_organization o ON o.id = i.organization_id
WHERE i.person_id = %(person)s AND i.state = 'waiting' AND a.opened_at IS NOT NULL AND a.closed_at IS NULL
  AND a.opens_on <= %(today)s AND a.closes_on >= %(today)s
ORDER BY a.closes_on, a.id
"""


def values_of(known: Administration) -> dict[str, Any]:
    """A survey's values as its form takes them."""
    names = ("version_id", "name", "name_es", "purpose", "mode", "asked", "role", "grade_low", "grade_high", "opens_on",
             "closes_on", "words", "words_es", "opt_out_until")  # fmt: skip
    schools = known.schools.order_by("organization_id").values_list("organization_id", flat=True)
    return {name: getattr(known, name) for name in names} | {"schools": list(schools)}
