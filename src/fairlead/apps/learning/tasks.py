"""The worker's part, every night: what may be told of whole programmes."""

from __future__ import annotations

from procrastinate.contrib.django import app

from fairlead import clock
from fairlead.apps.learning import counting


@app.periodic(cron="35 2 * * *")
@app.task(name="learning.count", queueing_lock="learning.count")
def count(timestamp: int) -> None:
    """Count the programmes that go on."""
    counting.count_all(clock.now())
