"""The battery of every estimator, on two and three levels."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from fairlead.science.impact.multilevel import multilevel_model
from tests.science.impact import battery
from tests.science.impact.multilevel.pupils import pupils


def rows() -> pl.DataFrame:
    return pupils().drop("klass")


def fitted(formula: str):  # type: ignore[no-untyped-def]
    def fit(table: pl.DataFrame) -> tuple[float, ...]:
        found = multilevel_model(table, formula)
        assert found.converged
        sds = [float(np.sqrt(part.covariance)) for part in found.random if part.term1 == part.term2]
        slopes = [effect for effect in found.fixed if effect.term != "(Intercept)"]
        return (*(e.estimate for e in slopes), *(e.se for e in slopes), *sds, found.residual_variance**0.5)

    return fit


BROKEN = {
    "one cluster": lambda table: table.with_columns(school=pl.lit(1)),
    "no treated": lambda table: table.with_columns(treat=pl.lit(0.0)),
    "constant outcome": lambda table: table.with_columns(math=pl.lit(500.0)),
    "all missing": lambda table: table.with_columns(pre=pl.lit(None, dtype=pl.Float64)),
    "collinear": lambda table: table.with_columns(treat=2 * pl.col("pre") - 1),
}
TWO = battery.Subject(
    rows, fitted("math ~ pre + treat + (1 + pre | school)"), "math", ("school",), BROKEN, tolerance=1e-7
)
THREE = battery.Subject(
    rows, fitted("math ~ pre + treat + (pre | school/class)"), "math", ("school", "class"), BROKEN, tolerance=1e-7
)


@pytest.mark.parametrize("check", battery.checks(TWO))
def test_two_levels(check: str) -> None:
    battery.run(TWO, check)


@pytest.mark.parametrize(
    "check",
    [pytest.param(c, marks=pytest.mark.prove) if c == "row order" else c for c in battery.checks(THREE)],
)
def test_three_levels(check: str) -> None:
    battery.run(THREE, check)
