"""Why one school moved: how much of a change of its need is from data, and how much from the recipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fairlead.science.allocation.need import NeedIndex, Recipe, RecipeError, SchoolNeed, need_index

Values = Mapping[str, Sequence[float | None]]


@dataclass(frozen=True, slots=True)
class MovedPart:
    """One indicator's part of the change, in points of the index."""

    indicator: str
    before: float
    after: float
    from_data: float
    from_recipe: float
    raw_before: float | None
    raw_after: float | None
    weight_before: float
    weight_after: float


@dataclass(frozen=True, slots=True)
class Moved:
    """A school before and after, and what moved it."""

    before: SchoolNeed
    after: SchoolNeed
    data_only: SchoolNeed
    """Where it would stand with the new values under the old recipe."""
    recipe_only: SchoolNeed
    """Where it would stand with the old values under the new recipe."""
    parts: tuple[MovedPart, ...]
    from_data: float | None
    from_recipe: float | None
    """The two add up to the change; None when one of the four cannot be worked out."""


def why_moved(
    school: str, schools: Sequence[str], before: tuple[Recipe, Values], after: tuple[Recipe, Values]
) -> Moved:
    r"""Take the change of one school's need apart: what the data did, and what the recipe did.

    For the question "why is this school in another tier now?" where a new day and a new version of the recipe may have come
    together. Not for whether the school became better: points stand beside the other schools', so a school can move although
    nothing changed in it.

    Parameters
    ----------
    school : str
        One of `schools`.
    schools : sequence of str
        All schools that the index ranks, the same before and after.
    before, after : tuple of (Recipe, values)
        Values for each indicator of either recipe, one a school; None where there is none (0 to 1, or any unit).

    Returns
    -------
    Moved
        With `from_data + from_recipe` equal to the change of the index.

    Raises
    ------
    RecipeError
        If the school is not among `schools`, or values of an indicator are missing.

    Notes
    -----
    With the index :math:`v(R, D)` of recipe :math:`R` on data :math:`D`, the part of the data is
    :math:`\tfrac12[v(R_0,D_1)-v(R_0,D_0)+v(R_1,D_1)-v(R_1,D_0)]`, that of the recipe likewise: the mean over both orders in which
    they can change, which is Shapley's value of a game of two [1]_. It needs no choice of who changed first.

    References
    ----------
    .. [1] Shorrocks, A. F. (2013). Decomposition procedures for distributional analysis: a unified framework based on the
       Shapley value. Journal of Economic Inequality 11(1), eq. 8. doi:10.1007/s10888-011-9214-z

    Examples
    --------
    >>> from fairlead.science.allocation.need import Ingredient, Tier
    >>> tiers = (Tier("high", 0.5), Tier("low", 0.5))
    >>> old = Recipe("r", (Ingredient("a", 3, normalisation="minmax"), Ingredient("b", 1, normalisation="minmax")), tiers)
    >>> new = Recipe("r", (Ingredient("a", 1, normalisation="minmax"), Ingredient("b", 1, normalisation="minmax")), tiers)
    >>> told = why_moved("X", ["X", "Y"], (old, {"a": [1, 0], "b": [0, 1]}), (new, {"a": [1, 0], "b": [0, 1]}))
    >>> told.before.value, told.after.value, told.from_data, told.from_recipe
    (75.0, 50.0, 0.0, -25.0)
    """
    if school not in schools:
        raise RecipeError(f"School {school!r}: is not among the {len(schools)} schools given.")
    (old, old_values), (new, new_values) = before, after
    corners = [
        _of(school, need_index(recipe, schools, values))
        for recipe, values in ((old, old_values), (old, new_values), (new, old_values), (new, new_values))
    ]
    keys = [i.indicator for i in old.ingredients]
    keys += [i.indicator for i in new.ingredients if i.indicator not in keys]
    position = list(schools).index(school)
    parts = []
    for key in keys:
        amount = [_amount(one, key) for one in corners]
        data, recipe = _halves(*amount)
        parts.append(
            MovedPart(
                indicator=key,
                before=amount[0],
                after=amount[3],
                from_data=data,
                from_recipe=recipe,
                raw_before=old_values[key][position] if key in old_values else None,
                raw_after=new_values[key][position] if key in new_values else None,
                weight_before=_weight(corners[0], key),
                weight_after=_weight(corners[3], key),
            )
        )
    values = [one.value for one in corners]
    known = [v for v in values if v is not None]
    from_data, from_recipe = _halves(*known) if len(known) == 4 else (None, None)
    return Moved(corners[0], corners[3], corners[1], corners[2], tuple(parts), from_data, from_recipe)


def _halves(old: float, data_only: float, recipe_only: float, new: float) -> tuple[float, float]:
    return ((data_only - old) + (new - recipe_only)) / 2, ((recipe_only - old) + (new - data_only)) / 2


def _of(school: str, index: NeedIndex) -> SchoolNeed:
    return next(one for one in index.schools if one.school == school)


def _amount(one: SchoolNeed, key: str) -> float:
    return next((c.amount for c in one.contributions if c.indicator == key), 0.0)


def _weight(one: SchoolNeed, key: str) -> float:
    return next((c.weight for c in one.contributions if c.indicator == key), 0.0)
