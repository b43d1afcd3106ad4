"""What a rater finds first: calibrations to do and done."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.instruments import certifying
from fairlead.apps.raters import attempting
from fairlead.apps.raters.calibrating import TRAINERS
from fairlead.desks.raters.attempt import WHO


@require_safe
@needs(*WHO)
def home(request: ScopedRequest) -> HttpResponse:
    """One's own calibrations and certificates."""
    today = clock.today()
    context = {
        "offers": attempting.offers(request.scope, today),
        "attempts": attempting.own_all(request.scope),
        "held": [{"held": h, "state": h.state(today)} for h in certifying.own(request.scope)],
        "trains": request.scope.has(*TRAINERS),
        "today": today,
    }
    return render(request, "raters/home.html", context)
