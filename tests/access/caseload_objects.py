"""Recipes and plans of the demo for the access table."""

from __future__ import annotations

from typing import Any


def need_draft(world: Any) -> int:
    """The next version of the network's own recipe, begun for this test."""
    from fairlead.apps.caseload import own_recipes
    from fairlead.apps.roster.selectors import scope_for

    scope = scope_for(world.person["ines"], world.today)
    assert scope is not None
    return int(own_recipes.begin(scope, world.network_id, own_recipes.published(scope)[0].key).pk)


def caseload_scenario(world: Any) -> int:
    """The plan that imagines one more director."""
    from fairlead.apps.caseload.models import CaseloadPlan

    return int(CaseloadPlan.objects.get(settings__imagined=True).pk)


def caseload_alternative(world: Any) -> int:
    """A plan that can be chosen, made for this test from the scenario's places."""
    from fairlead.apps.caseload.models import CaseloadAssignment, CaseloadPlan

    chosen = CaseloadPlan.objects.get(status="chosen")
    made = CaseloadPlan.objects.create(
        organization_id=world.network_id,
        session_id=chosen.session_id,
        status="alternative",
        created_at=world.moment,
        settings=chosen.settings | {"number": 1},
    )
    CaseloadAssignment.objects.bulk_create(
        CaseloadAssignment(
            plan=made,
            organization_id=a.organization_id,
            director_id=a.director_id,
            minutes_per_month=a.minutes_per_month,
        )
        for a in chosen.assignments.all()
    )
    return int(made.pk)


def plan_asked(world: Any) -> int:
    """A plan that was asked for, as the worker left it when its solver broke."""
    from fairlead.apps.caseload import making
    from fairlead.apps.caseload.models import PlanRequest
    from fairlead.apps.roster.selectors import scope_for

    scope = scope_for(world.person["ines"], world.today)
    assert scope is not None
    asked = making.ask_plan(scope, world.network_id, on=world.today, schools_per_fte=6.0)
    assert isinstance(asked, PlanRequest)
    asked.state, asked.began_at, asked.ended_at, asked.trouble = "failed", world.moment, world.moment, "crashed"
    asked.save()
    return int(asked.pk)


def director_marcus(world: Any) -> int:
    """A director of the network, by number."""
    return int(world.person["marcus"])
