"""Plans of large networks: the bound is one, the search keeps every rule and comes near what the solver proves."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from fairlead.science.allocation import caseload_solver
from fairlead.science.allocation.caseload import Director, Problem, School, price
from fairlead.science.allocation.caseload_bound import Arrays, lower_bound, start
from fairlead.science.allocation.caseload_solver import assign
from tests.science.allocation.test_caseload import all_plans, problems


@settings(max_examples=60, deadline=None)
@given(problems())
def test_no_plan_costs_less_than_the_bound(problem):
    costs = [cost for cost, _plan in all_plans(problem)]
    if costs:
        assert lower_bound(Arrays.of(problem), max(costs)).value <= min(costs)


def network(schools: int, directors: int, seed: int) -> Problem:
    """Schools and directors on a map, with a little more places and time than are wanted."""
    rng = np.random.default_rng(seed)
    tier = rng.choice(3, schools, p=(0.2, 0.3, 0.5))
    far = np.linalg.norm(rng.uniform(0, 60, (schools, 1, 2)) - rng.uniform(0, 60, (1, directors, 2)), axis=2)
    wanted = [(480, 360, 240)[t] for t in tier]
    return Problem(
        schools=tuple(
            School(
                f"s{i}", wanted[i], least=90, priority=3 - int(tier[i]), last_director=f"d{rng.integers(directors)}"
            )
            for i in range(schools)
        ),
        directors=tuple(Director(f"d{j}", fte=float(rng.choice([1.0, 0.8]))) for j in range(directors)),
        schools_per_fte=schools / directors * 1.3,
        minutes_per_fte=int(sum(wanted) * 1.2 / directors),
        travel={(f"s{i}", f"d{j}"): int(far[i, j] * 4) for i in range(schools) for j in range(directors)},
        fill=0.4,
    )


def test_prices_of_minutes_move_schools_to_directors_who_have_time():
    schools = tuple(School(f"s{i}", wanted=300) for i in range(4))
    problem = Problem(
        schools,
        (Director("near", 0.5), Director("far", 0.5)),
        schools_per_fte=8,
        minutes_per_fte=1200,
        travel={(s.key, "far"): 10 for s in schools},
    )
    arrays = Arrays.of(problem)
    assert start(arrays, np.zeros(2)).tolist() == [0, 0, 0, 0], "without prices everybody goes to the nearest"
    bound = lower_bound(arrays, upper=1800.0)
    assert bound.value == 20, "two schools must travel; the time of both suffices then"
    assert np.bincount(start(arrays, bound.minute_price + np.array([0.05, 0])), minlength=2)[1] >= 2


def test_who_must_serve_and_who_must_not_is_kept_from_the_start():
    problem = replace(network(12, 3, 5), locked={"s0": "d1"}, conflicts=frozenset({("s1", "d0"), ("s1", "d1")}))
    directors = start(Arrays.of(problem), np.zeros(3))
    assert directors[:2].tolist() == [1, 2]
    assert (np.bincount(directors, minlength=3) >= Arrays.of(problem).fewest).all()
    nobody = replace(problem, conflicts=frozenset({("s1", "d0"), ("s1", "d1"), ("s1", "d2")}))
    assert start(Arrays.of(nobody), np.zeros(3)) is None


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(4))
def test_the_search_comes_near_what_the_solver_proves(seed, monkeypatch):
    problem = replace(network(14, 3, seed), locked={"s2": "d1"}, conflicts=frozenset({("s3", "d0")}))
    proven = assign(problem, effort=60.0)
    assert proven.status == "optimal"
    monkeypatch.setattr(caseload_solver, "PROVEN", 0)
    searched = assign(problem)
    assert searched == assign(problem), "the same problem, the same plan"
    assert (
        proven.objective <= searched.objective <= proven.objective * 1.01
    )  # local search: no proof of the last minutes
    assert searched.bound <= proven.objective
    again = price(problem, {c.school: (c.director, c.minutes) for c in searched.choices})
    assert (again.clashes, again.cost) == ((), searched.cost)


@pytest.mark.prove
def test_a_network_of_hundreds_is_within_two_percent_of_the_bound():
    problem = network(300, 60, 9)
    plan = assign(problem, effort=2.0)
    assert plan.status == "feasible"
    assert plan.gap < 0.02  # the bound itself lies below the best plan, since schools cannot be divided
    assert price(problem, {c.school: (c.director, c.minutes) for c in plan.choices}).clashes == ()


@pytest.mark.prove
def test_a_large_network_whose_rules_clash_is_told_so():
    problem = replace(network(210, 20, 2), schools_per_fte=5.0, fill=0.0)
    plan = assign(problem)
    assert plan.status == "infeasible"
    assert {rule.kind for rule in plan.clashes} == {"load"}
