"""Making plans: a problem is written down when it is asked for; the worker solves it and keeps the plan.

The page that asks never waits for the solver. What the worker solves is the problem as the asking person could see it,
by numbers only, so it needs nobody's scope and the answer is to what was asked, not to what has changed since.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app as jobs

from fairlead import clock
from fairlead.apps.access.scope import Scope
from fairlead.apps.caseload import planning, selectors
from fairlead.apps.caseload.models import CaseloadAssignment, CaseloadPlan, PlanRequest
from fairlead.apps.caseload.planning import Staffing
from fairlead.apps.caseload.recipes import PublishedRecipe, recipe
from fairlead.apps.caseload.selectors import Assigned, KeptPlan
from fairlead.apps.caseload.services import NoNeedYet
from fairlead.apps.roster import selectors as roster
from fairlead.science.allocation.caseload import Director, Plan, Problem, School, Weights

SOLVE = "caseload.solve"  # by name, since tasks stand above services
LOADS = (4.0, 5.0, 6.0)
LONGEST = timedelta(minutes=15)
"""A plan that is being worked out for longer was lost with its worker (the solver itself is ended after ten minutes)."""


@dataclass(frozen=True)
class Prepared:
    """A problem with what its plan will keep, and the plan when the same was made before."""

    session_id: int
    problem: Problem
    settings: dict[str, Any]
    same: KeptPlan | None


@dataclass(frozen=True)
class Outcome:
    """What making a plan at once gave: a plan, or the rules that clash."""

    plan: CaseloadPlan | None
    result: Plan | None = None
    new: bool = False
    """False when the same plan was there already: nothing was written."""


def prepare(
    scope: Scope,
    network_id: int,
    *,
    on: date,
    schools_per_fte: float | None = None,
    keep: Collection[int] = (),
    status: str = CaseloadPlan.Status.ALTERNATIVE,
    published: PublishedRecipe | None = None,
    staffing: Staffing = planning.AS_IT_IS,
    costs: Weights | None = None,
) -> Prepared:
    """The problem of a network on a day.

    `keep`: schools that stay with the director of the plan now chosen (of last year's, when none is).
    `staffing`: directors as they are imagined; such a plan can be compared, not chosen.
    """
    published = published or recipe()
    session = roster.session_on(network_id, on)
    known = selectors.plans(scope, on)
    places = selectors.assignments(scope, [p.pk for p in known])
    last = [a for a in places if _status(known, a) == CaseloadPlan.Status.LAST_YEAR]
    chosen = [a for a in places if _status(known, a) == CaseloadPlan.Status.CHOSEN]
    ground = planning.ground(scope, network_id, on, published, last, staffing=staffing)
    if session is None or not ground.needs:
        raise NoNeedYet("Work out the schools' needs first, in a school year.")
    current = {a.organization_id: a.director_id for a in (chosen or last)}
    locked = {str(s): str(current[s]) for s in keep if s in current and current[s] in ground.directors}
    problem = replace(
        ground.problem,
        schools_per_fte=schools_per_fte or published.schools_per_fte,
        locked=locked,
        weights=costs or published.costs,
    )
    settings = {
        "recipe": published.key,
        "version": published.version,
        "need_as_of": max(n.as_of for n in ground.needs.values()).isoformat(),
        "schools_per_fte": problem.schools_per_fte,
        "minutes_per_fte": problem.minutes_per_fte,
        "locked": dict(sorted(locked.items())),
        "directors": {d.key: d.fte for d in problem.directors},
        "weights": asdict(problem.weights),
        "imagined": staffing.imagined,
        "problem": _digest(problem),
    }
    same = next(
        (p for p in known if p.status == status and {k: p.settings.get(k) for k in settings} == settings), None
    )
    return Prepared(session.pk, problem, settings, same)


@transaction.atomic
def ask_plan(scope: Scope, network_id: int, *, on: date, name: str = "", **asked: Any) -> PlanRequest | KeptPlan:
    """Ask the worker for the plan of least cost; the plan itself when the same was made before.

    `asked`: what `prepare` takes. The same asked again while it waits is the same request.
    """
    ready = prepare(scope, network_id, on=on, **asked)
    if ready.same is not None:
        return ready.same
    open_ = (PlanRequest.State.WAITING, PlanRequest.State.RUNNING)
    waiting = PlanRequest.objects.filter(organization_id=network_id, settings=ready.settings, state__in=open_)
    known = waiting.exclude(began_at__lt=clock.now() - LONGEST).first()
    if known is not None:
        return known
    made = PlanRequest.objects.create(
        organization_id=network_id, session_id=ready.session_id, name=name, asked_by_id=scope.person_id or None,
        asked_at=clock.now(), settings=ready.settings, problem=written(ready.problem),
    )  # fmt: skip
    jobs.configure_task(SOLVE).defer(plan_request_id=made.pk)
    return made


@transaction.atomic
def ask_again(request: PlanRequest) -> None:
    """Send the same problem to the worker once more, when it failed or was lost."""
    if request.state != PlanRequest.State.FAILED and not lost(request):
        raise ValidationError(_("Only a plan that failed can be asked for again."))
    request.state, request.began_at, request.ended_at, request.trouble = PlanRequest.State.WAITING, None, None, ""
    request.save(update_fields=["state", "began_at", "ended_at", "trouble"])
    jobs.configure_task(SOLVE).defer(plan_request_id=request.pk)


def lost(request: PlanRequest) -> bool:
    """Whether the worker stopped in the middle of it."""
    return (
        request.state == PlanRequest.State.RUNNING
        and request.began_at is not None
        and request.began_at < clock.now() - LONGEST
    )


@transaction.atomic
def make_plan(
    scope: Scope,
    network_id: int,
    *,
    on: date,
    status: str = CaseloadPlan.Status.ALTERNATIVE,
    name: str = "",
    at: datetime | None = None,
    **asked: Any,
) -> Outcome:
    """Make the plan of least cost at once, without the worker: for the demo and whoever can wait."""
    from fairlead.apps.caseload.solving import solved  # here: the web server asks, but does not solve

    ready = prepare(scope, network_id, on=on, status=status, **asked)
    if ready.same is not None:
        return Outcome(CaseloadPlan.objects.get(pk=ready.same.pk))
    result = solved(ready.problem)
    if not result.choices:
        return Outcome(None, result)
    plan = keep_plan(
        ready.problem, result, network_id, ready.session_id, ready.settings,
        status=status, name=name, by=scope.person_id or None, at=at or clock.now(),
    )  # fmt: skip
    return Outcome(plan, result, new=True)


def keep_plan(
    problem: Problem,
    result: Plan,
    network_id: int,
    session_id: int,
    settings: dict[str, Any],
    *,
    status: str,
    name: str,
    by: int | None,
    at: datetime,
) -> CaseloadPlan:
    """Write a solved plan beside the others; nobody's caseload changes by it."""
    alternative = CaseloadPlan.Status.ALTERNATIVE
    unnamed = CaseloadPlan.objects.filter(
        organization_id=network_id, session_id=session_id, status=alternative, name=""
    )
    number = {"number": 1 + unnamed.count()} if status == alternative else {}
    plan = CaseloadPlan.objects.create(
        organization_id=network_id,
        session_id=session_id,
        name=name,
        status=status,
        created_at=at,
        created_by_id=by,
        settings=settings | number,
        solver={
            "status": result.status,
            "objective": result.objective,
            "bound": result.bound,
            "gap": result.gap,
            "effort": result.effort,
        },
    )
    why = planning.reasons(problem, result)
    CaseloadAssignment.objects.bulk_create(
        CaseloadAssignment(
            plan=plan,
            organization_id=int(c.school),
            director_id=int(c.director) if int(c.director) > 0 else None,
            added=-int(c.director) if int(c.director) < 0 else None,
            minutes_per_month=c.minutes,
            wanted=c.wanted,
            reason=why[int(c.school)],
        )
        for c in result.choices
    )
    return plan


def written(problem: Problem) -> dict[str, Any]:
    """A problem as JSON."""
    pairs = [[school, director, minutes] for (school, director), minutes in sorted(problem.travel.items())]
    return asdict(problem) | {"travel": pairs, "conflicts": sorted(map(list, problem.conflicts))}


def read(text: dict[str, Any]) -> Problem:
    """The problem that was written down."""
    return Problem(
        **text
        | {
            "schools": tuple(School(**_tuples(s)) for s in text["schools"]),
            "directors": tuple(Director(**_tuples(d)) for d in text["directors"]),
            "travel": {(school, director): minutes for school, director, minutes in text["travel"]},
            "conflicts": frozenset((school, director) for school, director in text["conflicts"]),
            "weights": Weights(**text["weights"]),
        }
    )


def _digest(problem: Problem) -> str:
    """What tells a problem from another: grades, languages, conflicts and travel are not in the settings by themselves."""
    return hashlib.sha256(json.dumps(written(problem), sort_keys=True).encode()).hexdigest()[:16]


def _tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}


def _status(plans: Collection[KeptPlan], place: Assigned) -> str:
    return next(p.status for p in plans if p.pk == place.plan_id)
