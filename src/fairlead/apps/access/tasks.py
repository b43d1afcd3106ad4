"""The night's sweeping: off unless FAIRLEAD_SWEEP=1, and only what nobody can miss."""

from __future__ import annotations

from django.conf import settings
from procrastinate.contrib.django import app

from fairlead.apps.access import retention

SWEPT = ("sessions", "tries")


@app.periodic(cron="40 2 * * *")
@app.task(name="access.sweep", queueing_lock="access.sweep")
def sweep(timestamp: int) -> None:
    """Delete ended sign-ins and counted tries, when the installation has asked for it."""
    if settings.SWEEP:
        retention.apply(SWEPT)
