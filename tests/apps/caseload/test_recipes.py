"""The recipes that are published with the package."""

import tomllib
from importlib.resources import files

import pytest

from fairlead.apps.caseload import indicators, recipes


@pytest.mark.parametrize("key", recipes.keys())
def test_every_recipe_can_be_used_and_read_in_two_languages(key):
    published = recipes.recipe(key)
    known = {*indicators.COMPOSITION, *indicators.MEASURES}
    assert {i.indicator for i in published.science.ingredients} <= known
    data = tomllib.loads(files("fairlead.apps.caseload.recipes").joinpath(f"{key}.toml").read_text(encoding="utf-8"))
    for table in (data, *data["tiers"], *data["ingredients"]):
        for name in ("label", "about", "source", "meaning", "why"):
            if name in table:
                assert table.get(f"{name}_es"), f"{key}: {name} of {table['label']} has no Spanish"
    assert published.is_example, "shipped weights are examples and say so"


def test_tiers_ask_for_less_as_need_falls_and_in_whole_quarters_of_an_hour():
    published = recipes.recipe()
    minutes = [t.minutes for t in published.tiers]
    assert minutes == sorted(minutes, reverse=True)
    assert all(m % 15 == 0 for m in minutes)
    assert all(t.least <= t.minutes for t in published.tiers)


def test_no_such_recipe():
    with pytest.raises(KeyError):
        recipes.recipe("../secret")
