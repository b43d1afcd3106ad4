"""The network lead's pages. Values come from progress, pictures from here; nothing is estimated."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import altair as alt
from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import formats
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.scope import Scope
from fairlead.apps.evidence import selectors as evidence
from fairlead.apps.facts.catalogue import catalogue
from fairlead.apps.facts.rules import attendance_rules
from fairlead.apps.facts.selectors import GROUPS
from fairlead.apps.progress import selectors
from fairlead.apps.progress.definitions import Indicator, TheoryOfChange, indicators, theory_of_change
from fairlead.apps.progress.selectors import SchoolValue, Series
from fairlead.apps.support import selectors as support
from fairlead.desks.charts import BAND, INK, MUTED, SERIES, Figure, figure
from fairlead.desks.kept import Kept
from fairlead.desks.network import picture
from fairlead.desks.network.templatetags.progress_words import share

GAPS = "chronic_absence"  # the indicator whose gaps open the desk
FEEDBACK = "feedback_in_time"  # the one beside which stands how long feedback takes


@require_safe
@needs("network_lead")
def desk(request: ScopedRequest) -> HttpResponse:
    """The theory of change with its live indicators, then where the groups stand."""
    scope = request.scope
    theory = theory_of_change()
    series = selectors.series(scope)
    tables = selectors.published_tables(scope, GAPS)
    found = selectors.lattice(scope, tables[0], GROUPS, network_only=True) if tables else []
    studies = evidence.how_far(scope, {arrow.study for arrow in theory.arrows if arrow.study})
    return render(
        request,
        "network/desk.html",
        {
            "theory": theory,
            "indicators": _indicators(theory, series),
            "arrows": _arrows(theory, studies),
            "flagged": [one for one in series.values() if one.flags],
            "as_of": max((one.latest.ends for one in series.values() if one.latest), default=None),
            "gaps": _gaps(tables[0].begins, [_gap(table) for table in found if table.rows]) if found else "",
            "withheld": _since(selectors.withheld_tables(scope, GAPS), tables),
        },
    )


_INDICATORS: Kept[SafeString] = Kept()
_ARROWS: Kept[SafeString] = Kept()
_GAPS: Kept[SafeString] = Kept()


def _indicators(theory: TheoryOfChange, series: dict[str, Series]) -> SafeString:
    """The picture and the table of every indicator: drawn anew only after a new count."""

    def draw() -> SafeString:
        levels = [
            (level, [one for one in series.values() if one.indicator.level == level.key])
            for level in reversed(theory.levels)
        ]
        values = {"wide": picture.wide(theory, series), "narrow": picture.narrow(theory, series), "levels": levels}
        return render_to_string("network/_indicators.html", {**values, "demo": {"on": settings.DEMO}})

    told = tuple(
        (key, one.indicator.version, one.counted_at, one.points, one.standing) for key, one in series.items()
    )
    return _INDICATORS.get((get_language(), settings.DEMO, told), draw)


def _arrows(theory: TheoryOfChange, studies: dict[str, str]) -> SafeString:
    """The arrows in words: drawn anew only when a study goes a step further."""

    def draw() -> SafeString:
        arrows = [
            (number, arrow, _label(arrow.begins), _label(arrow.ends), _study(studies, arrow.study))
            for number, arrow in enumerate(theory.arrows, start=1)
        ]
        return render_to_string("network/_arrows.html", {"arrows": arrows})

    return _ARROWS.get((get_language(), theory.version, tuple(sorted(studies.items()))), draw)


def _gaps(month: date, gaps: list[dict[str, Any]]) -> SafeString:
    """Where the groups stand in the latest tables: drawn anew for other cells only, however many there are."""

    def draw() -> SafeString:
        values = {"gaps": gaps, "gap_most": _widest(gaps), "month": month, "gap_indicator": indicators()[GAPS]}
        return render_to_string("network/_gaps.html", values)

    told = tuple((gap["group"], gap["everybody"], gap["cells"]) for gap in gaps)
    return _GAPS.get((get_language(), month, told), draw) if gaps else SafeString()


@require_safe
@needs("network_lead", "analyst")
def indicator(request: ScopedRequest, key: str) -> HttpResponse:
    """One indicator: its formula, its facts, its weeks, its schools by name, and its groups."""
    scope = request.scope
    one = _indicator(key)
    series = selectors.series(scope)[key]
    schools = selectors.by_school(scope, key)
    tables = selectors.published_tables(scope, key)
    group = _group(request)
    with_groups = bool(tables) and one.publish == "groups"
    return render(
        request,
        "network/indicator.html",
        {
            "indicator": one,
            "series": series,
            "schools": schools,
            "trend": _kept(scope, series, "trend", lambda: _trend(one, series)),
            "by_school": _kept(scope, series, "schools", lambda: _by_school(one, schools, series)),
            "rows": sum(school.point.rows for school in schools),
            "columns": [(column, column.key in one.columns) for column in one.view.columns],
            "rule": next((rule for rule in attendance_rules() if rule.key == one.rule), None),
            "tables": tables,
            "withheld": _since(selectors.withheld_tables(scope, key), tables),
            "group": group,
            "groups": list(GROUPS),
            "lattice": selectors.lattice(scope, tables[0], [group])[0] if with_groups else None,
            "waiting": _waiting(scope, schools) if key == FEEDBACK else None,
            "siblings": [other for other in indicators().values() if other.level == one.level],
        },
    )


def _waiting(scope: Scope, schools: list[SchoolValue]) -> support.FeedbackWaiting:
    """Feedback that is open at any of the schools, and how long it took and takes."""
    today = clock.today()
    found = support.feedback_waiting_by_school(
        scope, [school.organization_id for school in schools], today, since=today - support.TIMES_OVER
    ).values()
    return support.FeedbackWaiting(
        sum(one.unshared for one in found),
        sum(one.unanswered for one in found),
        max((one.oldest_days for one in found), default=0),
        sum((one.times for one in found), support.FeedbackTimes()),
    )


def _since(withheld: list[selectors.Withheld], tables: list[Any]) -> list[selectors.Withheld]:
    """What was withheld of an indicator since its latest table: there the number would be."""
    return [one for one in withheld if not tables or one.begins > tables[0].begins]


@require_safe
@needs("network_lead", "analyst", "director", "principal", "coach")
def facts(request: ScopedRequest) -> HttpResponse:
    """The catalogue of facts: which views, at which grain, with which columns."""
    used: dict[str, list[Indicator]] = {}
    for one in indicators().values():
        used.setdefault(one.view.key, []).append(one)
    views = [(view, used.get(view.key, [])) for view in catalogue().values()]
    return render(
        request, "network/facts.html", {"views": views, "opens": request.scope.has("network_lead", "analyst")}
    )


@require_safe
@needs("network_lead", "analyst", "director", "city_lead")
def published(request: ScopedRequest) -> HttpResponse:
    """Which tables there are for people who may not see the rows."""
    scope = request.scope
    tables = selectors.published_tables(scope)
    months: dict[date, list[tuple[Any, Indicator]]] = {}
    order = list(indicators())
    for table in sorted((t for t in tables if t.indicator in order), key=lambda t: order.index(t.indicator)):
        months.setdefault(table.begins, []).append((table, indicators()[table.indicator]))
    withheld: dict[date, list[selectors.Withheld]] = {}
    for kept_out in selectors.withheld_tables(scope):
        withheld.setdefault(kept_out.begins, []).append(kept_out)
        months.setdefault(kept_out.begins, [])
    told = [
        (month, rows, withheld.get(month, ()), _without(rows, withheld.get(month, ())))
        for month, rows in sorted(months.items(), reverse=True)
    ]
    return render(request, "network/published.html", {"months": told, "agreements": scope.agreements})


def _without(rows: list[tuple[Any, Indicator]], withheld: Iterable[selectors.Withheld]) -> list[Indicator]:
    """Indicators that are published as a rule, and in this month were neither published nor withheld by a check."""
    there = {indicator.key for _table, indicator in rows} | {one.indicator.key for one in withheld}
    return [one for one in indicators().values() if one.publish != "no" and one.key not in there]


@require_safe
@needs("network_lead", "analyst", "director", "city_lead")
def published_table(request: ScopedRequest, key: str, year: int, month: int) -> HttpResponse:
    """One published table, one group: the stored cells, or every number for who may see the rows."""
    scope = request.scope
    one = _indicator(key)
    table = next(
        (t for t in selectors.published_tables(scope, key) if (t.begins.year, t.begins.month) == (year, month)), None
    )
    if table is None:
        raise Http404
    group = _group(request) if one.publish == "groups" else "all"
    return render(
        request,
        "network/published_table.html",
        {
            "indicator": one,
            "table": table,
            "group": group,
            "groups": list(GROUPS) if one.publish == "groups" else [],
            "lattice": selectors.lattice(scope, table, [group])[0],
            "why": _why(scope, table.network_id),
        },
    )


def _indicator(key: str) -> Indicator:
    if key not in indicators():
        raise Http404
    return indicators()[key]


def _group(request: ScopedRequest) -> str:
    group = request.GET.get("group", "race_ethnicity")
    if group not in GROUPS:
        raise Http404
    return group


def _label(key: str) -> str:
    return next(node.label for node in theory_of_change().nodes if node.key == key)


def _study(states: dict[str, str], key: str) -> tuple[str, str] | None:
    """The page of the study behind an arrow, and how far the study is; None without one."""
    if key not in states:
        return None
    words = {
        "run": _("run: open it for its estimate and verdict"),
        "registered": _("registered, not run yet"),
        "draft": _("not registered yet"),
    }
    return reverse("analyst:study", args=[key]), words[states[key]]


def _why(scope: Scope, network_id: int) -> str:
    """On which ground this person reads the table."""
    if scope.covers(network_id):
        return _("You may see the rows behind this table, so nothing is withheld from you.")
    agreement = next((a for a in scope.agreements if a.grantor_id == network_id), None)
    if agreement is not None:
        return _("You read this under the agreement with %(name)s, which covers tables and no records.") % {
            "name": agreement.grantor_name
        }
    return _("You read this as staff of the network. Small groups are protected.")


def _gap(table: selectors.Table) -> dict[str, Any]:
    """The network's row of one group, laid out as dots on one scale, beside everybody's value."""
    _name, _is_network, cells = table.rows[0]
    everybody, *rest = cells
    return {
        "group": table.group,
        "everybody": everybody,
        "cells": tuple(
            (category, cell, cell.low if cell.exact else None, _difference(cell, everybody))
            for category, cell in zip(table.categories, rest, strict=True)
        ),
    }


def _widest(gaps: list[dict[str, Any]]) -> float:
    """The widest difference from everybody: one scale for all bars."""
    return max((abs(d) for gap in gaps for *_cell, d in gap["cells"] if d is not None), default=0.0) or 1.0


def _difference(cell: selectors.Cell, everybody: selectors.Cell) -> float | None:
    if cell.low is None or everybody.low is None or not (cell.exact and everybody.exact):
        return None
    return cell.low - everybody.low


def _kept(scope: Scope, series: Series, name: str, draw: Callable[[], Figure]) -> Figure | None:
    """A figure, described anew only after a new count: describing one costs more than all the page's queries."""
    if series.latest is None:
        return None
    one = series.indicator
    told = (name, one.key, one.version, series.counted_at, series.value, sorted(scope.org_ids), get_language())
    key = "network:" + hashlib.sha256(repr(told).encode()).hexdigest()
    figure: Figure | None = cache.get(key)
    if figure is None:
        figure = draw()
        cache.set(key, figure, 3600)
    return figure


