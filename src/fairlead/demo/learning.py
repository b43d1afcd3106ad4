"""A year's programme on teaching number: eight sessions, sign-ins by code, by QR code and on paper, what it costs, what measures it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from fairlead.apps.growth.models import Comparison
from fairlead.apps.learning import counting
from fairlead.apps.learning.models import Ingredient, Measured, Programme, Session
from fairlead.demo import practice
from fairlead.demo.copying import advance_ids, copy_rows
from fairlead.demo.growth import SCHOOLS
from fairlead.demo.world import ZONE, World

DAYS = (
    (date(2026, 9, 2), "What students do when they count", False),
    (date(2026, 9, 16), "Ten as a unit", False),
    (date(2026, 9, 30), "Listening to how a child thinks", False),
    (date(2026, 10, 14), "Planning one lesson together", True),
    (date(2026, 10, 28), "Looking at student work", False),
    (date(2026, 11, 12), "Numbers on a line", False),
    (date(2026, 11, 19), "Fractions as numbers", False),
    (date(2026, 12, 9), "What we keep", True),
)
BEGINS, MINUTES = time(9, 20), 120
SIGNED_BY_NOW = 0.6  # of those who come today
PRICED = date(2026, 8, 15)
INVENTED = "invented for the demo"
# kind, name, quantity (None: from the sign-ins), unit, price, who pays
COSTS: tuple[tuple[str, str, int | None, str, str, str], ...] = (
    ("participants", "Teachers' time in sessions", None, "hour", "58.00", "network"),
    ("facilitators", "Facilitators, sessions and preparation", 96, "hour", "72.00", "network"),
    ("coaches", "Coaching between sessions", 140, "hour", "68.00", "network"),
    ("substitutes", "Substitutes while teachers learn", 420, "half-day", "85.00", "schools"),
    ("stipends", "Stipends for two lead teachers", 2, "stipend", "1500.00", "grant"),
    ("materials", "Books and counting materials", 200, "set", "46.00", "grant"),
    ("travel", "Trips between schools", 320, "mile", "0.70", "network"),
    ("rooms", "Rooms with 200 seats", 7, "morning", "210.00", "schools"),
    ("salary", "Salary steps for credits earned here, this year's part", 36, "teacher", "1150.00", "district"),
)
ATTENDANCE = ("id", "session_id", "organization_id", "purpose", "person_id", "lead_id", "second_id", "minutes", "way",
              "entered_by_id", "at", "not_there_at")  # fmt: skip


def build(world: World, rng: np.random.Generator) -> None:
    """Write it."""
    programme = Programme.objects.create(
        organization_id=world.network_id, name="Teaching number together", topic="Number and operations, grades K–8",
        for_whom="Teachers of mathematics at six schools", begins=date(2026, 8, 31), ends=date(2027, 5, 28),
        goal="In every lesson on number, students explain how they thought, and the next question builds on what they said.",
        made_by_id=world.person["ines"], made_at=datetime.combine(date(2026, 8, 17), time(9), tzinfo=ZONE),
    )  # fmt: skip
    sessions = Session.objects.bulk_create(
        Session(
            programme=programme, organization_id=world.network_id, begins_at=datetime.combine(day, BEGINS, tzinfo=ZONE),
            minutes=MINUTES, place="" if online else "Harbor Point Elementary, library", online=online, about=about,
            lead_id=world.person["dana"], second_id=world.person["nadia"],
        )
        for day, about, online in DAYS
    )  # fmt: skip
    people, schools = _invite(world, programme)
    _sign_in(world, rng, sessions, people, schools)
    Ingredient.objects.bulk_create(
        Ingredient(
            programme=programme, organization_id=world.network_id, kind=kind, name=name, unit=unit, paid_by=paid_by,
            quantity=None if quantity is None else Decimal(quantity), price=Decimal(price), priced_on=PRICED,
            quantity_source="sign-ins" if quantity is None else INVENTED, price_source=INVENTED,
        )
        for kind, name, quantity, unit, price, paid_by in COSTS
    )  # fmt: skip
    ties: list[tuple[int, str, str]] = [(3, "diagnosis", "what-makes-it-stick"), (3, "indicator", "coaching_dose")]
    ties += [(2, "growth", str(pk)) for pk in Comparison.objects.values_list("pk", flat=True)]
    Measured.objects.bulk_create(
        Measured(
            programme=programme, organization_id=world.network_id, level=level, source=source, reference=reference
        )
        for level, source, reference in ties
    )
    practice.build(world, rng, programme, people, schools)
    counting.count(programme.pk, world.moment)


def _invite(world: World, programme: Programme) -> tuple[np.ndarray, np.ndarray]:
    """All teachers of the schools whose growth is measured."""
    here = world.section_school < SCHOOLS
    people, first = np.unique(world.section_teacher[here], return_index=True)
    schools = world.school_ids[world.section_school[here][first]]
    ids = world.take_ids("learning_invitation", people.size)
    copy_rows(
        "learning_invitation",
        ("id", "programme_id", "organization_id", "person_id", "since", "walked_in"),
        (
            (int(pk), programme.pk, int(school), int(person), programme.begins, False)
            for pk, school, person in zip(ids, schools, people, strict=True)
        ),
    )
    advance_ids("learning_invitation")
    return people, schools


def _sign_in(
    world: World, rng: np.random.Generator, sessions: list[Session], people: np.ndarray, schools: np.ndarray
) -> None:
    dana, amara = world.person["dana"], world.person["amara"]
    likely = rng.beta(5, 1.6, people.size) * (rng.random(people.size) > 0.06)  # some never come
    rows: list[tuple[Any, ...]] = []
    for session in sessions:
        if session.begins_at > world.moment:
            continue
        now = session.begins_at.date() == world.today
        came = rng.random(people.size) < likely * (SIGNED_BY_NOW if now else 1.0)
        came[people == amara] = not now
        ways = rng.choice(["code", "qr", "paper"], people.size, p=[0.6, 0.4, 0.0] if now else [0.55, 0.3, 0.15])
        late = rng.choice([0, 0, 0, 30, 60], people.size)
        says_no = rng.random(people.size) < 0.01
        says_no[people == amara] = False
        after = rng.integers(0, 12, people.size)
        for i in np.flatnonzero(came):
            person, way = int(people[i]), str(ways[i])
            paper = way == "paper"
            at = session.begins_at + timedelta(minutes=int(after[i]) if not paper else MINUTES + 60)
            rows.append(
                (0, session.pk, int(schools[i]), "improvement", person, dana, session.second_id,
                 MINUTES - int(late[i]) if paper else MINUTES, way, dana if paper else person, at,
                 at + timedelta(days=1) if says_no[i] and not now else None)
            )  # fmt: skip
    ids = world.take_ids("learning_attendance", len(rows))
    copy_rows("learning_attendance", ATTENDANCE, ((int(pk), *row[1:]) for pk, row in zip(ids, rows, strict=True)))
    advance_ids("learning_attendance")
