"""Two-way fixed effects on a balanced panel: the one coefficient, and an event study by dummies. Shown beside the
group-time effects, never in their place.

Known bias: with staggered starts and effects that differ, the coefficient of a two-way regression weighs comparisons
with units that are already treated, some with negative weight (Goodman-Bacon 2021, doi:10.1016/j.jeconom.2021.03.014;
de Chaisemartin & D'Haultfoeuille 2020, doi:10.1257/aer.20181169), and the coefficient of one event time takes in the
effects of others, so leads need not be zero under parallel trends (Sun & Abraham 2021,
doi:10.1016/j.jeconom.2020.09.006).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairlead.science.impact.panel.data import Panel
from fairlead.science.impact.problems import EstimationError, Problem

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class TwoWay:
    """Coefficients of regressors that depend on cohort and period only.

    `df` is clusters − 1. Errors are CR1 with G/(G−1)·(N−1)/(N−k), k counting regressors and periods but not units,
    which lie inside clusters.
    """

    points: Array
    estimate: Array
    covariance: Array
    df: int

    @property
    def se(self) -> Array:
        return np.sqrt(np.diag(self.covariance))


def treated_coefficient(panel: Panel) -> TwoWay:
    """The coefficient of "treated by now" with unit and period effects (static two-way fixed effects)."""
    design = (panel.times[None, :] >= panel.cohorts[:, None]).astype(float)[:, :, None]
    return _fit(panel, design, np.array([0.0]))


def event_study(panel: Panel, reference: float | None = None) -> TwoWay:
    """A dummy for every event time but the reference (the last before treatment), and never-treated units at none.

    Without never-treated units a second event time, the earliest, is left out too: units, periods and event times are
    collinear by a line.
    """
    event = panel.times[None, :] - panel.cohorts[:, None]
    finite = np.isfinite(event)
    points = np.unique(event[finite])
    before = points[points < 0]
    dropped = {float(before[-1]) if reference is None else reference}
    if finite.all():
        dropped.add(float(points[0]))
    kept = np.array([point for point in points if float(point) not in dropped])
    if not kept.size:
        raise EstimationError(
            [Problem("time", "no event time is left beside the reference", f"{points.size} event times")]
        )
    design = (event[:, :, None] == kept[None, None, :]).astype(float)
    return _fit(panel, design, kept)


def _fit(panel: Panel, design: Array, points: Array) -> TwoWay:
    """Least squares of the outcome on (G, T, q) regressors within units and periods."""
    n, periods, q = panel.n, panel.times.size, design.shape[2]
    sizes = panel.sizes.astype(float)
    within = design - design.mean(axis=1, keepdims=True)
    within = within - np.tensordot(sizes / n, within, axes=1)[None]
    y = panel.outcome - panel.outcome.mean()
    y -= y.mean(axis=1, keepdims=True)
    y -= y.mean(axis=0, keepdims=True)
    gram = np.einsum("g,gtq,gtr->qr", sizes, within, within)
    if np.linalg.matrix_rank(gram, tol=1e-9 * np.trace(gram)) < q:
        raise EstimationError(
            [
                Problem(
                    "time",
                    "the event times are collinear with units and periods",
                    f"{q} event times",
                    "",
                    "group them",
                )
            ]
        )
    inverse = np.linalg.inv(gram)
    sums = np.stack([y[panel.units(g)].sum(axis=0) for g in range(sizes.size)])
    beta = inverse @ np.einsum("gtq,gt->q", within, sums)
    scores = np.empty((n, q))
    for g in range(sizes.size):
        part = panel.units(g)
        scores[part] = (y[part] - within[g] @ beta) @ within[g]
    clusters = panel.clusters
    if clusters < n:
        scores = np.column_stack(
            [np.bincount(panel.cluster, weights=column, minlength=clusters) for column in scores.T]
        )
    rows, k = n * periods, q + periods
    factor = clusters / (clusters - 1) * (rows - 1) / (rows - k)
    return TwoWay(points, beta, factor * inverse @ (scores.T @ scores) @ inverse, clusters - 1)
