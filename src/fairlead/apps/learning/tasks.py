"""The worker's part, every night: what may be told of whole programmes."""

from __future__ import annotations

from procrastinate.contrib.django import app

from fairlead import clock
from fairlead.apps.learning.services import RECOUNT


@app.periodic(cron="35 2 * * *")
@app.task(name="learning.count", queueing_lock="learning.count")
def count(timestamp: int) -> None:
    """Count the programmes that go on, and forget codes that did not fit long ago."""
    from fairlead.apps.learning import counting  # here: the web server knows the tasks, but does not count

    now = clock.now()
    counting.count_all(now)
    counting.forget(now)


@app.task(name=RECOUNT)
def recount(programme_id: int) -> None:
    """Count one, when what stands for its levels has changed."""
    from fairlead.apps.learning import counting

    counting.count(programme_id, clock.now())
