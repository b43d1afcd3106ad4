"""What principals typed of their own time, and Grace's week in November that Dana wrote down; closed months told."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np

from fairlead.apps.operations import telling
from fairlead.demo.copying import advance_ids, copy_rows
from fairlead.demo.world import ZONE, World

SHADOWED = date(2026, 11, 2)  # a Monday
CATEGORIES = ("classrooms", "coaching", "meetings", "families", "operations", "own")
TYPED = np.array([0.1, 0.08, 0.32, 0.2, 0.24, 0.06])  # what people remember to type
WATCHED = np.array([0.14, 0.07, 0.22, 0.17, 0.3, 0.1])
BLOCK = ("id", "organization_id", "purpose", "leader_id", "recorder_id", "week_id", "began_at", "minutes", "category",
         "recorded_at")  # fmt: skip
Rows = list[tuple[Any, ...]]


def build(world: World, rng: np.random.Generator) -> None:
    """Write them."""
    rows: Rows = []
    for school, organization in enumerate(world.school_ids.tolist()):
        leader = world.person[f"principal:{school}"]
        for day in world.dates[:-1]:
            if not SHADOWED <= day < SHADOWED + timedelta(days=7) or school:
                _typed(rng, rows, organization, leader, day, float(0.5 + world.school_need[school]))
    copy_rows(
        "operations_shadowweek",
        ("id", "organization_id", "purpose", "leader_id", "shadow_id", "begins", "planned_at"),
        [(1, int(world.school_ids[0]), "coaching", world.person["grace"], world.person["dana"], SHADOWED,
          datetime.combine(SHADOWED - timedelta(days=10), time(15), tzinfo=ZONE))],
    )  # fmt: skip
    advance_ids("operations_shadowweek")
    _shadowed(world, rng, rows)
    for leader in {*world.school_director.tolist(), world.person["ines"]}:
        for day in world.dates[-15:-1]:
            _typed(rng, rows, world.network_id, int(leader), day, 0.9)
    copy_rows("operations_timeblock", BLOCK, rows)
    for month in sorted({day.replace(day=1) for day in world.dates}):
        telling.tell(world.network_id, month, world.moment)


def _row(
    rng: np.random.Generator, org: int, leader: int, by: int, week: int | None, at: datetime, n: int, what: str
) -> tuple[Any, ...]:
    pk = uuid.UUID(bytes=rng.bytes(16), version=4)
    return (pk, org, "coaching", leader, by, week, at, n, what, at + timedelta(minutes=n + 20))


def _typed(rng: np.random.Generator, rows: Rows, org: int, leader: int, day: date, much: float) -> None:
    """One or two entries on a day, on some days none."""
    for hour in (8, 13)[: int(rng.poisson(1.1 * much)) if rng.random() < 0.8 else 0]:
        at = datetime.combine(day, time(hour, int(rng.integers(0, 12)) * 5), tzinfo=ZONE)
        rows.append(
            _row(
                rng,
                org,
                leader,
                leader,
                None,
                at,
                int(rng.choice([15, 30, 45, 60, 90])),
                str(rng.choice(CATEGORIES, p=TYPED)),
            )
        )


def _shadowed(world: World, rng: np.random.Generator, rows: Rows) -> None:
    """Half past seven to four, five days long, without a gap; her own entries know the longer half of it."""
    org, grace, dana = int(world.school_ids[0]), world.person["grace"], world.person["dana"]
    for day in (SHADOWED + timedelta(days=n) for n in range(5)):
        at, end = datetime.combine(day, time(7, 30), tzinfo=ZONE), datetime.combine(day, time(16), tzinfo=ZONE)
        while at < end:
            minutes = min(
                int(rng.choice([5, 10, 15, 30, 45, 60], p=[0.16, 0.2, 0.24, 0.2, 0.12, 0.08])),
                (end - at).seconds // 60,
            )
            what = str(rng.choice(CATEGORIES, p=WATCHED))
            rows.append(_row(rng, org, grace, dana, 1, at, minutes, what))
            if minutes >= 30 and rng.random() < 0.65:
                own = what if rng.random() < 0.85 else str(rng.choice(CATEGORIES, p=TYPED))
                rows.append(_row(rng, org, grace, grace, None, at, minutes, own))
            at += timedelta(minutes=minutes)
