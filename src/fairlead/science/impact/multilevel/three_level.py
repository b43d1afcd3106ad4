"""Three levels: inner groups folded into outer ones (Woodbury), then as two levels. The loops are in `kernel`.

Notation: Z the columns of an inner group's effects, T those of the outer group's, U = (X, y); V₀ has the inner effects
only. R = Z′V₀⁻¹T, D = T′V₀⁻¹(T, U), Q = Λ(I + Λ′T′V₀⁻¹TΛ)⁻¹Λ′ of the outer level.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fairlead.science.impact.moments import Moments
from fairlead.science.impact.multilevel.layout import Layout
from fairlead.science.impact.multilevel.two_level import Swept, sides_of, solve, times

Array = NDArray[np.float64]
Cells = tuple[NDArray[np.intp], NDArray[np.intp]]


class ThreeLevel:
    """The likelihood's pieces for inner groups nested in outer ones.

    Parameters
    ----------
    inner : (N, q, q + s + r) Z′(Z, T, U) of each inner group, those of an outer group together.
    outer : (J, s, s + r) T′(T, U) of each outer group.
    starts : (J + 1,) where the inner groups of each outer one begin.
    total : (r, r) U′U over all rows.
    cells : for the inner and for the outer level, row and column in Λ of each parameter.
    """

    def __init__(
        self, inner: Array, outer: Array, starts: NDArray[np.intp], total: Array, cells: tuple[Cells, Cells]
    ):
        self.inner, self.outer, self.starts, self.total, self.cells = inner, outer, starts, total, cells
        (n, self.q, _), (j, self.s, _) = inner.shape, outer.shape
        self.r = total.shape[0]
        self.split = cells[0][0].size
        self._at = np.empty(0)  # the θ that the buffers are for
        q, s, r = self.q, self.s, self.r
        self._buffers = [
            np.empty(shape)
            for shape in [(n, q, r), (n, q, r), (n, q, q + s), (j, s, r), (j, s, r), (j, s, s), (j, s, s), (j, s, s)]
        ]

    @classmethod
    def of(cls, moments: Moments, layout: Layout) -> ThreeLevel:
        """From moments summed to the inner groups, those of an outer group together."""
        near, far = layout.levels
        u = np.column_stack([layout.fixed.basis, layout.outcome_basis])
        wide = np.hstack([far.basis, u])
        inner = np.ascontiguousarray(sides_of(moments.products, near, wide).transpose(2, 0, 1))
        codes, _ = moments.codes(*far.columns)
        starts = np.append(np.flatnonzero(np.diff(codes, prepend=-1)), codes.size).astype(np.intp)
        gathered = np.add.reduceat(moments.products, starts[:-1], axis=0)
        outer = np.ascontiguousarray(sides_of(gathered, far, u).transpose(2, 0, 1))
        return cls(inner, outer, starts, u.T @ moments.total @ u, (near.cells, far.cells))

    def factors(self, theta: Array) -> tuple[Array, Array]:
        """Λ of the inner (q, q) and of the outer level (s, s)."""
        lam, top = np.zeros((self.q, self.q)), np.zeros((self.s, self.s))
        lam[self.cells[0]], top[self.cells[1]] = theta[: self.split], theta[self.split :]
        return lam, top

    def sweep(self, theta: Array) -> Swept:
        """All first-order quantities at θ."""
        from fairlead.science.impact.multilevel import kernel

        lam, top = self.factors(theta)
        q, s, r = self.q, self.s, self.r
        half, a, _, top_half, top_a, top_c, _, _ = self._buffers
        log_determinant, middle = kernel.sweep(lam, top, self.inner, self.outer, self.starts, *self._buffers)
        self._at = theta.copy()
        p = self.total.copy()
        for part in (half, top_half):
            flat = part.reshape(-1, r)
            p -= flat.T @ flat
        near, far = (_directions(lam, self.cells[0]), _directions(top, self.cells[1]))
        top_middle = top_c.sum(axis=0)
        grams = []
        for part, size in ((a, q), (top_a, s)):
            flat = part.reshape(-1, size * r)
            grams.append((flat.T @ flat).reshape(size, r, size, r))
        d_p = np.concatenate(
            [-np.einsum("aij,irjs->ars", side, gram) for side, gram in zip((near, far), grams, strict=True)]
        )
        return Swept(
            theta.copy(),
            float(log_determinant),
            np.concatenate([np.einsum("aij,ij->a", near, middle), np.einsum("aij,ij->a", far, top_middle)]),
            p,
            (d_p + d_p.transpose(0, 2, 1)) / 2,
            (lam, top, near, far, middle, top_middle, *grams),
        )

    def curvature(self, swept: Swept, f: Array) -> Array:
        """(m, m) second derivatives of log |V| + tr(F U′V⁻¹U), with F held fixed.

        −tr(V⁻¹V_a V⁻¹V_b) + 2 tr(F U′V⁻¹V_a V⁻¹V_b V⁻¹U) and the derivatives' own slope in Ω. Inner groups i ≠ k of one
        outer group meet in Z_i′V⁻¹Z_k = −R_i Q R_k′; an inner and its outer group in B = Z′V⁻¹T = R(I − Q T′V₀⁻¹T).
        """
        from fairlead.science.impact.multilevel import kernel

        if not np.array_equal(self._at, swept.theta):
            self.sweep(swept.theta)
        near, far = swept.kept[2:4]
        _, a, cr, _, top_a, top_c, top_q, top_k = self._buffers
        own, bb, by, shared = kernel.curvature(near, f, self.starts, a, cr, top_a, top_q, top_k)
        first = np.einsum("aij,bkl,jkli->ab", near, near, own, optimize=True)
        inside = (first + first.T) / 2 + (shared + shared.T) / 2
        between = np.einsum("aij,bxy,jxiy->ab", near, far, bb + by, optimize=True)
        y = np.einsum("jxr,rs,jys->jxy", top_a, f, top_a, optimize=True).reshape(-1, self.s**2)
        flat = top_c.reshape(-1, self.s**2)
        cc = (flat.T @ flat).reshape((self.s,) * 4)
        cy = (flat.T @ y).reshape((self.s,) * 4)
        above = np.einsum("aij,bkl,jkli->ab", far, far, 2 * cy - cc, optimize=True)
        found = np.block([[inside, between], [between.T, (above + above.T) / 2]])
        for place, (slope, _) in enumerate(self.slopes(swept, f)):
            rows, columns = self.cells[place]
            part = slice(0, self.split) if place == 0 else slice(self.split, None)
            found[part, part] += 2 * slope[rows[:, None], rows[None, :]] * (columns[:, None] == columns[None, :])
        return np.asarray(found)

    def slopes(self, swept: Swept, f: Array) -> list[tuple[Array, Array]]:
        """For each level the derivative of log |V| + tr(F U′V⁻¹U) in Ω, and of log |V| alone."""
        *_, middle, top_middle, gram, top_gram = swept.kept
        found = []
        for size, outer in ((middle, gram), (top_middle, top_gram)):
            slope = size - np.einsum("irjs,rs->ij", outer, f)
            found.append(((slope + slope.T) / 2, size))
        return found

    def effects(self, theta: Array, c: Array) -> list[tuple[Array, Array]]:
        """For each level the predicted effects and their conditional variance, in units of σ."""
        lam, top = self.factors(theta)
        q, s = self.q, self.s
        solved, half, _ = solve(lam, np.ascontiguousarray(self.inner.transpose(1, 2, 0)))
        d = self.outer - np.add.reduceat(
            np.einsum("ixg,icg->gxc", half[:, q : q + s], half[:, q:]), self.starts[:-1], axis=0
        )
        top_solved, _, _ = solve(top, np.ascontiguousarray(d.transpose(1, 2, 0)))
        top_means = np.einsum("ij,jrg,r->gi", top, top_solved[:, s:], c, optimize=True)
        omega = top @ top.T
        top_q = omega - np.einsum("xyg,yz->gxz", times(top, top_solved[:, :s]), omega)
        codes = np.repeat(np.arange(self.starts.size - 1), np.diff(self.starts))
        scaled = times(lam, solved)
        pulled = scaled[:, q : q + s]  # Q Z′T of inner groups
        means = np.einsum("irg,r->gi", scaled[:, q + s :], c) - np.einsum("ixg,gx->gi", pulled, top_means[codes])
        own = lam @ lam.T
        spread = own - np.einsum("ikg,kj->gij", scaled[:, :q], own)
        spread = spread + np.einsum("ixg,gxy,jyg->gij", pulled, top_q[codes], pulled, optimize=True)
        return [(means, spread), (top_means, top_q)]


def _directions(lam: Array, cells: Cells) -> Array:
    """(m, q, q) dΩ for each parameter."""
    rows, columns = cells
    found = np.zeros((rows.size, *lam.shape))
    found[np.arange(rows.size), rows, :] = lam[:, columns].T
    return found + found.transpose(0, 2, 1)
