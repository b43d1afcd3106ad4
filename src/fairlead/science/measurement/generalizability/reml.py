"""Restricted maximum likelihood of crossed variance components by average information.

Sources
-------
Average information: Gilmour, Thompson & Cullis (1995), doi:10.2307/2533274, eqs. 5 to 8; Johnson & Thompson (1995),
doi:10.3168/jds.S0022-0302(95)76654-1. Mixed-model equations and the trace from their inverse: Searle, Casella & McCulloch
(1992), Variance Components, sections 7.6 and 8.3. The criterion is lme4's: Bates et al. (2015), doi:10.18637/jss.v067.i01.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from fairlead.science.measurement.generalizability import arrow as blocks
from fairlead.science.measurement.generalizability.arrow import Arrow

Array = NDArray[np.float64]

EDGE = 1e-7  # a ratio to the residual's variance at which a component is taken to lie on the edge
TOLERANCE = 1e-10  # s′A⁻¹s: 1e-5 of a standard error
ROUNDING = 1e-11  # of the criterion
NOTHING_LEFT = 1e-8  # a residual's variance, of scores of variance 1, at which the components reproduce the scores
MOST_STEPS = 100
LEAST_RESIDUAL = 0.01  # of all variance: from where the search begins at the least
MOST_HALVINGS = 12


@dataclass(frozen=True, slots=True)
class Convergence:
    """How the search ended."""

    converged: bool
    steps: int
    decrement: float  # s′A⁻¹s of the components that are free
    message: str


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """Variances in the order of the layout with the residual last, and what they rest on."""

    variances: Array  # (c + 1,)
    covariance: Array  # (c + 1, c + 1) of the variances, zero where one lies on the edge
    edge: tuple[bool, ...]
    mean: float
    mean_se: float
    deviance: float  # −2 log restricted likelihood, as lme4 gives it
    effects: tuple[Array, ...]  # best linear unbiased predictions, of each component
    effect_variances: tuple[Array, ...]  # of prediction
    convergence: Convergence


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """The criterion at ratios θ², the residual's variance profiled out."""

    deviance: float
    residual: float
    chol: Array  # (q + 1, q + 1) upper
    sol: Array  # (q + 1,)
    low: Array
    w: Array


@dataclass(frozen=True, slots=True, eq=False)
class Slopes:
    """The gradient of the log likelihood and the average information in the variances, at a point."""

    score: Array
    information: Array
    block: Array  # solutions of block effects, unscaled by θ
    block_inverse: Array  # diagonal of C⁻¹
    rest_inverse: Array  # diagonal of C⁻¹, the constant last


def fit(arrow: Arrow, start: Array) -> Solution:
    """Search from `start` (c + 1,): variances of the components in the order of the layout, the residual last.

    Components are held at or above zero, as in lme4; the ones that end there are said to lie on the edge.
    """
    count = start.size - 1
    floor = np.full(count, EDGE)
    # By moments the residual may be below zero: from there the ratios would begin so far out that no step leads back.
    least = max(LEAST_RESIDUAL * float(np.maximum(start, 0.0).sum()), 1e-12)
    ratio = np.maximum(start[:count] / max(start[count], least), 1e-3)
    zero = np.zeros(count, dtype=bool)
    steps, message, converged, decrement = 0, "", False, np.inf
    point = _at(arrow, ratio)
    slopes = _slopes(arrow, point, ratio, zero)
    while steps < MOST_STEPS:
        variances = np.append(ratio, 1.0) * point.residual
        held = zero | ((ratio <= 2 * floor) & (slopes.score[:count] <= 0))
        free = np.append(~held, True)
        step = np.zeros(count + 1)
        step[free] = np.linalg.lstsq(slopes.information[np.ix_(free, free)], slopes.score[free], rcond=1e-12)[0]
        decrement = float(step @ slopes.score)
        if decrement < TOLERANCE:
            if (held & ~zero).any():  # what lies on the edge is put onto it, and the others follow
                zero = held
                ratio = np.where(zero, 0.0, ratio)
                point = _at(arrow, ratio)
                slopes = _slopes(arrow, point, ratio, zero)
                steps += 1
                continue
            converged, message = True, f"after {steps} steps of average information"
            break
        found = _search(arrow, point, variances, step, floor, zero)
        if found is None:
            found = _search(arrow, point, variances, _careful(variances, slopes, arrow, count, free), floor, zero)
        if found is None:
            converged = decrement < 1e-6
            message = "no step makes the criterion better; the gradient is " + ("small" if converged else "not small")
            break
        ratio, point = found
        if point.residual < NOTHING_LEFT:
            message = "the residual's variance goes to zero: too few ratings for so many components"
            break
        slopes = _slopes(arrow, point, ratio, zero)
        steps += 1
    else:
        message = f"did not converge in {MOST_STEPS} steps"
    return _solution(arrow, point, slopes, ratio, zero, Convergence(converged, steps, decrement, message))


