"""Multilevel models from Parquet to result, beside lmer, statsmodels and DuckDB's bare aggregation of the same sums.

python -m bench multilevel [slope] [memory] [growth] [groups] [--share 0.1]

Each comparison runs both sides on the same rows in one run; `--share` makes all of them smaller. Ours is timed in a
process that has its modules loaded; times are the least of several, CPU seconds beside them, because wall time belongs to
whoever else is on the machine.
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
COLUMNS = ["x1", "x2", "x3", "x4", "x5", "treat", "female", "poor"]
FIXED = "y ~ " + " + ".join(COLUMNS)
CHUNK = 1_000_000


def main(arguments: list[str]) -> int:
    """Run the named parts, or all."""
    return parts.run("multilevel", __doc__, PARTS, arguments)


def slope(folder: Path, share: float) -> None:
    """1,000,000 students in 10,000 schools, random slope, 9 coefficients: lmer's fit alone, and the bare sums."""
    rows = int(1_000_000 * share)
    for order in ("by school", "shuffled"):
        path = folder / f"slope-{order[0]}.parquet"
        students(path, rows, rows // 100, shuffled=order == "shuffled")
        found = ours(path, f"{FIXED} + (1 + x1 | school)", repeat=5, bare=True)
        told(f"rows {order}: ours", found)
        told(f"rows {order}: bare DuckDB", found["bare"])
        wall, cpu = (found[key] / found["bare"][key] for key in ("seconds", "cpu"))
        print(f"    ours ÷ bare sums: {wall:.2f} in time, {cpu:.2f} in CPU (wanted: at most 1.6)")
        if order == "by school" and (reference := lmer(path, f"{FIXED} + (1 + x1 | school)", folder)):
            told("lmer, its fit alone", reference)
            print(f"    lmer ÷ ours: {reference['seconds'] / found['seconds']:.0f} (wanted: at least 20)")
            apart(found, reference)


def memory(folder: Path, share: float) -> None:
    """10,000,000 students in 20,000 schools, random intercept, 9 coefficients, in a process of its own."""
    rows = int(10_000_000 * share)
    path = folder / "memory.parquet"
    students(path, rows, max(20, rows // 500))
    found = ours(path, f"{FIXED} + (1 | school)", repeat=1)
    told("ours", found)
    print(f"    peak {found['peak']:.2f} GB (wanted: below 1; the modules alone take {found['empty']:.2f})")
    path.unlink()


def growth(folder: Path, share: float) -> None:
    """Four years of 250,000 students in 2,500 schools, slopes of time at both levels, 9 coefficients; lmer on a tenth."""
    formula = f"{FIXED} + (x1 | school/student)"
    path = folder / "growth.parquet"
    students(path, int(1_000_000 * share), max(10, int(2_500 * share)), waves=4)
    found = ours(path, formula, repeat=2)
    told("ours, all", found)
    small = folder / "growth-small.parquet"
    students(small, int(100_000 * share), max(10, int(250 * share)), waves=4)
    part = ours(small, formula, repeat=2)
    told("ours, a tenth", part)
    if reference := lmer(small, formula, folder):
        told("lmer, a tenth", reference)
        print(
            f"    compared on a tenth of the data (lmer takes minutes for it): lmer ÷ ours: {reference['seconds'] / part['seconds']:.0f} (wanted: at least 20)"
        )
        apart(part, reference)


def groups(folder: Path, share: float) -> None:
    """125,000 groups of 8, random intercept and slope; statsmodels' MixedLM on a hundredth and a fiftieth, which it does in
    reasonable time, and what that makes of the whole if its time goes on growing as it did."""
    formula = f"{FIXED} + (1 + x1 | school)"
    path = folder / "groups.parquet"
    count = int(125_000 * share)
    students(path, 8 * count, count)
    whole = ours(path, formula, repeat=2)
    told(f"ours, {count:,} groups", whole)
    interpreter = references.python("statsmodels", "statsmodels", "pyarrow", "pandas<3")
    if interpreter is None:
        return
    sizes, times = (count // 100, count // 50), []
    for size in sizes:
        small = folder / "groups-small.parquet"
        students(small, 8 * size, size)
        part, reference = ours(small, formula, repeat=3), mixed_lm(interpreter, small)
        if reference is None:
            return
        told(f"ours, {size:,} groups", part)
        told(f"statsmodels, {size:,} groups", reference)
        ratio = reference["seconds"] / part["seconds"]
        print(f"    statsmodels ÷ ours on the same rows: {ratio:.0f} (wanted, at 125,000 groups: at least 100)")
        times.append(reference["cpu"])
    power = float(np.log(times[1] / times[0]) / np.log(sizes[1] / sizes[0]))
    for name, exponent in (("as between these two sizes", power), ("in proportion to the groups", 1.0)):
        guess = times[1] * (count / sizes[1]) ** exponent
        print(
            f"    not measured: statsmodels at {count:,} groups, growing {name} (power {exponent:.2f}): {guess:,.0f} CPU s, "
            f"{guess / whole['cpu']:,.0f} times ours"
        )


def mixed_lm(interpreter: Path, path: Path) -> dict[str, Any] | None:
    """statsmodels' MixedLM by REML, its fit alone."""
    code = f"""
        import json, time, warnings
        warnings.simplefilter("ignore")
        import pandas as pd, statsmodels.formula.api as smf
        d = pd.read_parquet({str(path)!r})
        t, c = time.perf_counter(), time.process_time()
        m = smf.mixedlm({FIXED!r}, d, groups="school", re_formula="~x1").fit(reml=True)
        print(json.dumps(dict(seconds=time.perf_counter() - t, cpu=time.process_time() - c, value=-2 * m.llf,
            converged=bool(m.converged), fixed=list(map(float, m.fe_params)))))
    """
    done = subprocess.run(
        [str(interpreter), "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        print("    statsmodels failed:", done.stderr.strip().splitlines()[-1])
        return None
    return dict(json.loads(done.stdout))


PARTS = {"slope": slope, "memory": memory, "growth": growth, "groups": groups}


def students(
    path: Path, rows: int, schools: int, *, waves: int = 0, columns: int = 8, shuffled: bool = False, seed: int = 1
) -> list[str]:
    """Write students to Parquet a million at a time, schools one after the other; returns the names of the covariates."""
    rng = np.random.default_rng(seed)
    names = COLUMNS if columns == len(COLUMNS) else [f"x{i + 1}" for i in range(columns)]
    bounds = np.linspace(0, rows, schools + 1).astype(np.int64)
    intercepts, slopes = 0.4 * rng.normal(size=schools), 0.1 * rng.normal(size=schools)
    treated = rng.integers(0, 2, schools).astype(np.int8)
    writer = None
    for start in range(0, rows, CHUNK):
        stop = min(rows, start + CHUNK)
        n = stop - start
        school = np.searchsorted(bounds, np.arange(start, stop), side="right") - 1
        table: dict[str, Any] = {"school": school.astype(np.int32)}
        for name in names:
            if name == "treat":
                table[name] = treated[school]
            elif name in ("female", "poor"):
                table[name] = rng.integers(0, 2, n).astype(np.int8)
            else:
                table[name] = rng.normal(size=n)
        y = 0.1 * sum(table[name] for name in names) + intercepts[school] + slopes[school] * table["x1"]
        y = y + rng.normal(size=n)
        if waves:
            student = np.arange(start, stop) // waves
            table["student"] = student.astype(np.int32)
            table["x1"] = (np.arange(start, stop) % waves).astype(float)
            of = student - student[0]
            y = y + (0.5 * rng.normal(size=of[-1] + 1))[of] + (0.1 * rng.normal(size=of[-1] + 1))[of] * table["x1"]
        table["y"] = y
        batch = pa.table(table)
        if shuffled:
            batch = batch.take(pa.array(rng.permutation(n)))
        if writer is None:
            writer = pq.ParquetWriter(path, batch.schema, compression="zstd")
        writer.write_table(batch)
    assert writer is not None
    writer.close()
    return list(names)


def ours(path: Path, formula: str, *, repeat: int, bare: bool = False) -> dict[str, Any]:
    """From Parquet to result in a process of its own, which first fits a few rows so that all is loaded."""
    asked = {"path": str(path), "formula": formula, "repeat": repeat, "bare": bare}
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "bench.multilevel_once", json.dumps(asked)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=ROOT,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return dict(json.loads(done.stdout))


def lmer(path: Path, formula: str, folder: Path) -> dict[str, Any] | None:
    """lmer's fit alone, at its defaults, on the same rows (handed over as raw doubles)."""
    rscript = references.rscript("lme4")
    if rscript is None:
        return None
    table = pq.read_table(path)
    for name in table.column_names:
        table[name].to_numpy().astype(np.float64).tofile(folder / f"{name}.f64")
    code = f"""
        suppressMessages(library(lme4))
        n <- {table.num_rows}
        d <- as.data.frame(sapply(c({", ".join(repr(name) for name in table.column_names)}),
          function(name) readBin(file.path({str(folder)!r}, paste0(name, ".f64")), "double", n)))
        gc(reset = TRUE) -> before
        took <- system.time(m <- lmer({formula}, d))
        used <- sum(gc()[, 6]) / 1024
        cat(sprintf('{{"seconds": %f, "cpu": %f, "peak": %f, "value": %.12f, "fixed": [%s]}}', took[["elapsed"]],
          took[["user.self"]] + took[["sys.self"]], used, REMLcrit(m), paste(sprintf("%.12g", fixef(m)), collapse = ", ")))
    """
    done = subprocess.run([rscript, "-e", textwrap.dedent(code)], capture_output=True, text=True, check=False)
    for name in table.column_names:
        (folder / f"{name}.f64").unlink()
    if done.returncode:
        print("    lmer failed:", done.stderr.strip().splitlines()[-1:])
        return None
    return dict(json.loads(done.stdout))


def told(name: str, found: dict[str, Any]) -> None:
    """One line."""
    peak = f", peak {found['peak']:.2f} GB" if "peak" in found else ""
    load = os.getloadavg()[0]
    print(
        f"    {name:<28} {found['seconds']:>9.3f} s, CPU {found['cpu']:>8.3f} s{peak} (load {load:.1f})", flush=True
    )


def apart(one: dict[str, Any], two: dict[str, Any]) -> None:
    """How far the answers are from one another: a quick wrong answer is worth nothing."""
    coefficients = np.abs(np.array(one["fixed"]) - np.array(two["fixed"])).max()
    print(
        f"    criterion {one['value']:.6f}, lmer's {two['value']:.6f}; coefficients apart by at most {coefficients:.1e}"
    )
