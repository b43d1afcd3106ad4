"""How soon students were back: by hand, against the median of complete data, and against SciPy's product-limit estimate."""

from __future__ import annotations

import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import CensoredData, ecdf

from fairlead.science.returns import Returns, returns

ABSENCES = st.lists(st.tuples(st.one_of(st.none(), st.integers(1, 40)), st.integers(0, 40)), max_size=60)


def test_by_hand() -> None:
    # Nine absences. Seven returned: after 1, 1, 1, 2, 3, 5 and 9 days. Two are not back: after 0 and after 4 days.
    found = returns([1, 1, 1, 2, 3, 5, 9, None, None], [9] * 7 + [0, 4])
    # Not yet back after day 1: 8 at risk (the one not waited for a day tells nothing), 3 back: 5/8 = 0.625.
    # After day 2: 5 at risk, 1 back: 0.625 x 4/5 = 0.5. The median is 2.
    assert found == Returns(9, 3, 1, 2, 1, 2, 2)
    assert found.returned == 7


def test_nobody_back_has_no_median() -> None:
    assert returns([None, None, None], [1, 2, 3]) == Returns(3, 0, 0, 0, 0, 3, None)
    assert returns([], []) == Returns(0, 0, 0, 0, 0, 0, None)


def test_fewer_than_half_back_has_no_median_and_half_has_one() -> None:
    assert returns([4, None, None], [4, 9, 9]).median is None
    assert returns([4, 4, None, None], [4, 4, 9, 9]).median == 4, "a half is a half, whatever the last bit says"


@pytest.mark.parametrize(
    ("days", "followed"),
    [([1], []), ([0], [3]), ([-1], [3]), ([None], [-1])],
    ids=["lengths", "0", "-1", "waited -1"],
)
def test_what_cannot_be(days: list[int | None], followed: list[int]) -> None:
    with pytest.raises(ValueError, match=r"absences, but|school day or more"):
        returns(days, followed)


@given(ABSENCES)
def test_every_absence_is_counted_once(rows: list[tuple[int | None, int]]) -> None:
    found = returns([d for d, _ in rows], [f for _, f in rows])
    assert found.absences == len(rows)
    assert found.within_1 + found.within_2 + found.within_3_to_5 + found.later + found.not_yet == found.absences


@given(ABSENCES, st.randoms(use_true_random=False))
def test_order_does_not_matter(rows: list[tuple[int | None, int]], random: object) -> None:
    mixed = list(rows)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert returns([d for d, _ in rows], [f for _, f in rows]) == returns(
        [d for d, _ in mixed], [f for _, f in mixed]
    )


@given(st.lists(st.integers(1, 40), min_size=1, max_size=60))
def test_where_all_are_back_it_is_the_lower_median(days: list[int]) -> None:
    assert returns(days, days).median == statistics.median_low(days)


@given(ABSENCES.filter(lambda rows: any(d is not None for d, _ in rows)))
def test_the_median_is_scipy_s(rows: list[tuple[int | None, int]]) -> None:
    found = returns([d for d, _ in rows], [f for _, f in rows])
    back = [d for d, _ in rows if d is not None]
    waited = [f for d, f in rows if d is None]
    curve = ecdf(CensoredData(uncensored=back, right=waited)).sf
    # SciPy multiplies floating fractions: 1e-9 tells a half that is one from a half that its last bits miss.
    half = np.flatnonzero(curve.probabilities <= 0.5 + 1e-9)
    assert found.median == (int(curve.quantiles[half[0]]) if len(half) else None)


@given(ABSENCES)
def test_waiting_longer_without_a_return_never_shortens_the_median(rows: list[tuple[int | None, int]]) -> None:
    days, followed = [d for d, _ in rows], [f for _, f in rows]
    before = returns(days, followed).median
    after = returns(days, [f + 50 for f in followed]).median
    assert after is None or (before is not None and after >= before)


def test_the_example_is_true() -> None:
    import doctest

    from fairlead.science import returns as module

    assert doctest.testmod(module) == doctest.TestResults(failed=0, attempted=2)
