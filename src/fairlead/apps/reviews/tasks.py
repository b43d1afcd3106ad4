"""What the worker computes when a review is closed."""

from __future__ import annotations

from procrastinate.contrib.django import app

from fairlead.apps.reviews.services import ESTIMATE


@app.task(name=ESTIMATE)
def estimate(review_id: int) -> None:
    """Count a closed review, once."""
    from fairlead.apps.reviews import results  # here: the web server knows the task, but does not count

    results.estimate(review_id)
