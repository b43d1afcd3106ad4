"""LaLonde's trainees against survey respondents: published values of MatchIt, row by row where there is a choice.

Of `reference_values.csv` the rows lalonde.naive, lalonde.nn, lalonde.nn.adj, lalonde.maha and lalonde.cem belong here;
lalonde.full is of full matching, which is not built yet.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from fairlead.science.impact.matching import effect, match
from fairlead.science.impact.matching.groups import whiten
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


def test_mahalanobis_up_to_its_ties(data):
    """MatchIt 4.7.1 gives 538.5629, MatchIt 4.5.1 gives 516.6367: both are greedy, they break ties differently. Every
    way of breaking them is tried; ours, the first in the data, is that of 4.5.1 to its printed digits."""
    found = matched(data, method="mahalanobis")
    x, treated, y = found.units.x, found.treated, found.units.frame["re78"].to_numpy()
    one, two = x[treated] - x[treated].mean(axis=0), x[~treated] - x[~treated].mean(axis=0)
    z = whiten(x, (one.T @ one + two.T @ two) / (len(x) - 2))
    apart = ((z[treated][:, None] - z[~treated][None]) ** 2).sum(axis=2)
    identical = np.unique(x[~treated], axis=0, return_inverse=True)[1].reshape(-1)
    assert np.bincount(identical).max() > 1  # the ties are between controls with the same covariates
    choose_first = effect(found, "re78").estimate
    assert choose_first == pytest.approx(516.6367, abs=5e-5)
    free, values = np.ones(apart.shape[1], dtype=bool), set()
    for pattern in itertools.product((0, -1), repeat=found.ties):
        turn, still = 0, free.copy()
        for row in range(len(apart)):
            left = np.where(still, apart[row], np.inf)
            near = np.flatnonzero(left <= left.min() * (1 + 1e-9) + 1e-18)
            take = near[0]
            if near.size > 1 and turn < len(pattern):
                take, turn = near[pattern[turn]], turn + 1
            still[take] = False
        values.add(round(float(y[treated].mean() - y[~treated][~still].mean()), 4))
        if {516.6367, 538.5629} <= values:
            break
    assert {516.6367, 538.5629} <= values


# references/matching.R (MatchIt 4.5.1 and sandwich of Debian 12): rows, effect without and with covariates, its errors
# HC1 and by subclass without, by subclass with. Printed with twelve digits, so 1e-11.
R = [
    ({"method": "cem"}, 140, 1070.90732643, 1207.18308859, 1390.34841456, 968.773628321, 951.112030004),
    ({"method": "mahalanobis"}, 370, 516.636668378, 1235.11118493, 746.686328401, 732.044475424, 776.890149056),
    (
        {"method": "mahalanobis", "ratio": 2},
        *(555, -177.551306351, 1443.77528524, 682.741242389, 690.567398234, 748.984202059),
    ),
    (
        {"method": "mahalanobis", "exact": ["race"]},
        *(232, 349.345230603, 681.30100474, 833.932567546, 751.218460067, 819.94620243),
    ),
    (
        {"method": "mahalanobis", "calipers": {"age": 2}},
        *(370, 296.455343514, 1403.14078895, 762.790200753, 740.78653528, 762.197637404),
    ),
    (
        {"method": "mahalanobis", "caliper": 0.2},
        *(226, 929.979691593, 714.706165873, 1007.90643061, 1041.69051327, 998.005835198),
    ),
]


@pytest.mark.parametrize(("settings", "rows", "plain", "full", "hc1", "cr1", "cr1_full"), R)
def test_effects_and_errors_of_r(data, settings, rows, plain, full, hc1, cr1, cr1_full):
    found = matched(data, **settings)
    told = [
        effect(found, "re78", adjust=adjust, errors=errors)
        for adjust, errors in ((False, "HC1"), (False, "CR1"), (True, "CR1"))
    ]
    assert found.compared.total == rows
    assert [told[0].estimate, told[2].estimate] == pytest.approx([plain, full], rel=1e-11)
    assert [one.se for one in told] == pytest.approx([hc1, cr1, cr1_full], rel=1e-11)


@pytest.mark.parametrize(("estimand", "value"), [("ATT", 1214.07122329), ("ATE", 224.676309104)])
def test_weighted_differences_of_r(data, estimand, value):
    """references/matching.R: glm at epsilon 1e-14, lm with the weights."""
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
