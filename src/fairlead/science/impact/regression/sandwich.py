"""Cluster-robust covariance from each cluster's cross-products: matrices as wide as the model, never as long as a cluster.

The hat block of cluster g is Z Z′ with Z = [X̃ L, D/√n_d], L L′ = (X̃′X̃)⁻¹, so the adjustment (I − ZZ′)^(−1/2) acts
in the column space of Z only: A = I + Z F Z′ with F = V f(Λ) V′, where Z′Z = V Λ V′ and
f(λ) = ((1 − λ)^(−1/2) − 1)/λ. Everything that the covariance and its degrees of freedom need is then a product of Z′Z,
X̃′Z and Z′ẽ, which moments hold. Fixed effects within clusters are orthogonal to X̃ in each cluster and leave Z.

Sources
-------
CR0, CR1: Liang & Zeger (1986), doi:10.1093/biomet/73.1.13. CR2: Bell & McCaffrey (2002). Degrees of freedom and absorbed
effects: Pustejovsky & Tipton (2018), doi:10.1080/07350015.2016.1247004, eqs. 6, 7 and 10 and theorem 2, with an independent,
equal-variance working model.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from fairlead.science.impact.regression.working import Ties, Working

Array = NDArray[np.float64]
AT_ONCE = 2_000_000  # numbers of one matrix of all clusters worked on together
USED_UP = 1e-9  # a direction in which a cluster determines its own fitted values is left as it is


def solve(gram: Array) -> tuple[Array, Array]:
    """Coefficients and (X′X)⁻¹ of one gram, or of many at once: (…, p+1, p+1) → (…, p), (…, p, p)."""
    bread = np.linalg.inv(gram[..., :-1, :-1])
    bread = (bread + np.swapaxes(bread, -1, -2)) / 2
    return np.einsum("...ij,...j->...i", bread, gram[..., :-1, -1]), bread


def scores(grams: Array, b: Array) -> Array:
    """(G, p) of each cluster X̃′ẽ."""
    return np.asarray(grams[:, :-1, -1] - grams[:, :-1, :-1] @ b)


def cr0(working: Working, b: Array, bread: Array) -> Array:
    """Uncorrected: too small with few clusters."""
    own = scores(working.grams, b) @ bread
    return np.asarray(own.T @ own)


def cr2(working: Working, b: Array, bread: Array, contrasts: Array) -> tuple[Array, Array]:
    """(p, p) covariance and, for each row of `contrasts` (q, p), Satterthwaite's degrees of freedom."""
    if working.ties is None:
        meat, own, along = working_model(working.grams, b, bread, contrasts)
        return meat, _satterthwaite(np.diagonal(own, axis1=1, axis2=2), along, None)
    root: Array = np.asarray(np.linalg.cholesky(bread), dtype=float)
    return _cr2_tied(working.grams, working.ties, b, bread, root, contrasts)


def _factor(values: Array) -> Array:
    """f(λ), smooth at 0; −1/λ where a direction is used up."""
    rest = np.sqrt(np.maximum(1 - values, 0.0))
    used = rest**2 <= USED_UP
    rest = np.where(used, 1.0, rest)
    return np.where(used, -1 / np.maximum(values, 0.5), 1 / (rest * (1 + rest)))


def working_model(grams: Array, b: Array, bread: Array, contrasts: Array) -> tuple[Array, Array, Array]:
    """For fixed effects within clusters, or none: the meat of CR2, and what its distribution needs.

    Returns
    -------
    (p, p) meat, (G, q, q) of each cluster v′v and (G, q, p) v′X̃L, where v = A X̃ (X̃′X̃)⁻¹c for each contrast c.
    """
    x = grams[:, :-1, :-1]
    root = np.linalg.cholesky(bread)
    values, vectors = np.linalg.eigh(root.T @ x @ root)
    inner = (vectors * _factor(values)[:, None, :]) @ np.swapaxes(vectors, 1, 2)
    moved = x @ (root @ inner @ root.T)  # H − I, where A X̃ = X̃ H′
    plain = scores(grams, b)
    adjusted = plain + np.einsum("gij,gj->gi", moved, plain)
    moved += np.eye(x.shape[1])
    own = adjusted @ bread
    v = contrasts @ bread @ moved  # (G, q, p): v = X̃ (row)′
    along = v @ x
    return np.asarray(own.T @ own), np.asarray(along @ np.swapaxes(v, 1, 2)), np.asarray(along @ root)


