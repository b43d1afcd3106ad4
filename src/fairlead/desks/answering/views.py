"""Answering a survey by a link. Whoever may be signed in on this browser is not asked and not noted.

There is no cookie to protect: the secret in the address is all there is, which is why a form without CSRF token is safe
here. Nothing of a form is kept before it is sent as a whole; the answer to a mistake carries it back to the browser.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from fairlead.apps.attendance.family_words import spoken
from fairlead.apps.instruments.models import in_words
from fairlead.apps.surveys import links
from fairlead.apps.surveys.selectors import least_group
from fairlead.desks.answering import forms
from fairlead.desks.bylink import missed, quiet, too_many

KIND = "survey"  # of links, for counting those that do not open


def _show(request: HttpRequest, template: str, language: str, status: int = 200, **context: Any) -> HttpResponse:
    with translation.override(language):
        page = render(request, f"answering/{template}.html", {"language": language, **context}, status=status)
        page["Content-Language"] = language
        return quiet(page)


def _language(request: HttpRequest, own: str = "") -> str:
    """Asked for on the page; else the person's own, where the roster says more than its default; else the browser's."""
    asked = request.POST.get("in") or request.GET.get("in", "")
    for wanted in (asked, own if own != settings.LANGUAGE_CODE else ""):
        if wanted and spoken(wanted)[1]:
            return spoken(wanted)[0]
    return spoken(translation.get_language_from_request(request))[0]


def _nobody(request: HttpRequest) -> None:
    request.scope = request.whole_scope = None  # type: ignore[attr-defined]


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def door(request: HttpRequest) -> HttpResponse:
    """Where the code of a slip is typed."""
    _nobody(request)
    code = "".join(letter for letter in request.POST.get("code", "").lower() if letter.isalnum() and letter.isascii())
    if request.method == "POST" and code:
        return quiet(redirect("answering:answer", links.written(code[:40])))
    return _show(request, "door", _language(request))


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, secret: str) -> HttpResponse:
    """Ask, and take the answer. A secret that is none gets what every unknown address gets."""
    _nobody(request)
    if too_many(request, KIND):
        return _show(request, "slow_down", _language(request), status=429)
    opened = links.look(secret)
    if opened is None:
        missed(request, KIND)
        raise Http404
    language = _language(request, opened.language)
    if opened.state != "open":
        return _show(request, opened.state, language, status=410, opened=opened)
    if request.method == "POST" and "decline" in request.POST:
        done = links.decline(secret)
        return _after(language, "declined") if done else _show(request, "used", language, status=410, opened=opened)
    items = links.questions(opened.version_id)
    errors: dict[str, str] = {}
    empty = False
    if request.method == "POST":
        said = forms.given(items, request.POST)
        empty = all(one.is_empty for one in said.values())
        with translation.override(language):
            errors = {} if empty else _refused(secret, opened, said)
        if not empty and not errors:
            return _after(language, "sent")
        if "used" in errors:
            return _show(request, "used", language, status=410, opened=opened)
    with translation.override(language):
        context = {
            "opened": opened,
            "name": in_words(opened.name, opened.name_es),
            "words": in_words(opened.words, opened.words_es),
            "groups": forms.groups(items, request.POST if request.method == "POST" else None, errors),
            "least": least_group(items[0].version.instrument) if items else 0,
            "errors": errors,
            "empty": empty,
        }
    return _show(request, "ask", language, status=422 if errors or empty else 200, **context)


def _refused(secret: str, opened: links.Opened, said: dict[int, Any]) -> dict[str, str]:
    """Send the form; why it was not taken, by the name of the field. `used`: somebody was quicker by a moment."""
    try:
        return {} if links.answer(secret, opened, said) else {"used": ""}
    except ValidationError as error:
        if hasattr(error, "error_dict"):
            return {name: " ".join(found) for name, found in error.message_dict.items()}
        return {"form": " ".join(error.messages)}


def _after(language: str, how: str) -> HttpResponse:
    return quiet(redirect(f"{reverse('answering:thanks')}?in={language}&how={how}"))


@require_safe
def thanks(request: HttpRequest) -> HttpResponse:
    """After the answer. It knows nothing of it: the link is used up."""
    _nobody(request)
    return _show(request, "thanks", _language(request), declined=request.GET.get("how") == "declined")
