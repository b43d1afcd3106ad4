"""Structural, new and occasional lateness: hand-computed numbers, and properties that must hold for any record."""

from __future__ import annotations

import dataclasses
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from fairlead.science.attendance import KINDS, in_force, lateness, lateness_rules
from fairlead.science.proportion import wilson

RULE = lateness_rules()[0]


def one(late, recent_from):
    late = np.asarray(late, bool)
    return lateness(np.zeros(late.size, int), late, np.arange(late.size) >= recent_from, RULE)


def test_intervals_are_wilsons_over_effective_days():
    """Late on days 0-4 of 40, the last ten recent: around 5/30 and 0, lag one is (4 · 25 − 5 + 24) / (5 · 25 + 25 · 1)."""
    found = one([True] * 5 + [False] * 35, 30)
    correlation = 119 / 150
    assert found.autocorrelation == pytest.approx(correlation)
    n = 40 * (1 - correlation) / (1 + correlation)
    same = wilson(0.125 * n, n)
    assert (found.low[0], found.high[0]) == (pytest.approx(same.low), pytest.approx(same.high))


def test_the_p_value_is_fishers():
    """Alternate lateness has no positive autocorrelation, so days count whole: 3 of 10 lately, 0 of 20 before."""
    late = np.zeros(30, bool)
    late[[21, 24, 27]] = True
    late_twin = np.zeros(30, bool)
    late_twin[::2] = True  # a second unit whose negative correlation keeps the pooled one at zero
    unit = np.repeat([0, 1], 30)
    found = lateness(unit, np.concatenate([late, late_twin]), np.tile(np.arange(30) >= 20, 2), RULE)
    assert found.effective == 1
    assert found.p_value[0] == pytest.approx(comb(10, 3) / comb(30, 3))


def test_what_was_structural_before_is_not_new():
    late = np.ones(60, bool)
    late[[3, 9, 15, 22, 30]] = False  # none lately: a rise that is no news
    found = one(late, 40)
    assert (found.kind[0], np.isnan(found.p_value[0])) == ("structural", True)


def test_few_days_get_no_verdict():
    assert one([True] * 19, 10).kind[0] == "too_few"
    assert one([True] * 20, 10).kind[0] == "structural"


def test_a_small_rise_is_not_new_however_sure():
    late = np.concatenate([np.arange(2000) % 50 == 0, np.arange(2000) % 11 == 0])
    found = one(late, 2000)
    assert found.p_value[0] < 1e-6
    assert found.kind[0] == "occasional"


def test_chance_alone_is_seldom_called_new():
    """A thousand schools without any change: the false discovery rate keeps nearly all of them out."""
    rng = np.random.default_rng(1)
    unit = np.repeat(np.arange(1000), 100)
    late = rng.random(unit.size) < np.repeat(rng.beta(1, 12, 1000), 100)
    found = lateness(unit, late, np.tile(np.arange(100) >= 80, 1000), RULE)
    assert found.tested == 1000
    assert found.count("new") <= 1


def test_a_change_is_found_among_many():
    rng = np.random.default_rng(2)
    unit = np.repeat(np.arange(500), 100)
    day = np.tile(np.arange(100), 500)
    chance = np.where((unit < 20) & (day >= 80), 0.7, 0.03)
    found = lateness(unit, rng.random(unit.size) < chance, day >= 80, RULE)
    assert (found.kind[:20] == "new").all()
    assert (found.kind[20:] == "new").sum() <= 2


records = st.integers(1, 6).flatmap(
    lambda units: st.integers(1, 60).flatmap(
        lambda n: st.tuples(
            arrays.arrays(np.int64, n, elements=st.integers(0, units - 1)),
            arrays.arrays(bool, n),
            arrays.arrays(bool, n),
        )
    )
)


@settings(max_examples=150, deadline=None)
@given(records)
def test_counts_and_intervals_hold_for_any_record(record):
    unit, late, recent = record
    found = lateness(unit, late, recent, RULE, units=7)
    assert found.expected.sum() == unit.size
    assert found.late.sum() == late.sum()
    assert sum(found.count(kind) for kind in KINDS) == 7
    there = found.expected > 0
    assert (found.low[there] <= found.share[there] + 1e-12).all()
    assert (found.share[there] <= found.high[there] + 1e-12).all()
    assert ((found.shrunk[there] >= 0) & (found.shrunk[there] <= 1)).all()
    tested = found.p_value[~np.isnan(found.p_value)]
    assert ((tested >= 0) & (tested <= 1)).all()
    assert (found.kind[found.expected < RULE.min_expected] == "too_few").all()


@settings(max_examples=60, deadline=None)
@given(records, st.randoms(use_true_random=False))
def test_units_may_come_in_any_order(record, random):
    """Only the order within a unit matters."""
    unit, late, recent = record
    order = sorted(range(unit.size), key=lambda i: unit[i])
    together = lateness(unit, late, recent, RULE)
    apart = lateness(unit[order], late[order], recent[order], RULE)
    for name in ("expected", "late", "low", "high", "shrunk"):
        np.testing.assert_allclose(getattr(together, name), getattr(apart, name))


@pytest.mark.parametrize(
    ("unit", "late", "recent", "says"),
    [([0, 0], [True], [True, False], "equally long"), ([-1], [True], [True], "numbered from 0")],
)
def test_impossible_input_is_refused(unit, late, recent, says):
    with pytest.raises(ValueError, match=says):
        lateness(unit, late, recent, RULE)


def test_a_rule_says_where_it_comes_from():
    from datetime import date

    rule = in_force(lateness_rules(), "late-or-missing", date(2016, 1, 1))
    assert rule.about.provisional, "lines that we drew ourselves are provisional"
    assert rule.about.source
    with pytest.raises(LookupError, match="late-or-missing"):
        in_force(lateness_rules(), "california", date(2016, 1, 1))
    assert dataclasses.is_dataclass(rule)
