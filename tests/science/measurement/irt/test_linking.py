"""Linking: what is known to be laid on what, and errors against draws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from fairlead.science.measurement import MeasurementError
from fairlead.science.measurement.irt import Calibration, calibrate, link, responses, score
from tests.science.measurement.irt.samples import simulated

METHODS = ("stocking-lord", "mean-sigma")


def stretched(fit: Calibration, slope: float, intercept: float) -> Calibration:
    """The same items as another calibration would give them whose θ is (θ − intercept) ÷ slope."""
    items = []
    for item in fit.items:
        a = item.slope * slope
        d = tuple(value + item.slope * intercept for value in item.intercepts)
        items.append(replace(item, slope=a, intercepts=d, difficulties=tuple(-value / a for value in d)))
    return replace(fit, items=tuple(items))


@pytest.fixture(scope="module")
def fits() -> dict[str, Calibration]:
    rng = np.random.default_rng(31)
    return {
        "2pl": calibrate(simulated(rng, 1500, 8)[0], "2pl"),
        "graded": calibrate(simulated(rng, 1500, 6, levels=4, family="cumulative")[0], "graded"),
        "rasch": calibrate(simulated(rng, 1500, 8, slopes=False)[0]),
        "generalized partial credit": calibrate(simulated(rng, 1500, 6, levels=3)[0], "generalized partial credit"),
    }


@settings(max_examples=10, deadline=None)
@given(
    slope=st.floats(0.5, 2.0),
    intercept=st.floats(-1.5, 1.5),
    name=st.sampled_from(["2pl", "graded", "generalized partial credit"]),
    method=st.sampled_from(METHODS),
)
def test_a_known_stretch_is_found(
    fits: dict[str, Calibration], slope: float, intercept: float, name: str, method: str
) -> None:
    fit = fits[name]
    found = link(stretched(fit, slope, intercept), fit, method=method)
    assert (found.slope, found.intercept) == (pytest.approx(slope, abs=1e-7), pytest.approx(intercept, abs=1e-7))
    assert max(abs(anchor.difference) for anchor in found.anchors) < 1e-6
    there = found.inverse()
    theta = np.linspace(-3, 3, 7)
    assert there.apply(found.apply(theta)) == pytest.approx(theta, abs=1e-9)
    assert there.error(found.apply(theta)) == pytest.approx(found.error(theta) / found.slope, rel=1e-6, abs=1e-9)
    again = there.inverse()
    assert again.covariance == pytest.approx(found.covariance, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("method", METHODS)
def test_one_slope_finds_the_shift_alone(fits: dict[str, Calibration], method: str) -> None:
    fit = fits["rasch"]
    found = link(stretched(fit, 1.0, 0.7), fit, method=method)
    assert (found.slope, found.intercept) == (1.0, pytest.approx(0.7, abs=1e-8))
    assert found.covariance[0, 0] == 0


def test_scores_follow(fits: dict[str, Calibration]) -> None:
    fit = fits["2pl"]
    moved = stretched(fit, 1.3, -0.4)
    answers, _, _ = simulated(np.random.default_rng(32), 50, 8)
    there = link(moved, fit).scores(score(moved, answers, "wle"))
    here = score(fit, answers, "wle")
    assert there.theta == pytest.approx(here.theta, abs=1e-6)
    assert there.se == pytest.approx(here.se, abs=1e-6)


def two_forms(rng: np.random.Generator, persons: int, gain: float) -> tuple[Calibration, Calibration]:
    """Twelve items each, six of them shared, on populations whose means differ."""
    b = np.linspace(-1.5, 1.5, 18)
    a = 1.0 + 0.4 * np.sin(np.arange(18))
    found = []
    for mean, items in ((0.0, range(12)), (gain, range(6, 18))):
        theta = rng.normal(mean, 1, (persons, 1))
        right = rng.random((persons, 12)) < 1 / (1 + np.exp(-a[list(items)] * (theta - b[list(items)])))
        found.append(calibrate(responses(right, items=[f"i{j}" for j in items]), "2pl"))
    return found[0], found[1]


def test_two_forms_with_shared_items() -> None:
    pre, post = two_forms(np.random.default_rng(33), 4000, 0.6)
    for method in METHODS:
        found = link(post, pre, method=method)
        assert [anchor.item for anchor in found.anchors] == [f"i{j}" for j in range(6, 12)]
        assert found.intercept == pytest.approx(0.6, abs=3 * np.sqrt(found.covariance[1, 1]))
        assert found.slope == pytest.approx(1.0, abs=3 * np.sqrt(found.covariance[0, 0]))
        assert 0.01 < np.sqrt(found.covariance[1, 1]) < 0.1
        assert found.anchor_covariance is not None


def test_stocking_and_lord_is_the_least_of_its_criterion() -> None:
    """Found again by a search that knows the criterion's values only."""
    pre, post = two_forms(np.random.default_rng(35), 800, 0.6)
    found = link(post, pre)
    theta = np.linspace(-4, 4, 41)
    weight = np.exp(-(theta**2) / 2)
    names = [anchor.item for anchor in found.anchors]

    def expected(fit: Calibration, at: np.ndarray) -> np.ndarray:
        items = [fit.item(name) for name in names]
        return sum(1 / (1 + np.exp(-item.slope * (at - item.difficulties[0]))) for item in items)

    def criterion(v: np.ndarray) -> float:
        return float(weight @ (expected(pre, theta) - expected(post, (theta - v[1]) / v[0])) ** 2)

    least = optimize.minimize(criterion, [1.0, 0.5], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-14}).x
    assert (found.slope, found.intercept) == (pytest.approx(least[0], abs=1e-6), pytest.approx(least[1], abs=1e-6))
    other = link(post, pre, method="mean-sigma")
    assert abs(other.slope - found.slope) > 1e-3