def _cr2_tied(grams: Array, ties: Ties, b: Array, bread: Array, root: Array, contrasts: Array) -> tuple[Array, Array]:
    count, p, q = grams.shape[0], grams.shape[1] - 1, contrasts.shape[0]
    order = np.argsort(ties.cluster, kind="stable")
    bounds = np.searchsorted(ties.cluster[order], np.arange(count + 1))
    adjusted = np.empty((count, p))
    diagonal = np.empty((count, q))
    along_x = np.empty((count, q, p))
    along_d = np.empty((ties.cluster.size, q))
    left = contrasts @ bread
    for chosen, m in _alike(np.diff(bounds), p):
        cells = order[bounds[chosen][:, None] + np.arange(m)]  # (B, m)
        x, sums = grams[chosen, :-1, :-1], ties.sums[cells]
        to_d = np.swapaxes(sums[:, :, :-1], 1, 2)  # X̃′D/√n_d
        e_d = sums[:, :, -1] - b @ to_d
        to_z = np.concatenate([x @ root, to_d], axis=2)
        zz = np.zeros((chosen.size, p + m, p + m))
        zz[:, :p, :p] = root.T @ x @ root
        zz[:, :p, p:] = root.T @ to_d
        zz[:, p:, :p] = np.swapaxes(zz[:, :p, p:], 1, 2)
        zz[:, np.arange(p, p + m), np.arange(p, p + m)] = ties.share[cells]
        values, vectors = np.linalg.eigh(zz)
        inner = (vectors * _factor(np.maximum(values, 0.0))[:, None, :]) @ np.swapaxes(vectors, 1, 2)
        plain = grams[chosen, :-1, -1] - x @ b
        step = to_z @ inner
        adjusted[chosen] = plain + np.einsum("bij,bj->bi", step, np.concatenate([plain @ root, e_d], axis=1))
        weights = left @ step  # v = X̃ left′ + Z weights′
        over_x = left @ x + weights @ np.swapaxes(to_z, 1, 2)
        over_z = left @ to_z + weights @ zz
        diagonal[chosen] = (over_x * left).sum(axis=2) + (over_z * weights).sum(axis=2)
        along_x[chosen] = over_x @ root
        along_d[cells] = np.swapaxes(over_z[:, :, p:], 1, 2)
    own = adjusted @ bread
    beside = [
        sparse.csr_matrix((along_d[:, j], (ties.cluster, ties.group)), shape=(count, ties.groups)) for j in range(q)
    ]
    return np.asarray(own.T @ own), _satterthwaite(diagonal, along_x, beside)


def _alike(cells: NDArray[np.intp], p: int) -> Iterator[tuple[NDArray[np.intp], int]]:
    """Clusters that reach into the same number of groups, together: their matrices are of one shape."""
    for m in np.unique(cells).tolist():
        members = np.flatnonzero(cells == m)
        most = max(1, AT_ONCE // (p + m) ** 2)
        for start in range(0, members.size, most):
            yield members[start : start + most], m


def _satterthwaite(diagonal: Array, along: Array, beside: list[sparse.csr_matrix] | None) -> Array:
    """(tr P)² ÷ tr P² of P = diag − UU′, from U alone: no matrix of clusters by clusters."""
    df = np.empty(diagonal.shape[1])
    for j in range(df.size):
        own, u = diagonal[:, j], along[:, j]
        used = (u**2).sum(axis=1)
        crossed = float(((u.T @ u) ** 2).sum())
        if beside is not None:
            d = beside[j]
            used = used + np.asarray(d.multiply(d).sum(axis=1)).ravel()
            crossed += 2 * float((np.asarray(d.T @ u) ** 2).sum()) + float((d.T @ d).power(2).sum())
        trace = own.sum() - used.sum()
        df[j] = trace**2 / ((own * (own - 2 * used)).sum() + crossed)
    return df
