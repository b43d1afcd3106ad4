"""Chronic absence, triggers and daily attendance: numbers by hand from the published rules, and properties."""

from __future__ import annotations

import doctest
from datetime import date
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.science.attendance import (
    chronic,
    chronic_absence,
    chronic_rules,
    daily_attendance,
    early_triggers,
    in_force,
    lateness_rules,
    submission,
    trigger_rules,
)

CALIFORNIA = in_force(chronic_rules(), "california", date(2019, 1, 1))
TEN = in_force(chronic_rules(), "ten-percent", date(2019, 1, 1))
TRIGGERS = in_force(trigger_rules(), "attendance-works", date(2019, 1, 1))


@pytest.mark.parametrize("module", [chronic, submission])
def test_the_examples_run(module):
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("expected", "absent", "counted", "is_chronic"),
    [
        (180, 18, True, True),  # a tenth of the year
        (180, 17, True, False),
        (31, 4, True, True),  # "three schools for 31 days each, four days missed at each": chronic at each
        (31, 3, True, False),
        (30, 30, False, False),  # 30 days are not more than 30
        (70, 7, True, True),  # 0.1 x 70 is 7.000000000000001 in floats
    ],
)
def test_californias_rule(expected, absent, counted, is_chronic):
    found = chronic_absence([expected], [expected], [absent], CALIFORNIA)
    assert (found.counted, found.chronic, found.too_few_days) == (int(counted), int(is_chronic), int(not counted))


def test_the_plain_rule_asks_for_ten_days_and_divides_by_days_with_a_mark():
    found = chronic_absence([12, 12, 9], [10, 11, 9], [1, 1, 9], TEN)
    assert (found.counted, found.chronic, found.too_few_days) == (2, 1, 1)


def test_missing_rolls_are_counted_and_bound_the_answer():
    """Forty days expected, six without a roll: three absences may be three or nine."""
    found = chronic_absence([40, 40], [34, 0], [3, 0], CALIFORNIA)
    assert (found.students, found.counted, found.no_mark) == (2, 1, 1)
    assert (found.at_least, found.chronic, found.at_most) == (0, 0, 1)
    assert (found.not_submitted_days, found.coverage) == (6, 0.85)


def test_a_rule_that_was_not_read_at_its_source_is_provisional():
    assert not chronic_absence([40], [40], [4], CALIFORNIA).provisional
    assert chronic_absence([40], [40], [4], TEN).provisional
    assert all(rule.about.source_url.startswith("https://") for rule in (*chronic_rules(), *trigger_rules()))
    for rule in (*chronic_rules(), *trigger_rules(), *lateness_rules()):
        assert rule.about.said("meaning", "es") != rule.about.said("meaning", "en")


@pytest.mark.parametrize(
    ("absent", "tier"),
    [
        ([1], 1),
        ([2], 2),  # two in the first month
        ([1, 2], 1),  # three by the second
        ([1, 3], 2),  # four by the second
        ([2, 1], 2),  # the first month had called already; a month that turns takes nobody off the list
        ([2, 1, 2], 1),  # five by the third: below its line, and the second's
        ([2, 1, 3], 2),
        ([2, 2, 2, 1], 2),  # seven by the fourth, which asks for eight: the third had called
        ([1, 1, 1, 5], 2),  # eight by the fourth
        ([4], 3),  # a fifth of twenty days
        ([0, 8], 3),
    ],
)
def test_the_triggers_of_attendance_works(absent, tier):
    days = [[20] * len(absent)]
    assert early_triggers(days, days, [absent], TRIGGERS).tier.tolist() == [tier]


def test_a_running_month_and_a_student_without_marks():
    found = early_triggers([[20, 3], [5, 0], [7, 0]], [[20, 3], [5, 0], [0, 0]], [[1, 0], [2, 0], [0, 0]], TRIGGERS)
    assert found.tier.tolist() == [1, 2, 0]
    assert found.months.tolist() == [2, 1, 1]
    assert found.line.tolist() == [4, 2, 2]
    assert (found.unknown, found.tier_1, found.tier_2, found.tier_3) == (1, 1, 1, 0)


def test_one_absence_in_the_first_week_is_no_fifth_of_anything():
    assert early_triggers([[5]], [[5]], [[1]], TRIGGERS).tier.tolist() == [1]
    assert early_triggers([[11]], [[11]], [[3]], TRIGGERS).tier.tolist() == [3]


def test_the_average_hides_chronic_absence():
    """The demonstration of the page: equal averages, 0 and 20 % chronically absent."""
    days = np.full(20, 180)
    evenly, few = np.full(20, 9), np.repeat([0, 45], [16, 4])
    assert daily_attendance(days, days, evenly).share == daily_attendance(days, days, few).share == 0.95
    assert chronic_absence(days, days, evenly, CALIFORNIA).chronic == 0
    assert chronic_absence(days, days, few, CALIFORNIA).share.value == 0.2


students = st.lists(
    st.tuples(st.integers(0, 200), st.integers(0, 200), st.integers(0, 200)).map(sorted), min_size=0, max_size=40
)


@settings(max_examples=200, deadline=None)
@given(students)
def test_nobody_is_lost_and_the_bounds_hold(drawn):
    absent, marked, expected = np.array(drawn, np.int64).reshape(-1, 3).T
    for rule in (CALIFORNIA, TEN):
        found = chronic_absence(expected, marked, absent, rule)
        assert found.students == found.counted + found.too_few_days + found.no_mark
        assert found.at_least <= found.chronic <= found.at_most <= found.counted
        assert found.marked_days + found.not_submitted_days == found.expected_days
        base = expected if rule.of == "expected" else marked
        by_hand = [
            e >= rule.min_expected and m > 0 and Fraction(int(a)) >= Fraction(1, 10) * int(b)
            for e, m, a, b in zip(expected, marked, absent, base, strict=True)
        ]
        assert found.is_chronic.tolist() == by_hand


@settings(max_examples=100, deadline=None)
@given(students)
def test_chronic_students_alone_bring_the_average_down(drawn):
    """Markov: a share c of chronically absent students costs at least a tenth of c of the days they were expected."""
    absent, _, expected = np.array(drawn, np.int64).reshape(-1, 3).T
    full = np.full(expected.shape, 100)
    part = np.minimum(absent, 100)
    found = chronic_absence(full, full, part, CALIFORNIA)
    average = daily_attendance(full, full, part).share
    if average is not None:
        assert found.share.value <= 10 * (1 - average) + 1e-12


@pytest.mark.parametrize("days", [([1], [2], [0]), ([2], [1], [2]), ([2], [2], [-1])])
def test_impossible_days_are_refused(days):
    with pytest.raises(ValueError, match="0 <= absent <= marked <= expected"):
        chronic_absence(*days, CALIFORNIA)
    with pytest.raises(ValueError, match="equally long"):
        daily_attendance([1, 2], [1], [0])
