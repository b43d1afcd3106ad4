"""The rows of a comparison: who is treated, their covariates as columns, and who left for lack of a value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fairlead.science.impact.formula import Formula, parse_formula
from fairlead.science.impact.moments.columns import Column, Piece, build_design
from fairlead.science.impact.moments.source import open_source
from fairlead.science.impact.problems import DataError, EstimationError, Problem
from fairlead.science.impact.reading import closest
from fairlead.science.impact.sample import Dropped
from fairlead.science.impact.texts import broken, mostly_numbers, strays
from fairlead.science.impact.wording import counted

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
MOST_LEVELS = 200


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """Rows with every value that the comparison needs, in the order of the data.

    Attributes
    ----------
    frame : (n rows) the columns that were asked for.
    rows : (n,) position of each in the data as read.
    treated : (n,) bool.
    names, x : the k covariates as columns (a text without its first level), (n, k).
    shown, shown_x : the same for balance, where a text has a column for every level.
    left : rows that lack a value, by the first column in which they do.
    """

    frame: pl.DataFrame
    rows: NDArray[np.int64]
    treated: NDArray[np.bool_]
    names: tuple[str, ...]
    x: Array
    shown: tuple[str, ...]
    shown_x: Array
    variables: tuple[str, ...]
    left: tuple[Dropped, ...]
    source: str
    read: int

    @property
    def n(self) -> int:
        return int(self.rows.size)

    def codes(self, columns: Sequence[str]) -> Codes:
        """For each row the number of its combination of values, in sorted order; all zero without columns."""
        return combinations(self.frame, columns)


def combinations(frame: pl.DataFrame, columns: Sequence[str]) -> Codes:
    """For each row the number of its combination of values, counted in the order of the sorted combinations."""
    if not columns:
        return np.zeros(frame.height, dtype=np.intp)
    distinct = frame.select(columns).unique().sort(list(columns)).with_row_index("__code")
    found = frame.select(columns).join(
        distinct, on=list(columns), how="left", maintain_order="left", nulls_equal=True
    )
    return found["__code"].to_numpy().astype(np.intp)


def read_units(data: Any, treated: str, on: str, *, also: Iterable[str] = ()) -> Units:
    """Read the rows that a comparison needs, once.

    Parameters
    ----------
    data : whatever `moments.open_source` takes. Rows keep the order of a file or frame; a database promises none.
    treated : a column of 0 and 1 or of booleans, or `column=level` (that level against all others).
    on : the covariates, as the right side of a formula: `age + educ + race`.
    also : further columns that a row must have (exact partners, clusters, an outcome).

    Raises
    ------
    DataError
        A column that is missing, infinite values, no row in one arm.
    """
    column, _, level = treated.partition("=")
    column, level = column.strip(), level.strip()
    formula = parse_formula(f"{column} ~ {on}")
    if formula.random:
        raise _refuse("on", "covariates have no random part", on, "columns joined by +")
    covariates = tuple(v for v in dict.fromkeys(f.variable for term in formula.terms for f in term))
    if column in covariates:
        raise _refuse("on", "the treatment cannot be a covariate of itself", column, "measures from before it")
    wanted = tuple(dict.fromkeys((column, *covariates, *also)))
    frame, source = _read(data, wanted)
    read = frame.height
    frame = frame.with_row_index("__row")
    arm = _arm(frame[column], column, level)
    frame = frame.with_columns(__arm=arm)
    left: list[Dropped] = []
    for name in wanted:
        lacks = frame[name].is_null()
        if frame.schema[name].is_float():
            lacks = lacks | frame[name].is_nan().fill_null(False)
        if lacks.any():
            gone = frame.filter(lacks)["__arm"]
            one, two = int((gone == True).sum()), int((gone == False).sum())  # noqa: E712
            left.append(Dropped("missing", name, one, two, gone.len() - one - two))
            frame = frame.filter(~lacks)
    on_treatment = frame["__arm"].to_numpy().astype(bool) if frame.height else np.zeros(0, dtype=bool)
    if not on_treatment.any() or on_treatment.all():
        got = f"{int(on_treatment.sum())} treated and {int((~on_treatment).sum())} not treated rows with all values"
        raise _refuse(column, "a comparison needs rows of both arms", got, "rows of both")
    names, x, shown, shown_x = _columns(frame, formula)
    return Units(
        frame=frame.select(wanted),
        rows=frame["__row"].to_numpy().astype(np.int64),
        treated=on_treatment,
        names=names,
        x=x,
        shown=shown,
        shown_x=shown_x,
        variables=covariates,
        left=tuple(left),
        source=source,
        read=read,
    )


def _read(data: Any, wanted: Sequence[str]) -> tuple[pl.DataFrame, str]:
    if isinstance(data, pl.DataFrame):
        have, name = data.columns, "a frame of polars"
    else:
        source = open_source(data)
        have, name = list(source.table.columns), source.name
    missing = [column for column in wanted if column not in have]
    if missing:
        what = f"{name} has no such column"
        raise DataError([Problem(column, what, column, ", ".join(have), closest(column, have)) for column in missing])
    if isinstance(data, pl.DataFrame):
        return data.select(wanted), name
    return pl.DataFrame(source.table.select(*wanted).to_pyarrow()), name


def _arm(series: pl.Series, column: str, level: str) -> pl.Series:
    if level:
        found = series.cast(pl.String) == level
        if not found.any():
            seen = ", ".join(sorted(series.cast(pl.String).drop_nulls().unique().to_list())[:8]) or "no value at all"
            raise _refuse(column, f"no row has {column} = {level!r}", f"0 rows; the column holds {seen}", seen)
        return found
    if series.dtype == pl.Boolean:
        return series
    numbers = series.cast(pl.Float64).fill_nan(None) if series.dtype.is_numeric() else None
    if numbers is None or not numbers.drop_nulls().is_in([0.0, 1.0]).all():
        seen = ", ".join(sorted(series.cast(pl.String).drop_nulls().unique().to_list())[:6])
        raise _refuse(column, "the treatment is not 0 and 1", seen, f"0 and 1, booleans, or {column}=level")
    return numbers == 1.0


def _columns(frame: pl.DataFrame, formula: Formula) -> tuple[tuple[str, ...], Array, tuple[str, ...], Array]:
    levels: dict[str, list[str]] = {}
    for term in formula.terms:
        for factor in term:
            series = frame[factor.variable]
            if factor.function == "C" or (not factor.function and not series.dtype.is_numeric()):
                found = series.cast(pl.String).unique().to_list()
                if factor.function != "C" and mostly_numbers(found):
                    raise broken(factor.variable, strays(series))
                if len(found) > MOST_LEVELS:
                    raise _refuse(
                        factor.variable,
                        "the variable has too many levels for columns",
                        counted(len(found), "level"),
                        f"at most {MOST_LEVELS}; match exactly on it, or within it",
                    )
                levels[factor.variable] = sorted(found, key=float) if series.dtype.is_numeric() else sorted(found)
    columns = list(build_design(formula, levels).columns[1:])
    shown: dict[str, Column] = {}
    for column in columns:
        piece = column.pieces[0]
        if len(column.pieces) == 1 and piece.level is not None:
            for level in levels[piece.factor.variable]:
                full = Column((Piece(piece.factor, level),))
                shown.setdefault(full.name, full)
        else:
            shown.setdefault(column.name, column)
    x, shown_x = _values(frame, columns), _values(frame, list(shown.values()))
    bad = [c.name for c, values in zip(columns, x.T, strict=True) if not np.isfinite(values).all()]
    if bad:
        raise _refuse(", ".join(bad), "the covariate has infinite values", "infinity", "finite numbers, or missing")
    return tuple(column.name for column in columns), x, tuple(shown), shown_x


def _values(frame: pl.DataFrame, columns: Sequence[Column]) -> Array:
    values = np.empty((frame.height, len(columns)))
    for j, column in enumerate(columns):
        values[:, j] = frame.select(column.polars().alias("v"))["v"].to_numpy()
    return values


def check_columns(x: Array, names: Sequence[str]) -> None:
    """Refuse, by name, covariates that do not vary or are combinations of those before them."""
    centred = x - x.mean(axis=0)
    norms = np.linalg.norm(centred, axis=0)
    still = norms <= 1e-12 * np.maximum(1.0, np.abs(x).max(axis=0)) * np.sqrt(x.shape[0])
    problems = [
        Problem(names[j], "the covariate does not vary", f"{x[0, j]:g} in every row", next="leave it out")
        for j in np.flatnonzero(still).tolist()
    ]
    moving = np.flatnonzero(~still).tolist()
    unit = centred[:, moving] / norms[moving]
    gram = unit.T @ unit
    kept: list[int] = []
    for place, j in enumerate(moving):
        if kept:
            rest = gram[place, place] - gram[place, kept] @ np.linalg.solve(
                gram[np.ix_(kept, kept)], gram[kept, place]
            )
            if rest <= 1e-10:
                others = ", ".join(names[moving[i]] for i in kept)
                problems.append(
                    Problem(
                        names[j],
                        "the covariate is collinear with others",
                        f"a combination of {others}",
                        next="leave it out",
                    )
                )
                continue
        kept.append(place)
    if problems:
        raise EstimationError(problems)


def _refuse(where: str, what: str, got: str, allowed: str) -> DataError:
    return DataError([Problem(where, what, got, allowed, "mend the data or the question")])
