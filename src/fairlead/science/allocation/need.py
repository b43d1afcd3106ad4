"""A need index is a recipe that anybody can read, work out by hand, and argue with.

Each ingredient is an indicator. Its values are put on one scale, points from 0 to 100 where more points are
more need; the index is the weighted mean of the points. Nothing is estimated here: the doubt in an index is
mostly doubt about its weights, so `rank_sensitivity` draws other weights and shows which schools would move.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal, get_args

import numpy as np
import scipy
from numpy.typing import NDArray

Direction = Literal["more_is_need", "less_is_need"]
Normalisation = Literal["rank", "zscore", "minmax"]
MissingRule = Literal["renormalise", "middle", "unscored"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MIDDLE = 50.0
"""Points of a school that is neither needier nor less needy than the others."""

BLOCK = 10  # draws at a time
DECIMALS = 9
"""Index values are rounded to this many decimals, so that equal schools tie whatever the order of summation."""


class RecipeError(ValueError):
    """A recipe, or the values given to it, cannot be used. The message says where, what, allowed, and got."""


@dataclass(frozen=True, slots=True)
class Ingredient:
    """One indicator of a recipe.

    Parameters
    ----------
    indicator : str
        Key of the indicator in the values given to `need_index`.
    weight : float
        Any positive number; only the proportions between the weights of a recipe matter.
    direction : {"more_is_need", "less_is_need"}
        Whether a high or a low value means need.
    normalisation : {"rank", "zscore", "minmax"}
        How values become points: the mid-rank's share; standard deviations from the mean, where the mean is
        50 points and `cap` deviations are 0 or 100; or the place between the lowest and the highest value.
    missing : {"renormalise", "middle", "unscored"}
        What a school without a value gets: its other ingredients count for more; 50 points; or no index.
    cap : float or None
        Standard deviations from the mean beyond which a value is pulled in before it is given points. Required
        by "zscore", allowed by "minmax", refused by "rank", which has no tails.
    """

    indicator: str
    weight: float
    direction: Direction = "more_is_need"
    normalisation: Normalisation = "rank"
    missing: MissingRule = "renormalise"
    cap: float | None = None


@dataclass(frozen=True, slots=True)
class Tier:
    """A band of need: the next `share` of the scored schools, from the neediest down.

    Parameters
    ----------
    key : str
    share : float
        Part of all scored schools, above 0; the shares of a recipe's tiers sum to 1.
    """

    key: str
    share: float


@dataclass(frozen=True, slots=True)
class Recipe:
    """A need index as data: ingredients, tiers, and how much of the weight a school must have values for.

    Raises
    ------
    RecipeError
        When made, if any part cannot be used.
    """

    key: str
    ingredients: tuple[Ingredient, ...]
    tiers: tuple[Tier, ...]
    min_coverage: float = 0.5

    def __post_init__(self) -> None:
        _check_recipe(self)

    @property
    def shares(self) -> FloatArray:
        """Weights as parts of 1, shape (k,)."""
        weights = np.array([i.weight for i in self.ingredients], dtype=np.float64)
        return np.asarray(weights / weights.sum(), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one ingredient gives to one school's index; the contributions of a school sum to its value."""

    indicator: str
    raw: float | None
    points: float | None
    weight: float
    """Weight used for this school, as part of 1: larger than the recipe's when another value is missing."""
    amount: float
    filled: bool
    """True where a missing value was given 50 points by the rule "middle"."""


@dataclass(frozen=True, slots=True)
class SchoolNeed:
    """One school's index."""

    school: str
    value: float | None
    """0 to 100; None when too little is known (see `coverage`) to give an index."""
    rank: int | None
    """1 is the greatest need; schools with the same value share the better rank."""
    tier: str | None
    coverage: float
    """Part of the recipe's weight for which this school has values, 0 to 1."""
    contributions: tuple[Contribution, ...]


@dataclass(frozen=True, slots=True)
class NeedIndex:
    """The index of every school, in the order in which the schools were given."""

    recipe: Recipe
    schools: tuple[SchoolNeed, ...]
    flat: tuple[str, ...]
    """Indicators that had the same value everywhere, and so told no school from another."""
    points: FloatArray = field(repr=False, compare=False)
    """Shape (schools, ingredients); NaN where missing and not filled."""

    def by_school(self) -> dict[str, SchoolNeed]:
        return {s.school: s for s in self.schools}

    def scored(self) -> int:
        """How many schools have an index."""
        return sum(s.value is not None for s in self.schools)


