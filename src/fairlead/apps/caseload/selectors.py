"""Reading needs and plans. The asking person's scope comes first, always."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.db.models import Model, Q, QuerySet

from fairlead.apps.access.scope import Scope
from fairlead.apps.caseload.models import CaseloadAssignment, CaseloadPlan, DirectorSpan, NeedScore, ZipPoint
from fairlead.apps.caseload.recipes import DEFAULT

Status = CaseloadPlan.Status


def needs(scope: Scope, on: date, recipe: str = DEFAULT) -> list[NeedScore]:
    """The latest need of each school that the person may see, from the greatest down; unscored schools last."""
    rows = NeedScore.objects.filter(recipe=recipe, as_of__lte=on, organization_id__in=scope.org_ids)
    latest = rows.order_by("-as_of").values("as_of")[:1]
    found = rows.filter(as_of=latest).select_related("organization").only(*_own(NeedScore), "organization__name")
    return sorted(found, key=lambda n: (n.rank is None, n.rank or 0, n.organization.name))


def plans(scope: Scope, on: date) -> list[CaseloadPlan]:
    """Plans that matter on a day: last year's, this year's chosen one, and its alternatives, newest first."""
    this_year = Q(session__begins__lte=on, session__ends__gte=on)
    rows = CaseloadPlan.objects.filter(
        Q(status=Status.LAST_YEAR, session__ends__lt=on) | (this_year & ~Q(status=Status.LAST_YEAR)),
        organization_id__in=scope.up_org_ids,
    ).select_related("session", "created_by")
    order = {Status.LAST_YEAR: 0, Status.CHOSEN: 1, Status.ALTERNATIVE: 2}
    return sorted(rows, key=lambda p: (order[Status(p.status)], -p.created_at.timestamp(), -p.pk))


def assignments(scope: Scope, plan_ids: Collection[int]) -> QuerySet[CaseloadAssignment]:
    """Schools' places in these plans, with school and director."""
    return (
        CaseloadAssignment.objects.filter(plan_id__in=plan_ids, organization_id__in=scope.org_ids)
        .select_related("organization", "director")
        .only(*_own(CaseloadAssignment), "organization__name", "director__given_name", "director__family_name")
        .order_by("plan_id", "organization__name")
    )


def _own(model: type[Model]) -> list[str]:
    """A row's own columns: of the rows beside it the names are enough."""
    return [field.name for field in model._meta.concrete_fields]


def spans(scope: Scope, director_ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """Which grades these directors know."""
    rows = DirectorSpan.objects.filter(person_id__in=director_ids, organization_id__in=scope.org_ids)
    return {r.person_id: (r.grade_low, r.grade_high) for r in rows}


def zip_points(codes: Collection[str]) -> dict[str, tuple[float, float]]:
    """Where ZIP codes are; those not in the catalogue are left out."""
    return {p.zip: (p.latitude, p.longitude) for p in ZipPoint.objects.filter(zip__in=codes)}


def serves(scope: Scope, organization_id: int, on: date) -> CaseloadAssignment | None:
    """Who serves a school by the plan chosen for the day's school year."""
    return (
        CaseloadAssignment.objects.filter(
            plan__status=Status.CHOSEN,
            plan__session__begins__lte=on,
            plan__session__ends__gte=on,
            organization_id=organization_id,
            organization__in=scope.org_ids,
        )
        .select_related("director", "plan", "organization")
        .first()
    )
