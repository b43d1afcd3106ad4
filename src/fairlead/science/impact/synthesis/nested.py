"""Effects nested in clusters (districts, laboratories, papers): variance components and cluster-robust errors.

The working covariance of a cluster's effects is diag((1 − r)v) + r·√v√v′ + σ²_effect·I + σ²_cluster·11′: r = 0 is the
three-level model (Konstantopoulos 2011, doi:10.1002/jrsm.35), r > 0 the correlated and hierarchical effects model
(Pustejovsky & Tipton 2022, doi:10.1007/s11121-021-01246-3). Errors that hold when it is wrong are CR2 with Satterthwaite
degrees of freedom (Tipton 2015, doi:10.1037/met0000011; Pustejovsky & Tipton 2018, doi:10.1080/07350015.2016.1247004).

Clusters of like size are worked on together, filled up to one size with effects that are absent: their variance is 1 and
nothing refers to them. A leading axis is for many syntheses at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
Mask = NDArray[np.bool_]

STARTS = (0.3, 0.01, 1.0)  # of the outcome's own variance, for each component
MOST_STEPS = 100
MOST_HALVINGS = 20
AT_REST = 1e-10  # of the slope, in units of that variance
CONVERGED = 1e-6


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


@dataclass(frozen=True, slots=True, eq=False)
class ManyNested:
    """The same of R syntheses at once; each is (R,)."""

    mean: Array
    se: Array
    between: Array
    within: Array
    log_likelihood: Array
    robust_se: Array
    robust_df: Array
    converged: Mask


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
    sizes = np.bincount(cluster)
    places, blocks = [], []
    widths = 2 ** np.ceil(np.log2(sizes)).astype(int)
    for width in np.unique(widths):
        codes = np.flatnonzero(widths == width)
        place = np.zeros((1, codes.size, int(width)), dtype=np.intp)
        present = np.arange(width) < sizes[codes][:, None]
        order = np.argsort(cluster, kind="stable")
        starts = np.concatenate([[0], np.cumsum(sizes)])[codes]
        place[0] = order[np.where(present, starts[:, None] + np.arange(width), 0)]
        places.append(place)
        blocks.append(_block(y[place], v[place], present[None], r))
    theta, converged = _components(blocks, np.array([float(y.var() + v.mean())]), effects=effects, reml=reml)
    found, loads = _summary(blocks, theta, converged, reml=reml)
    weights = np.empty(y.size)
    for place, block, load in zip(places, blocks, loads, strict=True):
        weights[place[block.present]] = load[block.present]
    return Nested(
        mean=float(found.mean[0]),
        se=float(found.se[0]),
        between=float(found.between[0]),
        within=float(found.within[0]),
        log_likelihood=float(found.log_likelihood[0]),
        robust_se=float(found.robust_se[0]),
        robust_df=float(found.robust_df[0]),
        weights=weights,
        converged=bool(converged[0]),
    )


def fit_many_nested(
    y: Array, v: Array, present: Mask, *, r: float = 0.0, effects: bool = True, reml: bool = True
) -> ManyNested:
    """R syntheses at once, each with its own effects; else as `fit_nested`.

    Parameters
    ----------
    y, v, present : (R, clusters, most effects of a cluster); what is not present may hold anything finite.

    Examples
    --------
    >>> import numpy as np
    >>> y = np.array([[[0.1, 0.3], [0.2, 0.0], [0.5, 0.4]]])
    >>> present = np.array([[[True, True], [True, False], [True, True]]])
    >>> many = fit_many_nested(y, np.full(y.shape, 0.04), present)
    >>> one = fit_nested(y[present], np.full(5, 0.04), np.array([0, 0, 1, 2, 2]))
    >>> bool(np.isclose(many.mean[0], one.mean)), bool(np.isclose(many.robust_df[0], one.robust_df))
    (True, True)
    """
    count = present.sum(axis=(1, 2))
    mean = np.where(present, y, 0.0).sum(axis=(1, 2)) / count
    spread = (np.where(present, (y - mean[:, None, None]) ** 2, 0.0).sum(axis=(1, 2))) / count
    scale = spread + np.where(present, v, 0.0).sum(axis=(1, 2)) / count
    blocks = [_block(y, v, present, r)]
    theta, converged = _components(blocks, scale, effects=effects, reml=reml)
    return _summary(blocks, theta, converged, reml=reml)[0]


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """Clusters of like size: (R, G, M), and the covariance of their sampling errors (R, G, M, M)."""

    y: Array
    present: Mask
    ones: Array
    sampling: Array

    def take(self, rows: Codes) -> _Block:
        return _Block(self.y[rows], self.present[rows], self.ones[rows], self.sampling[rows])

    def covariance(self, theta: Array) -> Array:
        """At (R, 2) components: between, within."""
        width = self.y.shape[2]
        whole = self.sampling + theta[:, 0, None, None, None] * (self.ones[..., None] * self.ones[..., None, :])
        whole[..., np.arange(width), np.arange(width)] += theta[:, 1, None, None] * self.ones
        return whole


def _block(y: Array, v: Array, present: Mask, r: float) -> _Block:
    ones = present.astype(float)
    root = np.sqrt(np.where(present, v, 0.0))
    sampling = r * root[..., None] * root[..., None, :]
    width = np.arange(y.shape[2])
    sampling[..., width, width] = np.where(present, v, 1.0)
    return _Block(np.where(present, y, 0.0), present, ones, sampling)


def _components(blocks: list[_Block], scale: Array, *, effects: bool, reml: bool) -> tuple[Array, Mask]:
    """(R, 2) components and whether the slope vanishes there, or points outside at zero; the best of some starts, of which
    the later are tried where an earlier did not end within."""
    best = np.zeros((scale.size, 2))
    lowest = np.full(scale.size, np.inf)
    settled = np.zeros(scale.size, dtype=bool)
    todo = np.arange(scale.size)
    for start in STARTS:
        part = [block.take(todo) for block in blocks]
        theta, value, converged = _descend(part, scale[todo], start, effects=effects, reml=reml)
        better = (value < lowest[todo] - 1e-9) | (converged & ~settled[todo])
        best[todo[better]], lowest[todo[better]] = theta[better], value[better]
        settled[todo[better]] = converged[better]
        within = converged & (theta[:, : 2 if effects else 1] > 0).all(axis=1)
        todo = todo[~within]
        if not todo.size:
            break
    return best, settled


def _descend(
    blocks: list[_Block], scale: Array, start: float, *, effects: bool, reml: bool
) -> tuple[Array, Array, Mask]:
    """Newton's method on the components, with the expected information where the curvature is not that of a minimum; a
    component that would fall below zero stays there while the slope keeps it."""
    allowed = np.array([True, effects])
    u = np.where(allowed, start, 0.0) * np.ones((scale.size, 1))
    state = _criterion(blocks, u * scale[:, None], scale, reml=reml)
    running = np.arange(scale.size)
    for _ in range(MOST_STEPS):
        value, slope, curved, expected = (part[running] for part in state)
        free = allowed & ((u[running] > 0) | (slope < 0))
        moving = np.abs(np.where(free, slope, 0.0)).max(axis=1) > AT_REST
        step = _step(free[moving], slope[moving], curved[moving], expected[moving])
        running, value = running[moving], value[moving]
        if not running.size:
            break
        size = np.ones(running.size)
        trying = np.arange(running.size)
        for _ in range(MOST_HALVINGS):
            chosen = running[trying]
            new = np.maximum(u[chosen] - size[trying, None] * step[trying], 0.0)
            part = [block.take(chosen) for block in blocks]
            tried = _criterion(part, new * scale[chosen, None], scale[chosen], reml=reml)
            good = tried[0] <= value[trying] + 1e-12 * np.abs(value[trying])
            u[chosen[good]] = new[good]
            for whole, found in zip(state, tried, strict=True):
                whole[chosen[good]] = found[good]
            trying = trying[~good]
            size[trying] /= 4
            if not trying.size:
                break
        running = np.delete(running, trying)  # no step leads down: it is at rest, or its slope will tell
    value, slope = state[:2]
    inside = np.where(allowed & (u > 0), np.abs(slope), 0.0).max(axis=1) < CONVERGED
    outward = np.where(allowed & (u == 0), slope, 0.0).min(axis=1) > -CONVERGED
    return u * scale[:, None], value, inside & outward


def _step(free: Mask, slope: Array, curved: Array, expected: Array) -> Array:
    """(R, 2) the step of the free components, none of the others."""
    both = free[:, :, None] & free[:, None, :]
    still = np.eye(2) * ~free[:, :, None]
    matrix = np.where(both, curved, 0.0) + still
    determinant = matrix[:, 0, 0] * matrix[:, 1, 1] - matrix[:, 0, 1] ** 2
    size = matrix[:, 0, 0] * matrix[:, 1, 1]
    convex = (matrix[:, 0, 0] > 0) & (matrix[:, 1, 1] > 0) & (determinant > 1e-8 * np.abs(size))
    matrix = np.where(convex[:, None, None], matrix, np.where(both, expected, 0.0) + still)
    matrix[:, [0, 1], [0, 1]] *= 1 + 1e-10
    return np.asarray(np.linalg.solve(matrix, np.where(free, slope, 0.0)[..., None])[..., 0], dtype=float)


def _criterion(blocks: list[_Block], theta: Array, scale: Array, *, reml: bool) -> tuple[Array, Array, Array, Array]:
    """Minus the log-likelihood (the mean profiled out), its gradient by the components in units of `scale`, the Hessian, and
    its expectation: (R,), (R, 2), (R, 2, 2) twice."""
    parts = [(block, np.linalg.inv(block.covariance(theta))) for block in blocks]
    loads = [np.einsum("rgij,rgj->rgi", w, block.ones) for block, w in parts]
    a = sum(u.sum(axis=(1, 2)) for u in loads)
    mean = sum((u * block.y).sum(axis=(1, 2)) for u, block in zip(loads, blocks, strict=True)) / a
    runs = theta.shape[0]
    count = sum(block.ones.sum(axis=(1, 2)) for block in blocks)
    value = 0.5 * (count - reml) * np.log(2 * np.pi)
    slope, trace, quadratic = np.zeros((runs, 2)), np.zeros((runs, 2, 2)), np.zeros((runs, 2, 2))
    first, second, along = np.zeros((runs, 2)), np.zeros((runs, 2, 2)), np.zeros((runs, 2))
    for (block, w), u in zip(parts, loads, strict=True):
        rest = block.y - mean[:, None, None] * block.ones
        z = np.einsum("rgij,rgj->rgi", w, rest)
        s, total, uu = u.sum(axis=2), z.sum(axis=2), (u * u).sum(axis=2)
        diagonal = np.einsum("rgii,rgi->rg", w, block.ones)
        own = (w * w).sum(axis=(2, 3)) - (1 - block.ones).sum(axis=2)
        wz = np.einsum("rgij,rgj->rgi", w, z)
        value = value + 0.5 * ((rest * z).sum(axis=(1, 2)) - np.linalg.slogdet(w)[1].sum(axis=1))
        slope += 0.5 * np.stack([(s - total**2).sum(axis=1), (diagonal - (z * z).sum(axis=2)).sum(axis=1)], axis=1)
        trace += _symmetric((s**2).sum(axis=1), uu.sum(axis=1), own.sum(axis=1))
        zwz = (z * wz).sum(axis=2)
        quadratic += _symmetric(
            (total**2 * s).sum(axis=1), (total * (u * z).sum(axis=2)).sum(axis=1), zwz.sum(axis=1)
        )
        first += np.stack([(s**2).sum(axis=1), uu.sum(axis=1)], axis=1)
        uwu = (u * np.einsum("rgij,rgj->rgi", w, u)).sum(axis=2)
        second += _symmetric((s**3).sum(axis=1), (s * uu).sum(axis=1), uwu.sum(axis=1))
        along += np.stack([(s * total).sum(axis=1), (u * z).sum(axis=(1, 2))], axis=1)
    quadratic -= along[:, :, None] * along[:, None, :] / a[:, None, None]
    if reml:
        value = value + 0.5 * np.log(a)
        slope -= 0.5 * first / a[:, None]
        trace += -2 * second / a[:, None, None] + first[:, :, None] * first[:, None, :] / (a**2)[:, None, None]
    by, square = scale[:, None], (scale**2)[:, None, None]
    return value, slope * by, (quadratic - 0.5 * trace) * square, 0.5 * trace * square


def _symmetric(one: Array, cross: Array, two: Array) -> Array:
    return np.stack([np.stack([one, cross], axis=1), np.stack([cross, two], axis=1)], axis=1)


def _summary(blocks: list[_Block], theta: Array, converged: Mask, *, reml: bool) -> tuple[ManyNested, list[Array]]:
    """The mean with both errors at these components, and the weights of the effects in it."""
    unit = np.ones(theta.shape[0])
    value = _criterion(blocks, theta, unit, reml=reml)[0]
    count = sum(block.ones.sum(axis=(1, 2)) for block in blocks)
    covariances = [block.covariance(theta) for block in blocks]
    inverses = [np.linalg.inv(covariance) for covariance in covariances]
    loads = [np.einsum("rgij,rgj->rgi", w, block.ones) for w, block in zip(inverses, blocks, strict=True)]
    a = sum(u.sum(axis=(1, 2)) for u in loads)
    loads = [u / a[:, None, None] for u in loads]
    mean = sum((u * block.y).sum(axis=(1, 2)) for u, block in zip(loads, blocks, strict=True))
    scores, trace, square, load = (np.zeros(theta.shape[0]) for _ in range(4))
    crossed = np.zeros(theta.shape[0])
    for block, covariance, u in zip(blocks, covariances, loads, strict=True):
        root = np.swapaxes(np.linalg.cholesky(covariance), -1, -2)
        outer = block.ones[..., None] * block.ones[..., None, :]
        inner = root @ (covariance - outer / a[:, None, None, None]) @ np.swapaxes(root, -1, -2)
        values, vectors = np.linalg.eigh((inner + np.swapaxes(inner, -1, -2)) / 2)
        kept = values > 1e-12 * np.maximum(values.max(axis=-1, keepdims=True), 1e-300)
        scaled = np.where(kept, 1 / np.sqrt(np.where(kept, values, 1.0)), 0.0)
        half = (vectors * scaled[..., None, :]) @ np.swapaxes(vectors, -1, -2)
        adjusted = np.swapaxes(root, -1, -2) @ half @ root
        g = np.einsum("rgij,rgi->rgj", adjusted, u)
        rest = block.y - mean[:, None, None] * block.ones
        scores += ((g * rest).sum(axis=2) ** 2).sum(axis=1)
        own = (g * np.einsum("rgij,rgj->rgi", covariance, g)).sum(axis=2)
        along = (g * block.ones).sum(axis=2) ** 2
        trace += own.sum(axis=1)
        square += (own**2).sum(axis=1)
        load += along.sum(axis=1)
        crossed += (own * along).sum(axis=1)
    # P = diag(own) − ℓℓ′/a: its trace, and the sum of its squares
    df = (trace - load / a) ** 2 / (square - 2 * crossed / a + (load / a) ** 2)
    found = ManyNested(
        mean=mean,
        se=1 / np.sqrt(a),
        between=theta[:, 0],
        within=theta[:, 1],
        log_likelihood=-value + (0.5 * np.log(count) if reml else 0.0),
        robust_se=np.sqrt(scores),
        robust_df=df,
        converged=converged,
    )
    return found, loads
