"""Nearest neighbours, taken greedily: a tree of boxes from which the taken are deleted.

The pairs are exactly those of comparing every treated row with every row still free; the tree only avoids looking at
boxes that cannot hold a nearer one. One score (a line) and many covariates are the same code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairlead.science.compiled import compiled

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

LEAF = 12
TIE = 1e-10  # distances are equal when they differ by less: relative to themselves, or as a share of the unit
NOBODY = 1 << 60  # the lowest rank where nobody is free
MATCHED, NO_STRATUM, TOO_FAR, ALL_TAKEN = 0, 1, 2, 3


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """Whom each treated row got.

    Attributes
    ----------
    control : (t, ratio) position among the controls, −1 where there is none.
    distance : (t, ratio) NaN where there is none.
    why : (t,) MATCHED, NO_STRATUM (no control has its exact values), TOO_FAR (all are outside the caliper), ALL_TAKEN.
    ties : how often several free controls were equally near.
    """

    control: Codes
    distance: Array
    why: NDArray[np.int8]
    ties: int


def nearest(
    treated: Array,
    controls: Array,
    *,
    order: Codes,
    treated_row: NDArray[np.int64],
    control_row: NDArray[np.int64],
    treated_stratum: Codes,
    control_stratum: Codes,
    treated_calipered: Array,
    control_calipered: Array,
    calipers: Array,
    ratio: int = 1,
    replace: bool = False,
    last: bool = False,
    unit: float = 1.0,
    most: float = np.inf,
) -> Neighbours:
    """For each treated row, in `order`, the nearest control of its stratum that is still free.

    Parameters
    ----------
    treated, controls : (t, d) and (c, d) coordinates; the distance is Euclidean.
    order : (t,) positions of the treated rows, the first to choose first.
    treated_row, control_row : (t,) and (c,) where each stands in the data.
    treated_stratum, control_stratum : equal numbers may be matched.
    treated_calipered, control_calipered, calipers : (t, e), (c, e), (e,): a partner differs by at most the caliper in
        each of these.
    ratio : with more than one, everybody gets a first partner before anybody gets a second.
    replace : a control may be chosen by many.
    last : of equally near controls take the last one on the walk that the notes describe, not the first.
    unit : the size of a typical difference, for what counts as a tie.
    most : the greatest distance of a pair.

    Notes
    -----
    Ties: put all rows in the order of their first coordinate, equal ones as they stand in the data, and walk outward
    from the treated row, a step to the left, a step to the right, and so on: of the controls at the same distance the
    first that is met is taken, or with `last` the last. O(n log n) for a line.
    """
    in_data = np.argsort(np.concatenate([treated_row, control_row]), kind="stable")
    along = np.concatenate([treated[:, 0], controls[:, 0]])[in_data]
    rank = np.empty(along.size, dtype=np.int64)
    rank[in_data[np.argsort(along, kind="stable")]] = np.arange(along.size)
    t_rank, c_rank = rank[: len(treated)], rank[len(treated) :]
    order = np.asarray(order, dtype=np.intp)
    by_stratum = order[np.argsort(treated_stratum[order], kind="stable")]
    of_controls = np.argsort(control_stratum, kind="stable")
    strata = np.unique(treated_stratum)
    starts = np.searchsorted(treated_stratum[by_stratum], strata)
    stops = np.searchsorted(treated_stratum[by_stratum], strata, side="right")
    c_starts = np.searchsorted(control_stratum[of_controls], strata)
    c_stops = np.searchsorted(control_stratum[of_controls], strata, side="right")
    found, distance, why, ties = _all_strata(
        np.ascontiguousarray(np.hstack([treated, treated_calipered])[by_stratum]),
        np.ascontiguousarray(np.hstack([controls, control_calipered])[of_controls]),
        t_rank[by_stratum],
        c_rank[of_controls],
        treated.shape[1],
        np.ascontiguousarray(calipers, dtype=np.float64),
        starts,
        stops,
        c_starts,
        c_stops,
        ratio,
        replace,
        last,
        (TIE * unit) ** 2,
        most**2,
    )
    control = np.full((order.size, ratio), -1, dtype=np.intp)
    apart = np.full((order.size, ratio), np.nan)
    reason = np.empty(order.size, dtype=np.int8)
    control[by_stratum] = np.where(found >= 0, of_controls[found], -1)
    apart[by_stratum] = distance
    reason[by_stratum] = why
    return Neighbours(control, apart, reason, int(ties))


@compiled
def project(x: Any, w: Any) -> Any:
    """x @ w, each row by itself in the same order, so that equal rows give equal numbers to the last bit."""
    out = np.zeros((x.shape[0], w.shape[1]))
    for i in range(x.shape[0]):
        for j in range(w.shape[1]):
            total = 0.0
            for k in range(x.shape[1]):
                total += x[i, k] * w[k, j]
            out[i, j] = total
    return out


@compiled
def _all_strata(  # type: ignore[no-untyped-def]
    tp, cp, t_rank, c_rank, dims, calipers, starts, stops, c_starts, c_stops, ratio, replace, last, tiny, most
):
    found = np.full((tp.shape[0], ratio), -1, dtype=np.int64)
    distance = np.full((tp.shape[0], ratio), np.nan)
    why = np.zeros(tp.shape[0], dtype=np.int8)
    ties = 0
    for s in range(starts.size):
        begin, end, base = starts[s], stops[s], c_starts[s]
        if c_stops[s] == base:
            why[begin:end] = NO_STRATUM
            continue
        box, span, points, rank, place, home = _grow(cp[base : c_stops[s]], c_rank[base : c_stops[s]], dims)
        free = np.ones(points.shape[0], dtype=np.bool_)
        for turn in range(1 if replace else ratio):
            for i in range(begin, end):
                if turn > 0 and found[i, turn - 1] < 0:
                    continue
                for r in range(turn, ratio if replace else turn + 1):
                    best, squared, tied = _search(
                        tp[i], t_rank[i], box, span, points, rank, free, dims, calipers, last, tiny, most
                    )
                    if best < 0:
                        break
                    found[i, r], distance[i, r] = best, np.sqrt(squared)
                    ties += tied
                    _mark(best, False, box, rank, home, free)
                if replace:
                    for r in range(ratio):
                        if found[i, r] >= 0:
                            _mark(found[i, r], True, box, rank, home, free)
        alone = False
        for i in range(begin, end):
            alone = alone or found[i, 0] < 0
        if alone:
            for p in range(points.shape[0]):
                if not free[p]:
                    _mark(p, True, box, rank, home, free)
        for i in range(begin, end):
            if found[i, 0] < 0:
                best, squared, tied = _search(
                    tp[i], t_rank[i], box, span, points, rank, free, dims, calipers, last, tiny, most
                )
                why[i] = TOO_FAR if best < 0 else ALL_TAKEN
            for r in range(ratio):
                if found[i, r] >= 0:
                    found[i, r] = base + place[found[i, r]]
    return found, distance, why, ties


# A tree is four arrays. box: (nodes, 8) first and last position of its rows, left, right, parent, how many of its rows
# are free, the lowest and highest rank of these. span: (nodes, 2, width) lowest and highest coordinates. points: the rows
# in the order of the tree; rank: their ranks; place: where each stood among the controls.
FROM, TO, LEFT, RIGHT, UP, FREE, LOW, HIGH = 0, 1, 2, 3, 4, 5, 6, 7


@compiled
def _grow(points, ranks, dims):  # type: ignore[no-untyped-def]
    """Halve the rows at the median of their widest coordinate until at most LEAF are together."""
    n, width = points.shape
    most = n // 3 + 3
    box, span = np.full((most, 8), -1, dtype=np.int64), np.empty((most, 2, width))
    place, home = np.arange(n), np.zeros(n, dtype=np.int64)
    box[0, FROM], box[0, TO] = 0, n
    nodes, at = 1, 0
    while at < nodes:
        a, b = box[at, FROM], box[at, TO]
        first = place[a]
        low = high = ranks[first]
        for j in range(width):
            span[at, 0, j] = span[at, 1, j] = points[first, j]
        for p in range(a, b):
            row = place[p]
            low, high = min(low, ranks[row]), max(high, ranks[row])
            for j in range(width):
                value = points[row, j]
                span[at, 0, j] = min(span[at, 0, j], value)
                span[at, 1, j] = max(span[at, 1, j], value)
        box[at, FREE], box[at, LOW], box[at, HIGH] = b - a, low, high
        if b - a <= LEAF:
            home[a:b] = at
        else:
            widest, spread = -1, 0.0
            for j in range(width):
                if (j < dims or widest < 0) and span[at, 1, j] - span[at, 0, j] > spread:
                    widest, spread = j, span[at, 1, j] - span[at, 0, j]
            values = np.empty(b - a)
            in_order = True
            for p in range(a, b):
                values[p - a] = points[place[p], widest] if widest >= 0 else place[p]
                in_order = in_order and (p == a or values[p - a] >= values[p - a - 1])
            if not in_order:
                _sort(values, place[a:b])
            middle = (a + b) // 2
            box[at, LEFT], box[at, RIGHT] = nodes, nodes + 1
            for child in range(nodes, nodes + 2):
                box[child, FROM], box[child, TO] = (a, middle) if child == nodes else (middle, b)
                box[child, UP] = at
            nodes += 2
        at += 1
    ordered, rank = np.empty((n, width)), np.empty(n, dtype=np.int64)
    for p in range(n):
        rank[p] = ranks[place[p]]
        for j in range(width):
            ordered[p, j] = points[place[p], j]
    return box, span, ordered, rank, place, home


@compiled
def _sort(values, rows):  # type: ignore[no-untyped-def]
    """Put rows into the order of their values; equal ones stay as they were. Both arrays are changed."""
    n, width = values.size, 1
    from_values, from_rows = values, rows
    to_values, to_rows = np.empty(n), np.empty(n, dtype=np.int64)
    while width < n:
        for start in range(0, n, 2 * width):
            middle, stop = min(start + width, n), min(start + 2 * width, n)
            i, j = start, middle
            for k in range(start, stop):
                if j >= stop or (i < middle and from_values[i] <= from_values[j]):
                    to_values[k], to_rows[k] = from_values[i], from_rows[i]
                    i += 1
                else:
                    to_values[k], to_rows[k] = from_values[j], from_rows[j]
                    j += 1
        from_values, to_values = to_values, from_values
        from_rows, to_rows = to_rows, from_rows
        width *= 2
    for k in range(n):
        rows[k] = from_rows[k]


@compiled
def _mark(p, is_free, box, rank, home, free):  # type: ignore[no-untyped-def]
    """Take a control out of the tree, or put it back."""
    free[p] = is_free
    node = home[p]
    while node >= 0:
        box[node, FREE] += 1 if is_free else -1
        if box[node, LEFT] < 0:
            low, high = NOBODY, np.int64(-1)
            for other in range(box[node, FROM], box[node, TO]):
                if free[other]:
                    low, high = min(low, rank[other]), max(high, rank[other])
        else:
            a, b = box[node, LEFT], box[node, RIGHT]
            low, high = min(box[a, LOW], box[b, LOW]), max(box[a, HIGH], box[b, HIGH])
        box[node, LOW], box[node, HIGH] = low, high
        node = box[node, UP]


@compiled
def _gap(q, low, high, dims, calipers, enough):  # type: ignore[no-untyped-def]
    """The squared distance to the nearest place of a box, or more than `enough`; infinite outside a caliper."""
    for j in range(dims, q.size):
        if max(low[j] - q[j], q[j] - high[j]) > calipers[j - dims]:
            return np.inf
    total = 0.0
    for j in range(dims):
        apart = max(low[j] - q[j], q[j] - high[j], 0.0)
        total += apart * apart
        if total > enough:
            break
    return total


@compiled
def _steps(low, high, own, last):  # type: ignore[no-untyped-def]
    """The turn at which a walk outward from rank `own`, left before right, meets the first (or last) of low … high; the
    last one's is negative, so that the least is always the one to take."""
    left, right = 2 * (own - low) - 1, 2 * (high - own)
    if last:
        return -max(left, right)
    if low < own < high:
        return 1
    return 2 * (low - own) if low > own else 2 * (own - high) - 1


