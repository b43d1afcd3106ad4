"""Slopes that the model takes for the same in every group and the data do not: their errors are then too small.

The score test of a variance component (Lin 1997, doi:10.1093/biomet/84.2.309): with residuals r of the fit, a group's score is
s = x′V⁻¹r, and under a common slope Σ s² is a sum of squares whose mean and variance follow from V alone; it is referred to the
scaled χ² with these two moments. One look at the groups' moments, no second fit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from fairlead.science.impact.multilevel.two_level import TwoLevel, solve

if TYPE_CHECKING:
    from fairlead.science.impact.multilevel.inference import State

Array = NDArray[np.float64]
LEVEL = 0.05  # shared by all columns that are looked at
VARIES = 0.01  # of a column's variance must lie within groups


def slopes_that_differ(state: State, sigma2: float) -> tuple[tuple[str, float], ...]:
    """Fixed columns of a model of two levels whose slopes differ between groups, with the test's p.

    Parameters
    ----------
    state : of the fit.
    sigma2 : the residual variance in working units.
    """
    if not isinstance(state.pieces, TwoLevel):
        return ()
    moments, (level,) = state.moments, state.layout.levels
    fixed = state.layout.fixed
    products, counts = moments.products, moments.counts
    names = [name for name in fixed.names if name in moments.columns and name not in level.names]
    places = [moments.place(name) + 1 for name in names]
    inside = [float((products[:, j, j] - products[:, 0, j] ** 2 / counts).sum()) for j in places]
    total = moments.total
    whole = [float(total[j, j] - total[0, j] ** 2 / total[0, 0]) for j in places]
    kept = [i for i, (part, all_) in enumerate(zip(inside, whole, strict=True)) if part > VARIES * all_]
    if not kept:
        return ()
    q, p = level.q, len(fixed.names)
    beta = np.append(-state.point.beta, 1.0)  # of (X, y): the residual
    basis = np.column_stack([fixed.basis, state.layout.outcome_basis])
    beside = np.empty((q, len(kept), products.shape[0]))  # Z′x
    for row, column in zip(beside, level.basis.T, strict=True):
        row[...] = np.tensordot(column, products[:, :, [places[i] for i in kept]], axes=(0, 1)).T
    sides = np.concatenate([state.pieces.sides, beside], axis=1)
    _, half, _ = solve(state.pieces.factor(state.point.theta), sides)
    found: list[tuple[str, float]] = []
    for column, i in enumerate(kept):
        j = places[i]
        own = half[:, q + p + 1 + column]
        along = basis.T @ products[:, j, :].T  # x′V⁻¹(X, y)
        for one, others in zip(own, half[:, q : q + p + 1], strict=True):
            along -= one * others
        used = (along[:p] * (state.point.inverse @ along[:p])).sum(axis=0)
        expected = np.maximum(products[:, j, j] - (own**2).sum(axis=0) - used, 0.0)
        mean, variance = float(expected.sum()), 2 * float((expected**2).sum())
        if mean > 0:
            observed = float(np.square(beta @ along).sum()) / sigma2
            chance = float(chdtrc(2 * mean**2 / variance, observed * 2 * mean / variance))
            if chance < LEVEL / len(kept):
                found.append((names[i], chance))
    return tuple(found)
