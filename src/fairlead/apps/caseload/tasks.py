"""What the worker does for caseloads: it solves what was asked for."""

from __future__ import annotations

from procrastinate.contrib.django import app

from fairlead.apps.caseload.making import SOLVE


@app.task(name=SOLVE)
def solve(plan_request_id: int) -> None:
    """Solve one plan that was asked for."""
    from fairlead.apps.caseload import solving  # here: the web server knows the task, but does not solve

    solving.solve(plan_request_id)
