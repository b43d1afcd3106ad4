"""Item-response models against published values and other engines.

`references/rasch.csv` is written by `references/rasch.R`: lme4's glmer by adaptive quadrature with 25 points (the same
likelihood as the Rasch model's), and by Laplace's approximation; eRm by conditional likelihood. glmer's search sees values
only and stops some 1e-5 from the top, and its errors come from differences of values: each is held to what that leaves.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import optimize

from fairlead.science.measurement.irt import Calibration, Responses, calibrate, item_fit
from fairlead.science.measurement.irt.misfit import _mean_squares
from tests.science.measurement.irt.samples import LEVELS, reference, table, verbal

SEARCH = 2e-5  # how far from the top glmer stops, in logits
DIFFERENCES = 2e-4  # of an error, by differences of a deviance that is known to 1e-8 or so


DATA = {
    "lsat6": lambda: table("lsat6_psych.csv"),
    "raschdat1": lambda: table("raschdat1_eRm.csv"),
    "verbagg": lambda: verbal("r2", {"N": 0, "Y": 1}),
}


@pytest.fixture(scope="module")
def rasch() -> dict[str, Calibration]:
    return {}


def fitted(kept: dict[str, Calibration], data: str) -> Calibration:
    if data not in kept:
        kept[data] = calibrate(DATA[data]())
    return kept[data]


def test_lsat6_rasch_as_published(rasch: dict[str, Calibration]) -> None:
    """Thissen (1982) and the manuals of ltm and mirt: to the digits printed."""
    fit = fitted(rasch, "lsat6")
    assert fit.converged
    assert fit.convergence.gradient < 1e-5
    assert fit.patterns == 30
    assert fit.loglik == pytest.approx(-2466.938, abs=5e-4)
    easiness = [item.intercepts[0] for item in fit.items]
    assert easiness == pytest.approx([2.730, 0.999, 0.240, 1.306, 2.099], abs=5e-4)
    assert fit.sd == pytest.approx(0.755, abs=5e-4)
    assert (fit.aic, fit.bic) == (
        pytest.approx(4945.875, abs=1e-3),
        pytest.approx(12 * 0.5 * np.log(1000) - 2 * fit.loglik),
    )


def test_lsat6_two_parameters_as_published() -> None:
    """Bock & Aitkin (1981) by ltm's manual (Rizopoulos 2006, doi:10.18637/jss.v017.i05): Gauss-Hermite with 21 points and
    a search that stops early move the third digit of what the data say least, whose error is 0.87."""
    fit = calibrate(DATA["lsat6"](), "2pl")
    assert fit.converged
    assert fit.loglik == pytest.approx(-2466.653, abs=5e-4)
    assert [item.difficulties[0] for item in fit.items] == pytest.approx(
        [-3.3597, -1.3696, -0.2799, -1.8659, -3.1236], abs=3e-3
    )
    assert [item.slope for item in fit.items] == pytest.approx([0.8254, 0.7229, 0.8905, 0.6886, 0.6575], abs=1e-3)


@pytest.mark.parametrize("data", DATA)
def test_rasch_by_lme4(rasch: dict[str, Calibration], data: str) -> None:
    fit = fitted(rasch, data)
    given = reference("lme4 quadrature", data)
    assert fit.loglik == pytest.approx(given["log-likelihood"][0], abs=2e-6)
    assert fit.sd == pytest.approx(given["sd"][0], abs=SEARCH)
    assert len(given) == 2 + len(fit.items)
    for item in fit.items:
        value, error = given[item.name]
        assert item.intercepts[0] == pytest.approx(value, abs=SEARCH)
        assert item.intercept_ses[0] == pytest.approx(error, rel=DIFFERENCES)


def test_verbal_aggression_by_laplace(rasch: dict[str, Calibration]) -> None:
    """What lme4 prints by default. Laplace's approximation is off by 2.3 in the log-likelihood and by half a percent in the
    standard deviation with 24 answers a person: no fault of either."""
    fit = fitted(rasch, "verbagg")
    given = reference("lme4 Laplace", "verbagg")
    assert fit.loglik == pytest.approx(given["log-likelihood"][0], abs=2.5)
    assert fit.loglik > given["log-likelihood"][0]
    assert fit.sd == pytest.approx(given["sd"][0], rel=6e-3)
    for item in fit.items:
        assert item.intercepts[0] == pytest.approx(given[item.name][0], abs=1e-3)


def test_raschdat1_by_conditional_likelihood(rasch: dict[str, Calibration]) -> None:
    """eRm does without a distribution of θ, so the estimates differ by what the normal one adds: a tenth of an error. eRm's sum
    to zero."""
    fit = fitted(rasch, "raschdat1")
    given = reference("eRm", "raschdat1")
    ours = np.array([item.intercepts[0] for item in fit.items])
    theirs = np.array([given[item.name][0] for item in fit.items])
    assert ours - ours.mean() == pytest.approx(theirs, abs=0.1 * 0.24)


def test_infit_and_outfit_by_erm(rasch: dict[str, Calibration]) -> None:
    """The same formulas at eRm's own estimates: maximum likelihood of persons, those with nothing or everything
    right left out. At ours (Warm's, of all persons) mean squares move by hundredths."""
    fit, answers = fitted(rasch, "raschdat1"), DATA["raschdat1"]()
    given = reference("eRm", "raschdat1")
    items = tuple(replace(item, intercepts=(given[item.name][0],)) for item in fit.items)
    theirs = mean_squares_at(replace(fit, items=items), answers)
    ours = item_fit(fit, answers)
    infit, outfit = reference("eRm infit", "raschdat1"), reference("eRm outfit", "raschdat1")
    for item, row in zip(ours.items, theirs, strict=True):
        assert row[1] == pytest.approx(infit[item.item][0], abs=1e-5)
        assert row[3] == pytest.approx(outfit[item.item][0], abs=1e-5)
    assert np.median([abs(item.infit - infit[item.item][0]) for item in ours.items]) < 0.015


def mean_squares_at(fit: Calibration, answers: Responses) -> list[tuple[int, float, float, float, float]]:
    """At maximum likelihood estimates of persons, found by bisection; those without one left out."""
    top = sum(len(item.intercepts) for item in fit.items)

    def expected(theta: float) -> float:
        total = 0.0
        for item in fit.items:
            powers = np.exp(np.concatenate([[0.0], np.cumsum(theta + np.array(item.intercepts))]))
            total += float(np.arange(powers.size) @ powers / powers.sum())
        return total

    places = {
        total: optimize.brentq(lambda t, total=total: expected(t) - total, -20, 20, xtol=1e-12)
        for total in range(1, top)
    }
    return _mean_squares(
        fit, answers.answers, np.array([places.get(total, np.nan) for total in answers.answers.sum(axis=1)])
    )


def test_partial_credit_by_conditional_likelihood() -> None:
    """Verbal aggression at three levels. eRm's parameters are sums of our intercepts, both without a zero of their own: the shift
    that makes them sum to zero is k times a constant for level k. What the normal distribution adds is
    a tenth of an error, and half of one where 13 persons chose a level."""
    answers = verbal("resp", LEVELS)
    fit = calibrate(answers, "partial credit")
    assert fit.converged
    given = reference("eRm", "verbagg levels")
    sums, theirs, errors, level = [], [], [], []
    for item in fit.items:
        for k, total in enumerate(np.cumsum(item.intercepts), 1):
            value, error = given[f"{item.name}.c{k}"]
            sums.append(total)
            theirs.append(value)
            errors.append(error)
            level.append(k)
    ours, steps = np.array(sums), np.array(level)
    shift = (steps @ (np.array(theirs) - ours)) / (steps @ steps)
    apart = np.abs((ours + shift * steps - theirs) / np.array(errors, dtype=float))
    assert apart.max() < 0.6
    assert np.median(apart) < 0.1
    items = tuple(
        replace(item, intercepts=tuple(np.diff([0.0, *(given[f"{item.name}.c{k}"][0] for k in (1, 2))]).tolist()))
        for item in fit.items
    )
    infit, outfit = reference("eRm infit", "verbagg levels"), reference("eRm outfit", "verbagg levels")
    for item, row in zip(items, mean_squares_at(replace(fit, items=items), answers), strict=True):
        assert row[1] == pytest.approx(infit[item.name][0], abs=1e-4)
        assert row[3] == pytest.approx(outfit[item.name][0], abs=1e-4)