@dataclass(frozen=True, slots=True)
class SchoolSensitivity:
    """How one school's rank and tier move when the weights move."""

    school: str
    rank: int | None
    tier: str | None
    rank_low: float | None
    """5th percentile of the rank over the draws."""
    rank_median: float | None
    rank_high: float | None
    """95th percentile of the rank over the draws."""
    tier_shares: Mapping[str, float]
    """Part of the draws in which the school falls in each tier."""
    same_tier: float | None
    """Part of the draws in which the school keeps the tier that the published weights give it."""
    rank_without: Mapping[str, int | None]
    """Its rank when one indicator is left out, by indicator (None: not enough left to score it)."""


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Rank-sensitivity of an index to its weights."""

    draws: int
    concentration: float
    schools: tuple[SchoolSensitivity, ...]
    stable: float
    """Part of the scored schools that keep their tier in at least nine draws of ten."""

    def by_school(self) -> dict[str, SchoolSensitivity]:
        return {s.school: s for s in self.schools}


def need_index(recipe: Recipe, schools: Sequence[str], values: Mapping[str, Sequence[float | None]]) -> NeedIndex:
    r"""Work out a recipe's index for each school.

    Parameters
    ----------
    recipe : Recipe
    schools : sequence of str
        Keys, without repeats.
    values : mapping of str to sequence of float or None
        For each indicator of the recipe one value per school, in the order of `schools`. None or NaN is missing.

    Returns
    -------
    NeedIndex

    Raises
    ------
    RecipeError
        If an indicator is not given, has the wrong number of values, or has an infinite one; or if a school is
        named twice.

    Notes
    -----
    With points :math:`p_{si}` and weights :math:`w_i` the index of school :math:`s` is

    .. math:: N_s = \sum_{i \in K_s} w_i p_{si} \Big/ \sum_{i \in K_s} w_i

    over the ingredients :math:`K_s` that it has points for. Normalise, weigh, aggregate, then test what the
    choices did: the order of steps of the OECD handbook [1]_. The weighted mean lets strength in one indicator
    make up for weakness in another; weights are therefore trade-offs, not importances.

    References
    ----------
    .. [1] OECD and JRC (2008). Handbook on Constructing Composite Indicators, steps 5 to 7.
       doi:10.1787/9789264043466-en

    Examples
    --------
    >>> recipe = Recipe("demo",
    ...     (Ingredient("absence", 3, normalisation="minmax"),
    ...      Ingredient("reading", 1, direction="less_is_need", normalisation="minmax")),
    ...     (Tier("intensive", 0.34), Tier("universal", 0.66)))
    >>> index = need_index(recipe, ["A", "B", "C"], {"absence": [10, 30, 20], "reading": [50, 40, None]})
    >>> [(s.school, s.value, s.rank, s.tier) for s in index.schools]
    [('A', 0.0, 3, 'universal'), ('B', 100.0, 1, 'intensive'), ('C', 50.0, 2, 'universal')]
    >>> index.by_school()["C"].coverage
    0.75
    """
    raw = _matrix(recipe, schools, values)
    points = np.empty_like(raw)
    flat = []
    for column, ingredient in enumerate(recipe.ingredients):
        points[:, column], is_flat = _points(raw[:, column], ingredient)
        if is_flat:
            flat.append(ingredient.indicator)
    filled = np.zeros(raw.shape, dtype=bool)
    for column, ingredient in enumerate(recipe.ingredients):
        if ingredient.missing == "middle":
            filled[:, column] = np.isnan(raw[:, column])
    points = np.where(filled, MIDDLE, points)

    shares = recipe.shares
    coverage = np.round((~np.isnan(raw)) @ shares, DECIMALS)
    eligible = _eligible(recipe, raw, coverage)
    scores = _scores(points, shares[None, :])[0]
    scores[~eligible] = np.nan
    ranks = _ranks(scores)
    tier_of_rank = _tiers(recipe, int(eligible.sum()))

    known = ~np.isnan(points)
    used = np.where(known, shares, 0.0)
    of_all = used.sum(axis=1, keepdims=True)
    used = np.divide(used, of_all, out=used, where=of_all > 0)
    # Plain lists: an element of an array costs ten times as much to reach, and there are six for each school.
    keys = [ingredient.indicator for ingredient in recipe.ingredients]
    told = zip(
        _lists(raw),
        _lists(points),
        used.tolist(),
        np.where(known, used * points, 0.0).tolist(),
        filled.tolist(),
        strict=True,
    )

    results = []
    for s, parts in enumerate(told):
        contributions = tuple(map(Contribution, keys, *parts))
        ok = bool(eligible[s])
        results.append(
            SchoolNeed(
                school=schools[s],
                value=float(scores[s]) if ok else None,
                rank=int(ranks[s]) if ok else None,
                tier=recipe.tiers[tier_of_rank[ranks[s] - 1]].key if ok else None,
                coverage=float(coverage[s]),
                contributions=contributions,
            )
        )
    return NeedIndex(recipe=recipe, schools=tuple(results), flat=tuple(flat), points=points)


def rank_sensitivity(
    index: NeedIndex, rng: np.random.Generator, draws: int = 1000, concentration: float = 40.0
) -> Sensitivity:
    r"""How each school's rank and tier move when the weights move.

    Weights are drawn from a Dirichlet distribution around the recipe's own, and each indicator is also left out
    in turn. Points do not change: only what they count for.

    Parameters
    ----------
    index : NeedIndex
    rng : numpy.random.Generator
        Passed in, so that a page shows the same numbers each time it is opened.
    draws : int
        Number of weight draws, at least 1.
    concentration : float
        How near the draws stay to the published weights. A weight share :math:`w` has standard deviation
        :math:`\sqrt{w(1-w)/(c+1)}`: with 40, a weight of 25 % is mostly between 14 % and 38 %.

    Returns
    -------
    Sensitivity

    Notes
    -----
    Monte Carlo over weights, as Saisana, Saltelli and Tarantola [1]_ do for composite indicators, with the
    Dirichlet as the distribution of shares.

    References
    ----------
    .. [1] Saisana, M., Saltelli, A., Tarantola, S. (2005). Uncertainty and sensitivity analysis techniques as
       tools for the quality assessment of composite indicators. JRSS A 168(2).
       doi:10.1111/j.1467-985X.2005.00350.x

    Examples
    --------
    >>> recipe = Recipe("demo", (Ingredient("a", 1), Ingredient("b", 1)), (Tier("high", 0.5), Tier("low", 0.5)))
    >>> index = need_index(recipe, ["X", "Y"], {"a": [9, 1], "b": [8, 2]})
    >>> result = rank_sensitivity(index, np.random.default_rng(1), draws=200)
    >>> result.by_school()["X"].same_tier, result.stable
    (1.0, 1.0)
    """
    if draws < 1:
        raise RecipeError(f"draws: must be at least 1; got {draws}.")
    if not (math.isfinite(concentration) and concentration > 0):
        raise RecipeError(f"concentration: must be a positive number; got {concentration}.")
    recipe = index.recipe
    n, k = index.points.shape
    eligible = np.array([s.value is not None for s in index.schools], dtype=bool)
    scored = int(eligible.sum())
    weights = rng.dirichlet(recipe.shares * concentration, size=draws)
    ranks = _ranks_by_draw(index.points[eligible], weights)
    in_tiers = _tier_shares(recipe, ranks)
    without = [_ranks_without(index, eligible, i) for i in range(k)]
    low, median, high = np.percentile(ranks, (5, 50, 95), axis=1) if scored else np.empty((3, 0))

    results = []
    position = 0
    for s in range(n):
        school = index.schools[s]
        if not eligible[s]:
            results.append(SchoolSensitivity(school.school, None, None, None, None, None, {}, None, {}))
            continue
        shares = dict(zip((t.key for t in recipe.tiers), in_tiers[position].tolist(), strict=True))
        assert school.tier is not None
        results.append(
            SchoolSensitivity(
                school=school.school,
                rank=school.rank,
                tier=school.tier,
                rank_low=float(low[position]),
                rank_median=float(median[position]),
                rank_high=float(high[position]),
                tier_shares=shares,
                same_tier=shares[school.tier],
                rank_without={ingredient.indicator: without[i][s] for i, ingredient in enumerate(recipe.ingredients)},
            )
        )
        position += 1
    kept = [s.same_tier >= 0.9 for s in results if s.same_tier is not None]
    return Sensitivity(draws, concentration, tuple(results), float(np.mean(kept)) if kept else 0.0)


def _check_recipe(recipe: Recipe) -> None:
    where = f"Recipe {recipe.key!r}"
    if not recipe.ingredients:
        raise RecipeError(f"{where}: has no ingredients; give at least one.")
    if not recipe.tiers:
        raise RecipeError(f"{where}: has no tiers; give at least one.")
    seen: set[str] = set()
    for ingredient in recipe.ingredients:
        here = f"{where}, ingredient {ingredient.indicator!r}"
        if ingredient.indicator in seen:
            raise RecipeError(f"{here}: is named twice; give each indicator one weight.")
        seen.add(ingredient.indicator)
        if not (math.isfinite(ingredient.weight) and ingredient.weight > 0):
            raise RecipeError(f"{here}: weight must be a positive number; got {ingredient.weight}.")
        for name, allowed in (
            ("direction", get_args(Direction)),
            ("normalisation", get_args(Normalisation)),
            ("missing", get_args(MissingRule)),
        ):
            got = getattr(ingredient, name)
            if got not in allowed:
                raise RecipeError(f"{here}: {name} must be one of {', '.join(allowed)}; got {got!r}.")
        cap = ingredient.cap
        if ingredient.normalisation == "rank" and cap is not None:
            raise RecipeError(f"{here}: a rank has no tails to cap; leave cap out; got {cap}.")
        if ingredient.normalisation == "zscore" and cap is None:
            raise RecipeError(f"{here}: zscore needs a cap, the deviations that stand for 100 points; try 2.5.")
        if cap is not None and not (math.isfinite(cap) and cap > 0):
            raise RecipeError(f"{here}: cap must be a positive number of standard deviations; got {cap}.")
    keys = [t.key for t in recipe.tiers]
    if len(set(keys)) != len(keys):
        raise RecipeError(f"{where}: tiers must have different keys; got {', '.join(keys)}.")
    for tier in recipe.tiers:
        if not 0 < tier.share <= 1:
            raise RecipeError(f"{where}, tier {tier.key!r}: share must be above 0 and at most 1; got {tier.share}.")
    total = math.fsum(t.share for t in recipe.tiers)
    if abs(total - 1) > 1e-6:
        raise RecipeError(f"{where}: the shares of the tiers must sum to 1; got {total:g}.")
    if not 0 <= recipe.min_coverage <= 1:
        raise RecipeError(f"{where}: min_coverage must be from 0 to 1; got {recipe.min_coverage}.")


def _matrix(recipe: Recipe, schools: Sequence[str], values: Mapping[str, Sequence[float | None]]) -> FloatArray:
    if len(set(schools)) != len(schools):
        twice = sorted({s for s in schools if list(schools).count(s) > 1})
        raise RecipeError(f"Schools: each may be named once; named twice: {', '.join(twice)}.")
    columns = []
    for ingredient in recipe.ingredients:
        if ingredient.indicator not in values:
            given = ", ".join(sorted(values)) or "none"
            raise RecipeError(f"Indicator {ingredient.indicator!r}: not among the values given ({given}).")
        column = values[ingredient.indicator]
        if len(column) != len(schools):
            raise RecipeError(
                f"Indicator {ingredient.indicator!r}: needs one value per school, {len(schools)}; got {len(column)}."
            )
        array = np.array([np.nan if v is None else v for v in column], dtype=np.float64)
        if np.isinf(array).any():
            school = schools[int(np.flatnonzero(np.isinf(array))[0])]
            raise RecipeError(f"Indicator {ingredient.indicator!r}: the value of {school!r} is infinite.")
        columns.append(array)
    return np.column_stack(columns) if len(schools) else np.empty((0, len(columns)))


def _lists(table: FloatArray) -> list[list[float | None]]:
    """Row by row, with None where there is no number."""
    return [[None if value != value else value for value in row] for row in table.tolist()]  # NaN is not itself


def _points(raw: FloatArray, ingredient: Ingredient) -> tuple[FloatArray, bool]:
    """Points of one indicator, and whether it was flat."""
    known = ~np.isnan(raw)
    points = np.full(raw.shape, np.nan)
    if not known.any():
        return points, False
    x = raw[known]
    spread = x.max() - x.min()
    if spread <= 1e-12 * max(1.0, float(np.abs(x).max())):
        points[known] = MIDDLE
        return points, True
    # Work on the 0-1 scale first: a standard deviation of huge or tiny values would lose its digits.
    x = (x - x.min()) / spread
    if ingredient.direction == "less_is_need":
        x = 1.0 - x
    if ingredient.normalisation == "rank":
        points[known] = 100 * (scipy.stats.rankdata(np.round(x, 12)) - 0.5) / len(x)
    elif ingredient.normalisation == "zscore":
        assert ingredient.cap is not None
        z = np.clip((x - x.mean()) / x.std(), -ingredient.cap, ingredient.cap)
        points[known] = MIDDLE + MIDDLE * z / ingredient.cap
    else:
        if ingredient.cap is not None:
            reach = ingredient.cap * x.std()
            x = np.clip(x, x.mean() - reach, x.mean() + reach)
            x = (x - x.min()) / (x.max() - x.min())
        points[known] = 100 * x
    return points, False


def _eligible(recipe: Recipe, raw: FloatArray, coverage: FloatArray) -> NDArray[np.bool_]:
    """Schools that get an index: enough weight covered, something known, no value missing that must be there."""
    missing = np.isnan(raw)
    must = np.array([i.missing == "unscored" for i in recipe.ingredients], dtype=bool)
    return np.asarray(
        (coverage >= recipe.min_coverage - 1e-9) & (~missing).any(axis=1) & ~(missing & must).any(axis=1),
        dtype=bool,
    )


def _scores(points: FloatArray, weights: FloatArray) -> FloatArray:
    """Weighted means of the points that are there: (schools, k) and (draws, k) give (draws, schools)."""
    known = ~np.isnan(points)
    total = weights @ np.where(known, points, 0.0).T
    weight = weights @ known.T.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        np.divide(total, weight, out=total)
    return np.asarray(np.round(total, DECIMALS, out=total), dtype=np.float64)


def _ranks(scores: FloatArray) -> IntArray:
    """Competition ranks, 1 for the highest score; 0 for NaN."""
    known = ~np.isnan(scores)
    ordered = np.sort(scores[known])
    ranks = np.zeros(len(scores), dtype=np.int64)
    ranks[known] = 1 + len(ordered) - np.searchsorted(ordered, scores[known], side="right")
    return ranks


def _ranks_by_draw(points: FloatArray, weights: FloatArray) -> NDArray[np.int32]:
    """Competition ranks of each draw, 1 for the highest score: (schools, k) and (draws, k) to (schools, draws)."""
    draws, n = len(weights), len(points)
    ranks = np.empty((draws, n), dtype=np.int32)
    places = np.arange(n, 0, -1, dtype=np.int32)
    # A few draws at a time: their scores stay in the processor's cache, and no table of all of them is ever made.
    blocks = (_scores(points, weights[begin : begin + BLOCK]) for begin in range(0, draws, BLOCK))
    for row, out in zip(chain.from_iterable(blocks), ranks, strict=True):
        order = np.argsort(row)
        ordered = row[order]
        if (tied := ordered[1:] == ordered[:-1]).any():
            # The best place of those who tie: the last of a run of equal scores.
            ends = np.append(~tied, True)
            out[order] = np.maximum.accumulate(np.where(ends, places, 0)[::-1])[::-1]
        else:
            out[order] = places
    return np.ascontiguousarray(ranks.T)


def _tier_shares(recipe: Recipe, ranks: NDArray[np.int32]) -> FloatArray:
    """Part of the draws in each tier: (schools, draws) to (schools, tiers). Tiers follow each other down the ranks."""
    n, draws = ranks.shape
    last = np.searchsorted(_tiers(recipe, n), np.arange(len(recipe.tiers)), side="right")
    within = np.stack([np.count_nonzero(ranks <= rank, axis=1) for rank in last], axis=1)
    return np.asarray(np.diff(within, axis=1, prepend=0) / draws, dtype=np.float64)


def _ranks_without(index: NeedIndex, eligible: NDArray[np.bool_], column: int) -> list[int | None]:
    shares = index.recipe.shares.copy()
    shares[column] = 0.0
    if shares.sum() == 0:
        return [None] * len(eligible)
    scores = _scores(index.points, shares[None, :] / shares.sum())[0]
    scores[~eligible] = np.nan
    return [int(r) or None for r in _ranks(scores)]


def _tiers(recipe: Recipe, scored: int) -> IntArray:
    """Tier position for each rank 1..scored: the tier in which the middle of that place in the queue falls."""
    ends = np.cumsum([t.share for t in recipe.tiers])
    middles = (np.arange(scored) + 0.5) / max(scored, 1)
    return np.minimum(np.searchsorted(ends, middles), len(recipe.tiers) - 1).astype(np.int64)
