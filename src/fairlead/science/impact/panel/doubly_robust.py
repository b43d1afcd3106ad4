"""Two groups, two periods: the effect on the treated under conditional parallel trends, and its influence function.

Arrays in, arrays out. Sources: Sant'Anna & Zhao (2020), doi:10.1016/j.jeconom.2020.06.003: the traditional doubly
robust estimator is their (3.1) with maximum likelihood and ordinary least squares, its influence function Theorem 1;
the improved one is section 3.1 (inverse probability tilting, Graham, Pinto & Egel 2012, doi:10.1093/restud/rdr047, and
weighted least squares), whose first steps leave no trace in the influence function.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

MOST_STEPS = 50
CERTAIN = 0.999  # a comparison unit this likely to be treated has nobody to stand for


@dataclass(frozen=True, slots=True)
class TwoByTwo:
    """The effect on the treated and each row's influence, Σ ψ = 0 and variance Σ ψ² ÷ rows²."""

    estimate: float
    influence: Array  # (rows,)
    trouble: str | None = None  # why there is no estimate
    effective: float | None = None  # as many comparison rows of equal weight would be as good (Kish)


def difference(change: Array, treated: Mask) -> TwoByTwo:
    """Without covariates: the difference of the mean changes.

    Examples
    --------
    >>> import numpy as np
    >>> difference(np.array([3.0, 1.0, 0.0]), np.array([True, True, False])).estimate
    2.0
    """
    n, ones = change.size, int(treated.sum())
    here, there = change[treated].mean(), change[~treated].mean()
    influence = np.where(treated, (change - here) * (n / ones), -(change - there) * (n / (n - ones)))
    return TwoByTwo(float(here - there), influence)


def doubly_robust(change: Array, treated: Mask, x: Array, *, improved: bool = False) -> TwoByTwo:
    """With covariates: right if the model of who is treated or the model of the change is right.

    Parameters
    ----------
    change : (n,) outcome of the later minus that of the base period.
    treated : (n,) True for the cohort, False for the comparison rows.
    x : (n, p) covariates with the constant as first column.
    improved : tilting and weighted least squares in place of maximum likelihood and least squares.
    """
    nothing = np.zeros(change.size)
    d = treated.astype(float)
    center, spread = x[:, 1:].mean(axis=0), x[:, 1:].std(axis=0)
    if (spread == 0).any():
        return TwoByTwo(np.nan, nothing, "a covariate does not vary here")
    x = np.column_stack([x[:, :1], (x[:, 1:] - center) / spread])
    if np.linalg.matrix_rank(x[~treated]) < x.shape[1]:
        return TwoByTwo(np.nan, nothing, "the covariates are collinear among the comparison units")
    index = _tilt(d, x) if improved else _logit(d, x)
    if index is None:
        return TwoByTwo(
            np.nan, nothing, "the model of who is treated does not converge: the covariates tell them apart"
        )
    score = 1 / (1 + np.exp(-index))
    if not improved:
        score = np.minimum(score, 1 - 1e-6)
    largest = float(score[~treated].max())
    if largest > CERTAIN:
        return TwoByTwo(np.nan, nothing, "some comparison units look certain to be treated (no overlap)")
    odds = np.where(treated, 0.0, score / (1 - score))
    fitted = _regress(change, x, odds if improved else 1.0 - d)
    rest = change - x @ fitted
    here, there = float((d * rest).sum() / d.sum()), float((odds * rest).sum() / odds.sum())
    for_treated = d * (rest - here)
    for_others = odds * (rest - there)
    if not improved:
        n = change.size
        bread = np.linalg.inv((x * (1 - d)[:, None]).T @ x / n)
        regression = ((1 - d) * rest)[:, None] * x @ bread  # of the outcome's coefficients
        information = np.linalg.inv((x * (score * (1 - score))[:, None]).T @ x / n)
        propensity = (d - score)[:, None] * x @ information  # of the score's coefficients
        for_treated = for_treated - regression @ (d @ x / n)
        for_others = for_others + propensity @ ((odds * (rest - there)) @ x / n) - regression @ (odds @ x / n)
    influence = for_treated / d.mean() - for_others / odds.mean()
    return TwoByTwo(here - there, influence, None, float(odds.sum() ** 2 / (odds**2).sum()))


def _regress(y: Array, x: Array, weights: Array) -> Array:
    root = np.sqrt(weights)
    return np.asarray(np.linalg.lstsq(x * root[:, None], y * root, rcond=None)[0], dtype=float)


def _logit(d: Array, x: Array) -> Array | None:
    """The index of the logistic regression by Newton's method; None where the likelihood has no maximum."""
    beta = np.zeros(x.shape[1])
    for _ in range(MOST_STEPS):
        index = x @ beta
        if np.abs(index).max() > 30:
            return None
        score = 1 / (1 + np.exp(-index))
        gradient = x.T @ (d - score)
        try:
            step = np.linalg.solve((x * (score * (1 - score))[:, None]).T @ x, gradient)
        except np.linalg.LinAlgError:
            return None
        beta = beta + step
        if gradient @ step < 1e-20 * d.size or np.abs(step).max() < 1e-12:
            return np.asarray(x @ beta)
    return None


def _tilt(d: Array, x: Array) -> Array | None:
    """The index under which the comparison rows, weighted by exp(index), have the treated rows' sums of x."""
    beta: Array = np.zeros(x.shape[1])
    beta[0] = np.log(d.sum() / (d.size - d.sum()))
    start = _logit(d, x)
    if start is not None:
        beta = _regress(start, x, np.ones(d.size))

    def objective(at: Array) -> float:
        index = x @ at
        return float((d * index - (1 - d) * np.exp(np.minimum(index, 60))).sum())

    value = objective(beta)
    for _ in range(MOST_STEPS):
        weight = (1 - d) * np.exp(np.minimum(x @ beta, 60))
        gradient = x.T @ (d - weight)
        try:
            step = np.linalg.solve((x * weight[:, None]).T @ x, gradient)
        except np.linalg.LinAlgError:
            return None
        if gradient @ step < 1e-20 * d.size:
            return np.asarray(x @ beta)
        size = 1.0
        while size > 1e-8 and not objective(beta + size * step) >= value:
            size /= 2
        beta = beta + size * step
        value = objective(beta)
        if np.abs(x @ beta).max() > 30:
            return None
        if np.abs(size * step).max() < 1e-12:
            return np.asarray(x @ beta)
    return None
