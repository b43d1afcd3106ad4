"""One multilevel model in a process of its own, for its time and its peak memory: see `bench.multilevel`."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from fairlead.science.impact.formula import parse_formula
from fairlead.science.impact.multilevel import multilevel_model


def main() -> None:
    """Reads what to do from the only argument, prints what it took."""
    asked = json.loads(sys.argv[1])
    path, formula = asked["path"], asked["formula"]
    few = pl.read_parquet(path, n_rows=2_000)
    groups = parse_formula(formula).groups
    warm(few, formula, groups)
    found: dict[str, Any] = {"empty": peak()}
    times, sums = [], []
    fit = None
    for _ in range(asked["repeat"]):
        started = (time.perf_counter(), time.process_time())
        fit = multilevel_model(path, formula)
        times.append(since(started))
        if asked["bare"]:
            started = (time.perf_counter(), time.process_time())
            bare(path, ["y", *formula.partition("~")[2].partition(" + (")[0].replace(" ", "").split("+")], groups)
            sums.append(since(started))
    assert fit is not None
    assert fit.converged
    found |= {
        "seconds": min(t for t, _ in times),
        "cpu": min(c for _, c in times),
        "peak": peak(),
        "value": fit.value,
    }
    if sums:
        found["bare"] = {"seconds": min(t for t, _ in sums), "cpu": min(c for _, c in sums)}
    found["fixed"] = [effect.estimate for effect in fit.fixed]
    print(json.dumps(found))


def warm(few: pl.DataFrame, formula: str, groups: tuple[str, ...]) -> None:
    """Load and compile everything on rows that make a model, whatever their labels."""
    n = few.height
    labels = [
        (pl.int_range(n) // (40 if place == 0 and len(groups) > 1 else 8)).alias(g) for place, g in enumerate(groups)
    ]
    noise = (pl.int_range(n) * 7919 % 101) / 101.0
    varied = [
        pl.col(name) + ((pl.int_range(n) * (i + 2) * 31) % 17) / 17.0
        for i, name in enumerate(few.columns)
        if name not in groups
    ]
    multilevel_model(few.with_columns(*varied).with_columns(*labels, pl.col("y") + noise), formula)


def bare(path: str, columns: list[str], groups: tuple[str, ...]) -> None:
    """The same sums as a person would write them, as an Arrow table."""
    cast = ", ".join([*groups, *(f"{name}::DOUBLE AS {name}" for name in columns)])
    sums = ["count(*) AS n", *(f"sum({name}) AS s_{name}" for name in columns)]
    sums += [f"sum({a} * {b}) AS p_{a}_{b}" for i, a in enumerate(columns) for b in columns[: i + 1]]
    keys = ", ".join(groups)
    duckdb.sql(
        f"SELECT {keys}, {', '.join(sums)} FROM (SELECT {cast} FROM '{path}') GROUP BY {keys}"
    ).to_arrow_table()


def since(started: tuple[float, float]) -> tuple[float, float]:
    return time.perf_counter() - started[0], time.process_time() - started[1]


def peak() -> float:
    """GB of memory at most, so far, of this process alone: getrusage would count what its parent held when it began."""
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024**2


if __name__ == "__main__":
    main()
