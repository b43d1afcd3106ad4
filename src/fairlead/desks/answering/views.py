"""Answering a survey by a link. Whoever may be signed in on this browser is not asked and not noted.

There is no cookie to protect: the secret in the address is all there is, which is why a form without CSRF token is safe
here. Nothing of a form is kept before it is sent as a whole; the answer to a mistake carries it back to the browser.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from fairlead.apps.instruments.models import in_words
from fairlead.apps.instruments.policy import names_leaders
from fairlead.apps.surveys import links, optouts, sessions
from fairlead.apps.surveys.selectors import least_group
from fairlead.desks.answering import forms
from fairlead.desks.answering.pages import KIND, language_of, nobody, show
from fairlead.desks.bylink import missed, quiet, too_many


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def door(request: HttpRequest) -> HttpResponse:
    """Where a code is typed: of a slip, of a letter home, or of a class."""
    nobody(request)
    code = "".join(letter for letter in request.POST.get("code", "").lower() if letter.isalnum() and letter.isascii())
    if request.method == "POST" and code and not too_many(request, KIND):
        kind = "shared" if sessions.look(code) else "family" if optouts.look(code) else "answer"
        return quiet(redirect(f"answering:{kind}", links.written(code[:40])))
    return show(request, "door", language_of(request))


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, secret: str) -> HttpResponse:
    """Ask, and take the answer. A secret that is none gets what every unknown address gets."""
    nobody(request)
    if too_many(request, KIND):
        return show(request, "slow_down", language_of(request), status=429)
    opened = links.look(secret)
    if opened is None:
        missed(request, KIND)
        raise Http404
    language = language_of(request, opened.language)
    if opened.state != "open":
        return show(request, opened.state, language, status=410, opened=opened)
    if request.method == "POST" and "decline" in request.POST:
        done = links.decline(secret)
        return _after(language, "declined") if done else show(request, "used", language, status=410, opened=opened)
    if opened.asked == "students" and "yes" not in (request.POST or request.GET):
        return _ask_first(request, language, opened)
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
            return show(request, "used", language, status=410, opened=opened)
    with translation.override(language):
        context = {
            "opened": opened,
            "name": in_words(opened.name, opened.name_es),
            "words": in_words(opened.words, opened.words_es),
            "asked_first": opened.asked == "students",
            "groups": forms.groups(items, request.POST if request.method == "POST" else None, errors),
            "least": least_group(items[0].version.instrument) if items else 0,
            "weighs": bool(items) and names_leaders(items[0].version.instrument),
            "errors": errors,
            "empty": empty,
        }
    return show(request, "ask", language, status=422 if errors or empty else 200, **context)


def _ask_first(request: HttpRequest, language: str, opened: links.Opened) -> HttpResponse:
    """Before a student sees a question: what it is for, who sees what, and whether they want to. A yes is kept nowhere."""
    with translation.override(language):
        items = links.questions(opened.version_id)
        context: dict[str, Any] = {
            "opened": opened, "name": in_words(opened.name, opened.name_es),
            "words": in_words(opened.words, opened.words_es),
            "least": least_group(items[0].version.instrument) if items else 0,
        }  # fmt: skip
    return show(request, "first", language, **context)


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
    nobody(request)
    return show(request, "thanks", language_of(request), declined=request.GET.get("how") == "declined")
