"""Intervals hold the truth about as often as they say, and estimates are right on average. Bounds: three standard errors of the
simulated share, and what the method's small-sample error is known to be."""

from __future__ import annotations

import numpy as np
import pytest

from fairlead.science.measurement import (
    clustered_share,
    decide,
    g_study,
    intraclass_correlations,
    krippendorff_alpha,
    rater_severity,
    ratio_of_shares,
)
from fairlead.science.measurement.problems import MeasurementError

pytestmark = pytest.mark.prove


def classrooms(rng: np.random.Generator, count: int, mean: float) -> tuple[np.ndarray, np.ndarray]:
    """Two to eight assignments of each; classrooms differ (beta of intraclass correlation 0.2)."""
    sizes = rng.integers(2, 9, count)
    share = rng.beta(4 * mean, 4 * (1 - mean), count)
    room = np.repeat(np.arange(count), sizes)
    return (rng.random(room.size) < share[room]).astype(float), room


@pytest.mark.parametrize(("count", "least"), [(8, 0.91), (20, 0.925), (60, 0.935)])
def test_shares_of_classrooms(count: int, least: float) -> None:
    rng = np.random.default_rng(count)
    held = tried = 0
    for _ in range(1500):
        y, room = classrooms(rng, count, 0.26)
        found = clustered_share(y, room.tolist())
        held += found.low <= 0.26 <= found.high
        tried += 1
    assert least <= held / tried <= 0.985, held / tried


def test_ratios_of_classrooms() -> None:
    rng = np.random.default_rng(5)
    held = tried = 0
    for _ in range(1200):
        one, two = classrooms(rng, 20, 0.4), classrooms(rng, 20, 0.2)
        y = np.concatenate([one[0], two[0]])
        room = np.concatenate([one[1], two[1] + 100])
        group = ["a"] * one[0].size + ["b"] * two[0].size
        found = ratio_of_shares(y, group, room.tolist(), first="a", second="b")
        if found.low is not None:
            tried += 1
            held += found.low <= 2 <= found.high
    assert tried > 1150
    assert 0.925 <= held / tried <= 0.985, held / tried


def test_absolute_agreement() -> None:
    rng = np.random.default_rng(6)
    truth = 1 / (1 + 0.3 + 0.7)
    held = 0
    for _ in range(2000):
        table = (
            rng.normal(size=(25, 1))
            + np.sqrt(0.3) * rng.normal(size=(1, 6))
            + np.sqrt(0.7) * rng.normal(size=(25, 6))
        )
        form = intraclass_correlations(table).form("ICC(A,1)")
        held += form.low <= truth <= form.high
    assert 0.935 <= held / 2000 <= 0.965, held / 2000


def test_krippendorffs_interval() -> None:
    """Against the value of 200,000 units; percentiles of resampled units are a little narrow."""

    def draw(rng: np.random.Generator, units: int) -> np.ndarray:
        truth = rng.integers(0, 3, units)
        said = np.where(rng.random((units, 3)) < 0.7, truth[:, None], rng.integers(0, 3, (units, 3)))
        return np.where(rng.random((units, 3)) < 0.15, np.nan, said)

    rng = np.random.default_rng(7)
    truth = krippendorff_alpha(draw(rng, 60_000)).value
    held = 0
    for _ in range(300):
        found = krippendorff_alpha(draw(rng, 60), rng=rng, resamples=400)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= truth <= found.high
    assert 0.90 <= held / 300 <= 0.985, held / 300


def test_generalizability_of_unbalanced_visits() -> None:
    """Components right on average, Φ's interval near its level, moments unbiased."""
    rng = np.random.default_rng(8)
    truth = {"person": 0.30, "rater": 0.10, "person:rater:visit": 0.20, "residual": 0.40}
    phi = 0.30 / (0.30 + (0.10 + 0.20 + 0.40) / 4)
    estimates, moments, held, tried = [], [], 0, 0
    for _ in range(250):
        person = np.repeat(np.arange(60), rng.integers(2, 6, 60))
        by = rng.integers(0, 12, person.size)
        visit = np.repeat(np.arange(person.size), 6)[rng.random(6 * person.size) < 0.85]
        score = (
            np.sqrt(0.3) * rng.normal(size=60)[person[visit]]
            + np.sqrt(0.1) * rng.normal(size=12)[by[visit]]
            + np.sqrt(0.2) * rng.normal(size=person.size)[visit]
            + np.sqrt(0.4) * rng.normal(size=visit.size)
        )
        study = g_study(
            {"person": person[visit], "rater": by[visit], "visit": visit, "score": score},
            facets=["rater", "visit"],
            nested={"visit": ("person", "rater")},
            components=list(truth)[:-1],
        )
        assert study.converged
        estimates.append([study.component(name).variance for name in truth])
        moments.append([study.component(name).moments for name in truth])
        found = decide(study, {"visit": 4, "rater": 1}, nested={"rater": "visit"})
        if found.phi.low is not None and found.phi.high is not None:
            tried += 1
            held += found.phi.low <= phi <= found.phi.high
    for values, slack in ((np.array(estimates), 0.005), (np.array(moments), 0.0)):
        error = values.std(axis=0) / np.sqrt(len(values))
        off = np.abs(values.mean(axis=0) - list(truth.values()))
        assert (off < 3 * error + slack).all(), off / error  # zero as the least value lifts REML's mean a little
    assert 0.90 <= held / tried <= 0.985, held / tried


def test_intervals_of_severity() -> None:
    rng = np.random.default_rng(9)
    held = tried = 0
    for _ in range(60):
        severity = 0.4 * rng.normal(size=15)
        person = np.repeat(np.arange(50), 4)
        rater = rng.integers(0, 15, person.size)
        score = rng.normal(size=50)[person] + severity[rater] + 0.6 * rng.normal(size=person.size)
        try:
            found = rater_severity({"teacher": person, "rater": rater, "score": score})
        except MeasurementError:
            continue
        for one in found.raters:
            tried += 1
            held += one.low <= severity[one.rater] <= one.high
    assert 0.92 <= held / tried <= 0.975, held / tried
