"""Scores, information and reliability, by formulas of their own; and what must hold for any form."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from fairlead.science.measurement import MeasurementError
from fairlead.science.measurement.irt import (
    Calibration,
    calibrate,
    form_information,
    marginal_reliability,
    responses,
    score,
)
from tests.science.measurement.irt.samples import simulated, table

CASES = {
    "rasch": ("rasch", "steps", 2),
    "2pl": ("2pl", "steps", 2),
    "graded": ("graded", "cumulative", 4),
    "generalized partial credit": ("generalized partial credit", "steps", 4),
}


@pytest.fixture(scope="module")
def fits() -> dict[str, Calibration]:
    rng = np.random.default_rng(21)
    return {
        name: calibrate(simulated(rng, 800, 6, levels=levels, family=family, slopes=name != "rasch")[0], model)
        for name, (model, family, levels) in CASES.items()
    }


def chances(fit: Calibration, item: int, theta: float) -> np.ndarray:
    """Of each level, by the model's formula."""
    one = fit.items[item]
    eta = one.slope * theta + np.array(one.intercepts)
    if fit.model.key == "graded":
        reach = np.concatenate([[1.0], 1 / (1 + np.exp(-eta)), [0.0]])
        return reach[:-1] - reach[1:]
    powers = np.exp(np.concatenate([[0.0], np.cumsum(eta)]))
    return powers / powers.sum()


def log_likelihood(fit: Calibration, row: np.ndarray, theta: float) -> float:
    return float(sum(np.log(chances(fit, j, theta)[x]) for j, x in enumerate(row) if x >= 0))


