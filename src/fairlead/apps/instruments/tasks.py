"""The night's work: levels that a consent covers are carried over; then how well every instrument measures."""

from __future__ import annotations

from procrastinate.contrib.django import app

from fairlead.apps.instruments import consents
from fairlead.apps.instruments.technical import MEASURE
from fairlead.apps.roster import selectors as roster


@app.periodic(cron="20 3 * * *")
@app.task(name="instruments.carry_over", queueing_lock="instruments.carry_over")
def carry_over(timestamp: int) -> None:
    """Carry over what the day's visits brought."""
    consents.carry_over()


@app.periodic(cron="40 3 * * *")
@app.task(name="instruments.measure_all", queueing_lock="instruments.measure_all")
def measure_all(timestamp: int) -> None:
    """Every network's technical results, from the answers of the year up to now."""
    for network in roster.networks():
        measure(network.pk)


@app.task(name=MEASURE)
def measure(network_id: int, version_id: int | None = None) -> None:
    """The technical results of one network, of one version or of all."""
    from fairlead.apps.instruments import computing  # here: the web server knows the task, but does not compute

    computing.refresh(network_id, None if version_id is None else [version_id])
