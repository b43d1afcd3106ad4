"""Who serves which schools, and for how many minutes: what a caseload plan is, and what it costs.

Every preference is counted in one unit, minutes a month, so that a plan's cost can be read, taken apart by
school, and compared with that of a plan somebody made by hand (`price`). Rules are never traded for
preferences: where they cannot all hold there is no plan. `caseload_solver.assign` finds the plan of least cost.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, field
from typing import Literal

Status = Literal["optimal", "feasible", "infeasible", "unknown"]
RuleKind = Literal["load", "fill", "time", "least", "lock", "conflict"]


class CaseloadError(ValueError):
    """A caseload problem is not well formed. The message says where, what, allowed, and got."""


@dataclass(frozen=True, slots=True)
class School:
    """A school to be served.

    Parameters
    ----------
    key : str
    wanted : int
        Minutes of support a month that its tier of need asks for.
    least : int
        Minutes below which it must not fall; a rule.
    priority : int
        Cost of one missing minute, 1 or more: higher for needier tiers.
    grades : tuple of int
        Lowest and highest grade, kindergarten as 0.
    last_director : str or None
        Who served it in last year's plan.
    language : str or None
        The language, beside the network's own, that its families need most; None when there is none to ask for.
    expertise : str or None
        The kind of work that it needs most; None when there is none to ask for.
    """

    key: str
    wanted: int
    least: int = 0
    priority: int = 1
    grades: tuple[int, int] = (0, 12)
    last_director: str | None = None
    language: str | None = None
    expertise: str | None = None


@dataclass(frozen=True, slots=True)
class Director:
    """Somebody who serves schools.

    Parameters
    ----------
    key : str
    fte : float
        Part of a full-time post given to supporting principals.
    grades : tuple of int
        Lowest and highest grade of the schools this person knows.
    languages, expertise : tuple of str
        What this person speaks, and kinds of work that this person knows.
    """

    key: str
    fte: float
    grades: tuple[int, int] = (0, 12)
    languages: tuple[str, ...] = ()
    expertise: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Weights:
    """What a plan's preferences cost, in minutes a month; each may be 0.

    Parameters
    ----------
    break_continuity : int
        A school gets another director than last year.
    grade_mismatch : int
        For each grade of the school that the director does not know.
    travel : int
        For each minute on the road in a month.
    deep_shortfall : int
        Times the priority, on top, for each minute missing beyond a quarter of what is wanted: many small
        shortfalls are better than one large one.
    language_mismatch : int
        The director does not speak the language that the school's families need most.
    expertise_mismatch : int
        The director does not know the kind of work that the school needs most.
    """

    break_continuity: int = 60
    grade_mismatch: int = 15
    travel: int = 1
    deep_shortfall: int = 2
    language_mismatch: int = 60
    expertise_mismatch: int = 30


@dataclass(frozen=True, slots=True)
class Problem:
    """Everything a caseload plan depends on.

    Parameters
    ----------
    schools, directors : tuples
    schools_per_fte : float
        The load: at most this many schools for a full-time director, a part-time one in proportion (rounded).
    minutes_per_fte : int
        Minutes a month a full-time director has for schools.
    travel : mapping of (school, director) to int
        Minutes on the road in a month if this director serves this school; a missing pair counts as 0.
    locked : mapping of school to director
        Choices already made.
    conflicts : set of (school, director)
        Pairs that must not be.
    fill : float
        Each director serves at least this part of their load (rounded down), from 0 to 1.
    grain : int
        Minutes are handed out in multiples of this.
    weights : Weights

    Raises
    ------
    CaseloadError
        When made, if a key is unknown or repeated, or a number cannot be used.
    """

    schools: tuple[School, ...]
    directors: tuple[Director, ...]
    schools_per_fte: float = 5.0
    minutes_per_fte: int = 1800
    travel: Mapping[tuple[str, str], int] = field(default_factory=dict)
    locked: Mapping[str, str] = field(default_factory=dict)
    conflicts: frozenset[tuple[str, str]] = frozenset()
    fill: float = 0.0
    grain: int = 15
    weights: Weights = Weights()

    def __post_init__(self) -> None:
        _check(self)

    def load(self, director: Director) -> int:
        """The most schools this director may serve."""
        return math.floor(self.schools_per_fte * director.fte + 0.5)

    def time(self, director: Director) -> int:
        """Minutes a month this director has for schools, in whole grains."""
        return math.floor(self.minutes_per_fte * director.fte / self.grain + 1e-9) * self.grain

    @property
    def ratio(self) -> float:
        """Schools for each full-time director, over all."""
        return len(self.schools) / math.fsum(d.fte for d in self.directors)


@dataclass(frozen=True, slots=True, order=True)
class Rule:
    """A rule that a plan must keep, by what it is about.

    "load" (most schools), "fill" (fewest schools) and "time" (minutes) are of a director; "lock" and "conflict" of
    a pair; "least" is the fewest minutes that schools may get, of one school when a plan breaks it there.
    """

    kind: RuleKind
    school: str | None = None
    director: str | None = None

    def __str__(self) -> str:
        return ":".join(part for part in (self.kind, self.school, self.director) if part)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a choice costs, by kind, in minutes a month."""

    shortfall: int = 0
    continuity: int = 0
    grades: int = 0
    travel: int = 0
    language: int = 0
    expertise: int = 0

    @property
    def total(self) -> int:
        return self.shortfall + self.continuity + self.grades + self.travel + self.language + self.expertise

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.shortfall + other.shortfall,
            self.continuity + other.continuity,
            self.grades + other.grades,
            self.travel + other.travel,
            self.language + other.language,
            self.expertise + other.expertise,
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """One school's place in a plan."""

    school: str
    director: str
    minutes: int
    wanted: int
    cost: Cost
    locked: bool


