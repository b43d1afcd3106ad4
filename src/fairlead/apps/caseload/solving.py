"""The worker's part: a problem that was asked for is solved, and its plan kept, or why there is none."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from django.db import transaction

from fairlead import clock
from fairlead.apps.caseload.making import keep_plan, read
from fairlead.apps.caseload.models import CaseloadPlan, PlanRequest
from fairlead.science.allocation.caseload import Plan, Problem, Rule

TOO_LONG = 600
"""Seconds after which the solver is ended. Its own limit is one of effort; this one is for a machine that hangs."""

_SCRIPT = """
import pickle, sys
sys.path[:] = pickle.load(sys.stdin.buffer)
from fairlead.science.allocation.caseload_solver import assign
sys.stdout.buffer.write(pickle.dumps(assign(pickle.load(sys.stdin.buffer))))
"""

State = PlanRequest.State


def solve(request_id: int, solver: Callable[[Problem], Plan] | None = None) -> None:
    """Solve one request that waits; nothing when another worker has it or it was answered.

    Each step is written by itself: whoever looks sees it run, and a worker that dies leaves no half of a plan.
    """
    with transaction.atomic():
        request = PlanRequest.objects.select_for_update().filter(pk=request_id, state=State.WAITING).first()
        if request is None:
            return
        request.state, request.began_at = State.RUNNING, clock.now()
        request.save(update_fields=["state", "began_at"])
    problem = read(request.problem)
    try:
        result = (solver or solved)(problem)
    except subprocess.TimeoutExpired:
        _ended(request, State.FAILED, trouble="too_long")
    except subprocess.CalledProcessError:
        _ended(request, State.FAILED, trouble="crashed")
    else:
        if result.choices:
            _keep(request, problem, result)
        elif result.clashes:
            _ended(request, State.CLASH, clashes=[_told(rule, problem) for rule in result.clashes])
        else:
            _ended(request, State.FAILED, trouble="none_found")


@transaction.atomic
def _keep(request: PlanRequest, problem: Problem, result: Plan) -> None:
    request.plan = keep_plan(
        problem, result, request.organization_id, request.session_id, request.settings,
        status=CaseloadPlan.Status.ALTERNATIVE, name=request.name, by=request.asked_by_id, at=clock.now(),
    )  # fmt: skip
    _ended(request, State.DONE)


def _ended(request: PlanRequest, state: str, **more: Any) -> None:
    request.state, request.ended_at = state, clock.now()
    for name, value in more.items():
        setattr(request, name, value)
    request.save(update_fields=["state", "ended_at", "plan", "clashes", "trouble"])


def _told(rule: Rule, problem: Problem) -> dict[str, Any]:
    """A rule by numbers, with the limit that it sets."""
    director = next((d for d in problem.directors if d.key == rule.director), None)
    limit = None
    if director is not None and rule.kind in ("load", "time"):
        limit = problem.load(director) if rule.kind == "load" else problem.time(director)
    return {
        "kind": rule.kind,
        "school": int(rule.school) if rule.school else None,
        "director": int(rule.director) if rule.director else None,
        "limit": limit,
    }


def solved(problem: Problem) -> Plan:
    """Solve in a process of its own: the solver takes a second to load, and what it breaks breaks there."""
    command = [sys.executable, "-c", _SCRIPT]
    given = pickle.dumps(sys.path) + pickle.dumps(problem)
    done = subprocess.run(  # noqa: S603
        command, input=given, stdout=subprocess.PIPE, check=True, timeout=TOO_LONG
    )
    plan: Plan = pickle.loads(done.stdout)  # noqa: S301 - our own process wrote it
    return plan
