"""The night's work: counting the indicators anew."""

from __future__ import annotations

from procrastinate.contrib.django import app

from fairlead import clock
from fairlead.apps.roster import selectors as roster


@app.periodic(cron="30 1 * * *")
@app.task(name="progress.refresh_indicators", queueing_lock="progress.refresh_indicators")
def refresh_indicators(timestamp: int) -> None:
    """Every network's readings, from yesterday's facts."""
    from fairlead.apps.progress import services  # here: the web server knows the task, but does not count

    for network in roster.networks():
        services.refresh(network.pk, clock.now())
