"""A caseload plan made better by moving one school, or swapping two, as long as that helps; then shaken, and again.

Iterated local search, compiled. It proves nothing: how good its plan is, `caseload_bound` says.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fairlead.science.allocation.caseload_bound import Arrays, FloatArray, IntArray
from fairlead.science.compiled import compiled

BROKEN = 1e12
"""Cost of a director whose schools' least minutes do not fit: so dear that the search mends it first."""
SHAKEN = 3  # directors whose schools are dealt anew among them, at each shake

Terms = tuple[IntArray, IntArray, IntArray, IntArray, IntArray, FloatArray, IntArray, int, int]


def improve(
    a: Arrays, directors: IntArray, near: IntArray, rng: np.random.Generator, shakes: int
) -> tuple[IntArray, IntArray, float]:
    """The plan after the search, its minutes, and its cost (`BROKEN` or more: some director's time does not suffice).

    Parameters
    ----------
    a : Arrays
    directors : (S,) int
        Director of each school; loads and fills hold, and go on holding.
    near : (S, n) int
        Directors that each school is tried with, the likeliest first.
    rng : numpy.random.Generator
    shakes : int
        How often the best plan is shaken and searched again.

    References
    ----------
    Lourenço, H., Martin, O., Stützle, T. (2003). Iterated local search. Handbook of Metaheuristics.
    doi:10.1007/0-306-48056-5_11
    """
    changed = directors.astype(np.int64).copy()
    minutes = np.empty(len(changed), dtype=np.int64)
    near = near.astype(np.int64)
    picked = rng.integers(len(changed), size=shakes)
    dealt = rng.random((shakes, min(SHAKEN, near.shape[1]) * int(a.load.max(initial=0))))
    terms: Terms = (a.load, a.fewest, a.wanted, a.least, a.priority, a.fixed, a.time, a.grain, a.deep)
    cost = _iterated_(changed, minutes, near, picked, dealt, terms)
    return changed, minutes, float(cost)


