"""Two levels against published values and lme4.

High School & Beyond: Raudenbush & Bryk (2002), tables 4.2 to 4.5. The digits are lmer's (lme4 1.1-31, lmerTest 3.1-3,
pbkrtest 0.5.2, nloptwrap with xtol and ftol 1e-14), as `scripts/references/multilevel.R` prints them. The criterion agrees to
1e-12 of itself. Variances, and what depends on them, are held to 2e-6: the criterion is flat at its minimum, and lmer's
search, which sees values only, stops some 1e-7 away from it; ours ends where the gradient is 1e-12.
"""

from __future__ import annotations

import csv
from typing import Any

import polars as pl
import pytest

from fairlead.science.impact.multilevel import MultilevelFit, multilevel_model
from tests.plugins.skips import needs_data

FLAT = 2e-6
ISO = "mAch ~ meanses * cses + cath * cses + (cses | school)"


@pytest.fixture(scope="module")
def hsb() -> pl.DataFrame:
    table = pl.read_csv(needs_data("eval", "hsb82_mlmRev.csv"))
    return table.with_columns(cath=(pl.col("sector") == "Catholic").cast(pl.Float64))


@pytest.fixture(scope="module")
def iso(hsb: pl.DataFrame) -> MultilevelFit:
    return multilevel_model(hsb, ISO)


def reference(key: str) -> str:
    path = needs_data("eval", "reference_values.csv")
    return next(row["value"] for row in csv.DictReader(path.open(encoding="utf-8")) if row["id"] == key)


def given(key: str, got: float, *, flat: bool = False) -> None:
    """To the digits given: half a unit of the last one, and where the criterion is flat also what lmer leaves."""
    text = reference(key)
    digits = len(text.split(".")[1])
    assert got == pytest.approx(float(text), abs=0.5 * 10**-digits + (FLAT * abs(float(text)) if flat else 0))


def test_the_null_model_of_high_school_and_beyond(hsb: pl.DataFrame) -> None:
    fit = multilevel_model(hsb, "mAch ~ 1 + (1 | school)")
    given("hsb.null.g00", fit.term("(Intercept)").estimate)
    given("hsb.null.tau", fit.variance("school", "(Intercept)"), flat=True)
    given("hsb.null.s2", fit.residual_variance)
    assert fit.value == pytest.approx(47116.7934835494, rel=1e-12)
    shares = fit.explained()
    assert shares.level("school").icc == pytest.approx(0.1804, abs=5e-5)  # Raudenbush & Bryk: 0.18


def test_random_coefficients(hsb: pl.DataFrame) -> None:
    fit = multilevel_model(hsb, "mAch ~ cses + (cses | school)")
    given("hsb.rc.beta1", fit.term("cses").estimate)
    given("hsb.rc.T00", fit.variance("school", "(Intercept)"), flat=True)
    given("hsb.rc.T11", fit.variance("school", "cses"), flat=True)
    assert fit.variance("school", "cses", "(Intercept)") == pytest.approx(0.046792256, rel=1e-5)


def test_intercepts_and_slopes_as_outcomes(iso: MultilevelFit) -> None:
    assert iso.value == pytest.approx(float(reference("hsb.iso.REML")), rel=1e-13)
    names = {"g00": "(Intercept)", "g01": "meanses", "g02": "cath", "g10": "cses", "g11": "meanses:cses"}
    for key, term in (names | {"g12": "cath:cses"}).items():
        given(f"hsb.iso.{key}", iso.term(term).estimate, flat=True)
    given("hsb.iso.T00", iso.variance("school", "(Intercept)"), flat=True)
    given("hsb.iso.T11", iso.variance("school", "cses"), flat=True)
    given("hsb.iso.s2", iso.residual_variance, flat=True)


@pytest.mark.parametrize(
    ("term", "se", "df"),
    [
        ("(Intercept)", 0.199289513599, 159.896086022),
        ("meanses", 0.369163744091, 150.986431864),
        ("cses", 0.155599016006, 139.618565225),
        ("cath", 0.306269461093, 149.613201313),
        ("meanses:cses", 0.298894444373, 160.569650515),
        ("cath:cses", 0.239777671765, 143.348777419),
    ],
)
def test_satterthwaite(iso: MultilevelFit, term: str, se: float, df: float) -> None:
    got = iso.term(term)
    assert got.se == pytest.approx(se, rel=FLAT)
    assert got.df == pytest.approx(df, rel=FLAT)


