"""The invented city: thirteen ZIP codes, the network's schools and twenty more, their results, and three investments."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
from django.conf import settings

from fairlead.apps.places import los_angeles
from fairlead.apps.places.models import (
    BANDS,
    Band,
    City,
    Investment,
    Place,
    PlaceChildren,
    SchoolYearResult,
)
from fairlead.apps.places.services import load_los_angeles, publish_seats
from fairlead.demo.names import SCHOOLS
from fairlead.demo.world import World

YEAR = 2026  # the school year 2025–26: the latest with results
RESULTS_SOURCE = "Invented results of 2025–26"
CHILDREN_SOURCE = "Invented count of residents, 1 July 2026"
NEIGHBOURHOODS = (
    "Old Harbor", "Shipwrights", "Saltmarsh", "Ridgeline", "Lantern Hill", "Old Mill", "Juniper Street",
    "Pilot House", "Eastgate", "Quarry Road", "Tidal Basin", "Fishermans Green", "Gull Island",
)  # fmt: skip
SMALL = len(NEIGHBOURHOODS) - 1  # Gull Island: so few children that some counts are withheld
GRADES = {Band.ELEMENTARY: (0, 5), Band.MIDDLE: (6, 8), Band.HIGH: (9, 12)}
# name, band, index of the ZIP, seats, how hard the school has it (0 to 1); the network's schools come from the roster
OTHERS = (
    ("Alder Street Elementary", Band.ELEMENTARY, 0, 420, 0.55),
    ("Compass Rose Charter School", Band.ELEMENTARY, 0, 310, 0.40),
    ("Harborview Middle School", Band.MIDDLE, 0, 760, 0.60),
    ("Harborview High School", Band.HIGH, 0, 1340, 0.58),
    ("Drydock Elementary", Band.ELEMENTARY, 1, 480, 0.85),
    ("Saltmarsh Community School", Band.ELEMENTARY, 2, 390, 0.72),
    ("Windward Middle School", Band.MIDDLE, 2, 640, 0.77),
    ("Ridgeline High School", Band.HIGH, 3, 1180, 0.16),
    ("Kestrel Elementary", Band.ELEMENTARY, 3, 450, 0.12),
    ("Lantern Hill Middle School", Band.MIDDLE, 4, 590, 0.30),
    ("Millrace Elementary", Band.ELEMENTARY, 5, 520, 0.45),
    ("Juniper Science Academy", Band.MIDDLE, 6, 360, 0.33),
    ("Orchard Elementary", Band.ELEMENTARY, 6, 410, 0.27),
    ("Pilot House Primary School", Band.ELEMENTARY, 7, 240, 0.50),
    ("Eastgate Elementary", Band.ELEMENTARY, 8, 500, 0.61),
    ("Eastgate High School", Band.HIGH, 8, 1260, 0.63),
    ("Quarry Road Middle School", Band.MIDDLE, 9, 480, 0.20),
    ("Tidal Basin Middle School", Band.MIDDLE, 10, 540, 0.90),
    ("Tidal Basin Technical High School", Band.HIGH, 10, 880, 0.86),
    ("Juniper Science Academy at Shipwrights", Band.MIDDLE, 1, 240, 0.80),
)
REPLICA = "Juniper Science Academy at Shipwrights"
PRIMARY = "Pilot House Primary School"  # kindergarten to grade 2: no tested grade, hence not rated


def build(world: World, rng: np.random.Generator) -> None:
    """Make Harborview, publish its tables, tie money to seats; load Los Angeles where its records are at hand."""
    city = City.objects.create(slug="harborview", name="Harborview", organization_id=world.city_id, invented=True)
    codes = sorted({code for _, _, _, code, _ in SCHOOLS})
    codes.append(str(int(codes[-1]) + 1))  # Gull Island: children and no school
    places = Place.objects.bulk_create(
        Place(city=city, kind=Place.Kind.ZIP, code=code, name=name)
        for code, name in zip(codes, NEIGHBOURHOODS, strict=True)
    )
    records = [*_network_schools(world, places, codes), *_other_schools(places)]
    _give_results(records, rng)
    SchoolYearResult.objects.bulk_create(record for record, _ in records)
    _count_children(places, [record for record, _ in records], rng)
    publish_seats(city, YEAR, world.moment)
    _invest(world, city, places)
    folder = Path(settings.SHARED_DATA) / "schools" / "la"
    if los_angeles.present(folder):
        load_los_angeles(folder)


def _network_schools(world: World, places: list[Place], codes: list[str]) -> list[tuple[SchoolYearResult, float]]:
    """The network's own schools; seats are last year's room, a little more than today's children."""
    enrolled = np.bincount(world.student_school, minlength=world.schools)
    records = []
    for i, (name, low, high, code, need) in enumerate(SCHOOLS[: world.schools]):
        band = next(band for band, (_, last) in GRADES.items() if high <= last)
        records.append(
            (
                _record(places[codes.index(code)], name, band, int(np.ceil(enrolled[i] * 1.06 / 10) * 10)),
                need,
            )
        )
        records[-1][0].school_id = int(world.school_ids[i])
        records[-1][0].sourced_id = f"tidewater-{i + 1:02d}"
        assert low >= GRADES[band][0]
    return records


