"""Moments: per group Σww′ with counts, the sufficient statistics of most Gaussian work. They add."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from fairlead.science.impact.problems import EstimationError, Problem

Array = NDArray[np.float64]
CHUNK = 1024  # groups worked on together


@dataclass(frozen=True, slots=True)
class Left:
    """Rows that could not be used: the first column, in the order of the model, in which they lack a value."""

    column: str
    rows: int


@dataclass(frozen=True, slots=True)
class Origin:
    """What the moments were computed from, and by what."""

    source: str
    engine: str
    rows: int  # read, before any was left out


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Σ(1,w)(1,w)′ of each group, where w is each column centred and rescaled: w = (value − center) ÷ scale.

    Every group shares one center and scale, so groups can be summed, left out, permuted or drawn again without a
    second look at the rows. **They are counts in disguise**: of a binary column the sums are cell counts. Moments of
    single schools are never shared with those who may not see their rows.

    Attributes
    ----------
    columns : the k names of w, without the constant.
    keys : (G, levels) a row for each group; without keys, one row and no column.
    counts : (G,) rows in each group.
    products : (G, k+1, k+1) symmetric; `[:, 0, 0]` is the count, `[:, 0, 1:]` are the sums.
    center, scale : (k,) in the unit of each column.
    less : (k, k) zero but for products whose pieces lie far from zero: what w lacks of other columns, in their native units,
        w = (value − less·values − center) ÷ scale. So `treat:pre` is summed as treat times what pre differs from its
        middle, and keeps its digits.
    left : rows that were left out, by the column that lacked a value.
    origins : where they come from; a sum keeps all.
    """

    columns: tuple[str, ...]
    keys: pl.DataFrame
    counts: NDArray[np.int64]
    products: Array
    center: Array
    scale: Array
    left: tuple[Left, ...] = ()
    origins: tuple[Origin, ...] = ()
    less: Array = field(default_factory=lambda: np.zeros((0, 0)))

    def __post_init__(self) -> None:
        if self.less.shape != (len(self.columns),) * 2:
            object.__setattr__(self, "less", np.zeros((len(self.columns),) * 2))
        for array in (self.counts, self.products, self.center, self.scale, self.less):
            array.flags.writeable = False

    def __len__(self) -> int:
        return int(self.counts.size)

    @property
    def n(self) -> int:
        """Rows, over all groups."""
        return int(self.counts.sum())

    @property
    def total(self) -> Array:
        """(k+1, k+1) the sum over all groups."""
        return self.products.sum(axis=0)

    def __add__(self, other: Moments) -> Moments:
        """The moments of both sets of rows together; a group that both have becomes one."""
        if self.columns != other.columns or self.keys.columns != other.keys.columns:
            raise EstimationError(
                [
                    Problem(
                        "moments",
                        "only moments of the same columns and keys can be added",
                        f"{', '.join(other.columns)} by {', '.join(other.keys.columns) or 'nothing'}",
                        f"{', '.join(self.columns)} by {', '.join(self.keys.columns) or 'nothing'}",
                        "collect both with the same design",
                    )
                ]
            )
        moved = other.like(self)
        left: dict[str, int] = {}
        for gone in (*self.left, *other.left):
            left[gone.column] = left.get(gone.column, 0) + gone.rows
        both = replace(
            self,
            keys=pl.concat([self.keys, moved.keys], how="vertical_relaxed") if self.keys.width else self.keys,
            counts=np.concatenate([self.counts, moved.counts]),
            products=np.concatenate([self.products, moved.products]),
            left=tuple(Left(column, rows) for column, rows in left.items()),
            origins=tuple(dict.fromkeys((*self.origins, *other.origins))),
        )
        return both.by(*self.keys.columns)

    def rescaled(self, center: ArrayLike, scale: ArrayLike) -> Moments:
        """The same moments about another center, in other units."""
        new_center, new_scale = np.asarray(center, dtype=float), np.asarray(scale, dtype=float)
        if np.array_equal(new_center, self.center) and np.array_equal(new_scale, self.scale):
            return self
        stretch = np.concatenate([[1.0], self.scale / new_scale])
        shift = np.concatenate([[0.0], (self.center - new_center) / new_scale])
        size, moved = np.outer(stretch, stretch), np.outer(shift, shift)
        products = np.empty_like(self.products)
        for start in range(0, len(self), CHUNK):  # each piece stays in the processor's cache
            part = products[start : start + CHUNK]
            np.multiply(self.products[start : start + CHUNK], size, out=part)
            sums = part[:, 0, :].copy()
            part += sums[:, :, None] * shift
            part += sums[:, None, :] * shift[:, None]
            part += sums[:, 0, None, None] * moved
        return replace(
            self,
            products=products,
            center=new_center.copy(),
            scale=new_scale.copy(),
        )

    def like(self, other: Moments) -> Moments:
        """The same moments in the coordinates of others of the same columns."""
        return self._with_less(other.less).rescaled(other.center, other.scale)

    def plain(self) -> Moments:
        """The same moments with every column as it is, nothing of other columns taken from it."""
        return self._with_less(np.zeros_like(self.less))

    def _with_less(self, less: Array) -> Moments:
        if np.array_equal(less, self.less):
            return self
        k = len(self.columns)
        across = (np.eye(k) - less) @ np.linalg.inv(np.eye(k) - self.less)
        center, mixed = across @ self.center, across * self.scale
        scale = np.sqrt((mixed**2).sum(axis=1))
        change = np.zeros((k + 1, k + 1))
        change[0, 0], change[1:, 1:] = 1.0, mixed / scale[:, None]
        return replace(self, products=change @ self.products @ change.T, center=center, scale=scale, less=less)

    def by(self, *keys: str) -> Moments:
        """Sums over coarser groups, sorted by their keys; without a key, one sum over everything."""
        if not keys:
            one = np.zeros(len(self), dtype=np.intp)
            return replace(
                self,
                keys=pl.DataFrame(),
                counts=np.array([self.n], dtype=np.int64),
                products=summed(self.products, one, 1),
            )
        codes, frame = self.codes(*keys)
        counts = np.bincount(codes, weights=self.counts, minlength=frame.height).astype(np.int64)
        return replace(self, keys=frame, counts=counts, products=summed(self.products, codes, frame.height))

    def codes(self, *keys: str) -> tuple[NDArray[np.intp], pl.DataFrame]:
        """For each group the position of its coarser group among the sorted distinct ones, and these."""
        missing = [key for key in keys if key not in self.keys.columns]
        if missing:
            raise EstimationError(
                [
                    Problem(
                        "keys",
                        "the moments were not collected by this key",
                        ", ".join(missing),
                        ", ".join(self.keys.columns) or "no key",
                        "name it when the moments are collected",
                    )
                ]
            )
        if self._is_by(keys):
            return np.arange(len(self)), self.keys.select(keys)
        distinct = self.keys.select(keys).unique().sort(list(keys)).with_row_index("__code")
        found = self.keys.select(keys).join(
            distinct, on=list(keys), how="left", nulls_equal=True, maintain_order="left"
        )
        return found["__code"].to_numpy().astype(np.intp), distinct.drop("__code")

    def _is_by(self, keys: tuple[str, ...]) -> bool:
        """Whether the groups are those of this one key already, in its order, as after `collect`: quicker than to find out
        which are distinct."""
        if len(keys) > 1 or self.keys.width > 1:
            return False
        own = self.keys[keys[0]]
        return not own.null_count() and bool((own.slice(1) > own.slice(0, max(own.len() - 1, 0))).all())

    def take(self, groups: ArrayLike) -> Moments:
        """Some of the groups, by position or by a mask; a position may come twice, as in a bootstrap."""
        chosen = np.asarray(groups)
        positions = np.flatnonzero(chosen) if chosen.dtype == bool else chosen.astype(np.intp)
        return replace(
            self,
            keys=self.keys[positions] if self.keys.width else self.keys,
            counts=self.counts[positions],
            products=self.products[positions],
        )

    def select(self, columns: Sequence[str]) -> Moments:
        """Fewer columns, in this order."""
        places = np.array([self.place(column) for column in columns], dtype=np.intp)
        if np.delete(self.less[places], places, axis=1).any():  # what a product lacks is among those that leave
            return self.plain().select(columns)
        kept = np.concatenate([[0], places + 1])
        return replace(
            self,
            columns=tuple(columns),
            products=self.products[:, kept[:, None], kept],
            center=self.center[places],
            scale=self.scale[places],
            less=self.less[np.ix_(places, places)],
        )

    def place(self, column: str) -> int:
        """Where the column stands in `columns`."""
        try:
            return self.columns.index(column)
        except ValueError:
            raise EstimationError(
                [
                    Problem(
                        "moments",
                        "no such column was collected",
                        column,
                        ", ".join(self.columns),
                        "name it when the moments are collected",
                    )
                ]
            ) from None

    def save(self, path: str | Path) -> Path:
        """Write them as one Parquet file; see `stored.save`."""
        from fairlead.science.impact.moments import stored

        return stored.save(self, path)

    @staticmethod
    def load(path: str | Path) -> Moments:
        """Read what `save` wrote."""
        from fairlead.science.impact.moments import stored

        return stored.load(path)

    def within(self) -> Array:
        """(G, k, k) of each group Σ(w−w̄)(w−w̄)′ about its own mean."""
        sums = self.products[:, 0, 1:]
        return self.products[:, 1:, 1:] - sums[:, :, None] * (sums / self.counts[:, None])[:, None, :]


def summed(products: Array, codes: NDArray[np.intp], groups: int) -> Array:
    """Σ of the products of each code, (groups, k+1, k+1)."""
    if products.shape[0] == groups and np.array_equal(codes, np.arange(groups)):
        return products
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(groups))
    return np.add.reduceat(products[order], starts, axis=0)


def combine(parts: Sequence[Moments]) -> Moments:
    """The moments of all parts together."""
    return reduce(lambda one, two: one + two, parts)
