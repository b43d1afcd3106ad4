"""Surveys that wait for one's own answer, where they are confidential: an anonymous link is in nobody's account."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_POST, require_safe

from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.instruments.models import in_words
from fairlead.apps.surveys import links, reports, selectors, services, sessions
from fairlead.apps.surveys.optouts import WRITERS
from fairlead.desks.surveys.sessions import OPENERS


@require_safe
@needs()
def mine(request: ScopedRequest) -> HttpResponse:
    """What waits for the person's own answer."""
    waiting = [(one, in_words(one.name, one.name_es)) for one in selectors.mine(request.scope)]
    classes = [(one, in_words(one.name, one.name_es)) for one in reports.classes(request.scope)]
    sessions_now = [
        (one, in_words(one.name, one.name_es)) for one in sessions.classes(request.scope.acting_as(*OPENERS))
    ]
    context = {"waiting": waiting, "classes": classes, "sessions": sessions_now,
               "families": request.scope.has(*WRITERS)}  # fmt: skip
    return render(request, "surveys/mine.html", context)


@require_POST
@needs()
def enter(request: ScopedRequest, survey_id: int) -> HttpResponse:
    """A new link of one's own, and on to the questions; the link of before no longer opens."""
    secret = services.enter(request.scope, survey_id)
    if secret is None:
        raise Http404
    # Here they read in this language, whatever the roster says.
    return redirect(f"{reverse('answering:answer', args=[links.written(secret)])}?in={get_language()}")
