"""The likelihood and its derivatives, against a second one that shares no line with it: formulas of the models, and Gauss-Legendre
integration over θ with 400 points for each pattern."""

from __future__ import annotations

import numpy as np
import pytest

from fairlead.science.measurement.irt import Responses, calibrate, fitting
from fairlead.science.measurement.irt.marginal import Grid, Layout, Likelihood, Patterns
from tests.science.measurement.irt.samples import simulated

MODELS = {
    "rasch": ("steps", 2),
    "2pl": ("cumulative", 2),
    "graded": ("cumulative", 3),
    "partial credit": ("steps", 3),
    "generalized partial credit": ("steps", 4),
}


def by_hand(model: str, answers: Responses, sd: float, slopes: np.ndarray, intercepts: list[np.ndarray]) -> float:
    """The log-likelihood, one adaptive integral a pattern."""
    rows, counts = np.unique(answers.answers, axis=0, return_counts=True)

    nodes, weights = np.polynomial.legendre.leggauss(400)
    theta, weights = 9 * nodes, 9 * weights * np.exp(-((9 * nodes) ** 2) / 2) / np.sqrt(2 * np.pi)
    total = 0.0
    for row, count in zip(rows, counts, strict=True):
        value = weights
        for x, a, d in zip(row, slopes, intercepts, strict=True):
            if x < 0:
                continue
            eta = a * sd * theta + d[:, None]
            if model == "graded":
                reach = np.vstack([np.ones_like(theta), 1 / (1 + np.exp(-eta)), np.zeros_like(theta)])
                value = value * (reach[x] - reach[x + 1])
            else:
                powers = np.exp(np.vstack([np.zeros_like(theta), np.cumsum(eta, axis=0)]))
                value = value * powers[x] / powers.sum(axis=0)
        total += count * np.log(value.sum())
    return total


@pytest.mark.parametrize("model", MODELS)
def test_the_likelihood_at_its_top(model: str) -> None:
    """Value to 1e-8, no slope in any direction, and errors from its curvature by differences."""
    family, levels = MODELS[model]
    answers, _, _ = simulated(np.random.default_rng(5), 400, 4, levels=levels, family=family, missing=0.2)
    fit = calibrate(answers, model)
    assert fit.converged
    slopes = np.array([item.slope for item in fit.items])
    intercepts = [np.array(item.intercepts) for item in fit.items]
    assert by_hand(model, answers, fit.sd, slopes, intercepts) == pytest.approx(fit.loglik, abs=1e-7)
    moved = intercepts[0].copy()
    values = {}
    h = 0.02
    for away in (-2, -1, 1, 2):
        moved[0] = intercepts[0][0] + away * h
        values[away] = by_hand(model, answers, fit.sd, slopes, [moved, *intercepts[1:]])
    slope = (8 * (values[1] - values[-1]) - (values[2] - values[-2])) / (12 * h)
    assert slope == pytest.approx(0, abs=1e-4)
    assert max(values.values()) < fit.loglik
    bend = (values[-1] + values[1] - 2 * fit.loglik) / h**2
    place = fit.names.index("1 intercept 1")
    assert -np.linalg.inv(fit.covariance)[place, place] == pytest.approx(bend, rel=1e-3)


