"""The propensity score: the chance of treatment given the covariates, by a logit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from fairlead.science.impact.matching.greedy import project
from fairlead.science.impact.problems import EstimationError, Problem

Array = NDArray[np.float64]
MOST_STEPS = 60


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """A fitted logit of the treatment.

    Attributes
    ----------
    names, coefficients : (k+1,) the intercept first, in the units of the covariates.
    probability : (n,) the score.
    linear : (n,) its log odds.
    deviance : −2 log likelihood.
    steps : Newton steps until the coefficients stood still.
    """

    names: tuple[str, ...]
    coefficients: Array
    probability: Array
    linear: Array
    deviance: float
    steps: int


def logit(x: Array, treated: NDArray[np.bool_], names: Sequence[str]) -> Score:
    """Maximum likelihood by Newton steps, until they are lost in rounding.

    Parameters
    ----------
    x : (n, k) covariates, finite, no intercept, none collinear.
    treated : (n,) bool, both arms present.
    names : of the k covariates.

    Raises
    ------
    EstimationError
        Separation: a combination of covariates tells (some of) the treated from everybody else for sure, so that the
        likelihood has no maximum. The covariates of the combination are named. Also when the steps do not settle.

    Notes
    -----
    Separation is proved, not guessed: a direction d with ±x'd ≥ 0 for every row (+ for the treated) and > 0 for some is a
    direction in which the likelihood rises forever (Albert & Anderson 1984, doi:10.1093/biomet/71.1.1). Newton steps
    turn into it. Equal rows get equal scores, to the last bit.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[0.0], [0.0], [0.0], [1.0], [1.0], [1.0]])
    >>> score = logit(x, np.array([True, False, False, True, True, False]), ["late"])
    >>> np.round(score.probability, 4).tolist()
    [0.3333, 0.3333, 0.3333, 0.6667, 0.6667, 0.6667]
    """
    center = x.mean(axis=0)
    scale = x.std(axis=0)
    scale[scale == 0] = 1.0
    z = np.column_stack([np.ones(x.shape[0]), (x - center) / scale])
    sign = np.where(treated, 1.0, -1.0)
    t = treated.astype(float)
    b = np.zeros(z.shape[1])
    eta = z @ b
    deviance = _deviance(t, eta)
    steps = 0
    while steps < MOST_STEPS:
        steps += 1
        p = expit(eta)
        w = p * (1 - p)
        information = z.T @ (z * w[:, None])
        try:
            step = np.linalg.solve(information, z.T @ (t - p))
        except np.linalg.LinAlgError:
            raise _no_maximum(names, b[1:]) from None
        size = 1.0
        while True:
            new = b + size * step
            new_eta = z @ new
            new_deviance = _deviance(t, new_eta)
            if new_deviance <= deviance * (1 + 1e-12) or size < 1e-6:
                break
            size /= 2
        moved = float(np.abs(new - b).max())
        b, eta, deviance = new, new_eta, new_deviance
        if moved <= 1e-11 * (1 + float(np.abs(b).max())):
            break
        for direction in (b, step)[: 2 if steps >= 4 else 1]:
            side = sign * (z @ direction)
            if moved > 1e-3 and side.max() > 0 and side.min() >= -1e-7 * side.max():
                raise _no_maximum(names, direction[1:])
    else:
        raise EstimationError(
            [
                Problem(
                    "score",
                    "the logit did not settle",
                    f"a step of {moved:.1e} after {MOST_STEPS}",
                    next="fewer covariates, or look for one that almost decides who is treated",
                )
            ]
        )
    raw = np.concatenate([[0.0], b[1:] / scale])
    raw[0] = b[0] - float(raw[1:] @ center)
    linear = project((x - center) / scale, b[1:, None])[:, 0] + b[0]
    probability = expit(linear)
    for array in (raw, linear, probability):
        array.flags.writeable = False
    return Score(("(Intercept)", *names), raw, probability, linear, deviance, steps)


def _deviance(t: Array, eta: Array) -> float:
    return float(2 * (np.logaddexp(0, eta) - t * eta).sum())


def _no_maximum(names: Sequence[str], direction: NDArray[Any]) -> EstimationError:
    weight = np.abs(direction)
    named = [
        name for name, value in zip(names, weight, strict=True) if value >= 0.1 * max(float(weight.max()), 1e-300)
    ]
    return EstimationError(
        [
            Problem(
                "score",
                "covariates tell treated rows from the others for sure, so no score can be estimated (separation)",
                ", ".join(named),
                "covariates whose values occur in both arms",
                "leave the covariate out, match exactly on it, or leave out the rows that have no counterpart",
            )
        ]
    )
