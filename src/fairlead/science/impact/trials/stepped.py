"""A roll-out whose order was drawn: its effect with units and periods held fixed, tested by drawing the order again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fairlead.science.impact.problems import DataError, Problem
from fairlead.science.impact.trials.redraw import RandomizationTest, against_draws, places_of

Periods = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Orders:
    """Other draws of the order, under the lottery's own rules.

    column : of the table, with the keys of what was drawn. keys : of the columns of `begins`, (draws, keys) periods in which
    each would have begun; one after the last period where it would not have begun by then.
    """

    column: str
    keys: tuple[str, ...]
    begins: Periods

    def of(self, labels: Iterable[object]) -> Periods:
        """(draws, labels) the orders of these units. Raises `DataError` for a unit that was not in the lottery."""
        return self.begins[:, places_of(self.column, self.keys, labels)]


def stepped_test(
    y: ArrayLike,
    begins: ArrayLike,
    periods: Sequence[float],
    orders: ArrayLike,
    *,
    alpha: float = 0.05,
) -> RandomizationTest:
    """Test a stepped roll-out by the orders that could have been drawn.

    For roll-outs whose order came from a lottery, few units included: the p-value rests on the draw alone and on no model of
    how units drift. Not for orders that somebody chose, and not for panels with gaps: give every unit every period.

    Parameters
    ----------
    y : (units, periods) outcome, finite.
    begins : (units,) period in which each began; later than the last where it has not begun.
    periods : (periods,) ascending.
    orders : (draws, units) the same of other draws, see `lottery.assignments`.

    Notes
    -----
    Statistic: the coefficient of "has begun" with units and periods held fixed, which compares in each period those that began
    with those that did not (Hussey & Hughes 2007, doi:10.1016/j.cct.2006.05.007, with clusters fixed). Its randomization test
    and interval: Rabideau & Wang (2021), doi:10.1002/sim.9040. The interval takes the effect to be the same at once and for all; where
    it grows with time, the coefficient weighs early and late periods oddly: read the group-time effects beside it.

    Raises
    ------
    DataError
        Another shape, gaps, or an order under which nothing can be compared.

    Examples
    --------
    >>> y = np.array([[1.0, 3.0, 3.1], [2.0, 2.1, 4.0], [0.0, 2.2, 2.1], [1.0, 0.9, 3.0]])
    >>> every = [[1, 1, 2, 2], [1, 2, 1, 2], [1, 2, 2, 1], [2, 1, 1, 2], [2, 1, 2, 1], [2, 2, 1, 1]]
    >>> found = stepped_test(y, [1, 2, 1, 2], [0, 1, 2], every)
    >>> round(found.statistic, 2), round(found.p, 2)
    (2.05, 0.43)
    """
    outcome, start = np.asarray(y, dtype=float), np.asarray(begins, dtype=float)
    others, when = np.atleast_2d(np.asarray(orders, dtype=float)), np.asarray(periods, dtype=float)
    problems = []
    if outcome.ndim != 2 or outcome.shape != (start.size, when.size) or not np.isfinite(outcome).all():
        what = "one finite value a unit and period is needed"
        problems.append(Problem("outcome", what, str(outcome.shape), f"({start.size}, {when.size})"))
    if others.shape[1] != start.size:
        problems.append(Problem("orders", "one column a unit is needed", str(others.shape), f"(draws, {start.size})"))
    if problems:
        raise DataError(problems)
    residual = _within(outcome)
    drawn = _within((when[None, :] >= start[:, None]).astype(float))
    if (drawn**2).sum() <= 1e-9 * drawn.size:
        what = "no period has units that began beside units that did not"
        raise DataError([Problem("begins", what, f"{start.size} units", next="wait for the next step")])
    a, b = [], []
    for order in others:
        z = _within((when[None, :] >= order[:, None]).astype(float))
        size = float((z**2).sum())
        if size > 1e-9 * z.size:
            a.append(float((z * residual).sum()) / size)
            b.append(float((z * drawn).sum()) / size)
    statistic = float((drawn * residual).sum() / (drawn**2).sum())
    return against_draws(statistic, np.array(a), np.array(b), design="steps", alpha=alpha)


def _within(values: Periods) -> Periods:
    """A balanced panel with the means of units and periods taken out."""
    return np.asarray(values - values.mean(axis=1, keepdims=True) - values.mean(axis=0) + values.mean(), dtype=float)
