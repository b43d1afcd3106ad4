"""The principal at 9:31: the office's numbers, yesterday's coverage, and three questions answered from the rolls."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.attendance import selectors
from fairlead.desks.office.views import board, own_school


@require_safe
@needs("principal")
def desk(request: ScopedRequest) -> HttpResponse:
    """The page of one's own school."""
    scope, now = request.scope, clock.now()
    school_id = own_school(request)
    context = board(scope, school_id, now, calls=False)
    past = selectors.habits(scope, school_id, now.date())
    yesterday = selectors.count(scope, school_id, past.last, now) if past else None
    morning = context["morning"]
    unexplained = len(morning.to_reach) + len(morning.reached)
    return render(
        request,
        "principal/desk.html",
        {
            **context,
            "yesterday": yesterday,
            "habits": past,
            "unexplained": unexplained,
            "first_calls": morning.to_reach[:5],
        },
    )
