"""Opening a class on shared devices, for its teacher, or the office for a substitute. Only how many have finished is told."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.instruments.models import in_words
from fairlead.apps.surveys import links, sessions
from fairlead.apps.surveys.services import NotThere
from fairlead.apps.surveys.sessions import STAND_IN

OPENERS = ("teacher", *STAND_IN)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*OPENERS)
def class_session(request: ScopedRequest, survey_id: int, section_id: int) -> HttpResponse:
    """One class of an open survey: open it, see how many have finished, print its slips, close it."""
    scope, error = request.scope, ""
    try:
        if request.method == "POST":
            if "slips" in request.POST:
                try:
                    return _slips(request, survey_id, section_id)
                except ValidationError as refused:
                    error = " ".join(refused.messages)
            else:
                change = sessions.end if "close" in request.POST else sessions.begin
                change(scope, survey_id, section_id)
                return redirect("surveys:class_session", survey_id, section_id)
        one = sessions.found(scope, survey_id, section_id)
    except NotThere:
        raise Http404 from None
    door = request.build_absolute_uri(reverse("answering:door"))
    code = one.code and f"{one.code[:4]}-{one.code[4:]}"
    context = {
        "one": one, "name": in_words(one.name, one.name_es), "code": code, "error": error,
        "door": door.split("://", 1)[-1],
    }  # fmt: skip
    return render(request, "surveys/class_session.html", context, status=422 if error else 200)


def _slips(request: ScopedRequest, survey_id: int, section_id: int) -> HttpResponse:
    made = sessions.slips(request.scope, survey_id, section_id)
    one = sessions.found(request.scope, survey_id, section_id)
    door = request.build_absolute_uri(reverse("answering:door"))
    context = {
        "known": one, "one": one, "school": one.section, "slips": [(slip, links.written(slip.secret)) for slip in made],
        "door": door.split("://", 1)[-1],
    }  # fmt: skip
    page = render(request, "surveys/slips.html", context)
    page["Cache-Control"] = "no-store"
    return page
