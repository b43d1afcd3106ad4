"""What a formula with random parts asks of moments: coordinates that are well conditioned, and the way back.

Everything below the public functions works in the columns w of the moments (centred, in standard deviations). A block of
columns that holds the intercept spans the same space in w as in its own units, so it is taken in w. A block without an
intercept does not: `(0 + pre | school)` is another model when `pre` is centred. Its columns are written in the basis
(1, w) as they are, center and all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fairlead.science.impact.formula import Formula, RandomPart, Term
from fairlead.science.impact.moments import INTERCEPT, Design, Moments
from fairlead.science.impact.problems import EstimationError, Problem
from fairlead.science.impact.wording import counted

Array = NDArray[np.float64]
MOST_LEVELS = 2
_COLLINEAR = 1e-11


@dataclass(frozen=True, slots=True)
class Coordinates:
    """Columns of a model, X, as X = X̃ C with X̃ = (1, w) `basis`: well conditioned, and `back` = C⁻¹."""

    names: tuple[str, ...]
    basis: Array  # (k+1, p)
    back: Array  # (p, p)

    @property
    def log_determinant(self) -> float:
        """log |det C|."""
        return -float(np.linalg.slogdet(self.back)[1])


@dataclass(frozen=True, slots=True)
class Block:
    """Effects of one group that may be correlated with one another."""

    coordinates: Coordinates
    start: int  # its first column among those of its level

    @property
    def stop(self) -> int:
        return self.start + len(self.coordinates.names)


@dataclass(frozen=True, slots=True)
class Level:
    """All random effects of one kind of group. `columns` identify a group; `label` is what lme4 calls it."""

    label: str
    columns: tuple[str, ...]
    blocks: tuple[Block, ...]

    @property
    def q(self) -> int:
        return self.blocks[-1].stop

    @property
    def basis(self) -> Array:
        """(k+1, q)"""
        return np.hstack([block.coordinates.basis for block in self.blocks])

    @property
    def back(self) -> Array:
        """(q, q), of the blocks side by side."""
        whole = np.zeros((self.q, self.q))
        for block in self.blocks:
            whole[block.start : block.stop, block.start : block.stop] = block.coordinates.back
        return whole

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for block in self.blocks for name in block.coordinates.names)

    @property
    def cells(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Row and column in Λ of each parameter, block by block, column by column as lme4 orders them."""
        rows: list[int] = []
        columns: list[int] = []
        for block in self.blocks:
            for column in range(block.start, block.stop):
                for row in range(column, block.stop):
                    rows.append(row)
                    columns.append(column)
        return np.array(rows, dtype=np.intp), np.array(columns, dtype=np.intp)


@dataclass(frozen=True, slots=True)
class Layout:
    """The whole model: outcome, fixed columns, and levels from the inside out."""

    outcome: str
    outcome_basis: Array  # (k+1,) the outcome in working units
    outcome_scale: float
    outcome_shift: float  # what the intercept gains when it goes back to native units
    fixed: Coordinates
    levels: tuple[Level, ...]


def split_uncorrelated(formula: Formula) -> Formula:
    """`(1 + x || g)` as lme4 reads it: `(1 | g) + (0 + x | g)`."""
    parts: list[RandomPart] = []
    for part in formula.random:
        if part.correlated:
            parts.append(part)
        else:
            parts += [RandomPart((term,), part.group) for term in part.terms]
    return replace(formula, random=tuple(parts))


def check_random_parts(formula: Formula) -> None:
    """Refuse what no data could mend: no random part, a term twice for the same group, too many levels."""
    if not formula.random:
        raise EstimationError(
            [
                Problem(
                    "formula",
                    "a multilevel model needs at least one random part",
                    "none",
                    "(1 | school), (1 + pre | school), (1 | school/class)",
                    "for a regression without one, use impact.regression.linear_regression, with errors by cluster where "
                    "students share classes or schools",
                )
            ]
        )
    seen: set[tuple[frozenset[str], Term]] = set()
    for part in formula.random:
        for term in part.terms:
            name = (frozenset(part.group), term)
            if name in seen:
                raise EstimationError(
                    [
                        Problem(
                            "formula",
                            "a term has two random effects for the same group, which cannot be told apart",
                            f"{':'.join(map(str, term)) or '1'} for {part.label}",
                            "each term once for each group",
                            "leave one of them out; (0 + x | g) is a slope without an intercept",
                        )
                    ]
                )
            seen.add(name)


def lay_out(moments: Moments, design: Design) -> tuple[Layout, Moments]:
    """The model's coordinates on these moments, and the moments summed to the innermost groups, outer groups
    together.

    Raises
    ------
    EstimationError
        Groups that cross, more than two kinds of nested groups, columns that are collinear, an outcome that does not
        vary.
    """
    order = _nesting(moments, design.formula)
    keys = tuple(dict.fromkeys(column for group in reversed(order) for column in group))
    inner = moments.by(*keys)
    levels = tuple(_level(inner, design, group) for group in order)
    fixed = _coordinates(inner, design.fixed)
    centred = INTERCEPT in design.fixed
    place = inner.place(design.outcome)
    basis = np.zeros(len(inner.columns) + 1)
    basis[place + 1] = 1.0
    scale, shift = float(inner.scale[place]), float(inner.center[place])
    _check_outcome(inner, design.outcome)
    if not centred:
        size = float(np.hypot(scale, shift))
        basis[0], basis[place + 1] = shift / size, scale / size
        scale, shift = size, 0.0
    _check_collinear(inner, fixed)
    return Layout(design.outcome, basis, scale, shift, fixed, levels), inner


