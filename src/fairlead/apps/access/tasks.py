"""The night's sweeping: what holds everybody's data and waits for nobody; the rest only with FAIRLEAD_SWEEP=1."""

from __future__ import annotations

from django.conf import settings
from procrastinate.contrib.django import app

from fairlead.apps.access import retention

ALWAYS = ("rosters_waiting",)
SWEPT = ("sessions", "tries")


@app.periodic(cron="40 2 * * *")
@app.task(name="access.sweep", queueing_lock="access.sweep")
def sweep(timestamp: int) -> None:
    """Delete rosters that nobody confirmed; ended sign-ins and counted tries too, when the installation has asked for it."""
    retention.apply((*ALWAYS, *(SWEPT if settings.SWEEP else ())))
