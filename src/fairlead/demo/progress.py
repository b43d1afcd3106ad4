"""Indicators of the seeded weeks, and the tables of its closed months."""

from __future__ import annotations

from collections import Counter

import numpy as np
from django.db import connection

from fairlead.apps.progress import services
from fairlead.demo.world import World


def build(world: World, rng: np.random.Generator) -> None:
    """Count what the other parts made; nothing here is drawn."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE roster_role, support_contact, support_support")
    closed = Counter(day.replace(day=1) for day in world.dates if day < world.today.replace(day=1))
    months = [month for month, days in sorted(closed.items()) if days >= services.FEWEST_DAYS]
    services.refresh(world.network_id, world.moment, publishing=months)
