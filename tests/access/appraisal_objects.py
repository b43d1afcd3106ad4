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
