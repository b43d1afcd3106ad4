"""A week by category, and own records beside a watcher's: counted by hand, and what must hold for any records."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.science.measurement import Block, MeasurementError, kappa, time_agreement, time_use

LENGTH = 240
BLOCKS = st.lists(
    st.builds(Block, st.integers(-30, LENGTH + 30), st.integers(1, 90), st.sampled_from(["a", "b", "c"])), max_size=8
)


def test_the_earlier_source_is_believed_and_what_overlaps_counts_once() -> None:
    typed, visits, lines = [Block(0, 60, "meetings")], [Block(45, 30, "classrooms")], [Block(70, 20, "operations")]
    found = time_use([typed, visits, lines], length=80)
    assert found.minutes == {"meetings": 60, "classrooms": 15, "operations": 5}
    assert (found.known, found.overlapping, found.outside) == (80, 20, 10)


def test_two_records_of_one_morning_by_hand() -> None:
    """Own: 60 minutes of meetings, 30 of classrooms. Watched: 40 meetings, 20 families, 30 classrooms, 30 own."""
    own = [Block(0, 60, "meetings"), Block(60, 30, "classrooms")]
    other = [Block(0, 40, "meetings"), Block(40, 20, "families"), Block(60, 30, "classrooms"), Block(100, 30, "own")]
    found = time_agreement(own, other, length=LENGTH)
    assert (found.both, found.only_own, found.only_other) == (90, 0, 30)
    assert found.exact == pytest.approx(70 / 90, abs=1e-12)
    # chance: meetings 60/90 x 40/90, classrooms 30/90 x 30/90
    chance = (60 * 40 + 30 * 30) / 90**2
    assert found.kappa == pytest.approx((70 / 90 - chance) / (1 - chance), abs=1e-12)
    assert found.missed == {"own": 30}
    assert found.differs == {("meetings", "families"): 20}
    assert found.found == pytest.approx(0.75)


def test_nothing_is_said_of_nothing() -> None:
    found = time_agreement([], [Block(0, 30, "own")], length=LENGTH)
    assert (found.exact, found.kappa, found.both) == (None, None, 0)
    assert found.found == 0.0
    assert time_agreement([], [], length=LENGTH).found is None
    one = time_agreement([Block(0, 30, "own")], [Block(0, 30, "own")], length=LENGTH)
    assert (one.exact, one.kappa) == (1.0, None), "one category throughout"


def test_what_is_no_time_is_refused() -> None:
    with pytest.raises(MeasurementError, match="positive length"):
        time_use([[Block(0, 0, "own")]], length=60)
    with pytest.raises(MeasurementError, match="length in minutes"):
        time_use([], length=0)


@given(BLOCKS, BLOCKS)
def test_every_minute_counts_once(first: list[Block], second: list[Block]) -> None:
    found = time_use([first, second], length=LENGTH)
    total = sum(block.minutes for block in (*first, *second))
    assert found.known + found.overlapping + found.outside == total
    assert found.known <= LENGTH
    alone = time_use([first], length=LENGTH)
    assert all(found.minutes.get(name, 0) >= n for name, n in alone.minutes.items()), "the trusted source is whole"


@given(BLOCKS, BLOCKS)
def test_who_is_whom_changes_nothing_but_the_sides(own: list[Block], other: list[Block]) -> None:
    one, two = time_agreement(own, other, length=LENGTH), time_agreement(other, own, length=LENGTH)
    assert (one.both, one.only_own, one.only_other) == (two.both, two.only_other, two.only_own)
    assert one.exact == two.exact
    assert (one.kappa is None) == (two.kappa is None)
    assert one.kappa is None or one.kappa == pytest.approx(two.kappa, abs=1e-12)
    assert one.own == two.other
    assert {(b, a): n for (a, b), n in one.differs.items()} == dict(two.differs)
    assert sum(one.missed.values()) == one.only_other


@given(BLOCKS)
def test_one_who_agrees_with_themself_agrees(blocks: list[Block]) -> None:
    found = time_agreement(blocks, blocks, length=LENGTH)
    assert (found.only_own, found.only_other, found.exact) == (0, 0, 1.0 if found.both else None)


def test_kappa_is_the_one_of_agreement() -> None:
    own, other = [Block(0, 20, "a"), Block(20, 20, "b")], [Block(0, 25, "a"), Block(25, 15, "b")]
    found = time_agreement(own, other, length=LENGTH)
    assert found.kappa == pytest.approx(kappa(["a"] * 20 + ["b"] * 20, ["a"] * 25 + ["b"] * 15).value, abs=1e-12)
