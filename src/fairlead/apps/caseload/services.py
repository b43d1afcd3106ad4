"""Writing needs and plans."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from fairlead import clock
from fairlead.apps.access.scope import Scope
from fairlead.apps.caseload import indicators, planning, selectors
from fairlead.apps.caseload.models import CaseloadAssignment, CaseloadPlan, NeedScore
from fairlead.apps.caseload.planning import Staffing
from fairlead.apps.caseload.recipes import DEFAULT, PublishedRecipe, recipe
from fairlead.apps.caseload.selectors import Assigned, KeptPlan
from fairlead.apps.roster import selectors as roster
from fairlead.science.allocation.caseload import Plan, Problem, Rule, Weights
from fairlead.science.allocation.need import need_index, rank_sensitivity

DRAWS = 1000
CONCENTRATION = 40.0
SEED = 2026  # a page shows the same sensitivity each time it is opened
LOADS = (4.0, 5.0, 6.0)


def last_whole_day() -> date:
    """The day before today: a day that is still going on has rolls yet to come."""
    return clock.today() - timedelta(days=1)


class NoNeedYet(LookupError):
    """A plan was asked for before any need was worked out, or outside a school year."""


@transaction.atomic
def recompute_need(
    scope: Scope, network_id: int, as_of: date, key: str = DEFAULT, published: PublishedRecipe | None = None
) -> list[NeedScore]:
    """Work out every school's need on a day from the facts of the school year so far, and keep it with its parts.

    `published`: the recipe, where it is no shipped one.
    """
    published = published or recipe(key)
    session = roster.session_on(network_id, as_of)
    if session is None:
        raise NoNeedYet(f"{as_of} is in no school year of this network.")
    schools = [s.pk for s in roster.organizations(scope, "school") if s.parent_id == network_id]
    found = indicators.values(
        scope, [i.indicator for i in published.science.ingredients], schools, session.begins, as_of
    )
    index = need_index(
        published.science,
        [str(s) for s in schools],
        {k: [v[s].value if s in v else None for s in schools] for k, v in found.items()},
    )
    moved = rank_sensitivity(index, np.random.default_rng(SEED), DRAWS, CONCENTRATION)
    rows = []
    for school_id, need, sensitivity in zip(schools, index.schools, moved.schools, strict=True):
        rows.append(
            NeedScore(
                organization_id=school_id,
                recipe=published.key,
                version=published.version,
                as_of=as_of,
                value=need.value,
                rank=need.rank,
                scored=index.scored(),
                tier=need.tier or "",
                coverage=need.coverage,
                contributions=[
                    {
                        "indicator": c.indicator,
                        "raw": c.raw,
                        "out_of": found[c.indicator][school_id].out_of if school_id in found[c.indicator] else 0,
                        "coverage": found[c.indicator][school_id].coverage if school_id in found[c.indicator] else 0,
                        "points": c.points,
                        "weight": c.weight,
                        "amount": c.amount,
                        "filled": c.filled,
                    }
                    for c in need.contributions
                ],
                sensitivity={
                    "draws": moved.draws,
                    "rank_low": sensitivity.rank_low,
                    "rank_median": sensitivity.rank_median,
                    "rank_high": sensitivity.rank_high,
                    "tier_shares": dict(sensitivity.tier_shares),
                    "same_tier": sensitivity.same_tier,
                    "rank_without": dict(sensitivity.rank_without),
                },
            )
        )
    return NeedScore.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["organization", "recipe", "version", "as_of"],
        update_fields=["value", "rank", "scored", "tier", "coverage", "contributions", "sensitivity"],
    )


@dataclass(frozen=True)
class Clash:
    """A rule that cannot hold with the others, with the names a page needs to say so."""

    rule: Rule
    school: str
    director: str
    limit: int | None = None


@dataclass(frozen=True)
class Outcome:
    """What asking for a plan gave: a plan, or the rules that clash."""

    plan: CaseloadPlan | None
    result: Plan | None = None
    clashes: tuple[Clash, ...] = ()
    new: bool = False
    """False when the same plan was there already: nothing was written."""


@transaction.atomic
def optimise_plan(
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
    name: str = "",
    at: datetime | None = None,
) -> Outcome:
    """Make the plan of least cost for the day's school year and keep it beside the others.

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
    }
    same = next(
        (p for p in known if p.status == status and {k: p.settings.get(k) for k in settings} == settings), None
    )
    if same is not None:
        return Outcome(CaseloadPlan.objects.get(pk=same.pk))
    result = _assign(problem)
    if not result.choices:
        return Outcome(None, result, tuple(_named(r, problem, ground) for r in result.clashes))

    number = 1 + sum(p.status == CaseloadPlan.Status.ALTERNATIVE and not p.name for p in known)
    plan = CaseloadPlan.objects.create(
        organization_id=network_id,
        session=session,
        name=name,
        status=status,
        created_at=at or clock.now(),
        created_by_id=scope.person_id or None,
        settings=settings | ({"number": number} if status == CaseloadPlan.Status.ALTERNATIVE else {}),
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
    return Outcome(plan, result, new=True)


@transaction.atomic
def choose_plan(scope: Scope, network_id: int, pk: int, *, because: str, begins: date) -> CaseloadPlan:
    """From a day on, this plan says who serves whom; the one before it holds until the day before."""
    plan = CaseloadPlan.objects.filter(organization_id=network_id, pk=pk, organization_id__in=scope.org_ids).first()
    if plan is None or plan.status != CaseloadPlan.Status.ALTERNATIVE:
        raise ValidationError(_("Only one of the alternatives can be chosen."))
    if plan.settings.get("imagined"):
        raise ValidationError(
            _(
                "This plan imagines directors otherwise than the roster has them. Change the roster first, then plan again."
            )
        )
    if not because.strip():
        raise ValidationError(_("Say why this plan was chosen: directors and principals will read it."))
    session = plan.session
    if begins < clock.today() or not session.begins <= begins <= session.ends:
        raise ValidationError(
            _("The plan can begin today or later, within its school year: from %(first)s to %(last)s.")
            % {"first": max(clock.today(), session.begins).isoformat(), "last": session.ends.isoformat()}
        )
    before = CaseloadPlan.objects.filter(
        organization_id=network_id, session=session, status=CaseloadPlan.Status.CHOSEN
    ).first()
    if before is not None:
        if before.effective_from is not None and begins <= before.effective_from:
            raise ValidationError(
                _("The plan that is chosen begins on %(day)s; choose a later day.")
                % {"day": before.effective_from.isoformat()}
            )
        before.status = CaseloadPlan.Status.REPLACED
        before.effective_until = begins - timedelta(days=1)
        before.save(update_fields=["status", "effective_until"])
    plan.status = CaseloadPlan.Status.CHOSEN
    plan.chosen_because, plan.chosen_at, plan.chosen_by_id = because.strip(), clock.now(), scope.person_id or None
    plan.effective_from = begins
    plan.save(update_fields=["status", "chosen_because", "chosen_at", "chosen_by", "effective_from"])
    return plan


def _status(plans: Collection[KeptPlan], place: Assigned) -> str:
    return next(p.status for p in plans if p.pk == place.plan_id)


SOLVE = """
import pickle, sys
sys.path[:] = pickle.load(sys.stdin.buffer)
from fairlead.science.allocation.caseload_solver import assign
sys.stdout.buffer.write(pickle.dumps(assign(pickle.load(sys.stdin.buffer))))
"""


def _assign(problem: Problem) -> Plan:
    """Solve in a process of its own.

    The solver brings pandas, which takes a second to load: too long for the start of each web process, and a
    page that draws a chart while another thread is half-way through loading it fails (Altair looks for it).
    """
    command = [sys.executable, "-c", SOLVE]
    given = pickle.dumps(sys.path) + pickle.dumps(problem)
    done = subprocess.run(command, input=given, stdout=subprocess.PIPE, check=True)  # noqa: S603
    plan: Plan = pickle.loads(done.stdout)  # noqa: S301 - our own process wrote it
    return plan


def _named(rule: Rule, problem: Problem, ground: planning.Ground) -> Clash:
    director = next((d for d in problem.directors if d.key == rule.director), None)
    limit = None
    if director is not None and rule.kind in ("load", "time"):
        limit = problem.load(director) if rule.kind == "load" else problem.time(director)
    return Clash(
        rule,
        ground.schools.get(int(rule.school), "") if rule.school else "",
        ground.directors.get(int(rule.director), "") if rule.director else "",
        limit,
    )
