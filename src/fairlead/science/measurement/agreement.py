"""How often two people give the same rating, and how far that is beyond chance.

Sources
-------
Kappa: Cohen (1960), doi:10.1177/001316446002000104. Weighted kappa: Cohen (1968), doi:10.1037/h0026256. Its standard
error: Fleiss, Cohen & Everitt (1969), doi:10.1037/h0028106, eq. 13. Many raters: Fleiss (1971), doi:10.1037/h0031619.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fairlead.science.measurement.clustered import ClusteredShare, clustered_share
from fairlead.science.measurement.problems import refusal
from fairlead.science.measurement.ratings import is_missing, numbers
from fairlead.science.proportion import Share, wilson

Array = NDArray[np.float64]
WEIGHTS = ("none", "linear", "quadratic")
FEW_PAIRS = 30


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of pairs of ratings: how many were the same, and how many at most one step apart (None without an order)."""

    exact: Share | ClusteredShare
    adjacent: Share | ClusteredShare | None
    pairs: int
    missing: int  # pairs in which a rating is missing


@dataclass(frozen=True, slots=True, eq=False)
class Kappa:
    """Agreement beyond chance: 1 is perfect, 0 what two raters with these habits reach without looking."""

    value: float
    low: float
    high: float
    se: float
    level: float
    observed: float  # (weighted) agreement
    expected: float  # by chance
    highest: float  # the largest value that the two raters' habits leave possible
    weights: str
    categories: tuple[Any, ...]
    table: NDArray[np.float64]  # (categories, categories): first rater down, second across
    pairs: float
    missing: int
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FleissKappa:
    """Agreement beyond chance of many raters who need not be the same for each subject."""

    value: float
    low: float
    high: float
    se: float
    level: float
    observed: float
    expected: float
    subjects: int
    raters: int
    by_category: tuple[float | None, ...]
    warnings: tuple[str, ...]


def exact_and_adjacent(
    first: Sequence[Any],
    second: Sequence[Any],
    *,
    order: Sequence[Any] | None = None,
    step: float = 1.0,
    cluster: Sequence[Any] | None = None,
    level: float = 0.95,
) -> Agreement:
    """Count how often two ratings of the same thing are equal, and how often at most a step apart.

    Easy to say aloud, and easy to be misled by: raters who give almost everybody a 3 agree often and say nothing.
    Show kappa or an intraclass correlation beside it.

    Parameters
    ----------
    first, second : n ratings each, by two raters of the same n things; None or NaN where missing (left out, counted).
    order : the categories from lowest to highest, where ratings are not numbers; then a step is one place.
    step : what counts as adjacent, in the unit of the scale.
    cluster : n labels of what the pairs share, as the visit whose ten items were scored twice. Without it the pairs
        are taken for independent.
    level : float

    Returns
    -------
    Agreement
        With Wilson's intervals, or those of `clustered_share`.

    Raises
    ------
    MeasurementError
        Lengths differ, no complete pair, a rating that is not in `order`.

    Examples
    --------
    >>> found = exact_and_adjacent([1, 2, 3, 4, 2], [1, 3, 3, 2, 2])
    >>> round(found.exact.value, 2), round(found.adjacent.value, 2), found.pairs
    (0.6, 0.8, 5)
    """
    kept = _pairs(first, second)
    missing = len(first) - len(kept)
    places = _places(first, second, kept, order)
    equal = [first[i] == second[i] for i in kept]
    near = None if places is None else np.abs(places[0] - places[1]) <= step * (1 + 1e-12)
    if cluster is None:
        n = len(kept)
        return Agreement(
            wilson(sum(equal), n, level),
            None if near is None else wilson(int(near.sum()), n, level),
            n,
            missing,
        )
    if len(cluster) != len(first):
        raise refusal("cluster", "one label a pair", f"{len(cluster)} labels, {len(first)} pairs")
    labels = [cluster[i] for i in kept]
    return Agreement(
        clustered_share(equal, labels, level=level),
        None if near is None else clustered_share(near, labels, level=level),
        len(kept),
        missing,
    )


