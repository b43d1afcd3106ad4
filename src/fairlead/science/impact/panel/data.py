"""From rows to a balanced panel, every row that is left out counted by its reason."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fairlead.science.impact.formula import parse_formula
from fairlead.science.impact.moments import Column, Left, Origin, Source, design_of, open_source
from fairlead.science.impact.notices import Notice, notice
from fairlead.science.impact.problems import DataError, Problem
from fairlead.science.impact.reading import closest
from fairlead.science.impact.texts import strays, told
from fairlead.science.impact.wording import counted

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
NEVER = np.inf


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Units, each seen in every period, ordered by cohort. Arrays are read-only.

    Attributes
    ----------
    times : (T,) the periods, in the unit of the time column.
    cohorts : (G,) first treated periods, rising; the last is `inf` where there are never-treated units.
    cohort : (n,) the position of each unit's cohort, not falling: the units of a cohort stand together.
    outcome : (n, T).
    covariates : (n, T, p), the constant not among them.
    cluster : (n,) codes from 0.
    """

    times: Array
    cohorts: Array
    cohort: Codes
    outcome: Array
    covariates: Array
    covariate_names: tuple[str, ...]
    cluster: Codes
    clustered_by: str
    left: tuple[Left, ...]
    notes: tuple[Notice, ...]
    origin: Origin

    def __post_init__(self) -> None:
        for array in (self.times, self.cohorts, self.cohort, self.outcome, self.covariates, self.cluster):
            array.flags.writeable = False

    @property
    def n(self) -> int:
        """Units."""
        return int(self.cohort.size)

    @property
    def clusters(self) -> int:
        return int(self.cluster.max()) + 1

    @property
    def sizes(self) -> Codes:
        """(G,) units of each cohort."""
        return np.bincount(self.cohort, minlength=self.cohorts.size)

    def units(self, position: int) -> slice:
        """Where the units of a cohort stand."""
        ends = np.concatenate([[0], np.cumsum(self.sizes)])
        return slice(int(ends[position]), int(ends[position + 1]))


def read_panel(
    data: Any,
    *,
    outcome: str,
    unit: str,
    time: str,
    cohort: str,
    covariates: str = "",
    cluster: str | None = None,
    empty_cohort: str = "missing",
) -> Panel:
    """Read a panel: one row for each unit and period.

    Parameters
    ----------
    data : whatever `open_source` takes.
    outcome, unit, time, cohort : columns. `cohort` is the period in which the unit is first treated; 0 or infinity for
        a unit that never is.
    covariates : the right side of a formula, for example "size + C(region)".
    cluster : the column of the clusters, a unit never in two of them; None: the unit.
    empty_cohort : "missing" leaves rows without a cohort out and counts them; "never" takes them for never treated.

    Notes
    -----
    Units treated in the first period (or before) have no period to compare with and are left out; a cohort after the
    last period counts as never treated, within these periods; units that lack a period are left out whole.

    Raises
    ------
    DataError
        A unit seen twice in a period, in two cohorts or in two clusters; repeated cross sections (a later issue); fewer
        than two periods; no treated unit; nobody to compare with.
    """
    source = open_source(data)
    columns, names = _covariates(covariates, outcome, source)
    needed = [outcome, unit, time, cohort, *([cluster] if cluster else [])]
    needed = list(dict.fromkeys([*needed, *(piece.factor.variable for column in columns for piece in column.pieces)]))
    _check(source, needed, numeric=(outcome, time, cohort), empty_cohort=empty_cohort)
    rows = pl.DataFrame(source.table.select(*needed).to_pyarrow())
    origin = Origin(source.name, source.engine, rows.height)
    if empty_cohort == "never":
        rows = rows.with_columns(pl.col(cohort).cast(pl.Float64).fill_nan(None).fill_null(0.0))
    left: list[Left] = []
    for name in needed:
        rows = _keep(rows, ~_lacks(rows, name), name, left)
    frame = rows.select(
        pl.col(unit).alias("unit"),
        pl.col(time).cast(pl.Float64).alias("time"),
        pl.col(outcome).cast(pl.Float64).alias("y"),
        pl.when(pl.col(cohort).cast(pl.Float64) == 0)
        .then(NEVER)
        .otherwise(pl.col(cohort).cast(pl.Float64))
        .alias("cohort"),
        (pl.col(cluster) if cluster else pl.lit(0, dtype=pl.Int8)).alias("cluster"),
        *(column.polars().alias(f"x{i}") for i, column in enumerate(columns)),
    )
    del rows  # what is not in the frame goes now: with ten million rows each column is 80 MB
    for name, column in (("y", outcome), ("time", time)):
        frame = _keep(frame, pl.col(name).is_finite(), f"{column} (infinite)", left)
    if not frame.height:
        raise _refuse("rows", "no row has a value in every column", f"0 of {origin.rows:,}", "rows with values", "")
    frame = frame.sort("unit", "time")
    notes: list[Notice] = []
    frame = _whole(frame, unit, time, left, notes)
    frame = _cohorts(frame, cohort, left, notes)
    times = frame["time"].unique().sort().to_numpy().astype(float)
    periods = times.size
    firsts = frame[::periods]
    frame = frame.select("y", *(f"x{i}" for i in range(len(columns))))
    started = firsts["cohort"].to_numpy().astype(float)
    cohorts, codes = np.unique(started, return_inverse=True)
    order = np.argsort(codes, kind="stable")
    values = frame["y"].to_numpy().astype(float).reshape(-1, periods)[order]
    x = frame.select(f"x{i}" for i in range(len(columns))).to_numpy().astype(float) if columns else None
    clusters = firsts["cluster"].rank("dense").to_numpy().astype(np.intp) - 1 if cluster else np.arange(codes.size)
    return Panel(
        times=times,
        cohorts=cohorts,
        cohort=codes[order].astype(np.intp),
        outcome=np.ascontiguousarray(values),
        covariates=np.zeros((codes.size, periods, 0)) if x is None else x.reshape(codes.size, periods, -1)[order],
        covariate_names=names,
        cluster=clusters[order].astype(np.intp),
        clustered_by=cluster or unit,
        left=tuple(left),
        notes=tuple(notes),
        origin=origin,
    )


