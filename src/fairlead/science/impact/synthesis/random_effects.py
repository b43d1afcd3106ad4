"""Random effects: studies whose true effects differ, each estimated once. Arrays in, arrays out; studies along the last
axis, so that many syntheses can be computed at once.

Sources: REML by Fisher scoring, Viechtbauer (2005), doi:10.3102/10769986030003261; Knapp & Hartung (2003),
doi:10.1002/sim.1482; Q-profile interval, Viechtbauer (2007), doi:10.1002/sim.2514; I², Higgins & Thompson (2002),
doi:10.1002/sim.1186.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

Array = NDArray[np.float64]

MOST_STEPS = 500
CALM_AFTER = 50
TOLERANCE = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """Arrays of the leading axes: mean, its model-based and Knapp-Hartung errors, the variance between studies."""

    mean: Array
    se: Array
    se_adjusted: Array
    tau2: Array
    converged: NDArray[np.bool_]


def fit_random_effects(y: Array, v: Array, *, reml: bool = True) -> Fitted:
    """Estimate mean and variance between studies.

    Parameters
    ----------
    y, v : (…, k) effects and their sampling variances.
    reml : restricted maximum likelihood, else maximum likelihood (whose variance is too small with few studies).

    Examples
    --------
    >>> import numpy as np
    >>> found = fit_random_effects(np.array([0.1, 0.3, 0.2]), np.array([0.04, 0.04, 0.04]))
    >>> float(round(found.mean, 3)), float(found.tau2), bool(found.converged)
    (0.2, 0.0, True)
    """
    tau2 = np.maximum(y.var(axis=-1, ddof=1) - v.mean(axis=-1), 0.0)
    scale = y.var(axis=-1) + v.mean(axis=-1)
    converged = np.zeros(tau2.shape, dtype=bool)
    for count in range(MOST_STEPS):
        w = 1 / (v + tau2[..., None])
        total = w.sum(axis=-1)
        rest = y - ((w * y).sum(axis=-1) / total)[..., None]
        two, three = (w**2).sum(axis=-1), (w**3).sum(axis=-1)
        if reml:
            trace, square = total - two / total, two - 2 * three / total + (two / total) ** 2
        else:
            trace, square = total, two
        step = ((w**2 * rest**2).sum(axis=-1) - trace) / square
        new = np.maximum(tau2 + (step if count < CALM_AFTER else step / 2), 0.0)  # scoring may step over and back
        converged = np.abs(new - tau2) <= TOLERANCE * scale
        tau2 = new
        if converged.all():
            break
    w = 1 / (v + tau2[..., None])
    total = w.sum(axis=-1)
    mean = (w * y).sum(axis=-1) / total
    q = (w * (y - mean[..., None]) ** 2).sum(axis=-1) / (y.shape[-1] - 1)
    return Fitted(mean, np.sqrt(1 / total), np.sqrt(q / total), tau2, converged)


def log_likelihood(y: Array, v: Array, tau2: float, *, reml: bool = True) -> float:
    """With its constants, of k studies; the mean profiled out."""
    w = 1 / (v + tau2)
    mean = (w @ y) / w.sum()
    value = -0.5 * (y.size * np.log(2 * np.pi) - np.log(w).sum() + w @ (y - mean) ** 2)
    if reml:
        value += 0.5 * (np.log(2 * np.pi) - np.log(w.sum()) + np.log(y.size))
    return float(value)


def heterogeneity(y: Array, v: Array) -> tuple[float, float]:
    """Q, and the typical sampling variance of I² = τ² ÷ (τ² + typical)."""
    w = 1 / v
    q = float(w @ (y - (w @ y) / w.sum()) ** 2)
    return q, float((y.size - 1) * w.sum() / (w.sum() ** 2 - (w**2).sum()))


def q_profile(y: Array, v: Array, level: float = 0.95) -> tuple[float, float]:
    """The values of τ² under which the generalised Q is not unusual: exact if the variances are known."""

    def generalised(tau2: float) -> float:
        w = 1 / (v + tau2)
        return float(w @ (y - (w @ y) / w.sum()) ** 2)

    ends = []
    for share in ((1 + level) / 2, (1 - level) / 2):
        target = float(stats.chi2.ppf(share, y.size - 1))
        ends.append(_root(lambda tau2, target=target: generalised(tau2) - target, float(y.var() + v.max())))
    return ends[0], ends[1]


def likelihood_profile(
    y: Array, v: Array, tau2: float, level: float = 0.95, *, reml: bool = True
) -> tuple[float, float]:
    """The values of τ² whose log-likelihood is within χ²(1) ÷ 2 of the highest."""
    floor = log_likelihood(y, v, tau2, reml=reml) - float(stats.chi2.ppf(level, 1)) / 2

    def above(at: float) -> float:
        return log_likelihood(y, v, at, reml=reml) - floor

    low = 0.0 if above(0.0) >= 0 else float(optimize.brentq(above, 0.0, tau2, xtol=1e-13))
    return low, _root(lambda at: above(tau2 + at), float(y.var() + v.max())) + tau2


def _root(falling: object, size: float) -> float:
    """Where a falling function meets zero, 0 if it is below from the start."""
    call = falling
    assert callable(call)
    if call(0.0) <= 0:
        return 0.0
    high = size
    while call(high) > 0:
        high *= 2
    return float(optimize.brentq(call, 0.0, high, xtol=1e-13))