def _nesting(moments: Moments, formula: Formula) -> list[tuple[str, ...]]:
    """The distinct groups, innermost first; refused when they cross or are the same."""
    groups = list({frozenset(part.group): part.group for part in formula.random}.values())
    if len(groups) > MOST_LEVELS:
        raise _refuse(
            "at most two kinds of groups are nested in one model (three levels)",
            ", ".join(map("/".join, groups)),
            "one or two kinds of groups",
            "leave the level with the smallest variance out",
        )
    if len(groups) == 1:
        return groups
    one, two = groups
    count = {group: moments.codes(*group)[1].height for group in groups}
    together = moments.codes(*dict.fromkeys((*one, *two)))[1].height
    if count[one] == count[two] == together:
        raise _refuse(
            "two kinds of groups are the same groups, so their variances cannot be told apart",
            f"{'/'.join(one)} and {'/'.join(two)}",
            "groups that hold several of the inner groups",
            "leave one of them out",
        )
    if together == count[two]:
        return [two, one]
    if together == count[one]:
        return [one, two]
    a, b = ":".join(one), ":".join(two)
    raise _refuse(
        f"the groups are crossed: some {a} shares rows with several {b}, and the other way round; crossed effects have no "
        "likelihood that comes apart by group",
        f"{count[one]} {a}, {count[two]} {b}, {counted(together, 'combination')}",
        "groups nested in one another",
        f"if the labels of one start anew in each of the other, nest them: (1 | {a}/{b}) or (1 | {b}/{a}); if students "
        "truly moved, assign each to one group, or put the factor with fewer groups into the fixed part",
    )


def _level(moments: Moments, design: Design, group: tuple[str, ...]) -> Level:
    blocks: list[Block] = []
    start = 0
    label = ""
    for part, names in zip(design.formula.random, design.random, strict=True):
        if frozenset(part.group) != frozenset(group):
            continue
        label = label or part.label
        blocks.append(Block(_coordinates(moments, names), start))
        start += len(names)
    return Level(label, group, tuple(blocks))


def _coordinates(moments: Moments, names: Sequence[str]) -> Coordinates:
    p, k = len(names), len(moments.columns)
    basis = np.zeros((k + 1, p))
    forth, whole = (
        np.zeros((p, p)),
        np.eye(p),
    )  # whole: a column as it is, from the block's columns as they were summed
    native = np.linalg.inv(np.eye(k) - moments.less)
    held = [moments.place(name) for name in names if name != INTERCEPT]
    centred = INTERCEPT in names
    first = names.index(INTERCEPT) if centred else -1
    for j, name in enumerate(names):
        if name == INTERCEPT:
            basis[0, j] = forth[j, j] = 1.0
            continue
        place = moments.place(name)
        center, scale = float(moments.center[place]), float(moments.scale[place])
        if np.delete(native[place], held).any():  # what it lacks is not in this block: take it as it is
            as_it_is = np.concatenate([[native[place] @ moments.center], native[place] * moments.scale])
            forth[j, j] = float(np.linalg.norm(as_it_is))
            basis[:, j] = as_it_is / forth[j, j]
            continue
        for i, other in enumerate(names):
            if other != INTERCEPT:
                whole[i, j] = native[place, moments.place(other)]
        if centred:
            basis[place + 1, j] = 1.0
            forth[j, j], forth[first, j] = scale, center
        else:
            size = float(np.hypot(center, scale))
            basis[0, j], basis[place + 1, j] = center / size, scale / size
            forth[j, j] = size
    return Coordinates(tuple(names), basis, np.asarray(np.linalg.inv(forth @ whole), dtype=float))


def _check_outcome(moments: Moments, outcome: str) -> None:
    total = moments.total
    place = moments.place(outcome) + 1
    spread = total[place, place] - total[0, place] ** 2 / total[0, 0]
    if spread * moments.scale[place - 1] ** 2 <= 1e-20 * moments.n * max(1.0, moments.center[place - 1] ** 2):
        raise EstimationError(
            [
                Problem(
                    outcome,
                    "the outcome does not vary",
                    f"{moments.center[place - 1]:g} in every row",
                    next="check the outcome column",
                )
            ]
        )


def _check_collinear(moments: Moments, fixed: Coordinates) -> None:
    """Name each fixed column that the columns before it determine."""
    gram = fixed.basis.T @ moments.total @ fixed.basis
    left = gram.copy()
    problems: list[Problem] = []
    for j, name in enumerate(fixed.names):
        own = max(gram[j, j], _COLLINEAR * moments.n)
        if left[j, j] <= _COLLINEAR * own:
            problems.append(
                Problem(
                    name,
                    "the column is determined by the others, so its coefficient is not",
                    "a constant, or a combination of " + ", ".join(fixed.names[:j]),
                    "columns that each add something",
                    "leave it out",
                )
            )
            left[j, :] = left[:, j] = 0.0
            continue
        left = left - np.outer(left[:, j], left[j, :]) / left[j, j]
    if problems:
        raise EstimationError(problems)


def _refuse(what: str, got: str, allowed: str, then: str) -> EstimationError:
    return EstimationError([Problem("formula", what, got, allowed, then)])
