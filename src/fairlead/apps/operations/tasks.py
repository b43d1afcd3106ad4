"""The worker's part: every hour of the working day, who is next is told of levels that were missed."""

from __future__ import annotations

from datetime import timedelta

from django.core.mail import send_mail
from procrastinate.contrib.django import app

from fairlead import clock
from fairlead.apps.operations import escalating
from fairlead.apps.roster import selectors as roster


@app.periodic(cron="5 6-18 * * 1-5")
@app.task(name="operations.escalate", queueing_lock="operations.escalate")
def escalate(timestamp: int) -> None:
    """Tell of each missed level once."""
    escalating.escalate(clock.today(), lambda to, subject, words: send_mail(subject, words, None, [to]))


@app.periodic(cron="20 4 1 * *")
@app.task(name="operations.tell_time", queueing_lock="operations.tell_time")
def tell_time(timestamp: int) -> None:
    """Count the month that is over: principals' time over each network."""
    from fairlead.apps.operations import telling  # here: the web server knows the task, but does not count

    last = clock.today().replace(day=1) - timedelta(days=1)
    for network in roster.networks():
        telling.tell(network.pk, last, clock.now())
