"""The page behind a family's link. It shows a first name and a day, and takes one answer; outside sign-in.

Unknown, used, expired and withdrawn links give the same page, so that an address tells nothing. There is no cookie to
protect: the token in the address is the only secret, which is why a form without CSRF token is safe here.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from fairlead.apps.attendance import family_services as families
from fairlead.apps.attendance.family_words import spoken
from fairlead.desks.bylink import missed, quiet, too_many
from fairlead.desks.family.forms import AnswerForm

KIND = "family"  # of links, for counting those that do not open
NEXT_STEPS = ("confirm", "change", "send")


def _quiet(response: HttpResponse, language: str) -> HttpResponse:
    response["Content-Language"] = language
    return quiet(response)


def _show(request: HttpRequest, name: str, language: str, status: int = 200, **context: Any) -> HttpResponse:
    with translation.override(language):
        return _quiet(
            render(request, f"family/{name}.html", {"language": language, **context}, status=status), language
        )


def _language(request: HttpRequest, guardians: str | None) -> tuple[str, bool]:
    """The page's language, and whether it is the one that the guardian speaks.

    Asked for on the page; else the guardian's own; else the phone's, of those that we have.
    """
    asked = request.POST.get("in") or request.GET.get("in", "")
    if asked and spoken(asked)[1]:
        return spoken(asked)[0], True
    if guardians is not None and spoken(guardians)[1]:
        return spoken(guardians)[0], True
    return spoken(translation.get_language_from_request(request))[0], guardians is None


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponse:
    """Ask, confirm, take the answer."""
    if too_many(request, KIND):
        return _show(request, "slow_down", _language(request, None)[0], status=429)
    opened = families.look(token)
    if opened is None:
        missed(request, KIND)
        return _show(request, "shut", _language(request, None)[0], status=404)
    language, own = _language(request, opened.language)
    context: dict[str, Any] = {"opened": opened, "own": own}
    if request.method != "POST":
        return _show(request, "ask", language, form=AnswerForm(), **context)
    step = request.POST.get("step", "")
    with translation.override(language):
        form = AnswerForm(request.POST)
        valid = form.is_valid()
    if step not in NEXT_STEPS or step == "change" or not valid:
        return _show(request, "ask", language, form=form, **context)
    if step == "confirm":
        return _show(request, "confirm", language, form=form, **context)
    if not families.answer(token, form.cleaned_data["reason"], form.cleaned_data["words"]):
        return _show(request, "shut", language, status=404)  # somebody was quicker by a moment
    return _quiet(redirect(f"{reverse('family:thanks')}?in={language}"), language)


@require_safe
def thanks(request: HttpRequest) -> HttpResponse:
    """After the answer. It knows nothing of it: the link is used up."""
    return _show(request, "thanks", _language(request, None)[0])
