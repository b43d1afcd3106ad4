"""Do the minutes go where the need is? Minutes set against need, school by school and as a curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Concentration:
    """How minutes are spread over schools in order of need.

    All arrays by school are in the order in which the schools were given.
    """

    index: float
    """Concentration index of the minutes: 0 when minutes take no notice of need, above 0 when they lean to it."""
    asked_index: float
    """The same index of what need asks for: what `index` would be if each school got its share of that."""
    gap: float
    """`index - asked_index`: below 0, the neediest schools get less than their share of what they need."""
    minutes_share: FloatArray = field(repr=False)
    asked_share: FloatArray = field(repr=False)
    ratio: FloatArray = field(repr=False)
    """Share of the minutes over share of what is asked for: 1 is the school's own share. NaN where 0 is asked."""
    minutes_per_asked: FloatArray = field(repr=False)
    """Minutes for each unit asked for. NaN where 0 is asked."""
    curve_schools: FloatArray = field(repr=False)
    """Cumulative weight of schools from the neediest down, starting at 0; schools that tie make one step."""
    curve_minutes: FloatArray = field(repr=False)
    curve_asked: FloatArray = field(repr=False)


def concentration(
    minutes: Sequence[float],
    need: Sequence[float],
    asked: Sequence[float] | None = None,
    weights: Sequence[float] | None = None,
) -> Concentration:
    r"""Concentration curve and index of minutes against need.

    Parameters
    ----------
    minutes : sequence of float
        Minutes that each school gets, zero or more, not all zero.
    need : sequence of float
        Need of each school, zero or more, not all zero. Only its order counts, unless `asked` is left out.
    asked : sequence of float, optional
        What each school's need asks for, as an amount: twice as much asks for twice the minutes. A need index
        rarely means that; the minutes of its tier do. Default: `need` itself.
    weights : sequence of float, optional
        What a school counts for, for instance its students. Default: each school counts the same.

    Returns
    -------
    Concentration

    Raises
    ------
    ValueError
        If lengths differ, a value is negative or not finite, or everything is zero.

    Notes
    -----
    With fractional rank :math:`R_s` from the least to the most need (ties share their mean rank), weights
    :math:`v_s` summing to 1 and mean minutes :math:`\mu`,

    .. math:: C = \frac{2}{\mu} \sum_s v_s (m_s - \mu) (R_s - \tfrac12)

    which is twice the area between the curve and the diagonal [1]_. It lies between :math:`-1` and 1. Here the
    curve starts with the neediest school, so a curve above the diagonal is support that follows need. The schools
    are all the schools there are, not a sample: the index has no sampling error and none is given.

    References
    ----------
    .. [1] Kakwani, N., Wagstaff, A., van Doorslaer, E. (1997). Socioeconomic inequalities in health: measurement,
       computation, and statistical inference. Journal of Econometrics 77(1). doi:10.1016/S0304-4076(96)01807-6

    Examples
    --------
    >>> flat = concentration([300, 300, 300], [10, 20, 30])
    >>> round(flat.index, 6), [round(float(r), 2) for r in flat.ratio]
    (0.0, [2.0, 1.0, 0.67])
    >>> fair = concentration([100, 200, 300], [10, 20, 30])
    >>> round(fair.index, 4), round(fair.gap, 6)
    (0.2222, 0.0)
    """
    m = _checked(minutes, "minutes")
    q = _checked(need, "need")
    if len(m) != len(q):
        raise ValueError(f"need: must have one value per school, {len(m)}; got {len(q)}.")
    a = q if asked is None else _checked(asked, "asked")
    if len(a) != len(m):
        raise ValueError(f"asked: must have one value per school, {len(m)}; got {len(a)}.")
    v = np.ones(len(m)) if weights is None else _checked(weights, "weights")
    if len(v) != len(m):
        raise ValueError(f"weights: must have one value per school, {len(m)}; got {len(v)}.")
    v = v / v.sum()
    if (v @ m) <= 0 or (v @ a) <= 0:
        raise ValueError("minutes and asked: some school with a weight must have more than 0 of each.")

    levels, group = np.unique(q, return_inverse=True)
    group_weight = np.bincount(group, weights=v, minlength=len(levels))
    group_rank = np.cumsum(group_weight) - group_weight / 2
    rank = group_rank[group]

    def index_of(amount: FloatArray) -> float:
        mean = float(v @ amount)
        return float(2 / mean * (v @ ((amount - mean) * (rank - 0.5))))

    def curve_of(amount: FloatArray) -> FloatArray:
        steps = np.bincount(group, weights=amount, minlength=len(levels))[::-1]
        return np.concatenate(([0.0], np.cumsum(steps) / amount.sum()))

    minutes_share, asked_share = m / m.sum(), a / a.sum()
    asks = a > 0
    ratio = np.full(len(m), np.nan)
    per_asked = np.full(len(m), np.nan)
    ratio[asks] = minutes_share[asks] / asked_share[asks]
    per_asked[asks] = m[asks] / a[asks]
    index, asked_index = index_of(m), index_of(a)
    return Concentration(
        index=index,
        asked_index=asked_index,
        gap=index - asked_index,
        minutes_share=minutes_share,
        asked_share=asked_share,
        ratio=ratio,
        minutes_per_asked=per_asked,
        curve_schools=curve_of(v),
        curve_minutes=curve_of(v * m),
        curve_asked=curve_of(v * a),
    )


def _checked(values: Sequence[float], name: str) -> FloatArray:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"{name}: must be a list of at least one number; got shape {array.shape}.")
    if not np.isfinite(array).all() or (array < 0).any():
        raise ValueError(f"{name}: each value must be a finite number, zero or more.")
    if array.sum() == 0:
        raise ValueError(f"{name}: at least one value must be above 0.")
    return array
