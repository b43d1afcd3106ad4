"""Subgroups and sites against the same on rows, and against a distribution that is known."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy import stats

from fairlead.science.impact.problems import EstimationError
from fairlead.science.impact.regression import joint_test, linear_regression, site_effects, subgroup_effects
from tests.science.impact.regression.test_published import eval_table


def trial(sites: int = 25, each: int = 40, seed: int = 1, sd: float = 2.0, mean: float = 1.0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    site = np.repeat(np.arange(sites), each)
    treat = (rng.permuted(np.tile(np.arange(each) % 2, (sites, 1)), axis=1)).ravel().astype(float)
    group = rng.choice(["a", "b", "c"], site.size)
    x = rng.normal(size=site.size) + 0.1 * site
    effect = mean + sd * rng.normal(size=sites)
    y = effect[site] * treat + x + site + 3 * rng.normal(size=site.size)
    room = site * 8 + rng.integers(0, 8, site.size)
    return pl.DataFrame({"y": y, "treat": treat, "x": x, "site": site, "group": group, "room": room})


@pytest.mark.parametrize(("absorb", "errors"), [(None, "CR2"), (None, "classical"), ("site", "CR1")])
def test_subgroups_equal_the_model_with_products(absorb: str | None, errors: str) -> None:
    """One model, its columns written out on the rows; moments of subgroups must give the same."""
    table = trial()
    found = subgroup_effects(
        table, "y ~ treat + x", "treat", "group", cluster="site", absorb=absorb, errors=errors, engine="memory"
    )
    written = table.with_columns(
        **{f"t{level}": pl.col("treat") * (pl.col("group") == level) for level in "abc"},
        **{f"g{level}": (pl.col("group") == level).cast(pl.Float64) for level in "bc"},
    )
    long = linear_regression(
        written, "y ~ x + gb + gc + ta + tb + tc", cluster="site", absorb=absorb, errors=errors, engine="memory"
    )
    for effect, term in zip(found.effects, ("ta", "tb", "tc"), strict=True):
        other = long.term(term)
        assert (effect.estimate, effect.se, effect.df) == pytest.approx(
            (other.estimate, other.se, other.df), rel=1e-8
        )
    apart = linear_regression(
        table.with_columns(pl.col("group").replace({"a": "0a"})),
        "y ~ x + treat * group",
        cluster="site",
        absorb=absorb,
        errors=errors,
    )
    difference = apart.term("treat:group=c")
    got = found.differences[1]
    assert (got.estimate, got.se, got.df) == pytest.approx(
        (difference.estimate, difference.se, difference.df), rel=1e-8
    )
    assert (found.test.df1, sum(found.rows)) == (2, table.height)


def test_joint_test_equals_clubsandwich() -> None:
    """R clubSandwich 0.5.8, Wald_test(…, test = "HTZ"), as scripts/references/regression.R prints it."""
    girls = eval_table("achievementawardsrct_clubSandwich").filter(
        (pl.col("year").cast(pl.String) == "2001") & (pl.col("sex") == "Girl")
    )
    fit = linear_regression(
        girls, "Bagrut_status ~ treated + father_ed + mother_ed + school_type", cluster="school_id", errors="CR2"
    )
    contrasts = np.zeros((2, len(fit.coefficients)))
    contrasts[0, fit.place("school_type=Religious")] = contrasts[1, fit.place("school_type=Secular")] = 1
    found = joint_test(fit, contrasts)
    expected = (3.9596672707438625, 2, 8.4257329553425233, 0.0613232806716587)
    assert (found.statistic, found.df1, found.df2, found.p) == pytest.approx(expected, rel=1e-9)


def test_one_contrast_is_the_t_test() -> None:
    fit = linear_regression(trial(), "y ~ treat + x", cluster="site")
    found = joint_test(fit, [[0, 1, 0]])
    t = fit.term("treat")
    assert (found.statistic, found.df2, found.p) == pytest.approx((t.t**2, t.df, t.p), rel=1e-9)


def test_sites_without_covariates_are_regressions_of_their_own() -> None:
    table = trial(sites=6)
    found = site_effects(table, "y ~ treat", "treat", "site", engine="memory")
    for item in found.sites:
        own = linear_regression(
            table.filter(pl.col("site") == int(item.site)), "y ~ treat", errors="classical", engine="memory"
        ).term("treat")
        assert (item.estimate, item.se, item.df) == pytest.approx((own.estimate, own.se, own.df), rel=1e-9)


def test_covariates_have_one_slope() -> None:
    """Effects are those of the model with a dummy and a product for every site."""
    table = trial(sites=5)
    found = site_effects(table, "y ~ treat + x", "treat", "site", engine="memory")
    site = table["site"].to_numpy()[:, None] == np.arange(5)
    x = np.hstack([site, site * table["treat"].to_numpy()[:, None], table["x"].to_numpy()[:, None]]).astype(float)
    b = np.linalg.lstsq(x, table["y"].to_numpy(), rcond=None)[0]
    for item in found.sites:
        assert item.estimate == pytest.approx(b[5 + int(item.site)], rel=1e-9)


def test_errors_by_room_are_those_of_each_site() -> None:
    """CR1 of a site's own regression, but for the factor (n − 1)/(n − 2), which moments of a site leave to 1."""
    table = trial(sites=5)
    found = site_effects(table, "y ~ treat", "treat", "site", cluster="room", engine="memory")
    for item in found.sites:
        rows = table.filter(pl.col("site") == int(item.site))
        own = linear_regression(rows, "y ~ treat", cluster="room", errors="CR1", engine="memory").term("treat")
        factor = np.sqrt((rows.height - 1) / (rows.height - 2))
        assert (item.se * factor, item.df) == pytest.approx((own.se, own.df), rel=1e-9)


