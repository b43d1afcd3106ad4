"""Recipes of need as data: read, checked, and handed to science and to the page that publishes them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from django.utils.translation import get_language

from fairlead.science.allocation.caseload import Weights
from fairlead.science.allocation.need import Ingredient, Recipe, Tier

DEFAULT = "example"


def _in_language(data: dict[str, Any], name: str) -> str:
    """The text in the reader's language, when the file has it."""
    if (get_language() or "").startswith("es"):
        return str(data.get(f"{name}_es") or data.get(name, ""))
    return str(data.get(name, ""))


@dataclass(frozen=True, slots=True)
class TierTerms:
    """What a tier of need asks for: minutes a month, the fewest it may get, and what a missing minute costs."""

    data: dict[str, Any]
    position: int

    @property
    def key(self) -> str:
        return str(self.data["key"])

    @property
    def label(self) -> str:
        return _in_language(self.data, "label")

    @property
    def share(self) -> float:
        return float(self.data["share"])

    @property
    def minutes(self) -> int:
        return int(self.data["minutes"])

    @property
    def least(self) -> int:
        return int(self.data["least"])

    @property
    def priority(self) -> int:
        return int(self.data["priority"])


@dataclass(frozen=True, slots=True)
class IngredientWords:
    """What a reader is told about one ingredient."""

    data: dict[str, Any]

    @property
    def indicator(self) -> str:
        return str(self.data["indicator"])

    @property
    def label(self) -> str:
        return _in_language(self.data, "label")

    @property
    def meaning(self) -> str:
        return _in_language(self.data, "meaning")

    @property
    def why(self) -> str:
        return _in_language(self.data, "why")


@dataclass(frozen=True, slots=True)
class PublishedRecipe:
    """A recipe with its words, its tiers' terms and the load that plans are made with."""

    data: dict[str, Any]
    science: Recipe
    tiers: tuple[TierTerms, ...]
    ingredients: tuple[IngredientWords, ...]
    costs: Weights

    @property
    def key(self) -> str:
        return str(self.data["key"])

    @property
    def version(self) -> str:
        return str(self.data["version"])

    @property
    def label(self) -> str:
        return _in_language(self.data, "label")

    @property
    def about(self) -> str:
        return _in_language(self.data, "about")

    @property
    def source(self) -> str:
        return _in_language(self.data, "source")

    @property
    def is_example(self) -> bool:
        return bool(self.data["confidence"] == "example")

    @property
    def schools_per_fte(self) -> float:
        return float(self.data["load"]["schools_per_fte"])

    @property
    def minutes_per_fte(self) -> int:
        return int(self.data["load"]["minutes_per_fte"])

    @property
    def minutes_per_visit(self) -> int:
        return int(self.data["load"]["minutes_per_visit"])

    @property
    def rows(self) -> list[tuple[IngredientWords, Ingredient, float]]:
        """Words, rule and part of the weight of each ingredient, for the page that publishes the recipe."""
        return list(zip(self.ingredients, self.science.ingredients, map(float, self.science.shares), strict=True))

    def tier(self, key: str) -> TierTerms:
        return next(t for t in self.tiers if t.key == key)

    def ingredient(self, indicator: str) -> IngredientWords:
        return next(i for i in self.ingredients if i.indicator == indicator)


@cache
def recipe(key: str = DEFAULT) -> PublishedRecipe:
    """A recipe by its key; KeyError when no file has it. A file that cannot be used raises RecipeError."""
    if key not in keys():
        raise KeyError(key)
    return read(tomllib.loads(files(__package__).joinpath(f"{key}.toml").read_text(encoding="utf-8")))


def read(data: dict[str, Any]) -> PublishedRecipe:
    """A recipe from its data, a file's or one that a network keeps; RecipeError when it cannot be used."""
    science = Recipe(
        key=data["key"],
        ingredients=tuple(
            Ingredient(
                i["indicator"],
                float(i["weight"]),
                i["direction"],
                i["normalisation"],
                i["missing"],
                float(i["cap"]) if "cap" in i else None,
            )
            for i in data["ingredients"]
        ),
        tiers=tuple(Tier(t["key"], float(t["share"])) for t in data["tiers"]),
        min_coverage=float(data["min_coverage"]),
    )
    return PublishedRecipe(
        data=data,
        science=science,
        tiers=tuple(TierTerms(t, n) for n, t in enumerate(data["tiers"])),
        ingredients=tuple(IngredientWords(i) for i in data["ingredients"]),
        costs=Weights(**data["costs"]),
    )


@cache
def keys() -> tuple[str, ...]:
    """Keys of the recipes that are published with this package."""
    return tuple(
        sorted(f.name.removesuffix(".toml") for f in files(__package__).iterdir() if f.name.endswith(".toml"))
    )