def _search(
    arrow: Arrow, point: Point, variances: Array, step: Array, floor: Array, zero: NDArray[np.bool_]
) -> tuple[Array, Point] | None:
    """Along the step, halved until the criterion is no worse; None if it never is."""
    share = 1.0
    for _ in range(MOST_HALVINGS):
        new = variances + share * step
        if new[-1] > 0.1 * variances[-1]:
            ratio = np.where(zero, 0.0, np.maximum(new[:-1] / new[-1], floor))
            found = _at(arrow, ratio)
            if found.deviance <= point.deviance + ROUNDING * abs(point.deviance):
                return ratio, found
        share /= 2
    return None


def _careful(variances: Array, slopes: Slopes, arrow: Arrow, count: int, free: NDArray[np.bool_]) -> Array:
    """A step of expectation-maximization, which cannot make matters worse but for rounding."""
    sizes = np.ones(count + 1)
    for place, c in enumerate(arrow.of):
        sizes[c] = (arrow.component == place).sum()
    for place, c in enumerate(arrow.others):
        sizes[c] = (arrow.rest_component == place).sum()
    sizes[count] = arrow.n
    return np.where(free, 2 * variances**2 * slopes.score / sizes, 0.0)


def _scales(arrow: Arrow, ratio: Array) -> tuple[Array, Array]:
    """θ by component of the blocks, and by column of the rest (1 for the constant and the scores)."""
    theta = np.sqrt(ratio)
    inside = theta[list(arrow.of)] if arrow.of else np.zeros(0)
    scale = np.ones(arrow.q + 2)
    if arrow.others:
        scale[: arrow.q] = theta[list(arrow.others)][arrow.rest_component]
    return inside, scale


def _at(arrow: Arrow, ratio: Array) -> Point:
    inside, scale = _scales(arrow, ratio)
    s = arrow.rest * scale * scale[:, None]
    s[np.arange(arrow.q), np.arange(arrow.q)] += 1.0
    low, w = np.empty_like(arrow.inside), np.empty_like(arrow.beside)
    logdet = blocks.eliminate(
        inside, arrow.component, arrow.first, arrow.inside_at, arrow.inside, arrow.touched_at, arrow.touched,
        arrow.beside_at, arrow.beside, scale, low, w, s,
    )  # fmt: skip
    last = arrow.q + 1
    chol, info = lapack.dpotrf(s[:last, :last], lower=0)
    if info != 0 or not np.isfinite(logdet):
        return Point(np.inf, np.inf, chol, s[:last, last], low, w)
    right = s[:last, last]
    sol, _ = lapack.dpotrs(chol, right, lower=0)
    rss = float(s[last, last] - right @ sol)
    if rss <= 0:
        return Point(np.inf, np.inf, chol, sol, low, w)
    freedom = arrow.n - 1
    logdet += 2 * float(np.log(np.diag(chol)).sum())
    residual = rss / freedom
    return Point(logdet + freedom * (1 + np.log(2 * np.pi * residual)), residual, chol, sol, low, w)


