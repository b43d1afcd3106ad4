"""From rows to science and back: the caseload problem of a network on a day, and plans beside each other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from math import ceil
from statistics import fmean

from django.conf import settings

from fairlead.apps.access.scope import Scope
from fairlead.apps.caseload import selectors
from fairlead.apps.caseload.models import CaseloadPlan, DirectorSpan
from fairlead.apps.caseload.recipes import PublishedRecipe, TierTerms
from fairlead.apps.caseload.selectors import Assigned, KeptPlan, Need
from fairlead.apps.roster import selectors as roster
from fairlead.science.allocation.caseload import Director, Plan, Problem, School, price, travel_minutes
from fairlead.science.allocation.concentration import Concentration, concentration

LEAST_SHARE, LEAST_STUDENTS = 0.2, 10
"""A school asks for a language when it is that of so large a part of its students, and of so many."""


def terms(recipe: PublishedRecipe, need: Need | None) -> TierTerms:
    """What a school's tier asks for. A school without an index is given the middle tier, and the page says so."""
    if need is None or not need.tier:
        return recipe.tiers[len(recipe.tiers) // 2]
    return recipe.tier(need.tier)


@dataclass(frozen=True)
class Staffing:
    """Directors as somebody imagines them; the roster stays as it is."""

    fte: Mapping[int, float] = field(default_factory=dict)
    """Another FTE for these directors; 0 is without them."""
    added: tuple[float, ...] = ()
    """The FTE of each director whom nobody has hired yet."""

    @property
    def imagined(self) -> bool:
        return bool(self.fte or self.added)


AS_IT_IS = Staffing()


@dataclass(frozen=True)
class Ground:
    """All that a plan of this network depends on, read once."""

    recipe: PublishedRecipe
    needs: dict[int, Need]
    schools: dict[int, str]
    directors: dict[int, str]
    problem: Problem
    without_place: tuple[str, ...]
    """Schools whose ZIP code is not in the catalogue: their travel counts as 0."""


def ground(
    scope: Scope,
    network_id: int,
    on: date,
    recipe: PublishedRecipe,
    last_year: Iterable[Assigned],
    needs: Collection[Need] | None = None,
    staffing: Staffing = AS_IT_IS,
) -> Ground:
    """The network's problem on a day, by a recipe, with its last year's plan for continuity.

    `needs`: when they have been read already.
    """
    schools = [s for s in roster.organizations(scope, "school") if s.parent_id == network_id]
    directors = list(roster.staff(scope, on, role="director", organization_id=network_id))
    rows = selectors.needs(scope, on, recipe.key) if needs is None else needs
    by_school = {n.organization_id: n for n in rows}
    brought = selectors.strengths(scope, [d.person_id for d in directors])
    works = {s: leading(n) for s, n in by_school.items()} if any(b.knows for b in brought.values()) else {}
    languages = asked_languages(selectors.spoken(scope, on)) if any(b.languages for b in brought.values()) else {}
    all_languages, all_works = sorted(set(languages.values())), sorted(set(filter(None, works.values())))
    points = selectors.zip_points({s.zip for s in schools})
    before = {a.organization_id: a.director_id for a in last_year}
    place = {s.pk: points[s.zip] for s in schools if s.zip in points}

    fte = {d.person_id: staffing.fte.get(d.person_id, float(d.fte)) for d in directors}
    directors = [d for d in directors if fte[d.person_id] > 0]
    fte = {pk: part for pk, part in fte.items() if part > 0} | {
        -number: part for number, part in enumerate(staffing.added, start=1)
    }
    bases = {}
    if place:  # whoever is added starts from the middle of all schools
        middle = (fmean(p[0] for p in place.values()), fmean(p[1] for p in place.values()))
        bases = {pk: middle for pk in fte if pk < 0}
    for d in directors:
        mine = [place[s] for s, director in before.items() if director == d.person_id and s in place]
        if mine:
            bases[d.person_id] = (fmean(p[0] for p in mine), fmean(p[1] for p in mine))
    travel = {}
    for s in schools:
        trips = ceil(terms(recipe, by_school.get(s.pk)).minutes / recipe.minutes_per_visit)
        for pk in fte:
            if s.pk in place and pk in bases:
                travel[str(s.pk), str(pk)] = travel_minutes(place[s.pk], bases[pk], trips)
    asked = {s.pk: terms(recipe, by_school.get(s.pk)) for s in schools}
    problem = Problem(
        schools=tuple(
            School(
                key=str(s.pk),
                wanted=asked[s.pk].minutes,
                least=asked[s.pk].least,
                priority=asked[s.pk].priority,
                grades=(s.grade_low or 0, s.grade_high if s.grade_high is not None else 12),
                last_director=str(before[s.pk]) if s.pk in before else None,
                language=languages.get(s.pk),
                expertise=works.get(s.pk),
            )
            for s in schools
        ),
        directors=tuple(
            _director(pk, part, brought.get(pk))
            if pk > 0
            else Director(str(pk), part, languages=tuple(all_languages), expertise=tuple(all_works))
            for pk, part in fte.items()
        ),
        conflicts=frozenset(
            (str(s.pk), str(pk)) for pk, b in brought.items() if pk in fte for s in schools if s.pk in b.apart
        ),
        schools_per_fte=recipe.schools_per_fte,
        minutes_per_fte=recipe.minutes_per_fte,
        travel=travel,
        weights=recipe.costs,
    )
    return Ground(
        recipe=recipe,
        needs=by_school,
        schools={s.pk: s.name for s in schools},
        directors={d.person_id: d.person.name for d in directors}
        | {pk: selectors.added_name(-pk) for pk in fte if pk < 0},
        problem=problem,
        without_place=tuple(s.name for s in schools if s.pk not in place),
    )


def _director(pk: int, part: float, brought: DirectorSpan | None) -> Director:
    if brought is None:
        return Director(str(pk), part)
    grades = (brought.grade_low, brought.grade_high)
    return Director(str(pk), part, grades, tuple(brought.languages), tuple(brought.knows))


def asked_languages(found: Iterable[selectors.Spoken]) -> dict[int, str]:
    """The language that each school asks its director for: the one most spoken beside the network's own, if by enough."""
    own = settings.LANGUAGE_CODE.split("-")[0]
    asked: dict[int, str] = {}
    for one in found:  # the most frequent first
        if one.language != own and one.share >= LEAST_SHARE and one.students >= LEAST_STUDENTS:
            asked.setdefault(one.school_id, one.language)
    return asked


def leading(need: Need) -> str | None:
    """The kind of work that a school needs most: the indicator that adds most to its need."""
    if need.value is None or not need.contributions:
        return None
    return str(max(need.contributions, key=lambda c: (c["amount"], c["indicator"]))["indicator"])


def reasons(problem: Problem, plan: Plan) -> dict[int, dict[str, object]]:
    """Why each school has its director, as codes that a page puts into words, and what the choice cost in minutes."""
    last = {s.key: s.last_director for s in problem.schools}
    asked, brings = {s.key: s for s in problem.schools}, {d.key: d for d in problem.directors}
    found: dict[int, dict[str, object]] = {}
    for c in plan.choices:
        codes = ["locked"] if c.locked else []
        codes.append("kept" if last[c.school] == c.director else "new" if last[c.school] is None else "moved")
        if c.cost.grades == 0:
            codes.append("knows_grades")
        if asked[c.school].language and asked[c.school].language in brings[c.director].languages:
            codes.append("speaks")
        if asked[c.school].expertise and asked[c.school].expertise in brings[c.director].expertise:
            codes.append("knows_work")
        nearest = min((problem.travel.get((c.school, d.key), 0) for d in problem.directors), default=0)
        here = problem.travel.get((c.school, c.director), 0)
        if here == nearest and problem.travel:
            codes.append("nearest")
        if c.minutes < c.wanted:
            codes.append("short")
        found[int(c.school)] = {
            "codes": codes,
            "shortfall": c.cost.shortfall,
            "continuity": c.cost.continuity,
            "grades": c.cost.grades,
            "travel": c.cost.travel,
            "language": c.cost.language,
            "expertise": c.cost.expertise,
            "road": here,
        }
    return found


@dataclass(frozen=True)
class Part:
    """One director's part of a plan, as it is."""

    director_id: int
    name: str
    fte: float
    schools: int
    minutes: int
    intensive: int

    @property
    def per_fte(self) -> float:
        return self.schools / self.fte if self.fte else 0.0


@dataclass(frozen=True)
class PlanView:
    """A plan beside the needs of today: loads, and where its minutes go."""

    plan: KeptPlan
    places: dict[int, Assigned]
    parts: tuple[Part, ...]
    asked: dict[int, int]
    spread: Concentration | None
    order: tuple[int, ...]
    """Schools in `spread`, in its order."""
    moved: int
    """Schools with another director than in last year's plan."""
    priced: Plan | None = None

    @cached_property
    def fte(self) -> float:
        return sum(p.fte for p in self.parts)

    @property
    def ratio(self) -> float:
        """Schools for each full-time director."""
        return len(self.places) / self.fte if self.fte else 0.0

    @property
    def minutes(self) -> int:
        return sum(a.minutes_per_month for a in self.places.values())

    @property
    def minutes_asked(self) -> int:
        return sum(self.asked.get(s, 0) for s in self.places)

    def got(self, school_id: int) -> float | None:
        """Minutes for each minute that the school's need asks for."""
        place, asked = self.places.get(school_id), self.asked.get(school_id)
        return place.minutes_per_month / asked if place and asked else None

    @property
    def far_below(self) -> int:
        """Schools that get less than three quarters of what their need asks for."""
        return sum((self.got(s) or 1.0) < 0.75 for s in self.places)

    def of(self, director_id: int) -> list[Assigned]:
        return [a for a in self.places.values() if a.director_id == director_id]


def view(
    plan: KeptPlan,
    places: Iterable[Assigned],
    needs: Mapping[int, Need],
    recipe: PublishedRecipe,
    fte: Mapping[int, float],
    last_year: Mapping[int, int],
) -> PlanView:
    """A stored plan set beside needs. `fte` by director, `last_year` director by school."""
    own = {a.organization_id: a for a in places}
    asked = {s: terms(recipe, needs.get(s)).minutes for s in own}
    names = {a.director_id: a.director for a in own.values()}
    parts = []
    for director_id, name in sorted(names.items(), key=lambda item: item[1]):
        mine = [a for a in own.values() if a.director_id == director_id]
        parts.append(
            Part(
                director_id,
                name,
                fte.get(director_id, 1.0),
                len(mine),
                sum(a.minutes_per_month for a in mine),
                sum(terms(recipe, needs.get(a.organization_id)).position == 0 for a in mine),
            )
        )
    scored = sorted(
        (s for s in own if s in needs and needs[s].value is not None), key=lambda s: (needs[s].rank or 0, s)
    )
    spread = None
    if len(scored) > 1 and any(own[s].minutes_per_month for s in scored):
        spread = concentration(
            [own[s].minutes_per_month for s in scored],
            [needs[s].value or 0.0 for s in scored],
            [asked[s] for s in scored],
        )
    return PlanView(
        plan=plan,
        places=own,
        parts=tuple(parts),
        asked=asked,
        spread=spread,
        order=tuple(scored),
        moved=sum(last_year.get(s, a.director_id) != a.director_id for s, a in own.items()),
    )


def priced(shown: PlanView, ground_: Ground) -> PlanView:
    """The plan with its cost counted as the solver counts, when it places every school of the problem."""
    chosen = {str(s): (str(a.director_id), a.minutes_per_month) for s, a in shown.places.items()}
    known = {d.key for d in ground_.problem.directors}
    if any(s.key not in chosen or chosen[s.key][0] not in known for s in ground_.problem.schools):
        return shown
    wanted = {s.key for s in ground_.problem.schools}
    return replace(shown, priced=price(ground_.problem, {s: c for s, c in chosen.items() if s in wanted}))


def beside(
    scope: Scope, on: date, recipe: PublishedRecipe, plan_rows: Collection[KeptPlan], fte: Mapping[int, float]
) -> tuple[list[PlanView], list[Need]]:
    """These plans beside each other and beside today's needs: two queries, whatever the number of plans."""
    needs = selectors.needs(scope, on, recipe.key)
    by_school = {n.organization_id: n for n in needs}
    places: dict[int, list[Assigned]] = {p.pk: [] for p in plan_rows}
    for a in selectors.assignments(scope, list(places)):
        places[a.plan_id].append(a)
    last = next((p for p in plan_rows if p.status == CaseloadPlan.Status.LAST_YEAR), None)
    last_year = {a.organization_id: a.director_id for a in places[last.pk]} if last else {}
    return [view(p, places[p.pk], by_school, recipe, _fte(p, fte), last_year) for p in plan_rows], needs


def _fte(plan: KeptPlan, fte: Mapping[int, float]) -> Mapping[int, float]:
    """Each director's FTE: the roster's, or what the plan imagines."""
    if not plan.settings.get("imagined"):
        return fte
    return {**fte, **{int(pk): part for pk, part in plan.settings["directors"].items()}}
