"""The inner loops of three levels, compiled: inner groups are swept into their outer group, and outer groups into the
whole. Imported only when three levels are asked for; compiled code is cached where the package's folder is writable.

Shapes: N inner groups in J outer ones (`starts` (J+1,) where each begins), q and s effects of an inner and an outer group,
r columns U = (X, y). Notation as in `two_level`, for the inner level: V₀ = I + Z Ω Z′ in each inner group.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def _compiled(function: Callable[..., Any]) -> Any:
    try:
        return numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:  # no folder to keep it in: compile anew in each process
        return numba.njit(nogil=True, error_model="numpy")(function)


def _reduce(lam, side, q, half, solved, low):  # type: ignore[no-untyped-def]
    """Of one group, with side = Z′(Z, …) and M = I + Λ′Z′ZΛ = LL′: half = L⁻¹Λ′Z′(Z, …), solved = M⁻¹Λ′Z′(Z, …), low = L.
    Returns log |M|."""
    width = side.shape[1]
    for i in range(q):
        for c in range(width):
            value = 0.0
            for k in range(i, q):
                value += lam[k, i] * side[k, c]
            half[i, c] = value
    total = 0.0
    for i in range(q):
        for j in range(i + 1):
            value = 1.0 if i == j else 0.0
            for k in range(j, q):
                value += half[i, k] * lam[k, j]
            for k in range(j):
                value -= low[i, k] * low[j, k]
            if i == j:
                total += np.log(value)
                low[i, i] = np.sqrt(value)
            else:
                low[i, j] = value / low[j, j]
    for i in range(q):
        for k in range(i):
            for c in range(width):
                half[i, c] -= low[i, k] * half[k, c]
        for c in range(width):
            half[i, c] /= low[i, i]
    for i in range(q - 1, -1, -1):
        for c in range(width):
            solved[i, c] = half[i, c]
        for k in range(i + 1, q):
            for c in range(width):
                solved[i, c] -= low[k, i] * solved[k, c]
        for c in range(width):
            solved[i, c] /= low[i, i]
    return total


reduce_group = _compiled(_reduce)


def _weigh(lam, side, solved, q, scaled, out):  # type: ignore[no-untyped-def]
    """scaled = ΛM⁻¹Λ′Z′(Z, …) and out = Z′V⁻¹(Z, …)."""
    width = side.shape[1]
    for i in range(q):
        for c in range(width):
            value = 0.0
            for k in range(i + 1):
                value += lam[i, k] * solved[k, c]
            scaled[i, c] = value
    for i in range(q):
        for c in range(width):
            value = side[i, c]
            for k in range(q):
                value -= side[i, k] * scaled[k, c]
            out[i, c] = value


weigh = _compiled(_weigh)


def _sweep(lam, top, inner, outer, starts, half_x, a, cr, top_half, top_a, top_c, top_q, top_k):  # type: ignore[no-untyped-def]
    """Everything of first order. inner (N, q, q+s+r) holds Z′(Z, T, U) of inner groups, T the columns of the outer effects;
    outer (J, s, s+r) holds T′(T, U).

    Written: half_x (N, q, r), a (N, q, r) Z′V⁻¹U, cr (N, q, q+s) Z′V₀⁻¹(Z, T), top_half (J, s, r), top_a (J, s, r) T′V⁻¹U,
    top_c (J, s, s) T′V⁻¹T, top_q (J, s, s) Q of the outer level, top_k (J, s, s) Q T′V₀⁻¹T.
    Returns log |V| and Σ Z′V⁻¹Z (q, q) over inner groups.
    """
    q, s = lam.shape[0], top.shape[0]
    width = inner.shape[2]
    r = width - q - s
    low, top_low = np.zeros((q, q)), np.zeros((s, s))
    half, solved = np.empty((q, width)), np.empty((q, width))
    scaled, out = np.empty((q, width)), np.empty((q, width))
    d = np.empty((s, s + r))
    d_half, d_solved = np.empty((s, s + r)), np.empty((s, s + r))
    d_scaled, d_out = np.empty((s, s + r)), np.empty((s, s + r))
    root = np.empty((s, s))
    middle = np.zeros((q, q))
    rq = np.empty((q, s))
    total = 0.0
    for j in range(starts.size - 1):
        for i in range(s):
            for c in range(s + r):
                d[i, c] = outer[j, i, c]
        for g in range(starts[j], starts[j + 1]):
            side = inner[g]
            total += reduce_group(lam, side, q, half, solved, low)
            weigh(lam, side, solved, q, scaled, out)
            for i in range(q):
                for c in range(q + s):
                    cr[g, i, c] = out[i, c]
                for c in range(r):
                    half_x[g, i, c] = half[i, q + s + c]
                    a[g, i, c] = out[i, q + s + c]
                for x in range(s):
                    for c in range(s + r):
                        d[x, c] -= half[i, q + x] * half[i, q + c]
        total += reduce_group(top, d, s, d_half, d_solved, top_low)
        weigh(top, d, d_solved, s, d_scaled, d_out)
        for i in range(s):  # Q = Λ M⁻¹ Λ′ = root′ root with root = L⁻¹ Λ′
            for c in range(s):
                value = top[c, i]
                for k in range(i):
                    value -= top_low[i, k] * root[k, c]
                root[i, c] = value / top_low[i, i]
        for x in range(s):
            for y in range(s):
                value = 0.0
                for k in range(s):
                    value += root[k, x] * root[k, y]
                top_q[j, x, y] = value
                top_c[j, x, y] = d_out[x, y]
                top_k[j, x, y] = d_scaled[x, y]
            for c in range(r):
                top_half[j, x, c] = d_half[x, s + c]
                top_a[j, x, c] = d_out[x, s + c]
        for g in range(starts[j], starts[j + 1]):
            for i in range(q):
                for c in range(r):
                    value = 0.0
                    for x in range(s):
                        value += cr[g, i, q + x] * d_scaled[x, s + c]
                    a[g, i, c] -= value
                for x in range(s):
                    value = 0.0
                    for y in range(s):
                        value += cr[g, i, q + y] * top_q[j, y, x]
                    rq[i, x] = value
            for i in range(q):
                for k in range(q):
                    value = cr[g, i, k]
                    for x in range(s):
                        value -= rq[i, x] * cr[g, k, q + x]
                    middle[i, k] += value
    return total, middle


sweep = _compiled(_sweep)


def _curvature(directions, f, starts, a, cr, top_a, top_q, top_k):  # type: ignore[no-untyped-def]
    """What second derivatives need, with F held fixed; see `three_level.ThreeLevel.curvature`.

    Returns own (q, q, q, q) Σ (−C⊗C + G⊗G + 2 C₀⊗Y), between the levels −Σ B⊗B and 2 Σ B⊗Y₃ (each (q, s, q, s)), and
    shared (m, m), the part of pairs of inner groups.
    """
    q, r = a.shape[1:]
    s = top_a.shape[1]
    m = directions.shape[0]
    own = np.zeros((q, q, q, q))
    bb, by = np.zeros((q, s, q, s)), np.zeros((q, s, q, s))
    shared = np.zeros((m, m))
    rq, b, y3 = np.empty((q, s)), np.empty((q, s)), np.empty((q, s))
    g_, c, y = np.empty((q, q)), np.empty((q, q)), np.empty((q, q))
    af = np.empty((q, r))
    fa3 = np.empty((r, s))
    rr, ar = np.empty((q, s, q, s)), np.empty((q, r, q, s))
    psi, psi_q = np.empty((m, s, s)), np.empty((m, s, s))
    phi, phi_q, f_phi = np.empty((m, r, s)), np.empty((m, r, s)), np.empty((m, r, s))
    for j in range(starts.size - 1):
        for k in range(r):
            for x in range(s):
                value = 0.0
                for c_ in range(r):
                    value += f[k, c_] * top_a[j, x, c_]
                fa3[k, x] = value
        rr[:] = 0.0
        ar[:] = 0.0
        for g in range(starts[j], starts[j + 1]):
            for i in range(q):
                for x in range(s):
                    value, kept = 0.0, cr[g, i, q + x]
                    for z in range(s):
                        value += cr[g, i, q + z] * top_q[j, z, x]
                        kept -= cr[g, i, q + z] * top_k[j, z, x]
                    rq[i, x] = value
                    b[i, x] = kept
                    value = 0.0
                    for k in range(r):
                        value += a[g, i, k] * fa3[k, x]
                    y3[i, x] = value
                for k in range(r):
                    value = 0.0
                    for c_ in range(r):
                        value += a[g, i, c_] * f[c_, k]
                    af[i, k] = value
            for i in range(q):
                for k in range(q):
                    value = 0.0
                    for x in range(s):
                        value += rq[i, x] * cr[g, k, q + x]
                    g_[i, k] = value
                    c[i, k] = cr[g, i, k] - value
                    value = 0.0
                    for x in range(r):
                        value += af[i, x] * a[g, k, x]
                    y[i, k] = value
            for i in range(q):
                for k in range(q):
                    for u in range(q):
                        for v in range(q):
                            own[i, k, u, v] += g_[i, k] * g_[u, v] - c[i, k] * c[u, v] + 2 * cr[g, i, k] * y[u, v]
                for x in range(s):
                    for u in range(q):
                        for v in range(s):
                            bb[i, x, u, v] -= b[i, x] * b[u, v]
                            by[i, x, u, v] += 2 * b[i, x] * y3[u, v]
                            rr[i, x, u, v] += cr[g, i, q + x] * cr[g, u, q + v]
                for x in range(r):
                    for u in range(q):
                        for v in range(s):
                            ar[i, x, u, v] += a[g, i, x] * cr[g, u, q + v]
        for d in range(m):
            for x in range(s):
                for y_ in range(s):
                    value = 0.0
                    for i in range(q):
                        for k in range(q):
                            value += directions[d, i, k] * rr[i, x, k, y_]
                    psi[d, x, y_] = value
            for x in range(r):
                for y_ in range(s):
                    value = 0.0
                    for i in range(q):
                        for k in range(q):
                            value += directions[d, i, k] * ar[i, x, k, y_]
                    phi[d, x, y_] = value
            for y_ in range(s):
                for x in range(s):
                    value = 0.0
                    for z in range(s):
                        value += psi[d, x, z] * top_q[j, z, y_]
                    psi_q[d, x, y_] = value
                for x in range(r):
                    value = 0.0
                    for z in range(s):
                        value += phi[d, x, z] * top_q[j, z, y_]
                    phi_q[d, x, y_] = value
                    value = 0.0
                    for z in range(r):
                        value += f[x, z] * phi[d, z, y_]
                    f_phi[d, x, y_] = value
        for d in range(m):
            for e in range(m):
                value = 0.0
                for x in range(s):
                    for y_ in range(s):
                        value += psi_q[d, x, y_] * psi_q[e, y_, x]
                    for k in range(r):
                        value += 2 * f_phi[d, k, x] * phi_q[e, k, x]
                shared[d, e] -= value
    return own, bb, by, shared


curvature = _compiled(_curvature)
