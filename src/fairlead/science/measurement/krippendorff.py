"""Krippendorff's alpha: agreement beyond chance of any number of raters, on any scale, with ratings missing.

Sources
-------
Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, https://repository.upenn.edu/asc_papers/43, sections A to E
(coincidences, metrics, missing values). Interval by resampling units: Zapf, Castell, Morawietz & Karch (2016),
doi:10.1186/s12874-016-0200-9, who found it near its level where Krippendorff's own algorithm is too narrow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairlead.science.measurement.problems import refusal
from fairlead.science.measurement.ratings import is_missing

Array = NDArray[np.float64]
METRICS = ("nominal", "ordinal", "interval", "ratio")
FEW_UNITS = 30
MOST_VALUES = 2000


@dataclass(frozen=True, slots=True)
class KrippendorffAlpha:
    """1 is perfect, 0 what chance gives; below 0 raters disagree systematically. `low` and `high` are None without `rng`."""

    value: float
    low: float | None
    high: float | None
    level: float
    metric: str
    observed: float  # disagreement
    expected: float  # by chance
    units: int  # with two ratings or more
    single: int  # units with one rating or none: they say nothing of agreement
    raters: int
    pairable: int  # ratings in those units
    values: int  # different ones in use
    undefined: int  # resamples in which all ratings were the same, left out of the interval
    warnings: tuple[str, ...]


def krippendorff_alpha(
    ratings: Sequence[Sequence[Any]],
    *,
    metric: str = "nominal",
    order: Sequence[Any] | None = None,
    rng: np.random.Generator | None = None,
    resamples: int = 2000,
    level: float = 0.95,
) -> KrippendorffAlpha:
    """Agreement beyond chance of a table of units by raters, in which ratings may be missing.

    The one coefficient for all that an instrument has: names, levels, numbers; two raters or twenty; some units seen by
    some raters. Not the reliability of a mean of raters (use an intraclass correlation or a generalizability study).

    Parameters
    ----------
    ratings : units by raters; None or NaN where there is none. Units with fewer than two ratings are counted and left out.
    metric : "nominal", "ordinal", "interval" or "ratio": how far apart two values are.
    order : the categories from lowest to highest, for ordinal ratings that are not numbers.
    rng : for the interval, by resampling units (percentiles). None: no interval.
    resamples : how many.
    level : float

    Returns
    -------
    KrippendorffAlpha

    Raises
    ------
    MeasurementError
        No unit with two ratings, all ratings the same, text without an order, a negative value of a ratio.

    Notes
    -----
    α = 1 − observed ÷ expected disagreement, over coincidences: of a unit with m ratings each ordered pair counts
    1 ÷ (m − 1). Units must be independent: resampling takes whole units.

    Examples
    --------
    >>> table = [[1, 1, None, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4]]
    >>> found = krippendorff_alpha(table, metric="interval")
    >>> round(found.value, 3), found.units
    (0.518, 6)
    """
    if metric not in METRICS:
        raise refusal("metric", "unknown metric", repr(metric), ", ".join(METRICS))
    counts, values, raters = _counts(ratings, metric, order)
    size = counts.sum(axis=1)
    used = counts[size >= 2]
    single = int((size < 2).sum())
    if used.shape[0] == 0:
        raise refusal(
            "ratings", "no unit has two ratings", f"{len(ratings)} units", next="have some things rated twice"
        )
    used = used[:, used.any(axis=0)]
    places = values[counts[size >= 2].any(axis=0)]
    if used.shape[1] == 1:
        raise refusal(
            "ratings",
            "all ratings are the same, so nothing can be said of agreement beyond chance",
            "one value",
            next="show the exact agreement, and rate things that differ",
        )
    weight = np.ones((1, used.shape[0]))
    observed, expected = _disagreements(used, places, metric, weight)
    value = float(1 - observed[0] / expected[0])
    low = high = None
    undefined = 0
    warnings = []
    if used.shape[0] < FEW_UNITS:
        warnings.append(f"{used.shape[0]} units with two ratings are few for an interval")
    if rng is not None:
        found = []
        for start in range(0, resamples, 256):
            count = min(256, resamples - start)
            drawn = rng.multinomial(used.shape[0], np.full(used.shape[0], 1 / used.shape[0]), size=count).astype(
                float
            )
            above, below = _disagreements(used, places, metric, drawn)
            found.append(1 - np.divide(above, below, out=np.full(count, np.nan), where=below > 0))
        drawn_values = np.concatenate(found)
        undefined = int(np.isnan(drawn_values).sum())
        if undefined < resamples / 2:
            tail = (1 - level) / 2
            low, high = (float(end) for end in np.nanquantile(drawn_values, [tail, 1 - tail]))
        if undefined:
            warnings.append(
                f"{undefined} of {resamples} resamples held one value only and are left out of the interval"
            )
    return KrippendorffAlpha(
        value=value,
        low=low,
        high=high,
        level=level,
        metric=metric,
        observed=float(observed[0]),
        expected=float(expected[0]),
        units=used.shape[0],
        single=single,
        raters=raters,
        pairable=int(used.sum()),
        values=used.shape[1],
        undefined=undefined,
        warnings=tuple(warnings),
    )


def _counts(ratings: Sequence[Sequence[Any]], metric: str, order: Sequence[Any] | None) -> tuple[Array, Array, int]:
    """(units, values): how many raters gave each; and where the values lie (their ranks where only the order counts)."""
    rows = [[value for value in row if not is_missing(value)] for row in _as_rows(ratings)]
    distinct = list(dict.fromkeys(value for row in rows for value in row))
    if not distinct:
        raise refusal("ratings", "no rating is left", "all missing" if len(rows) else "no units")
    if order is not None:
        if strangers := [value for value in distinct if value not in set(order)]:
            raise refusal("order", "a rating is not among the categories", repr(strangers[0]), f"{list(order)}")
        distinct = [value for value in order if value in set(distinct)]
    elif metric != "nominal":
        if any(isinstance(value, str) for value in distinct):
            raise refusal(
                "order", "text has no order of its own", repr(distinct[0]), next="pass order=, lowest first"
            )
        distinct.sort()
    if len(distinct) > MOST_VALUES:
        raise refusal(
            "ratings", "too many different values", f"{len(distinct)}", f"{MOST_VALUES}", "round them first"
        )
    numeric = metric in ("interval", "ratio")
    if numeric and any(isinstance(value, str) for value in distinct):
        raise refusal(
            "ratings", f"a metric of {metric} needs numbers", repr(distinct[0]), next="take metric='ordinal'"
        )
    places = np.array(distinct, dtype=float) if numeric else np.arange(len(distinct), dtype=float)
    if metric == "ratio" and places.min() < 0:
        raise refusal("ratings", "a ratio has a zero and nothing below it", f"{places.min():g}")
    column = {value: i for i, value in enumerate(distinct)}
    counts = np.zeros((len(rows), len(distinct)))
    for i, row in enumerate(rows):
        for value in row:
            counts[i, column[value]] += 1
    return counts, places, max((len(row) for row in _as_rows(ratings)), default=0)


def _as_rows(ratings: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return ratings.tolist() if isinstance(ratings, np.ndarray) else [list(row) for row in ratings]


def _disagreements(counts: Array, values: Array, metric: str, weight: Array) -> tuple[Array, Array]:
    """Observed and expected disagreement for each row of unit weights (b, units)."""
    size = counts.sum(axis=1)
    pair = weight / (size - 1)
    totals = weight @ counts  # (b, values)
    n = totals.sum(axis=1)
    if metric == "ordinal":
        ahead = np.cumsum(totals, axis=1) - totals / 2  # the middle of each value among all ratings
        above = np.empty(weight.shape[0])
        below = np.empty(weight.shape[0])
        for b in range(weight.shape[0]):
            apart = (ahead[b][:, None] - ahead[b][None, :]) ** 2
            own = ((counts @ apart) * counts).sum(axis=1)
            above[b], below[b] = pair[b] @ own, totals[b] @ apart @ totals[b]
        return above / n, below / (n * (n - 1))
    apart = _apart(values, metric)
    own = ((counts @ apart) * counts).sum(axis=1)
    return (pair @ own) / n, ((totals @ apart) * totals).sum(axis=1) / (n * (n - 1))


def _apart(values: Array, metric: str) -> Array:
    """(values, values) squared differences of a metric that does not depend on how often values occur."""
    if metric == "nominal":
        return 1 - np.eye(values.size)
    difference = values[:, None] - values[None, :]
    if metric == "interval":
        return np.asarray(difference**2)
    total = values[:, None] + values[None, :]
    return np.asarray(np.divide(difference, total, out=np.zeros_like(difference), where=total > 0) ** 2)
