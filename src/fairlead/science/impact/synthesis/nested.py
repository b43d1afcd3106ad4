"""Effects nested in clusters (districts, laboratories, papers): variance components and cluster-robust errors.

The working covariance of a cluster's effects is diag((1 − r)v) + r·√v√v′ + σ²_effect·I + σ²_cluster·11′: r = 0 is the
three-level model (Konstantopoulos 2011, doi:10.1002/jrsm.35), r > 0 the correlated and hierarchical effects model
(Pustejovsky & Tipton 2022, doi:10.1007/s11121-021-01246-3). Errors that hold when it is wrong are CR2 with Satterthwaite
degrees of freedom (Tipton 2015, doi:10.1037/met0000011; Pustejovsky & Tipton 2018, doi:10.1080/07350015.2016.1247004).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

Array = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Nested:
    """The mean of clusters' effects.

    Attributes
    ----------
    between, within : variance of clusters about the mean, and of effects about their cluster.
    se : if the working model holds. robust_se, robust_df : CR2, also if it does not.
    weights : (k,) of each effect in the mean, Σ = 1.
    """

    mean: float
    se: float
    between: float
    within: float
    log_likelihood: float
    robust_se: float
    robust_df: float
    weights: Array
    converged: bool


def fit_nested(
    y: Array, v: Array, cluster: Codes, *, r: float = 0.0, effects: bool = True, reml: bool = True
) -> Nested:
    """Estimate the components by REML or ML, then the mean with both errors.

    Parameters
    ----------
    y, v, cluster : (k,) effects, their sampling variances, codes of clusters from 0.
    r : correlation of the sampling errors within a cluster.
    effects : whether effects differ within clusters beyond sampling error; without, σ²_effect = 0.
    """
    blocks = _blocks(y, v, cluster, r)
    scale = float(y.var() + v.mean())

    def objective(theta: Array) -> tuple[float, Array]:
        value, gradient = _criterion(blocks, theta[0], theta[1] if effects else 0.0, reml=reml)
        return value, gradient[: theta.size] * scale

    size = 2 if effects else 1
    minimise: Any = optimize.minimize
    best: tuple[float, Array, bool] | None = None
    for start in (0.3, 0.01, 1.0):
        found = minimise(
            lambda u: objective(u * scale),
            np.full(size, start),
            jac=True,
            method="L-BFGS-B",
            bounds=[(0.0, None)] * size,
            options={"ftol": 1e-12, "gtol": 1e-8, "maxiter": 500},
        )
        theta, converged = _polish(objective, np.asarray(found.x, dtype=float), scale)
        value = objective(theta)[0]
        if best is None or value < best[0] - 1e-9 or (converged and not best[2]):
            best = value, theta, converged
        if converged and (theta > 0).all():
            break
    assert best is not None
    _, theta, converged = best
    between, within = float(theta[0]), float(theta[1]) if effects else 0.0
    value, _ = _criterion(blocks, between, within, reml=reml)
    inverses = _inverses(blocks, between, within)
    information = sum(float(inverse.sum()) for inverse in inverses)
    sums = [inverse.sum(axis=1) for inverse in inverses]
    mean = sum(float(u @ part) for u, (_, part, _) in zip(sums, blocks, strict=True)) / information
    robust_se, robust_df = _robust(blocks, inverses, mean, information)
    weights = np.empty(y.size)
    for u, (rows, _, _) in zip(sums, blocks, strict=True):
        weights[rows] = u / information
    constant = 0.5 * np.log(y.size) if reml else 0.0
    return Nested(
        mean=float(mean),
        se=float(1 / np.sqrt(information)),
        between=between,
        within=within,
        log_likelihood=float(-value + constant),
        robust_se=robust_se,
        robust_df=robust_df,
        weights=weights,
        converged=converged,
    )


Block = tuple[Codes, Array, Array]  # rows, effects, covariance of the sampling errors


def _blocks(y: Array, v: Array, cluster: Codes, r: float) -> list[Block]:
    blocks = []
    for code in range(int(cluster.max()) + 1):
        rows = np.flatnonzero(cluster == code)
        root = np.sqrt(v[rows])
        blocks.append((rows, y[rows], np.diag((1 - r) * v[rows]) + r * np.outer(root, root)))
    return blocks


def _inverses(blocks: list[Block], between: float, within: float) -> list[Array]:
    whole = (sampling + within * np.eye(len(rows)) + between for rows, _, sampling in blocks)
    return [np.asarray(np.linalg.inv(matrix), dtype=float) for matrix in whole]


def _criterion(blocks: list[Block], between: float, within: float, *, reml: bool) -> tuple[float, Array]:
    """Minus the log-likelihood (the mean profiled out) and its gradient by (between, within)."""
    inverses = _inverses(blocks, between, within)
    information = sum(float(inverse.sum()) for inverse in inverses)
    mean = sum(float(inverse.sum(axis=0) @ part) for inverse, (_, part, _) in zip(inverses, blocks, strict=True))
    mean /= information
    count = sum(len(rows) for rows, _, _ in blocks)
    value, gradient = 0.5 * (count - reml) * np.log(2 * np.pi), np.zeros(2)
    for inverse, (_, part, _) in zip(inverses, blocks, strict=True):
        z, u = inverse @ (part - mean), inverse.sum(axis=1)
        value += 0.5 * (-float(np.linalg.slogdet(inverse)[1]) + float(z @ (part - mean)))
        gradient += 0.5 * np.array([inverse.sum() - z.sum() ** 2, np.trace(inverse) - z @ z])
        if reml:
            gradient -= 0.5 * np.array([u.sum() ** 2, u @ u]) / information
    return float(value + (0.5 * np.log(information) if reml else 0.0)), gradient


def _polish(objective: object, start: Array, scale: float) -> tuple[Array, bool]:
    """Newton's method on the components that are not zero; whether the slope vanishes there, or points outside."""
    call = objective
    assert callable(call)
    u = np.where(start < 1e-9, 0.0, start)
    free = np.flatnonzero(u > 0)
    for _ in range(20):
        gradient = call(u * scale)[1]
        if not free.size or np.abs(gradient[free]).max() < 1e-10:
            break
        hessian = np.empty((free.size, free.size))
        for i, place in enumerate(free):
            step = np.zeros(u.size)
            step[place] = 1e-5 * max(u[place], 1e-3)
            ahead, behind = call((u + step) * scale)[1], call((u - step) * scale)[1]
            hessian[:, i] = (ahead - behind)[free] / (2 * step[place])
        try:
            move = np.linalg.solve((hessian + hessian.T) / 2, gradient[free])
        except np.linalg.LinAlgError:
            break
        new = u.copy()
        new[free] -= move
        if (new < 0).any() or call(new * scale)[0] > call(u * scale)[0] + 1e-9:
            break
        u = new
    gradient = call(u * scale)[1]
    inside = bool((np.abs(gradient[u > 0]) < 1e-6).all())
    return u * scale, inside and bool((gradient[u == 0] > -1e-6).all())


def _robust(blocks: list[Block], inverses: list[Array], mean: float, information: float) -> tuple[float, float]:
    """CR2 and Satterthwaite degrees of freedom; weights are the inverse of the working covariance."""
    loads, scores, own = [], [], []
    for inverse, (_, part, _) in zip(inverses, blocks, strict=True):
        covariance = np.linalg.inv(inverse)
        root = np.linalg.cholesky(covariance).T
        inner = root @ (covariance - 1 / information) @ root.T
        values, vectors = np.linalg.eigh((inner + inner.T) / 2)
        kept = values > 1e-12 * max(float(values.max()), 1e-300)
        half = (vectors[:, kept] / np.sqrt(values[kept])) @ vectors[:, kept].T
        adjusted = root.T @ half @ root
        g = adjusted.T @ inverse.sum(axis=1) / information
        scores.append(float(g @ (part - mean)))
        loads.append(float(g.sum()))
        own.append(float(g @ covariance @ g))
    load = np.array(loads)
    p = np.diag(own) - np.outer(load, load) / information
    return float(np.sqrt(np.square(scores).sum())), float(np.trace(p) ** 2 / (p**2).sum())
