"""Category curves of one item and their derivatives, at the nodes of a quadrature.

Two families cover the four models. With a slope a and intercepts d₁ … d_m of an item with levels 0 … m:

- steps (partial credit, and its generalization): log P(k) ∝ k a θ + d₁ + … + d_k;
- cumulative (graded response): P(at least k) = 1 ÷ (1 + exp(−a θ − d_k)), with d falling in k.

With two levels both are the two-parameter logistic model, and with one slope for all items the Rasch model. Log
probabilities are concave in (a, d) in both, so that the complete-data information is never negative.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]
LEAST = 1e-290  # a probability below it cannot be told from zero


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """Of one item with m + 1 levels at Q nodes; its own parameters are (a, d₁ … d_m)."""

    p: Array  # (m + 1, Q) probabilities
    slopes: Array  # (m + 1, m + 1, Q) derivative of log p: parameter, level, node


def step_curves(nodes: Array, a: float, d: Array) -> Curves:
    """Partial credit and its generalization."""
    m = d.size
    levels = np.arange(m + 1.0)
    eta = a * levels[:, None] * nodes + np.concatenate([[0.0], np.cumsum(d)])[:, None]
    p = special.softmax(eta, axis=0)
    above = np.cumsum(p[::-1], axis=0)[::-1]  # P(at least k)
    slopes = np.empty((m + 1, m + 1, nodes.size))
    slopes[0] = nodes * (levels[:, None] - above[1:].sum(axis=0))
    for h in range(1, m + 1):
        slopes[h] = (levels >= h)[:, None] - above[h]
    return Curves(np.maximum(p, LEAST), slopes)


def step_curvature(nodes: Array, curves: Curves, counts: Array) -> Array:
    """(m + 1, m + 1) minus the second derivative of Σ counts log p, counts (m + 1, Q): the same for every level."""
    weights = counts.sum(axis=0)
    centred = curves.slopes  # deviations of the sufficient statistics from their means
    return _products(centred, curves.p * weights)


def cumulative_curves(nodes: Array, a: float, d: Array) -> Curves | None:
    """Graded response; None where the intercepts do not fall."""
    m = d.size
    if m > 1 and not (np.diff(d) < 0).all():
        return None
    eta = a * nodes + d[:, None]  # (m, Q)
    upper, lower = special.expit(eta), special.expit(-eta)
    p = np.empty((m + 1, nodes.size))
    p[0], p[m] = lower[0], upper[m - 1]
    for k in range(1, m):  # F_k − F_{k+1} without cancellation
        p[k] = upper[k - 1] * lower[k] * -np.expm1(d[k] - d[k - 1])
    p = np.maximum(p, LEAST)
    f = upper * lower
    slopes = np.zeros((m + 1, m + 1, nodes.size))
    for h in range(m):
        slopes[h + 1, h + 1] = f[h] / p[h + 1]
        slopes[h + 1, h] = -f[h] / p[h]
    slopes[0] = nodes * slopes[1:].sum(axis=0)
    return Curves(p, slopes)


def cumulative_curvature(nodes: Array, curves: Curves, counts: Array, a: float, d: Array) -> Array:
    """(m + 1, m + 1) minus the second derivative of Σ counts log p, counts (m + 1, Q)."""
    m = d.size
    eta = a * nodes + d[:, None]
    upper = special.expit(eta)
    bent = upper * (1 - upper) * (1 - 2 * upper)  # second derivative of F_h
    share = counts / curves.p
    found = _products(curves.slopes, counts)
    for h in range(m):
        pull = bent[h] * (share[h + 1] - share[h])
        found[h + 1, h + 1] -= pull.sum()
        cross = (pull * nodes).sum()
        found[0, h + 1] -= cross
        found[h + 1, 0] -= cross
        found[0, 0] -= (pull * nodes**2).sum()
    return np.asarray(found)


def _products(slopes: Array, weights: Array) -> Array:
    """(m + 1, m + 1) sums over levels and nodes of weights (levels, Q) times slopes times slopes."""
    flat = slopes.reshape(slopes.shape[0], -1)
    return np.asarray((flat * weights.reshape(-1)) @ flat.T)


def along_theta(family: str, theta: Array, a: float, d: Array) -> tuple[Array, Array, Array]:
    """(m + 1, points) each: probabilities of the levels, and their first and second derivatives in θ."""
    if family == "steps":
        p = step_curves(theta, a, d).p
        level = np.arange(d.size + 1.0)[:, None]
        mean = (level * p).sum(axis=0)
        variance = ((level - mean) ** 2 * p).sum(axis=0)
        return p, a * p * (level - mean), a**2 * p * ((level - mean) ** 2 - variance)
    found = cumulative_curves(theta, a, d)
    assert found is not None, "thresholds of a fitted item are in order"
    upper = special.expit(a * theta + d[:, None])
    f = upper * special.expit(-(a * theta + d[:, None]))
    nothing = np.zeros((1, theta.size))
    slope = np.vstack([nothing, f, nothing])
    bend = np.vstack([nothing, f * (1 - 2 * upper), nothing])
    return found.p, a * (slope[:-1] - slope[1:]), a**2 * (bend[:-1] - bend[1:])
