"""Pages about Fairlead itself: what it promises (seeds), how it looks, and the light/dark switch."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from fairlead.site.about.seeds import read_seeds, summary

THEME_COOKIE = "fairlead_theme"
_YEAR = 365 * 24 * 3600


@require_GET
def seeds(request: HttpRequest) -> HttpResponse:
    """Each promise of the mission, the page that keeps it, the test that proves it."""
    rows = read_seeds()
    return render(request, "about/seeds.html", {"groups": rows, "summary": summary(rows)})


class _SampleForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), help_text=_("One line is enough."))
    contact = forms.ChoiceField(
        label=_("Outcome of the call"),
        choices=[("reached", _("Reached")), ("voicemail", _("Left a message")), ("none", _("No answer"))],
        widget=forms.RadioSelect,
    )
    again = forms.BooleanField(label=_("Remind me tomorrow"), required=False)


@require_GET
def looks(request: HttpRequest) -> HttpResponse:
    """The living page of design tokens and parts: what builders copy from."""
    wrong = _SampleForm({"contact": "reached"})
    return render(request, "about/looks.html", {"form": _SampleForm(auto_id="a_%s"), "wrong": wrong})


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Keep the choice of light, dark or automatic in a cookie; the server writes it into the page."""
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = "/"
    response = HttpResponseRedirect(target)
    theme = request.POST.get("theme")
    if theme in {"light", "dark"}:
        response.set_cookie(
            THEME_COOKIE, theme, max_age=_YEAR, httponly=True, samesite="Lax", secure=request.is_secure()
        )
    else:
        response.delete_cookie(THEME_COOKIE)
    return response
