"""Reading cities, published tables, rules and investments. The asking person's scope comes first, always."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

import numpy as np
from django.db.models import Q, QuerySet
from numpy.typing import NDArray

from fairlead.apps.access.asking import find
from fairlead.apps.access.scope import Scope
from fairlead.apps.places.models import (
    BANDS,
    Band,
    City,
    Investment,
    OfferCell,
    Place,
    SchoolYearResult,
    SeatCell,
    SeatTable,
)
from fairlead.apps.places.rules import QualityRule, quality_rules
from fairlead.science.places import NOT_RATED, QUALITY, cost_per_seat, rate_schools, service_level

Cell = TypeVar("Cell", SeatCell, OfferCell)
DEFAULT_PAIR = {
    SeatTable.Kind.SEATS: ("standard-in-both", "growth-and-presence"),
    SeatTable.Kind.OFFERS: ("standard-in-both", "medium-in-both"),
}


@dataclass(frozen=True, slots=True)
class Published:
    """One published table with the rule that it was made by."""

    table: SeatTable
    rule: QualityRule

    @property
    def not_rated(self) -> int:
        return self.table.not_rated_schools

    @property
    def low(self) -> int:
        """Schools that the rule rates and that fall short of it."""
        return self.table.schools - self.table.quality_schools - self.table.not_rated_schools


@dataclass(frozen=True, slots=True)
class Row:
    """The same place (or band) under the two rules, in the order of the pair.

    `levels` are quality seats per 100 children; None where children are withheld or none live.
    """

    place: Place | None
    band: Band
    first: SeatCell
    second: SeatCell
    levels: tuple[float | None, float | None]

    @property
    def sure_gap(self) -> int | None:
        """The gap that is left under the kinder of the two rules, if every unrated seat were a quality seat."""
        gaps = (self.first.gap_at_best, self.second.gap_at_best)
        return None if gaps[0] is None or gaps[1] is None else min(gaps[0], gaps[1])


@dataclass(frozen=True, slots=True)
class Comparison:
    """A city's seats under two rules side by side."""

    first: Published
    second: Published
    total: Row
    places: tuple[Row, ...]
    bands: tuple[Row, ...]
    by_place_and_band: tuple[tuple[Row, ...], ...]

    @property
    def short_under_both(self) -> list[Row]:
        """Places where quality seats are missing whichever rule one holds, the most missing first."""
        short = [row for row in self.places if row.sure_gap is not None and row.sure_gap > 0]
        return sorted(short, key=lambda row: -(row.sure_gap or 0))

    @property
    def withheld(self) -> int:
        """Counts of children that are withheld in the table by place and band."""
        return sum(row.first.withheld for rows in self.by_place_and_band for row in rows)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Seats by what the two rules say of their school: how far the choice of a rule decides."""

    both: int
    only_first: int
    only_second: int
    neither: int
    not_rated: int  # by one of the two or by both


@dataclass(frozen=True, slots=True)
class OfferRow:
    """Applications from one place and the offers to them under the two rules; `offered` and `levels` per 100."""

    place: Place | None
    first: OfferCell
    second: OfferCell
    offered: float | None
    levels: tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class OfferComparison:
    """A city's applications and offers under two rules side by side; withheld places are only counted."""

    first: Published
    second: Published
    total: OfferRow
    places: tuple[OfferRow, ...]
    withheld: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says of one school: quality, short of it, or not rated."""

    rule: QualityRule
    rating: int | None

    @property
    def word(self) -> str:
        return {QUALITY: "quality", NOT_RATED: "not_rated", None: "not_rated"}.get(self.rating, "short")


@dataclass(frozen=True, slots=True)
class Change:
    """What an investment said before it was changed."""

    as_of: date
    seats_planned: int
    seats_opened: int


def _per_100(parts: Iterable[int | None], wholes: Iterable[int | None]) -> list[float | None]:
    """Parts per 100 of their wholes; None where either is withheld or the whole is nobody."""
    part, whole = (np.array([np.nan if n is None else n for n in side], dtype=np.float64) for side in (parts, wholes))
    return [None if np.isnan(level) else 100 * float(level) for level in service_level(whole, part)]


def city_of(scope: Scope) -> City | None:
    """The city that the person leads; None for everybody else."""
    organization_id = scope.organization_of("city_lead")
    if organization_id is None or not scope.covers(organization_id):
        return None
    return next(iter(find(City, "WHERE t.organization_id = %(organization)s", organization=organization_id)), None)


def public_city(scope: Scope, slug: str) -> City | None:
    """A city made of public records only: anyone signed in may read it."""
    which = "WHERE t.slug = %(slug)s AND t.organization_id IS NULL AND NOT t.invented"
    return next(iter(find(City, which, slug=slug)), None)


def _readable(scope: Scope) -> Q:
    """Tables of the person's own city, and of public records."""
    return Q(city__organization_id__in=scope.org_ids) | Q(city__organization=None)


