"""Whether help that was given leaned to need: the concentration index of contacts, with how far chance could move it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairlead.science.allocation.concentration import Concentration, concentration


@dataclass(frozen=True, slots=True)
class Delivered:
    """Minutes of contacts beside need, and an interval for how they lean to it."""

    spread: Concentration
    minutes: tuple[float, ...]
    """Given to each school."""
    low: float | None
    high: float | None
    """Where the index lies in 19 of 20 samples of contacts; None with fewer than two contacts."""
    contacts: int
    draws: int


def delivered(
    school: Sequence[int],
    minutes: Sequence[float],
    need: Sequence[float],
    asked: Sequence[float],
    rng: np.random.Generator,
    draws: int = 1000,
) -> Delivered:
    """How the minutes that were given lean to need.

    The schools are all there are, so the index has no sampling error from them. What could have been otherwise is which
    contacts happened to fall into the period and were logged: contacts are drawn again, with replacement, and the interval is
    where the index then lies. It says nothing of contacts that were never logged: show the coverage beside it.

    Parameters
    ----------
    school : sequence of int
        For each contact, the position of its school in `need`.
    minutes : sequence of float
        For each contact, above 0.
    need, asked : sequence of float
        For each school: its index, and the minutes that its tier asks for.
    rng : numpy.random.Generator
    draws : int
        Samples of contacts, at least 100.

    Returns
    -------
    Delivered

    Raises
    ------
    ValueError
        If lengths differ, a school is not there, minutes are not above 0, or there is no contact.

    References
    ----------
    .. [1] Efron, B., Tibshirani, R. (1993). An Introduction to the Bootstrap. ch. 13 (percentile interval).
       doi:10.1201/9780429246593

    Examples
    --------
    >>> told = delivered([0, 1, 1], [60, 60, 60], [10.0, 30.0], [240, 480], np.random.default_rng(1), draws=200)
    >>> told.minutes, round(told.spread.index, 3), told.low <= told.spread.index <= told.high
    ((60.0, 120.0), 0.167, True)
    """
    where, given = np.asarray(school, dtype=np.int64), np.asarray(minutes, dtype=np.float64)
    n = len(need)
    if where.shape != given.shape or where.ndim != 1:
        raise ValueError(f"minutes: must have one value per contact, {where.size}; got {given.size}.")
    if where.size == 0:
        raise ValueError("contacts: at least one is needed; got none.")
    if where.min() < 0 or where.max() >= n:
        raise ValueError(f"school: each must be from 0 to {n - 1}; got {where.min()} to {where.max()}.")
    if not (np.isfinite(given) & (given > 0)).all():
        raise ValueError("minutes: each must be a finite number above 0.")
    if draws < 100:
        raise ValueError(f"draws: must be at least 100; got {draws}.")
    total = np.bincount(where, weights=given, minlength=n)
    spread = concentration(total.tolist(), need, asked)
    low = high = None
    if where.size > 1:
        picked = rng.integers(where.size, size=(draws, where.size))
        found = np.zeros((draws, n))
        np.add.at(found, (np.arange(draws)[:, None], where[picked]), given[picked])
        low, high = (
            float(v) for v in np.percentile(_indices(found, np.asarray(need, dtype=np.float64)), (2.5, 97.5))
        )
    return Delivered(spread, tuple(total.tolist()), low, high, int(where.size), draws)


def _indices(minutes: NDArray[np.float64], need: NDArray[np.float64]) -> NDArray[np.float64]:
    """The index of `concentration` for each row of minutes: (draws, schools) to (draws,)."""
    n = len(need)
    _levels, group = np.unique(need, return_inverse=True)
    weight = np.bincount(group) / n
    rank = (np.cumsum(weight) - weight / 2)[group]
    mean = minutes.mean(axis=1, keepdims=True)
    return np.asarray(2 / mean[:, 0] * ((minutes - mean) @ (rank - 0.5)) / n, dtype=np.float64)