def _other_schools(places: list[Place]) -> list[tuple[SchoolYearResult, float]]:
    return [(_record(places[i], name, band, seats), need) for name, band, i, seats, need in OTHERS]


def _record(place: Place, name: str, band: Band, seats: int) -> SchoolYearResult:
    return SchoolYearResult(
        city_id=place.city_id,
        place=place,
        name=name,
        sourced_id=name.lower().replace(" ", "-"),
        year=YEAR,
        band=band,
        seats=seats,
        source=RESULTS_SOURCE,
    )


def _give_results(records: list[tuple[SchoolYearResult, float]], rng: np.random.Generator) -> None:
    """Scores follow need closely, growth hardly at all, attendance somewhat: so the two rules disagree."""
    need = np.array([n for _, n in records])
    k = len(need)
    math = 38 - 118 * need + rng.normal(0, 13, k)
    ela = math + 12 + rng.normal(0, 9, k)
    math_growth = 52 - 5 * need + rng.normal(0, 7, k)
    ela_growth = 0.5 * math_growth + 26 + rng.normal(0, 5, k)
    absence = (0.05 + 0.13 * need + rng.normal(0, 0.025, k)).clip(0.02, 0.45)
    for i, (record, _) in enumerate(records):
        results = {
            "math_dfs": round(float(math[i]), 1),
            "ela_dfs": round(float(ela[i]), 1),
            "math_growth": round(float(math_growth[i])),
            "ela_growth": round(float(ela_growth[i])),
            "chronic_absence": round(float(absence[i]), 3),
        }
        if record.name == PRIMARY:
            results = {"chronic_absence": results["chronic_absence"]}
        elif record.name == REPLICA:  # one spring of tests: a level, no growth yet
            results = {"math_dfs": 2.4, "ela_dfs": 9.1, "chronic_absence": 0.112}
        record.results = results


def _count_children(places: list[Place], records: list[SchoolYearResult], rng: np.random.Generator) -> None:
    """A few more children than seats in each band, spread over the ZIPs; Gull Island has hardly any."""
    weights = rng.uniform(0.7, 1.5, len(places))
    weights[SMALL] = 0
    rows = []
    for band, few in zip(BANDS, (31, 8, 6), strict=True):
        seats = sum(record.seats or 0 for record in records if record.band == band)
        counts = np.round(seats * 1.07 * weights / weights.sum()).astype(int)
        counts[SMALL] = few
        rows += [
            PlaceChildren(place=place, year=YEAR, band=band, children=int(n), source=CHILDREN_SOURCE)
            for place, n in zip(places, counts, strict=True)
        ]
    PlaceChildren.objects.bulk_create(rows)


def _invest(world: World, city: City, places: list[Place]) -> None:
    """One investment tied to seats (a school replicated where seats are missing), two that open none."""
    common = {"organization_id": world.city_id, "city": city, "as_of": date(2026, 10, 1)}
    replica = Investment.objects.create(
        **common, name="Replicate Juniper Science Academy in Shipwrights", purpose="replicate",
        amount=2_950_000, begins=date(2024, 9, 1), place=places[1], school_name=REPLICA, band=Band.MIDDLE,
        seats_planned=360, seats_opened=120, source="Invented grant agreement of 1 September 2024",
    )  # fmt: skip
    replica.seats_opened, replica.as_of = 240, date(2026, 11, 2)  # a second class of 120 came this fall
    replica.save(update_fields=["seats_opened", "as_of"])
    Investment.objects.create(
        **common, name="A year's residency for eight future principals", purpose="people", amount=640_000,
        begins=date(2025, 7, 1), seats_planned=0, seats_opened=0, source="Invented budget of 2025–26",
    )  # fmt: skip
    Investment.objects.create(
        **common, name="Parent organizers in three ZIP codes", purpose="community", amount=210_000,
        begins=date(2026, 2, 1), seats_planned=0, seats_opened=0, source="Invented grant letter of 12 January 2026",
    )  # fmt: skip
