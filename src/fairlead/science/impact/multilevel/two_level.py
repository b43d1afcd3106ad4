"""Two levels: log-determinant and weighted cross-products over all groups at once, with their derivatives.

Notation, in units of the residual: V = I + Z Ω Z′ with Ω = Λ Λ′; U = (X, y); M = I + Λ′ Z′Z Λ per group. The group is
the last axis of every array, so that each step runs over all groups without a loop in Python.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairlead.science.impact.moments import Moments
from fairlead.science.impact.multilevel.layout import Layout, Level

Array = NDArray[np.float64]
CHUNK = 8192  # groups worked on together: their arrays stay in the processor's cache


@dataclass(frozen=True, slots=True)
class Swept:
    """What one look at all groups gives at θ, with r = p + 1 columns U and m parameters."""

    theta: Array
    log_determinant: float  # log |V|
    d_log_determinant: Array  # (m,)
    p: Array  # (r, r) U′V⁻¹U
    d_p: Array  # (m, r, r)
    kept: tuple[Array, ...]  # what second derivatives need


class TwoLevel:
    """The likelihood's pieces for one kind of group.

    Parameters
    ----------
    zz, zu : (q, q, G) and (q, r, G) Z′Z and Z′U of each group.
    total : (r, r) U′U over all rows.
    cells : row and column in Λ (q, q) of each of the m parameters.
    """

    def __init__(self, zz: Array, zu: Array, total: Array, cells: tuple[NDArray[np.intp], NDArray[np.intp]]):
        self.q, self.groups = zz.shape[0], zz.shape[2]
        self.sides = np.ascontiguousarray(np.concatenate([zz, zu], axis=1))  # (q, q + r, G)
        self.total = total
        self.cells = cells

    @classmethod
    def of(cls, moments: Moments, layout: Layout) -> TwoLevel:
        """From moments summed to the groups of the one level."""
        (level,) = layout.levels
        u = np.column_stack([layout.fixed.basis, layout.outcome_basis])
        sides = sides_of(moments.products, level, u)
        return cls(sides[:, : level.q], sides[:, level.q :], u.T @ moments.total @ u, level.cells)

    def factor(self, theta: Array) -> Array:
        """Λ (q, q)."""
        lam = np.zeros((self.q, self.q))
        lam[self.cells] = theta
        return lam

    def sweep(self, theta: Array) -> Swept:
        """All first-order quantities at θ."""
        lam = self.factor(theta)
        q, r = self.q, self.total.shape[0]
        p = self.total.copy()
        weighted = np.empty_like(self.sides)  # C = Z′V⁻¹Z beside W = Z′V⁻¹U
        outer = np.zeros((q * r, q * r))
        log_determinant = 0.0
        for start in range(0, self.groups, CHUNK):
            part = slice(start, start + CHUNK)
            side = self.sides[:, :, part]
            solved, half, added = solve(lam, side)
            log_determinant += added
            for b in half:
                p -= b[q:] @ b[q:].T
            here = weighted[:, :, part]
            here[...] = side
            scaled = times(lam, solved)  # Λ M⁻¹ Λ′ [Z′Z, Z′U]
            for i in range(q):
                for k in range(q):
                    here[i] -= side[i, k] * scaled[k]
            w = np.ascontiguousarray(here[:, q:]).reshape(q * r, -1)
            outer += w @ w.T
        directions = self.directions(lam)
        middle = weighted[:, :q].sum(axis=2)
        d_p = -np.einsum("aij,irjs->ars", directions, outer.reshape(q, r, q, r))
        return Swept(
            theta,
            log_determinant,
            np.einsum("aij,ij->a", directions, middle),
            p,
            (d_p + d_p.transpose(0, 2, 1)) / 2,
            (weighted, lam, directions, middle, outer.reshape(q, r, q, r)),
        )

    def directions(self, lam: Array) -> Array:
        """(m, q, q) dΩ for each parameter."""
        rows, columns = self.cells
        found = np.zeros((rows.size, self.q, self.q))
        found[np.arange(rows.size), rows, :] = lam[:, columns].T
        return found + found.transpose(0, 2, 1)

    def curvature(self, swept: Swept, f: Array) -> Array:
        """(m, m) second derivatives of log |V| + tr(F U′V⁻¹U), with F held fixed."""
        weighted, _, directions, middle, outer = swept.kept
        q = self.q
        c, w = weighted[:, :q], weighted[:, q:]
        y = np.empty_like(c)  # W F W′ of each group
        for i in range(q):
            wide = f @ w[i]
            for j in range(i + 1):
                y[i, j] = y[j, i] = (wide * w[j]).sum(axis=0)
        flat = c.reshape(q * q, -1)
        cc = (flat @ flat.T).reshape(q, q, q, q)
        cy = (flat @ y.reshape(q * q, -1).T).reshape(q, q, q, q)
        second = -np.einsum("ajk,bli,ijkl->ab", directions, directions, cc, optimize=True)
        mixed = np.einsum("aij,bkl,jkli->ab", directions, directions, cy, optimize=True)
        slope = middle - np.einsum("irjs,rs->ij", outer, f)
        rows, columns = self.cells
        bend = 2 * slope[rows[:, None], rows[None, :]] * (columns[:, None] == columns[None, :])
        return second + mixed + mixed.T + bend

    def slopes(self, swept: Swept, f: Array) -> list[tuple[Array, Array]]:
        """For each level (q, q): the derivative of log |V| + tr(F U′V⁻¹U) in Ω, and of log |V| alone."""
        _, _, _, middle, outer = swept.kept
        slope = middle - np.einsum("irjs,rs->ij", outer, f)
        return [((slope + slope.T) / 2, middle)]

    def effects(self, theta: Array, c: Array) -> list[tuple[Array, Array]]:
        """For each level the predicted effects (G, q) and their conditional variance (G, q, q), in units of σ."""
        lam = self.factor(theta)
        q = self.q
        means = np.empty((self.groups, q))
        spread = np.empty((self.groups, q, q))
        for start in range(0, self.groups, CHUNK):
            part = slice(start, start + CHUNK)
            side = self.sides[:, :, part]
            solved, _, _ = solve(lam, side)
            means[part] = np.einsum("ij,jrg,r->gi", lam, solved[:, q:], c, optimize=True)
            rest = times(lam, solved[:, :q])  # Q Z′Z
            # Q = Ω − Q Z′Z Ω
            omega = lam @ lam.T
            spread[part] = omega - np.einsum("ikg,kj->gij", rest, omega)
        return [(means, spread)]


def solve(lam: Array, side: Array) -> tuple[Array, Array, float]:
    """M⁻¹ Λ′ [Z′Z, …], its half L⁻¹ Λ′ […] where M = L L′, and Σ log |M|. `side` (q, q + r, g) begins with Z′Z."""
    q = lam.shape[0]
    pulled = times(lam.T, side)  # Λ′ […]
    low: list[list[Array]] = []
    log_determinant = 0.0
    for i in range(q):
        row: list[Array] = []
        for j in range(i + 1):
            value = (pulled[i, :q] * lam[:, j, None]).sum(axis=0) + (1.0 if i == j else 0.0)
            for k in range(j):
                value = value - row[k] * low[j][k] if j < i else value - row[k] * row[k]
            if i == j:
                log_determinant += float(np.log(value).sum())
                row.append(np.sqrt(value))
            else:
                row.append(value / low[j][j])
        low.append(row)
    half = pulled
    for i in range(q):
        for k in range(i):
            half[i] -= low[i][k] * half[k]
        half[i] /= low[i][i]
    solved = half.copy()
    for i in reversed(range(q)):
        for k in range(i + 1, q):
            solved[i] -= low[k][i] * solved[k]
        solved[i] /= low[i][i]
    return solved, half, log_determinant


def times(small: Array, wide: Array) -> Array:
    """A (q, q) matrix, mostly zeros, times (q, c, g): quicker than the product of matrices that it is."""
    found = np.empty((small.shape[0], *wide.shape[1:]))
    for row, target in zip(small, found, strict=True):
        used = np.flatnonzero(row)
        if not used.size:
            target[...] = 0.0
            continue
        np.multiply(wide[used[0]], row[used[0]], out=target)
        for k in used[1:]:
            target += row[k] * wide[k]
    return found


def sides_of(products: Array, level: Level, u: Array) -> Array:
    """(q, q + r, G) of Z′(Z, U) in each group."""
    basis = level.basis
    right = np.hstack([basis, u])
    found = np.empty((basis.shape[1], right.shape[1], products.shape[0]))
    for i, column in enumerate(basis.T):
        used = np.flatnonzero(column)
        value = column[used[0]] * products[:, used[0], :]
        for place in used[1:]:
            value = value + column[place] * products[:, place, :]
        np.matmul(right.T, value.T, out=found[i])
    return found
