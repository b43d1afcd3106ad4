"""Matching at the size of a state: pairs and weights from arrays, beside MatchIt (Debian's) and empirical-calibration.

python -m bench matching [score] [mahalanobis] [entropy] [whole] [--share 0.1]

Ours is timed after one small run that loads and compiles; wall time is the least of several, with CPU time beside it.
"""

from __future__ import annotations

import json
import os
import subprocess
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from bench import parts, references
from fairlead.science.impact.matching import entropy_weights, logit, match, nearest
from fairlead.science.impact.matching.groups import mahalanobis_coordinates

# MatchIt takes minutes at the full sizes, so both sides are compared on fewer rows
MATCHIT_SCORE, MATCHIT_DISTANCE = 100_000, 10_000


def main(arguments: list[str]) -> int:
    """Run the named parts, or all."""
    return parts.run("matching", __doc__, PARTS, arguments)


def score(folder: Path, share: float) -> None:
    """Nearest neighbour on a propensity score of 8 covariates, 1:1 without replacement, 1,000,000 rows."""
    x, t = people(int(1_000_000 * share), 8)
    names = [f"x{j}" for j in range(x.shape[1])]
    by_score(*people(1_000, 8), names)
    fit, took = timed(lambda: logit(x, t, names), 2)
    told("ours: the logit", took)
    found, pairing = timed(lambda: by_score(x, t, names, fit.probability), 2)
    told(f"ours: {len(found):,} pairs", pairing)
    small, few = people(int(MATCHIT_SCORE * share), 8, seed=2)
    ours, quick = timed(lambda: by_score(small, few, names), 3)
    told(f"ours, both, {len(small):,} rows", quick)
    theirs = matchit(folder, small, few, 'method = "nearest"')
    if theirs:
        told(f"MatchIt {theirs['version']}, {len(small):,} rows", theirs["seconds"], theirs["cpu"])
        print(f"    MatchIt ÷ ours: {theirs['seconds'] / quick[0]:.0f}")
        p = logit(small, few, names).probability
        one, two = distance_of(p, few, ours), distance_of(p, few, np.array(theirs["pairs"]))
        print(f"    mean difference in the score of a pair: ours {one:.3e}, MatchIt's {two:.3e}")


def mahalanobis(folder: Path, share: float) -> None:
    """Nearest neighbour on the Mahalanobis distance of 8 covariates, 1:1 without replacement, 100,000 rows."""
    by_distance(*people(1_000, 8))
    x, t = people(int(100_000 * share), 8)
    found, took = timed(lambda: by_distance(x, t), 2)
    told(f"ours: {len(found):,} pairs", took)
    small, few = people(int(MATCHIT_DISTANCE * share), 8, seed=2)
    ours, quick = timed(lambda: by_distance(small, few), 3)
    told(f"ours, {len(small):,} rows", quick)
    theirs = matchit(folder, small, few, 'method = "nearest", distance = "mahalanobis"')
    if theirs:
        told(f"MatchIt {theirs['version']}, {len(small):,} rows", theirs["seconds"], theirs["cpu"])
        print(f"    MatchIt ÷ ours: {theirs['seconds'] / quick[0]:.0f}")
        print(f"    pairs that differ: {int((np.array(theirs['pairs']) != ours).sum())} of {len(ours)}")


