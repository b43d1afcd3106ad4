"""Reading calibration sets, draws, and what was counted of raters."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from fairlead.apps.access.asking import fetch
from fairlead.apps.access.purposes import AUDIENCE_OF_ROLE, allowed
from fairlead.apps.access.scope import Scope
from fairlead.apps.access.selectors import opened
from fairlead.apps.raters.calibrating import TRAINERS
from fairlead.apps.raters.models import (
    AgreedWith,
    Attempt,
    CalibrationCase,
    CalibrationSet,
    SecondDraw,
    SecondLook,
    Together,
)


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


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted of one rater."""

    person_id: int
    name: str
    organization_id: int
    purpose: str
    version: Any
    basis: str
    behind: int
    numbers: dict[str, Any]
    counted_at: datetime


def own_counts(scope: Scope) -> list[Counted]:
    """What was counted of the asking person, of whatever purpose: they are its author."""
    return _counted(AgreedWith.objects.filter(person_id=scope.person_id))


def measured(scope: Scope) -> list[Counted]:
    """What was counted of raters by name, where the purpose opens scores to the asking person; by version, then by name."""
    return _counted(AgreedWith.objects.filter(opened(scope.acting_as(*TRAINERS), "scores")))


def _counted(rows: QuerySet[AgreedWith]) -> list[Counted]:
    read = rows.select_related("person", "version__instrument").order_by(
        "version_id", "basis", "purpose", "person__sort_name", "person_id"
    )
    return [
        Counted(
            r.person_id,
            r.person.name,
            r.organization_id,
            r.purpose,
            r.version,
            r.basis,
            r.behind,
            r.numbers,
            r.counted_at,
        )
        for r in read
    ]


@dataclass(frozen=True, slots=True)
class CountedTogether:
    """What was counted of all raters together."""

    purpose: str
    version: Any
    basis: str
    behind: int
    raters: int
    numbers: dict[str, Any]
    counted_at: datetime


def together(scope: Scope) -> list[CountedTogether]:
    """All raters together, of purposes that may enter an indicator for the asking person; it names nobody."""
    trains = scope.acting_as(*TRAINERS)
    audiences = {AUDIENCE_OF_ROLE[role] for role in trains.role_names}
    rows = Together.objects.filter(organization_id__in=trains.org_ids).select_related("version__instrument")
    return [
        CountedTogether(r.purpose, r.version, r.basis, r.behind, r.raters, r.numbers, r.counted_at)
        for r in rows.order_by("version_id", "basis", "purpose")
        if any(allowed(r.purpose, "indicators", audience) for audience in audiences)
    ]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A draw with what came of it."""

    draw: SecondDraw
    tickets: int
    drawn: int
    rated: int
    refused: list[tuple[str, int]]

    @property
    def waiting(self) -> int:
        return self.drawn - self.rated - sum(many for _reason, many in self.refused)


def draws(scope: Scope) -> list[Drawn]:
    """The draws of the organizations where the asking person trains raters, latest first, with refusals by reason."""
    held = SecondDraw.objects.filter(organization_id__in=scope.acting_as(*TRAINERS).org_ids).select_related(
        "version__instrument"
    )
    looks: dict[int, list[tuple[bool, bool, str]]] = {}
    for draw, drawn, rated, refused in fetch(_LOOKS, draws=[d.pk for d in held]):
        looks.setdefault(draw, []).append((drawn, rated, refused))
    found = []
    for one in held.order_by("-committed_at", "-pk"):
        rows = looks.get(one.pk, [])
        refused = Counter(str(SecondLook.Refused(r).label) for drawn, _rated, r in rows if drawn and r)
        found.append(
            Drawn(one, len(rows), sum(d for d, _s, _r in rows), sum(s for _d, s, _r in rows), sorted(refused.items()))
        )
    return found


_LOOKS = """
SELECT draw_id, drawn, response_id IS NOT NULL, refused FROM raters_secondlook WHERE draw_id = ANY (%(draws)s::bigint[])
"""