@pytest.mark.parametrize("model", MODELS)
def test_derivatives(model: str) -> None:
    """Gradient and exact second derivative by central differences, away from the top."""
    family, levels = MODELS[model]
    answers, _, _ = simulated(np.random.default_rng(6), 300, 4, levels=levels, family=family, missing=0.3)
    chosen = fitting.MODELS[model]
    patterns = Patterns(answers.answers, np.linspace(0.5, 2, 300), (levels,) * 4)
    layout = Layout.of(chosen.family, chosen.common, patterns.sizes)
    likelihood = Likelihood(patterns, layout, Grid.of(61, 6.0))
    rng = np.random.default_rng(7)
    x = np.zeros(layout.size)
    for j in range(4):
        x[layout.places[j]] = [rng.uniform(0.8, 1.5), *np.sort(rng.normal(0, 1.5, levels - 1))[::-1]]
    point = likelihood.at(x)
    assert point is not None
    gradient, second, h = np.empty(layout.size), np.empty((layout.size, layout.size)), 1e-5
    for i in range(layout.size):
        away = np.zeros(layout.size)
        away[i] = h
        ends = [likelihood.at(x + sign * away) for sign in (1, -1)]
        gradient[i] = (ends[0].value - ends[1].value) / (2 * h)
        second[i] = (ends[0].gradient - ends[1].gradient) / (2 * h)
    assert point.gradient == pytest.approx(gradient, rel=1e-6, abs=1e-6)
    assert likelihood.observed(point) == pytest.approx(-second, rel=1e-6, abs=1e-5)
    complete = np.linalg.eigvalsh(likelihood.complete(point))
    assert complete[0] > 0  # concave in the complete data, wherever one stands


def test_cross_products_are_those_of_single_persons() -> None:
    answers, _, _ = simulated(np.random.default_rng(8), 40, 4, missing=0.2)
    layout = Layout.of("steps", False, (2,) * 4)
    grid = Grid.of(41, 6.0)
    x = np.ones(layout.size)
    point = Likelihood(Patterns(answers.answers, np.ones(40), (2,) * 4), layout, grid).at(x)
    assert point is not None
    total = np.zeros((layout.size, layout.size))
    for row in answers.answers:
        alone = Likelihood(Patterns(row[None].copy(), np.ones(1), (2,) * 4), layout, grid).at(x)
        total += np.outer(alone.gradient, alone.gradient)
    found = Likelihood(Patterns(answers.answers, np.ones(40), (2,) * 4), layout, grid).crossed(point)
    assert found == pytest.approx(total, rel=1e-8, abs=1e-10)


def test_blocks_and_threads_change_nothing() -> None:
    """More patterns than a block holds, each of its own weight."""
    answers, _, _ = simulated(np.random.default_rng(9), 20_000, 5, missing=0.2)
    weights = np.random.default_rng(10).uniform(0.5, 2, 20_000)
    layout, grid = Layout.of("steps", True, (2,) * 5), Grid.of(31, 6.0)
    x = np.concatenate([[1.2], np.linspace(-1, 1, 5)])
    whole = Likelihood(Patterns(answers.answers, weights, (2,) * 5), layout, grid)
    rows, inverse = np.unique(answers.answers, axis=0, return_inverse=True)
    few = Likelihood(Patterns(rows, np.bincount(inverse, weights=weights), (2,) * 5), layout, grid)
    one, two = whole.at(x), few.at(x)
    assert one.value == pytest.approx(two.value, rel=1e-12)
    assert one.gradient == pytest.approx(two.gradient, rel=1e-9)
    assert whole.observed(one) == pytest.approx(few.observed(two), rel=1e-9)
    assert whole.at(x).value == one.value  # to the last bit


def test_search_in_stages_ends_at_the_same_top(monkeypatch: pytest.MonkeyPatch) -> None:
    """Starting from some of the persons, with BFGS instead of exact second derivatives."""
    answers, _, _ = simulated(np.random.default_rng(11), 3000, 8, missing=0.3)
    plain = calibrate(answers, "2pl")
    from fairlead.science.measurement.irt import climb

    monkeypatch.setattr(climb, "SOME", 10)
    staged = calibrate(answers, "2pl")
    assert staged.converged
    assert staged.convergence.passes < plain.convergence.passes + 10
    assert staged.loglik == pytest.approx(plain.loglik, abs=1e-8)
    for one, two in zip(plain.items, staged.items, strict=True):
        assert one.slope == pytest.approx(two.slope, abs=1e-5 * one.slope_se)
