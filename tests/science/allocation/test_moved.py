"""Why a school moved: hand-worked numbers, and that the parts always add up."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.science.allocation.moved import why_moved
from fairlead.science.allocation.need import Ingredient, Recipe, RecipeError, Tier, need_index

TIERS = (Tier("high", 0.5), Tier("low", 0.5))


def recipe(a, b):
    return Recipe(
        "r", (Ingredient("a", a, normalisation="minmax"), Ingredient("b", b, normalisation="minmax")), TIERS
    )


def test_two_causes_at_once_are_shared_by_the_mean_of_both_orders():
    """By hand: 3:1 on (100, 0) is 75; 1:1 on (0, 100) is 50. Data alone 25, recipe alone 50: (-50 + 0)/2 and (-25 + 25)/2."""
    told = why_moved(
        "X", ["X", "Y"], (recipe(3, 1), {"a": [1, 0], "b": [0, 1]}), (recipe(1, 1), {"a": [0, 1], "b": [1, 0]})
    )
    assert (told.before.value, told.after.value) == (75.0, 50.0)
    assert (told.data_only.value, told.recipe_only.value) == (25.0, 50.0)
    assert (told.from_data, told.from_recipe) == (-25.0, 0.0)
    a, b = told.parts
    # Amounts of a at the four corners 75, 0, 50, 0; of b 0, 25, 0, 50.
    assert (a.from_data, a.from_recipe) == (-62.5, -12.5)
    assert (b.from_data, b.from_recipe) == (37.5, 12.5)


def test_an_indicator_that_comes_or_goes_is_the_recipes_doing():
    values = {"a": [1, 0], "b": [0, 1]}
    only_a = Recipe("r", (Ingredient("a", 1, normalisation="minmax"),), TIERS)
    told = why_moved("X", ["X", "Y"], (only_a, values), (recipe(1, 1), values))
    assert (told.from_data, told.from_recipe) == (0.0, -50.0)
    assert [p.indicator for p in told.parts] == ["a", "b"]


def test_without_an_index_there_is_nothing_to_share():
    must = Recipe("r", (Ingredient("a", 1, missing="unscored"),), TIERS)
    told = why_moved("X", ["X", "Y"], (must, {"a": [None, 1]}), (must, {"a": [1, 0]}))
    assert (told.from_data, told.from_recipe) == (None, None)


def test_an_unknown_school_is_refused_by_name():
    with pytest.raises(RecipeError, match="'Z': is not among the 1"):
        why_moved("Z", ["X"], (recipe(1, 1), {}), (recipe(1, 1), {}))


numbers = st.lists(st.floats(0, 1), min_size=5, max_size=5)
weights = st.integers(1, 100)


@settings(max_examples=40, deadline=None)
@given(numbers, numbers, numbers, numbers, weights, weights, weights, weights)
def test_parts_add_up_and_the_other_way_round_is_the_negative(a0, b0, a1, b1, w, x, y, z):
    schools = list("ABCDE")
    before, after = (recipe(w, x), {"a": a0, "b": b0}), (recipe(y, z), {"a": a1, "b": b1})
    there, back = why_moved("A", schools, before, after), why_moved("A", schools, after, before)
    now = need_index(after[0], schools, after[1]).schools[0].value
    change = now - there.before.value
    assert there.from_data + there.from_recipe == pytest.approx(change, abs=1e-6)
    assert sum(p.from_data + p.from_recipe for p in there.parts) == pytest.approx(change, abs=1e-6)
    assert back.from_data == pytest.approx(-there.from_data, abs=1e-6)