@dataclass(frozen=True, slots=True)
class Load:
    """One director's part of a plan."""

    director: str
    fte: float
    schools: int
    most_schools: int
    minutes: int
    most_minutes: int

    @property
    def per_fte(self) -> float:
        return self.schools / self.fte


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan, or why there is none."""

    status: Status
    choices: tuple[Choice, ...] = ()
    """In the order of the problem's schools; empty without a plan."""
    loads: tuple[Load, ...] = ()
    cost: Cost = Cost()
    bound: int | None = None
    """No plan that keeps the rules can cost less. None when nothing was proven."""
    clashes: tuple[Rule, ...] = ()
    """If infeasible: rules that cannot hold together. Dropping any one of them lets the others hold, unless the
    effort ran out while thinning them."""
    effort: float = 0.0
    """The solver's deterministic time, or the effort of a search: the same work gives the same number on any machine."""

    @property
    def objective(self) -> int | None:
        return self.cost.total if self.choices else None

    @property
    def gap(self) -> float | None:
        """How far the plan may be from the best, as part of its cost: 0 is proven best."""
        if self.bound is None or not self.choices:
            return None
        return (self.cost.total - self.bound) / max(1, self.cost.total)


def price(problem: Problem, chosen: Mapping[str, tuple[str, int]]) -> Plan:
    """What a plan made elsewhere costs, counted as the solver counts, and which rules it breaks.

    Parameters
    ----------
    problem : Problem
    chosen : mapping of school to (director, minutes a month)
        Must name every school.

    Returns
    -------
    Plan
        With status "feasible", or "infeasible" with the broken rules as `clashes`. No bound: nothing was solved.

    Examples
    --------
    >>> problem = Problem((School("A", wanted=300, least=60),), (Director("x", fte=0.2),))
    >>> price(problem, {"A": ("x", 240)}).cost
    Cost(shortfall=60, continuity=0, grades=0, travel=0, language=0, expertise=0)
    >>> [str(rule) for rule in price(problem, {"A": ("x", 375)}).clashes]
    ['time:x']
    """
    missing = [s.key for s in problem.schools if s.key not in chosen]
    if missing:
        raise CaseloadError(f"Plan: must name every school; missing: {', '.join(missing)}.")
    known = {d.key for d in problem.directors}
    for key, (director, minutes) in chosen.items():
        if director not in known:
            raise CaseloadError(f"Plan, school {key!r}: unknown director {director!r}.")
        if minutes < 0:
            raise CaseloadError(f"Plan, school {key!r}: minutes must be 0 or more; got {minutes}.")
    choices, loads, cost = priced(problem, chosen)
    broken = []
    for load in loads:
        if load.schools > load.most_schools:
            broken.append(Rule("load", director=load.director))
        if load.schools < math.floor(problem.fill * load.most_schools):
            broken.append(Rule("fill", director=load.director))
        if load.minutes > load.most_minutes:
            broken.append(Rule("time", director=load.director))
    for school in problem.schools:
        director, minutes = chosen[school.key]
        if minutes < school.least:
            broken.append(Rule("least", school.key))
        if problem.locked.get(school.key, director) != director:
            broken.append(Rule("lock", school.key, problem.locked[school.key]))
        if (school.key, director) in problem.conflicts:
            broken.append(Rule("conflict", school.key, director))
    return Plan("infeasible" if broken else "feasible", choices, loads, cost, clashes=tuple(sorted_rules(broken)))


def sorted_rules(rules: Iterable[Rule]) -> list[Rule]:
    """Rules in an order that does not depend on how they were found."""
    return sorted(rules, key=lambda r: (r.kind, r.school or "", r.director or ""))


