"""Two-parameter logistic models from answers to parameters with errors: a million persons, and beside girth and mirt.

python -m bench irt [million] [beside] [--share 0.1]

Times are of the calibration alone, with the answers in memory and everything compiled or warmed up by a small one; peak memory is
that of the whole process. Log-likelihoods of all engines are computed by ours, with 121 nodes, at the parameters they give.
"""

from __future__ import annotations

import json
import subprocess
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench import parts, references
from bench.regression import once, told
from fairlead.science.measurement.irt.marginal import Grid, Layout, Likelihood, Patterns

CHUNK = 50_000


def main(arguments: list[str]) -> int:
    """Run the named parts, or all."""
    return parts.run("irt", __doc__, PARTS, arguments)


def million(folder: Path, share: float) -> None:
    """1,000,000 persons x 40 items, 30 % missing by design (each of ten forms lacks twelve items)."""
    path = folder / "million.npy"
    a, _ = answers(path, int(1_000_000 * share), 40, missing=12)
    found = once("bench.irt_once", {"path": str(path)})
    told("ours (wanted: 60 s, 2 GB)", found)
    apart = (np.array(found["slopes"]) - a) / np.array(found["slope_ses"])
    print(
        f"    {'converged' if found['converged'] else 'NOT CONVERGED'}, gradient {found['gradient']:.1e}, "
        f"{found['passes']} passes over all persons, errors by {found['errors']}; slopes lie {np.sqrt((apart**2).mean()):.2f} "
        "of their errors from the true ones (1 expected)"
    )


def beside(folder: Path, share: float) -> None:
    """20,000 persons x 20 items, complete: beside girth 0.8.0 (wanted: 20 times) and mirt 1.2.0."""
    path = folder / "beside.npy"
    answers(path, int(20_000 * share), 20, missing=0)
    found = once("bench.irt_once", {"path": str(path)})
    told("ours", found)
    print(f"    log-likelihood {loglik(path, found):.4f}")
    for name, requirement, code in OTHERS:
        reference = other(path, name, requirement, code)
        if reference is None:
            continue
        told(name, reference)
        print(
            f"    log-likelihood {loglik(path, reference):.4f}; {name} ÷ ours: {reference['seconds'] / found['seconds']:.1f} in time, "
            f"{reference['cpu'] / found['cpu']:.1f} in CPU"
        )


PARTS = {"million": million, "beside": beside}

GIRTH = """
    from girth import twopl_mml
    def fit(x):
        found = twopl_mml(x.T.astype(int))
        return found["Discrimination"], found["Difficulty"]
"""
MIRT = """
    import mirt
    def fit(x):
        model = mirt.fit_mirt(x.astype(int), model="2PL").model
        return model.parameters["discrimination"], model.parameters["difficulty"]
"""
OTHERS = (("girth", "girth==0.8.0", GIRTH), ("mirt", "mirt==1.2.0", MIRT))


def answers(path: Path, persons: int, items: int, *, missing: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Write answers as int8; the form of each person lacks `missing` items. Returns slopes and difficulties."""
    rng = np.random.default_rng(1)
    a, b = rng.lognormal(0, 0.3, items), rng.normal(size=items)
    lacks = np.stack([rng.permutation(items) < missing for _ in range(10)])
    found = np.lib.format.open_memmap(path, mode="w+", dtype=np.int8, shape=(persons, items))
    for first in range(0, persons, CHUNK):
        n = min(CHUNK, persons - first)
        right = rng.random((n, items)) < 1 / (1 + np.exp(-a * (rng.normal(size=(n, 1)) - b)))
        found[first : first + n] = np.where(lacks[rng.integers(0, 10, n)], -1, right)
    found.flush()
    return a, b


def loglik(path: Path, found: dict[str, Any]) -> float:
    """At the parameters of whichever engine."""
    codes = np.load(path)
    sizes = (2,) * codes.shape[1]
    layout = Layout.of("steps", False, sizes)
    x = np.empty(layout.size)
    x[layout.places[:, 0]] = found["slopes"]
    x[layout.places[:, 1]] = -np.array(found["slopes"]) * np.array(found["difficulties"])
    point = Likelihood(Patterns(codes, np.ones(codes.shape[0]), sizes), layout, Grid.of(121, 6.0)).at(x)
    return float("nan") if point is None else point.value


def other(path: Path, name: str, requirement: str, code: str) -> dict[str, Any] | None:
    """Another engine on the same answers, in an environment of its own."""
    python = references.python(name, requirement)
    if python is None:
        return None
    script = textwrap.dedent(code) + textwrap.dedent(
        """
        import json, resource, sys, time, warnings
        import numpy as np
        warnings.simplefilter("ignore")
        x = np.load(sys.argv[1])
        fit(x[:300])
        started = time.perf_counter(), time.process_time()
        slopes, difficulties = fit(x)
        took = time.perf_counter() - started[0], time.process_time() - started[1]
        print(json.dumps({"seconds": took[0], "cpu": took[1], "slopes": np.ravel(slopes).tolist(),
                          "difficulties": np.ravel(difficulties).tolist(),
                          "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20}))
        """
    )
    done = subprocess.run([str(python), "-c", script, str(path)], capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"    {name} failed (return code {done.returncode}): {done.stderr.strip()[-300:]}")
        return None
    return dict(json.loads(done.stdout.splitlines()[-1]))
