"""The one pass: from rows, wherever they are, to moments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import ibis
import numpy as np
import polars as pl
from ibis.expr.operations import InMemoryTable

from fairlead.science.impact.formula import Factor, Formula
from fairlead.science.impact.moments.columns import NOTHING, Column, Design, Parted, Piece, build_design, part
from fairlead.science.impact.moments.core import Left, Moments, Origin
from fairlead.science.impact.moments.source import Source, middles, open_source, without_nulls
from fairlead.science.impact.problems import DataError, Problem
from fairlead.science.impact.reading import closest
from fairlead.science.impact.texts import broken, mostly_numbers, strays

MOST_LEVELS = 200
FIRST_ROWS = 4096  # from which a center is guessed


def design_of(formula: Formula, data: Any) -> Design:
    """The columns of a formula, with the levels that the data have.

    Texts, booleans and `C()` are categorical. More than 200 levels are refused: such a variable is a group or a fixed
    effect, not a set of columns.
    """
    source = open_source(data)
    _check_columns(source, (*formula.variables, *formula.groups))
    factors = [formula.outcome, *(factor for term in formula.terms for factor in term)]
    factors += [factor for part in formula.random for term in part.terms for factor in term]
    levels: dict[str, list[str]] = {}
    for variable in dict.fromkeys(factor.variable for factor in factors if _is_categorical(source, factor)):
        levels[variable] = _levels(source, variable)
    if formula.outcome.variable in levels:
        raise _refuse(
            formula.outcome.variable,
            "the outcome must be a number",
            str(source.table.schema()[formula.outcome.variable]),
        )
    return build_design(formula, levels)


def collect(
    data: Any,
    columns: Sequence[str] | Design,
    *,
    by: Sequence[str] = (),
    engine: str | None = None,
) -> Moments:
    """Read the rows once and return their moments by group (twice where the first rows are unlike the rest).

    Parameters
    ----------
    data : whatever `open_source` takes.
    columns : names of numeric columns, or a design (outcome first).
    by : the columns that identify a group, outermost first. Without any, the moments of all rows together.
    engine : "memory" computes in numpy, from a frame or a file that fits; else the engine where the rows are
        (DuckDB for files and frames).

    Returns
    -------
    Moments
        About the mean of all rows used, in units of their standard deviation, groups sorted by key.

    Raises
    ------
    DataError
        A column that is missing or not numeric; no row with all values.

    Notes
    -----
    A row is left out when it lacks a value (null or NaN) in any of `by` or of the columns, and is counted under the
    first that it lacks. Group sums of threaded engines differ in the last bits from run to run.

    Examples
    --------
    >>> import polars as pl
    >>> from fairlead.science.impact.moments import collect
    >>> rows = pl.DataFrame({"school": ["a", "a", "b"], "math": [1.0, 2.0, 6.0]})
    >>> moments = collect(rows, ["math"], by=["school"])
    >>> len(moments), moments.n, float(moments.center[0])
    (2, 3, 3.0)
    """
    wanted = columns.columns if isinstance(columns, Design) else tuple(Column((Piece(Factor(c)),)) for c in columns)
    source = open_source(data)
    variables = tuple(dict.fromkeys((*by, *(p.factor.variable for column in wanted for p in column.pieces))))
    _check_columns(source, variables)
    _check_numeric(source, wanted)
    return (_in_memory if engine == "memory" else _on_engine)(source, wanted, tuple(by), variables)


def _on_engine(source: Source, wanted: Sequence[Column], by: tuple[str, ...], variables: tuple[str, ...]) -> Moments:
    """One pass over the rows, about a guessed center; what is known afterwards moves the sums to the mean. Where the guess
    was too far off for that, a second pass."""
    table = source.table
    whole = ~_any([_lacks(table, variable) for variable in variables])
    factors = _factors(wanted)
    middles_of = _first_center(source, factors)
    parted = _part(wanted, factors, middles_of)
    center = _first_center(source, wanted, parted)
    # To look at each value for NaN costs a third of the pass. Where Parquet counts no null, a sum that is NaN tells as well,
    # unless NaN can hide in a key or a level.
    hiding = {
        *by,
        *(piece.factor.variable for column in wanted for piece in column.pieces if piece.level is not None),
    }
    every = without_nulls(source, variables) and not any(table[name].type().is_floating() for name in hiding)
    found = _sums(table, None if every else whole, wanted, by, parted, center)
    if every and not np.isfinite(found.products).all():
        every, found = False, _sums(table, whole, wanted, by, parted, center)
    if (unlike := found.unlike()).any():
        parted = _part(wanted, factors, _exact_center(table, whole, factors, np.ones(len(factors)), middles_of))
        unlike |= [len(column.pieces) > 1 for column in wanted]
        center = _exact_center(table, whole, wanted, unlike, found.center, parted)
        found = _sums(table, None if every else whole, wanted, by, parted, center)
    counts = found.products[:, 0, 0].astype(np.int64)
    used = int(counts.sum())
    rows = used if every else int(table.count().to_pyarrow().as_py())
    total = found.products.sum(axis=0)
    with np.errstate(invalid="ignore"):  # infinite values are refused below, by name
        shift = total[0, 1:] / max(used, 1)
        spread = np.sqrt(np.maximum(np.diag(total)[1:] / max(used, 1) - shift**2, 0.0))
    center, scale = _standard((found.center + shift).tolist(), spread.tolist(), wanted, used)
    moments = Moments(
        columns=tuple(column.name for column in wanted),
        keys=found.keys,
        counts=counts,
        products=found.products,
        center=found.center,
        scale=np.ones_like(found.center),
        less=parted.less,
        left=_left(table, variables) if rows > used else (),
        origins=(Origin(source.name, source.engine, rows),),
    )
    moments = moments.rescaled(center, scale)
    return replace(moments, center=moments.center + parted.constant)


def _factors(wanted: Sequence[Column]) -> list[Column]:
    """What is multiplied in some column, each once; indicators keep their whole numbers."""
    pieces = [piece for column in wanted if len(column.pieces) > 1 for piece in column.pieces if piece.level is None]
    return [Column((piece,)) for piece in dict.fromkeys(pieces)]


def _part(wanted: Sequence[Column], factors: Sequence[Column], middle: Any) -> Parted:
    return part(wanted, {column.name: float(c) for column, c in zip(factors, middle, strict=True)})


@dataclass(frozen=True, slots=True)
class _Sums:
    keys: pl.DataFrame
    products: Any  # (G, k+1, k+1)
    center: Any  # (k,)

    def unlike(self) -> Any:
        """(k,) columns whose mean lies more than thirty standard deviations from the center: three of sixteen digits are lost
        there."""
        total = self.products.sum(axis=0)
        with np.errstate(invalid="ignore"):
            return total[0, 1:] ** 2 > 0.999 * total[0, 0] * np.diag(total)[1:]


def _sums(
    table: Any, whole: Any, wanted: Sequence[Column], by: tuple[str, ...], parted: Parted, center: Any
) -> _Sums:
    named = [column.ibis(table, less) for column, less in zip(wanted, parted.pieces, strict=True)]
    rows = (table if whole is None else table.filter(whole)).select(
        **{f"k{i}": table[key] for i, key in enumerate(by)},
        **{f"c{i}": value - float(c) if c else value for i, (value, c) in enumerate(zip(named, center, strict=True))},
    )
    k = len(wanted)
    pairs = [(i, j) for i in range(k) for j in range(i + 1)]
    known = {(i, j): _known(wanted[i], wanted[j], float(center[i]), float(center[j])) for i, j in pairs}
    keys = [f"k{i}" for i in range(len(by))]
    answer = pl.DataFrame(_grouped(rows, keys, k, [pair for pair in pairs if known[pair] is None]))
    if keys:
        answer = answer.sort(keys)
    products = np.zeros((answer.height, k + 1, k + 1))
    products[:, 0, 0] = answer["n"].to_numpy()
    for i in range(k):
        products[:, 0, i + 1] = products[:, i + 1, 0] = _numbers(answer[f"s{i}"])
    for i, j in pairs:
        if known[i, j] is None:
            products[:, i + 1, j + 1] = products[:, j + 1, i + 1] = _numbers(answer[f"p{i}_{j}"])
        elif known[i, j]:
            products[:, i + 1, i + 1] = products[:, 0, i + 1]
    return _Sums(
        answer.select(keys).rename(dict(zip(keys, by, strict=True))) if keys else pl.DataFrame(), products, center
    )


def _grouped(rows: Any, keys: list[str], k: int, pairs: list[tuple[int, int]]) -> Any:
    """By keys n, s0 … and the products p0_0 … of these pairs, as an Arrow table.

    For a file in DuckDB the sums are written as SQL: with many columns Ibis takes as long over their products as DuckDB.
    """
    if not rows.op().find(InMemoryTable) and rows.get_backend().name == "duckdb":
        inner = ibis.to_sql(rows, dialect="duckdb")
        sums = ["count(*) AS n", *(f"sum(c{i}) AS s{i}" for i in range(k))]
        sums += [f"sum(c{i} * c{j}) AS p{i}_{j}" for i, j in pairs]
        groups = f" GROUP BY {', '.join(keys)}" if keys else ""
        text = f"SELECT {', '.join([*keys, *sums])} FROM ({inner}){groups}"  # noqa: S608  (Ibis wrote what is inside)
        return rows.get_backend().con.sql(text).to_arrow_table()
    asked: dict[str, Any] = {"n": rows.count(), **{f"s{i}": rows[f"c{i}"].sum() for i in range(k)}}
    asked |= {f"p{i}_{j}": (rows[f"c{i}"] * rows[f"c{j}"]).sum() for i, j in pairs}
    return (rows.group_by(keys).aggregate(**asked) if keys else rows.aggregate(**asked)).to_pyarrow()


def _numbers(column: pl.Series) -> Any:
    """Sums over no row are null."""
    return column.fill_null(0.0).to_numpy() if column.null_count() else column.to_numpy()


def _known(one: Column, two: Column, c: float, d: float) -> bool | None:
    """Indicators need no product: its own square is itself (True), two levels of one factor never meet (False)."""
    if c or d or len(one.pieces) != 1 or len(two.pieces) != 1:
        return None
    a, b = one.pieces[0], two.pieces[0]
    if a.level is None or b.level is None or a.factor.variable != b.factor.variable:
        return None
    return a.level == b.level


def _first_center(source: Source, wanted: Sequence[Column], parted: Parted | None = None) -> Any:
    """A guess of each column's mean: zero for an indicator, the middle of what Parquet says is its range, else the mean of
    the first rows. Zero where that is near enough, so that columns of 0 and 1 keep whole sums."""
    known = middles(source)
    center = np.zeros(len(wanted))
    asked: dict[str, Any] = {}
    for i, column in enumerate(wanted):
        piece = column.pieces[0]
        if len(column.pieces) > 1 or (piece.level is None and (piece.factor.function or piece.name not in known)):
            asked[f"c{i}"] = column.ibis(source.table, parted.pieces[i] if parted else NOTHING)
        elif piece.level is None:
            center[i] = 0.0 if abs(known[piece.name]) <= 1.0 else known[piece.name]
    if not asked:
        return center
    first = pl.DataFrame(source.table.select(**asked).limit(FIRST_ROWS).to_pyarrow())
    for name in asked:
        values = first[name].drop_nulls().drop_nans()
        values = values.filter(values.is_finite())
        if values.len():
            mean, spread = float(np.mean(values.to_numpy())), float(np.std(values.to_numpy()))
            center[int(name[1:])] = 0.0 if abs(mean) <= spread else mean
    return center


def _exact_center(
    table: Any, whole: Any, wanted: Sequence[Column], unlike: Any, guessed: Any, parted: Parted | None = None
) -> Any:
    """The means over all rows, of the columns whose first rows were unlike the rest."""
    if not np.any(unlike):
        return guessed
    pieces = parted.pieces if parted else (NOTHING,) * len(wanted)
    asked = {f"c{i}": wanted[i].ibis(table, pieces[i]).mean(where=whole) for i in np.flatnonzero(unlike).tolist()}
    means = table.aggregate(**asked).to_pyarrow().to_pylist()[0]
    center = guessed.copy()
    for name, value in means.items():
        center[int(name[1:])] = float(value)
    return center


def _left(table: Any, variables: Sequence[str]) -> tuple[Left, ...]:
    """How many rows lack a value, under the first variable in order that they lack."""
    before: list[Any] = []
    asked: dict[str, Any] = {}
    for i, variable in enumerate(variables):
        missing = _lacks(table, variable)
        asked[f"left{i}"] = (missing & ~_any(before)).sum() if before else missing.sum()
        before.append(missing)
    found = table.aggregate(**asked).to_pyarrow().to_pylist()[0]
    return tuple(Left(v, int(found[f"left{i}"])) for i, v in enumerate(variables) if found[f"left{i}"])


def _in_memory(source: Source, wanted: Sequence[Column], by: tuple[str, ...], variables: tuple[str, ...]) -> Moments:
    frame = pl.DataFrame(source.table.select(*variables).to_pyarrow())
    left: list[Left] = []
    rows = frame
    for variable in variables:
        column = pl.col(variable)
        lacks = column.is_null() | column.is_nan() if frame.schema[variable].is_float() else column.is_null()
        kept = rows.filter(~lacks)
        if rows.height > kept.height:
            left.append(Left(variable, rows.height - kept.height))
        rows = kept
    factors = _factors(wanted)
    parts = rows.select(column.polars().alias(f"c{i}") for i, column in enumerate(factors)).to_numpy()
    parted = _part(wanted, factors, parts.mean(axis=0) if rows.height and factors else np.zeros(len(factors)))
    values = rows.select(
        column.polars(less).alias(f"c{i}") for i, (column, less) in enumerate(zip(wanted, parted.pieces, strict=True))
    ).to_numpy()
    with np.errstate(invalid="ignore"):  # infinite values are refused below, by name
        means = values.mean(axis=0).tolist() if rows.height else [None]
        spread = values.std(axis=0).tolist() if rows.height else [None]
    center, scale = _standard(means, spread, wanted, rows.height)
    values = (values - center) / scale
    keys = rows.select(by).unique().sort(list(by)).with_row_index("__code") if by else None
    codes = (
        np.zeros(rows.height, dtype=np.intp)
        if keys is None
        else rows.select(by)
        .join(keys, on=list(by), how="left", maintain_order="left")["__code"]
        .to_numpy()
        .astype(np.intp)
    )
    groups = 1 if keys is None else keys.height
    counts = np.bincount(codes, minlength=groups)
    ones = np.column_stack([np.ones(rows.height), values])
    products = np.empty((groups, ones.shape[1], ones.shape[1]))
    for i in range(ones.shape[1]):
        for j in range(i + 1):
            sums = np.bincount(codes, weights=ones[:, i] * ones[:, j], minlength=groups)
            products[:, i, j] = products[:, j, i] = sums
    return Moments(
        columns=tuple(column.name for column in wanted),
        keys=pl.DataFrame() if keys is None else keys.drop("__code"),
        counts=counts.astype(np.int64),
        products=products,
        center=center + parted.constant,
        scale=scale,
        less=parted.less,
        left=tuple(left),
        origins=(Origin(source.name, "memory", frame.height),),
    )


def _standard(means: list[Any], spread: list[Any], wanted: Sequence[Column], rows: int | None) -> tuple[Any, Any]:
    """Center and scale; a column that does not vary keeps its unit."""
    if not rows:
        names = ", ".join(column.name for column in wanted)
        raise _refuse("rows", "no row has a value in every column", "0 rows", f"rows with values in {names}")
    center = np.array([float(value) for value in means])
    scale = np.array([float(value or 0.0) for value in spread])
    if not (np.isfinite(center).all() and np.isfinite(scale).all()):
        bad = [c.name for c, m, s in zip(wanted, center, scale, strict=True) if not np.isfinite(m + s)]
        raise _refuse(", ".join(bad), "the column has infinite values", "infinity", "finite numbers")
    tiny = scale <= 1e-12 * np.maximum(1.0, np.abs(center))
    return center, np.where(tiny, 1.0, scale)


@ibis.udf.scalar.builtin(name="isfinite", signature=(("float64",), "boolean"))
def _finite(value: Any) -> Any:
    """DuckDB's own."""