def published(scope: Scope, city: City, kind: str) -> list[Published]:
    """The published tables of the latest year, in the order of the rule file."""
    rules = quality_rules()
    order = list(rules)
    tables = [
        table
        for table in find(SeatTable, _PUBLISHED, orgs=sorted(scope.org_ids), city=city.pk, kind=kind)
        if table.rule in rules
    ]
    latest = [table for table in tables if table.year == tables[0].year]
    return [Published(table, rules[table.rule]) for table in sorted(latest, key=lambda t: order.index(t.rule))]


_PUBLISHED = """
JOIN places_city c ON c.id = t.city_id
WHERE t.city_id = %(city)s AND t.kind = %(kind)s AND (c.organization_id = ANY (%(orgs)s) OR c.organization_id IS NULL)
ORDER BY t.year DESC
"""


def chosen_pair(tables: Sequence[Published], kind: str, asked: Iterable[str]) -> tuple[Published, Published] | None:
    """The two tables to put side by side: those asked for where they exist, else the usual pair.

    There is no third choice: readers pick among tables that were published whole, and filter nothing.
    """
    by_key = {item.rule.key: item for item in tables}
    wanted = [key for key in dict.fromkeys([*asked, *DEFAULT_PAIR[SeatTable.Kind(kind)], *by_key]) if key in by_key]
    return (by_key[wanted[0]], by_key[wanted[1]]) if len(wanted) > 1 else None


def compare_seats(scope: Scope, pair: tuple[Published, Published]) -> Comparison:
    """The stored cells of two tables, joined by place and band."""
    first, second = pair
    cells = {
        (cell.table_id, cell.place_id, cell.band): cell
        for cell in SeatCell.objects.filter(table__in=[first.table.pk, second.table.pk]).select_related("place")
    }

    keys = [(place, band) for table, place, band in cells if table == first.table.pk]
    sides = [[cells[item.table.pk, place, band] for place, band in keys] for item in pair]
    levels = [_per_100([c.quality for c in side], [c.children for c in side]) for side in sides]
    rows = {
        key: Row(one.place, Band(key[1]), one, other, level)
        for key, one, other, level in zip(keys, *sides, zip(*levels, strict=True), strict=True)
    }

    def row(place: Place | None, band: Band) -> Row:
        return rows[place.pk if place else None, band.value]

    places = sorted({cell.place for cell in cells.values() if cell.place}, key=lambda place: place.code)
    return Comparison(
        first=first,
        second=second,
        total=row(None, Band.ALL),
        places=tuple(row(place, Band.ALL) for place in places),
        bands=tuple(row(None, band) for band in BANDS),
        by_place_and_band=tuple(tuple(row(place, band) for band in BANDS) for place in places),
    )


def agreement(scope: Scope, pair: tuple[Published, Published]) -> Agreement:
    """How many seats the two rules call quality seats together, one alone, or neither."""
    table = pair[0].table
    rows = list(
        SchoolYearResult.objects.filter(city_id=table.city_id, year=table.year, seats__isnull=False).values_list(
            "seats", "results"
        )
    )
    columns = result_columns_of([results for _, results in rows])
    seats = np.array([n for n, _ in rows], dtype=np.int64)
    one, other = (rate_schools(columns, item.rule.conditions) for item in pair)
    rated = (one != NOT_RATED) & (other != NOT_RATED)

    def total(which: NDArray[np.bool_]) -> int:
        return int(seats[which].sum())

    return Agreement(
        both=total(rated & (one == QUALITY) & (other == QUALITY)),
        only_first=total(rated & (one == QUALITY) & (other != QUALITY)),
        only_second=total(rated & (one != QUALITY) & (other == QUALITY)),
        neither=total(rated & (one != QUALITY) & (other != QUALITY)),
        not_rated=total(~rated),
    )


