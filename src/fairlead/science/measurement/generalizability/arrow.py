"""The cross-products of a crossed mixed model, in the shape of an arrow: a small block for each level of one facet, and a
dense rest for all that the facet does not enter.

All effects of components that contain the facet (a teacher, her visits, how raters see her) touch no other teacher's.
They are eliminated block by block; what is left has as many columns as there are raters, items and their pairs. Nothing
here is as long as the ratings once the cross-products are made. The loops are written out instead of handed to BLAS, whose
threads cost more than such small products take.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairlead.science.compiled import compiled
from fairlead.science.measurement.ratings import Codes

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Arrow:
    """Cross-products of [block effects | rest effects, constant, scores], by block.

    inside: each block's (m, m) one after the other; beside: each block's (m, k), where the last two of its k columns
    are the constant and the scores; rest: (q + 2, q + 2). `first` and `width` say where a block's effects begin and how
    many there are, `touched` which columns of the rest its k are.
    """

    of: tuple[int, ...]  # components in the blocks, as numbered in the layout
    others: tuple[int, ...]  # in the rest
    first: Ints  # (blocks + 1,)
    component: Ints  # of each block effect: place in `of`
    level: Ints  # of each block effect: level in its component
    inside_at: Ints  # (blocks + 1,)
    inside: Array
    touched_at: Ints  # (blocks + 1,)
    touched: Ints
    beside_at: Ints  # (blocks + 1,)
    beside: Array
    rest: Array
    rest_component: Ints  # (q,) place in `others`
    rest_level: Ints  # (q,)
    n: int

    @property
    def q(self) -> int:
        """How many effects the rest has."""
        return self.rest_component.size


def work(levels: tuple[int, ...], sets: tuple[frozenset[str], ...], facet: str, blocks: int) -> tuple[float, int]:
    """Roughly how many operations it takes to eliminate by this facet, and the size of what is left."""
    inside = sum(count for count, key in zip(levels, sets, strict=True) if facet in key)
    rest = sum(count for count, key in zip(levels, sets, strict=True) if facet not in key)
    return blocks * (inside / blocks) ** 3 + 3.0 * rest**3, rest


def build(y: Array, codes: tuple[Codes, ...], inside: list[int], block: Codes) -> Arrow:
    """Make the cross-products; `block` (n,) is the level of the facet that is eliminated."""
    others = [c for c in range(len(codes)) if c not in inside]
    blocks = int(block.max()) + 1
    sizes = [int(codes[c].max()) + 1 for c in inside]
    owner, component, level = [], [], []
    for place, c in enumerate(inside):
        belongs = np.zeros(sizes[place], dtype=np.int64)
        belongs[codes[c]] = block
        owner.append(belongs)
        component.append(np.full(sizes[place], place, dtype=np.int64))
        level.append(np.arange(sizes[place], dtype=np.int64))
    owners, comps, levs = np.concatenate(owner), np.concatenate(component), np.concatenate(level)
    order = np.argsort(owners, kind="stable")
    rank = np.empty(order.size, dtype=np.int64)
    rank[order] = np.arange(order.size)
    first = np.searchsorted(owners[order], np.arange(blocks + 1)).astype(np.int64)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    column = np.stack([rank[starts[i] + codes[c]] - first[block] for i, c in enumerate(inside)], axis=1)
    rest_sizes = [int(codes[c].max()) + 1 for c in others]
    rest_starts = np.concatenate([[0], np.cumsum(rest_sizes)]).astype(np.int64)
    q = int(rest_starts[-1])
    rest_column = (
        np.stack([codes[c] + rest_starts[i] for i, c in enumerate(others)], axis=1).astype(np.int64)
        if others
        else np.zeros((y.size, 0), dtype=np.int64)
    )
    keys = (block[:, None] * np.int64(max(q, 1)) + rest_column).ravel()
    occurs, place = np.unique(keys, return_inverse=True) if keys.size else (keys, keys)
    of_block = occurs // max(q, 1)
    bounds = np.searchsorted(of_block, np.arange(blocks + 1)).astype(np.int64)
    touched_at = bounds + 2 * np.arange(blocks + 1)
    touched = np.empty(int(touched_at[-1]), dtype=np.int64)
    touched[np.arange(occurs.size) + 2 * of_block] = occurs % max(q, 1)
    touched[touched_at[1:] - 2], touched[touched_at[1:] - 1] = q, q + 1
    local = place.reshape(rest_column.shape).astype(np.int64) - bounds[block][:, None]
    m, k = np.diff(first), np.diff(touched_at)
    inside_at = np.concatenate([[0], np.cumsum(m * m)]).astype(np.int64)
    beside_at = np.concatenate([[0], np.cumsum(m * k)]).astype(np.int64)
    a, b = np.zeros(int(inside_at[-1])), np.zeros(int(beside_at[-1]))
    rest = np.zeros((q + 2, q + 2))
    _fill(y, block.astype(np.int64), column, local, rest_column, m, k, inside_at, beside_at, a, b, rest)
    rest_component = np.repeat(np.arange(len(others)), rest_sizes).astype(np.int64)
    rest_level = np.concatenate([np.zeros(0, dtype=np.int64), *(np.arange(size) for size in rest_sizes)]).astype(
        np.int64
    )
    return Arrow(
        of=tuple(inside),
        others=tuple(others),
        first=first,
        component=comps[order],
        level=levs[order],
        inside_at=inside_at,
        inside=a,
        touched_at=touched_at.astype(np.int64),
        touched=touched,
        beside_at=beside_at,
        beside=b,
        rest=rest,
        rest_component=rest_component,
        rest_level=rest_level,
        n=y.size,
    )


@compiled
def _fill(y, block, column, local, rest_column, m, k, inside_at, beside_at, a, b, rest):  # type: ignore[no-untyped-def]
    q = rest.shape[0] - 2
    for i in range(y.size):
        g = block[i]
        mg, kg = m[g], k[g]
        at, beside = inside_at[g], beside_at[g]
        for c in range(column.shape[1]):
            row = column[i, c]
            for d in range(column.shape[1]):
                a[at + row * mg + column[i, d]] += 1.0
            here = beside + row * kg
            for d in range(local.shape[1]):
                b[here + local[i, d]] += 1.0
            b[here + kg - 2] += 1.0
            b[here + kg - 1] += y[i]
        for c in range(rest_column.shape[1]):
            row = rest_column[i, c]
            for d in range(rest_column.shape[1]):
                rest[row, rest_column[i, d]] += 1.0
            rest[row, q] += 1.0
            rest[row, q + 1] += y[i]
            rest[q, row] += 1.0
            rest[q + 1, row] += y[i]
        rest[q, q] += 1.0
        rest[q, q + 1] += y[i]
        rest[q + 1, q] += y[i]
        rest[q + 1, q + 1] += y[i] * y[i]


@compiled
def eliminate(theta, component, first, inside_at, inside, touched_at, touched, beside_at, beside, scale, low, w, s):  # type: ignore[no-untyped-def]
    """Factor each block of ΛAΛ + I = LL′ into `low`, put W = L⁻¹ΛBΛ into `w`, and take W′W from the upper half of `s`.

    Returns
    -------
    Σ log of the pivots squared, or NaN if a block is not positive definite (which rounding alone can bring).
    """
    logdet = 0.0
    for g in range(first.size - 1):
        start = first[g]
        m = first[g + 1] - start
        k = touched_at[g + 1] - touched_at[g]
        at, bt = inside_at[g], beside_at[g]
        own = np.empty((m, m))
        wide = np.empty((m, k))
        for i in range(m):
            ti = theta[component[start + i]]
            for j in range(i + 1):
                value = inside[at + i * m + j] * ti * theta[component[start + j]]
                if i == j:
                    value += 1.0
                for p in range(j):
                    value -= own[i, p] * own[j, p]
                if i == j:
                    if value <= 0.0:
                        return np.nan
                    own[i, i] = np.sqrt(value)
                    logdet += np.log(value)
                else:
                    own[i, j] = value / own[j, j]
                low[at + i * m + j] = own[i, j]
            for c in range(k):
                wide[i, c] = beside[bt + i * k + c] * ti * scale[touched[touched_at[g] + c]]
            for p in range(i):
                factor = own[i, p]
                for c in range(k):
                    wide[i, c] -= factor * wide[p, c]
            pivot = 1.0 / own[i, i]
            for c in range(k):
                wide[i, c] *= pivot
                w[bt + i * k + c] = wide[i, c]
        gram = np.zeros((k, k))
        i = 0
        while i + 3 < m:
            for c in range(k):
                one, two, three, four = wide[i, c], wide[i + 1, c], wide[i + 2, c], wide[i + 3, c]
                for d in range(c, k):
                    gram[c, d] += (
                        one * wide[i, d] + two * wide[i + 1, d] + three * wide[i + 2, d] + four * wide[i + 3, d]
                    )
            i += 4
        while i < m:
            for c in range(k):
                one = wide[i, c]
                for d in range(c, k):
                    gram[c, d] += one * wide[i, d]
            i += 1
        for c in range(k):
            column = touched[touched_at[g] + c]
            for d in range(c, k):
                s[column, touched[touched_at[g] + d]] -= gram[c, d]
    return logdet


@compiled
def block_inverse(count, component, first, inside_at, touched_at, touched, beside_at, low, w, sinv, sol, trace, u):  # type: ignore[no-untyped-def]
    """Of each block, what C⁻¹ has on its diagonal (added to `trace` by component) and its effects (into `u`).

    sinv: (q + 1, q + 1) inverse of the rest with the constant; sol: (q + 1,) its solution.
    """
    for g in range(first.size - 1):
        start = first[g]
        m = first[g + 1] - start
        k = touched_at[g + 1] - touched_at[g] - 1  # without the scores
        at, bt, tt = inside_at[g], beside_at[g], touched_at[g]
        inverse = np.zeros((m, m))
        for j in range(m):  # L⁻¹ by rows
            inverse[j, j] = 1.0 / low[at + j * m + j]
            for p in range(j):
                factor = low[at + j * m + p] * inverse[j, j]
                for i in range(p + 1):
                    inverse[j, i] -= factor * inverse[p, i]
        wide, scores = np.empty((m, k)), np.empty(m)
        part, known = np.empty((k, k)), np.empty(k)
        for i in range(m):
            for c in range(k):
                wide[i, c] = w[bt + i * (k + 1) + c]
            scores[i] = w[bt + i * (k + 1) + k]
        for c in range(k):
            known[c] = sol[touched[tt + c]]
            for d in range(k):
                part[c, d] = sinv[touched[tt + c], touched[tt + d]]
        back, inner, effects = np.zeros((m, k)), np.zeros((m, k)), np.zeros(m)
        for p in range(m):
            left = scores[p]
            for c in range(k):
                left -= wide[p, c] * known[c]
            for i in range(p + 1):
                factor = inverse[p, i]
                effects[i] += factor * left
                for c in range(k):
                    back[i, c] += factor * wide[p, c]
        for i in range(m):
            c = 0
            while c + 3 < k:
                one, two, three, four = back[i, c], back[i, c + 1], back[i, c + 2], back[i, c + 3]
                for d in range(k):
                    inner[i, d] += (
                        one * part[c, d] + two * part[c + 1, d] + three * part[c + 2, d] + four * part[c + 3, d]
                    )
                c += 4
            while c < k:
                one = back[i, c]
                for d in range(k):
                    inner[i, d] += one * part[c, d]
                c += 1
        for i in range(m):
            own = 0.0
            for p in range(i, m):
                own += inverse[p, i] * inverse[p, i]
            for c in range(k):
                own += back[i, c] * inner[i, c]
            u[start + i] = effects[i]
            count[start + i] = own
            trace[component[start + i]] += own


@compiled
def times(first, inside_at, inside, touched_at, touched, beside_at, beside, v_block, v_rest, out_block, out_rest):  # type: ignore[no-untyped-def]
    """Cross-products times several columns: v_block (effects, r), v_rest (q + 2, r); `out_rest` without the rest's own."""
    r = v_block.shape[1]
    for g in range(first.size - 1):
        start = first[g]
        m = first[g + 1] - start
        k = touched_at[g + 1] - touched_at[g]
        for i in range(m):
            for j in range(m):
                value = inside[inside_at[g] + i * m + j]
                if value != 0.0:
                    for e in range(r):
                        out_block[start + i, e] += value * v_block[start + j, e]
            for c in range(k):
                value = beside[beside_at[g] + i * k + c]
                if value != 0.0:
                    column = touched[touched_at[g] + c]
                    for e in range(r):
                        out_block[start + i, e] += value * v_rest[column, e]
                        out_rest[column, e] += value * v_block[start + i, e]


@compiled
def forward(first, inside_at, touched_at, touched, beside_at, low, w, right, rest_right):  # type: ignore[no-untyped-def]
    """L⁻¹ of the blocks' right-hand sides, in place, and what that takes from the rest's."""
    r = right.shape[1]
    for g in range(first.size - 1):
        start = first[g]
        m = first[g + 1] - start
        k = touched_at[g + 1] - touched_at[g]
        for i in range(m):
            for p in range(i):
                factor = low[inside_at[g] + i * m + p]
                for e in range(r):
                    right[start + i, e] -= factor * right[start + p, e]
            pivot = 1.0 / low[inside_at[g] + i * m + i]
            for e in range(r):
                right[start + i, e] *= pivot
            for c in range(k - 1):
                value = w[beside_at[g] + i * k + c]
                if value != 0.0:
                    column = touched[touched_at[g] + c]
                    for e in range(r):
                        rest_right[column, e] -= value * right[start + i, e]
