"""The night's work: levels that a consent covers are carried over, also of visits shared since it was given."""

from __future__ import annotations

from procrastinate.contrib.django import app

from fairlead.apps.instruments import consents


@app.periodic(cron="20 3 * * *")
@app.task(name="instruments.carry_over", queueing_lock="instruments.carry_over")
def carry_over(timestamp: int) -> None:
    """Carry over what the day's visits brought."""
    consents.carry_over()