def kappa(
    first: Sequence[Any],
    second: Sequence[Any],
    *,
    weights: str = "none",
    order: Sequence[Any] | None = None,
    level: float = 0.95,
) -> Kappa:
    """Cohen's kappa of two raters, unweighted or weighted.

    For categories (`weights="none"`), or for levels of a rubric, where two steps apart is worse than one (`"linear"`,
    or `"quadratic"`, which nearly is the intraclass correlation). Not where almost all things are of one category:
    kappa is then small however well raters agree; look at `highest` and at the table.

    Parameters
    ----------
    first, second : n ratings each; pairs with None or NaN are left out and counted.
    weights : "none", "linear" or "quadratic": how agreement falls with the distance of two categories.
    order : all categories, lowest first. Needed for weights where ratings are not numbers; where they are, and it is
        missing, the distance is the difference of the numbers.
    level : float

    Returns
    -------
    Kappa

    Raises
    ------
    MeasurementError
        No complete pair, all ratings in one category (then there is no chance to correct for), unknown weights.

    Notes
    -----
    κ = (observed − expected) ÷ (1 − expected). The standard error is that of large samples and assumes independent
    pairs; below 30 pairs that is said.

    Examples
    --------
    >>> found = kappa([1, 2, 3, 3, 2, 1], [1, 2, 3, 2, 2, 1])
    >>> round(found.value, 3), round(found.observed, 3), round(found.expected, 3)
    (0.75, 0.833, 0.333)
    """
    kept = _pairs(first, second)
    one, two = [first[i] for i in kept], [second[i] for i in kept]
    if order is None:
        categories = tuple(dict.fromkeys([*one, *two]))
        try:
            categories = tuple(sorted(categories))
        except TypeError:
            if weights != "none":
                raise _needs_order() from None
    else:
        categories = tuple(order)
    place = {category: i for i, category in enumerate(categories)}
    if len(place) != len(categories):
        raise refusal("order", "a category stands in it twice", f"{categories}")
    if strangers := [value for value in dict.fromkeys([*one, *two]) if value not in place]:
        raise refusal("order", "a rating is not among the categories", f"{strangers[0]!r}", f"{categories}")
    table = np.zeros((len(categories),) * 2)
    np.add.at(table, ([place[value] for value in one], [place[value] for value in two]), 1.0)
    distance = None
    if weights != "none" and order is None:
        if any(isinstance(category, str) for category in categories):
            raise _needs_order()
        distance = np.asarray(categories, dtype=float)
    return _kappa(table, categories, weights, distance, level, len(first) - len(kept))


def kappa_of_table(
    table: ArrayLike, *, weights: str | ArrayLike = "none", pairs: float | None = None, level: float = 0.95
) -> Kappa:
    """Cohen's kappa from a table of counts, first rater down and second across.

    Parameters
    ----------
    table : (k, k) counts, or shares together with `pairs`.
    weights : as for `kappa`, or (k, k) weights of *agreement*: 1 where equal, smaller elsewhere.
    pairs : how many pairs stand behind a table of shares.

    Examples
    --------
    >>> round(kappa_of_table([[75, 1, 4], [5, 4, 1], [0, 0, 10]]).value, 3)
    0.676
    """
    counts = numbers(table, "table")
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or counts.shape[0] < 2 or not (counts >= 0).all():
        raise refusal("table", "a square table of counts is needed", f"shape {counts.shape}")
    if pairs is not None:
        counts = counts / counts.sum() * pairs
    return _kappa(counts, tuple(range(counts.shape[0])), weights, None, level, 0)


