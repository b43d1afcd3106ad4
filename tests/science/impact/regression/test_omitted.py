"""Omitted-variable bounds against the published case, and against variables that were truly left out."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.science.impact.problems import EstimationError
from fairlead.science.impact.regression import linear_regression, omitted_variable, robustness
from fairlead.science.impact.regression.omitted import adjusted, bound_by


def test_darfur() -> None:
    """Cinelli & Hazlett (2020), table 1: 0.097 (0.023), t 4.18, df 783; 2.2 %, 13.9 %, 7.6 % to the digit printed."""
    found = robustness(4.18, 1.0, 783)
    assert round(100 * found.partial_r2, 1) == 2.2
    assert round(100 * found.robustness, 1) == 13.9
    assert round(100 * found.robustness_alpha, 1) == 7.6


@pytest.mark.parametrize(
    ("times", "treatment", "outcome", "estimate", "se", "t"),
    [
        (1, 0.0092, 0.1246, 0.0752, 0.0219, 3.4389),
        (2, 0.0183, 0.2493, 0.0529, 0.0204, 2.6002),
        (3, 0.0275, 0.3741, 0.0304, 0.0187, 1.6281),
    ],
)
def test_darfur_bounded_by_female(
    times: float, treatment: float, outcome: float, estimate: float, se: float, t: float
) -> None:
    """The package's vignette (sensemakr 0.1.4, "1x female" …), half a unit of its last digit. The benchmark's own partial
    R² (0.00908107 with treatment, 0.10903392 with outcome), estimate and error are those of the data it ships."""
    r2 = bound_by(0.009081065190329585, 0.10903391542784158, times)
    assert r2 == pytest.approx((treatment, outcome), abs=5.1e-5)
    found = adjusted(0.09731581928495703, 0.023256537809811142, 0.023256537809811142, 783, *r2)
    assert found == pytest.approx((estimate, se), abs=5.1e-5)
    assert found[0] / found[1] == pytest.approx(t, abs=5.1e-5)


def sample(seed: int) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(20), 15)
    z, x = rng.normal(size=(2, 300))
    treat = 0.4 * z + 0.3 * x + rng.normal(size=300)
    y = treat + 0.7 * z + x + rng.normal(size=20)[g] + rng.normal(size=300)
    return pl.DataFrame({"y": y, "treat": treat, "x": x, "z": z, "g": g})


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_variable_left_out_moves_the_estimate_by_exactly_its_bias(seed: int) -> None:
    """With the true partial R² of z the formula gives the regression that has z: an identity, so 1e-9."""
    table = sample(seed)
    short = linear_regression(table, "y ~ treat + x", errors="classical", engine="memory")
    long = linear_regression(table, "y ~ treat + x + z", errors="classical", engine="memory")
    on_treatment = linear_regression(table, "treat ~ x + z", errors="classical", engine="memory").term("z")
    r2_y = long.term("z").t ** 2 / (long.term("z").t ** 2 + 296)
    r2_d = on_treatment.t**2 / (on_treatment.t**2 + 297)
    first = short.term("treat")
    towards = 1 if abs(long.term("treat").estimate) < abs(first.estimate) else -1
    moved, se = adjusted(towards * first.estimate, first.se, first.se, 297, r2_d, r2_y)
    assert towards * moved == pytest.approx(long.term("treat").estimate, rel=1e-9)
    assert se == pytest.approx(long.term("treat").se, rel=1e-9)
    own = omitted_variable(long, "treat", benchmarks=["z"], times=[1.0]).bounds[0]
    assert (own.r2_treatment, own.r2_outcome) == pytest.approx(bound_by(r2_d, r2_y, 1.0), rel=1e-8)


def test_a_variable_as_strong_as_the_robustness_value_brings_zero() -> None:
    found = robustness(2.0, 0.5, 100)
    estimate, _ = adjusted(2.0, 0.5, 0.5, 100, found.robustness, found.robustness)
    assert estimate == pytest.approx(0, abs=1e-12)
    estimate, se = adjusted(2.0, 0.5, 0.5, 100, found.robustness_alpha, found.robustness_alpha)
    assert estimate / se == pytest.approx(1.9842169515, rel=1e-8)  # R: qt(0.975, 99)


def test_errors_by_cluster_decide_what_is_significant() -> None:
    table = sample(3)
    plain, robust = (
        omitted_variable(linear_regression(table, "y ~ treat + x", cluster="g", errors=errors), "treat")
        for errors in ("classical", "CR2")
    )
    assert plain.robustness.robustness == pytest.approx(robust.robustness.robustness, rel=1e-12)
    assert plain.classical_se == pytest.approx(robust.classical_se, rel=1e-12)
    r = robust.robustness.robustness_alpha
    estimate, se = adjusted(robust.estimate, robust.classical_se, robust.se, robust.residual_df, r, r)
    from scipy import stats

    assert estimate / se == pytest.approx(stats.t.ppf(0.975, robust.df), rel=1e-8)


def test_groups_of_columns_are_one_benchmark() -> None:
    table = sample(4).with_columns(band=(pl.col("z") * 1.5).round().cast(pl.Int64).clip(-1, 1))
    fit = linear_regression(table, "y ~ treat + x + C(band)", errors="classical")
    members = [name for name in fit.names if "band" in name]
    found = omitted_variable(fit, "treat", benchmarks={"band": members}, times=[1.0])
    x = np.column_stack([np.ones(300), table["x"]])
    d = np.column_stack([table["band"] == 0, table["band"] == 1]).astype(float)

    def left(target: np.ndarray, columns: np.ndarray) -> float:
        return float(np.sum((target - columns @ np.linalg.lstsq(columns, target, rcond=None)[0]) ** 2))

    t, y = table["treat"].to_numpy(), table["y"].to_numpy()
    r2_d = 1 - left(t, np.hstack([x, d])) / left(t, x)
    r2_y = 1 - left(y, np.column_stack([x, t, d])) / left(y, np.column_stack([x, t]))
    assert (found.bounds[0].r2_treatment, found.bounds[0].r2_outcome) == pytest.approx(bound_by(r2_d, r2_y, 1))
    assert "as strong as" in str(found)


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(EstimationError, match="an error"):
        robustness(1.0, 0.0, 10)
    fit = linear_regression(sample(1), "y ~ treat + x", errors="classical")
    with pytest.raises(EstimationError, match="no benchmark of itself"):
        omitted_variable(fit, "treat", benchmarks=["treat"])