def derivatives(
    fit: Calibration, item: int, theta: float, h: float = 1e-3
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Chances and their first two derivatives, by differences."""
    low, at, high = (chances(fit, item, theta + away) for away in (-h, 0, h))
    return at, (high - low) / (2 * h), (high + low - 2 * at) / h**2


def rows_of(fit: Calibration, count: int = 8) -> np.ndarray:
    rng = np.random.default_rng(22)
    top = len(fit.items[0].levels)
    drawn = rng.integers(-1, top, (count, len(fit.items)))
    return np.vstack([drawn, np.zeros(len(fit.items)), np.full(len(fit.items), top - 1)]).astype(np.int8)


@pytest.mark.parametrize("name", CASES)
def test_eap_is_the_mean_of_the_posterior(fits: dict[str, Calibration], name: str) -> None:
    """By ten times finer sums that reach farther; beyond six standard deviations lies a hundred
    thousandth of what is left where all answers are the highest."""
    fit, rows = fits[name], rows_of(fits[name])
    found = score(fit, responses(rows))
    theta = np.linspace(-8 * fit.sd, 8 * fit.sd, 401)
    for i, row in enumerate(rows):
        if (row < 0).all():
            continue
        post = np.exp([log_likelihood(fit, row, t) - t**2 / (2 * fit.sd**2) for t in theta])
        post /= post.sum()
        mean = post @ theta
        assert found.theta[i] == pytest.approx(mean, abs=1e-5)
        assert found.se[i] == pytest.approx(np.sqrt(post @ (theta - mean) ** 2), abs=1e-5)


@pytest.mark.parametrize("name", CASES)
def test_wle_solves_warms_equation(fits: dict[str, Calibration], name: str) -> None:
    """Score + J ÷ 2I is zero there; second differences are good to 1e-6 of their size."""
    fit, rows = fits[name], rows_of(fits[name])
    found = score(fit, responses(rows), "wle")
    for i, row in enumerate(rows):
        if (row < 0).all():
            assert np.isnan(found.theta[i])
            continue
        at = found.theta[i]
        information = j = first = 0.0
        for item, x in enumerate(row):
            if x < 0:
                continue
            p, p1, p2 = derivatives(fit, item, at)
            first += p1[x] / p[x]
            information += (p1**2 / p).sum()
            j += (p1 * p2 / p).sum()
        assert first + j / (2 * information) == pytest.approx(0, abs=2e-5)
        assert found.se[i] == pytest.approx(1 / np.sqrt(information), rel=1e-5)


def test_wle_of_the_rasch_model_is_the_top_of_the_weighted_likelihood(fits: dict[str, Calibration]) -> None:
    """Where θ is the natural parameter, Warm's weight is the root of the information."""
    fit = fits["rasch"]
    d = np.array([item.intercepts[0] for item in fit.items])
    for row in ([1, 0, 1, 0, 0, 1], [1] * 6, [0] * 6):

        def low(theta: float, row: list[int] = row) -> float:
            p = 1 / (1 + np.exp(-theta - d))
            return -float(np.where(row, np.log(p), np.log(1 - p)).sum() + np.log((p * (1 - p)).sum()) / 2)

        top = optimize.minimize_scalar(low, bounds=(-9, 9), method="bounded", options={"xatol": 1e-11}).x
        assert score(fit, responses([row]), "wle").theta[0] == pytest.approx(top, abs=1e-5)


@pytest.mark.parametrize("name", CASES)
def test_information_is_the_mean_square_of_the_score(fits: dict[str, Calibration], name: str) -> None:
    fit = fits[name]
    found = form_information(fit, [-1.0, 0.5])
    for q, theta in enumerate((-1.0, 0.5)):
        for j in range(len(fit.items)):
            p, p1, _ = derivatives(fit, j, theta)
            assert found.by_item[j, q] == pytest.approx((p1**2 / p).sum(), rel=1e-5)
    assert found.se == pytest.approx(1 / np.sqrt(found.by_item.sum(axis=0)))


@settings(max_examples=12, deadline=None)
@given(
    split=st.integers(1, 5),
    theta=st.lists(st.floats(-6, 6), min_size=1, max_size=5),
    name=st.sampled_from(list(CASES)),
)
def test_information_adds_up(fits: dict[str, Calibration], split: int, theta: list[float], name: str) -> None:
    fit = fits[name]
    names = [item.name for item in fit.items]
    whole = form_information(fit, theta).total
    halves = [form_information(fit, theta, items=part).total for part in (names[:split], names[split:])]
    assert sum(halves) == pytest.approx(whole, rel=1e-12)
    assert marginal_reliability(fit, items=names[:split]) < marginal_reliability(fit)


@settings(max_examples=20, deadline=None)
@given(row=st.lists(st.integers(-1, 1), min_size=6, max_size=6), name=st.sampled_from(["rasch", "2pl"]))
def test_eap_is_drawn_toward_the_mean(fits: dict[str, Calibration], row: list[int], name: str) -> None:
    """It lies between the prior's mean and the top of the likelihood, and knows more than the prior did."""
    fit = fits[name]
    found = score(fit, responses([row]))
    answered = [x for x in row if x >= 0]
    if not answered:
        assert found.unscored == 1
        return
    slope = (log_likelihood(fit, np.array(row), 1e-5) - log_likelihood(fit, np.array(row), -1e-5)) / 2e-5
    if abs(slope) > 0.3:  # the likelihood pulls away from the mean, and the estimate follows
        assert found.theta[0] * slope > 0
    assert found.se[0] < fit.sd
    narrow = score(fit, responses([row]), population=(0.0, fit.sd / 3))
    assert abs(narrow.theta[0]) < abs(found.theta[0]) or abs(found.theta[0]) < 0.1


@settings(max_examples=12, deadline=None)
@given(
    row=st.lists(st.integers(0, 1), min_size=6, max_size=6),
    j=st.integers(0, 5),
    method=st.sampled_from(["eap", "wle"]),
)
def test_one_more_right_answer_is_more(fits: dict[str, Calibration], row: list[int], j: int, method: str) -> None:
    row[j] = 0
    more = [*row]
    more[j] = 1
    found = score(fits["rasch"], responses([row, more]), method)
    assert found.theta[1] > found.theta[0]


def test_reliability_of_lsat6() -> None:
    """Five easy items say little: 0.29 by the model (Green et al.), 0.29 of the scores given, and alpha is 0.295
    (McDonald 1999, p. 94)."""
    answers = table("lsat6_psych.csv")
    fit = calibrate(answers)
    assert marginal_reliability(fit) == pytest.approx(0.29, abs=0.01)
    assert score(fit, answers).reliability == pytest.approx(0.295, abs=0.01)


def test_scores_of_another_form_and_what_is_not_known(fits: dict[str, Calibration]) -> None:
    fit = fits["graded"]
    form = responses([[3, 2, 9, 1], [-1, -1, -1, 5]], items=["6", "1", "2", "strange"], persons=["p", "q"])
    found = score(fit, form, "wle")
    assert found.persons == ("p", "q")
    assert found.extra == ("strange",)
    assert found.unknown == {"2": 1}
    assert "taken as missing: 2 (1)" in found.warnings[0]
    assert found.answers.tolist() == [2, 0]
    assert found.unscored == 1
    assert found.scored.tolist() == [True, False]
    same = score(fit, responses([[2, -1, -1, -1, -1, 3]]), "wle")
    assert same.theta[0] == pytest.approx(found.theta[0], abs=1e-9)


def test_refusals(fits: dict[str, Calibration]) -> None:
    with pytest.raises(MeasurementError, match="eap, wle"):
        score(fits["rasch"], responses([[1, 0]]), "map")
    with pytest.raises(MeasurementError, match="nobody answered an item of this calibration"):
        score(fits["rasch"], responses([[1, 0]], items=["x", "y"]))
    with pytest.raises(MeasurementError, match="positive standard deviation"):
        score(fits["rasch"], responses([[1, 0]]), population=(0, 0))
    with pytest.raises(MeasurementError, match="no such item"):
        form_information(fits["rasch"], 0.0, items=["x"])
    with pytest.raises(MeasurementError, match="finite numbers"):
        form_information(fits["rasch"], [np.nan])
