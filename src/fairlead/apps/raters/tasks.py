"""The worker's part: attempts are judged, visits rated twice are paired, and by night everything is counted anew."""

from __future__ import annotations

from procrastinate.contrib.django import app

from fairlead.apps.raters.attempting import JUDGE


@app.task(name=JUDGE)
def judge(attempt_id: int) -> None:
    """Judge an attempt that has just been sent in."""
    from fairlead.apps.raters import judging  # here: the web server knows the task, but does not count

    judging.judge(attempt_id)
