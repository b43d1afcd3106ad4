"""A need index of 10,000 schools under 1,000 other weights, and a caseload plan of 1,000 schools and 200 directors.

python -m bench allocation [index] [plan] [--share 0.1]

The plan stands beside last year's directors and beside a greedy one (schools by priority, each to the cheapest director
with room), all priced alike, with the time that is best for each. Times are of this process, with its modules loaded and
its loops compiled; CPU seconds beside them.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bench import parts
from fairlead.science.allocation.caseload import Director, Plan, Problem, School, price
from fairlead.science.allocation.caseload_solver import assign
from fairlead.science.allocation.need import Ingredient, Recipe, Tier, need_index, rank_sensitivity

SEED = 20261122


def main(arguments: list[str]) -> int:
    return parts.run("allocation", __doc__ or "", {"index": index, "plan": plan}, arguments)


def timed(what: str, wanted: str, work: Callable[[], Any]) -> Any:
    began, spent = time.perf_counter(), time.process_time()
    answer = work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"    {what:<34} {time.perf_counter() - began:6.2f} s, CPU {time.process_time() - spent:6.2f} s, "
        f"peak {peak:.2f} GB (wanted: {wanted})",
        flush=True,
    )
    return answer


def index(_folder: Path, share: float) -> None:
    """10,000 schools, six indicators of which one value in twenty is missing, 1,000 draws of the weights."""
    rng, schools = np.random.default_rng(SEED), int(10_000 * share)
    weights = {"absence": 3, "reading": 2, "mathematics": 2, "poverty": 2, "turnover": 1, "late_rolls": 1}
    tiers = (Tier("intensive", 0.15), Tier("targeted", 0.35), Tier("universal", 0.5))
    recipe = Recipe("bench", tuple(Ingredient(name, weight) for name, weight in weights.items()), tiers)
    values = {n: np.where(rng.random(schools) < 0.05, np.nan, rng.normal(size=schools)).tolist() for n in weights}
    keys = [f"school {i}" for i in range(schools)]

    def both() -> float:
        return rank_sensitivity(need_index(recipe, keys, values), np.random.default_rng(SEED)).stable

    rank_sensitivity(need_index(recipe, keys[:100], {n: v[:100] for n, v in values.items()}), rng, draws=2)
    stable = timed("index and its draws", "2 s", both)
    print(f"    {stable:.0%} of the schools keep their tier in nine draws of ten")


def network(share: float) -> Problem:
    """Schools and directors on a map of 60 by 60 minutes; room for 11 % more schools and 9 % more minutes than are asked."""
    rng = np.random.default_rng(SEED)
    schools, directors = int(1_000 * share), int(200 * share)
    bands = ((0, 5), (6, 8), (9, 12))
    tiers = rng.choice(3, schools, p=(0.15, 0.35, 0.5))
    far = np.linalg.norm(rng.uniform(0, 60, (schools, 1, 2)) - rng.uniform(0, 60, (1, directors, 2)), axis=2)
    return Problem(
        schools=tuple(
            School(
                f"s{i}",
                wanted=(480, 360, 240)[tiers[i]],
                least=(165, 120, 90)[tiers[i]],
                priority=3 - int(tiers[i]),
                grades=bands[rng.integers(3)],
                last_director=f"d{rng.integers(directors)}",
            )
            for i in range(schools)
        ),
        directors=tuple(
            Director(
                f"d{j}",
                fte=float(rng.choice([1.0, 1.0, 1.0, 0.8])),
                grades=bands[rng.integers(3)] if rng.random() < 0.6 else (0, 12),
            )
            for j in range(directors)
        ),
        schools_per_fte=5.6,
        travel={(f"s{i}", f"d{j}"): int(far[i, j] * 4) for i in range(schools) for j in range(directors)},
    )


def plan(_folder: Path, share: float) -> None:
    """1,000 schools and 200 directors, within 1 % of the bound; beside a greedy plan and last year's directors."""
    problem = network(share)
    assign(network(0.15))  # compiles
    found = timed("searched, with its bound", "60 s, 2 GB", lambda: assign(problem))
    print(
        f"    {found.status}: costs {found.objective:,}, no plan costs less than {found.bound:,}: gap {found.gap:.2%} (wanted: 1 %)"
    )
    for what, other in (("greedy", greedy(problem)), ("last year's directors", last_year(problem))):
        broken = sorted({rule.kind for rule in other.clashes})
        print(
            f"    {what:<34} costs {other.cost.total:,}, {other.cost.total / found.objective:.1f} times as much; "
            + (f"breaks {len(other.clashes)} rules ({', '.join(broken)})" if broken else "keeps every rule")
        )


def greedy(problem: Problem) -> Plan:
    """The neediest schools choose first, the cheapest director with room for all that they want, or for most of it."""
    room = {d.key: problem.load(d) for d in problem.directors}
    time_left = {d.key: problem.time(d) for d in problem.directors}
    alone = {
        d.key: replace(problem, directors=(d,), travel={}, locked={}, conflicts=frozenset())
        for d in problem.directors
    }
    chosen: dict[str, tuple[str, int]] = {}
    for school in sorted(problem.schools, key=lambda s: -s.priority):
        costs = {}
        for director in problem.directors:
            if room[director.key]:
                minutes = min(school.wanted, time_left[director.key])
                one = replace(alone[director.key], schools=(school,))
                cost = price(one, {school.key: (director.key, minutes)}).cost.total
                cost += problem.weights.travel * problem.travel.get((school.key, director.key), 0)
                costs[cost, director.key] = minutes
        (_cost, best), minutes = min(costs.items())
        chosen[school.key] = (best, minutes)
        room[best] -= 1
        time_left[best] -= minutes
    return price(problem, chosen)


def last_year(problem: Problem) -> Plan:
    """Nobody moves; each director's minutes are dealt in proportion to what the schools want."""
    asked = dict.fromkeys((d.key for d in problem.directors), 0)
    for school in problem.schools:
        asked[school.last_director or problem.directors[0].key] += school.wanted
    time_of = {d.key: problem.time(d) for d in problem.directors}
    chosen = {}
    for school in problem.schools:
        director = school.last_director or problem.directors[0].key
        part = min(1.0, time_of[director] / asked[director])
        chosen[school.key] = (director, int(school.wanted * part / problem.grain) * problem.grain)
    return price(problem, chosen)
