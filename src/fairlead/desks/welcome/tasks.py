"""The worker's part of the one click: an ordinary import, without a person in between, into the demo's network."""

from __future__ import annotations

from procrastinate.contrib.django import app

from fairlead.apps.roster import selectors as roster
from fairlead.desks.welcome import sample


@app.task(name=sample.LOAD, queueing_lock=sample.LOAD, pass_context=False)
def load_grand_bend() -> None:
    """Read, compare and merge. What is refused fails the job, and the card says so."""
    from fairlead.apps.roster.exchange import running  # here: the web server knows the task, but does not read files

    (network,) = roster.networks()
    with running.looking(sample.folder(), network, reader="edfi") as found:
        found.confirm()