def fleiss_kappa(counts: ArrayLike, *, level: float = 0.95) -> FleissKappa:
    """Fleiss' kappa from how many raters put each subject into each category.

    For several raters of categories, the same number for each subject, not necessarily the same people. Where the
    number differs, or levels have an order, use Krippendorff's alpha.

    Parameters
    ----------
    counts : (subjects, categories), every row with the same sum of two or more.

    Returns
    -------
    FleissKappa
        Its interval by leaving out one subject at a time (jackknife) and Student's t.

    Raises
    ------
    MeasurementError
        Rows of different sums, fewer than two subjects, all ratings in one category.

    Examples
    --------
    >>> found = fleiss_kappa([[0, 3], [3, 0], [1, 2], [3, 0]])
    >>> round(found.value, 3), found.raters
    (0.657, 3)
    """
    table = numbers(counts, "counts")
    if table.ndim != 2 or table.shape[0] < 2 or not (table >= 0).all():
        raise refusal("counts", "a table of two or more subjects by categories", f"shape {table.shape}")
    raters = table.sum(axis=1)
    if raters[0] < 2 or not np.allclose(raters, raters[0]):
        raise refusal(
            "counts",
            "each subject needs the same number of ratings, two or more",
            f"from {raters.min():g} to {raters.max():g}",
            next="use Krippendorff's alpha, which allows for missing ratings",
        )
    m, n = float(raters[0]), table.shape[0]
    value, observed, expected = _fleiss(table, m)
    if expected >= 1 - 1e-12:
        raise _one_category()
    from scipy import special

    left = np.array([_fleiss(np.delete(table, i, axis=0), m)[0] for i in range(n)])
    se = float(np.sqrt((n - 1) / n * ((left - left.mean()) ** 2).sum())) if np.isfinite(left).all() else float("nan")
    half = float(special.stdtrit(n - 1, 0.5 + level / 2)) * se
    p = table.sum(axis=0) / (n * m)
    own = (table * (m - table)).sum(axis=0)
    by_category = tuple(
        None if pj in (0.0, 1.0) else float(1 - oj / (n * m * (m - 1) * pj * (1 - pj)))
        for pj, oj in zip(p, own, strict=True)
    )
    warnings = [f"{n} subjects are few for an interval"] if n < FEW_PAIRS else []
    if not np.isfinite(se):
        warnings.append("without one of the subjects all ratings are of one category: no interval")
    return FleissKappa(
        value, value - half, min(1.0, value + half), se, level, observed, expected, n, int(m), by_category, tuple(warnings)
    )  # fmt: skip


def _fleiss(table: Array, m: float) -> tuple[float, float, float]:
    n = table.shape[0]
    observed = float(((table**2).sum() - n * m) / (n * m * (m - 1)))
    expected = float(((table.sum(axis=0) / (n * m)) ** 2).sum())
    value = (observed - expected) / (1 - expected) if expected < 1 - 1e-12 else float("nan")
    return value, observed, expected


def _kappa(
    counts: Array,
    categories: tuple[Any, ...],
    weights: str | ArrayLike,
    distance: Array | None,
    level: float,
    missing: int,
) -> Kappa:
    n = float(counts.sum())
    if n <= 0:
        raise refusal("table", "no pair is left", "0 pairs")
    p = counts / n
    w = agreement_weights(len(categories), weights, distance)
    across, down = p.sum(axis=1), p.sum(axis=0)
    observed, expected = float((w * p).sum()), float(across @ w @ down)
    if expected >= 1 - 1e-12:
        raise _one_category()
    value = (observed - expected) / (1 - expected)
    mean = (w @ down)[:, None] + (across @ w)[None, :]
    inner = (p * (w - mean * (1 - value)) ** 2).sum() - (value - expected * (1 - value)) ** 2
    se = float(np.sqrt(max(inner, 0.0) / n) / (1 - expected))
    half = NormalDist().inv_cdf(0.5 + level / 2) * se
    name = weights if isinstance(weights, str) else "given"
    warnings = []
    if n < FEW_PAIRS:
        warnings.append(f"{n:g} pairs are few: the standard error is that of large samples")
    if across.max() > 0.9 or down.max() > 0.9:
        warnings.append(
            "a rater puts more than nine in ten into one category: kappa is small however well they agree"
        )
    return Kappa(
        value=value,
        low=max(-1.0, value - half),
        high=min(1.0, value + half),
        se=se,
        level=level,
        observed=observed,
        expected=expected,
        highest=(_highest(across, down, w) - expected) / (1 - expected),
        weights=name,
        categories=categories,
        table=counts,
        pairs=n,
        missing=missing,
        warnings=tuple(warnings),
    )


