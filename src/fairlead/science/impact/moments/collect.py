"""The one pass: from rows, wherever they are, to moments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
import numpy as np
import polars as pl

from fairlead.science.impact.formula import Factor, Formula
from fairlead.science.impact.moments.columns import Column, Design, Piece, build_design
from fairlead.science.impact.moments.core import Left, Moments, Origin
from fairlead.science.impact.moments.source import Source, open_source
from fairlead.science.impact.problems import DataError, Problem

MOST_LEVELS = 200


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
    """Read the rows twice (means, then sums) and return their moments by group.

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
    table = source.table
    lacks = {variable: _lacks(table, variable) for variable in variables}
    whole = ~_any(list(lacks.values()))
    named = {f"c{i}": column.ibis(table) for i, column in enumerate(wanted)}
    asked: dict[str, Any] = {"rows": table.count(), "whole": whole.sum()}
    before: list[Any] = []
    for i, missing in enumerate(lacks.values()):
        asked[f"left{i}"] = (missing & ~_any(before)).sum() if before else missing.sum()
        before.append(missing)
    for name, value in named.items():
        asked[f"mean_{name}"] = value.mean(where=whole)
        asked[f"sd_{name}"] = value.std(where=whole, how="pop")
    first = table.aggregate(**asked).to_pyarrow().to_pylist()[0]
    center, scale = _standard(
        [first[f"mean_{name}"] for name in named], [first[f"sd_{name}"] for name in named], wanted, first["whole"]
    )
    rows = table.filter(whole).select(
        **{f"k{i}": table[key] for i, key in enumerate(by)},
        **{
            name: (value - float(c)) / float(s)
            for (name, value), c, s in zip(named.items(), center, scale, strict=True)
        },
    )
    sums: dict[str, Any] = {"n": rows.count()}
    names = list(named)
    for i, one in enumerate(names):
        sums[f"s{i}"] = rows[one].sum()
        for j, two in enumerate(names[: i + 1]):
            sums[f"p{i}_{j}"] = (rows[one] * rows[two]).sum()
    keys = [f"k{i}" for i in range(len(by))]
    grouped = rows.group_by(keys).aggregate(**sums) if keys else rows.aggregate(**sums)
    answer = pl.DataFrame(grouped.to_pyarrow())
    if keys:
        answer = answer.sort(keys)
    k = len(names)
    products = np.empty((answer.height, k + 1, k + 1))
    products[:, 0, 0] = answer["n"].to_numpy()
    for i in range(k):
        products[:, 0, i + 1] = products[:, i + 1, 0] = answer[f"s{i}"].to_numpy()
        for j in range(i + 1):
            products[:, i + 1, j + 1] = products[:, j + 1, i + 1] = answer[f"p{i}_{j}"].to_numpy()
    return Moments(
        columns=tuple(column.name for column in wanted),
        keys=answer.select(keys).rename(dict(zip(keys, by, strict=True))) if keys else pl.DataFrame(),
        counts=answer["n"].to_numpy().astype(np.int64),
        products=products,
        center=center,
        scale=scale,
        left=tuple(Left(v, int(first[f"left{i}"])) for i, v in enumerate(variables) if first[f"left{i}"]),
        origins=(Origin(source.name, source.engine, int(first["rows"])),),
    )


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
    values = rows.select(column.polars().alias(f"c{i}") for i, column in enumerate(wanted)).to_numpy()
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
        center=center,
        scale=scale,
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


def _lacks(table: Any, variable: str) -> Any:
    column = table[variable]
    return (column.isnull() | column.isnan()) if column.type().is_floating() else column.isnull()


def _any(conditions: list[Any]) -> Any:
    found = ibis.literal(False)
    for condition in conditions:
        found = found | condition
    return found


def _levels(source: Source, variable: str) -> list[str]:
    column = source.table[variable]
    distinct = source.table.filter(~_lacks(source.table, variable)).select(level=column.cast("string")).distinct()
    found = distinct.limit(MOST_LEVELS + 1).to_pyarrow()["level"].to_pylist()
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
        raise _refuse(", ".join(missing), f"{source.name} has no such column", ", ".join(missing), ", ".join(have))


def _check_numeric(source: Source, wanted: Sequence[Column]) -> None:
    schema = source.table.schema()
    for column in wanted:
        for piece in column.pieces:
            kind = schema[piece.factor.variable]
            if piece.level is None and not (kind.is_numeric() or kind.is_boolean()):
                raise _refuse(piece.factor.variable, "the column is not a number", str(kind), "a number or a boolean")


def _refuse(where: str, what: str, got: str, allowed: str = "") -> DataError:
    return DataError([Problem(where, what, got, allowed, "mend the data or the model")])
