"""What a rater finds first: calibrations to do and done."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.services import log_list
from fairlead.apps.instruments import certifying
from fairlead.apps.raters import attempting, pairing, selectors
from fairlead.apps.raters.calibrating import TRAINERS
from fairlead.desks.raters.attempt import WHO
from fairlead.desks.raters.numbers import with_words

MOST = 6  # visits seen by two that are listed


@require_safe
@needs(*WHO)
def home(request: ScopedRequest) -> HttpResponse:
    """One's own calibrations and certificates."""
    today = clock.today()
    looks = pairing.own(request.scope)
    log_list(request.scope, "coaching", {look.organization_id for look in looks})
    context = {
        "looks": [look for look in looks if look.waits and look.ends >= today],
        "seen": [look for look in looks if not look.waits][:MOST],
        "groups": with_words(selectors.own_counts(request.scope)),
        "offers": attempting.offers(request.scope, today),
        "attempts": attempting.own_all(request.scope),
        "held": [{"held": h, "state": h.state(today)} for h in certifying.own(request.scope)],
        "trains": request.scope.has(*TRAINERS),
        "today": today,
    }
    return render(request, "raters/home.html", context)
