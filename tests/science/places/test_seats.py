"""Properties of the seat arithmetic, on generated cities."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.science.places import (
    NOT_QUALITY,
    NOT_RATED,
    QUALITY,
    Condition,
    cost_per_seat,
    offer_lattice,
    rate_schools,
    seat_lattice,
    seats,
    service_gap,
    service_level,
)

RULE = [Condition("math", at_least=0.0), Condition("absent", at_most=0.15)]
ratings = st.sampled_from([QUALITY, NOT_QUALITY, NOT_RATED])
numbers = st.one_of(st.just(float("nan")), st.floats(-200, 200))


def cities():
    school = st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 900), ratings)
    children = st.lists(st.lists(st.integers(0, 3000), min_size=3, max_size=3), min_size=4, max_size=4)
    return st.tuples(st.lists(school, max_size=30), children)


def lattice_of(city):
    schools, children = city
    columns = np.array(schools, dtype=int).reshape(-1, 4).T
    return seat_lattice(*columns, children)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=40))
def test_missing_is_never_low_and_never_quality(rows):
    results = {"math": [r[0] for r in rows], "absent": [r[1] for r in rows]}
    rating = rate_schools(results, RULE)
    missing = np.isnan(np.array(rows)).any(axis=1)
    assert ((rating == NOT_RATED) == missing).all()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(-200, 200), st.floats(0, 1)), min_size=1, max_size=40))
def test_a_stricter_rule_never_finds_more_quality(rows):
    results = {"math": [r[0] for r in rows], "absent": [r[1] for r in rows]}
    loose = rate_schools(results, RULE)
    strict = rate_schools(results, [Condition("math", at_least=10.0), Condition("absent", at_most=0.10)])
    assert not ((strict == QUALITY) & (loose != QUALITY)).any()


def test_bounds_are_included():
    assert rate_schools({"math": [0.0], "absent": [0.15]}, RULE).tolist() == [QUALITY]
    assert rate_schools({"math": [-0.1], "absent": [0.15]}, RULE).tolist() == [NOT_QUALITY]


def test_a_column_nobody_has_leaves_every_school_unrated():
    assert rate_schools({"math": [50.0, 60.0]}, RULE).tolist() == [NOT_RATED, NOT_RATED]


@settings(max_examples=60, deadline=None)
@given(cities())
def test_every_seat_is_counted_exactly_once(city):
    schools, _ = city
    lattice = lattice_of(city)
    low = sum(s[2] for s in schools if s[3] == NOT_QUALITY)
    assert lattice.seats.sum() == lattice.quality.sum() + lattice.not_rated.sum() + low
    assert lattice.seats.sum() == sum(s[2] for s in schools)


@settings(max_examples=60, deadline=None)
@given(cities())
def test_the_gap_adds_up_over_bands_and_places(city):
    lattice = lattice_of(city)
    whole = service_gap(lattice.children.sum(), lattice.quality.sum())
    assert lattice.gap.sum(axis=1).sum() == whole
    assert lattice.gap.sum(axis=0).sum() == whole


@settings(max_examples=60, deadline=None)
@given(cities())
def test_unrated_seats_bound_the_gap(city):
    """Whatever the unrated schools turn out to be, the gap ends up between its two bounds."""
    schools, children = city
    lattice = lattice_of(city)
    for verdict in (QUALITY, NOT_QUALITY):
        settled = [(p, b, n, verdict if r == NOT_RATED else r) for p, b, n, r in schools]
        gap = lattice_of((settled, children)).gap
        assert (lattice.gap_at_best <= gap).all()
        assert (gap <= lattice.gap).all()


def test_children_nobody_counted_give_no_gap():
    lattice = seat_lattice([0], [0], [100], [QUALITY], [[np.nan, 50.0]])
    assert np.isnan(lattice.gap[0, 0])
    assert lattice.gap[0, 1] == 50


def test_service_level_has_no_value_without_children():
    level = service_level([[0.0, 200.0, np.nan]], [[10, 50, 10]])
    assert np.isnan(level[0, 0])
    assert level[0, 1] == 0.25
    assert np.isnan(level[0, 2])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 50), st.integers(0, 50), ratings), max_size=60))
def test_offers_add_up_whatever_the_rating(rows):
    columns = np.array(rows, dtype=int).reshape(-1, 4).T
    lattice = offer_lattice(*columns, places=5)
    assert lattice.applications.sum() == columns[1].sum()
    assert lattice.offers.sum() == columns[2].sum()
    assert (lattice.quality_offers + lattice.not_rated_offers <= lattice.offers).all()
    assert lattice.not_rated_offers.sum() == sum(r[2] for r in rows if r[3] == NOT_RATED)


def test_cost_of_no_seats_is_not_a_number():
    assert cost_per_seat(500_000, 0) is None
    assert cost_per_seat(500_000, 250) == 2000


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: rate_schools({"math": [1.0]}, []), "at least one condition"),
        (lambda: rate_schools({"math": [1.0], "absent": [1.0, 2.0]}, RULE), "one length"),
        (lambda: Condition("math"), "at_least or at_most"),
        (lambda: seat_lattice([0], [0], [-1], [1], [[10]]), "cannot be negative"),
        (lambda: seat_lattice([0], [0], [1], [1], [10]), "places, bands"),
        (lambda: seat_lattice([0, 1], [0], [1], [1], [[10]]), "one shape"),
        (lambda: cost_per_seat(-1, 3), "cannot be negative"),
    ],
)
def test_what_cannot_be_is_refused_in_words(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_the_examples_in_the_documentation_run():
    result = doctest.testmod(seats)
    assert result.attempted >= 8
    assert result.failed == 0
