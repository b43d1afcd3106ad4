"""The marginal likelihood of item parameters on a fixed quadrature: its value, gradient and information.

θ is standard normal, z; a model with a common slope a has persons of standard deviation a on its own scale. Persons who
answered alike are one pattern with a weight. Sums over patterns run in blocks of fixed size, in their order, so that memory is
bounded and the result does not depend on how many processors worked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from fairlead.science.measurement.irt import curves, kernel

Array = NDArray[np.float64]
Codes = NDArray[np.int8]
T = TypeVar("T")
BLOCK = 2048
WORKERS = 4  # threads over blocks; more than the processors do no harm


@dataclass(frozen=True, slots=True, eq=False)
class Patterns:
    """What was answered: distinct rows with how many persons gave each."""

    codes: Codes  # (n, J), −1 where not asked or not answered
    weights: Array  # (n,)
    sizes: tuple[int, ...]  # levels of each item

    @property
    def persons(self) -> float:
        return float(self.weights.sum())

    def some(self, most: int) -> Patterns:
        """About `most` of them, spread evenly over the rows."""
        step = -(-self.weights.size // most)
        return Patterns(np.ascontiguousarray(self.codes[::step]), self.weights[::step].copy(), self.sizes)


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Nodes of θ and what the standard normal puts on each."""

    nodes: Array
    prior: Array

    @classmethod
    def of(cls, nodes: int, reach: float) -> Grid:
        """Evenly spaced: the error vanishes faster than any power of the distance, once that is below the posterior's
        standard deviation."""
        z = np.linspace(-reach, reach, nodes)
        density = np.exp(-(z**2) / 2)
        return cls(z, density / density.sum())

    @property
    def step(self) -> float:
        return float(self.nodes[1] - self.nodes[0])


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Which parameters an item has: its slope, own or common, and its intercepts."""

    family: str  # "steps" or "cumulative"
    common: bool
    places: NDArray[np.intp]  # (J, L), −1 for padding
    size: int

    @classmethod
    def of(cls, family: str, common: bool, sizes: tuple[int, ...]) -> Layout:
        places = np.full((len(sizes), max(sizes)), -1, dtype=np.intp)
        following = 1 if common else 0
        for j, levels in enumerate(sizes):
            if common:
                places[j, 0] = 0
            else:
                places[j, 0] = following
                following += 1
            places[j, 1:levels] = np.arange(following, following + levels - 1)
            following += levels - 1
        return cls(family, common, places, following)

    def own(self, x: Array, j: int) -> tuple[float, Array]:
        """Slope and intercepts of item j."""
        places = self.places[j][self.places[j] >= 0]
        return float(x[places[0]]), x[places[1:]]

    def curves(self, x: Array, j: int, nodes: Array) -> curves.Curves | None:
        a, d = self.own(x, j)
        return (curves.step_curves if self.family == "steps" else curves.cumulative_curves)(nodes, a, d)


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """The likelihood at x."""

    x: Array
    value: float
    gradient: Array
    p: Array  # (J, K, Q)
    slopes: Array  # (J, K, L, Q)
    counts: Array  # (J, K, Q) expected
    items: tuple[curves.Curves, ...]


class Likelihood:
    """Log-likelihood of the item parameters, and what is needed to climb it."""

    def __init__(self, patterns: Patterns, layout: Layout, grid: Grid):
        self.patterns, self.layout, self.grid = patterns, layout, grid
        self.passes = 0
        self._pool = ThreadPoolExecutor(WORKERS)  # its threads start with the first work, and end with it

    def at(self, x: Array) -> Point | None:
        """None where it is not finite, or graded thresholds are out of order."""
        layout, nodes = self.layout, self.grid.nodes
        sizes = self.patterns.sizes
        p = np.ones((len(sizes), max(sizes), nodes.size))
        slopes = np.zeros((len(sizes), max(sizes), layout.places.shape[1], nodes.size))
        items = []
        for j, levels in enumerate(sizes):
            found = layout.curves(x, j, nodes)
            if found is None or not np.isfinite(found.p).all():
                return None
            items.append(found)
            p[j, :levels] = found.p
            slopes[j, :levels, :levels] = found.slopes.transpose(1, 0, 2)
        self.passes += 1

        def one(codes: Codes, weights: Array) -> tuple[float, Array]:
            counts = np.zeros_like(p)
            return kernel.expected(codes, weights, p, self.grid.prior, counts), counts

        value, counts = 0.0, np.zeros_like(p)
        for part, more in self._blocks(one):
            value += part
            counts += more
        if not np.isfinite(value):
            return None
        own = np.einsum("jkq,jkrq->jr", counts, slopes)
        gradient = np.zeros(layout.size)
        used = layout.places >= 0
        np.add.at(gradient, layout.places[used], own[used])
        return Point(np.array(x), float(value), gradient, p, slopes, counts, tuple(items))

    def complete(self, point: Point) -> Array:
        """(m, m) what would be known if θ were seen."""
        layout, nodes = self.layout, self.grid.nodes
        found = np.zeros((layout.size, layout.size))
        for j, levels in enumerate(self.patterns.sizes):
            counts = point.counts[j, :levels]
            if layout.family == "steps":
                own = curves.step_curvature(nodes, point.items[j], counts)
            else:
                a, d = layout.own(point.x, j)
                own = curves.cumulative_curvature(nodes, point.items[j], counts, a, d)
            places = layout.places[j, :levels]
            found[np.ix_(places, places)] += own
        return found

    def crossed(self, point: Point) -> Array:
        """(m, m) sum over persons of the products of their scores."""
        return self._products(point, full=False)

    def observed(self, point: Point) -> Array:
        """(m, m) minus the second derivative, exact (Louis 1982): complete information less what θ's hiding costs."""
        return self.complete(point) - self._products(point, full=True)

    def cost_of_observed(self) -> float:
        """Multiplications that `observed` takes, at most."""
        return float(self.patterns.weights.size) * self.layout.size**2 * self.grid.nodes.size / 2

    def _products(self, point: Point, *, full: bool) -> Array:
        size, places = self.layout.size, self.layout.places

        def one(codes: Codes, weights: Array) -> Array:
            found = np.zeros((size, size))
            kernel.products(codes, weights, point.p, self.grid.prior, point.slopes, places, full, found)
            return found

        lower = sum(self._blocks(one), np.zeros((size, size)))
        return np.asarray(lower + np.tril(lower, -1).T)

    def _blocks(self, one: Callable[[Codes, Array], T]) -> Iterator[T]:
        """`one` of each block, in order."""
        codes, weights = self.patterns.codes, self.patterns.weights
        starts = range(0, weights.size, BLOCK)
        if len(starts) == 1:
            yield one(codes, weights)
            return
        yield from self._pool.map(lambda i: one(codes[i : i + BLOCK], weights[i : i + BLOCK]), starts)
