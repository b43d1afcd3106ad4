"""The worker's part: a comparison that was ordered is worked out."""

from __future__ import annotations

from procrastinate.contrib.django import app

from fairlead import clock
from fairlead.apps.growth.services import COUNT


@app.task(name=COUNT)
def count(comparison_id: int) -> None:
    """Work a comparison out and store it."""
    from fairlead.apps.growth import counting  # here: the web server knows the task, but does not count

    counting.count(comparison_id, clock.now())
