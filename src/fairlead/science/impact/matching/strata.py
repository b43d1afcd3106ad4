"""Coarsened exact matching: rows are alike when they fall into the same cell of cut covariates."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from fairlead.science.impact.problems import EstimationError, Problem

Array = NDArray[np.float64]
Codes = NDArray[np.intp]


def cells(x: Array, names: Sequence[str], bins: Mapping[str, int]) -> Codes:
    """The cell of each row.

    Parameters
    ----------
    x, names : (n, k) covariates as columns.
    bins : how many equal intervals between least and greatest, by column; 0 takes the values as they are. A column that
        is not named is cut by Sturges' rule, ⌈log₂ n + 1⌉ intervals, as MatchIt does.

    Notes
    -----
    A value on the boundary of two intervals belongs to the higher one. Iacus, King & Porro (2012),
    doi:10.1093/pan/mpr013.
    """
    unknown = [name for name in bins if name not in names]
    if unknown:
        raise EstimationError(
            [Problem("bins", "no such covariate", ", ".join(unknown), ", ".join(names), "name a covariate")]
        )
    sturges = math.ceil(math.log2(x.shape[0]) + 1)
    found = np.zeros(x.shape[0], dtype=np.intp)
    for name, values in zip(names, x.T, strict=True):
        count = bins.get(name, sturges)
        if count == 0:
            code = np.unique(values, return_inverse=True)[1]
        else:
            inner = np.linspace(values.min(), values.max(), count + 1)[1:-1]
            code = np.searchsorted(inner, values, side="right")
        found = np.unique(found * (int(code.max()) + 1) + code, return_inverse=True)[1]
    return found.astype(np.intp)


def cell_weights(cell: Codes, treated: NDArray[np.bool_]) -> tuple[Array, Codes]:
    """Weights that give the controls of a cell the share of its treated, and the cell of each row that has any (−1 else).

    Weights average one in each arm, over rows that have any.
    """
    count = int(cell.max()) + 1
    ones = np.bincount(cell[treated], minlength=count).astype(float)
    twos = np.bincount(cell[~treated], minlength=count).astype(float)
    both = (ones > 0) & (twos > 0)
    inside = both[cell]
    n1, n0 = ones[both].sum(), twos[both].sum()
    weights = np.zeros(cell.size)
    weights[inside & treated] = 1.0
    at = inside & ~treated
    weights[at] = ones[cell[at]] / twos[cell[at]] * (n0 / n1 if n1 else 0.0)
    subclass = np.where(inside, np.cumsum(both)[cell] - 1, -1)
    return weights, subclass.astype(np.intp)
