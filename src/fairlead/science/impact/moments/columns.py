"""What a formula means as columns: treatment coding, products, and the same arithmetic on any engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import combinations
from operator import mul
from typing import Any

import ibis
import numpy as np
import polars as pl
from numpy.typing import NDArray

from fairlead.science.impact.formula import Factor, Formula, Term

INTERCEPT = "(Intercept)"
NOTHING: Mapping[str, float] = {}


@dataclass(frozen=True, slots=True)
class Piece:
    """One factor of a column: a variable through a function, or the indicator of one of its levels."""

    factor: Factor
    level: str | None = None

    @property
    def name(self) -> str:
        return str(self.factor) if self.level is None else f"{self.factor}={self.level}"

    def ibis(self, table: Any) -> Any:
        """As an expression of the database, a 64-bit float."""
        column = table[self.factor.variable]
        if self.level is not None:
            return ibis.ifelse(column.cast("string") == self.level, 1, 0).cast("float64")
        value = column.cast("float64")
        return {
            "": lambda: value,
            "log": value.ln,
            "sqrt": value.sqrt,
            "exp": value.exp,
            "square": lambda: value * value,
        }[self.factor.function]()

    def polars(self) -> pl.Expr:
        """As an expression of a frame, a 64-bit float."""
        column = pl.col(self.factor.variable)
        if self.level is not None:
            return (column.cast(pl.String) == self.level).cast(pl.Float64)
        value = column.cast(pl.Float64)
        return {
            "": lambda: value,
            "log": value.log,
            "sqrt": value.sqrt,
            "exp": value.exp,
            "square": lambda: value * value,
        }[self.factor.function]()


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the design: the product of its pieces."""

    pieces: tuple[Piece, ...]

    @property
    def name(self) -> str:
        return ":".join(piece.name for piece in self.pieces) or INTERCEPT

    def ibis(self, table: Any, less: Mapping[str, float] = NOTHING) -> Any:
        """As an expression of the database; `less` is taken from these pieces before they are multiplied."""
        return reduce(mul, (_taken(piece.ibis(table), less.get(piece.name)) for piece in self.pieces))

    def polars(self, less: Mapping[str, float] = NOTHING) -> pl.Expr:
        """As an expression of a frame."""
        return reduce(mul, (_taken(piece.polars(), less.get(piece.name)) for piece in self.pieces))


@dataclass(frozen=True, slots=True)
class Design:
    """The columns of a model. `fixed` and each of `random` name them in order, `(Intercept)` among them."""

    formula: Formula
    columns: tuple[Column, ...]  # the outcome first, then each distinct column but the intercept
    fixed: tuple[str, ...]
    random: tuple[tuple[str, ...], ...]

    @property
    def outcome(self) -> str:
        return self.columns[0].name


@dataclass(frozen=True, slots=True, eq=False)
class Parted:
    """Products taken about the middles of their pieces, so that `treat:pre` keeps its digits where pre is a million.

    With middles c, (x − c)z = xz − c·z: what the product loses is in the span of columns that the design holds, too.

    Attributes
    ----------
    pieces : for each column what is taken from its pieces.
    less : (k, k) what of the other columns a column lacks: the column itself is what is collected, plus `less` times the
        others, plus `constant`.
    constant : (k,)
    """

    pieces: tuple[Mapping[str, float], ...]
    less: NDArray[np.float64]
    constant: NDArray[np.float64]


def part(columns: Sequence[Column], middle: Mapping[str, float]) -> Parted:
    """Take from each piece of a product its middle, where the design holds the columns that give it back."""
    place = {frozenset(piece.name for piece in column.pieces): j for j, column in enumerate(columns)}
    taken: list[Mapping[str, float]] = []
    less, constant = np.zeros((len(columns), len(columns))), np.zeros(len(columns))
    for j, column in enumerate(columns):
        names = frozenset(piece.name for piece in column.pieces)
        own: dict[str, float] = {}
        for name in sorted(names) if len(names) == len(column.pieces) > 1 else ():
            without = [names - set(some) for some in _some([*own, name])]
            if middle.get(name) and all(rest in place for rest in without if rest):
                own[name] = middle[name]
        for some in _some(own):
            size = -float(np.prod([-own[name] for name in some]))
            if rest := names - set(some):
                less[j, place[rest]] += size
            else:
                constant[j] += size
        taken.append(own)
    return Parted(tuple(taken), less, constant)


def _taken(value: Any, less: float | None) -> Any:
    return value - less if less else value


def _some(names: Iterable[str]) -> list[tuple[str, ...]]:
    chosen = tuple(names)
    return [some for size in range(1, len(chosen) + 1) for some in combinations(chosen, size)]


def build_design(formula: Formula, levels: Mapping[str, Sequence[str]]) -> Design:
    """Turn terms into columns.

    Parameters
    ----------
    formula : as `parse_formula` returns it.
    levels : the sorted levels of every variable that is categorical in the data (texts, booleans, `C()`).

    Notes
    -----
    Treatment coding as in R: a factor drops its first level where the term without it is in the model too, and keeps
    all of them otherwise, so the columns have full rank by their structure.
    """
    outcome = Column((Piece(formula.outcome),))
    fixed = _columns(formula.terms, levels)
    random = [_columns(part.terms, levels) for part in formula.random]
    needed = {column.name: column for group in (fixed, *random) for column in group if column.pieces}
    needed.pop(outcome.name, None)
    return Design(
        formula=formula,
        columns=(outcome, *needed.values()),
        fixed=tuple(column.name for column in fixed),
        random=tuple(tuple(column.name for column in group) for group in random),
    )


def _columns(terms: Sequence[Term], levels: Mapping[str, Sequence[str]]) -> list[Column]:
    present = {frozenset(term) for term in terms}
    columns: list[Column] = []
    for term in terms:
        products: list[tuple[Piece, ...]] = [()]
        for factor in term:
            pieces = _pieces(factor, levels, reduced=frozenset(term) - {factor} in present)
            products = [(*product, piece) for product in products for piece in pieces]
        columns += [Column(product) for product in products]
    return columns


def _pieces(factor: Factor, levels: Mapping[str, Sequence[str]], *, reduced: bool) -> list[Piece]:
    if factor.variable in levels and factor.function in ("", "C"):
        kept = levels[factor.variable][1 if reduced else 0 :]
        return [Piece(factor, level) for level in kept]
    return [Piece(factor)]
