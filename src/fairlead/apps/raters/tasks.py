"""The worker's part: attempts are judged, visits rated twice are paired, and by night everything is counted anew."""

from __future__ import annotations

from django.core.mail import send_mail
from procrastinate.contrib.django import app

from fairlead import clock
from fairlead.apps.raters.attempting import JUDGE
from fairlead.apps.raters.pairing import PAIR
from fairlead.apps.roster import selectors as roster


@app.task(name=JUDGE)
def judge(attempt_id: int) -> None:
    """Judge an attempt that has just been sent in."""
    from fairlead.apps.raters import judging  # here: the web server knows the task, but does not count

    judging.judge(attempt_id)


@app.task(name=PAIR)
def pair(look_id: int) -> None:
    """Put a second rater's levels beside the first's, when both are in."""
    from fairlead.apps.raters import pairing

    pairing.pair(look_id)


@app.periodic(cron="50 3 * * *")
@app.task(name="raters.count", queueing_lock="raters.count")
def count(timestamp: int) -> None:
    """Each night: pair what has come meanwhile, count every network anew, tell whose certificate ends soon."""
    from fairlead.apps.raters import counting, pairing, reminding

    pairing.pair()
    for network in roster.networks():
        counting.count(network.pk, clock.now())
    reminding.remind(clock.today(), lambda to, subject, words: send_mail(subject, words, None, [to]))
