"""One regression in a process of its own, for its time and its peak memory: see `bench.regression`."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import numpy as np
import polars as pl

from bench.multilevel_once import peak
from fairlead.science.impact.formula import parse_formula
from fairlead.science.impact.moments import collect, design_of, open_source
from fairlead.science.impact.regression import (
    cluster_bootstrap,
    leave_one_out,
    linear_regression,
    permute_clusters,
    regression_from_moments,
    wild_bootstrap,
)


def main() -> None:
    """Reads what to do from the only argument, prints what it took."""
    asked = json.loads(sys.argv[1])
    path, formula = asked["path"], asked["formula"]
    few = pl.scan_parquet(path).head(5_000).collect().with_columns(pl.col("unit") % 50)
    linear_regression(few, "y ~ x1", absorb=("unit", "time"), cluster="unit")  # everything is loaded
    if asked.get("refits"):
        print(json.dumps({"refits": refits(path, formula)}))
        return
    empty = peak()
    started = time.perf_counter(), time.process_time()
    fit = linear_regression(path, formula, absorb=("unit", "time"), cluster="unit", errors="CR1", small_sample="all")
    took = time.perf_counter() - started[0], time.process_time() - started[1]
    found: dict[str, Any] = {
        "seconds": took[0],
        "cpu": took[1],
        "peak": peak(),
        "empty": empty,
        "fixed": [c.estimate for c in fit.coefficients],
        "errors": [c.se for c in fit.coefficients],
    }
    print(json.dumps(found))


def refits(path: str, formula: str) -> dict[str, float]:
    """Seconds of each, after the one pass."""
    times: dict[str, float] = {}
    clock = time.perf_counter()

    def lap(name: str) -> None:
        nonlocal clock
        times[name] = time.perf_counter() - clock
        clock = time.perf_counter()

    source = open_source(path)
    design = design_of(parse_formula(formula), source)
    moments = collect(source, design, by=["unit"])
    lap("the pass over the rows")
    fit = regression_from_moments(moments, design, cluster="unit", errors="CR2")
    lap("CR2 with its df")
    rng = np.random.default_rng(1)
    permute_clusters(moments, design, "arm", cluster="unit", rng=rng, draws=10_000)
    lap("permutations")
    permute_clusters(moments, design, "arm", cluster="unit", rng=rng, draws=10_000, statistic="t")
    lap("permutations of t")
    wild_bootstrap(fit, "arm", rng=rng)
    lap("wild bootstrap with interval")
    cluster_bootstrap(fit, "arm", rng=rng)
    lap("cluster bootstrap")
    leave_one_out(fit, "arm")
    lap("each cluster left out")
    return times


if __name__ == "__main__":
    main()
