"""From starting values to the maximum of the marginal likelihood.

First steps use the complete-data information (the EM gradient algorithm: Lange 1995, doi:10.1111/j.2517-6161.1995.tb02037.x),
which climb from anywhere and then crawl. Once they are short, the exact second derivative takes over (Newton), and where that
would cost too much for every step, it is taken once from some of the persons and mended by every step that follows (BFGS).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from fairlead.science.measurement.irt.marginal import Likelihood, Point

Array = NDArray[np.float64]
MOST_STEPS = 200
NEAR = 0.1  # promised gain of a step, in log-likelihood, below which second derivatives are trusted
DONE = 1e-12  # promised gain at which the search ends: each parameter is known to about a millionth of its error
GOOD = 1e-8  # promised gain that still counts as converged, where rounding ends the search before that
COSTLY = 2e9  # multiplications beyond which the exact second derivative is not taken anew at each step
SOME = 50  # patterns a parameter, from which the search starts where there are many more
MANY = 4  # times as many
NEARLY = 1e-2  # promised gain at which a search among some of the patterns has done its work


@dataclass(frozen=True, slots=True)
class Convergence:
    """How the search ended. `gradient` is the largest slope of the log-likelihood in any parameter, `gain` what one more Newton
    step promises, in log-likelihood; `passes` are readings of
    all patterns."""

    converged: bool
    message: str
    steps: int
    passes: int
    gradient: float
    gain: float


def climb(likelihood: Likelihood, start: Array, done: float = DONE) -> tuple[Point, Array, Convergence] | None:
    """The highest point, minus the second derivative there (or what stands for it), and how it ended. None where the likelihood
    is not finite at the start."""
    patterns = likelihood.patterns
    curvature = None
    steps = 0
    most = SOME * likelihood.layout.size
    if patterns.weights.size > MANY * most:
        some = patterns.some(most)
        found = climb(Likelihood(some, likelihood.layout, likelihood.grid), start, NEARLY)
        if found is not None:
            start, curvature, ended = found[0].x, found[1] * (patterns.persons / some.persons), found[2]
            steps = ended.steps
    point = likelihood.at(start)
    if point is None:
        return None
    near = curvature is not None
    exact = not near and likelihood.cost_of_observed() <= COSTLY
    message = f"no maximum after {MOST_STEPS} steps"
    converged = False
    matrix = curvature if curvature is not None else likelihood.complete(point)
    gain = np.inf
    while steps < MOST_STEPS:
        steps += 1
        if exact and near:  # anew at each step
            matrix = likelihood.observed(point)
        step, gain = _ascent(matrix, point.gradient)
        if step is None:  # the second derivative is not that of a maximum yet
            matrix = likelihood.complete(point)
            step, gain = _ascent(matrix, point.gradient)
            near = False
        if step is None:
            message = "the answers do not determine the parameters"
            break
        if near and gain <= done:
            converged, message = True, "the gradient vanishes"
            break
        moved = _line(likelihood, point, step)
        if moved is None:
            if not near:
                near = True
                matrix = matrix if exact else likelihood.observed(point)
                continue
            converged = gain <= GOOD
            message = "the gradient vanishes" if converged else "no step raises the likelihood any more"
            break
        if near and not exact:
            matrix = _mended(matrix, moved.x - point.x, point.gradient - moved.gradient)
        elif not near:
            near = gain <= NEAR
            if not near:
                matrix = likelihood.complete(moved)
            elif not exact:
                matrix = likelihood.observed(moved)
        point = moved
    return (
        point,
        matrix,
        Convergence(
            converged,
            message,
            steps,
            likelihood.passes,
            float(np.abs(point.gradient).max(initial=0.0)),
            float(gain),
        ),
    )


def _ascent(matrix: Array, gradient: Array) -> tuple[Array | None, float]:
    """A step uphill and the gain it promises; None where the matrix is not positive."""
    scale = np.sqrt(np.maximum(np.diag(matrix), 1e-300))
    try:
        factor = linalg.cho_factor(matrix / np.outer(scale, scale), lower=True)
    except (linalg.LinAlgError, ValueError):
        return None, np.inf
    step = linalg.cho_solve(factor, gradient / scale) / scale
    gain = float(gradient @ step) / 2
    longest = float(np.abs(step).max())
    return (step * min(1.0, 2.0 / longest) if longest else step), gain


def _line(likelihood: Likelihood, point: Point, step: Array) -> Point | None:
    """As far along the step as the likelihood rises; where it cannot tell any more, as far as the gradient shrinks."""
    slope = float(point.gradient @ step)
    noise = 1e-13 * max(1.0, abs(point.value))
    share = 1.0
    for _ in range(25):
        found = likelihood.at(point.x + share * step)
        if found is not None:
            if slope <= noise:
                return found if np.abs(found.gradient).max() < np.abs(point.gradient).max() else None
            if found.value >= point.value + 1e-4 * share * slope - noise:
                return found
        share *= 0.4
    return None


def _mended(matrix: Array, moved: Array, fell: Array) -> Array:
    """BFGS: the matrix that explains how the gradient fell along the step."""
    along = float(moved @ fell)
    if along <= 1e-12 * float(np.linalg.norm(moved) * np.linalg.norm(fell)):
        return matrix
    pushed = matrix @ moved
    return matrix + np.outer(fell, fell) / along - np.outer(pushed, pushed) / float(moved @ pushed)
