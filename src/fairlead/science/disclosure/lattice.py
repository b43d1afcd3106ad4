"""The fixed lattice: organization level x one group, for one period and one measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Group:
    """A way of dividing everybody, once: categories do not overlap and leave nobody out."""

    name: str
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """True counts of one measure in one period, with every sum that a reader could check.

    Attributes
    ----------
    organizations : tuple of str
        Keys, one per row.
    parent : tuple of int
        Row of the parent, -1 for a root. Rows without children are the leaves.
    groups : tuple of Group
        The tables. They share the first column, everybody.
    n, numerator : ndarray of int64, shape (organizations, columns)
        People, and people with the attribute.
    """

    organizations: tuple[str, ...]
    parent: tuple[int, ...]
    groups: tuple[Group, ...]
    n: Counts
    numerator: Counts

    @classmethod
    def build(
        cls,
        organizations: Sequence[str],
        parent: Sequence[int],
        groups: Sequence[Group],
        n: Counts,
        numerator: Counts,
    ) -> Lattice:
        """Check leaf counts and fill in every total above them.

        Parameters
        ----------
        organizations, parent, groups
            As in the attributes.
        n, numerator : array_like of int, shape (organizations, columns)
            Columns: everybody, then the categories of each group in order. Only the rows of leaves are read.

        Returns
        -------
        Lattice
            With totals for organizations that have children.

        Raises
        ------
        ValueError
            When categories of a group do not add up to everybody, counts are negative, or more people have
            the attribute than there are.

        Examples
        --------
        >>> sex = Group("gender", ("f", "m"))
        >>> it = Lattice.build(["net", "a", "b"], [-1, 0, 0], [sex],
        ...                    [[0, 0, 0], [30, 14, 16], [25, 20, 5]], [[0, 0, 0], [6, 3, 3], [9, 8, 1]])
        >>> it.n[0].tolist(), it.numerator[0].tolist()
        ([55, 34, 21], [15, 11, 4])
        """
        n = np.array(n, dtype=np.int64)
        numerator = np.array(numerator, dtype=np.int64)
        columns = 1 + sum(len(group.categories) for group in groups)
        shape = (len(organizations), columns)
        if n.shape != shape or numerator.shape != shape:
            raise ValueError(f"counts must have shape {shape}, not {n.shape} and {numerator.shape}")
        if len(parent) != len(organizations):
            raise ValueError("one parent per organization")
        order = _bottom_up(parent)
        leaves = np.array([o not in set(parent) for o in range(len(parent))], dtype=bool)
        for counts in (n, numerator):
            counts[~leaves] = 0
            if (counts < 0).any():
                raise ValueError("counts cannot be negative")
            first = 1
            for group in groups:
                after = first + len(group.categories)
                if not (counts[leaves, first:after].sum(axis=1) == counts[leaves, 0]).all():
                    raise ValueError(f"the categories of {group.name!r} do not add up to everybody")
                first = after
            for o in order:
                if parent[o] >= 0:
                    counts[parent[o]] += counts[o]
            counts.setflags(write=False)
        if (numerator > n).any():
            raise ValueError("more people with the attribute than people")
        return cls(tuple(organizations), tuple(parent), tuple(groups), n, numerator)

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """(group, category) of each column."""
        return column_names(self.groups)


def column_names(groups: Sequence[Group]) -> tuple[tuple[str, str], ...]:
    """Return (group, category) of each column; the first is everybody."""
    return (("all", "all"), *((group.name, category) for group in groups for category in group.categories))


def equations(parent: Sequence[int], groups: Sequence[Group]) -> tuple[tuple[int, ...], ...]:
    """Return every sum in the lattice as flat cell numbers, the total first, then its parts.

    A cell's flat number is ``organization * columns + column``.
    """
    width = 1 + sum(len(group.categories) for group in groups)
    sums: list[tuple[int, ...]] = []
    for organization in range(len(parent)):
        children = [child for child, above in enumerate(parent) if above == organization]
        if children:
            sums.extend(tuple(row * width + column for row in (organization, *children)) for column in range(width))
        first = 1
        for group in groups:
            after = first + len(group.categories)
            sums.append(tuple(organization * width + column for column in (0, *range(first, after))))
            first = after
    return tuple(sums)


def _bottom_up(parent: Sequence[int]) -> list[int]:
    """Order rows so that children come before their parents; a loop is an error."""
    depth = []
    for start in range(len(parent)):
        steps, here = 0, start
        while parent[here] >= 0:
            here, steps = parent[here], steps + 1
            if steps > len(parent):
                raise ValueError("the organizations go round in a circle")
        depth.append(steps)
    return sorted(range(len(parent)), key=lambda row: -depth[row])
