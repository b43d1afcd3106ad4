"""Two groups of clusters beside each other: the ratio of their shares, never without its interval and the difference.

Source: variance of a ratio on the log scale, Katz, Baptista, Azen & Pike (1978), doi:10.2307/2530610, with the variances of
`clustered`; degrees of freedom, Welch (1947), doi:10.1093/biomet/34.1-2.28.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Any

from numpy.typing import ArrayLike
from scipy import special

from fairlead.science.measurement.clustered import FEW_CLUSTERS, ClusteredShare, clustered_share
from fairlead.science.measurement.problems import refusal
from fairlead.science.measurement.ratings import coded, is_missing, numbers


@dataclass(frozen=True, slots=True)
class Ratio:
    """The share of the first group divided by that of the second.

    `value` is None where nobody of the second group has it; `low` and `high` are None where either group has no or only
    such rows, for then the log scale knows no error. The difference of the shares is always there.
    """

    value: float | None
    low: float | None
    high: float | None
    difference: float
    difference_low: float
    difference_high: float
    df: float
    level: float
    first: ClusteredShare
    second: ClusteredShare
    method: str
    warnings: tuple[str, ...]


def ratio_of_shares(
    values: ArrayLike,
    group: Sequence[Any],
    cluster: Sequence[Any],
    *,
    first: Any,
    second: Any,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Ratio:
    """Compare a share between two groups of clusters, as of classrooms with many and with few students of colour.

    "2.1 times as many" hides how little is behind it and what it is 2.1 times of: so the shares come along, the
    difference, and intervals. Not a causal effect: the groups differ in more than their name.

    Parameters
    ----------
    values, weights : as for `clustered_share`.
    group : n labels; rows of other groups, and those without one, are not used.
    cluster : n labels; a cluster lies in one group.
    first, second : the labels that are compared: first ÷ second.
    level : float

    Returns
    -------
    Ratio

    Raises
    ------
    MeasurementError
        As `clustered_share`, for either group; a cluster with rows of both.

    Notes
    -----
    The interval is that of the logarithm of the ratio, by linearization, with Welch's degrees of freedom. Fieller's would
    be more exact where the second share is barely known; then this one is wide as well, and never without an end.

    Examples
    --------
    >>> rich = [1, 1, 0, 1, 1, 0, 1, 1]
    >>> poor = [0, 1, 0, 0, 1, 0, 0, 0]
    >>> rooms = ["a", "a", "b", "b", "c", "c", "d", "d", "e", "e", "f", "f", "g", "g", "h", "h"]
    >>> found = ratio_of_shares(rich + poor, ["rich"] * 8 + ["poor"] * 8, rooms, first="rich", second="poor")
    >>> round(found.value, 2), round(found.low, 2), round(found.high, 2)
    (3.0, 0.52, 17.33)
    """
    y = numbers(values, "values")
    w = numbers(weights, "weights") if weights is not None else None
    if not len(group) == len(cluster) == y.size or (w is not None and w.size != y.size):
        raise refusal(
            "lengths", "one value, group, cluster and weight a row", f"{y.size}, {len(group)}, {len(cluster)}"
        )
    both = {c for c, g in zip(cluster, group, strict=True) if g == first} & {
        c for c, g in zip(cluster, group, strict=True) if g == second
    }
    if both:
        raise refusal(
            "cluster",
            "a cluster has rows of both groups, so their errors are not independent",
            f"{len(both)} clusters",
            next="compare groups of classrooms; for students within classrooms use a regression",
        )
    shares = []
    for label in (first, second):
        rows = [i for i, g in enumerate(group) if not is_missing(g) and g == label]
        if not rows:
            raise refusal("group", "no row of this group", repr(label), f"{coded(group)[1]}")
        shares.append(
            clustered_share(y[rows], [cluster[i] for i in rows], weights=None if w is None else w[rows], level=level)
        )
    one, two = shares
    warnings = [
        f"{label}: {found.clusters} clusters are few"
        for label, found in ((first, one), (second, two))
        if found.clusters < FEW_CLUSTERS
    ]
    difference, error, df = _difference(one, two)
    half = float(special.stdtrit(df, 0.5 + level / 2)) * error
    value = one.value / two.value if two.value > 0 else None
    low = high = None
    if value is not None and one.se > 0 and two.se > 0:
        spread, log_df = _welch((one.se / one.value) ** 2, one.df, (two.se / two.value) ** 2, two.df)
        reach = float(special.stdtrit(log_df, 0.5 + level / 2)) * spread
        low, high = exp(log(value) - reach), exp(min(log(value) + reach, 700.0))
    else:
        warnings.append("a group has no or only such rows: the ratio has no interval, read the two shares")
    return Ratio(
        value, low, high, difference, max(-1.0, difference - half), min(1.0, difference + half), df, level, one, two,
        "log ratio, CR2 of each group, Welch", tuple(warnings),
    )  # fmt: skip


def _difference(one: ClusteredShare, two: ClusteredShare) -> tuple[float, float, float]:
    """The difference of the shares; a share of none or all brings the half width of its own interval as its error."""
    errors = [
        s.se if s.se > 0 else (s.high - s.low) / (2 * float(special.stdtrit(s.df, 0.5 + s.level / 2)))
        for s in (one, two)
    ]
    return (one.value - two.value, *_welch(errors[0] ** 2, one.df, errors[1] ** 2, two.df))


def _welch(v1: float, df1: float, v2: float, df2: float) -> tuple[float, float]:
    total = v1 + v2
    return sqrt(total), total**2 / (v1**2 / df1 + v2**2 / df2)
