"""The worker's part: every hour of the working day, who is next is told of levels that were missed."""

from __future__ import annotations

from django.core.mail import send_mail
from procrastinate.contrib.django import app

from fairlead import clock
from fairlead.apps.operations import escalating


@app.periodic(cron="5 6-18 * * 1-5")
@app.task(name="operations.escalate", queueing_lock="operations.escalate")
def escalate(timestamp: int) -> None:
    """Tell of each missed level once."""
    escalating.escalate(clock.today(), lambda to, subject, words: send_mail(subject, words, None, [to]))
