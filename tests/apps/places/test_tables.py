"""Published tables of the invented city: they add up, withhold small groups, and are made once."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.db.utils import ProgrammingError

from fairlead.apps.places import selectors, services
from fairlead.apps.places.models import (
    BANDS,
    Band,
    City,
    Investment,
    PlaceChildren,
    SchoolYearResult,
    SeatCell,
    SeatTable,
)
from fairlead.demo.places import PRIMARY, REPLICA, YEAR
from tests.conftest import as_owner, max_queries


@pytest.fixture
def city(seeded):
    return City.objects.get(slug="harborview")


@pytest.fixture
def pair(city, scope_of):
    scope = scope_of("ruth")
    return scope, selectors.chosen_pair(selectors.published(scope, city, "seats"), "seats", [])


def test_one_table_a_rule_and_the_seats_are_the_schools_seats(city):
    tables = SeatTable.objects.filter(city=city, kind="seats")
    assert {t.rule for t in tables} == {"standard-in-both", "growth-and-presence"}
    seats = sum(r.seats for r in SchoolYearResult.objects.filter(city=city, year=YEAR))
    for table in tables:
        assert table.seat_cells.get(place=None, band=Band.ALL).seats == seats > 10_000


def test_bands_and_places_add_up_to_the_city(city):
    for table in SeatTable.objects.filter(city=city):
        cells = {(c.place_id, c.band): c for c in table.seat_cells.all()}
        total = cells[None, "all"]
        for name in ("seats", "quality", "not_rated"):
            by_band = sum(getattr(cells[None, band.value], name) for band in BANDS)
            by_place = sum(getattr(c, name) for (place, band), c in cells.items() if place and band == "all")
            assert by_band == by_place == getattr(total, name)
        assert sum(cells[None, band.value].gap for band in BANDS) == total.gap
        assert total.gap == total.children - total.quality
        assert total.gap_at_best == total.gap - total.not_rated


def test_schools_without_results_are_not_rated_and_not_low(city, pair):
    _, (standard, growth) = pair
    assert standard.table.not_rated_schools == 1, "the primary school has no tested grade"
    assert growth.table.not_rated_schools == 2, "and the new school has no growth yet"
    for item in (standard, growth):
        assert item.low + item.table.quality_schools + item.not_rated == item.table.schools
    primary = SchoolYearResult.objects.get(city=city, name=PRIMARY)
    cell = standard.table.seat_cells.get(place=primary.place, band=primary.band)
    assert cell.not_rated >= primary.seats


def test_small_groups_are_withheld_and_cannot_be_worked_out(city):
    few = PlaceChildren.objects.filter(place__city=city, year=YEAR, children__lt=10)
    assert few.count() == 2, "Gull Island has two small bands"
    table = SeatTable.objects.filter(city=city).first()
    for row in few:
        cell = table.seat_cells.get(place=row.place, band=row.band)
        assert cell.withheld
        assert (cell.children, cell.gap, cell.gap_at_best) == (None, None, None)
    for band in {row.band for row in few}:
        hidden = table.seat_cells.filter(band=band, withheld=True, place__isnull=False).count()
        assert hidden >= 2, "one withheld number in a column is its total minus the others"


def test_withheld_numbers_are_nowhere_in_the_table(city):
    """Not hidden by the page: absent from the row."""
    withheld = SeatCell.objects.filter(table__city=city, withheld=True)
    assert withheld.exists()
    assert not withheld.exclude(children=None, gap=None, gap_at_best=None).exists()


def test_publishing_again_replaces_and_gives_the_same(city):
    def everything():
        return sorted(
            SeatCell.objects.filter(table__city=city).values_list(
                "table__rule", "place__code", "band", "seats", "quality", "not_rated", "children", "gap", "withheld"
            ),
            key=repr,
        )

    before = everything()
    services.publish_seats(city, YEAR)
    assert everything() == before


def test_neighbourhoods_do_not_count_a_seat_twice(city):
    overlapping = city.places.create(kind="neighbourhood", code="old-town")
    PlaceChildren.objects.create(place=overlapping, year=YEAR, band="k_5", children=500, source="x")
    before = SeatCell.objects.get(table__rule="standard-in-both", table__city=city, place=None, band="all")
    services.publish_seats(city, YEAR)
    after = SeatCell.objects.get(table__rule="standard-in-both", table__city=city, place=None, band="all")
    assert (after.children, after.seats) == (before.children, before.seats)


def test_a_school_without_a_place_is_counted_as_such(city):
    moved = SchoolYearResult.objects.filter(city=city, name=PRIMARY)
    seats = moved.get().seats
    before = SeatCell.objects.get(table__rule="standard-in-both", table__city=city, place=None, band="all").seats
    moved.update(place=None)
    table = services.publish_seats(city, YEAR)[0]
    assert table.counted["without_place"] == 1
    assert table.seat_cells.get(place=None, band="all").seats == before - seats


def test_the_two_rules_share_every_seat_out(pair):
    scope, both = pair
    agreement = selectors.agreement(scope, both)
    comparison = selectors.compare_seats(scope, both)
    parts = (agreement.both, agreement.only_first, agreement.only_second, agreement.neither, agreement.not_rated)
    assert sum(parts) == comparison.total.first.seats
    assert agreement.both + agreement.only_first <= comparison.total.first.quality
    assert agreement.only_first > 0
    assert agreement.only_second > 0


def test_the_pair_is_chosen_among_published_tables_only(city, pair):
    _, (standard, growth) = pair
    tables = [standard, growth]
    swapped = selectors.chosen_pair(tables, "seats", ["growth-and-presence", "standard-in-both"])
    assert [item.rule.key for item in swapped] == ["growth-and-presence", "standard-in-both"]
    odd = selectors.chosen_pair(tables, "seats", ["'; drop table", "growth-and-presence"])
    assert [item.rule.key for item in odd] == ["growth-and-presence", "standard-in-both"]
    same = selectors.chosen_pair(tables, "seats", ["growth-and-presence", "growth-and-presence"])
    assert len({item.rule.key for item in same}) == 2, "a rule beside itself says nothing"
    assert selectors.chosen_pair(tables[:1], "seats", []) is None


def test_the_comparison_takes_two_queries_however_many_places(pair):
    scope, both = pair
    with max_queries(2):
        comparison = selectors.compare_seats(scope, both)
        assert [str(row.place) for row in comparison.places]


def test_levels_are_per_100_children_and_absent_where_children_are_withheld(pair):
    comparison = selectors.compare_seats(*pair)
    total = comparison.total
    assert total.levels == (
        pytest.approx(100 * total.first.quality / total.first.children),
        pytest.approx(100 * total.second.quality / total.second.children),
    )
    hidden = [row for rows in comparison.by_place_and_band for row in rows if row.first.withheld]
    assert len(hidden) == comparison.withheld >= 4
    assert {row.levels for row in hidden} == {(None, None)}


def test_places_short_under_both_rules_come_with_the_surest_gap_first(pair):
    comparison = selectors.compare_seats(*pair)
    gaps = [row.sure_gap for row in comparison.short_under_both]
    assert gaps == sorted(gaps, reverse=True)
    assert min(gaps) > 0
    for row in comparison.short_under_both:
        assert row.sure_gap <= min(row.first.gap, row.second.gap)


def test_tables_of_a_city_are_for_its_own_people(city, scope_of):
    assert selectors.city_of(scope_of("grace")) is None
    assert selectors.published(scope_of("grace"), city, "seats") == []
    assert selectors.tables_by_rule(scope_of("grace"), next(iter(selectors.quality_rules().values()))) == [
        t for t in SeatTable.objects.filter(rule="standard-in-both") if t.city.organization_id is None
    ]


def test_investments_are_behind_the_wall(scope_of):
    """No filter in the query: row-level security alone."""
    scope_of("ruth")
    assert Investment.objects.count() == 3
    scope_of("ines")
    assert Investment.objects.count() == 0


def test_the_app_login_cannot_write_a_published_table(city, scope_of):
    scope_of("ruth")
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        SeatCell.objects.filter(table__city=city).update(quality=1)


def test_openings_keep_what_they_said_before(scope_of):
    scope = scope_of("ruth")
    entry = Investment.objects.get(purpose="replicate")
    before = len(selectors.changes(scope, entry))
    assert services.record_openings(scope, entry, 260)
    assert not services.record_openings(scope, entry, 260), "saying it twice changes nothing"
    changes = selectors.changes(scope, entry)
    assert changes[0].seats_opened == 240
    assert len(changes) == before + 1


def test_only_the_city_lead_of_that_organization_says_what_was_opened(scope_of):
    with as_owner():
        entry = Investment.objects.get(purpose="replicate")
    with pytest.raises(PermissionError):
        services.record_openings(scope_of("ines"), entry, 360)


def test_costs_and_verdicts_of_the_replica(pair):
    scope, both = pair
    entry = Investment.objects.get(purpose="replicate")
    planned, opened = selectors.seat_costs(entry)
    assert planned == pytest.approx(2_950_000 / 360)
    assert opened == pytest.approx(2_950_000 / 240)
    assert entry.school_name == REPLICA
    words = [v.word for v in selectors.verdicts(scope, entry, [item.rule for item in both])]
    assert words == ["quality", "not_rated"]
    entry.school_name = "A school that nobody listed"
    assert {v.word for v in selectors.verdicts(scope, entry, [item.rule for item in both])} == {"not_rated"}