def entropy(folder: Path, share: float) -> None:
    """Entropy balancing of 20 covariates, 1,000,000 rows."""
    entropy_weights(*targets(*people(1_000, 20)), [f"x{j}" for j in range(20)])
    x, t = people(int(1_000_000 * share), 20)
    controls, target, scale = targets(x, t)
    names = [f"x{j}" for j in range(20)]
    fit, took = timed(lambda: entropy_weights(controls, target, scale, names), 2)
    told(f"ours: {fit.steps} steps, gap {fit.gap:.0e} sd", took)
    binary = references.python("matching", "empirical-calibration==0.12")
    if binary is None:
        return
    np.save(folder / "controls.npy", controls)
    np.save(folder / "treated.npy", x[t])
    code = f"""
        import json, time, numpy as np, empirical_calibration as ec
        controls, treated = np.load({str(folder / "controls.npy")!r}), np.load({str(folder / "treated.npy")!r})
        started, used = time.perf_counter(), time.process_time()
        w, good = ec.calibrate(covariates=controls, target_covariates=treated, autoscale=True,
                               objective=ec.Objective.ENTROPY)
        took = time.perf_counter() - started, time.process_time() - used
        gap = float(np.abs((w @ controls - treated.mean(axis=0)) / treated.std(axis=0)).max())
        np.save({str(folder / "theirs.npy")!r}, w)
        print(json.dumps(dict(seconds=took[0], cpu=took[1], good=bool(good), gap=gap)))
    """
    done = subprocess.run(
        [str(binary), "-W", "ignore", "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        print(f"    empirical-calibration failed: {done.stderr.strip().splitlines()[-1]}")
        return
    theirs = json.loads(done.stdout.splitlines()[-1])
    told(f"empirical-calibration, gap {theirs['gap']:.0e} sd", theirs["seconds"], theirs["cpu"])
    print(f"    empirical-calibration ÷ ours: {theirs['seconds'] / took[0]:.1f}")
    apart = np.abs(np.load(folder / "theirs.npy") * len(controls) - fit.weights).max()
    print(f"    weights (average one) apart by at most {apart:.1e}")


def whole(folder: Path, share: float) -> None:
    """`match` from Parquet to a comparison with its balance, 1,000,000 rows, 8 covariates: what a person waits for."""
    rows = int(1_000_000 * share)
    x, t = people(rows, 8)
    path = folder / "people.parquet"
    pl.DataFrame({f"x{j}": x[:, j] for j in range(8)} | {"t": t}).write_parquet(path)
    on = " + ".join(f"x{j}" for j in range(8))
    for method in ("nearest", "cem", "ebal", "ipw"):
        _, took = timed(lambda method=method: match(path, treated="t", on=on, method=method), 1)
        told(method, took)


PARTS: dict[str, Callable[[Path, float], None]] = {
    "score": score,
    "mahalanobis": mahalanobis,
    "entropy": entropy,
    "whole": whole,
}


def people(n: int, k: int, seed: int = 1) -> tuple[Any, Any]:
    """Correlated covariates and a treatment that some three in ten get, the likelier the higher the first ones are."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, k)) + 0.5 * rng.normal(size=(n, 1))
    t = rng.random(n) < 1 / (1 + np.exp(1 - 0.5 * x[:, 0] + 0.3 * x[:, 1]))
    return x, t


def by_score(x: Any, t: Any, names: list[str], probability: Any = None) -> Any:
    """The control of each treated row, in the order of the data."""
    p = logit(x, t, names).probability if probability is None else probability
    order = np.argsort(-p[t], kind="stable")
    return paired(t, p[t][:, None], p[~t][:, None], order, float(p.std()))


def by_distance(x: Any, t: Any) -> Any:
    """The same by the Mahalanobis distance, who comes first in the data chooses first."""
    z = mahalanobis_coordinates(x, t)
    return paired(t, z[t], z[~t], np.arange(int(t.sum())), 1.0)


def paired(t: Any, one: Any, two: Any, order: Any, unit: float) -> Any:
    """`nearest` without strata or calipers."""
    return nearest(
        one,
        two,
        order=order,
        treated_row=np.flatnonzero(t),
        control_row=np.flatnonzero(~t),
        last=one.shape[1] > 1,
        treated_stratum=np.zeros(len(one), dtype=np.intp),
        control_stratum=np.zeros(len(two), dtype=np.intp),
        treated_calipered=np.zeros((len(one), 0)),
        control_calipered=np.zeros((len(two), 0)),
        calipers=np.zeros(0),
        unit=unit,
    ).control[:, 0]


def targets(x: Any, t: Any) -> tuple[Any, Any, Any]:
    """What entropy balancing starts from."""
    return x[~t], x[t].mean(axis=0), x.std(axis=0)


def distance_of(p: Any, t: Any, control: Any) -> float:
    """The mean difference in the score over pairs."""
    held = control >= 0
    return float(np.abs(p[t][held] - p[~t][control[held]]).mean())


def matchit(folder: Path, x: Any, t: Any, options: str) -> dict[str, Any] | None:
    """Debian's MatchIt on the same rows (handed over as raw doubles): its time, and the control of each treated row."""
    rscript = references.rscript("MatchIt")
    if rscript is None:
        return None
    np.column_stack([t.astype(float), x]).T.tofile(folder / "rows.f64")
    names = [f"x{j}" for j in range(x.shape[1])]
    code = f"""
        suppressMessages(library(MatchIt))
        d <- as.data.frame(matrix(readBin("{folder / "rows.f64"}", "double", {x.size + t.size}), nrow = {len(t)}))
        names(d) <- c("t", {", ".join(f'"{name}"' for name in names)})
        took <- system.time(m <- matchit(t ~ {" + ".join(names)}, d, {options}))
        pairs <- match(m$match.matrix[, 1], rownames(d)[d$t == 0]) - 1
        writeBin(as.double(ifelse(is.na(pairs), -1, pairs)), "{folder / "pairs.f64"}")
        cat(sprintf('{{"seconds": %f, "cpu": %f, "version": "%s"}}', took[["elapsed"]],
          took[["user.self"]] + took[["sys.self"]], as.character(packageVersion("MatchIt"))))
    """
    done = subprocess.run([rscript, "-e", textwrap.dedent(code)], capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"    MatchIt failed: {done.stderr.strip()}")
        return None
    pairs = np.fromfile(folder / "pairs.f64").astype(np.intp)
    return dict(json.loads(done.stdout.splitlines()[-1])) | {"pairs": pairs}


def timed(work: Callable[[], Any], repeat: int) -> tuple[Any, tuple[float, float]]:
    """Its result, and the least wall and CPU seconds."""
    walls, cpus, result = [], [], None
    for _ in range(repeat):
        started, used = time.perf_counter(), time.process_time()
        result = work()
        walls.append(time.perf_counter() - started)
        cpus.append(time.process_time() - used)
    return result, (min(walls), min(cpus))


def told(name: str, seconds: tuple[float, float] | float, cpu: float | None = None) -> None:
    """One line."""
    wall, used = seconds if isinstance(seconds, tuple) else (seconds, cpu or 0.0)
    print(f"    {name:<44} {wall:>9.3f} s, CPU {used:>8.3f} s (load {os.getloadavg()[0]:.1f})", flush=True)
