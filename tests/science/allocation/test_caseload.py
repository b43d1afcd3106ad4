"""The caseload plan against every possible plan on tiny instances, its rules, and its explanations."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.science.allocation.caseload import (
    CaseloadError,
    Director,
    Problem,
    Rule,
    School,
    Weights,
    price,
    travel_minutes,
)
from fairlead.science.allocation.caseload_solver import assign


def all_plans(p):
    """Every plan that keeps the rules, with its cost: written from the definitions, apart from the module."""
    fte = {d.key: d.fte for d in p.directors}
    span = {d.key: d.grades for d in p.directors}
    options = [list(range(s.least, s.wanted + 1, p.grain)) or [s.least] for s in p.schools]
    options = [[m for m in option if m % p.grain == 0] for option in options]
    for who in itertools.product([d.key for d in p.directors], repeat=len(p.schools)):
        if any(p.locked.get(s.key, d) != d or (s.key, d) in p.conflicts for s, d in zip(p.schools, who, strict=True)):
            continue
        counts = {d: who.count(d) for d in fte}
        most = {d: int(p.schools_per_fte * fte[d] + 0.5) for d in fte}
        if any(not int(p.fill * most[d]) <= counts[d] <= most[d] for d in fte):
            continue
        for minutes in itertools.product(*options):
            used = {d: sum(m for m, w in zip(minutes, who, strict=True) if w == d) for d in fte}
            if any(used[d] > p.minutes_per_fte * fte[d] + 1e-6 for d in fte):
                continue
            cost = 0
            for s, d, m in zip(p.schools, who, minutes, strict=True):
                missing = s.wanted - m
                cost += s.priority * (missing + p.weights.deep_shortfall * max(0, missing - s.wanted // 4))
                cost += p.weights.travel * p.travel.get((s.key, d), 0)
                if s.last_director not in (None, d):
                    cost += p.weights.break_continuity
                cost += p.weights.grade_mismatch * len(
                    set(range(s.grades[0], s.grades[1] + 1)) - set(range(span[d][0], span[d][1] + 1))
                )
            yield cost, dict(zip([s.key for s in p.schools], zip(who, minutes, strict=True), strict=True))


@st.composite
def problems(draw):
    grain = 60
    directors = tuple(
        Director(f"d{i}", draw(st.sampled_from([0.4, 0.6, 1.0])), draw(st.sampled_from([(0, 5), (6, 8), (0, 12)])))
        for i in range(draw(st.integers(1, 3)))
    )
    keys = [d.key for d in directors]
    schools = tuple(
        School(
            f"s{i}",
            wanted=60 * draw(st.integers(0, 3)),
            least=0,
            priority=draw(st.integers(1, 3)),
            grades=draw(st.sampled_from([(0, 5), (6, 8), (4, 8)])),
            last_director=draw(st.sampled_from([None, "someone who left", *keys])),
        )
        for i in range(draw(st.integers(1, 4)))
    )
    schools = tuple(replace(s, least=draw(st.sampled_from([0, min(60, s.wanted)]))) for s in schools)
    pairs = [(s.key, d) for s in schools for d in keys]
    return Problem(
        schools,
        directors,
        schools_per_fte=draw(st.sampled_from([2.0, 3.0, 5.0])),
        minutes_per_fte=draw(st.sampled_from([180, 300, 600])),
        travel={pair: draw(st.integers(0, 90)) for pair in pairs},
        locked=draw(st.dictionaries(st.sampled_from([s.key for s in schools]), st.sampled_from(keys), max_size=2)),
        conflicts=frozenset(draw(st.sets(st.sampled_from(pairs), max_size=2))),
        fill=draw(st.sampled_from([0.0, 0.5])),
        grain=grain,
    )


@pytest.mark.prove
@settings(max_examples=120, deadline=None)
@given(problems())
def test_as_good_as_the_best_of_all_plans(problem):
    best = min((cost for cost, _ in all_plans(problem)), default=None)
    plan = assign(problem)
    if best is None:
        assert plan.status == "infeasible"
        assert plan.clashes
    else:
        assert (plan.status, plan.objective, plan.bound, plan.gap) == ("optimal", best, best, 0.0)
        chosen = {c.school: (c.director, c.minutes) for c in plan.choices}
        assert (best, chosen) in list(all_plans(problem))


def without(problem, rule):
    """The problem with one rule dropped."""
    if rule.kind == "lock":
        return replace(problem, locked={s: d for s, d in problem.locked.items() if s != rule.school})
    if rule.kind == "conflict":
        return replace(problem, conflicts=problem.conflicts - {(rule.school, rule.director)})
    if rule.kind == "least":
        return replace(problem, schools=tuple(replace(s, least=0) for s in problem.schools))
    return None


@settings(max_examples=120, deadline=None)
@given(problems())
def test_clashing_rules_clash_and_none_can_be_spared(problem):
    """What is named is enough for the clash by itself, and dropping a named choice lets the others hold."""
    plan = assign(problem)
    if plan.status != "infeasible":
        return
    named = set(plan.clashes)
    only = replace(
        problem,
        locked={s: d for s, d in problem.locked.items() if Rule("lock", s, d) in named},
        conflicts=frozenset(pair for pair in problem.conflicts if Rule("conflict", *pair) in named),
        fill=problem.fill if any(r.kind == "fill" for r in named) else 0.0,
        schools=problem.schools if Rule("least") in named else tuple(replace(s, least=0) for s in problem.schools),
        minutes_per_fte=problem.minutes_per_fte if any(r.kind == "time" for r in named) else 100_000,
        schools_per_fte=problem.schools_per_fte if any(r.kind == "load" for r in named) else 100,
    )
    if not any(r.kind == "fill" for r in named) or any(r.kind == "load" for r in named):
        assert not list(all_plans(only))
    whole_kinds = {"load", "fill", "time"}
    for rule in named - {r for r in named if r.kind in whole_kinds}:
        relaxed = without(only, rule)
        if not any(r.kind in whole_kinds for r in named):
            assert list(all_plans(relaxed))


def network(**changes):
    """Eighteen schools and four directors, the size of the demo network."""
    tiers = [(480, 240, 3)] * 4 + [(330, 180, 2)] * 6 + [(240, 120, 1)] * 8
    grades = [(0, 5), (6, 8), (9, 12)]
    directors = (
        Director("a", 1.0, (0, 8)),
        Director("b", 1.0, (0, 5)),
        Director("c", 0.8, (6, 12)),
        Director("d", 0.8, (0, 12)),
    )
    schools = tuple(School(f"s{i:02}", *tiers[(7 * i) % 18], grades[i % 3], "abcd"[(5 * i) % 4]) for i in range(18))
    travel = {(s.key, d.key): (37 * i + 53 * j) % 120 for i, s in enumerate(schools) for j, d in enumerate(directors)}
    return replace(Problem(schools, directors, minutes_per_fte=1500, travel=travel), **changes)


def test_a_network_is_solved_to_proof_at_five_to_one():
    problem = network()
    plan = assign(problem)
    assert plan.status == "optimal"
    assert plan.gap == 0
    assert problem.ratio == pytest.approx(5.0)
    assert [(load.schools, load.most_schools) for load in plan.loads] == [(5, 5), (5, 5), (4, 4), (4, 4)]
    assert all(load.minutes <= load.most_minutes for load in plan.loads)
    assert all(load.per_fte == pytest.approx(5.0) for load in plan.loads)
    assert plan.effort < 1.0  # about a second of one core; no clock is read


def test_the_same_problem_gives_the_same_plan():
    assert assign(network()) == assign(network())


def test_a_plan_made_by_hand_is_priced_as_the_solver_prices():
    problem = network()
    plan = assign(problem)
    again = price(problem, {c.school: (c.director, c.minutes) for c in plan.choices})
    assert (again.cost, again.loads, again.choices) == (plan.cost, plan.loads, plan.choices)
    assert again.bound is None
    assert again.gap is None
    by_turns = {s.key: ("abcd"[i % 4], s.least) for i, s in enumerate(problem.schools)}
    assert price(problem, by_turns).cost.total > plan.cost.total


def test_a_priced_plan_says_which_rules_it_breaks():
    problem = network(locked={"s00": "a"}, conflicts=frozenset({("s01", "b")}))
    broken = price(problem, {s.key: ("b", 0 if s.key == "s02" else 240) for s in problem.schools}).clashes
    assert {str(rule) for rule in broken} == {"load:b", "time:b", "lock:s00:a", "conflict:s01:b", "least:s02"}
    unfilled = network(fill=1.0)
    named = price(unfilled, {s.key: ("b", s.least) for s in unfilled.schools}).clashes
    assert {str(rule) for rule in named} == {"load:b", "time:b", "fill:a", "fill:c", "fill:d"}


def test_locked_choices_hold_and_are_marked():
    free = assign(network())
    moved = "b" if free.choices[0].director != "b" else "a"
    plan = assign(network(locked={"s00": moved}))
    assert (plan.choices[0].director, plan.choices[0].locked, plan.choices[1].locked) == (moved, True, False)
    assert plan.objective >= free.objective


def test_too_many_locks_are_named_with_the_load_they_pass():
    plan = assign(network(locked={f"s{i:02}": "a" for i in range(6)}))
    assert [str(r) for r in plan.clashes] == ["load:a", *(f"lock:s{i:02}:a" for i in range(6))]
    assert plan.objective is None
    assert plan.choices == ()


def test_too_little_time_over_all_is_named_as_such():
    plan = assign(network(minutes_per_fte=600))
    assert [str(r) for r in plan.clashes] == ["least", "time:a", "time:b", "time:c", "time:d"]


def test_too_few_places_over_all_are_named_as_such():
    plan = assign(network(schools_per_fte=4.4))
    assert {r.kind for r in plan.clashes} == {"load"}


def test_many_small_shortfalls_are_better_than_one_large():
    schools = (School("A", 240), School("B", 240))
    even = assign(Problem(schools, (Director("x", 1.0),), minutes_per_fte=360))
    assert [c.minutes for c in even.choices] == [180, 180]


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda: Problem((), (Director("x", 1),)), "at least one school and one director; got 0 and 1"),
        (
            lambda: Problem((School("A", 60), School("A", 60)), (Director("x", 1),)),
            "each school may be given once",
        ),
        (
            lambda: Problem((School("A", 60),), (Director("x", 1), Director("x", 1))),
            "each director may be given once",
        ),
        (lambda: Problem((School("A", 61),), (Director("x", 1),)), "'A': wanted must be a multiple of 15"),
        (
            lambda: Problem((School("A", 60, least=75),), (Director("x", 1),)),
            "least must be from 0 to wanted",
        ),
        (lambda: Problem((School("A", 60, priority=0),), (Director("x", 1),)), "priority must be 1 or more"),
        (lambda: Problem((School("A", 60, grades=(8, 6)),), (Director("x", 1),)), "lowest grade comes first"),
        (lambda: Problem((School("A", 60),), (Director("x", 0),)), "fte must be above 0; got 0"),
        (lambda: Problem((School("A", 60),), (Director("x", 1),), locked={"B": "x"}), "unknown school 'B'"),
        (lambda: Problem((School("A", 60),), (Director("x", 1),), locked={"A": "y"}), "unknown director 'y'"),
        (lambda: Problem((School("A", 60),), (Director("x", 1),), fill=2), "fill must be from 0 to 1"),
        (lambda: Problem((School("A", 60),), (Director("x", 1),), grain=0), "grain must be at least 1"),
        (
            lambda: Problem((School("A", 60),), (Director("x", 1),), minutes_per_fte=0),
            "minutes_per_fte must be a positive",
        ),
        (
            lambda: Problem((School("A", 60),), (Director("x", 1),), travel={("A", "x"): -1}),
            "must be 0 or more; got -1",
        ),
        (
            lambda: Problem((School("A", 60),), (Director("x", 1),), weights=Weights(travel=-1)),
            "weights must be 0 or more",
        ),
        (lambda: price(network(), {}), "must name every school; missing: s00"),
        (
            lambda: price(Problem((School("A", 60),), (Director("x", 1),)), {"A": ("y", 0)}),
            "unknown director 'y'",
        ),
        (
            lambda: price(Problem((School("A", 60),), (Director("x", 1),)), {"A": ("x", -5)}),
            "0 or more; got -5",
        ),
    ],
)
def test_errors_say_where_what_and_got(build, says):
    with pytest.raises(CaseloadError, match=says):
        build()


def test_travel_there_and_back():
    # One degree of latitude is 111.195 km; times 1.3 for roads, twice, at 30 km/h.
    assert travel_minutes((0.0, 0.0), (1.0, 0.0)) == round(2 * 111.195 * 1.3 * 2)
    assert travel_minutes((10.0, 5.0), (1.0, 7.0)) == travel_minutes((1.0, 7.0), (10.0, 5.0))


def test_a_language_and_a_kind_of_work_cost_what_is_said_where_the_director_has_neither():
    school = School("A", 60, language="es", expertise="chronic_absence")
    directors = (
        Director("both", 0.1, languages=("en", "es"), expertise=("chronic_absence",)),
        Director("speaks", 0.1, languages=("es",)),
        Director("neither", 0.1, languages=("en",)),
    )
    problem = Problem((school,), directors, weights=Weights(language_mismatch=70, expertise_mismatch=20))
    costs = {d.key: price(problem, {"A": (d.key, 60)}).cost for d in directors}
    assert [(c.language, c.expertise, c.total) for c in costs.values()] == [(0, 0, 0), (0, 20, 20), (70, 20, 90)]
    assert assign(problem).choices[0].director == "both"
    barred = replace(problem, conflicts=frozenset({("A", "both")}))
    assert assign(barred).choices[0].director == "speaks"
    asks_nothing = replace(problem, schools=(School("A", 60),))
    assert {price(asks_nothing, {"A": (d.key, 60)}).cost.total for d in directors} == {0}
