"""What no caseload plan can cost less than, for networks so large that a solver cannot prove it: Lagrange's prices.

Each director's load and time get a price; with prices instead of rules every school chooses by itself, and what the
choices come to, less what the prices brought in, is below the cost of any plan that keeps the rules.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from fairlead.science.allocation.caseload import Problem, pair_cost

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

ROUNDS = 600
PATIENCE = 15  # rounds without a better bound before the step is shortened


@dataclass(frozen=True, slots=True)
class Arrays:
    """A problem as arrays: schools in rows (S), directors in columns (D)."""

    wanted: IntArray
    least: IntArray
    """In whole grains, rounded up."""
    priority: IntArray
    fixed: FloatArray
    """(S, D): what a pair costs whatever its minutes; infinite where it must not be."""
    load: IntArray
    fewest: IntArray
    time: IntArray
    grain: int
    deep: int

    @classmethod
    def of(cls, p: Problem) -> Arrays:
        fixed = np.array([[pair_cost(p, s, d).total for d in p.directors] for s in p.schools], dtype=np.float64)
        row = {s.key: i for i, s in enumerate(p.schools)}
        column = {d.key: j for j, d in enumerate(p.directors)}
        for school, director in p.conflicts:
            fixed[row[school], column[director]] = np.inf
        for school, director in p.locked.items():
            only = fixed[row[school], column[director]]
            fixed[row[school]] = np.inf
            fixed[row[school], column[director]] = only
        load = np.array([p.load(d) for d in p.directors], dtype=np.int64)
        return cls(
            wanted=np.array([s.wanted for s in p.schools], dtype=np.int64),
            least=np.array([math.ceil(s.least / p.grain) * p.grain for s in p.schools], dtype=np.int64),
            priority=np.array([s.priority for s in p.schools], dtype=np.int64),
            fixed=fixed,
            load=load,
            fewest=np.floor(p.fill * load).astype(np.int64),
            time=np.array([p.time(d) for d in p.directors], dtype=np.int64),
            grain=p.grain,
            deep=p.weights.deep_shortfall,
        )

    def shortfall(self, minutes: IntArray) -> IntArray:
        """What the minutes that are missing cost, by school; `minutes` (S,) or (S, n)."""
        spread = (slice(None),) + (None,) * (minutes.ndim - 1)
        short = self.wanted[spread] - minutes
        far = np.maximum(0, short - (self.wanted // 4)[spread])
        return np.asarray(self.priority[spread] * (short + self.deep * far), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Bound:
    """The best bound that was found, and how schools see directors at its prices."""

    value: int
    """No plan costs less; costs are whole minutes, so the bound is rounded up."""
    minute_price: FloatArray
    """(D,) price of a minute of each director."""
    dearer: FloatArray
    """(S, D): by how much each director is dearer to a school than its cheapest, at these prices; infinite where barred."""


def lower_bound(a: Arrays, upper: float) -> Bound:
    r"""Subgradient ascent on the prices of load and time.

    Parameters
    ----------
    a : Arrays
    upper : float
        Cost of some plan, for the length of the steps.

    Returns
    -------
    Bound

    Notes
    -----
    With prices :math:`\nu_d` of a place and :math:`\tau_d \ge 0` of a minute the dual function

    .. math::
        L(\nu, \tau) = \sum_s \min_{d, m} \left[ c_{sd} + v_s(m) + \nu_d + \tau_d m \right]
        - \sum_d \max(\nu_d \, \text{load}_d, \nu_d \, \text{fewest}_d) - \sum_d \tau_d \, \text{time}_d

    is below every plan's cost, whatever the prices [1]_; :math:`v_s` is convex and piecewise linear in the minutes, so
    that its minimum lies at the least, the most, or beside its one bend. Steps are Polyak's.

    References
    ----------
    .. [1] Fisher, M. (1981). The Lagrangian relaxation method for solving integer programming problems.
       Management Science 27(1). doi:10.1287/mnsc.27.1.1
    """
    points, costs = _points(a)
    schools = np.arange(len(a.wanted))
    place, minute = np.zeros(len(a.load)), np.zeros(len(a.load))
    best, kept, stale, length = -np.inf, (place, minute), 0, 1.0
    typical = max(1.0, float(a.wanted.mean()))  # minutes and places are put on one scale
    for _round in range(ROUNDS):
        seen, given = _seen(a, points, costs, minute)
        seen += place
        chosen = seen.argmin(axis=1)
        value = float(
            seen[schools, chosen].sum() - np.maximum(place * a.load, place * a.fewest).sum() - (minute * a.time).sum()
        )
        if not math.isfinite(best) or value > best + 1e-6 * abs(best):
            best, kept, stale = value, (place, minute), 0
        else:
            stale += 1
            if stale == PATIENCE:
                length, stale, (place, minute) = length / 1.5, 0, kept
        excess = np.bincount(chosen, weights=given[schools, chosen], minlength=len(place)) - a.time
        served = np.bincount(chosen, minlength=len(place))
        over = np.where(place > 0, served - a.load, np.where(place < 0, served - a.fewest, 0))
        over = np.where((place == 0) & (served > a.load), served - a.load, over)
        over = np.where((place == 0) & (served < a.fewest), served - a.fewest, over)
        minutes = np.where((minute <= 0) & (excess < 0), 0.0, excess) / typical
        norm = float((over**2).sum() + (minutes**2).sum())
        if norm == 0 or upper - value <= 0:
            break
        step = length * (upper - value) / norm
        place, minute = place + step * over, np.maximum(0, minute + step * minutes / typical)
    seen, _given = _seen(a, points, costs, kept[1])
    seen += kept[0]
    return Bound(math.ceil(best - 1e-6), kept[1], seen - seen.min(axis=1, keepdims=True))


def start(a: Arrays, minute_price: FloatArray) -> IntArray | None:
    """Directors of a plan that keeps loads and fills, cheapest at these prices of minutes (shape (S,)); None if none does.

    An assignment of schools to places: each director has as many as the load, the first of which must be taken.
    """
    seen, _given = _seen(a, *_points(a), minute_price)
    column = np.repeat(np.arange(len(a.load)), a.load)
    if len(column) < len(seen) or a.fewest.sum() > len(seen):
        return None
    finite = seen[np.isfinite(seen)]
    barred = 1e3 * (1.0 + float(np.abs(finite).sum(initial=0.0)) / max(1, len(seen)))
    must = np.concatenate([np.arange(n) < few for n, few in zip(a.load, a.fewest, strict=True)])
    priced = np.where(np.isfinite(seen), seen, barred * len(seen))[:, column] - np.where(must, barred, 0.0)
    rows, places = linear_sum_assignment(priced)
    directors = column[places[np.argsort(rows)]].astype(np.int64)
    kept = np.isfinite(seen[np.arange(len(seen)), directors]).all()
    enough = (np.bincount(directors, minlength=len(a.load)) >= a.fewest).all()
    return directors if kept and enough else None


def _points(a: Arrays) -> tuple[IntArray, IntArray]:
    """Minutes at which a school's cost can be least for some price, and the cost of each: (S, 4)."""
    bend = (a.wanted - a.wanted // 4) // a.grain * a.grain
    points = np.stack(
        [a.least, np.clip(bend, a.least, a.wanted), np.clip(bend + a.grain, a.least, a.wanted), a.wanted], axis=1
    )
    return points, a.shortfall(points)


def _seen(a: Arrays, points: IntArray, costs: IntArray, minute: FloatArray) -> tuple[FloatArray, IntArray]:
    """What each pair costs with its best minutes at these prices, and those minutes: (S, D)."""
    best = costs[:, :1] + minute * points[:, :1]
    given = np.broadcast_to(points[:, :1], best.shape).copy()
    for i in range(1, points.shape[1]):
        other = costs[:, i : i + 1] + minute * points[:, i : i + 1]
        better = other < best
        best = np.where(better, other, best)
        given = np.where(better, points[:, i : i + 1], given)
    return best + a.fixed, given
