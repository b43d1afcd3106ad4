"""What could be compared and what has been; one comparison; one's own growth. Every number was stored by the worker."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.growth import selectors, services
from fairlead.apps.surveys.selectors import READERS, RUNNERS, least_group
from fairlead.desks.growth import shown


@require_safe
@needs(*READERS)
def home(request: ScopedRequest) -> HttpResponse:
    """Comparisons, and surveys that could be compared."""
    return _home(request)


def _home(request: ScopedRequest, error: str = "") -> HttpResponse:
    runs = request.scope.has(*RUNNERS)
    context = {
        "rows": [shown.row(known) for known in selectors.comparisons(request.scope)],
        "possible": shown.possible(selectors.possible(request.scope)) if runs else [],
        "runs": runs,
        "error": error,
    }
    return render(request, "growth/home.html", context, status=422 if error else 200)


@require_POST
@needs(*RUNNERS)
def new(request: ScopedRequest) -> HttpResponse:
    """Order a comparison."""
    ids = [request.POST.get(name, "") for name in ("before", "after")]
    if not all(pk.isdecimal() and len(pk) < 19 for pk in ids):
        raise Http404
    try:
        made = services.compare(request.scope, int(ids[0]), int(ids[1]))
    except services.NotThere:
        raise Http404 from None
    except ValidationError as error:
        return _home(request, " ".join(error.messages))
    return redirect("growth:comparison", made.pk)


@require_safe
@needs(*READERS)
def comparison(request: ScopedRequest, comparison_id: int) -> HttpResponse:
    """One comparison: who grew, beside chance, and what stands behind it."""
    known = selectors.comparison(request.scope, comparison_id)
    if known is None:
        raise Http404
    context = {
        "known": known,
        "row": shown.row(known),
        "measures": shown.measures(known, selectors.told(request.scope, known)),
        "least": least_group(known.before.version.instrument),
    }
    return render(request, "growth/comparison.html", context)


@require_safe
@needs()
def mine(request: ScopedRequest) -> HttpResponse:
    """The asking person's own scores before and after. Nobody else can open them."""
    return render(request, "growth/mine.html", {"rows": shown.own(selectors.own(request.scope))})