@compiled
def _search(q, own, box, span, points, rank, free, dims, calipers, last, tiny, most):  # type: ignore[no-untyped-def]
    """The position of the nearest free control; of those at the same distance the one that the walk takes, and whether
    there were such. −1 when there is none."""
    best, second, reach, found, tied = np.inf, np.inf, most, -1, False
    stack, bound = np.empty(128, dtype=np.int64), np.empty(128)
    stack[0], bound[0], top = 0, _gap(q, span[0, 0], span[0, 1], dims, calipers, np.inf), 1
    while top > 0:
        top -= 1
        node = stack[top]
        # once a tie is known, only something nearer is of interest here
        if box[node, FREE] == 0 or bound[top] == np.inf or bound[top] > reach or (tied and bound[top] >= best):
            continue
        if box[node, LEFT] < 0:
            for p in range(box[node, FROM], box[node, TO]):
                if free[p]:
                    apart = _gap(q, points[p], points[p], dims, calipers, reach)
                    if apart < best and apart <= most:
                        second, best, found = best, apart, p
                        reach = best + best * TIE + tiny
                        tied = second <= reach
                    elif apart < second:
                        second = apart
                        tied = second <= reach
        else:
            a, b = box[node, LEFT], box[node, RIGHT]
            near = _gap(q, span[a, 0], span[a, 1], dims, calipers, reach)
            far = _gap(q, span[b, 0], span[b, 1], dims, calipers, reach)
            if near > far:
                a, b, near, far = b, a, far, near
            stack[top], bound[top], stack[top + 1], bound[top + 1] = b, far, a, near
            top += 2
    if not tied:
        return found, best, False
    least = _steps(rank[found], rank[found], own, last)
    stack[0], top = 0, 1
    while top > 0:
        top -= 1
        node = stack[top]
        if box[node, FREE] == 0 or _steps(box[node, LOW], box[node, HIGH], own, last) >= least:
            continue
        if _gap(q, span[node, 0], span[node, 1], dims, calipers, reach) > reach:
            continue
        if box[node, LEFT] < 0:
            for p in range(box[node, FROM], box[node, TO]):
                if not free[p]:
                    continue
                steps = _steps(rank[p], rank[p], own, last)
                if steps < least and _gap(q, points[p], points[p], dims, calipers, reach) <= reach:
                    found, least = p, steps
        else:
            a, b = box[node, LEFT], box[node, RIGHT]
            if _steps(box[a, LOW], box[a, HIGH], own, last) > _steps(box[b, LOW], box[b, HIGH], own, last):
                a, b = b, a
            stack[top], stack[top + 1] = b, a
            top += 2
    return found, _gap(q, points[found], points[found], dims, calipers, np.inf), True
