"""mpdta against the published and measured values of the R package did, csdid and fixest.

Tolerances: half of the last digit that the source gives; against csdid, in double precision, 1e-10 (the same sums in
another order, and a logit solved to the same point by another path).
"""

from __future__ import annotations

import csv
import re

import numpy as np
import pytest

from fairlead.science.impact.panel import Did, event_study, group_time, read_panel
from tests.plugins.skips import needs_data

COLUMNS = {"outcome": "lemp", "unit": "countyreal", "time": "year", "cohort": "first.treat"}


def mpdta(**options) -> Did:
    return group_time(needs_data("eval", "mpdta_did.csv"), **COLUMNS, **options)


@pytest.mark.parametrize("quantity", ["simple", "dynamic", "group", "calendar"])
def test_the_aggregations_of_the_reference_list(quantity: str) -> None:
    with needs_data("eval", "reference_values.csv").open(encoding="utf-8") as file:
        value = next(row["value"] for row in csv.DictReader(file) if row["id"] == f"mpdta.{quantity}")
    estimate, error = map(float, re.findall(r"-?\d+\.\d+", value))
    overall = getattr(mpdta(), quantity).overall
    assert overall.estimate == pytest.approx(estimate, abs=5.1e-8)
    assert overall.se == pytest.approx(error, abs=5.1e-8)


def test_the_aggregation_given_a_covariate() -> None:
    assert mpdta(covariates="lpop").simple.overall.estimate == pytest.approx(-0.0417518, abs=5.1e-8)


# csdid 0.4.3, est_method "dr", analytic: cohort by cohort, 2004 to 2007
ATT = {
    ("", "never"): (
        [
            -0.010503246220962385,
            -0.07042315810314675,
            -0.13725873888940318,
            -0.10081136308540416,
            0.006520112424233007,
            -0.0027508187505188102,
            -0.0045946069528630396,
            -0.04122447154621747,
            0.030506655583292804,
            -0.002725892886116262,
            -0.031087119389688868,
            -0.026054410719196626,
        ],
        [
            0.023251036368166333,
            0.03098476675727665,
            0.0364356642876865,
            0.03435922583467323,
            0.023326805141804702,
            0.019558561035881657,
            0.017755196659276287,
            0.020229180704106838,
            0.01503356028013004,
            0.01639583289553442,
            0.017877511313343517,
            0.016655435349252175,
        ],
    ),
    ("", "notyet"): (
        [
            -0.019372363675922134,
            -0.07831909906206068,
            -0.1362743463286779,
            -0.10081136308540416,
            -0.002562550942610982,
            -0.0019392460957887477,
            0.004660876319976147,
            -0.04122447154621747,
            0.02975936476103116,
            -0.0024106128000969127,
            -0.031087119389688868,
            -0.026054410719196626,
        ],
        [
            0.022310112883680573,
            0.030390228543397232,
            0.03540338496891006,
            0.03435922583467323,
            0.022530235145338813,
            0.019042158605818944,
            0.01633558424682359,
            0.020229180704106838,
            0.014533541638651448,
            0.016031296375517853,
            0.017877511313343517,
            0.016655435349252175,
        ],
    ),
    ("lpop", "never"): (
        [
            -0.014529668304898711,
            -0.07642188173478615,
            -0.14044833681012228,
            -0.10690389811145942,
            -0.00047214608848536997,
            -0.006202524579796673,
            0.0009605737466980733,
            -0.04129386558818046,
            0.026727796203702026,
            -0.004576570763525989,
            -0.028447487197560913,
            -0.028781361039486576,
        ],
        [
            0.022129157238335542,
            0.028671314155561407,
            0.03537815471009641,
            0.03288649300289722,
            0.022223437036658328,
            0.01849570190418264,
            0.019400195422023023,
            0.01972114414539531,
            0.014065660764396418,
            0.01571776313026436,
            0.018180881152697802,
            0.016238952966184977,
        ],
    ),
    ("lpop", "notyet"): (
        [
            -0.02118305347875805,
            -0.08160318585567874,
            -0.1381918226084269,
            -0.10690389811145942,
            -0.007455236111948059,
            -0.004563376993305831,
            0.008660699867713275,
            -0.04129386558818046,
            0.026932652900659427,
            -0.004200980469979768,
            -0.028447487197560913,
            -0.028781361039486576,
        ],
        [
            0.021648207714727564,
            0.02834154108578291,
            0.03422803722131864,
            0.03288649300289722,
            0.02183571540579605,
            0.018291386063693568,
            0.01683906095637533,
            0.01972114414539531,
            0.013913625970673933,
            0.015548366320610827,
            0.018180881152697802,
            0.016238952966184977,
        ],
    ),
}


