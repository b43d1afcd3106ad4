"""Objects of appraisals for the access table: those of Grace's years at Harbor Point, with Marcus."""

from __future__ import annotations

from typing import Any


def _of_grace(world: Any, stage: str) -> int:
    from fairlead.apps.supervision.models import Appraisal

    return int(Appraisal.objects.filter(subject_id=world.person["grace"], stage=stage).latest("begun_on").pk)


def open_of_grace(world: Any) -> int:
    """This year's: goals are set."""
    return _of_grace(world, "midyear")


def closed_of_grace(world: Any) -> int:
    """Last year's."""
    return _of_grace(world, "closed")


def with_plan_of_marcus(world: Any) -> int:
    """One that Marcus closed last year, with a support plan."""
    from fairlead.apps.supervision.models import Appraisal

    found = Appraisal.objects.filter(author_id=world.person["marcus"], stage="closed").exclude(plan_goals="")
    return int(found.latest("begun_on").pk)
