"""The time until something happens, beside a published trial and R's survival, and what must hold of any."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.science.measurement import MeasurementError, time_until

# Weeks in remission: Freireich et al. (1963), as printed by Cox & Oakes (1984), table 1.1; medians there: 23 and 8.
DRUG = [6, 6, 6, 7, 10, 13, 16, 22, 23]
DRUG_OPEN = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def test_the_published_medians() -> None:
    drug = time_until([*DRUG, *DRUG_OPEN], [True] * len(DRUG) + [False] * len(DRUG_OPEN))
    placebo = time_until(PLACEBO, [True] * len(PLACEBO))
    assert (drug.median, drug.count, drug.happened, drug.open) == (23, 21, 9, 12)
    assert (placebo.median, placebo.open) == (8, 0)
    assert time_until(DRUG, [True] * len(DRUG)).median == 10, "the open ones left out: less than half as long"


def test_as_r_survival_answers() -> None:
    """`summary(survfit(Surv(t, e) ~ 1))$table["median"]`, survival 3.5-3: 2.5, 3.5, NA, 3."""
    assert time_until([1, 2, 3, 9], [True, True, True, False]).median == 2.5
    assert time_until([1, 2, 3, 4, 5, 6], [True] * 6).median == 3.5
    assert time_until([1, 5, 5], [True, False, False]).median is None
    assert time_until([1, 2, 2, 3, 4, 4], [True, False, True, True, False, True]).median == 3


def test_nothing_and_nobody_done() -> None:
    assert time_until([], []).median is None
    assert time_until([4.0, 7.0], [False, False]) == time_until([7.0, 4.0], [False, False])
    assert time_until([4.0, 7.0], [False, False]).longest == 7.0


@pytest.mark.parametrize("waited", [[-1.0], [float("nan")], [float("inf")], [1.0, 2.0]])
def test_what_cannot_be_is_refused(waited: list[float]) -> None:
    with pytest.raises(MeasurementError, match="time_until"):
        time_until(waited, [True])


ROWS = st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=40)


@given(ROWS)
def test_order_and_unit_do_not_matter(rows: list[tuple[int, bool]]) -> None:
    found = time_until([t for t, _ in rows], [h for _, h in rows])
    shuffled = sorted(rows, key=lambda row: (row[1], -row[0]))
    again = time_until([t * 4.0 for t, _ in shuffled], [h for _, h in shuffled])
    assert (again.median is None) == (found.median is None)
    assert again.median is None or found.median is None or again.median == found.median * 4
    assert again.happened == found.happened


@given(ROWS)
def test_waiting_longer_for_an_open_one_never_shortens_it(rows: list[tuple[int, bool]]) -> None:
    before = time_until([t for t, _ in rows], [h for _, h in rows]).median
    after = time_until([t if h else t + 5 for t, h in rows], [h for _, h in rows]).median
    assert before is None or after is None or after >= before


@given(st.lists(st.integers(0, 30), min_size=1, max_size=40))
def test_with_nothing_open_it_is_the_median(times: list[int]) -> None:
    from statistics import median

    assert time_until(times, [True] * len(times)).median == median(times)
