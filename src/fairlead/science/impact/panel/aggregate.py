"""Sums of group-time effects that answer a question, with their influences (Callaway & Sant'Anna 2021, section 3).

The weights are shares of units in cohorts, which are estimated too: Corollary 2's influence of the weights is added. For
θ = Σ wₖ aₖ with wₖ = p(gₖ) ÷ Σ p, a unit of cohort c has the further influence Σ over k of cohort c of (aₖ − θ) ÷ Σ p.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairlead.science.impact.panel.group_time import Cells

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Estimates at some points and their overall mean.

    Attributes
    ----------
    points : (E,) event times, cohorts or periods; empty for the simple mean.
    estimate : (E + 1,) the points, then the overall effect.
    weights : (K, E + 1) of the group-time effects.
    shares : (G, E + 1) the influence of a unit of each cohort through the weights.
    """

    points: Array
    estimate: Array
    weights: Array
    shares: Array

    @property
    def loads(self) -> Array:
        """(K + G, E + 1) both, one above the other."""
        return np.vstack([self.weights, self.shares])


def simple(cells: Cells) -> Sums:
    """Every treated unit and period of it alike."""
    return _sums(cells, np.empty(0), [], _weighted(cells, cells.post))


def dynamic(cells: Cells) -> Sums:
    """By time since first treatment; overall: the mean over e ≥ 0, each e alike."""
    event = cells.time - cells.first
    points = np.unique(event)
    columns = [_weighted(cells, event == point) for point in points]
    return _sums(cells, points, columns, _mean([c for c, point in zip(columns, points, strict=True) if point >= 0]))


def group(cells: Cells) -> Sums:
    """By cohort, over its treated periods alike; overall: cohorts by their share of units."""
    points = np.unique(cells.first[cells.post])
    columns = []
    overall_weights, overall_shares = np.zeros(cells.estimate.size), np.zeros(cells.shares.size)
    means, shares, positions = [], [], []
    for point in points:
        mask = cells.post & (cells.first == point)
        weights = mask / mask.sum()
        columns.append((weights, np.zeros(cells.shares.size)))
        positions.append(int(cells.group[mask][0]))
        means.append(float(weights @ cells.estimate))
        shares.append(float(cells.shares[positions[-1]]))
    total = sum(shares)
    theta = float(np.dot(means, shares)) / total
    for (weights, _), mean, share, position in zip(columns, means, shares, positions, strict=True):
        overall_weights = overall_weights + weights * share / total
        overall_shares[position] = (mean - theta) / total
    return _sums(cells, points, columns, (overall_weights, overall_shares))


def calendar(cells: Cells) -> Sums:
    """By period, over the cohorts treated by then; overall: periods alike."""
    points = np.unique(cells.time[cells.post])
    columns = [_weighted(cells, cells.post & (cells.time == point)) for point in points]
    return _sums(cells, points, columns, _mean(columns))


def features(cells: Cells, cohort: NDArray[np.intp], cluster: NDArray[np.intp]) -> Array:
    """(C, K + G) of each cluster: its influences, and how many of its units are of each cohort. Whatever is a sum of
    group-time effects has the influence `features @ sums.loads`."""
    clusters, count = cells.influence.shape
    whole = np.zeros((clusters, count + cells.shares.size), order="F")
    whole[:, :count] = cells.influence
    for position in range(cells.shares.size):
        whole[:, count + position] = np.bincount(cluster[cohort == position], minlength=clusters)
    return whole


def products(cells: Cells, cohort: NDArray[np.intp], cluster: NDArray[np.intp]) -> Array:
    """(K + G, K + G) `features′ features`, without a second copy of the influences, which are most of the memory."""
    clusters, count = cells.influence.shape
    sizes = cells.shares.size
    whole = np.empty((count + sizes, count + sizes))
    whole[:count, :count] = cells.influence.T @ cells.influence
    units = [np.bincount(cluster[cohort == position], minlength=clusters) for position in range(sizes)]
    for i, one in enumerate(units):
        whole[count + i, :count] = whole[:count, count + i] = one @ cells.influence
        whole[count + i, count:] = [one @ two for two in units]
    return whole


def _weighted(cells: Cells, mask: NDArray[np.bool_]) -> tuple[Array, Array]:
    p = np.where(mask, cells.shares[cells.group], 0.0)
    total = p.sum()
    weights = p / total
    theta = weights @ cells.estimate
    through = np.where(mask, cells.estimate - theta, 0.0) / total
    summed = np.bincount(cells.group, weights=through, minlength=cells.shares.size)
    return weights, np.asarray(summed, dtype=float)


def _mean(columns: list[tuple[Array, Array]]) -> tuple[Array, Array]:
    return (
        np.mean([weights for weights, _ in columns], axis=0),
        np.mean([shares for _, shares in columns], axis=0),
    )


def _sums(cells: Cells, points: Array, columns: list[tuple[Array, Array]], overall: tuple[Array, Array]) -> Sums:
    weights = np.column_stack([weights for weights, _ in (*columns, overall)])
    shares = np.column_stack([shares for _, shares in (*columns, overall)])
    return Sums(points, cells.estimate @ weights, weights, shares)
