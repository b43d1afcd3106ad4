"""Project STAR's plan, a run of it and its main finding; the run is made when it is asked for."""

from __future__ import annotations

from typing import Any

from fairlead import clock
from fairlead.apps.evidence import services
from fairlead.apps.evidence.models import Finding, Plan, Run
from fairlead.apps.roster.selectors import scope_for


def star_plan(world: Any) -> int:
    """The registered plan."""
    return Plan.objects.get(study__key="star-kindergarten").pk


def star_run(world: Any) -> int:
    """A run of it, made by Tomas."""
    scope = scope_for(world.person["tomas"], clock.today())
    assert scope is not None
    made: Run = services.run(scope, Plan.objects.get(pk=star_plan(world)))
    return made.pk


def star_finding(world: Any) -> int:
    """The main finding of that run."""
    return Finding.objects.get(run_id=star_run(world), primary=True).pk
