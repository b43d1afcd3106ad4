"""Entropy balancing: the weights nearest to equal ones under which the controls have the means of the treated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from fairlead.science.impact.problems import EstimationError, Problem
from fairlead.science.impact.wording import counted

Array = NDArray[np.float64]
MOST_STEPS = 200
EXACT = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class Balancing:
    """A solved dual.

    Attributes
    ----------
    weights : (c,) of the controls, average one.
    multipliers : (k,) of the covariates, in their units.
    gap : the greatest difference of means that is left, in standard deviations.
    steps : Newton steps.
    """

    weights: Array
    multipliers: Array
    gap: float
    steps: int


def entropy_weights(controls: Array, target: Array, scale: Array, names: Sequence[str]) -> Balancing:
    """Minimise Σw·log w subject to Σw = 1 and Σwx = target, by Newton steps on the dual log Σexp((x − target)'λ).

    Parameters
    ----------
    controls : (c, k) covariates of the controls, none collinear.
    target : (k,) the means they must have.
    scale : (k,) a typical spread of each covariate.

    Raises
    ------
    EstimationError
        When no positive weights can do it: the target lies outside the controls (or on their edge), proved by a direction
        in which every control lies to one side of it. The covariates of that direction are named.

    Notes
    -----
    Hainmueller (2012), doi:10.1093/pan/mpr025. The dual is convex; a λ with (x − target)'λ ≤ 0 for every control sends
    it to −∞, so that a minimum and such a λ exclude each other.

    Examples
    --------
    >>> import numpy as np
    >>> fit = entropy_weights(np.array([[0.0], [1.0], [2.0]]), np.array([1.5]), np.ones(1), ["age"])
    >>> round(float(fit.weights @ [0, 1, 2]) / 3, 10)
    1.5
    """
    z = (controls - target) / scale
    b = np.zeros(z.shape[1])
    linear = np.zeros(z.shape[0])
    value = float(np.log(z.shape[0]))
    steps = 0
    while steps < MOST_STEPS:
        steps += 1
        w = np.exp(linear - value)
        gradient = z.T @ w
        gap = float(np.abs(gradient).max())
        if gap <= EXACT:
            break
        curve = (z * w[:, None]).T @ z - np.outer(gradient, gradient)
        try:
            step = np.linalg.solve(curve, -gradient)
        except np.linalg.LinAlgError:
            step = np.linalg.lstsq(curve, -gradient, rcond=None)[0]
        slope = float(gradient @ step)
        size = 1.0
        while True:
            new = b + size * step
            new_linear = z @ new
            new_value = float(logsumexp(new_linear))
            if new_value <= value + 1e-4 * size * slope or size < 1e-8 or abs(slope) < 1e-14:
                break
            size /= 2
        b, linear, value = new, new_linear, new_value
        if linear.max() <= 1e-7 * -linear.min() and linear.min() < 0:
            raise _outside(names, b)
    else:
        raise EstimationError(
            [
                Problem(
                    "balance",
                    "no weights were found that give the controls the means of the treated",
                    f"a gap of {gap:.1e} standard deviations after {counted(MOST_STEPS, 'step')}",
                    next="fewer covariates, or leave out treated rows that have no counterpart",
                )
            ]
        )
    weights = w * z.shape[0]
    multipliers = b / scale
    for array in (weights, multipliers):
        array.flags.writeable = False
    return Balancing(weights, multipliers, gap, steps)


def _outside(names: Sequence[str], direction: Array) -> EstimationError:
    size = np.abs(direction)
    named = [name for name, value in zip(names, size, strict=True) if value >= 0.1 * float(size.max())]
    return EstimationError(
        [
            Problem(
                "balance",
                "no positive weights give the controls the means of the treated: these lie outside of all controls",
                ", ".join(named),
                "means that a mixture of controls can have",
                "leave the covariate out, or leave out treated rows that have no counterpart",
            )
        ]
    )