def test_an_anchor_that_drifted_is_named() -> None:
    pre, post = two_forms(np.random.default_rng(33), 4000, 0.6)
    bad = post.item("i8")
    moved = replace(bad, intercepts=(bad.intercepts[0] + 1.0,), difficulties=(bad.difficulties[0] - 1.0 / bad.slope,))
    drifted = replace(post, items=tuple(moved if item.name == "i8" else item for item in post.items))
    found = link(drifted, pre)
    assert any(warning.startswith("i8: differs by") for warning in found.warnings)
    without = link(drifted, pre, anchors=[f"i{j}" for j in (6, 7, 9, 10, 11)])
    assert abs(without.intercept - 0.6) < abs(found.intercept - 0.6)
    assert not without.warnings


@pytest.mark.prove
def test_the_error_of_the_link_is_the_spread_over_draws() -> None:
    """150 pairs of forms of 1,000 persons: the mean of the variances stated is that of the links found, within 35 % (three
    errors of a variance of 150), and 95 % intervals hold the truth in 90 to 99 of 100. Bands fixed beforehand."""
    rng = np.random.default_rng(34)
    found, stated = np.empty((2, 150, 2)), np.empty((2, 150, 2))
    for trial in range(150):
        pre, post = two_forms(rng, 1000, 0.6)
        for m, method in enumerate(METHODS):
            one = link(post, pre, method=method)
            found[m, trial], stated[m, trial] = (one.slope, one.intercept), np.diag(one.covariance)
    for m in range(2):
        assert stated[m].mean(axis=0) / found[m].var(axis=0) == pytest.approx([1, 1], abs=0.35)
        held = (np.abs(found[m] - [1.0, 0.6]) < 1.96 * np.sqrt(stated[m])).mean(axis=0)
        assert ((held > 0.90) & (held < 0.99)).all(), held
    assert found[0].var(axis=0).sum() < found[1].var(axis=0).sum()  # Stocking and Lord use more of what is known


def test_refusals(fits: dict[str, Calibration]) -> None:
    with pytest.raises(MeasurementError, match="same model"):
        link(fits["2pl"], fits["rasch"])
    with pytest.raises(MeasurementError, match="stocking-lord, mean-sigma"):
        link(fits["2pl"], fits["2pl"], method="haebara")
    with pytest.raises(MeasurementError, match="not calibrated on both forms"):
        link(fits["2pl"], fits["2pl"], anchors=["1", "99"])
    with pytest.raises(MeasurementError, match="at least 2 shared items"):
        link(fits["2pl"], fits["2pl"], anchors=["1"])
    other = replace(fits["2pl"], items=(replace(fits["2pl"].items[0], levels=(0, 2)), *fits["2pl"].items[1:]))
    with pytest.raises(MeasurementError, match="levels given differ"):
        link(other, fits["2pl"])
    assert "rests on each" in link(fits["2pl"], fits["2pl"], anchors=["1", "2", "3"]).warnings[0]