def _served(director: int, schools: IntArray, n: int, out: IntArray, terms: Terms) -> float:
    """Cost of a director with the first `n` of `schools`; their best minutes go to `out`.

    Costs are convex in minutes: handing out grain by grain, to whom one more saves most, is best.
    """
    _load, _fewest, wanted, least, priority, fixed, time, grain, deep = terms
    left, cost = time[director], 0.0
    for i in range(n):
        s = schools[i]
        out[i] = least[s]
        left -= least[s]
        cost += fixed[s, director]
    if left < 0:
        return cost + 1e12 - left
    while left >= grain:
        most, to, grains = 0, -1, 0
        for i in range(n):
            s = schools[i]
            lacks, quarter = wanted[s] - out[i], wanted[s] // 4
            if lacks < grain:
                continue
            far = max(0, lacks - quarter) - max(0, lacks - grain - quarter)
            saved = priority[s] * (grain + deep * far)
            if saved > most:
                most, to = saved, i
                # As many grains at once as save the same: up to the bend, or to the end.
                grains = (lacks - quarter) // grain if lacks - grain >= quarter else 1
                if lacks <= quarter:
                    grains = lacks // grain
        if to < 0:
            break
        grains = min(grains, left // grain)
        out[to] += grains * grain
        left -= grains * grain
    for i in range(n):
        s = schools[i]
        lacks = wanted[s] - out[i]
        cost += priority[s] * (lacks + deep * max(0, lacks - wanted[s] // 4))
    return cost


_served_ = compiled(_served)


def _step(
    s: int, b: int, director: IntArray, own: IntArray, count: IntArray, place: IntArray, cost: FloatArray,
    here: IntArray, there: IntArray, given: IntArray, terms: Terms,
) -> bool:  # fmt: skip
    """Move school `s` to director `b`, or swap it with the best of theirs, if that costs less."""
    load, fewest, fixed = terms[0], terms[1], terms[5]
    a = director[s]
    at, n, m = place[s], count[a], count[b]
    here[:n], there[:m] = own[a, :n], own[b, :m]
    best, which = -1e-6, -2
    if m < load[b] and n > fewest[a]:
        here[at], there[m] = own[a, n - 1], s
        less = _served_(a, here, n - 1, given, terms) + _served_(b, there, m + 1, given, terms) - cost[a] - cost[b]
        if less < best:
            best, which = less, -1
        here[at] = s
    for i in range(m):
        t = own[b, i]
        if fixed[t, a] == np.inf:
            continue
        here[at], there[i] = t, s
        less = _served_(a, here, n, given, terms) + _served_(b, there, m, given, terms) - cost[a] - cost[b]
        if less < best:
            best, which = less, i
        here[at], there[i] = s, t
    if which == -2:
        return False
    if which == -1:
        last = own[a, n - 1]
        own[a, at], place[last] = last, at
        own[b, m], place[s] = s, m
        count[a], count[b] = n - 1, m + 1
    else:
        t = own[b, which]
        own[a, at], own[b, which] = t, s
        place[t], place[s] = at, which
        director[t] = a
    director[s] = b
    cost[a] = _served_(a, own[a], count[a], given, terms)
    cost[b] = _served_(b, own[b], count[b], given, terms)
    return True


_step_ = compiled(_step)


def _iterated(
    director: IntArray, minutes: IntArray, near: IntArray, picked: IntArray, dealt: FloatArray, terms: Terms
) -> float:
    """Search, then shake the best plan and search again around what was shaken; `director` ends as the best plan."""
    load, fixed = terms[0], terms[5]
    widest = load.max() + 1
    own, count = np.full((len(load), widest), -1, np.int64), np.zeros(len(load), np.int64)
    place, cost = np.zeros(len(director), np.int64), np.empty(len(load))
    given, here, there = np.empty(widest, np.int64), np.empty(widest, np.int64), np.empty(widest, np.int64)
    for s in range(len(director)):
        d = director[s]
        own[d, count[d]], place[s] = s, count[d]
        count[d] += 1
    for d in range(len(load)):
        cost[d] = _served_(d, own[d], count[d], given, terms)
    waiting = np.ones(len(director), np.bool_)
    line = np.empty(len(director) * 2, np.int64)
    best = np.inf
    best_director, best_own, best_count, best_place, best_cost = (
        director.copy(), own.copy(), count.copy(), place.copy(), cost.copy()
    )  # fmt: skip
    for shake in range(-1, len(picked)):
        if shake >= 0:
            waiting[:] = False
            chosen = near[picked[shake], :SHAKEN]
            n = 0
            for d in chosen:
                for i in range(count[d]):
                    line[n] = own[d, i]
                    n += 1
            order = np.argsort(dealt[shake, :n])
            n = 0
            for d in chosen:
                for i in range(count[d]):
                    s = line[order[n]]
                    n += 1
                    own[d, i], place[s], director[s] = s, i, d
                    waiting[s] = True
            barred = False
            for d in chosen:
                for i in range(count[d]):
                    barred = barred or fixed[own[d, i], d] == np.inf
                cost[d] = _served_(d, own[d], count[d], given, terms)
            if barred:
                waiting[:] = False
        moving = True
        while moving:
            moving = False
            for s in range(len(director)):
                if not waiting[s]:
                    continue
                waiting[s] = False
                for k in range(near.shape[1]):
                    a, b = director[s], near[s, k]
                    if a != b and fixed[s, b] != np.inf and _step_(
                        s, b, director, own, count, place, cost, here, there, given, terms
                    ):  # fmt: skip
                        moving = True
                        for i in range(count[a]):
                            waiting[own[a, i]] = True
                        for i in range(count[b]):
                            waiting[own[b, i]] = True
        total = cost.sum()
        if total < best - 1e-6:
            best = total
            best_director[:], best_own[:], best_count[:], best_place[:], best_cost[:] = (
                director, own, count, place, cost
            )  # fmt: skip
        else:
            director[:], own[:], count[:], place[:], cost[:] = (
                best_director, best_own, best_count, best_place, best_cost
            )  # fmt: skip
    for d in range(len(load)):
        _served_(d, own[d], count[d], given, terms)
        for i in range(count[d]):
            minutes[own[d, i]] = given[i]
    return best


_iterated_: Any = compiled(_iterated)
