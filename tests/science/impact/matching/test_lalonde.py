"""LaLonde's trainees against survey respondents: published values of MatchIt, row by row where there is a choice.

Of `reference_values.csv` the rows lalonde.naive, lalonde.nn, lalonde.nn.adj, lalonde.maha and lalonde.cem belong here;
lalonde.full is of full matching, which is not built yet.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from fairlead.science.impact.matching import effect, match, nearest
from fairlead.science.impact.matching.groups import mahalanobis_coordinates
from tests.plugins.skips import needs_data

ON = "age + educ + race + married + nodegree + re74 + re75"


@pytest.fixture(scope="module")
def data():
    return needs_data("eval", "lalonde_matchit.csv")


def matched(data, **settings):
    return match(data, treated="treat", on=ON, also=["re78"], **settings)


# MatchIt 4.7.1 (reference_values.csv), lm() of R 4.2. Printed digits: half a unit of the last is 5e-5 (5e-4).
@pytest.mark.parametrize(
    ("settings", "adjust", "att", "digits"),
    [
        ({"method": "nearest"}, False, 894.3675, 5e-5),
        ({"method": "nearest"}, True, 1344.936, 5e-4),
        ({"method": "mahalanobis"}, False, 538.5629, 5e-5),
        ({"method": "cem"}, False, 1070.907, 5e-4),
    ],
)
def test_published_effects(data, settings, adjust, att, digits):
    told = effect(matched(data, **settings), "re78", adjust=adjust)
    assert told.estimate == pytest.approx(att, abs=digits)
    assert told.naive == pytest.approx(-635.026, abs=5e-4)


def test_nearest_neighbours_are_those_of_matchit(data):
    """The first ten and the last ten of the 185 pairs that MatchIt's own tests record (its `nearest_snapshots`, PSIDn
    is the n-th control); where it takes another control, that one has the same covariates."""
    theirs = [300, 205, 41, 179, 238, 6, 271, 374, 423, 344, 196, 362, 118, 365, 267, 209, 351, 184, 185, 98]
    found = matched(data)
    ours = found.pairs[np.argsort(found.pairs[:, 0]), 1]
    assert len(ours) == 185
    x = found.units.x
    np.testing.assert_array_equal(x[np.r_[ours[:10], ours[-10:]]], x[184 + np.array(theirs)])
    assert found.ties == 7


def test_how_ties_are_broken_decides_the_mahalanobis_match(data):
    """The ten ties are all between controls with the same covariates. The other end of the walk gives another
    effect: without our rule 538.5629 is not to be had."""
    found = matched(data, method="mahalanobis")
    assert found.ties == 10
    z = mahalanobis_coordinates(found.units.x, found.treated)
    t, c = np.flatnonzero(found.treated), np.flatnonzero(~found.treated)
    none, column = np.zeros(614, dtype=np.intp), np.zeros((614, 0))
    told = []
    for last in (True, False):
        got = nearest(
            z[t],
            z[c],
            order=np.arange(t.size),
            treated_row=t,
            control_row=c,
            treated_stratum=none[t],
            control_stratum=none[c],
            treated_calipered=column[t],
            control_calipered=column[c],
            calipers=np.zeros(0),
            last=last,
        ).control[:, 0]
        y = found.units.frame["re78"].to_numpy()
        told.append(y[t].mean() - y[c[got]].mean())
    assert told[0] == pytest.approx(538.5629, abs=5e-5)
    assert abs(told[1] - told[0]) > 1


# scripts/references/matching.R (MatchIt 4.5.1 and sandwich of Debian 12): rows, effect without and with covariates, its errors
# HC1 and by subclass without, by subclass with. Printed with twelve digits, so 1e-11. MatchIt 4.5.1 breaks ties by the
# order of the data, so Mahalanobis is compared where everybody has another age and there are none.
R = [
    ({"method": "cem"}, 140, 1070.90732643, 1207.18308859, 1390.34841456, 968.773628321, 951.112030004),
    ({"method": "mahalanobis"}, 370, 561.31196027, 1238.26118637, 746.24373908, 697.145732364, 753.920664995),
    (
        {"method": "mahalanobis", "ratio": 2},
        *(555, -177.48742527, 1441.81825764, 681.517031169, 664.751955758, 720.728755133),
    ),
    (
        {"method": "mahalanobis", "exact": ["race"]},
        *(232, 391.345825431, 684.050615053, 831.57615595, 773.809944212, 822.076355387),
    ),
    (
        {"method": "mahalanobis", "calipers": {"age": 2}},
        *(370, 209.469208378, 1512.75853152, 764.930109953, 687.570990247, 741.909972289),
    ),
    (
        {"method": "mahalanobis", "caliper": 0.2},
        *(228, 971.795246053, 693.403826579, 1016.13827458, 1045.36624398, 1004.12328078),
    ),
]


@pytest.mark.parametrize(("settings", "rows", "plain", "full", "hc1", "cr1", "cr1_full"), R)
def test_effects_and_errors_of_r(data, settings, rows, plain, full, hc1, cr1, cr1_full):
    if settings["method"] == "mahalanobis":
        aged = pl.col("age") + (37 * (pl.int_range(pl.len()) + 1)) % 614 / 614
        data = pl.read_csv(data, infer_schema_length=None).with_columns(age=aged)
    found = matched(data, **settings)
    assert found.ties == 0
    told = [
        effect(found, "re78", adjust=adjust, errors=errors)
        for adjust, errors in ((False, "HC1"), (False, "CR1"), (True, "CR1"))
    ]
    assert found.compared.total == rows
    assert [told[0].estimate, told[2].estimate] == pytest.approx([plain, full], rel=1e-11)
    assert [one.se for one in told] == pytest.approx([hc1, cr1, cr1_full], rel=1e-11)


@pytest.mark.parametrize(("estimand", "value"), [("ATT", 1214.07122329), ("ATE", 224.676309104)])
def test_weighted_differences_of_r(data, estimand, value):
    """scripts/references/matching.R: glm at epsilon 1e-14, lm with the weights."""
    assert effect(matched(data, method="ipw", estimand=estimand), "re78").estimate == pytest.approx(value, rel=1e-10)


def test_balance_of_r(data):
    """summary(matchit(…))$sum.all of MatchIt 4.5.1, printed with eight digits."""
    r = {
        "propensity score": (1.794086050, 0.92114471, 0.644364644),
        "age": (-0.309445262, 0.43999546, 0.157726958),
        "educ": (0.054964661, 0.49589337, 0.111371511),
        "race=black": (1.761541891, None, 0.640446040),
        "race=hispan": (-0.349842542, None, 0.082731683),
        "race=white": (-1.881867601, None, 0.557714358),
        "married": (-0.826309272, None, 0.323631324),
        "nodegree": (0.244970232, None, 0.111371511),
        "re74": (-0.721083809, 0.51812848, 0.447035847),
        "re75": (-0.290262911, 0.95629305, 0.287645688),
    }
    table = {b.measure: b.before for b in matched(data).balance}
    assert set(table) == set(r)
    for name, (standardised, ratio, ks) in r.items():
        assert table[name].standardised == pytest.approx(standardised, abs=5e-8)
        assert table[name].variance_ratio == (None if ratio is None else pytest.approx(ratio, abs=5e-8))
        assert table[name].ks == pytest.approx(ks, abs=5e-9)
