"""The need index against hand-worked numbers, its properties, and what it says about bad recipes."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.science.allocation import need as need_module
from fairlead.science.allocation.need import (
    Ingredient,
    Recipe,
    RecipeError,
    Tier,
    need_index,
    rank_sensitivity,
)

TIERS = (Tier("intensive", 0.25), Tier("targeted", 0.25), Tier("universal", 0.5))


def recipe(*ingredients, tiers=TIERS, **rest):
    return Recipe("test", ingredients, tiers, **rest)


def values_of(index):
    return [s.value for s in index.schools]


def test_rank_points_are_mid_rank_shares():
    index = need_index(recipe(Ingredient("a", 1)), list("WXYZ"), {"a": [5, 1, 5, 9]})
    # ranks 2.5, 1, 2.5, 4 of 4 -> 100 (r - 1/2) / 4
    assert values_of(index) == [50.0, 12.5, 50.0, 87.5]


def test_minmax_points_and_direction():
    less = Ingredient("a", 1, direction="less_is_need", normalisation="minmax")
    assert values_of(need_index(recipe(less), list("XYZ"), {"a": [0, 25, 100]})) == [100.0, 75.0, 0.0]


def test_zscore_points_reach_the_ends_at_the_cap():
    ingredient = Ingredient("a", 1, normalisation="zscore", cap=1.0)
    index = need_index(recipe(ingredient), list("WXYZ"), {"a": [-1, -1, 0, 2]})
    # mean 0, population deviation sqrt(6/4) = 1.2247; 2 is 1.63 deviations up and is pulled in to 1
    expected = 50 - 50 / math.sqrt(1.5)
    assert values_of(index) == pytest.approx([expected, expected, 50.0, 100.0])


def test_cap_pulls_an_outlier_in_before_minmax():
    far = [0.0] * 9 + [10.0, 1000.0]
    plain = need_index(recipe(Ingredient("a", 1, normalisation="minmax")), [*"ABCDEFGHIJK"], {"a": far})
    capped = need_index(recipe(Ingredient("a", 1, normalisation="minmax", cap=2)), [*"ABCDEFGHIJK"], {"a": far})
    assert plain.schools[9].value == pytest.approx(1.0)
    assert capped.schools[9].value > plain.schools[9].value
    assert capped.schools[10].value == pytest.approx(100.0)


def test_missing_rules():
    data = {"a": [1.0, 2.0, 3.0, 4.0], "b": [1.0, 2.0, 3.0, None]}
    schools = list("WXYZ")

    def last(rule):
        b = Ingredient("b", 1, normalisation="minmax", missing=rule)
        return need_index(recipe(Ingredient("a", 1, normalisation="minmax"), b), schools, data).schools[3]

    renormalised, middle, unscored = last("renormalise"), last("middle"), last("unscored")
    assert (renormalised.value, middle.value, unscored.value) == (100.0, 75.0, None)
    assert renormalised.coverage == middle.coverage == unscored.coverage == 0.5
    assert renormalised.contributions[0].weight == 1.0
    assert middle.contributions[1].filled
    assert not renormalised.contributions[1].filled
    assert unscored.tier is None
    assert unscored.rank is None


def test_too_little_known_gives_no_index_and_counts_for_no_rank():
    index = need_index(
        recipe(Ingredient("a", 3), Ingredient("b", 1), min_coverage=0.5),
        list("XYZ"),
        {"a": [1, 2, None], "b": [1, 2, 9]},
    )
    assert [s.rank for s in index.schools] == [2, 1, None]
    assert index.schools[2].coverage == 0.25
    assert index.scored() == 2


def test_flat_indicator_tells_nobody_apart_and_is_named():
    index = need_index(recipe(Ingredient("a", 1), Ingredient("b", 1)), list("XY"), {"a": [7, 7], "b": [1, 2]})
    assert index.flat == ("a",)
    assert [s.contributions[0].points for s in index.schools] == [50.0, 50.0]


def test_tiers_are_filled_from_the_neediest_down():
    index = need_index(recipe(Ingredient("a", 1)), [*"ABCDEFGH"], {"a": [8, 7, 6, 5, 4, 3, 2, 1]})
    assert [s.tier for s in index.schools] == ["intensive"] * 2 + ["targeted"] * 2 + ["universal"] * 4


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda: recipe(), "has no ingredients"),
        (lambda: recipe(Ingredient("a", 0)), "weight must be a positive number; got 0"),
        (lambda: recipe(Ingredient("a", math.nan)), "weight must be a positive number"),
        (lambda: recipe(Ingredient("a", 1), Ingredient("a", 2)), "named twice"),
        (lambda: recipe(Ingredient("a", 1, normalisation="zscore")), "zscore needs a cap"),
        (lambda: recipe(Ingredient("a", 1, cap=2)), "a rank has no tails"),
        (lambda: recipe(Ingredient("a", 1, normalisation="minmax", cap=-1)), "cap must be a positive"),
        (
            lambda: recipe(Ingredient("a", 1, direction="up")),
            "direction must be one of more_is_need, less_is_need",
        ),
        (lambda: recipe(Ingredient("a", 1), tiers=(Tier("x", 0.5),)), "must sum to 1; got 0.5"),
        (lambda: recipe(Ingredient("a", 1), tiers=(Tier("x", 0.5), Tier("x", 0.5))), "different keys"),
        (lambda: recipe(Ingredient("a", 1), min_coverage=2), "min_coverage must be from 0 to 1"),
        (
            lambda: need_index(recipe(Ingredient("a", 1)), ["X"], {"b": [1]}),
            r"'a': not among the values given \(b\)",
        ),
        (
            lambda: need_index(recipe(Ingredient("a", 1)), ["X"], {"a": [1, 2]}),
            "one value per school, 1; got 2",
        ),
        (lambda: need_index(recipe(Ingredient("a", 1)), ["X", "X"], {"a": [1, 2]}), "named twice: X"),
        (lambda: need_index(recipe(Ingredient("a", 1)), ["X"], {"a": [math.inf]}), "'X' is infinite"),
    ],
)
def test_errors_say_where_what_and_got(build, says):
    with pytest.raises(RecipeError, match=says):
        build()


numbers = st.floats(-1e6, 1e6, allow_nan=False)
ingredients = st.builds(
    lambda direction, kind, weight, missing: Ingredient(
        "?", weight, direction, kind, missing, 2.0 if kind == "zscore" else None
    ),
    st.sampled_from(["more_is_need", "less_is_need"]),
    st.sampled_from(["rank", "zscore", "minmax"]),
    st.floats(0.1, 10),
    st.sampled_from(["renormalise", "middle", "unscored"]),
)


@st.composite
def cases(draw):
    n = draw(st.integers(1, 9))
    parts = [
        replace(part, indicator=f"i{k}") for k, part in enumerate(draw(st.lists(ingredients, min_size=1, max_size=4)))
    ]
    data = {part.indicator: draw(st.lists(st.one_of(st.none(), numbers), min_size=n, max_size=n)) for part in parts}
    return recipe(*parts), [f"s{i}" for i in range(n)], data


@given(cases())
def test_contributions_sum_to_the_index_and_all_is_on_the_scale(case):
    index = need_index(*case)
    for school in index.schools:
        assert 0 <= school.coverage <= 1
        if school.value is not None:
            assert -1e-9 <= school.value <= 100 + 1e-9
            assert math.fsum(c.amount for c in school.contributions) == pytest.approx(school.value, abs=1e-6)
            assert math.fsum(c.weight for c in school.contributions) == pytest.approx(1)


@given(cases(), st.randoms(use_true_random=False))
def test_order_of_schools_does_not_matter(case, random):
    made, schools, data = case
    order = list(range(len(schools)))
    random.shuffle(order)
    moved = need_index(made, [schools[i] for i in order], {k: [v[i] for i in order] for k, v in data.items()})
    straight = need_index(made, schools, data).by_school()
    for school in moved.schools:
        other = straight[school.school]
        assert (school.rank, school.tier) == (other.rank, other.tier)


@given(cases(), st.floats(0.01, 100))
def test_only_proportions_of_weights_matter(case, factor):
    made, schools, data = case
    scaled = replace(made, ingredients=tuple(replace(i, weight=i.weight * factor) for i in made.ingredients))
    for a, b in zip(need_index(made, schools, data).schools, need_index(scaled, schools, data).schools, strict=True):
        assert (a.value is None) == (b.value is None)
        assert a.value is None or a.value == pytest.approx(b.value, abs=1e-6)


@given(st.lists(st.integers(0, 50), min_size=2, max_size=10), st.data())
def test_more_need_never_lowers_the_index(column, data):
    """Raising one school's value (more is need) never lowers its own index, by rank or by place."""
    position = data.draw(st.integers(0, len(column) - 1))
    raised = [v + (7 if i == position else 0) for i, v in enumerate(column)]
    schools = [str(i) for i in range(len(column))]
    for kind, cap in (("rank", None), ("minmax", None), ("zscore", 3.0)):
        made = recipe(Ingredient("a", 1, normalisation=kind, cap=cap))
        before = need_index(made, schools, {"a": column}).schools[position]
        after = need_index(made, schools, {"a": raised}).schools[position]
        if len(set(column)) > 1:
            assert after.value >= before.value - 1e-6
            assert after.rank <= before.rank