def _trend(one: Indicator, series: Series) -> Figure:
    """The weeks, with the target as a line."""
    known = [point for point in series.points if point.value is not None]
    weeks = [formats.date_format(point.begins, _("M j")) for point in known]
    data = alt.Data(
        values=[
            {"week": week, "value": round(100 * (point.value or 0), 2)}
            for week, point in zip(weeks, known, strict=True)
        ]
    )
    every = [100 * (point.value or 0) for point in known] + [100 * one.target]
    low, high = max(0.0, min(every) - 4), min(100.0 * one.most, max(every) + 4)
    x = alt.X(
        "week:O", title=_("week beginning"), sort=weeks, axis=alt.Axis(labelOverlap="greedy", labelSeparation=10)
    )
    scale = alt.Scale(domain=[low, high], nice=True, zero=False)
    y = alt.Y("value:Q", title=_("percent"), scale=scale)
    line = alt.Chart(data).mark_line(color=SERIES[0], point={"size": 46, "filled": True, "color": SERIES[0]})
    target = alt.Chart(alt.Data(values=[{"target": 100 * one.target}])).mark_rule(
        color=SERIES[1], strokeDash=[6, 4], strokeWidth=2
    )
    word = alt.Chart(alt.Data(values=[{"target": 100 * one.target, "week": weeks[-1]}])).mark_text(
        align="right", dy=-8, color=SERIES[1], fontWeight=600
    )
    said = _("target %(share)s") % {"share": share(one.target, 0)}
    chart = alt.layer(
        target.encode(y=alt.Y("target:Q", scale=scale, title=_("percent"))),
        line.encode(x=x, y=y),
        word.encode(x=x, y=alt.Y("target:Q", scale=scale), text=alt.value(said)),
    ).properties(width=350, height=200)
    summary = _("%(label)s by week, with the share of records that there are.") % {"label": one.label}
    return figure(
        chart,
        one.says,
        summary,
        [_("Week"), _("Value"), one.unit[:1].upper() + one.unit[1:], _("Coverage")],
        [
            (
                formats.date_format(point.begins, "SHORT_DATE_FORMAT"),
                share(point.value),
                formats.number_format(point.n, 0, force_grouping=True),
                share(point.coverage) if one.min_coverage else _("recorded only"),
            )
            for point in known
        ],
    )