def compare_offers(scope: Scope, pair: tuple[Published, Published]) -> OfferComparison:
    """The stored cells of two tables of offers, joined by place; most applications first."""
    first, second = pair
    cells = {
        (cell.table_id, cell.place_id): cell
        for cell in OfferCell.objects.filter(table__in=[first.table.pk, second.table.pk]).select_related("place")
    }
    keys = [place for table, place in cells if table == first.table.pk]
    sides = [[cells[item.table.pk, place] for place in keys] for item in pair]
    asked = [c.applications for c in sides[0]]
    offered = _per_100([c.offers for c in sides[0]], asked)
    levels = [_per_100([c.quality_offers for c in side], asked) for side in sides]
    rows = [
        OfferRow(one.place, one, other, rate, level)
        for one, other, rate, level in zip(*sides, offered, zip(*levels, strict=True), strict=True)
    ]
    shown = [row for row in rows if row.place and not row.first.withheld]
    return OfferComparison(
        first=first,
        second=second,
        total=next(row for row in rows if row.place is None),
        places=tuple(sorted(shown, key=lambda row: (-(row.first.applications or 0), str(row.place)))),
        withheld=sum(row.first.withheld for row in rows),
    )


def tables_by_rule(scope: Scope, rule: QualityRule) -> list[SeatTable]:
    """Where a rule has been applied, as far as the person may read it."""
    return list(
        SeatTable.objects.filter(_readable(scope), rule=rule.key)
        .select_related("city")
        .order_by("city__name", "-year")
    )


def investments(scope: Scope, city: City) -> QuerySet[Investment]:
    """The investments of the person's own organizations in a city, those that open seats first."""
    return (
        Investment.objects.filter(organization_id__in=scope.org_ids, city=city)
        .select_related("place", "organization")
        .order_by("-seats_planned", "-begins", "id")
    )


def investment(scope: Scope, investment_id: int) -> Investment | None:
    """One investment; None when it is absent or somebody else's."""
    return (
        Investment.objects.filter(pk=investment_id, organization_id__in=scope.org_ids)
        .select_related("place", "organization", "city")
        .first()
    )


def changes(scope: Scope, entry: Investment) -> list[Change]:
    """What an investment said earlier, latest change first."""
    history = Investment.pgh_event_model.objects.filter(  # type: ignore[attr-defined]
        id=entry.pk, organization_id__in=scope.org_ids
    )
    return [Change(row.as_of, row.seats_planned, row.seats_opened) for row in history.order_by("-pgh_id")]


def seat_costs(entry: Investment) -> tuple[float | None, float | None]:
    """Dollars per planned and per opened seat; None where there are none."""
    amount = float(entry.amount)
    return cost_per_seat(amount, entry.seats_planned), cost_per_seat(amount, entry.seats_opened)


def verdicts(scope: Scope, entry: Investment, rules: Sequence[QualityRule]) -> list[Verdict]:
    """What each rule says of the school that an investment is for. A school without results is not rated."""
    row = (
        SchoolYearResult.objects.filter(city=entry.city, name=entry.school_name).order_by("-year").first()
        if entry.school_name
        else None
    )
    columns = {name: [float(value)] for name, value in (row.results if row else {}).items() if value is not None}
    return [Verdict(rule, int(rate_schools(columns, rule.conditions)[0]) if columns else None) for rule in rules]


def school_names(scope: Scope, city: City) -> list[str]:
    """The schools whose results the city has, by name."""
    names = SchoolYearResult.objects.filter(city=city).values_list("name", flat=True)
    return list(names.order_by("name").distinct())


def place_choices(scope: Scope, city: City) -> QuerySet[Place]:
    """The ZIP codes of the person's own city."""
    return Place.objects.filter(city=city, kind=Place.Kind.ZIP).order_by("code")


def result_columns_of(results: Sequence[dict[str, float | None]]) -> dict[str, NDArray[np.float64]]:
    """Result dictionaries as columns; NaN where a school lacks one."""
    names = sorted({name for row in results for name in row})
    return {
        name: np.array([np.nan if row.get(name) is None else row[name] for row in results], dtype=np.float64)
        for name in names
    }


def year_end(year: int) -> date:
    """The day on which a school year is judged: which rules were in force."""
    return date(year, 6, 30)
