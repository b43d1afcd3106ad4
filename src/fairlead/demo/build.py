"""Make the whole invented network, in order, in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import numpy as np
from django.db import connection, transaction

from fairlead.demo import (
    attendance,
    caseload,
    contacts,
    cycles,
    diagnostics,
    evidence,
    families,
    growth,
    leaders_time,
    learning,
    lotteries,
    lottery,
    operations,
    periods,
    places,
    progress,
    raters,
    reviews,
    roster,
    supervision,
    support,
    surveys,
    technical,
)
from fairlead.demo.world import SEED, World

Part = Callable[[World, np.random.Generator], None]
Report = Callable[[str, float], None]

# In order; each part draws from the stream of its own number, so that a new part leaves the others' rows as they were.
# Caseload before support: directors visit the schools that the chosen plan gives them (`World.school_director`).
PARTS: tuple[tuple[str, int, Part], ...] = (
    ("roster", 0, roster.build),
    ("lottery", 1, lottery.build),
    ("attendance", 2, attendance.build),
    ("periods", 8, periods.build),
    ("families", 9, families.build),
    ("caseload", 3, caseload.build),
    ("support", 4, support.build),
    ("contacts", 35, contacts.build),
    ("cycles", 36, cycles.build),
    ("raters", 10, raters.build),
    ("growth", 15, growth.build),
    ("technical", 20, technical.build),
    ("surveys", 16, surveys.build),
    ("places", 5, places.build),
    ("diagnostics", 13, diagnostics.build),
    ("operations", 31, operations.build),
    ("supervision", 34, supervision.build),
    ("leaders_time", 33, leaders_time.build),
    ("learning", 32, learning.build),
    ("evidence", 6, evidence.build),
    ("reviews", 12, reviews.build),
    ("lotteries", 21, lotteries.build),
    ("progress", 7, progress.build),
    ("goals", 37, cycles.goals),
)


def build(world: World, report: Report = lambda part, seconds: None) -> World:
    """Fill an empty database with the invented network; the same seed gives the same rows."""
    with transaction.atomic():
        for name, stream, part in PARTS:
            began = perf_counter()
            part(world, np.random.default_rng([SEED, stream]))
            report(name, perf_counter() - began)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return world