def _lacks(table: Any, variable: str) -> Any:
    """Null or NaN. DuckDB takes isnan() of a column to be false where Parquet's statistics, which leave NaN out, are finite
    (2.0); of isfinite() it does not."""
    column = table[variable]
    if not column.type().is_floating():
        return column.isnull()
    if table.op().find(InMemoryTable) or table.get_backend().name != "duckdb":
        return column.isnull() | column.isnan()
    return column.isnull() | ~(_finite(column.cast("float64")) | column.isinf())


def _any(conditions: list[Any]) -> Any:
    found = ibis.literal(False)
    for condition in conditions:
        found = found | condition
    return found


def _levels(source: Source, variable: str) -> list[str]:
    column = source.table[variable]
    distinct = source.table.filter(~_lacks(source.table, variable)).select(level=column.cast("string")).distinct()
    found = distinct.limit(MOST_LEVELS + 1).to_pyarrow()["level"].to_pylist()
    if not found:
        raise _refuse(variable, "the column has no value", "every row empty, or no rows", "rows with values")
    if not column.type().is_numeric() and mostly_numbers(found):
        raise broken(variable, strays(column))
    if len(found) > MOST_LEVELS:
        raise _refuse(
            variable,
            "the variable has too many levels for columns",
            f"more than {MOST_LEVELS}",
            "a group or a number",
        )
    numeric = column.type().is_numeric()
    return sorted(found, key=float) if numeric else sorted(found)


def _is_categorical(source: Source, factor: Factor) -> bool:
    kind = source.table.schema()[factor.variable]
    return factor.function == "C" or (not factor.function and not kind.is_numeric())


def _check_columns(source: Source, variables: Sequence[str]) -> None:
    have = source.table.columns
    missing = [variable for variable in variables if variable not in have]
    if missing:
        what = f"{source.name} has no such column"
        raise DataError([Problem(name, what, name, ", ".join(have), closest(name, have)) for name in missing])


def _check_numeric(source: Source, wanted: Sequence[Column]) -> None:
    schema = source.table.schema()
    for column in wanted:
        for piece in column.pieces:
            kind = schema[piece.factor.variable]
            if piece.level is None and not (kind.is_numeric() or kind.is_boolean()):
                raise _refuse(piece.factor.variable, "the column is not a number", str(kind), "a number or a boolean")


def _refuse(where: str, what: str, got: str, allowed: str = "") -> DataError:
    return DataError([Problem(where, what, got, allowed, "mend the data or the model")])
