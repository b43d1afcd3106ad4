"""Standard errors and simultaneous bands from influence functions, by a multiplier bootstrap over clusters.

Source: Callaway & Sant'Anna (2021), section 4.1, algorithm 1; the two-point weights are Mammen's (1993),
doi:10.1214/aos/1176349025. With normal weights the draws are exactly normal with the estimated covariance, so they are
drawn from it, at a cost that does not grow with the units.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Array = NDArray[np.float64]

MULTIPLIERS = ("mammen", "rademacher", "normal")
_GOLDEN = (np.sqrt(5) + 1) / 2
_CHUNK = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """How far the estimates of one family lie from the truth.

    Attributes
    ----------
    covariance : (E, E).
    se, bootstrap_se : (E,) analytic, and from the draws (None without draws); NaN where an estimate is fixed.
    critical : the half width of the simultaneous band in standard errors (None without draws).
    """

    covariance: Array
    se: Array
    bootstrap_se: Array | None
    critical: float | None


def covariance(influence: Array, n: int) -> Array:
    """ΣΨΨ′ ÷ n², (E, E), of (C, E) sums over clusters."""
    return np.asarray(influence.T @ influence / n**2)


def draws(influence: Array, n: int, rng: np.random.Generator, count: int, multipliers: str) -> Array:
    """(count, E) deviations Σ ξ Ψ ÷ n with independent two-point weights ξ of mean 0 and variance 1."""
    clusters = influence.shape[0]
    result = np.empty((count, influence.shape[1]))
    step = max(1, _CHUNK // clusters)
    for start in range(0, count, step):
        rows = min(step, count - start)
        if multipliers == "rademacher":
            weights = rng.integers(0, 2, (rows, clusters)) * 2.0 - 1.0
        else:
            low = rng.random((rows, clusters)) < _GOLDEN / np.sqrt(5)
            weights = np.where(low, 1 - _GOLDEN, _GOLDEN)
        result[start : start + rows] = weights @ influence / n
    return result


def normal_draws(matrix: Array, rng: np.random.Generator, count: int) -> Array:
    """(count, E) the same with normal weights, from the covariance of the estimates alone."""
    values, vectors = np.linalg.eigh(matrix)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    return np.asarray(rng.standard_normal((count, values.size)) @ root.T)


def spread(matrix: Array, deviations: Array | None, level: float = 0.95) -> Spread:
    """Errors of one family with this covariance; the band covers all its members at once with probability `level`.

    The bootstrap's standard error is the interquartile range of the draws over that of the normal distribution, and the
    band's critical value is never below the pointwise one.
    """
    se = np.sqrt(np.maximum(np.diag(matrix), 0.0))
    se = np.where(se > 1e-14 * max(float(se.max(initial=0.0)), 1e-300), se, np.nan)
    if deviations is None:
        return Spread(matrix, se, None, None)
    quarters = np.quantile(deviations, [0.25, 0.75], axis=0)
    boot = (quarters[1] - quarters[0]) / (ndtri(0.75) - ndtri(0.25))
    used = np.isfinite(se)
    pointwise = float(ndtri((1 + level) / 2))
    if not used.any():
        return Spread(matrix, se, np.where(used, boot, np.nan), None)
    largest = np.abs(deviations[:, used] / se[used]).max(axis=1)
    critical = max(float(np.quantile(largest, level)), pointwise)
    return Spread(matrix, se, np.where(used, boot, np.nan), critical)
