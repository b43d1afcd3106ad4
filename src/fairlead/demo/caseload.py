"""Needs from the seeded facts, last year's caseloads (made by habit) and this year's (made by the solver)."""

from __future__ import annotations

from datetime import date, datetime, time

import numpy as np

from fairlead.apps.access.scope import Scope
from fairlead.apps.caseload import own_recipes
from fairlead.apps.caseload.making import make_plan
from fairlead.apps.caseload.models import CaseloadAssignment, CaseloadPlan, DirectorSpan, NeedRecipe, ZipPoint
from fairlead.apps.caseload.planning import Staffing
from fairlead.apps.caseload.recipes import DEFAULT, PublishedRecipe
from fairlead.apps.caseload.services import recompute_need
from fairlead.apps.facts.once import read_once
from fairlead.apps.facts.selectors import Period, Question
from fairlead.apps.roster.models import Organization
from fairlead.apps.roster.selectors import scope_for
from fairlead.demo.cast import DIRECTORS
from fairlead.demo.world import YEAR_BEGINS, ZONE, World

SPANS = {"marcus": (0, 8), "joan": (0, 5), "sofia": (6, 12), "kwame": (0, 12)}
BROUGHT = {  # languages, kinds of work, schools that they may not serve
    "marcus": (["en"], ["chronic_absence"], ()),
    "joan": (["en", "ht"], ["economically_disadvantaged"], ()),
    "sofia": (["en", "es"], ["english_learner"], (3,)),
    "kwame": (["en"], ["disability", "rolls_on_time"], ()),
}
OFFSHORE = (36.62, -74.90)  # in the Atlantic: the city is invented
FLAT = 300  # last year every school had the same minutes, whatever its need
MADE_LAST_YEAR = datetime(2025, 8, 20, 10, 0, tzinfo=ZONE)
HARBOR_POINT = 0


def build(world: World, rng: np.random.Generator) -> None:
    """Last year's plan, need as it stood when this year's was chosen, this year's plan, and need as it stands."""
    scope = scope_for(world.person["ines"], world.today)
    assert scope is not None
    schools = list(Organization.objects.filter(pk__in=world.school_ids.tolist()).order_by("pk"))
    _places(sorted({s.zip for s in schools}), rng)
    DirectorSpan.objects.bulk_create(
        DirectorSpan(person_id=world.person[key], organization_id=world.network_id, grade_low=low, grade_high=high)
        for key, (low, high) in SPANS.items()
    )
    _last_year(world, schools)
    decided = world.dates[min(max(11, len(world.dates) // 3), len(world.dates) - 2)]
    year = Question(tuple(world.school_ids.tolist()), (Period(YEAR_BEGINS, world.dates[-2], "year"),), YEAR_BEGINS)
    with read_once(scope, year):
        recompute_need(scope, world.network_id, decided)
        _this_year(world, scope, decided)
        _strengths(world)
        recompute_need(scope, world.network_id, world.dates[-2])
        own = _own_recipe(world, scope, decided)
    make_plan(
        scope, world.network_id, on=world.today, published=own, staffing=Staffing(added=(1.0,)),
        name="One more director", at=datetime.combine(world.dates[-2], time(15, 20), tzinfo=ZONE),
    )  # fmt: skip


def _own_recipe(world: World, scope: Scope, decided: date) -> PublishedRecipe:
    """The network's own recipe: attendance first, then, in its second version, languages count for more."""
    first = own_recipes.begin(scope, world.network_id, DEFAULT, "Our need index")
    _weigh(first, {"chronic_absence": 50})
    at = datetime.combine(decided, time(14, 0), tzinfo=ZONE)
    own_recipes.publish(scope, first, "Attendance is this year’s first goal.", at=at, as_of=decided)
    second = own_recipes.begin(scope, world.network_id, first.key)
    _weigh(second, {"chronic_absence": 40, "english_learner": 30})
    at = datetime.combine(world.dates[-2], time(14, 0), tzinfo=ZONE)
    why = "Schools with many newcomers told us that the first version did not see their work."
    own_recipes.publish(scope, second, why, at=at, as_of=world.dates[-2])
    return own_recipes.read(second)


def _weigh(row: NeedRecipe, weights: dict[str, int]) -> None:
    ingredients = [i | {"weight": weights.get(i["indicator"], i["weight"])} for i in row.content["ingredients"]]
    own_recipes.change(row, row.label, row.content | {"ingredients": ingredients})


def _places(codes: list[str], rng: np.random.Generator) -> None:
    """Twelve invented ZIP codes along an invented coast."""
    north = np.linspace(0, 0.24, len(codes))
    east = rng.normal(0, 0.05, len(codes))
    ZipPoint.objects.bulk_create(
        ZipPoint(
            zip=code,
            latitude=OFFSHORE[0] + float(n),
            longitude=OFFSHORE[1] + float(e),
            source="invented for the demo",
        )
        for code, n, e in zip(codes, north, east, strict=True)
    )


def _strengths(world: World) -> None:
    """What directors told after this year's plan was chosen: the next plan counts it, this year's could not."""
    rows = {row.person_id: row for row in DirectorSpan.objects.filter(organization_id=world.network_id)}
    for key, (languages, knows, apart) in BROUGHT.items():
        row = rows[world.person[key]]
        row.languages, row.knows, row.apart = languages, knows, [int(world.school_ids[i]) for i in apart]
    DirectorSpan.objects.bulk_update(rows.values(), ["languages", "knows", "apart"])


def _last_year(world: World, schools: list[Organization]) -> None:
    """By ZIP code, in blocks, in proportion to each director's time: sensible, and blind to need."""
    plan = CaseloadPlan.objects.create(
        organization_id=world.network_id, session_id=world.last_session_id, name="", status="last_year",
        created_at=MADE_LAST_YEAR, created_by_id=world.person["ines"],
        settings={"by_hand": True},
    )  # fmt: skip
    along = sorted(schools, key=lambda s: (s.zip, s.pk != world.school_ids[HARBOR_POINT], s.pk))
    fte = np.array([d.fte for d in DIRECTORS])
    ends = np.round(np.cumsum(fte) / fte.sum() * len(along)).astype(int)
    rows, begin = [], 0
    for director, end in zip(DIRECTORS, ends, strict=True):
        rows += [
            CaseloadAssignment(
                plan=plan, organization=s, director_id=world.person[director.key], minutes_per_month=FLAT,
                reason={"codes": []},
            )
            for s in along[begin:end]
        ]  # fmt: skip
        begin = end
    CaseloadAssignment.objects.bulk_create(rows)


def _this_year(world: World, scope: Scope, decided: date) -> None:
    """The solver's plan on the needs of that day; Harbor Point stays with the director it knows."""
    outcome = make_plan(
        scope, world.network_id, on=decided, keep=[int(world.school_ids[HARBOR_POINT])], status="chosen",
        at=datetime.combine(decided, time(16, 10), tzinfo=ZONE),
    )  # fmt: skip
    assert outcome.plan is not None, outcome.result
    place = {a.organization_id: a for a in outcome.plan.assignments.all()}
    world.school_director = np.array([place[int(s)].director_id for s in world.school_ids], np.int64)
    world.extra["caseload_minutes"] = np.array([place[int(s)].minutes_per_month for s in world.school_ids])
