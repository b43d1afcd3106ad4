"""Pages about Fairlead itself: what it promises (seeds), how it looks, and the light/dark switch."""

from __future__ import annotations

import altair as alt
from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import pgettext, pgettext_lazy
from django.views.decorators.http import require_GET, require_POST

from fairlead.desks.charts import Figure, figure
from fairlead.site.about.seeds import read_seeds, summary

THEME_COOKIE = "fairlead_theme"
_YEAR = 365 * 24 * 3600


@require_GET
def seeds(request: HttpRequest) -> HttpResponse:
    """Each promise of the mission, the page that keeps it, the test that proves it."""
    rows = read_seeds()
    return render(request, "about/seeds.html", {"groups": rows, "summary": summary(rows)})


class _SampleForm(forms.Form):
    reason = forms.CharField(
        label=pgettext_lazy("sample", "Reason"), help_text=pgettext_lazy("sample", "One line is enough.")
    )
    contact = forms.ChoiceField(
        label=pgettext_lazy("sample", "Outcome of the call"),
        choices=[
            ("reached", pgettext_lazy("sample", "Reached")),
            ("voicemail", pgettext_lazy("sample", "Left a message")),
            ("none", pgettext_lazy("sample", "No answer")),
        ],
        widget=forms.RadioSelect,
    )
    again = forms.BooleanField(label=pgettext_lazy("sample", "Remind me tomorrow"), required=False)


@require_GET
def looks(request: HttpRequest) -> HttpResponse:
    """The living page of design tokens and parts: what builders copy from."""
    context = {
        "form": _SampleForm(auto_id="a_%s"),
        "wrong": _SampleForm({"contact": "reached"}),
        "fig": _sample_figure(),
    }
    return render(request, "about/looks.html", context)


def _sample_figure() -> Figure:
    weeks = [(week, 78 + round(14 * (1 - 0.75**week))) for week in range(1, 13)]
    data = alt.Data(values=[{"week": week, "percent": percent} for week, percent in weeks])
    week, percent = pgettext("sample", "School week"), pgettext("sample", "Rolls in by 9:15, percent")
    line = (
        alt.Chart(data)
        .mark_line(point=True)
        .encode(
            x=alt.X("week:O", title=week),
            y=alt.Y("percent:Q", title=percent, scale=alt.Scale(domain=[70, 100])),
        )
        .properties(width=620, height=200)
    )
    return figure(
        line,
        title=pgettext("sample", "Do rolls come in on time?"),
        summary=pgettext("sample", "The share of rolls in by 9:15 rose from 82 to 92 percent in twelve weeks."),
        table_columns=[week, percent],
        table_rows=weeks,
        invented=True,
    )


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
