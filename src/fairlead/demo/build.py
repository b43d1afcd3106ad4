"""Make the whole invented network, in order, in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from time import perf_counter

import numpy as np
from django.db import connection, transaction

from fairlead.demo.world import SEED, World

# Caseload before support: directors visit the schools that the chosen plan gives them (`World.school_director`).
PARTS = ("roster", "lottery", "attendance", "caseload", "support", "places", "evidence", "progress")
Report = Callable[[str, float], None]


def build(world: World, report: Report = lambda part, seconds: None) -> World:
    """Fill an empty database with the invented network; the same seed gives the same rows.

    Each part draws from a generator of its own, so that a new part leaves the others' rows as they were.
    """
    parts = [p for p in PARTS if find_spec(f"fairlead.demo.{p}")]
    with transaction.atomic():
        for part in parts:
            began = perf_counter()
            rng = np.random.default_rng([SEED, PARTS.index(part)])
            import_module(f"fairlead.demo.{part}").build(world, rng)
            report(part, perf_counter() - began)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return world