@given(cases())
@settings(max_examples=40)
def test_sensitivity_is_a_share_and_repeats_with_its_seed(case):
    index = need_index(*case)
    one = rank_sensitivity(index, np.random.default_rng(3), draws=50)
    assert one == rank_sensitivity(index, np.random.default_rng(3), draws=50)
    for school in one.schools:
        if school.rank is not None:
            assert math.fsum(school.tier_shares.values()) == pytest.approx(1)
            assert 1 <= school.rank_low <= school.rank_median <= school.rank_high <= index.scored()


def test_a_school_that_leads_everywhere_never_moves_and_a_torn_one_does():
    made = recipe(Ingredient("a", 1), Ingredient("b", 1))
    schools = list("ABCDEFGH")
    data = {"a": [9, 8, 1, 2, 3, 4, 5, 6], "b": [9, 1, 8, 7, 6, 5, 4, 3]}
    result = rank_sensitivity(need_index(made, schools, data), np.random.default_rng(5), draws=2000)
    leader, torn = result.by_school()["A"], result.by_school()["B"]
    assert leader.same_tier == 1.0
    assert leader.rank_low == leader.rank_high == 1
    assert torn.same_tier < 0.9
    assert torn.rank_without == {"a": 8, "b": 2}


def test_draws_are_about_the_published_weights():
    """The share of draws in which B beats C is the chance that a Beta(10, 30) weight passes one half."""
    made = recipe(Ingredient("a", 1), Ingredient("b", 3))
    index = need_index(made, list("BC"), {"a": [2, 1], "b": [1, 2]})
    result = rank_sensitivity(index, np.random.default_rng(8), draws=20_000, concentration=4.0)
    # weight of "a" ~ Beta(1, 3); B leads when it is above 1/2: (1/2)^3 = 0.125, here within 4 standard errors
    assert result.by_school()["B"].tier_shares["intensive"] == pytest.approx(0.125, abs=0.0094)


def test_sensitivity_refuses_nonsense():
    index = need_index(recipe(Ingredient("a", 1)), ["X"], {"a": [1]})
    with pytest.raises(RecipeError, match="at least 1; got 0"):
        rank_sensitivity(index, np.random.default_rng(0), draws=0)
    with pytest.raises(RecipeError, match="positive number; got -1"):
        rank_sensitivity(index, np.random.default_rng(0), concentration=-1)


@given(
    st.integers(1, 12).flatmap(
        lambda n: st.lists(st.lists(st.sampled_from([0.0, 25.0, 50.0, 100.0]), min_size=n, max_size=n), min_size=1)
    )
)
def test_ranks_of_all_draws_are_those_of_each(scores: list[list[float]]) -> None:
    table = np.array(scores)
    assert need_module._ranks_by_draw(table.T, np.eye(len(table))).T.tolist() == [
        need_module._ranks(row).tolist() for row in table
    ]
