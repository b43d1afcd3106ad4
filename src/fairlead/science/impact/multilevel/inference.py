"""Degrees of freedom of the fixed effects: Satterthwaite's and Kenward and Roger's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fairlead.science.impact.problems import EstimationError, Problem

if TYPE_CHECKING:
    from fairlead.science.impact.multilevel.model import State

Array = NDArray[np.float64]
_FLAT = 1e-8


def degrees_of_freedom(state: State, nu: int, covariance: Array, *, reml: bool, method: str) -> tuple[Array, Array]:
    """(p,) degrees of freedom and the (p, p) covariance to use with them."""
    if method == "kenward-roger":
        return kenward_roger(state, nu, reml=reml)
    return satterthwaite(state, nu, reml=reml), covariance


def satterthwaite(state: State, nu: int, *, reml: bool) -> Array:
    """2 Var² ÷ Var(Var) of each coefficient, Var(Var) by the delta method from the Hessian of −2 log L in (θ, σ).

    At a boundary the directions without curvature are left out, as lmerTest does.
    """
    point = state.point
    p, m = point.beta.size, point.theta.size
    d_p = point.swept.d_p
    c = np.append(-point.beta, 1.0)
    d_rss = (d_p @ c) @ c
    sigma2 = point.rss / nu
    sigma = np.sqrt(sigma2)
    hessian = np.empty((m + 1, m + 1))
    # The profiled Hessian has σ at its best for each θ; here σ stands still.
    hessian[:m, :m] = state.hessian + nu * np.outer(d_rss, d_rss) / point.rss**2
    hessian[:m, m] = hessian[m, :m] = -2 / sigma**3 * d_rss
    hessian[m, m] = 4 * nu / sigma2
    values, vectors = np.linalg.eigh(hessian)
    kept = values > _FLAT * max(1.0, float(values.max()) * _FLAT)
    inverse = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T
    back = state.layout.fixed.back
    base = back @ point.inverse  # (p, p)
    variance = np.einsum("ij,ij->i", base, back) * sigma2
    gradient = np.empty((p, m + 1))
    gradient[:, :m] = -sigma2 * np.einsum("ij,ajk,ik->ia", base, d_p[:, :p, :p], base)
    gradient[:, m] = 2 * variance / sigma
    spread = 2 * np.einsum("ia,ab,ib->i", gradient, inverse, gradient)
    found: Array = 2 * variance**2 / spread
    return found


def kenward_roger(state: State, nu: int, *, reml: bool) -> tuple[Array, Array]:
    """Degrees of freedom and adjusted covariance, with the expected information, as pbkrtest computes them.

    V is linear in (σ², covariances of the effects), so the second derivatives of V that the adjustment names are zero, and
    instead of σ² the direction V itself may be taken.
    """
    from fairlead.science.impact.multilevel.two_level import TwoLevel

    pieces = state.pieces
    if not isinstance(pieces, TwoLevel) or not reml:
        raise EstimationError(
            [
                Problem(
                    "df",
                    "Kenward and Roger's degrees of freedom are here for two levels and REML",
                    "three levels" if reml else "ML",
                    "satterthwaite",
                    "ask for satterthwaite",
                )
            ]
        )
    point = state.point
    p = point.beta.size
    weighted, _, _, _, outer = point.swept.kept
    q = pieces.q
    c, a = weighted[:, :q], weighted[:, q : q + p]
    sigma2 = point.rss / nu
    pairs = [
        (i, j)
        for block in state.layout.levels[0].blocks
        for j in range(block.start, block.stop)
        for i in range(j, block.stop)
    ]
    bases = np.zeros((len(pairs), q, q))
    for k, (i, j) in enumerate(pairs):
        bases[k, i, j] = bases[k, j, i] = 1.0
    # In units where σ² = 1: V = I + ZΩZ′; direction 0 is V, the others Z E Z′.
    m = len(pairs) + 1
    n = state.moments.n
    precision = np.linalg.inv(point.inverse)  # X′V⁻¹X
    first = np.empty((m, p, p))  # X′V⁻¹ D V⁻¹X = −P
    first[0] = precision
    first[1:] = np.einsum("aij,irjs->ars", bases, outer[:, :p, :, :p])
    second = np.empty((m, m, p, p))
    traces = np.empty((m, m))
    flat = np.ascontiguousarray(c).reshape(q * q, -1)
    cc = (flat @ flat.T).reshape(q, q, q, q)
    middle = c.sum(axis=2)
    traces[0, 0] = n
    traces[0, 1:] = traces[1:, 0] = np.einsum("aij,ij->a", bases, middle)
    traces[1:, 1:] = np.einsum("ajk,bli,ijkl->ab", bases, bases, cc, optimize=True)
    second[0] = first
    second[:, 0] = first
    tall = np.einsum("ijg,irg,jsg->irjs", c, a, a, optimize=True) if q == 1 else None
    for x, left in enumerate(bases):
        pulled = np.einsum("ij,jrg->irg", left, a)
        for y, right in enumerate(bases):
            if tall is not None:
                second[1 + x, 1 + y] = tall[0, :, 0, :]
                continue
            pushed = np.einsum("ij,jrg->irg", right, a)
            carried = np.einsum("ijg,jsg->isg", c, pushed)
            second[1 + x, 1 + y] = np.einsum("irg,isg->rs", pulled, carried, optimize=True)
    phi = point.inverse
    info = 0.5 * (
        traces
        - 2 * np.einsum("ij,abji->ab", phi, second)
        + np.einsum("ij,ajk,kl,bli->ab", phi, first, phi, first, optimize=True)
    )
    w = np.linalg.pinv((info + info.T) / 2)
    bent = second - np.einsum("aij,jk,bkl->abil", first, phi, first, optimize=True)
    adjusted = phi + 2 * phi @ np.einsum("ab,abij->ij", w, bent) @ phi
    back = state.layout.fixed.back
    base = back @ phi
    variance = np.einsum("ij,ij->i", base, back)
    slopes = np.einsum("ij,ajk,ik->ia", base, first, base) / variance[:, None]
    freedom: Array = 2 / np.einsum("ia,ab,ib->i", slopes, w, slopes)
    covariance = back @ adjusted @ back.T * sigma2 * state.layout.outcome_scale**2
    return freedom, (covariance + covariance.T) / 2