def travel_minutes(
    school: tuple[float, float],
    base: tuple[float, float],
    trips: int = 1,
    kmh: float = 30.0,
    winding: float = 1.3,
) -> int:
    """Minutes on the road in a month, there and back, between two places given as latitude and longitude.

    Great-circle distance (haversine), lengthened by `winding` because roads are not straight.

    Examples
    --------
    >>> travel_minutes((36.85, -76.28), (36.85, -76.28))
    0
    >>> travel_minutes((36.85, -76.28), (36.95, -76.28), trips=2)
    116
    """
    lat1, lon1, lat2, lon2 = (math.radians(v) for v in (*school, *base))
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    km = 2 * 6371.0088 * math.asin(math.sqrt(min(1.0, h)))
    return round(2 * trips * km * winding / kmh * 60)


def pair_cost(problem: Problem, school: School, director: Director) -> Cost:
    """What the pair costs whatever its minutes."""
    w = problem.weights
    moved = school.last_director is not None and school.last_director != director.key
    low, high = school.grades
    unknown = sum(not director.grades[0] <= grade <= director.grades[1] for grade in range(low, high + 1))
    return Cost(
        continuity=w.break_continuity if moved else 0,
        grades=w.grade_mismatch * unknown,
        travel=w.travel * problem.travel.get((school.key, director.key), 0),
        language=0 if school.language in (None, *director.languages) else w.language_mismatch,
        expertise=0 if school.expertise in (None, *director.expertise) else w.expertise_mismatch,
    )


def _shortfall_cost(problem: Problem, school: School, minutes: int) -> int:
    short = max(0, school.wanted - minutes)
    deep = max(0, short - school.wanted // 4)
    return school.priority * (short + problem.weights.deep_shortfall * deep)


def priced(
    problem: Problem, chosen: Mapping[str, tuple[str, int]]
) -> tuple[tuple[Choice, ...], tuple[Load, ...], Cost]:
    directors = {d.key: d for d in problem.directors}
    choices = []
    total = Cost()
    for school in problem.schools:
        key, minutes = chosen[school.key]
        cost = pair_cost(problem, school, directors[key]) + Cost(shortfall=_shortfall_cost(problem, school, minutes))
        total = total + cost
        choices.append(Choice(school.key, key, minutes, school.wanted, cost, problem.locked.get(school.key) == key))
    loads = []
    for director in problem.directors:
        own = [c for c in choices if c.director == director.key]
        loads.append(
            Load(
                director.key,
                director.fte,
                len(own),
                problem.load(director),
                sum(c.minutes for c in own),
                problem.time(director),
            )
        )
    return tuple(choices), tuple(loads), total


def _check(p: Problem) -> None:
    if not p.schools or not p.directors:
        raise CaseloadError(
            f"Caseload: needs at least one school and one director; got {len(p.schools)} and {len(p.directors)}."
        )
    schools, directors = {s.key for s in p.schools}, {d.key for d in p.directors}
    if len(schools) != len(p.schools):
        raise CaseloadError("Caseload: each school may be given once.")
    if len(directors) != len(p.directors):
        raise CaseloadError("Caseload: each director may be given once.")
    for name, number in (("schools_per_fte", p.schools_per_fte), ("minutes_per_fte", p.minutes_per_fte)):
        if not (math.isfinite(number) and number > 0):
            raise CaseloadError(f"Caseload: {name} must be a positive number; got {number}.")
    if p.grain < 1:
        raise CaseloadError(f"Caseload: grain must be at least 1 minute; got {p.grain}.")
    if not 0 <= p.fill <= 1:
        raise CaseloadError(f"Caseload: fill must be from 0 to 1; got {p.fill}.")
    for s in p.schools:
        if s.wanted < 0 or s.wanted % p.grain:
            raise CaseloadError(
                f"School {s.key!r}: wanted must be a multiple of {p.grain} minutes, 0 or more; got {s.wanted}."
            )
        if not 0 <= s.least <= s.wanted:
            raise CaseloadError(f"School {s.key!r}: least must be from 0 to wanted ({s.wanted}); got {s.least}.")
        if s.priority < 1:
            raise CaseloadError(f"School {s.key!r}: priority must be 1 or more; got {s.priority}.")
        if s.grades[0] > s.grades[1]:
            raise CaseloadError(f"School {s.key!r}: the lowest grade comes first; got {s.grades}.")
    for d in p.directors:
        if not (math.isfinite(d.fte) and d.fte > 0):
            raise CaseloadError(f"Director {d.key!r}: fte must be above 0; got {d.fte}.")
    for school, director in [*p.locked.items(), *p.conflicts, *p.travel]:
        if school not in schools:
            raise CaseloadError(f"Caseload: a lock, conflict or travel time names an unknown school {school!r}.")
        if director not in directors:
            raise CaseloadError(f"Caseload: a lock, conflict or travel time names an unknown director {director!r}.")
    for pair, minutes in p.travel.items():
        if minutes < 0:
            raise CaseloadError(f"Caseload: travel of {pair} must be 0 or more; got {minutes}.")
    if min(astuple(p.weights)) < 0:
        raise CaseloadError(f"Caseload: weights must be 0 or more; got {p.weights}.")
