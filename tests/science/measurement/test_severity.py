"""Raters' severity and drift: recovery of what was put in, shrinkage by its formula, and what cannot be told."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from fairlead.science.measurement import MeasurementError, rater_drift, rater_severity
from tests.science.measurement import battery

TRUE = np.array([-0.6, -0.2, 0.0, 0.1, 0.3, 0.5])


def visits(seed: int = 1, teachers: int = 80, severity: np.ndarray = TRUE) -> pl.DataFrame:
    """Each teacher is visited four times by raters drawn at random, six items each."""
    rng = np.random.default_rng(seed)
    teacher = np.repeat(np.arange(teachers), 4)
    rater = rng.integers(0, severity.size, teacher.size)
    rows = np.repeat(np.arange(teacher.size), 6)
    good, day = rng.normal(size=teachers), 0.5 * rng.normal(size=teacher.size)
    score = 3 + good[teacher[rows]] + severity[rater[rows]] + day[rows] + 0.7 * rng.normal(size=rows.size)
    item = np.tile(np.arange(6), teacher.size)
    columns = {"teacher": teacher[rows], "rater": rater[rows], "visit": rows, "item": item, "score": score}
    return pl.DataFrame(columns).with_columns(rater=pl.format("rater {}", "rater"))


def test_severity_is_recovered_with_what_is_behind_it() -> None:
    data = visits(teachers=50)
    found = rater_severity(data, visit="visit")
    assert [one.effect for one in found.raters] == sorted(one.effect for one in found.raters)
    truth = dict(zip((f"rater {i}" for i in range(6)), TRUE - TRUE.mean(), strict=True))
    off = np.array([(one.effect - truth[one.rater]) / one.se for one in found.raters])
    assert np.abs(off).max() < 3  # of six, within three errors
    assert found.sd == pytest.approx(TRUE.std(ddof=1), rel=0.35)
    assert found.sets == 1
    counts = data.group_by("rater").agg(pl.col("visit").n_unique(), pl.len(), pl.col("teacher").n_unique())
    for one in found.raters:
        row = counts.filter(pl.col("rater") == one.rater).row(0)
        assert (one.visits, one.ratings, one.objects) == row[1:]
        assert one.low < one.effect < one.high


def test_little_behind_it_draws_it_to_zero() -> None:
    """With one rating a teacher and rater in a complete table, the prediction is the mean's distance × σ² ÷ (σ² + σ²e ÷ n)."""
    rng = np.random.default_rng(4)
    table = 3 + rng.normal(size=(30, 1)) + 0.5 * rng.normal(size=(1, 5)) + 0.8 * rng.normal(size=(30, 5))
    data = {"teacher": np.repeat(np.arange(30), 5), "rater": np.tile(np.arange(5), 30), "score": table.ravel()}
    found = rater_severity(data)
    variance, error = found.study.component("rater").variance, found.study.component("residual").variance
    factor = variance / (variance + error / 30)
    raw = table.mean(axis=0) - table.mean()
    for one in found.raters:
        assert one.effect == pytest.approx(factor * raw[one.rater], abs=1e-6)
        assert one.visits == 30
        assert one.reliability == pytest.approx(1 - one.se**2 / variance)
        # one's own error, and that of the mean of five raters
        assert one.se**2 == pytest.approx(variance * (1 - factor) + (variance * factor) / 5, rel=0.02)


def test_a_residual_below_zero_by_moments_is_no_beginning_far_out() -> None:
    """Sorted teachers, one rater at the weakest: the residual's moment is negative, and the search began at a ratio of 1e11."""
    rng = np.random.default_rng(12)
    true = np.sort(rng.normal(2.5, 0.7, 60))
    pairs = [(0, 1 + n % 3) if n < 20 else ((1, 2), (1, 3), (2, 3))[n % 3] for n in range(60)]
    rows = [
        (n, rater, true[n] + (0.6 if rater == 3 else 0.0) + rng.normal(0, 0.35))
        for n, both in enumerate(pairs)
        for rater in both
    ]
    teacher, rater, score = (np.array(column) for column in zip(*rows, strict=True))
    found = rater_severity({"teacher": teacher, "rater": rater, "score": score})
    assert found.study.converged
    assert found.study.component("residual").moments < 0
    assert found.study.component("residual").variance == pytest.approx(
        0.35**2, rel=0.35
    )  # 60 degrees of freedom: ±0.35
    assert 0.1 < found.sd < 0.8, "0.3 by how it was made; four raters say little"
    lenient = found.raters[-1]
    assert (lenient.rater, lenient.low > 0) == (3, True)


def test_raters_who_rated_nobody_in_common_are_told() -> None:
    one = visits(seed=2, teachers=20, severity=TRUE[:3])
    two = visits(seed=3, teachers=20, severity=TRUE[:3])
    two = two.with_columns(pl.col("teacher") + 100, pl.col("visit") + 10_000, rater=pl.col("rater") + "b")
    found = rater_severity(pl.concat([one, two]), visit="visit")
    assert found.sets == 2
    assert len({rater.set for rater in found.raters}) == 2
    assert any("2 sets that rated nobody in common" in warning for warning in found.warnings)


def months(seed: int, drift: float) -> pl.DataFrame:
    """Two raters at each visit, six raters, five months; `drift` is the spread of their shifts."""
    rng = np.random.default_rng(seed)
    shifts = drift * rng.normal(size=(6, 5))
    rows = []
    for teacher in range(60):
        good = rng.normal()
        for month in range(5):
            now = good + 0.1 * month + 0.3 * rng.normal()
            for rater in rng.choice(6, 2, replace=False):
                for _ in range(3):
                    score = now + 0.4 * TRUE[rater] + shifts[rater, month] + 0.6 * rng.normal()
                    rows.append((teacher, f"r{rater}", month, score))
    return pl.DataFrame(rows, schema=["teacher", "rater", "month", "score"], orient="row")


def test_drift_is_found_where_it_is() -> None:
    found = rater_drift(months(1, 0.4), period="month")
    assert found.p < 1e-6
    assert found.sd == pytest.approx(0.4, abs=0.15)  # 30 shifts tell it to about 0.06
    assert found.beyond > 3 * found.expected
    assert len(found.shifts) == 30


def test_no_drift_is_not_found() -> None:
    found = rater_drift(months(2, 0.0), period="month")
    assert found.p > 0.01
    assert found.beyond <= found.expected + 3
    assert found.sd < 0.12


def test_drift_needs_raters_who_come_again() -> None:
    data = visits().with_columns(month=pl.col("rater"))
    with pytest.raises(MeasurementError, match="cannot be told from other differences"):
        rater_drift(data, period="month")


def _fit(rows: pl.DataFrame) -> tuple[float, ...]:
    found = rater_severity(rows, visit="visit")
    return (found.share, *sorted(one.reliability for one in found.raters))


SUBJECTS = {
    "severity": battery.Subject(
        rows=lambda: visits(teachers=25),
        fit=_fit,
        labels=("teacher", "rater"),
        scored="score",
        tolerance=1e-5,
        broken={
            "one rater": lambda rows: rows.with_columns(rater=pl.lit("x")),
            "all equal": lambda rows: rows.with_columns(score=pl.lit(3.0)),
            "all missing": lambda rows: rows.with_columns(score=pl.lit(None, dtype=pl.Float64)),
            "a rater each": lambda rows: rows.with_columns(rater=pl.col("teacher")),
        },
    )
}


@pytest.mark.parametrize(("name", "check"), battery.checks(SUBJECTS))
def test_battery(name: str, check: str) -> None:
    battery.run(SUBJECTS[name], check)