def agreement_weights(k: int, weights: str | ArrayLike, distance: Array | None = None) -> Array:
    """(k, k) of how much two categories agree: 1 on the diagonal; `distance` (k,) places them on a line."""
    if not isinstance(weights, str):
        given = numbers(weights, "weights")
        if given.shape != (k, k) or not np.allclose(np.diag(given), 1.0) or (given > 1).any():
            raise refusal(
                "weights", "weights of agreement are 1 on the diagonal and nowhere more", f"shape {given.shape}"
            )
        return given
    if weights not in WEIGHTS:
        raise refusal("weights", "unknown weights", repr(weights), ", ".join(WEIGHTS))
    if weights == "none":
        return np.eye(k)
    place = np.arange(k, dtype=float) if distance is None else distance
    apart = np.abs(place[:, None] - place[None, :])
    apart = apart / max(float(apart.max()), 1e-300)
    return np.asarray(1 - (apart if weights == "linear" else apart**2))


def _highest(across: Array, down: Array, w: Array) -> float:
    """The largest agreement with these margins: for weights that fall with distance, pair the sorted ratings."""
    if np.array_equal(w, np.eye(w.shape[0])):
        return float(np.minimum(across, down).sum())
    ends = np.unique(np.concatenate([[0.0], np.cumsum(across), np.cumsum(down)]))
    widths = np.diff(np.minimum(ends, 1.0))
    middle = ends[:-1] + np.diff(ends) / 2
    last = w.shape[0] - 1
    i = np.minimum(np.searchsorted(np.cumsum(across), middle), last)
    j = np.minimum(np.searchsorted(np.cumsum(down), middle), last)
    return float((widths * w[i, j]).sum())


def _pairs(first: Sequence[Any], second: Sequence[Any]) -> list[int]:
    if len(first) != len(second):
        raise refusal("lengths", "both raters rate the same things", f"{len(first)} and {len(second)} ratings")
    kept = [i for i in range(len(first)) if not is_missing(first[i]) and not is_missing(second[i])]
    if not kept:
        raise refusal("ratings", "no pair has both ratings", f"{len(first)} pairs", next="score some things twice")
    return kept


def _places(
    first: Sequence[Any], second: Sequence[Any], kept: list[int], order: Sequence[Any] | None
) -> tuple[Array, Array] | None:
    """Where the ratings lie on their scale; None for names without an order."""
    if order is None:
        if any(isinstance(one[i], str) for one in (first, second) for i in kept):
            return None
        return np.array([first[i] for i in kept], float), np.array([second[i] for i in kept], float)
    place = {category: float(i) for i, category in enumerate(order)}
    for one in (first, second):
        if strangers := [one[i] for i in kept if one[i] not in place]:
            raise refusal("order", "a rating is not among the categories", f"{strangers[0]!r}", f"{tuple(order)}")
    return np.array([place[first[i]] for i in kept]), np.array([place[second[i]] for i in kept])


def _one_category() -> Exception:
    return refusal(
        "ratings",
        "every rating is of one category, so nothing can be said of agreement beyond chance",
        "one category",
        "two or more that are in use",
        "show the exact agreement, and score things that differ",
    )


def _needs_order() -> Exception:
    return refusal(
        "order", "weights need to know which categories are near", "names", next="pass order=, lowest first"
    )
