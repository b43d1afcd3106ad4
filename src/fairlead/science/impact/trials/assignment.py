"""The lottery as it was drawn: which units, in which blocks, and how many of each block won."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fairlead.science.impact.problems import DataError, Problem
from fairlead.science.impact.wording import counted

Vector = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """What was drawn.

    Attributes
    ----------
    treated : (n,) 1.0 for rows of the intervention.
    unit : (n,) each row's unit of assignment: itself, or its cluster.
    block : (units,) each unit's block; all 0 without blocks.
    won : (units,) whether the unit drew the intervention.
    clustered, blocked : how it was drawn.
    """

    treated: Vector
    unit: Codes
    block: Codes
    won: NDArray[np.bool_]
    clustered: bool
    blocked: bool

    @property
    def units(self) -> int:
        return self.won.size

    @property
    def blocks(self) -> int:
        return int(self.block.max()) + 1

    @property
    def paired(self) -> bool:
        """Whether every block has one unit in each arm."""
        return self.blocked and bool((self.sizes == 2).all() and (self.winners == 1).all())

    @property
    def sizes(self) -> Codes:
        """(blocks,) units."""
        return np.bincount(self.block).astype(np.intp)

    @property
    def winners(self) -> Codes:
        """(blocks,) units with the intervention."""
        return np.bincount(self.block, weights=self.won).astype(np.intp)

    @property
    def row_block(self) -> Codes:
        """(n,) each row's block."""
        return self.block[self.unit]

    @property
    def assignments(self) -> int:
        """How many assignments the lottery could have drawn."""
        return math.prod(math.comb(int(k), int(w)) for k, w in zip(self.sizes, self.winners, strict=True))

    @property
    def name(self) -> str:
        """`individual`, `blocked`, `paired`, with `cluster` where clusters were drawn."""
        how = "paired" if self.paired else "blocked" if self.blocked else "individual"
        return how if not self.clustered else "cluster" if how == "individual" else f"{how} cluster"


def drawn(treated: ArrayLike, *, blocks: ArrayLike | None = None, clusters: ArrayLike | None = None) -> Drawn:
    """Read the design off the rows.

    Parameters
    ----------
    treated : (n,) booleans, or 0 and 1.
    blocks : (n,) labels of the blocks or pairs within which the lottery was drawn.
    clusters : (n,) labels of the units that were assigned, when these are not the rows.

    Raises
    ------
    DataError
        A value that is neither 0 nor 1, an empty arm, a cluster in two arms or two blocks, labels of another length.

    Examples
    --------
    >>> design = drawn([1, 0, 1, 0], blocks=["a", "a", "b", "b"])
    >>> design.name, design.assignments
    ('paired', 4)
    """
    raw = np.asarray(treated)
    z = raw.astype(float)
    problems = []
    if z.ndim != 1 or not np.isin(z, (0.0, 1.0)).all():
        problems.append(Problem("treated", "must hold only 0 and 1, one value a row", str(raw.dtype), "0, 1"))
    elif z.size == 0 or z.min() == z.max():
        problems.append(Problem("treated", "one arm is empty", f"{int(z.sum())} treated of {z.size}", "both arms"))
    for name, labels in (("blocks", blocks), ("clusters", clusters)):
        if labels is not None and np.asarray(labels).shape != z.shape:
            problems.append(Problem(name, "one label a row is needed", str(np.asarray(labels).shape), str(z.shape)))
    if problems:
        raise DataError(problems)
    unit = np.arange(z.size) if clusters is None else _codes(clusters)
    block = np.zeros(z.size, dtype=np.intp) if blocks is None else _codes(blocks)
    first = np.unique(unit, return_index=True)[1]
    won, home = z[first] > 0.5, block[first]
    if clusters is not None:
        split, moved = int((won[unit] != (z > 0.5)).sum()), int((home[unit] != block).sum())
        if split:
            problems.append(
                Problem(
                    "clusters",
                    "a cluster has rows in both arms",
                    counted(split, "row"),
                    next="use the arm it drew",
                )
            )
        if moved:
            problems.append(Problem("clusters", "a cluster has rows in two blocks", counted(moved, "row")))
        if problems:
            raise DataError(problems)
    return Drawn(z, unit, home, won, clusters is not None, blocks is not None)


def outcome_of(y: ArrayLike, n: int) -> Vector:
    """(n,) a finite outcome that varies; refused otherwise."""
    values = np.asarray(y, dtype=float)
    if values.shape != (n,):
        raise DataError([Problem("outcome", "one value a row is needed", str(values.shape), f"({n},)")])
    if not np.isfinite(values).all():
        bad = int((~np.isfinite(values)).sum())
        next_ = "leave such rows out, and count them as lost"
        raise DataError(
            [Problem("outcome", "missing or infinite values", counted(bad, "row"), "finite numbers", next_)]
        )
    if np.ptp(values) == 0:
        raise DataError([Problem("outcome", "the outcome does not vary", f"{values[0]:g} everywhere")])
    return values


def columns_of(x: Any, n: int) -> Vector:
    """(n, k) finite covariates; None is no column."""
    design = np.zeros((n, 0)) if x is None else np.asarray(x, dtype=float)
    design = design[:, None] if design.ndim == 1 else design
    if design.shape[0] != n or not np.isfinite(design).all():
        what = "one finite value a row and column is needed"
        raise DataError([Problem("covariates", what, str(design.shape), f"({n}, k) of finite numbers")])
    return design


def _codes(labels: ArrayLike) -> Codes:
    values = np.asarray(labels)
    if values.dtype == object:
        values = values.astype(str)
    return np.unique(values, return_inverse=True)[1].astype(np.intp).reshape(-1)
