"""Do schools submit on time? A city's published school-days: coverage, months, intervals, structural apart from new."""

from __future__ import annotations

from typing import Any

import altair as alt
from django.core.cache import cache
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format, number_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.scope import Scope
from fairlead.apps.attendance import aggregates
from fairlead.apps.attendance.aggregate_models import CityDataset
from fairlead.apps.attendance.aggregates import Month, SchoolSubmission, Year
from fairlead.desks.charts import BAND, INK, SERIES, Figure, figure
from fairlead.desks.city.checks import said
from fairlead.desks.shares import percent
from fairlead.science.attendance import in_force, lateness_rules

EDGES = (0.01, 0.05, 0.10, 0.80)


def _count(value: int) -> str:
    return str(number_format(value, 0, force_grouping=True))


@require_safe
@needs()
def submission(request: ScopedRequest) -> HttpResponse:
    """What a city's school-days say about submission in one school year; or how to load them."""
    scope: Scope = request.scope
    found = aggregates.datasets(scope)
    if not found:
        return render(request, "city/submission_absent.html")
    dataset = next((d for d in found if d.key == request.GET.get("city")), found[0])
    years = aggregates.years(scope, dataset)
    year = _asked(request, years)
    listed = aggregates.schools(scope, dataset, year.begins)
    rule = in_force(lateness_rules(), "late-or-missing", clock.today())
    findings = dataset.checked.get("findings", [])
    total, missing = sum(y.school_days for y in years), sum(y.missing for y in years)
    return render(
        request,
        "city/submission.html",
        {
            "dataset": dataset,
            "years": years,
            "year": year,
            "total": total,
            "missing": missing,
            "share": percent(missing / total, 1),
            "year_share": percent(year.share, 2),
            "coverage": percent(year.coverage, 1),
            "rows_by_year": [(y, percent(y.share, 2), percent(y.coverage, 1)) for y in years],
            "months": _kept(dataset, year, "months", lambda: _months(aggregates.months(scope, dataset, year.begins))),
            "spread": _kept(
                dataset, year, "spread", lambda: _spread(aggregates.distribution(scope, dataset, year.begins, EDGES))
            ),
            "kinds": _kinds(aggregates.kinds(scope, dataset, year.begins)),
            "structural": [_row(s) for s in listed if s.kind == "structural"],
            "new": [_row(s) for s in listed if s.kind == "new"],
            "others": [_row(s) for s in listed if s.kind not in ("structural", "new")],
            "silences": aggregates.silences(scope, dataset),
            "checks": [(f["verdict"], said(f, get_language() or "en")) for f in findings if f["kind"] != "sign"],
            "beside": next((f["verdict"] for f in findings if f["kind"] == "sign"), ""),
            "agreement": aggregates.agreement(scope, dataset),
            "rule": rule,
            "rule_says": rule.about.said("meaning", get_language() or "en"),
            "rule_ignores": rule.about.said("ignores", get_language() or "en"),
        },
    )


def _asked(request: ScopedRequest, years: list[Year]) -> Year:
    wanted = request.GET.get("year", "")
    if not wanted:
        return aggregates.opening_year(years)
    year = next((y for y in years if str(y.begins) == wanted), None)
    if year is None:
        raise Http404
    return year


def _kinds(counts: dict[str, int]) -> list[tuple[str, str, int]]:
    words = {
        "structural": _("Structural"),
        "new": _("New"),
        "occasional": _("Occasional"),
        "never": _("Never missed"),
        "too_few": _("Too few days to say"),
    }
    return [(kind, words[kind], n) for kind, n in counts.items()]


def _row(school: SchoolSubmission) -> dict[str, Any]:
    return {
        "school": school,
        "share": percent(school.share, 1),
        "interval": _("%(low)s to %(high)s") % {"low": percent(school.low, 1), "high": percent(school.high, 1)},
    }


def _kept(dataset: CityDataset, year: Year, name: str, draw: Any) -> Figure:
    """A picture, described anew only after an import that changed something."""
    key = f"submission:{dataset.pk}:{dataset.changed_at.timestamp()}:{year.begins}:{name}:{get_language()}"
    return cache.get_or_set(key, draw, None)  # type: ignore[return-value]


def _months(months: list[Month]) -> Figure:
    labels = [date_format(month.begins, "M Y") for month in months]
    values = [
        {"month": label, "share": round(100 * month.share, 3)} for label, month in zip(labels, months, strict=True)
    ]
    base = alt.Chart(alt.Data(values=values)).encode(
        x=alt.X("month:O", sort=labels, title=None, axis=alt.Axis(labelOverlap="greedy", labelSeparation=8))
    )
    y = alt.Y("share:Q", title=_("percent of school-days not submitted"), scale=alt.Scale(zero=True))
    chart = alt.layer(
        base.mark_line(color=SERIES[0]).encode(y=y), base.mark_point(color=INK, size=50, filled=True).encode(y=y)
    ).properties(width=400, height=210)
    return figure(
        chart,
        _("When is attendance not submitted?"),
        _("Share of school-days that were not submitted, by month."),
        [_("Month"), _("Days"), _("School-days"), _("Not submitted"), _("Proportion")],
        [
            (label, month.days, _count(month.school_days), _count(month.missing), percent(month.share, 2))
            for label, month in zip(labels, months, strict=True)
        ],
        invented=False,
    )


def _spread(counts: list[int]) -> Figure:
    bands = [_("never")] + [
        _("%(low)s to %(high)s") % {"low": percent(low, 0), "high": percent(high, 0)}
        for low, high in zip((0.0, *EDGES), (*EDGES, 1.0), strict=True)
    ]
    values = [{"band": band, "schools": n} for band, n in zip(bands, counts, strict=True)]
    base = alt.Chart(alt.Data(values=values)).encode(
        y=alt.Y("band:N", sort=bands, title=_("school-days not submitted")),
        x=alt.X("schools:Q", title=_("schools")),
    )
    chart = alt.layer(
        base.mark_bar(color=BAND, height=18),
        base.mark_text(align="left", dx=5, color=INK).encode(text=alt.Text("schools:Q", format=",")),
    ).properties(width=330, height=190)
    return figure(
        chart,
        _("How many schools miss how often?"),
        _("Schools by the share of their school-days that were not submitted. Every school is counted once."),
        [_("School-days not submitted"), _("Schools")],
        [(band, _count(n)) for band, n in zip(bands, counts, strict=True)],
        invented=False,
    )
