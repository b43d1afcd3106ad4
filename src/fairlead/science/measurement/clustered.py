"""Shares of things that come in bunches: assignments and answers of classrooms, scores of visits.

Sources
-------
Linearization of a weighted mean: Binder (1983), doi:10.2307/1402588. The correction for few clusters and its degrees of
freedom: Bell & McCaffrey (2002), Survey Methodology 28(2), 169-181; Pustejovsky & Tipton (2018),
doi:10.1080/07350015.2016.1247004, eqs. 6 and 10, for a model of the mean alone, where they have a closed form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from fairlead.science.measurement.problems import refusal
from fairlead.science.measurement.ratings import Codes, coded, numbers
from fairlead.science.proportion import wilson

Array = NDArray[np.float64]
FEW_CLUSTERS = 10
FEW_DF = 4.0
NO_SPREAD = 1e-12  # of the variance of one row: what rounding leaves of none


@dataclass(frozen=True, slots=True)
class ClusteredShare:
    """A share with an interval that knows of the clusters. `method` says how the interval was made."""

    value: float
    low: float
    high: float
    se: float
    df: float
    level: float
    n: int
    clusters: int
    missing: int  # rows left out because their value is missing
    design_effect: float | None  # variance ÷ that of as many independent rows; None where all rows are alike
    method: str
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Mean:
    """A weighted mean and what its clusters say of its error: arrays only, nothing checked."""

    value: float
    variance: float
    df: float
    clusters: int


def clustered_mean(values: Array, cluster: Codes, weights: Array) -> Mean:
    """The weighted mean of complete rows, its variance (CR2) and degrees of freedom.

    Parameters
    ----------
    values, weights : (n,) finite, weights positive.
    cluster : (n,) codes from 0 up, every one in use, two or more.

    Notes
    -----
    The mean is a regression on a constant, with hat matrix 1w′/W; its working model is independent rows of one variance
    (weights come from sampling, not from precision). Of cluster g, B = I − (1w′ + w1′)/W + 11′ Σw²/W² leaves all but
    the span of 1 and w as it is, so A = B^(−1/2) needs a matrix of two by two. The variance is Σ (w′Ae)²/W²; of equal
    clusters and weights it is that of the mean of their means, with G − 1 degrees of freedom.
    """
    total = weights.sum()
    value = float(weights @ values / total)
    residuals = values - value
    n = np.bincount(cluster).astype(float)
    own = np.bincount(cluster, weights=weights)
    within = weights - (own / n)[cluster]
    spread = np.sqrt(np.bincount(cluster, weights=within**2))
    spread = np.where(spread > 1e-9 * own, spread, 0.0)  # weights that differ by rounding are equal
    s = float((weights**2).sum() / total**2)
    root = np.sqrt(n)
    b = np.zeros((n.size, 2, 2))
    b[:, 0, 0] = 1 - 2 * own / total + n * s
    b[:, 0, 1] = b[:, 1, 0] = -root * spread / total
    b[:, 1, 1] = 1.0
    roots, vectors = np.linalg.eigh(b)
    a = (vectors / np.sqrt(np.maximum(roots, 1e-12))[:, None, :]) @ np.swapaxes(vectors, 1, 2)
    w = np.stack([own / root, spread], axis=1)  # in the basis of 1 and what of w is not 1
    along = np.bincount(cluster, weights=within * residuals)
    e = np.stack(
        [np.bincount(cluster, weights=residuals) / root, np.divide(along, spread, out=np.zeros_like(along), where=spread > 0)],
        axis=1,
    )  # fmt: skip
    adjusted = np.einsum("gi,gij->gj", w, a)
    sums = (adjusted * e).sum(axis=1)
    x, z = root * adjusted[:, 0], (adjusted * w).sum(axis=1)  # 1′Aw and w′Aw
    square = (
        2 * ((x @ x) * (z @ z) + (x @ z) ** 2) / total**2 + (s * (x @ x)) ** 2 - 4 * s * (x @ x) * (x @ z) / total
    )
    square -= ((s * x**2 - 2 * x * z / total) ** 2).sum()
    diagonal = (w**2).sum(axis=1)
    df = float(diagonal.sum() ** 2 / ((diagonal**2).sum() + max(float(square), 0.0)))
    return Mean(value, float((sums**2).sum() / total**2), min(df, n.size - 1.0), n.size)


def clustered_share(
    values: ArrayLike, cluster: Sequence[Any], *, weights: ArrayLike | None = None, level: float = 0.95
) -> ClusteredShare:
    """Estimate a share, with an interval that allows for rows of one cluster being alike.

    For the share of assignments that are grade-appropriate, where each classroom gave several; of answers to an item,
    where each class has many students; of pairs of scores that agree, where each visit gives a dozen. Not for clusters
    of which all were taken (there is no chance in which): then the share is what it is.

    Parameters
    ----------
    values : (n,) 0 or 1 (True or False); NaN or None where missing: left out and counted.
    cluster : n labels.
    weights : (n,) positive: how many rows of the population one stands for (1 ÷ its chance of being drawn).
    level : float
        Coverage of the interval.

    Returns
    -------
    ClusteredShare

    Raises
    ------
    MeasurementError
        A value that is neither 0 nor 1, nothing left, fewer than two clusters, a weight that is not positive.

    Notes
    -----
    Assumed: clusters were drawn independently of one another; rows within them may be alike in any way. The interval
    is made on the scale of log odds with Student's t, and so stays between 0 and 1. Where every row says the same, or
    every cluster has the same share, linearization knows no error, and an interval without width would claim
    certainty: then it is Wilson's (1927, doi:10.1080/01621459.1927.10502953) with one independent
    row a cluster, wider rather than narrower than the truth. Of G clusters that all say no, it ends at z² / (G + z²),
    near the 3.84 ÷ G of a rule of three for two sides (Hanley & Lippman-Hand 1983,
    doi:10.1001/jama.1983.03330370053031, has 3 ÷ G for one side); with weights, G is Kish's effective number of
    clusters, (Σ W_g)² ÷ Σ W_g².

    Examples
    --------
    >>> share = clustered_share([1, 1, 0, 0, 1, 0, 0, 0], ["a", "a", "b", "b", "c", "c", "d", "d"])
    >>> round(share.value, 3), round(share.low, 3), round(share.high, 3), share.clusters
    (0.375, 0.023, 0.939, 4)
    """
    y, codes, w, missing = _rows(values, cluster, weights)
    if not np.isin(y, (0.0, 1.0)).all():
        raise refusal(
            "values", "a share is counted from 0 and 1", "other numbers", next="say which values count as 1"
        )
    found = clustered_mean(y, codes, w)
    p = found.value
    alike = y.min() == y.max()
    if alike or found.variance < NO_SPREAD * p * (1 - p):
        own = np.bincount(codes, weights=w)
        effective = float(own.sum() ** 2 / (own**2).sum())
        p = float(y[0]) if alike else p
        alone = wilson(p * effective, effective, level)
        what = "row says the same" if alike else "cluster has the same share"
        notes = (*_few(found), f"every {what}: the interval counts each cluster as one independent row")
        return ClusteredShare(
            p,
            alone.low,
            alone.high,
            0.0,
            found.df,
            level,
            y.size,
            found.clusters,
            missing,
            None,
            "wilson",
            notes,
        )
    se = float(np.sqrt(found.variance))
    half = float(special.stdtrit(found.df, 0.5 + level / 2)) * se / (p * (1 - p))
    centre = float(special.logit(p))
    return ClusteredShare(
        value=p,
        low=float(special.expit(centre - half)),
        high=float(special.expit(centre + half)),
        se=se,
        df=found.df,
        level=level,
        n=y.size,
        clusters=found.clusters,
        missing=missing,
        design_effect=found.variance / (p * (1 - p) / y.size),
        method="log odds, CR2",
        warnings=_few(found),
    )


def _rows(values: ArrayLike, cluster: Sequence[Any], weights: ArrayLike | None) -> tuple[Array, Codes, Array, int]:
    """Complete rows, their clusters as codes, their weights, and how many were left out."""
    y = numbers(values, "values")
    w = np.ones(y.shape) if weights is None else numbers(weights, "weights")
    if y.ndim != 1 or len(cluster) != y.size or w.shape != y.shape:
        raise refusal(
            "lengths", "one value, one cluster and one weight a row", f"{y.shape}, {len(cluster)}, {w.shape}"
        )
    if not (w > 0).all():
        raise refusal(
            "weights",
            "a weight says how many rows one stands for",
            f"{int((~(w > 0)).sum())} that are zero, negative or missing",
            "positive numbers",
            "leave out what was not drawn",
        )
    here = ~np.isnan(y)
    if not here.any():
        raise refusal("values", "no row is left", f"{y.size} rows, all missing")
    codes, clusters = coded([label for label, known in zip(cluster, here, strict=True) if known])
    if len(clusters) < 2:
        raise refusal(
            "cluster",
            "one cluster says nothing of how clusters differ, so no interval can be had",
            "1 cluster",
            "two, better ten or more",
            "draw more classrooms, or show the counts without an interval",
        )
    return y[here], codes, w[here], int((~here).sum())


def _few(found: Mean) -> tuple[str, ...]:
    notes = []
    if found.clusters < FEW_CLUSTERS:
        notes.append(f"{found.clusters} clusters are few: the interval rests on how alike they happen to be")
    if found.df < FEW_DF:
        notes.append(
            f"{found.df:.1f} degrees of freedom: a few clusters carry most of the weight, read the interval as a guess"
        )
    return tuple(notes)
