"""Group-time effects from Parquet to result: cost against rows, and csdid beside it on the same rows.

python -m bench panel [--most 10000000] [--without-references]

Ten periods, four cohorts and never-treated units, one covariate for the doubly robust line; errors, five aggregations and
bands included. Each size runs in a process of its own, so that the peak of memory is its own; the loading of modules is not
counted in the seconds. csdid runs without its bootstrap.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench import references

ROOT = Path(__file__).resolve().parent.parent
PERIODS = 10
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
REFERENCE_ROWS = 1_000_000

OURS = """
    import json, sys, time
    import numpy as np, polars
    from fairlead.science.impact.panel import group_time
    path, covariates, banded = sys.argv[1:]
    columns = dict(outcome="y", unit="unit", time="time", cohort="cohort", covariates=covariates)
    def high():  # of this process alone: getrusage would count its parent's
        return int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) / 1024
    before = high()
    wall, cpu = time.perf_counter(), time.process_time()
    found = group_time(path, **columns, rng=np.random.default_rng(1) if banded else None)
    seconds, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = high()
    whole = found.simple.overall
    print(json.dumps([seconds, cpu, before, peak, whole.estimate, whole.se]))
"""
CSDID = """
    import json, sys, time, io, contextlib, warnings
    warnings.filterwarnings("ignore")
    import pandas as pd
    from csdid.att_gt import ATTgt
    path, covariates, _ = sys.argv[1:]
    data = pd.read_parquet(path)
    def high():  # of this process alone: getrusage would count its parent's
        return int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) / 1024
    before = high()
    wall, cpu = time.perf_counter(), time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):
        fit = ATTgt(yname="y", gname="cohort", idname="unit", tname="time", xformla=f"y~{covariates or 1}", data=data)
        fit = fit.fit(est_method="dr", bstrap=False)
        for kind in ("dynamic", "group", "calendar", "simple"):
            answer = fit.aggte(typec=kind, bstrap=False, cband=False).atte
    seconds, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = high()
    se = float(answer["overall_se"][0] if hasattr(answer["overall_se"], "__len__") else answer["overall_se"])
    print(json.dumps([seconds, cpu, before, peak, float(answer["overall_att"]), se]))
"""


def main(arguments: list[str]) -> int:
    """Measure and print; nothing is asserted."""
    parser = argparse.ArgumentParser(prog="python -m bench panel", description=__doc__.split("\n\n")[0])
    parser.add_argument("--most", type=int, default=SIZES[-1], help="rows of the largest panel")
    parser.add_argument("--without-references", action="store_true")
    chosen = parser.parse_args(arguments)
    other = None if chosen.without_references else references.python("csdid", "csdid==0.4.3", "pyarrow")
    with tempfile.TemporaryDirectory(prefix="fairlead-bench-", dir=os.environ.get("FAIRLEAD_BENCH_FOLDER")) as folder:
        for covariates in ("", "x"):
            print(f"\n  {'doubly robust given x' if covariates else 'difference of means'}", flush=True)
            for rows in (size for size in SIZES if size <= chosen.most):
                path = Path(folder) / f"panel-{rows}.parquet"
                if not path.exists():
                    panel(path, rows)
                told(f"{rows:>12,} rows", rows, run(sys.executable, OURS, path, covariates, "banded"))
                if rows == REFERENCE_ROWS and other is not None:
                    ours = run(sys.executable, OURS, path, covariates, "")
                    theirs = run(str(other), CSDID, path, covariates, "")
                    told("the same, no bands", rows, ours)
                    told("csdid, no bands", rows, theirs)
                    if ours and theirs:
                        off = max(abs(a - b) for a, b in zip(ours[4:], theirs[4:], strict=True))
                        print(
                            f"    csdid ÷ ours: {theirs[0] / ours[0]:.1f} in time; largest difference {off:.1e}",
                            flush=True,
                        )
    return 0


def panel(path: Path, rows: int) -> None:
    """Units in random order of cohorts, periods together."""
    rng = np.random.default_rng(rows)
    units = rows // PERIODS
    start = rng.choice([3, 5, 6, 8, 0], size=units, p=[0.15, 0.15, 0.15, 0.15, 0.4])
    x, level = rng.normal(size=units), rng.normal(size=units)
    unit, time = np.repeat(np.arange(units), PERIODS), np.tile(np.arange(1, PERIODS + 1), units)
    cohort = start[unit]
    treated = (cohort > 0) & (time >= cohort)
    y = level[unit] + 0.1 * time + 0.05 * x[unit] * time + treated * (0.2 + 0.05 * (time - cohort))
    columns = {"unit": unit, "time": time, "cohort": cohort, "x": x[unit], "y": y + rng.normal(size=unit.size)}
    pq.write_table(pa.table(columns), path)


def run(python: str, code: str, path: Path, covariates: str, banded: str) -> list[float] | None:
    """Seconds, CPU seconds, memory before and at its peak (MB), the estimate and its error."""
    ended = subprocess.run(
        [python, "-c", textwrap.dedent(code), str(path), covariates, banded],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
    )
    if ended.returncode:
        print(f"    failed: {ended.stderr.strip().splitlines()[-1]}", flush=True)
        return None
    return [float(number) for number in json.loads(ended.stdout.strip().splitlines()[-1])]


def told(name: str, rows: int, found: list[float] | None) -> None:
    """One line."""
    if found is not None:
        seconds, cpu, before, peak, *_ = found
        print(
            f"    {name:<20}{seconds:8.2f} s ({cpu:.2f} CPU){1e6 * seconds / rows:8.2f} µs a row"
            f"{peak:8.0f} MB at the peak ({before:.0f} before)",
            flush=True,
        )
