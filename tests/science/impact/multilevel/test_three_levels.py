"""Three levels against lme4 (`scripts/references/multilevel.R` prints the values), against the likelihood written out, and against
differences of itself. Tolerances as in `test_published`: the criterion to 1e-12 of itself, the rest to 5e-6, because the
criterion is flat where lmer's search stops."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from fairlead.science.impact.multilevel import MultilevelFit, multilevel_model, newton
from tests.science.impact.multilevel.pupils import pupils

FLAT = 5e-6
SLOPES = "math ~ pre * treat + (pre | school/class)"


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    return pupils()


@pytest.fixture(scope="module")
def slopes(table: pl.DataFrame) -> MultilevelFit:
    return multilevel_model(table, SLOPES)


@pytest.mark.parametrize(
    ("formula", "reml", "value", "fixed", "random"),
    [
        (
            "math ~ pre + treat + (1 | school/class)",
            True,
            10501.2624956222,
            {
                "(Intercept)": (499.765852354896, 0.6200376383154, 34.6497770564),
                "pre": (0.576771495877, 0.0133881809911, 1591.6365376316),
                "treat": (3.388754604707, 0.8876275224498, 36.4391975073),
            },
            [4.8430140089, 5.4535953829, 29.3276447052],
        ),
        (
            SLOPES,
            True,
            10333.4595389673,
            {
                "(Intercept)": (499.7129128263646, 0.6057322221925, 34.6303202614),
                "pre": (0.6014147769607, 0.0452328687909, 37.2331259821),
                "treat": (3.4186160425355, 0.8674072398474, 36.4621064006),
                "pre:treat": (-0.0514507841745, 0.0645705038429, 38.8435378253),
            },
            [4.951999976614, 0.017625060997, -0.016846122104, 5.169595637911, 0.028533065805, -0.057372262753, 24.252640812063],
        ),
        (
            SLOPES,
            False,
            10326.3789404151,
            {
                "pre": (0.6011441966722, 0.0440860570707, 39.1346451549),
                "treat": (3.4121103965513, 0.8444919233412, 38.3102595578),
            },
            [4.953502790536, 0.017669402905, -0.017755551792, 4.781136434084, 0.026501927802, -0.053801901892, 24.250775635843],
        ),
        (
            "math ~ pre * treat + (1 | klass) + (pre || school)",
            True,
            10355.7985739052,
            {
                "pre": (0.6066406568661, 0.0467093771501, 38.4071463939),
                "pre:treat": (-0.0596911252163, 0.0660996566129, 38.6284350071),
            },
            [4.942870674123, 5.366202787568, 0.036471507084, 25.443625130315],
        ),
    ],
)  # fmt: skip
def test_lme4(
    table: pl.DataFrame, formula: str, reml: bool, value: float, fixed: dict[str, tuple[float, float, float]], random: list[float]
) -> None:  # fmt: skip
    fit = multilevel_model(table, formula, reml=reml)
    assert fit.converged
    assert not fit.singular
    assert list(fit.groups.values()) == [132, 40]
    assert fit.value == pytest.approx(value, rel=1e-12)
    for term, (estimate, se, df) in fixed.items():
        got = fit.term(term)
        assert got.estimate == pytest.approx(estimate, abs=FLAT * se)
        assert got.se == pytest.approx(se, rel=FLAT)
        assert got.df == pytest.approx(df, rel=2 * FLAT)
    got_random = [part.covariance for part in fit.random] + [fit.residual_variance]
    # covariances near zero are held to the size of their variances
    assert got_random == pytest.approx(random, rel=FLAT, abs=1e-6)


def test_group_effects_are_those_of_lme4(slopes: MultilevelFit) -> None:
    inner = slopes.group_effects("class:school").filter(pl.col("school") == 0, pl.col("class") < 2)
    outer = slopes.group_effects("school").filter(pl.col("school") < 2)
    for got, effects, errors in (
        (
            inner,
            [-2.08902737841, 1.51903023505, -0.00678765907, -0.06180662430],
            [1.693985764, 1.565471664, 0.111321043, 0.107308669],
        ),
        (
            outer,
            [-0.43530562782, 3.05495832314, -0.10717093252, -0.10980103460],
            [1.469769308, 1.464107143, 0.106521414, 0.111234297],
        ),
    ):
        assert got["effect"].to_list() == pytest.approx(effects, rel=1e-4, abs=1e-6)
        assert got["se"].to_list() == pytest.approx(errors, rel=1e-5)


def test_a_far_center_changes_nothing(table: pl.DataFrame, slopes: MultilevelFit) -> None:
    """Where lmer says that it did not converge: the same model with pre around 100."""
    far = multilevel_model(table.with_columns(pl.col("pre") + 100), SLOPES)
    assert far.value == pytest.approx(slopes.value, rel=1e-12)
    assert far.variance("school", "pre") == pytest.approx(slopes.variance("school", "pre"), rel=1e-7)
    assert far.term("pre:treat").df == pytest.approx(slopes.term("pre:treat").df, rel=1e-6)


def test_first_and_second_derivatives(slopes: MultilevelFit) -> None:
    """Away from the minimum, where nothing cancels."""
    criterion = newton.Criterion(slopes.state.pieces, slopes.n, reml=True)
    theta = np.array([0.4, 0.1, 0.3, -0.5, 0.2, 0.25])
    point = criterion.at(theta)
    assert point is not None
    steps = 1e-5 * np.eye(6)
    numeric = [(criterion.at(theta + h).value - criterion.at(theta - h).value) / 2e-5 for h in steps]  # type: ignore[union-attr]
    np.testing.assert_allclose(point.gradient, numeric, rtol=1e-6, atol=1e-4)
    np.testing.assert_allclose(criterion.hessian(point), criterion.differences(point), rtol=1e-6, atol=1e-3)


def test_the_dense_likelihood_is_the_same(table: pl.DataFrame) -> None:
    small = table.filter(pl.col("school") < 8)
    fit = multilevel_model(small, "math ~ pre + (pre | school) + (1 | klass)")
    y, pre, school, klass = (small[name].to_numpy().astype(float) for name in ("math", "pre", "school", "klass"))
    x = np.column_stack([np.ones(y.size), pre])
    names = ("(Intercept)", "pre")
    cov = np.array([[fit.variance("school", one, two) for two in names] for one in names])
    v = (x @ cov @ x.T) * (school[:, None] == school) + fit.residual_variance * np.eye(y.size)
    v += fit.variance("klass", "(Intercept)") * (klass[:, None] == klass)
    inverse = np.linalg.inv(v)
    info = x.T @ inverse @ x
    beta = np.linalg.solve(info, x.T @ inverse @ y)
    left = y - x @ beta
    value = np.linalg.slogdet(v)[1] + left @ inverse @ left + np.linalg.slogdet(info)[1]
    assert fit.value == pytest.approx(value + (y.size - 2) * np.log(2 * np.pi), rel=1e-12)
    assert [effect.estimate for effect in fit.fixed] == pytest.approx(beta, rel=1e-8)


def test_classes_numbered_anew_in_each_school_are_crossed_as_written(table: pl.DataFrame) -> None:
    from fairlead.science.impact.problems import EstimationError

    with pytest.raises(EstimationError, match="crossed") as refused:
        multilevel_model(table, "math ~ pre + (1 | school) + (1 | class)")
    assert "(1 | school/class)" in refused.value.problems[0].next


def test_a_level_without_variance_is_on_the_boundary(table: pl.DataFrame) -> None:
    """Classes drawn by lot within schools have no variance of their own: two levels tell the same."""
    rng = np.random.default_rng(2)
    shuffled = table.with_columns(lot=pl.Series(rng.integers(0, 4, table.height)))
    three = multilevel_model(shuffled, "math ~ pre + (1 | school/lot)")
    two = multilevel_model(shuffled, "math ~ pre + (1 | school)")
    assert three.converged
    assert [edge.group for edge in three.boundary] == ["lot:school"]
    assert three.value == pytest.approx(two.value, rel=1e-12)
    assert three.term("pre").df == pytest.approx(two.term("pre").df, rel=1e-6)
