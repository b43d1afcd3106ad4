"""Two-way fixed effects with errors by cluster from Parquet to result, beside pyfixest; and refits from cluster sums.

python -m bench regression [cells] [panel] [refits] [--share 0.1]

Each comparison runs both sides on the same rows in one run; `--share` makes all of them smaller. Ours is timed from the
file; pyfixest is timed for its fit alone, with the rows in memory and everything compiled: at its defaults, and once more
told to keep no copy of the rows. Peak memory is that of the whole process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench import parts, references

ROOT = Path(__file__).resolve().parent.parent
CHUNK = 1_000_000
FORMULA = "y ~ treat + x1 + x2"


def main(arguments: list[str]) -> int:
    """Run the named parts, or all."""
    return parts.run("regression", __doc__, PARTS, arguments)


def cells(folder: Path, share: float) -> None:
    """10,000,000 students in 10,000 schools and 20 years: school and year effects, errors by school."""
    path = folder / "cells.parquet"
    rows = int(10_000_000 * share)
    students(path, rows, units=max(50, rows // 1000), times=20)
    compare(path)


def panel(folder: Path, share: float) -> None:
    """2,000,000 rows of 200,000 students in 10 years, one row a cell, so cells save nothing: no target is set."""
    path = folder / "panel.parquet"
    rows = int(2_000_000 * share)
    students(path, rows, units=rows // 10, times=10, once=True)
    compare(path)


def compare(path: Path) -> None:
    """Ours and pyfixest's on one file."""
    found = once("bench.regression_once", {"path": str(path), "formula": FORMULA})
    told("ours, from Parquet", found)
    for name, more in (("at its defaults", ""), ("keeping no copy", "copy_data=False, store_data=False")):
        reference = pyfixest(path, more)
        if reference is None:
            return
        told(f"pyfixest {name}", reference)
        print(f"    pyfixest reads the file in another {reference['reading']:.1f} s")
        time, cpu, memory = (reference[key] / found[key] for key in ("seconds", "cpu", "peak"))
        print(
            f"    pyfixest ÷ ours: {time:.1f} in time (wanted 4), {cpu:.1f} in CPU, {memory:.1f} in peak memory (wanted 8)"
        )
    apart = max(abs(a / b - 1) for a, b in zip(found["fixed"], reference["fixed"], strict=True))
    errors = max(abs(a / b - 1) for a, b in zip(found["errors"], reference["errors"], strict=True))
    print(f"    coefficients apart by at most {apart:.1e} of themselves, errors by {errors:.1e}")


def refits(folder: Path, share: float) -> None:
    """10,000 permutations, 9,999 wild draws with interval, 1,999 bootstrap draws, each cluster left out: 500 schools."""
    path = folder / "refits.parquet"
    students(path, int(500_000 * share), units=500, times=4)
    found = once("bench.regression_once", {"path": str(path), "formula": "y ~ arm + x1 + x2", "refits": True})
    for name, seconds in found["refits"].items():
        print(f"    {name:<28} {seconds:>9.3f} s{' (wanted: under 3)' if name == 'permutations' else ''}", flush=True)


PARTS = {"cells": cells, "panel": panel, "refits": refits}


def students(path: Path, rows: int, *, units: int, times: int, once: bool = False) -> None:
    """Write students to Parquet a million at a time: unit, time, treatment of the cell, two covariates, outcome."""
    rng = np.random.default_rng(1)
    start_of = rng.integers(times // 4, 2 * times, units)
    effect, shock = rng.normal(size=units), rng.normal(size=times)
    writer = None
    for first in range(0, rows, CHUNK):
        n = min(CHUNK, rows - first)
        place = np.arange(first, first + n)
        unit = place // times if once else place % units
        when = place % times if once else rng.integers(0, times, n)
        x1, x2 = rng.normal(size=n) + 0.1 * when, rng.normal(size=n)
        treat = (when >= start_of[unit]).astype(int)
        y = 0.2 * treat + 0.5 * x1 - 0.1 * x2 + effect[unit] + shock[when] + rng.normal(size=n)
        batch = pa.table(
            {
                "unit": unit,
                "time": when,
                "treat": treat,
                "arm": unit % 2,
                "x1": x1,
                "x2": x2,
                "y": y,
            }
        )
        writer = writer or pq.ParquetWriter(path, batch.schema)
        writer.write_table(batch)
    assert writer is not None
    writer.close()


def once(module: str, asked: dict[str, Any]) -> dict[str, Any]:
    """In a process of its own."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", module, json.dumps(asked)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
        cwd=ROOT,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def pyfixest(path: Path, more: str) -> dict[str, Any] | None:
    """feols with CRV1 by unit, on the same rows; `more` are options."""
    python = references.python("pyfixest", "pyfixest==0.60.0", "pyarrow")
    if python is None:
        return None
    code = f"""
        import json, sys, time, warnings
        warnings.simplefilter("ignore")
        import pandas as pd, pyarrow.parquet as pq, pyfixest as pf
        from contextlib import redirect_stdout
        columns = ["y", "treat", "x1", "x2", "unit", "time"]
        few = next(pq.ParquetFile(sys.argv[1]).iter_batches(20_000, columns=columns)).to_pandas()
        few["unit"] = few["unit"] % 50
        def fit(data):
            return pf.feols("y ~ treat + x1 + x2 | unit + time", data, vcov={{"CRV1": "unit"}}, ssc=pf.ssc(k_fixef="full"),
                            {more})
        with redirect_stdout(sys.stderr):
            fit(few)
            started = time.perf_counter()
            data = pd.read_parquet(sys.argv[1], columns=columns)
            reading = time.perf_counter() - started
            started, cpu = time.perf_counter(), time.process_time()
            found = fit(data)
            took = time.perf_counter() - started, time.process_time() - cpu
        print(json.dumps({{"seconds": took[0], "cpu": took[1], "reading": reading,
                          "peak": int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) / 2**20,
                          "fixed": found.coef().tolist(), "errors": found.se().tolist()}}))
    """
    done = subprocess.run(
        [str(python), "-c", textwrap.dedent(code), str(path)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        print(f"    pyfixest failed (return code {done.returncode}): {done.stderr.strip()[-300:]}")
        return None
    return dict(json.loads(done.stdout.splitlines()[-1]))


def told(name: str, found: dict[str, Any]) -> None:
    """One line."""
    print(
        f"    {name:<28} {found['seconds']:>9.2f} s, CPU {found['cpu']:>8.2f} s, peak {found['peak']:.2f} GB "
        f"(load {os.getloadavg()[0]:.1f})",
        flush=True,
    )
