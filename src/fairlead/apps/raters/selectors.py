"""Reading calibration sets and cases."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet

from fairlead.apps.access.scope import Scope
from fairlead.apps.raters.calibrating import TRAINERS
from fairlead.apps.raters.models import Attempt, CalibrationCase, CalibrationSet


def sets(scope: Scope) -> list[CalibrationSet]:
    """The sets of the organizations where the asking person trains raters, by version and name, with `many` cases."""
    return sorted(_sets(scope).annotate(many=Count("cases")), key=lambda s: (str(s.version), str(s)))


def _sets(scope: Scope) -> QuerySet[CalibrationSet]:
    return CalibrationSet.objects.filter(organization_id__in=scope.acting_as(*TRAINERS).org_ids).select_related(
        "version__instrument"
    )


def one_set(scope: Scope, set_id: int) -> CalibrationSet | None:
    """One of them."""
    return _sets(scope).filter(pk=set_id).first()


def case_file(scope: Scope, case_id: int) -> CalibrationCase | None:
    """A case with its file: for who trains raters, and for who has begun an attempt at its set."""
    begun = Attempt.objects.filter(person_id=scope.person_id).values("calibration_set_id")
    return CalibrationCase.objects.filter(
        Q(organization_id__in=scope.acting_as(*TRAINERS).org_ids) | Q(calibration_set_id__in=begun),
        pk=case_id,
        content__isnull=False,
    ).first()