def _slopes(arrow: Arrow, point: Point, ratio: Array, zero: NDArray[np.bool_]) -> Slopes:
    count = ratio.size
    inside, scale = _scales(arrow, ratio)
    inverse, _ = lapack.dpotri(point.chol, lower=0)
    inverse = np.triu(inverse) + np.triu(inverse, 1).T
    trace_block = np.zeros(len(arrow.of))
    own, u = np.zeros(arrow.component.size), np.zeros(arrow.component.size)
    blocks.block_inverse(
        own, arrow.component, arrow.first, arrow.inside_at, arrow.touched_at, arrow.touched, arrow.beside_at,
        point.low, point.w, inverse, point.sol, trace_block, u,
    )  # fmt: skip
    diagonal = np.diag(inverse).copy()
    sizes, traces, squares = np.zeros(count), np.zeros(count), np.zeros(count)
    for place, c in enumerate(arrow.of):
        here = arrow.component == place
        sizes[c], traces[c], squares[c] = here.sum(), trace_block[place], (u[here] ** 2).sum()
    for place, c in enumerate(arrow.others):
        here = np.flatnonzero(arrow.rest_component == place)
        sizes[c], traces[c], squares[c] = here.size, diagonal[here].sum(), (point.sol[here] ** 2).sum()
    variances = ratio * point.residual
    known = np.where(zero, 1.0, variances)
    used = sizes - traces
    score = np.zeros(count + 1)
    score[:count] = np.where(zero, 0.0, -0.5 * (used - squares / point.residual) / known)
    product = _working_products(arrow, point, inverse, inside, scale, u, count)
    score[count] = -0.5 * (arrow.n - 1 - used.sum() - product[1] / point.residual) / point.residual
    by = np.append(known, point.residual)
    information = 0.5 * product[0] / np.outer(by, by) / point.residual
    return Slopes(score, information, u, own, diagonal)


def _working_products(
    arrow: Arrow, point: Point, inverse: Array, inside: Array, scale: Array, u: Array, count: int
) -> tuple[Array, float]:
    """F′PF · σ² of the working variates Z_c b_c and the residuals, and the residuals' sum of squares."""
    q = arrow.q
    v_block = np.zeros((arrow.component.size, count + 1))
    b = u * inside[arrow.component] if arrow.of else u
    if arrow.of:
        v_block[np.arange(b.size), np.asarray(arrow.of)[arrow.component]] = b
    v_block[:, count] = -b
    v_rest = np.zeros((q + 2, count + 1))
    if arrow.others:
        effects = point.sol[:q] * scale[:q]
        v_rest[np.arange(q), np.asarray(arrow.others)[arrow.rest_component]] = effects
        v_rest[:q, count] = -effects
    v_rest[q, count], v_rest[q + 1, count] = -point.sol[q], 1.0
    out_block, out_rest = np.zeros_like(v_block), arrow.rest @ v_rest
    blocks.times(
        arrow.first, arrow.inside_at, arrow.inside, arrow.touched_at, arrow.touched, arrow.beside_at, arrow.beside,
        v_block, v_rest, out_block, out_rest,
    )  # fmt: skip
    plain = v_block.T @ out_block + v_rest.T @ out_rest
    right = out_block * inside[arrow.component][:, None] if arrow.of else out_block
    rest_right = np.ascontiguousarray(out_rest[: q + 1] * scale[: q + 1, None])
    right = np.ascontiguousarray(right)
    blocks.forward(
        arrow.first, arrow.inside_at, arrow.touched_at, arrow.touched, arrow.beside_at, point.low, point.w, right,
        rest_right,
    )  # fmt: skip
    product = plain - right.T @ right - rest_right.T @ inverse @ rest_right
    return (product + product.T) / 2, float(plain[count, count])


def _solution(
    arrow: Arrow, point: Point, slopes: Slopes, ratio: Array, zero: NDArray[np.bool_], convergence: Convergence
) -> Solution:
    count = ratio.size
    inside, scale = _scales(arrow, ratio)
    free = np.append(~zero, True)
    covariance = np.zeros((count + 1, count + 1))
    covariance[np.ix_(free, free)] = np.linalg.pinv(
        slopes.information[np.ix_(free, free)], rcond=1e-13, hermitian=True
    )
    effects: list[Array] = [np.zeros(0)] * count
    spread: list[Array] = [np.zeros(0)] * count
    for place, c in enumerate(arrow.of):
        here = arrow.component == place
        order = np.argsort(arrow.level[here])
        effects[c] = (inside[place] * slopes.block[here])[order]
        spread[c] = (inside[place] ** 2 * point.residual * slopes.block_inverse[here])[order]
    for place, c in enumerate(arrow.others):
        here = np.flatnonzero(arrow.rest_component == place)
        effects[c] = scale[here] * point.sol[here]
        spread[c] = scale[here] ** 2 * point.residual * slopes.rest_inverse[here]
    return Solution(
        variances=np.append(ratio, 1.0) * point.residual,
        covariance=covariance,
        edge=tuple(bool(z) for z in zero),
        mean=float(point.sol[arrow.q]),
        mean_se=float(np.sqrt(point.residual * slopes.rest_inverse[arrow.q])),
        deviance=point.deviance,
        effects=tuple(effects),
        effect_variances=tuple(spread),
        convergence=convergence,
    )
