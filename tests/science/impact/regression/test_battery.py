"""What every estimator holds, for each of this package."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl
import pytest

from fairlead.science.impact.formula import parse_formula
from fairlead.science.impact.moments import collect, design_of
from fairlead.science.impact.regression import (
    cluster_bootstrap,
    leave_one_out,
    linear_regression,
    omitted_variable,
    permute_clusters,
    site_effects,
    subgroup_effects,
    wild_bootstrap,
)
from tests.science.impact import battery

Rows = pl.DataFrame
Broken = Mapping[str, Callable[[Rows], Rows]]


def trial() -> Rows:
    rng = np.random.default_rng(1)
    g = np.repeat(np.arange(10), 12)
    arm = (g % 2).astype(float)
    own = rng.permuted(np.tile(np.arange(12) % 2, (10, 1)), axis=1).ravel().astype(float)
    pre, z = rng.normal(size=(2, g.size))
    y = 5 + 2 * arm + 3 * own + 2 * pre + 2 * z + 3 * rng.normal(size=10)[g] + 4 * rng.normal(size=g.size)
    sex = rng.choice(["boy", "girl"], g.size)
    return pl.DataFrame(
        {"y": y, "arm": arm, "own": own, "pre": pre, "z": z, "g": g, "sex": sex, "year": rng.integers(0, 4, g.size)}
    )


BROKEN: Broken = {
    "one cluster": lambda t: t.with_columns(g=pl.lit(1)),
    "no treated": lambda t: t.with_columns(arm=pl.lit(0.0), own=pl.lit(0.0)),
    "constant outcome": lambda t: t.with_columns(y=pl.lit(3.0)),
    "all missing": lambda t: t.with_columns(y=pl.lit(None, dtype=pl.Float64)),
    "collinear": lambda t: t.with_columns(pre=2 * pl.col("arm") + 1, z=2 * pl.col("own") + 1),
}


def fitted(errors: str, formula: str = "y ~ arm + pre", **more: object) -> Callable[[Rows], tuple[float, ...]]:
    def fit(rows: Rows) -> tuple[float, ...]:
        found = linear_regression(rows, formula, cluster="g", errors=errors, engine="memory", **more)  # type: ignore[arg-type]
        term = found.term("arm" if "arm" in formula else "own")
        return term.estimate, term.se

    return fit


def wild(rows: Rows) -> tuple[float, ...]:
    found = wild_bootstrap(
        linear_regression(rows, "y ~ arm + pre", cluster="g", engine="memory"),
        "arm",
        rng=np.random.default_rng(1),
        draws=2**10,
        weights="rademacher",
    )
    assert found.low is not None
    assert found.high is not None
    return found.estimate, found.low, found.high


def permuted(rows: Rows) -> tuple[float, ...]:
    design = design_of(parse_formula("y ~ arm + pre"), rows)
    moments = collect(rows, design, by=["g"], engine="memory")
    found = permute_clusters(moments, design, "arm", cluster="g", rng=np.random.default_rng(1), draws=252)
    assert found.exact
    return found.estimate, float(np.quantile(np.abs(found.drawn), 0.95))


def bootstrapped(rows: Rows) -> tuple[float, ...]:
    """The draws go by the order of the clusters, so these are not relabelled."""
    fit = linear_regression(rows, "y ~ arm + pre", cluster="g", engine="memory")
    found = cluster_bootstrap(fit, "arm", rng=np.random.default_rng(1), draws=99)
    return found.estimate, found.se


def left_out(rows: Rows) -> tuple[float, ...]:
    found = leave_one_out(linear_regression(rows, "y ~ arm + pre", cluster="g", engine="memory"), "arm")
    return found.low, found.high, found.without[0].se or 0.0


def by_subgroup(rows: Rows) -> tuple[float, ...]:
    found = subgroup_effects(rows, "y ~ own + z", "own", "sex", cluster="g", engine="memory")
    return (*(abs(item.estimate) for item in found.differences), *(item.se for item in found.differences))


def by_site(rows: Rows) -> tuple[float, ...]:
    found = site_effects(rows, "y ~ own + z", "own", "g", engine="memory")
    return (found.mean, found.mean_se, found.sites[0].estimate, found.sites[-1].se)


def bounded(rows: Rows) -> tuple[float, ...]:
    fit = linear_regression(rows, "y ~ own + z + pre", cluster="g", absorb="g", engine="memory")
    bound = omitted_variable(fit, "own", benchmarks=["z"]).bounds[0]
    return bound.estimate, bound.se


def without(*names: str) -> Broken:
    return {name: how for name, how in BROKEN.items() if name not in names}


SUBJECTS = {
    "classical": battery.Subject(trial, fitted("classical"), "y", ("g",), without("one cluster")),
    "HC1": battery.Subject(trial, fitted("HC1"), "y", ("g",), without("one cluster")),
    "HC3": battery.Subject(trial, fitted("HC3"), "y", ("g",), without("one cluster")),
    "CR0": battery.Subject(trial, fitted("CR0"), "y", ("g",), BROKEN),
    "CR1": battery.Subject(trial, fitted("CR1"), "y", ("g",), BROKEN),
    "CR2": battery.Subject(trial, fitted("CR2"), "y", ("g",), BROKEN),
    "one-way": battery.Subject(trial, fitted("CR2", "y ~ own + z", absorb="g"), "y", ("g",), BROKEN),
    "two-way": battery.Subject(trial, fitted("CR1", "y ~ own + z", absorb=("g", "year")), "y", ("g", "year"), BROKEN),
    "wild": battery.Subject(trial, wild, "y", ("g",), BROKEN, tolerance=1e-3),  # bisection stops at 1e-4 of an error
    "permutation": battery.Subject(trial, permuted, "y", ("g",), BROKEN),
    "bootstrap": battery.Subject(trial, bootstrapped, "y", (), BROKEN),
    "leave one out": battery.Subject(trial, left_out, "y", ("g",), BROKEN),
    "subgroups": battery.Subject(trial, by_subgroup, "y", ("g", "sex"), BROKEN),
    "sites": battery.Subject(trial, by_site, "y", ("g",), BROKEN),
    "omitted variable": battery.Subject(trial, bounded, "y", ("g",), BROKEN),
}


@pytest.mark.parametrize(
    ("name", "check"), [(name, check) for name, subject in SUBJECTS.items() for check in battery.checks(subject)]
)
def test_battery(name: str, check: str) -> None:
    battery.run(SUBJECTS[name], check)
