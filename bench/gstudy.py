"""A generalizability study of 200,000 unbalanced ratings, beside lmer.

python -m bench gstudy [plain] [full] [--share 0.1]

plain: teachers, raters, visits, items. full: how raters see teachers, and teachers and raters differ by item, too, on a quarter
of the ratings, because lmer's time grows faster than they do; `--share` makes both smaller (or, above 1, larger). Ours is timed from columns to
result in a process that has its modules loaded, lmer's fit alone; CPU seconds beside the time.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import textwrap
import time
from pathlib import Path
from typing import Any

import numpy as np

from bench import references

FACETS: dict[str, Any] = {
    "object": "teacher",
    "facets": ("rater", "visit", "item"),
    "nested": {"visit": ("teacher", "rater")},
}
PLAIN = ["teacher", "rater", "visit", "item"]
PARTS = {"plain": PLAIN, "full": [*PLAIN, "teacher:rater", "teacher:item", "rater:item"]}
SIZES = {"plain": 200_000, "full": 50_000}
LMER = {"visit": "teacher:rater:visit"}


def main(arguments: list[str]) -> int:
    """Run the named parts, or both."""
    parser = argparse.ArgumentParser(prog="python -m bench gstudy", description=__doc__.split("\n\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--share", type=float, default=1.0, help="of the ratings, for a quick look")
    parser.add_argument("--alone", action="store_true", help="without lmer")
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.parts) - set(PARTS):
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    for part in chosen.parts or PARTS:
        rows = ratings(int(SIZES[part] * chosen.share), full=part == "full")
        counts = {name: np.unique(rows[name]).size for name in PLAIN}
        print(
            f"\n{part}: {rows['score'].size:,} ratings; " + ", ".join(f"{n:,} {k}s" for k, n in counts.items()),
            flush=True,
        )
        found = ours(rows, PARTS[part])
        told("ours", found)
        if chosen.alone:
            continue
        reference = lmer(rows, PARTS[part])
        if reference is None:
            continue
        told("lmer's fit alone", reference)
        ratio, cpu = (reference[key] / found[key] for key in ("seconds", "cpu"))
        print(f"    lmer ÷ ours: {ratio:.0f} in time, {cpu:.0f} in CPU (wanted: at least 20)")
        apart = max(abs(found["variances"][name] / value - 1) for name, value in reference["variances"].items())
        print(f"    variances apart by at most {apart:.1e} of themselves (wanted: 1e-4)")
        print(f"    criterion {found['value']:.6f}, lmer's {reference['value']:.6f}")
    return 0


def ratings(n: int, *, full: bool, seed: int = 1) -> dict[str, np.ndarray]:
    """Visits of teachers by raters, twelve items each, some left out; from 3 to 19 visits a teacher."""
    rng = np.random.default_rng(seed)
    teachers, raters, items = max(20, n // 124), max(6, n // 1_650), 12
    visited = np.repeat(np.arange(teachers), rng.integers(3, 20, teachers))
    by = rng.integers(0, raters, visited.size)
    visit, item = np.repeat(np.arange(visited.size), items), np.tile(np.arange(items), visited.size)
    kept = np.sort(rng.permutation(visit.size)[: min(n, visit.size)])
    visit, item = visit[kept], item[kept]
    teacher, rater = visited[visit], by[visit]
    score = 3 + 0.5 * rng.normal(size=teachers)[teacher] + 0.3 * rng.normal(size=raters)[rater]
    score += 0.4 * rng.normal(size=items)[item] + 0.4 * rng.normal(size=visited.size)[visit]
    if full:
        score += 0.3 * rng.normal(size=(teachers, items))[teacher, item]
        score += 0.2 * rng.normal(size=(teachers, raters))[teacher, rater]
        score += 0.15 * rng.normal(size=(raters, items))[rater, item]
    score += 0.6 * rng.normal(size=score.size)
    return {"teacher": teacher, "rater": rater, "visit": visit, "item": item, "score": score}


def ours(rows: dict[str, np.ndarray], components: list[str]) -> dict[str, Any]:
    """From columns to result; a small study first, so that all is loaded and compiled."""
    from fairlead.science.measurement import g_study

    g_study(ratings(2_000, full=True), components=components, **FACETS)
    best: dict[str, Any] = {"seconds": np.inf}
    for _ in range(3):
        wall, cpu = time.perf_counter(), time.process_time()
        study = g_study(rows, components=components, **FACETS)
        took = {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
        if took["seconds"] < best["seconds"]:
            best = took
    assert study.converged, study.convergence
    return best | {"variances": {one.name: one.variance for one in study.components}, "value": study.deviance}


def lmer(rows: dict[str, np.ndarray], components: list[str]) -> dict[str, Any] | None:
    """lmer on the same rows: timed at its defaults; its search then goes on from there as finely as it can, for the values."""
    rscript = references.rscript("lme4")
    if rscript is None:
        return None
    formula = "score ~ 1 + " + " + ".join(f"(1 | {name})" for name in components)
    with tempfile.TemporaryDirectory(prefix="fairlead-bench-", dir=os.environ.get("FAIRLEAD_BENCH_FOLDER")) as folder:
        for name, column in rows.items():
            column.astype(np.float64).tofile(Path(folder) / f"{name}.f64")
        code = f"""
            suppressMessages(library(lme4))
            d <- as.data.frame(sapply(c({", ".join(repr(name) for name in rows)}),
              function(name) readBin(file.path({folder!r}, paste0(name, ".f64")), "double", {rows["score"].size})))
            took <- system.time(m <- lmer({formula}, d))
            m <- lmer({formula}, d, start = getME(m, "theta"), control = lmerControl(
              optCtrl = list(ftol_abs = 1e-14, ftol_rel = 1e-15, xtol_abs = 1e-12, xtol_rel = 1e-12, maxeval = 10000)))
            v <- as.data.frame(VarCorr(m))
            cat(sprintf('{{"seconds": %f, "cpu": %f, "value": %.12f, "variances": {{%s}}}}', took[["elapsed"]],
              took[["user.self"]] + took[["sys.self"]], REMLcrit(m),
              paste(sprintf('"%s": %.12g', v$grp, v$vcov), collapse = ", ")))
        """
        done = subprocess.run([rscript, "-e", textwrap.dedent(code)], capture_output=True, text=True, check=False)
    if done.returncode:
        print("    lmer failed:", done.stderr.strip().splitlines()[-1:])
        return None
    found = json.loads(done.stdout)
    found["variances"] = {_name(group): value for group, value in found["variances"].items()}
    return dict(found)


def _name(group: str) -> str:
    """lmer's name of a component as ours."""
    return LMER.get(group, "residual" if group == "Residual" else group)


def told(name: str, found: dict[str, Any]) -> None:
    """One line."""
    print(
        f"    {name:<22} {found['seconds']:>9.2f} s, CPU {found['cpu']:>9.2f} s (load {os.getloadavg()[0]:.1f})",
        flush=True,
    )
    print("     ", ", ".join(f"{key} {value:.5f}" for key, value in sorted(found["variances"].items())), flush=True)