def test_kenward_and_roger(hsb: pl.DataFrame) -> None:
    fit = multilevel_model(hsb, ISO, df="kenward-roger")
    f, df = map(float, reference("hsb.iso.KR.cath").split(";"))
    assert fit.term("cath").t ** 2 == pytest.approx(f, abs=5e-4)
    assert fit.term("cath").df == pytest.approx(df, abs=5e-3)
    for term, se, freedom in (
        ("(Intercept)", 0.1993130363, 164.9303271),
        ("cses", 0.1560291873, 138.3010079),
        ("cath:cses", 0.2402217315, 142.0099942),
    ):
        assert fit.term(term).se == pytest.approx(se, rel=FLAT)
        assert fit.term(term).df == pytest.approx(freedom, rel=FLAT)


def test_exam_by_maximum_likelihood() -> None:
    fit = multilevel_model(
        needs_data("eval", "exam_mlmRev.csv"), "normexam ~ standLRT + (standLRT | school)", reml=False
    )
    given("exam.ml.slope", fit.term("standLRT").estimate)
    assert -fit.value / 2 == pytest.approx(-4658.435, abs=5e-4)
    assert fit.value == pytest.approx(9316.87096492205, rel=1e-12)
    assert fit.term("standLRT").df == pytest.approx(57.1385647214, rel=1e-5)  # lmerTest differentiates numerically
    assert fit.variance("school", "(Intercept)", "standLRT") == pytest.approx(0.018040549187, rel=FLAT)


@pytest.mark.parametrize(
    ("formula", "value", "expected"),
    [
        (
            "Reaction ~ Days + (Days || Subject)",
            1743.66929358131,
            {"(Intercept)": 627.568745396, "Days": 35.858204302, "residual": 653.583833773},
        ),
        (
            "Reaction ~ Days + (0 + Days | Subject)",
            1766.52502748557,
            {"Days": 52.708016528, "residual": 842.029648398},
        ),
    ],
)
def test_slopes_without_a_correlation_or_an_intercept(formula: str, value: float, expected: dict[str, float]) -> None:
    """These are not invariant when Days is centred, so the columns must come back with their centers."""
    fit = multilevel_model(needs_data("eval", "sleepstudy_lme4.csv"), formula)
    assert fit.value == pytest.approx(value, rel=1e-12)
    got: dict[str, Any] = {part.term1: part.covariance for part in fit.random} | {"residual": fit.residual_variance}
    assert got == pytest.approx(expected, rel=FLAT)


def test_degrees_of_freedom_of_the_sleep_study() -> None:
    fit = multilevel_model(needs_data("eval", "sleepstudy_lme4.csv"), "Reaction ~ Days + (Days || Subject)")
    assert [effect.df for effect in fit.fixed] == pytest.approx([18.1562133558, 18.1562014481], rel=FLAT)


def test_group_effects_are_those_of_lme4() -> None:
    fit = multilevel_model(needs_data("eval", "sleepstudy_lme4.csv"), "Reaction ~ Days + (Days | Subject)")
    days = fit.group_effects("Subject").filter(pl.col("term") == "Days")
    assert days["effect"][:3].to_list() == pytest.approx([9.19897178, -8.61970283, -5.44887961], rel=1e-5)
    assert days["se"][:3].to_list() == pytest.approx([2.30483698] * 3, rel=1e-6)
    assert days["reliability"].is_between(0, 1).all()


def test_a_boundary_fit_is_told(hsb: pl.DataFrame) -> None:
    """lmer on the same column finds 0 and −1 as well: its values are in the R script's output."""
    import numpy as np

    noisy = hsb.with_columns(noise=pl.Series(np.sin(np.arange(1, hsb.height + 1) * 12.9898)))
    fit = multilevel_model(noisy, "mAch ~ cses + noise + (1 | school) + (0 + noise | school)")
    assert fit.converged
    assert fit.singular
    assert [(edge.terms, edge.rank) for edge in fit.boundary] == [(("noise",), 0)]
    assert fit.variance("school", "noise") == 0
    assert fit.value == pytest.approx(46726.3821784647, rel=1e-12)
    assert fit.term("cses").df == pytest.approx(7021.030940903, rel=1e-5)
    assert "boundary" in fit.warnings[0]
    line = multilevel_model(noisy, "mAch ~ noise + (noise | school)")
    assert line.converged
    assert [(edge.terms, edge.rank) for edge in line.boundary] == [(("(Intercept)", "noise"), 1)]
    assert line.value == pytest.approx(47119.0904548987, rel=1e-12)
    assert line.variance("school", "(Intercept)", "noise") == pytest.approx(
        -0.2040798, rel=1e-4
    )  # along the edge it is flatter yet
