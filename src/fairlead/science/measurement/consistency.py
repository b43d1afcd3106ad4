"""Cronbach's alpha: how well the items of one scale hang together.

Sources
-------
Cronbach (1951), doi:10.1007/BF02310555. Interval: Feldt (1965), doi:10.1007/BF02289499; Feldt, Woodruff & Salih (1987),
doi:10.1177/014662168701100107, eq. 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from fairlead.science.measurement.problems import refusal
from fairlead.science.measurement.ratings import complete, matrix

Array = NDArray[np.float64]
MISSING = ("complete", "pairwise")


@dataclass(frozen=True, slots=True)
class AlphaItem:
    """One item: its correlation with the sum of the others, and alpha without it (None with two items)."""

    name: str
    with_rest: float
    alpha_without: float | None


@dataclass(frozen=True, slots=True)
class CronbachAlpha:
    """Alpha with Feldt's interval. `n` stands behind the interval; `sem` is in points of the sum of items."""

    value: float
    low: float
    high: float
    level: float
    standardized: float  # of items brought to one variance
    mean_correlation: float
    sem: float
    n: int
    k: int
    incomplete: int  # persons with a missing answer
    missing: str  # the rule that was used for them
    items: tuple[AlphaItem, ...]
    warnings: tuple[str, ...]


def cronbach_alpha(
    items: ArrayLike, *, names: Sequence[str] | None = None, missing: str = "complete", level: float = 0.95
) -> CronbachAlpha:
    """Cronbach's alpha of a table of persons by items.

    A lower bound of the reliability of the sum where errors of items are independent; equal to it where all items
    measure the same with the same strength. It grows with the number of items and says nothing of whether they measure
    one thing (look at omega and its fit), nor of raters or occasions (use a generalizability study).

    Parameters
    ----------
    items : (n, k) answers as numbers, reversed items turned round already; NaN where missing.
    names : k names of the items.
    missing : "complete" leaves out persons with a missing answer (right where answers are missing by chance alone);
        "pairwise" takes each covariance from those who answered both, and for its interval the smallest number
        of persons behind any pair. Either way they are counted.
    level : float

    Returns
    -------
    CronbachAlpha

    Raises
    ------
    MeasurementError
        Fewer than two items or persons, an item that does not vary, a sum that does not vary.

    Notes
    -----
    α = k ÷ (k − 1) · (1 − Σ variances ÷ variance of the sum). (1 − α) ÷ (1 − α̂) has an F distribution with n − 1 and
    (n − 1)(k − 1) degrees of freedom where items are equally correlated and normal.

    Examples
    --------
    >>> found = cronbach_alpha([[1, 2, 1], [2, 2, 3], [3, 4, 3], [4, 4, 5], [5, 5, 4]])
    >>> round(found.value, 3), round(found.low, 3), round(found.high, 3)
    (0.936, 0.679, 0.993)
    """
    x = matrix(items, rows="persons", columns="items")
    if missing not in MISSING:
        raise refusal("missing", "unknown rule", repr(missing), ", ".join(MISSING))
    k = x.shape[1]
    labels = tuple(names) if names is not None else tuple(str(i + 1) for i in range(k))
    if len(labels) != k:
        raise refusal("names", "one name an item", f"{len(labels)} names, {k} items")
    incomplete = int(np.isnan(x).any(axis=1).sum())
    if missing == "complete":
        kept, _ = complete(x, rows="persons")
        n, covariance = kept.shape[0], np.cov(kept, rowvar=False)
    else:
        n, covariance = pairwise_covariance(x)
    constant = [labels[i] for i in range(k) if covariance[i, i] <= 1e-14 * max(1.0, float(np.nanmax(x**2)))]
    if constant:
        raise refusal(
            ", ".join(constant),
            "an item that everybody answers alike says nothing of how persons differ",
            "no variance",
            next="leave it out, and say so",
        )
    total = float(covariance.sum())
    if total <= 1e-12 * float(np.trace(covariance)):
        raise refusal("items", "the sum of the items does not vary", next="turn reversed items round first")
    value = alpha_of(covariance)
    scale = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(scale, scale)
    mean = float((correlation.sum() - k) / (k * (k - 1)))
    tail = 0.5 + level / 2
    df1, df2 = n - 1, (n - 1) * (k - 1)
    rest = covariance.sum(axis=0) - np.diag(covariance)
    rest_variance = total - np.diag(covariance) - 2 * rest
    found = []
    for i in range(k):
        spread = scale[i] * np.sqrt(max(rest_variance[i], 0.0))
        without = np.delete(np.delete(covariance, i, 0), i, 1)
        alone = alpha_of(without) if k > 2 and without.sum() > 0 else None
        found.append(AlphaItem(labels[i], float(rest[i] / spread) if spread > 0 else float("nan"), alone))
    warnings = []
    against = [item.name for item in found if item.with_rest < 0]
    if against:
        warnings.append(f"against the others: {', '.join(against)}; is it reversed, or of another scale?")
    if n < FEW_PERSONS:
        warnings.append(f"{n} persons are few: look at the width of the interval")
    return CronbachAlpha(
        value=value,
        low=float(1 - (1 - value) * special.fdtri(df1, df2, tail)),
        high=float(1 - (1 - value) * special.fdtri(df1, df2, 1 - tail)),
        level=level,
        standardized=k * mean / (1 + (k - 1) * mean) if 1 + (k - 1) * mean > 0 else float("-inf"),
        mean_correlation=mean,
        sem=float(np.sqrt(total * max(1 - value, 0.0))),
        n=n,
        k=k,
        incomplete=incomplete,
        missing=missing,
        items=tuple(found),
        warnings=tuple(warnings),
    )


FEW_PERSONS = 30


def alpha_of(covariance: Array) -> float:
    """Alpha of (k, k) covariances."""
    k = covariance.shape[0]
    return float(k / (k - 1) * (1 - np.trace(covariance) / covariance.sum()))


def pairwise_covariance(x: Array) -> tuple[int, Array]:
    """Covariances of those who answered both, about the means of those; and the smallest number behind any of them."""
    here = ~np.isnan(x)
    counts = here.T.astype(float) @ here
    least = int(counts.min())
    if least < 2:
        raise refusal(
            "items",
            "two items have fewer than two persons who answered both",
            f"{least}",
            next="leave one of the two out, or use an item-response model",
        )
    filled = np.where(here, x - np.nanmean(x, axis=0), 0.0)
    sums = filled.T @ here  # of item i among those who answered j
    covariance = (filled.T @ filled - sums * sums.T / counts) / (counts - 1)
    return least, np.asarray(covariance)