def _by_school(one: Indicator, schools: list[SchoolValue], series: Series) -> Figure:
    """Each school by name, with how far chance alone could move its number."""
    values = [
        {
            "school": school.name,
            "value": round(100 * (school.point.value or 0), 2),
            "low": round(100 * school.share.low, 2) if school.share else None,
            "high": round(100 * school.share.high, 2) if school.share else None,
        }
        for school in schools
    ]
    data = alt.Data(values=values)
    y = alt.Y("school:N", title=None, sort=[school.name for school in schools], axis=alt.Axis(labelLimit=260))
    x = alt.X("value:Q", title=_("percent"), scale=alt.Scale(zero=False, nice=True))
    base = alt.Chart(data)
    layers = [
        alt.Chart(alt.Data(values=[{"all": 100 * (series.value or 0)}]))
        .mark_rule(color=MUTED, strokeDash=[2, 3])
        .encode(x="all:Q"),
        base.mark_bar(color=BAND, height=9, cornerRadius=4).encode(
            y=y, x=alt.X("low:Q", title=_("percent"), scale=alt.Scale(zero=False)), x2="high:Q"
        ),
        base.mark_point(color=INK, filled=True, size=58, opacity=1).encode(y=y, x=x),
    ]
    return figure(
        alt.layer(*layers).properties(width=760, height=22 * len(schools) + 10),
        _("Schools by name: the dot is the value, the band is what chance alone could make of it"),
        _(
            "%(label)s at each school in its latest week, in order of name. The band is Wilson's 95%% interval for a "
            "group of that size; the dotted line is the network."
        )
        % {"label": one.label},
        [_("School"), _("Value"), _("Could be by chance"), one.unit[:1].upper() + one.unit[1:], _("Coverage")],
        [
            (
                school.name,
                share(school.point.value),
                _("%(low)s to %(high)s") % {"low": share(school.share.low), "high": share(school.share.high)}
                if school.share
                else "–",
                formats.number_format(school.point.n, 0, force_grouping=True),
                share(school.point.coverage) if one.min_coverage else _("recorded only"),
            )
            for school in schools
        ],
    )
