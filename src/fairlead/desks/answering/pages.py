"""What every page of somebody with a link or a code has in common: its language, no cache, nobody signed in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from fairlead.apps.attendance.family_words import spoken
from fairlead.desks.bylink import quiet

KIND = "survey"  # of links, for counting those that do not open


def show(request: HttpRequest, template: str, language: str, status: int = 200, **context: Any) -> HttpResponse:
    """A page in a language, kept by nobody."""
    with translation.override(language):
        page = render(request, f"answering/{template}.html", {"language": language, **context}, status=status)
        page["Content-Language"] = language
        return quiet(page)


def language_of(request: HttpRequest, own: str = "") -> str:
    """Asked for on the page; else the person's own, where the roster says more than its default; else the browser's."""
    asked = request.POST.get("in") or request.GET.get("in", "")
    for wanted in (asked, own if own != settings.LANGUAGE_CODE else ""):
        if wanted and spoken(wanted)[1]:
            return spoken(wanted)[0]
    return spoken(translation.get_language_from_request(request))[0]


def nobody(request: HttpRequest) -> None:
    """Whoever may be signed in on this browser is not asked and not noted."""
    request.scope = request.whole_scope = None  # type: ignore[attr-defined]
