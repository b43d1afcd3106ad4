"""Writing: publishing a city's tables under every rule, loading Los Angeles, and what investments opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from fairlead import clock
from fairlead.apps.access.scope import Scope
from fairlead.apps.places import los_angeles
from fairlead.apps.places.models import (
    BANDS,
    Band,
    City,
    Investment,
    OfferCell,
    Place,
    PlaceChildren,
    SchoolYearResult,
    SeatCell,
    SeatTable,
)
from fairlead.apps.places.rules import QualityRule, rules_for
from fairlead.apps.places.selectors import result_columns_of, year_end
from fairlead.science.disclosure import Group, Lattice, Release, Rule, State, protect
from fairlead.science.places import (
    NOT_RATED,
    QUALITY,
    OfferLattice,
    SeatLattice,
    offer_lattice,
    rate_schools,
    seat_lattice,
)

# Counts of residents and of applications say nothing about anyone's result, so only the size of a group is
# protected, not shares near 0 % or 100 %.
RESIDENTS = Rule(min_n=10, width=5, rate_width=0, bands=())
APPLICANTS = Rule(min_n=10, width=5, rate_width=2, bands=())
_SHOWN = (State.SHOWN, State.VALUE, State.BOTTOM, State.TOP)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did, for the person who asked for it."""

    counted: dict[str, int]
    applications: int
    offers: int
    tables: int


@transaction.atomic
def publish_seats(city: City, year: int, at: datetime | None = None) -> list[SeatTable]:
    """Compute and store a city's tables of seats for a year: one per rule in force that its results can answer.

    Small groups of children are withheld once, here; pages, exports and charts read the same stored cells.
    `at` is the moment to print as the time of computing (now, when not given).
    """
    offered = SchoolYearResult.objects.filter(city=city, year=year, seats__isnull=False).order_by("id")
    # ZIP codes only: neighbourhoods overlap them, and together every seat would count twice.
    places = list(Place.objects.filter(city=city, kind=Place.Kind.ZIP).order_by("code"))
    at_place: dict[int | None, int] = {place.pk: i for i, place in enumerate(places)}
    records = [record for record in offered if record.place_id in at_place]
    at_band = {band.value: i for i, band in enumerate(BANDS)}
    children = np.full((len(places), len(BANDS)), np.nan)
    sources = set()
    for row in PlaceChildren.objects.filter(place__in=places, year=year):
        children[at_place[row.place_id], at_band[row.band]] = row.children
        sources.add(row.source)
    release = _protect_children(places, children)
    columns = result_columns_of([record.results for record in records])
    SeatTable.objects.filter(city=city, kind=SeatTable.Kind.SEATS, year=year).delete()
    tables = []
    for rule in rules_for(set(columns), year_end(year)):
        rating = rate_schools(columns, rule.conditions)
        lattice = seat_lattice(
            [at_place[record.place_id] for record in records],
            [at_band[record.band] for record in records],
            [record.seats or 0 for record in records],
            rating,
            children,
        )
        table = _table(
            city, SeatTable.Kind.SEATS, year, rule, [record.sourced_id for record in records], rating,
            source="; ".join(sorted({record.source for record in records} | sources)),
            smallest=RESIDENTS.min_n, at=at,
            counted={"records": len(offered), "without_place": len(offered) - len(records)},
        )  # fmt: skip
        SeatCell.objects.bulk_create(_seat_cells(table, places, lattice, release))
        tables.append(table)
    return tables


@transaction.atomic
def load_los_angeles(folder: Path) -> Loaded:
    """Read Los Angeles' public records where they lie and publish them under every rule that they can answer.

    Loading again replaces what was loaded before. Raises `los_angeles.MissingData` in words.
    """
    reading = los_angeles.read(folder)
    City.objects.filter(slug=los_angeles.SLUG).delete()
    city = City.objects.create(slug=los_angeles.SLUG, name="Los Angeles", invented=False)
    places = Place.objects.bulk_create(
        Place(
            city=city,
            kind=Place.Kind.UNREADABLE if code == los_angeles.UNREADABLE else Place.Kind.ZIP,
            code=code,
        )
        for code in reading.zips
    )
    by_code = {place.code: place for place in places}
    SchoolYearResult.objects.bulk_create(
        SchoolYearResult(
            city=city,
            sourced_id=school_id,
            name=reading.school_names[i],
            place=by_code.get(reading.school_zips[i]),
            year=los_angeles.RESULTS_YEAR,
            band=Band.ALL,
            results={name: float(values[i]) for name, values in reading.results.items() if np.isfinite(values[i])},
            source=los_angeles.SOURCE,
        )
        for i, school_id in enumerate(reading.school_ids)
        if school_id != los_angeles.NO_SCHOOL
    )
    release = None
    rules = rules_for(set(reading.results), year_end(los_angeles.RESULTS_YEAR))
    for rule in rules:
        rating = rate_schools(reading.results, rule.conditions)
        lattice = offer_lattice(
            reading.place, reading.applications, reading.offers, rating[reading.school], len(places)
        )
        release = release or _protect_applications(reading.zips, lattice)
        table = _table(
            city, SeatTable.Kind.OFFERS, los_angeles.YEAR, rule, reading.school_ids, rating,
            source=los_angeles.SOURCE, smallest=APPLICANTS.min_n, counted=reading.counted,
        )  # fmt: skip
        OfferCell.objects.bulk_create(_offer_cells(table, places, lattice, release))
    return Loaded(reading.counted, int(reading.applications.sum()), int(reading.offers.sum()), len(rules))


