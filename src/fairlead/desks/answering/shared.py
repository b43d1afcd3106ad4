"""A class on shared devices: one page that is passed on. It keeps nothing of a form: no cookie, no storage, no cache.

Without scripts each step is a page of the server. With them the page holds every step from the start, so that a minute
without network loses nothing: what was sent waits in the page's memory, without a name, and the next student begins.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from fairlead.apps.instruments.models import in_words
from fairlead.apps.surveys import links, sessions
from fairlead.apps.surveys.selectors import least_group
from fairlead.desks.answering import forms
from fairlead.desks.answering.pages import KIND, language_of, nobody, show
from fairlead.desks.bylink import missed, quiet, too_many

LANGUAGES = ("en", "es")
STEPS = ("start", "first", "ask", "done")


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def shared(request: HttpRequest, code: str) -> HttpResponse:
    """Start, ask whether, ask, take the form, and back to the start."""
    nobody(request)
    if too_many(request, KIND):
        return show(request, "slow_down", language_of(request), status=429)
    opened = sessions.look(code)
    if opened is None:
        missed(request, KIND)
        raise Http404
    language = language_of(request)
    if request.method == "POST":
        return _take(request, code, opened, language)
    if not opened.open:
        return show(request, "shared_over", language, status=410, opened=opened)
    step = request.GET.get("step", "start")
    return _page(request, code, opened, language, step if step in STEPS else "start")


def _take(request: HttpRequest, code: str, opened: sessions.Opened, language: str) -> HttpResponse:
    items = links.questions(opened.version_id)
    sent = request.POST
    try:
        receipt = UUID(sent.get("receipt", ""))
    except ValueError:
        receipt = uuid4()
    errors: dict[str, str] = {}
    with translation.override(language):
        given = None if "decline" in sent else forms.given(items, sent)
        state = "wrong"
        if given is not None and all(one.is_empty for one in given.values()):
            errors = {"form": _("Nothing is answered yet. Answer at least one question, or say no.")}
        else:
            try:
                state = sessions.hand_in(code, opened, receipt, given, sent.get("slip", "")[:40])
            except ValidationError as error:
                errors = {name: " ".join(found) for name, found in error.message_dict.items()} if hasattr(
                    error, "error_dict") else {"form": " ".join(error.messages)}  # fmt: skip
        if state == "none":
            errors = {"form": _none(opened.mode)}
    if state == "over":
        if "json" in request.headers.get("Accept", ""):
            return quiet(JsonResponse({"state": state}, status=410))
        return show(request, "shared_over", language, status=410, opened=opened)
    if "json" in request.headers.get("Accept", ""):
        return quiet(JsonResponse({"state": state, "errors": list(errors.values())}, status=422 if errors else 200))
    if errors:
        return _page(request, code, opened, language, "ask", errors)
    return quiet(redirect(f"{reverse('answering:shared', args=[code])}?step=done&in={language}"))


def _none(mode: str) -> str:
    if mode == "confidential":
        return _(
            "This code does not open a form of this class, or was used. Look at your slip again, or ask your teacher."
        )
    return _("As many as are asked in this class have finished. Tell your teacher.")


def _page(
    request: HttpRequest,
    code: str,
    opened: sessions.Opened,
    language: str,
    step: str,
    errors: dict[str, str] | None = None,
) -> HttpResponse:
    """Every step in both languages; without scripts only the one asked for is seen."""
    items = links.questions(opened.version_id)
    panels: list[dict[str, Any]] = []
    for one in LANGUAGES:
        with translation.override(one):
            mine = one == language
            sent = request.POST if errors and mine else None
            panels.append(
                {
                    "language": one, "rtl": get_language_info(one)["bidi"], "in_words": get_language_info(one)["name_local"],
                    "name": in_words(opened.name, opened.name_es), "words": in_words(opened.words, opened.words_es),
                    "groups": forms.groups(items, sent, errors if mine else None), "here": mine,
                    "errors": list((errors or {}).values()) if mine else [], "receipt": uuid4(),
                    "slip": request.POST.get("slip", "") if sent is not None else "",
                }
            )  # fmt: skip
    context = {
        "opened": opened, "code": code, "step": step, "panels": panels,
        "least": least_group(items[0].version.instrument) if items else 0,
    }  # fmt: skip
    return show(request, "shared", language, status=422 if errors else 200, **context)
