"""Chance in a review: equal chances, order of the list without weight, loads that differ by one, nobody twice."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest

from fairlead.apps.reviews import sampling
from fairlead.apps.reviews.sampling import Classroom

FRAME = [Classroom(pk, 1 + pk % 3, pk % 2, 100 + pk) for pk in range(1, 43)]
DAYS = [date(2026, 9, 1) + timedelta(days=i) for i in range(20)]


def test_the_draw_takes_as_many_as_planned_of_each_school_and_grade() -> None:
    drawn = sampling.classrooms(FRAME, 2, "seed")
    strata = Counter((one.classroom.organization_id, one.classroom.grade) for one in drawn)
    assert len(strata) == 6
    assert set(strata.values()) == {2}
    assert {one.chance for one in drawn} == {2 / 7}


def test_it_depends_on_the_seed_and_not_on_the_order_of_the_list() -> None:
    one = sampling.classrooms(FRAME, 2, "seed")
    assert sampling.classrooms(FRAME[::-1], 2, "seed") == one
    assert sampling.classrooms(FRAME, 2, "another") != one


def test_a_stratum_that_is_smaller_is_taken_whole() -> None:
    drawn = sampling.classrooms(FRAME, 9, "seed")
    assert len(drawn) == len(FRAME)
    assert {one.chance for one in drawn} == {1.0}


def test_over_many_seeds_each_classroom_is_drawn_as_often_as_its_chance_says() -> None:
    frame = FRAME[:7]
    drawn = Counter(
        one.classroom.section_id
        for seed in range(400)
        for one in sampling.classrooms([Classroom(c.section_id, 1, 3, None) for c in frame], 2, str(seed))
    )
    assert sum(drawn.values()) == 800
    # Binomial(400, 2/7): mean 114, standard deviation 9; the seven seldom leave four of them
    assert all(78 <= n <= 150 for n in drawn.values())


def test_days_are_an_order_of_all_days() -> None:
    order = sampling.day_order(7, DAYS, "seed")
    assert sorted(order) == DAYS
    assert order != DAYS
    assert sampling.day_order(7, DAYS[::-1], "seed") == order
    assert sampling.day_order(8, DAYS, "seed") != order


def test_weights_are_one_by_chance() -> None:
    assert sampling.weight(2 / 7, 20, 4) == pytest.approx(3.5 * 5)


HOMES = {1: 10, 2: 20, 3: 99, 4: 99, 5: 99}


def test_a_deal_is_balanced_and_leaves_ones_own_school_out() -> None:
    pieces = {pk: 10 + 10 * (pk % 2) for pk in range(1, 31)}
    dealt = sampling.deal(pieces, HOMES, "seed")
    assert all(len(set(people)) == 3 for people in dealt.values())
    assert all(HOMES[person] != pieces[pk] for pk, people in dealt.items() for person in people)
    judging = Counter(person for people in dealt.values() for person in people[:2])
    assert sum(judging.values()) == 60
    assert max(judging.values()) - min(judging.values()) <= 2
    assert sampling.deal(dict(reversed(pieces.items())), HOMES, "seed") == dealt


def test_where_nobody_else_is_left_ones_own_school_is_dealt() -> None:
    dealt = sampling.deal({1: 10}, {1: 10, 2: 10, 3: 20}, "seed")
    assert sorted(dealt[1]) == [1, 2, 3]
    assert 3 in dealt[1][:2]


def test_a_later_deal_makes_up_for_the_former() -> None:
    dealt = sampling.deal({1: 10}, {1: 5, 2: 5, 3: 5}, "seed", load={1: 9})
    assert set(dealt[1][:2]) == {2, 3}


def test_two_are_too_few() -> None:
    with pytest.raises(ValueError, match="three people"):
        sampling.deal({1: 1}, {1: 1, 2: 1}, "seed")


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ({"of": 3, "b": 1}, {"of": 4, "b": 2}, []),
        ({"of": 2, "b": 1}, {"of": 3, "b": 1}, ["of"]),  # one level apart, and on the two sides of the line
        ({"of": 1, "b": 1}, {"of": 2, "b": 3}, ["b"]),
        ({"of": 1}, {"of": 4, "b": 3}, ["of"]),
    ],
)
def test_what_a_third_decides(first: dict[str, int], second: dict[str, int], found: list[str]) -> None:
    assert sampling.differ(first, second, "of", 3) == found