def test_the_share_below_zero_is_of_effects_not_of_estimates() -> None:
    """400 sites drawn from N(1, 1): Φ(−1) = 0.159 of effects below zero; estimates, with noise of SD 1.3, have 0.27.

    Within three of its own errors; the draw is fixed."""
    rng = np.random.default_rng(3)
    table = trial(sites=400, each=22, sd=1.0, seed=3).with_columns(pl.Series("x", rng.normal(size=8800)))
    found = site_effects(table, "y ~ treat", "treat", "site", engine="memory")
    assert found.below is not None
    assert found.below_se is not None
    assert 0.01 < found.below_se < 0.05
    assert abs(found.below - stats.norm.cdf(-1)) < 3 * found.below_se
    assert found.estimates_below > 0.22
    assert found.sd == pytest.approx(1.0, abs=0.3)
    for item in found.sites[::40]:  # the posterior mean of a normal effect, seen with a normal error
        kept = 1 / (1 + (item.se / found.sd) ** 2)
        assert item.shrunken == pytest.approx(found.mean + kept * (item.estimate - found.mean), rel=1e-9)


def test_sites_that_do_not_differ_have_no_share() -> None:
    found = site_effects(trial(sites=8, sd=0.0, seed=4), "y ~ treat", "treat", "site")
    if found.sd == 0:
        assert found.below is None
        assert any("not proof" in text for text in found.warnings)


def test_sites_of_one_arm_are_named() -> None:
    table = trial(sites=8).with_columns(treat=pl.when(pl.col("site") == 3).then(1.0).otherwise(pl.col("treat")))
    found = site_effects(table, "y ~ treat + x", "treat", "site")
    assert found.lost == (("3", "one arm only"),)
    assert "no effect for 3: one arm only" in str(found)
    figure = found.figure()
    assert len(figure.rows) == 7
    assert "Forest plot of 7 sites" in figure.alt
    assert figure.spec["layer"]
    with pytest.raises(EstimationError, match="fewer than two sites"):
        site_effects(table.with_columns(treat=(pl.col("site") % 2).cast(pl.Float64)), "y ~ treat", "treat", "site")


@pytest.mark.parametrize(
    ("formula", "treatment", "subgroup", "words"),
    [
        ("y ~ treat", "dose", "group", "no such column"),
        ("y ~ treat * x", "treat", "group", "stands alone"),
        ("y ~ treat", "treat", "site", "a few subgroups|2 to 30"),
    ],
)
def test_subgroups_that_cannot_be_compared(formula: str, treatment: str, subgroup: str, words: str) -> None:
    with pytest.raises(EstimationError, match=words):
        subgroup_effects(trial(sites=40, each=4), formula, treatment, subgroup)