def _covariates(text: str, outcome: str, source: Source) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    text = re.sub(r"^\s*~", "", text).strip()
    if text in ("", "1"):
        return (), ()
    formula = parse_formula(f"{outcome} ~ {text}")
    if formula.random:
        raise _refuse("covariates", "random parts have no place here", text, "terms joined by +", "leave them out")
    columns = design_of(formula, source).columns[1:]
    return columns, tuple(column.name for column in columns)


def _check(source: Source, needed: list[str], numeric: tuple[str, ...], empty_cohort: str) -> None:
    schema = source.table.schema()
    problems = [
        Problem(name, f"{source.name} has no such column", name, ", ".join(schema.names), closest(name, schema.names))
        for name in needed
        if name not in schema.names
    ]
    problems += [
        Problem(
            name, "the column is not a number", told(strays(source.table[name])), "a number", "code it as a number"
        )
        for name in numeric
        if name in schema.names and not schema[name].is_numeric()
    ]
    if empty_cohort not in ("missing", "never"):
        problems.append(Problem("empty_cohort", "no such way", empty_cohort, "missing, never", "choose one"))
    if problems:
        raise DataError(problems)


def _lacks(rows: pl.DataFrame, name: str) -> pl.Expr:
    column = pl.col(name)
    return (column.is_null() | column.is_nan()) if rows.schema[name].is_float() else column.is_null()


def _keep(rows: pl.DataFrame, mask: pl.Expr, reason: str, left: list[Left]) -> pl.DataFrame:
    kept = rows.filter(mask)
    if kept.height < rows.height:
        left.append(Left(reason, rows.height - kept.height))
    return kept


def _whole(frame: pl.DataFrame, unit: str, time: str, left: list[Left], notes: list[Notice]) -> pl.DataFrame:
    """Refuse what is no panel, and leave out units that lack a period."""
    twice = frame.filter((pl.col("unit") == pl.col("unit").shift()) & (pl.col("time") == pl.col("time").shift()))
    if twice.height:
        row = twice.row(0, named=True)
        got = f"{counted(twice.height, 'row')}, for example {unit} {row['unit']} at {time} {row['time']:g}"
        raise _refuse(unit, "a unit is seen more than once in a period", got, "one row for a unit and a period", "")
    times = frame["time"].n_unique()
    seen = frame.group_by("unit", maintain_order=True).agg(
        pl.len().alias("rows"), pl.col("cohort").n_unique().alias("c"), pl.col("cluster").n_unique().alias("k")
    )
    if times < 2:
        raise _refuse(
            time, "a comparison over time needs two periods", f"{times}", "2 or more", "bring earlier records"
        )
    if not seen.filter(pl.col("rows") > 1).height:
        raise _refuse(
            unit,
            "every unit is seen in one period only: these are repeated cross sections, which come in a later issue",
            f"{counted(seen.height, 'unit')}, {counted(frame.height, 'row')}",
            "a panel, the same units in every period",
            "sum the records to a unit that is seen in every period (a school), and use that",
        )
    for column, what in (("c", "cohort"), ("k", "cluster")):
        moving = seen.filter(pl.col(column) > 1)
        if moving.height:
            got = f"{counted(moving.height, 'unit')}, for example {moving['unit'][0]}"
            raise _refuse(
                what, f"a unit is in more than one {what}", got, f"one {what} for a unit", "mend the column"
            )
    short = seen.filter(pl.col("rows") < times)
    if short.height:
        rows = int(short["rows"].sum())
        left.append(Left(f"{unit} lacks a period", rows))
        if short.height == seen.height:
            raise _refuse(unit, "no unit is seen in every period", counted(times, "period"), "a balanced panel", "")
        notes.append(notice("lacks_period", short=f"{short.height:,}", all=f"{seen.height:,}"))
        frame = frame.filter(pl.len().over("unit") == times)
    return frame


def _cohorts(frame: pl.DataFrame, cohort: str, left: list[Left], notes: list[Notice]) -> pl.DataFrame:
    first, last = float(frame["time"].to_numpy().min()), float(frame["time"].to_numpy().max())
    early = frame.filter(pl.col("cohort") <= first)
    if early.height:
        left.append(Left(f"{cohort}: treated in the first period", early.height))
        units = early["unit"].n_unique()
        notes.append(notice("treated_from_first", count=f"{units:,}"))
        frame = frame.filter(pl.col("cohort") > first)
    late = frame.filter(pl.col("cohort").is_finite() & (pl.col("cohort") > last))["unit"].n_unique()
    if late:
        notes.append(notice("treated_after_last", count=f"{late:,}"))
        frame = frame.with_columns(
            pl.when(pl.col("cohort") > last).then(NEVER).otherwise(pl.col("cohort")).alias("cohort")
        )
    if not frame.filter(pl.col("cohort").is_finite()).height:
        raise _refuse(
            cohort,
            "no unit is treated within these periods after the first",
            "0 treated units",
            f"first treated periods above {first:g}, up to {last:g}; 0 for never",
            "see whether the column holds the first treated period",
        )
    return frame


def _refuse(where: str, what: str, got: str, allowed: str, next: str) -> DataError:
    return DataError([Problem(where, what, got, allowed, next or "mend the data and try again")])