@pytest.mark.parametrize(("covariates", "control"), ATT)
def test_every_group_time_effect_and_its_error(covariates: str, control: str) -> None:
    rows = mpdta(covariates=covariates, control=control).group_time
    estimates, errors = ATT[covariates, control]
    assert [row.effect.estimate for row in rows] == pytest.approx(estimates, abs=1e-10)
    assert [row.effect.se for row in rows] == pytest.approx(errors, abs=1e-10)


# csdid 0.4.3 with lpop, the same run: overall estimate and error
LPOP = {
    "never": {
        "simple": (-0.04175177205861638, 0.011502838151545078),
        "dynamic": (-0.08035394974402435, 0.018957557244824917),
        "group": (-0.03281959716130221, 0.01189817872763082),
        "calendar": (-0.04417735775655391, 0.015038175096397184),
    },
    "notyet": {
        "simple": (-0.04135162929923674, 0.011427839082186102),
        "dynamic": (-0.0799926209593074, 0.018494002078741557),
        "group": (-0.032264038800281156, 0.01198341261432645),
        "calendar": (-0.04566463287659808, 0.01469825675651485),
    },
}


@pytest.mark.parametrize("control", LPOP)
def test_the_aggregations_given_a_covariate(control: str) -> None:
    found = mpdta(covariates="lpop", control=control)
    for key, (estimate, error) in LPOP[control].items():
        overall = getattr(found, key).overall
        assert (overall.estimate, overall.se) == pytest.approx((estimate, error), abs=1e-10), key


def test_the_test_before_treatment_is_that_of_the_vignette() -> None:
    """R did 2.1.2, "Getting started": P-value for pre-test of parallel trends assumption: 0.16812."""
    pre = mpdta().pretrend
    assert pre is not None
    assert pre.df == 5
    assert pre.p == pytest.approx(0.16812, abs=5.1e-6)


def test_two_way_fixed_effects() -> None:
    """fixest 0.14.2, clustered by county, its default small-sample factor (seven digits)."""
    found = mpdta().two_way
    assert found is not None
    assert found.coefficient.estimate == pytest.approx(-0.0365489, abs=5.1e-8)
    assert found.coefficient.se == pytest.approx(0.0132652, abs=5.1e-8)


def test_the_event_study_by_dummies() -> None:
    """pyfixest 0.60 `i(e, ref=-1) | countyreal + year`, CRV1, at its defaults."""
    study = event_study(read_panel(needs_data("eval", "mpdta_did.csv"), **COLUMNS))
    assert study.points.tolist() == [-4, -3, -2, 0, 1, 2, 3]
    coefficients = [0.00354932691943238, 0.024623501986490843, 0.02335481488640349, -0.01814392696658051]
    coefficients += [-0.043472372628552886, -0.13179485775431815, -0.09224679418188556]
    errors = [0.022828581446277182, 0.017679371172670755, 0.013436699377246585, 0.010982218280948189]
    errors += [0.01757694699444039, 0.028837407390067668, 0.03233619316312539]
    np.testing.assert_allclose(study.estimate, coefficients, atol=1e-8)
    np.testing.assert_allclose(study.se, errors, atol=1e-8)


def test_the_bootstrap_gives_the_analytic_error() -> None:
    """999 draws: the interquartile range has a relative error of about 3.7 %, four of them 15 %."""
    found = mpdta(rng=np.random.default_rng(5))
    for row in found.group_time:
        assert row.effect.bootstrap_se == pytest.approx(row.effect.se, rel=0.15)
    assert found.dynamic.critical is not None
    assert 1.96 < found.dynamic.critical < 3.0
