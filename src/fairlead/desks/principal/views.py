"""The principal at 9:31: the office's numbers, yesterday's coverage, and three questions answered from the rolls."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from fairlead import clock
from fairlead.apps.access.decorators import needs
from fairlead.apps.attendance import selectors
from fairlead.apps.roster import selectors as roster
from fairlead.desks.office.views import board

PAST = 10  # school days behind the answers


@require_safe
@needs("principal")
def desk(request: HttpRequest) -> HttpResponse:
    """The page of one's own school."""
    scope, now = request.scope, clock.now()
    school_id = scope.organization_of("principal")
    context = board(scope, school_id, now)
    network = roster.network_of(school_id)
    past = roster.school_days(network.pk, now.date() - timedelta(days=60), now.date() - timedelta(days=1))[-PAST:]
    yesterday = selectors.count(scope, school_id, past[-1], now) if past else None
    morning = context["morning"]
    unexplained = len(morning.to_reach) + len(morning.reached)
    return render(
        request,
        "principal/desk.html",
        {
            **context,
            "yesterday": yesterday,
            "habits": selectors.habits(scope, school_id, past),
            "unexplained": unexplained,
            "first_calls": morning.to_reach[:5],
        },
    )
