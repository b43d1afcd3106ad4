"""What time it is: the system's clock, or in the demo the moment at which its banner stands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from fairlead import clock

# Where the demo's banner can put the clock within its day.
MOMENTS = {"early": time(8, 5), "morning": time(9, 31), "afternoon": time(15, 0)}

_held: ContextVar[datetime | None] = ContextVar("fairlead_moment", default=None)


class SiteClock:
    """Asks, in this order: the moment held for this request or test, the demo's table, the system."""

    def now(self) -> datetime:
        zone = ZoneInfo(settings.TIME_ZONE)
        held = _held.get()
        if held is None and settings.DEMO:
            held = demo_moment()
        return (held or datetime.now(zone)).astimezone(zone)


def install() -> None:
    """Bind the site's clock for every floor."""
    clock.bind(SiteClock())


def demo_moment() -> datetime | None:
    """Where the demo's clock stands; None before the demo has been built."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT moment FROM site_democlock ORDER BY id LIMIT 1")
        row = cursor.fetchone()
    return row[0] if row else None


def move_demo(moment: datetime) -> None:
    """Set the demo's clock."""
    from fairlead.site.models import DemoClock

    DemoClock.objects.update_or_create(pk=1, defaults={"moment": moment})


@contextmanager
def held(moment: datetime | None) -> Iterator[None]:
    """Let `clock.now()` answer `moment` inside the block (a request of the demo, a test)."""
    token = _held.set(moment)
    try:
        yield
    finally:
        _held.reset(token)
