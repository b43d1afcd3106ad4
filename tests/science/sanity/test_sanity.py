"""Sanity checks: hand-computed evidence, the trap of a mislabelled field, and properties."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from fairlead.science.sanity import check_jump, check_measure, check_range, checks, correlate, known, named


def test_the_examples_run():
    assert doctest.testmod(checks).failed == 0


def test_every_measure_that_is_named_is_known_once():
    names = [name for measure in known().values() for name in measure.names]
    assert len(names) == len(set(names))
    assert named("Chronic_Absent ") == "chronic_absence"
    assert named("q_attendance") == "attendance"
    assert named("enrollment") == ""


def schools(n=200, seed=3):
    """Attendance by school, and the shares of students that go with it: chronic absence and its complement."""
    rng = np.random.default_rng(seed)
    attendance = rng.normal(0.91, 0.03, n).clip(0.75, 0.99)
    chronic = (4 * (1 - attendance) + rng.normal(0, 0.03, n)).clip(0, 10 * (1 - attendance)).clip(0, 1)
    return attendance, chronic


def test_the_true_field_passes_and_its_complement_is_caught():
    attendance, chronic = schools()
    true = check_measure("chronic_absence", chronic, {"attendance": attendance})
    assert (true.verdict, true.behaves_like) == ("ok", ())
    wrong = check_measure("chronic_absence", 1 - chronic, {"attendance": attendance})
    assert wrong.verdict == "broken"
    assert wrong.behaves_like == ("share_90plus_attendance",)
    assert {f.kind for f in wrong.findings if f.verdict == "broken"} == {"sign", "bound"}
    assert check_measure("share_90plus_attendance", 1 - chronic, {"attendance": attendance}).verdict == "ok"


def test_percent_are_recognised():
    attendance, chronic = schools()
    found = check_measure("chronic_absence", 100 * chronic, {"attendance": 100 * attendance})
    assert (found.verdict, found.scale) == ("ok", 100)


def test_a_witness_of_few_schools_says_nothing_and_that_is_a_doubt():
    attendance, chronic = schools(8)
    found = check_measure("chronic_absence", chronic, {"attendance": attendance})
    assert [(f.kind, f.verdict) for f in found.findings if f.kind == "few"] == [("few", "doubt")]
    assert found.verdict == "doubt"


def test_noise_is_a_doubt_and_not_broken():
    rng = np.random.default_rng(5)
    found = check_measure("chronic_absence", rng.uniform(0, 0.3, 100), {"attendance": rng.uniform(0.9, 0.95, 100)})
    assert [f.verdict for f in found.findings if f.kind == "sign"] == ["doubt"]


def test_an_attendance_rate_that_is_an_absence_rate():
    attendance, chronic = schools()
    found = check_measure("attendance", 1 - attendance, {"chronic_absence": chronic})
    assert found.verdict == "broken"
    assert [f.verdict for f in found.findings if f.kind == "usual"] == ["doubt"]


def test_values_that_cannot_be():
    assert check_range([0.5, -0.1, 1.2], 0, 1).n == 2
    found = check_measure("attendance", [0.9, 0.95, 1.3], {})
    assert (found.verdict, found.findings[0].n) == ("broken", 1)


@pytest.mark.parametrize(
    ("values", "verdict"), [([0.9, 0.8], "doubt"), ([0.9, 0.86], "ok"), ([0.9], "ok"), ([], "ok")]
)
def test_a_jump(values, verdict):
    assert check_jump(values, 0.06).verdict == verdict


numbers = arrays.arrays(np.float64, 30, elements=st.floats(-100, 100, width=16))


@settings(max_examples=150, deadline=None)
@given(numbers, numbers)
def test_a_correlation_is_scipys_and_does_not_care_for_units(x, y):
    found = correlate(x, y)
    assert -1 <= found.low <= found.r <= found.high <= 1
    assert correlate(y, x).r == pytest.approx(found.r)
    if found.known:
        assert found.r == pytest.approx(stats.pearsonr(x, y).statistic, abs=1e-9)
        assert correlate(3 * x + 7, y).r == pytest.approx(found.r, abs=1e-6)
        assert correlate(-x, y).r == pytest.approx(-found.r, abs=1e-9)
        if abs(found.r) < 0.999:
            theirs = stats.pearsonr(x, y).confidence_interval(0.999)
            assert (found.low, found.high) == (
                pytest.approx(theirs.low, abs=1e-6),
                pytest.approx(theirs.high, abs=1e-6),
            )


def test_arrays_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match="equally long"):
        correlate([1.0], [1.0, 2.0])
