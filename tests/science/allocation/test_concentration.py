"""Concentration of minutes against need: known cases, bounds, and what must not change it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.science.allocation.concentration import concentration

amounts = st.lists(st.tuples(st.integers(0, 900), st.integers(1, 100)), min_size=2, max_size=12).filter(
    lambda rows: sum(m for m, _ in rows) > 0
)


def split(rows):
    return [m for m, _ in rows], [q for _, q in rows]


def by_trapezes(minutes, need):
    """The same index by the area under the curve, from the neediest down; needs without ties."""
    order = np.argsort(need)[::-1]
    curve = np.concatenate(([0], np.cumsum(np.array(minutes, float)[order]) / np.sum(minutes)))
    return 2 * float(np.trapezoid(curve, np.linspace(0, 1, len(curve)))) - 1


def test_all_minutes_to_the_neediest_is_the_upper_bound():
    assert concentration([0, 0, 0, 600], [1, 2, 3, 4]).index == pytest.approx(3 / 4)
    assert concentration([600, 0, 0, 0], [1, 2, 3, 4]).index == pytest.approx(-3 / 4)


def test_curve_starts_with_the_neediest():
    result = concentration([100, 300, 200], [10, 30, 20])
    assert result.curve_minutes == pytest.approx([0, 1 / 2, 5 / 6, 1])
    assert result.curve_schools == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert result.curve_asked == pytest.approx([0, 1 / 2, 5 / 6, 1])


def test_schools_with_the_same_need_make_one_step():
    result = concentration([100, 500], [10, 10])
    assert result.index == pytest.approx(0)
    assert result.curve_schools == pytest.approx([0, 1])


def test_ties_share_the_middle_of_their_places():
    # ranks 1/3, 1/3, 5/6; mean 1: 2/1 x 1/3 x (-1/3 - 1/3 + 2 x 5/6) = 2/3
    assert concentration([0, 0, 3], [1, 1, 2]).index == pytest.approx(2 / 3)


def test_what_each_school_gets_for_its_need():
    result = concentration([400, 200, 0], [20, 20, 0])
    assert result.ratio[:2] == pytest.approx([4 / 3, 2 / 3])
    assert result.minutes_per_asked[:2] == pytest.approx([20, 10])
    assert np.isnan(result.ratio[2])


def test_need_gives_the_order_and_asked_the_amounts():
    """Index points are no amounts: a school of 90 points does not ask for nine times the minutes of one of 10."""
    result = concentration([480, 240], [90, 10], asked=[480, 240])
    assert result.gap == pytest.approx(0)
    assert result.ratio == pytest.approx([1, 1])
    assert result.curve_minutes == pytest.approx([0, 2 / 3, 1])


def test_students_can_be_the_weights():
    """A school that counts twice is two schools."""
    doubled = concentration([300, 100], [2, 1], weights=[2, 1])
    written_out = concentration([300, 300, 100], [2, 2, 1])
    assert doubled.index == pytest.approx(written_out.index)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (([], []), "at least one number"),
        (([1, 2], [1]), "one value per school, 2; got 1"),
        (([1, -2], [1, 2]), "minutes: each value must be a finite number"),
        (([1, 2], [float("nan"), 2]), "need: each value"),
        (([0, 0], [1, 2]), "minutes: at least one value must be above 0"),
        (([1, 2], [1, 2], [1]), "asked: must have one value per school"),
        (([1, 2], [1, 2], None, [1]), "weights: must have one value per school"),
        (([1, 0], [1, 2], None, [0, 1]), "some school with a weight"),
    ],
)
def test_errors(arguments, says):
    with pytest.raises(ValueError, match=says):
        concentration(*arguments)


@given(st.lists(st.integers(0, 900), min_size=2, max_size=12).filter(any))
def test_equals_the_area_under_the_curve(minutes):
    need = list(range(1, len(minutes) + 1))
    assert concentration(minutes, need).index == pytest.approx(by_trapezes(minutes, need))


@given(amounts)
def test_bounds_and_shares(rows):
    minutes, need = split(rows)
    result = concentration(minutes, need)
    limit = (len(rows) - 1) / len(rows)
    assert -limit - 1e-9 <= result.index <= limit + 1e-9
    assert result.gap == pytest.approx(result.index - result.asked_index)
    assert float(np.nansum(result.ratio * result.asked_share)) == pytest.approx(1)


@given(amounts, st.floats(0.1, 50), st.randoms(use_true_random=False))
def test_units_and_order_do_not_matter(rows, factor, random):
    minutes, need = split(rows)
    straight = concentration(minutes, need).index
    random.shuffle(rows)
    moved, moved_need = split(rows)
    assert concentration([factor * m for m in moved], moved_need).index == pytest.approx(straight, abs=1e-9)


@given(st.lists(st.integers(1, 100), min_size=2, max_size=12), st.integers(1, 9))
def test_minutes_in_proportion_to_need_leave_no_gap(need, each):
    result = concentration([each * q for q in need], need)
    assert result.gap == pytest.approx(0, abs=1e-9)
    assert result.ratio == pytest.approx(np.ones(len(need)))


@given(amounts, st.data())
def test_moving_minutes_to_a_needier_school_raises_it(rows, data):
    minutes, need = split(rows)
    givers = [i for i, m in enumerate(minutes) if m > 0 and need[i] < max(need)]
    if not givers:
        return
    giver = data.draw(st.sampled_from(givers))
    taker = need.index(max(need))
    after = list(minutes)
    after[giver] -= 1
    after[taker] += 1
    assert concentration(after, need).index > concentration(minutes, need).index
