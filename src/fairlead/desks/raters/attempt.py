"""For who rates: a calibration from its first case to what came of it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.instruments.certifying import RATERS
from fairlead.apps.raters import attempting, calibrating, rules, selectors
from fairlead.apps.raters.calibrating import TRAINERS
from fairlead.desks.raters.forms import LevelsForm, blame
from fairlead.desks.raters.shown import domains_in_words, items_in_words, rule_in_words, short_in_words

WHO = (*RATERS, *TRAINERS)


@require_POST
@needs(*WHO)
def begin(request: ScopedRequest, version_id: int) -> HttpResponse:
    """Begin, or go on."""
    try:
        attempt = attempting.begin(request.scope, version_id)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("raters:home")
    return redirect("raters:attempt", attempt.pk)


def _own(request: ScopedRequest, attempt_id: int) -> Any:
    found = attempting.own(request.scope, attempt_id)
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*WHO)
def attempt(request: ScopedRequest, attempt_id: int) -> HttpResponse:
    """Its cases, which are rated and which wait; sent in; then what came of it."""
    found = _own(request, attempt_id)
    if request.method == "POST":
        try:
            sent = attempting.submit(request.scope, attempt_id)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            if sent:
                messages.success(request, _("Sent in. It is held against the agreed levels; that takes a moment."))
            else:
                messages.info(request, _("It was sent in before; nothing changed."))
        return redirect("raters:attempt", attempt_id)
    rated = attempting.rated(request.scope, attempt_id)
    cases = list(found.calibration_set.cases.defer("content"))
    rule = rules.read(found.calibration_set.rule)
    context = {
        "attempt": found,
        "set": found.calibration_set,
        "cases": [{"case": case, "rated": case.pk in rated} for case in cases],
        "left": sum(case.pk not in rated for case in cases),
        "rule": rule_in_words(rule),
        "wait_days": rule.wait_days,
        "domains": domains_in_words(found),
        "short": short_in_words(found),
        "items": items_in_words(found, cases),
    }
    return render(request, "raters/attempt.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*WHO)
def case(request: ScopedRequest, attempt_id: int, position: int) -> HttpResponse:
    """One case, read and rated."""
    found = _own(request, attempt_id)
    cases = list(found.calibration_set.cases.defer("content"))
    shown = next((c for c in cases if c.position == position), None)
    if shown is None:
        raise Http404
    rated = attempting.rated(request.scope, attempt_id)
    form = LevelsForm(
        request.POST if request.method == "POST" else None,
        items=calibrating.rated_items(found.calibration_set.version_id),
        known=rated.get(shown.pk),
    )
    if request.method == "POST" and form.is_valid():
        try:
            attempting.rate(request.scope, attempt_id, shown.pk, form.levels())
        except ObjectDoesNotExist as error:
            raise Http404 from error
        except ValidationError as error:
            blame(form, error)
        else:
            waiting = [c for c in cases if c.pk not in rated and c.pk != shown.pk]
            if waiting:
                return redirect("raters:case", attempt_id, waiting[0].position)
            return redirect("raters:attempt", attempt_id)
    context = {
        "attempt": found,
        "set": found.calibration_set,
        "case": shown,
        "form": form,
        "rows": form.rows(),
        "many": len(cases),
        "refused": bool(form.errors),
    }
    return render(request, "raters/case.html", context, status=422 if form.errors else 200)


@require_safe
@needs(*WHO)
def case_file(request: ScopedRequest, case_id: int) -> HttpResponse:
    """A case's picture or PDF: for who trains raters, and for who has begun to rate it."""
    found = selectors.case_file(request.scope, case_id)
    if found is None or found.content is None:
        raise Http404
    response = HttpResponse(bytes(found.content), content_type=found.media_type)
    response["Content-Disposition"] = "inline" if found.media_type.startswith("image/") else "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    return response