@transaction.atomic
def record_investment(scope: Scope, entry: Investment) -> Investment:
    """Keep a new investment for the person's own city organization."""
    organization_id = scope.organization_of("city_lead")
    if organization_id is None or entry.city.organization_id != organization_id:
        raise PermissionError("Only the city's own lead records its investments.")
    entry.organization_id = organization_id
    entry.as_of = clock.today()
    entry.save()
    return entry


@transaction.atomic
def record_openings(scope: Scope, entry: Investment, seats_opened: int) -> bool:
    """Say how many seats an investment has opened so far; False when that is what it said already."""
    if not scope.has("city_lead", organization_id=entry.organization_id):
        raise PermissionError("Only the organization that made an investment says what it opened.")
    stored = Investment.objects.select_for_update().get(pk=entry.pk)
    if stored.seats_opened == seats_opened:
        return False
    stored.seats_opened, stored.as_of = seats_opened, clock.today()
    stored.save(update_fields=["seats_opened", "as_of"])
    return True


def _table(
    city: City, kind: str, year: int, rule: QualityRule, school_ids: Sequence[str], rating: NDArray[np.int8],
    *, source: str, smallest: int, counted: dict[str, int], at: datetime | None = None,
) -> SeatTable:  # fmt: skip
    ids = np.asarray(school_ids)
    rated, quality = set(ids[rating != NOT_RATED].tolist()), set(ids[rating == QUALITY].tolist())
    everyone = set(ids.tolist())
    return SeatTable.objects.create(
        city=city,
        kind=kind,
        year=year,
        rule=rule.key,
        computed_at=at or clock.now(),
        source=source,
        schools=len(everyone),
        quality_schools=len(quality),
        not_rated_schools=len(everyone - rated),
        smallest_group=smallest,
        counted=counted,
    )


def _protect_children(places: Sequence[Place], children: NDArray[np.float64]) -> Release:
    """Which counts of children may be shown: row 0 is the city, column 0 all bands."""
    counts = np.nan_to_num(children).astype(np.int64)
    leaves = np.column_stack([counts.sum(axis=1), counts])
    n = np.vstack([np.zeros((1, leaves.shape[1]), dtype=np.int64), leaves])
    lattice = Lattice.build(
        ["city", *(place.code for place in places)],
        [-1] + [0] * len(places),
        [Group("band", tuple(band.value for band in BANDS))],
        n,
        np.zeros_like(n),
    )
    return protect(lattice, RESIDENTS)


def _protect_applications(zips: Sequence[str], lattice: OfferLattice) -> Release:
    """Which counts of applications may be shown: row 0 is everywhere."""
    n = np.concatenate([[0], lattice.applications])[:, None]
    offers = np.concatenate([[0], lattice.offers])[:, None]
    return protect(Lattice.build(["all", *zips], [-1] + [0] * len(zips), [], n, offers), APPLICANTS)


def _seat_cells(table: SeatTable, places: Sequence[Place], lattice: SeatLattice, release: Release) -> list[SeatCell]:
    """Cells for every place and the city, every band and all bands. Withheld children take their gap along."""

    def margins(values: NDArray[np.generic]) -> NDArray[np.generic]:
        with_all = np.column_stack([values.sum(axis=1), values])
        return np.vstack([with_all.sum(axis=0), with_all])

    seats, quality, not_rated = (margins(a) for a in (lattice.seats, lattice.quality, lattice.not_rated))
    children, gap, best = (margins(a) for a in (lattice.children, lattice.gap, lattice.gap_at_best))
    cells = []
    for i, place in enumerate([None, *places]):
        for j, band in enumerate([Band.ALL, *BANDS]):
            counted = bool(np.isfinite(children[i, j]))
            shown = counted and release.state_of(i, j) in _SHOWN
            cells.append(
                SeatCell(
                    table=table,
                    place=place,
                    band=band,
                    seats=int(seats[i, j]),
                    quality=int(quality[i, j]),
                    not_rated=int(not_rated[i, j]),
                    children=int(children[i, j]) if shown else None,
                    gap=int(gap[i, j]) if shown else None,
                    gap_at_best=int(best[i, j]) if shown else None,
                    withheld=counted and not shown,
                )
            )
    return cells


def _offer_cells(
    table: SeatTable, places: Sequence[Place], lattice: OfferLattice, release: Release
) -> list[OfferCell]:
    """Cells for every place and for everywhere. A withheld place keeps no number at all."""
    names = ("applications", "offers", "quality_offers", "not_rated_offers")
    columns = {name: getattr(lattice, name) for name in names}
    cells = [OfferCell(table=table, place=None, **{name: int(column.sum()) for name, column in columns.items()})]
    for i, place in enumerate(places):
        shown = release.state_of(i + 1, 0) in _SHOWN
        cells.append(
            OfferCell(
                table=table,
                place=place,
                withheld=not shown,
                **{name: int(column[i]) if shown else None for name, column in columns.items()},
            )
        )
    return cells
