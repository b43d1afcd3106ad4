"""Minutes against need: one curve a plan, and each school's minutes beside what its need asks for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import astuple
from typing import Any, TypeVar

import altair as alt
from django.core.cache import cache
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fairlead.desks.charts import PALETTE, Figure, figure
from fairlead.desks.director.shown import Beside, NeedRow
from fairlead.desks.shares import percent
from fairlead.science.allocation.concentration import Concentration

T = TypeVar("T")
COLOURS = ("c6", "c1", "c2")
UPRIGHT = "M-0.14,-1.15L0.14,-1.15L0.14,1.15L-0.14,1.15Z"  # a tall bar, seen behind and in front of the other marks


def _kept(kind: str, numbers: list[Any], draw: Callable[[], T]) -> T:
    """The picture of these numbers in the reader's language: built once, since building takes longer than the page."""
    told = json.dumps([kind, get_language(), numbers]).encode()
    return cache.get_or_set("director:" + hashlib.sha256(told).hexdigest(), draw, None)  # type: ignore[return-value]


def beside(shown: Beside) -> SafeString:
    """Plans beside each other, as table and curve: laid out once for all who look at the same plans and needs."""
    numbers = [
        [
            name,
            v.plan.session,
            v.plan.status,
            v.plan.solver_text,
            [astuple(p) for p in v.parts],
            [(s, place.minutes_per_month, v.asked.get(s)) for s, place in v.places.items()],
            v.order,
            v.moved,
            v.spread and (v.spread.index, v.spread.asked_index),
        ]
        for v, name in shown.names
    ]
    asked = [shown.as_of.isoformat() if shown.as_of else "", *numbers]
    page = "director/_beside.html"
    return _kept("beside", asked, lambda: render_to_string(page, {"side": shown, "figure": curve(shown)}))


def curve(shown: Beside) -> Figure | None:
    """Cumulative minutes from the neediest school down, beside what need asks for."""
    drawn = [(v, name) for v, name in shown.names if v.spread is not None]
    if not drawn:
        return None
    reference = (shown.chosen or drawn[0][0]).spread
    assert reference is not None
    asked, even = _("What need asks for"), _("The same for every school")
    data, table = [], []
    series = [(name, v.spread.curve_schools, v.spread.curve_minutes) for v, name in drawn if v.spread is not None]
    series.append((asked, reference.curve_schools, reference.curve_asked))
    series.append((even, reference.curve_schools, reference.curve_schools))
    for name, schools, minutes in series:
        for x, y in zip(schools, minutes, strict=True):
            data.append({"plan": name, "schools": float(x), "minutes": float(y)})
    names = [s[0] for s in series]
    for i, x in enumerate(reference.curve_schools):
        if i and len(reference.curve_schools) == len(series[0][1]):
            table.append([percent(float(x)), *(percent(float(m[i])) for _name, _x, m in series if len(m) > i)])
    return _kept("curve", data, lambda: _curve(data, names, table))


def given(name: str, spread: Concentration) -> Figure:
    """Minutes that were given, cumulative from the neediest school down, beside what need asks for."""
    lines = [
        (name, spread.curve_minutes),
        (_("What need asks for"), spread.curve_asked),
        (_("The same for every school"), spread.curve_schools),
    ]
    data = [
        {"plan": label, "schools": float(x), "minutes": float(y)}
        for label, line in lines
        for x, y in zip(spread.curve_schools, line, strict=True)
    ]
    table = [
        [percent(float(x)), *(percent(float(line[i])) for _label, line in lines[:2])]
        for i, x in enumerate(spread.curve_schools)
        if i
    ]
    return _kept("given", data, lambda: _curve(data, [label for label, _line in lines], table))


def _curve(data: list[dict[str, Any]], names: list[str], table: list[list[str]]) -> Figure:
    plans = len(names) - 2
    colours = [PALETTE[c] for c in COLOURS[:plans]] + [PALETTE["c3"], PALETTE["line-strong"]]
    dashes = [[1, 0]] * plans + [[7, 4], [2, 4]]
    chart = (
        alt.Chart(alt.Data(values=data))
        .mark_line(interpolate="linear")
        .encode(
            x=alt.X("schools:Q", title=_("Share of schools, the neediest first"), axis=alt.Axis(format="%")),
            y=alt.Y("minutes:Q", title=_("Share of the minutes"), axis=alt.Axis(format="%")),
            color=alt.Color(
                "plan:N",
                sort=names,
                title=None,
                scale=alt.Scale(domain=names, range=colours),
                legend=alt.Legend(orient="bottom", columns=2),
            ),
            strokeDash=alt.StrokeDash("plan:N", sort=names, scale=alt.Scale(domain=names, range=dashes), legend=None),
        )
        .properties(width=320, height=260)
    )
    return figure(
        chart,
        _("Do the minutes go where the need is?"),
        _(
            "A curve above the dotted line gives the neediest schools more than an even share; on the dashed line "
            "every school gets its share of what its need asks for."
        ),
        [_("Schools, the neediest first"), *names][: len(table[0])],
        table,
    )


def minutes(shown: Beside, rows: list[NeedRow]) -> Figure | None:
    """For each school in order of need: minutes by plan, and what its need asks for."""
    if not shown.views or not rows:
        return None
    asked = _("What need asks for")
    names = [name for _v, name in shown.names]
    data = []
    for row in rows:
        for name, place in zip(names, row.places, strict=True):
            if place is not None:
                data.append({"school": row.name, "plan": name, "minutes": place.minutes})
        data.append({"school": row.name, "plan": asked, "minutes": row.asked})
    domain = [*names, asked]
    table = [[row.name, *(str(p.minutes) if p else "–" for p in row.places), str(row.asked)] for row in rows]
    return _kept("minutes", data, lambda: _minutes(data, domain, [row.name for row in rows], table))


def _minutes(data: list[dict[str, Any]], domain: list[str], order: list[str], table: list[list[str]]) -> Figure:
    plans = len(domain) - 1
    colours = [PALETTE[c] for c in COLOURS[:plans]] + [PALETTE["c3"]]
    shapes = [*("circle", "square", "diamond")[:plans], UPRIGHT]
    base = alt.Chart(alt.Data(values=data)).encode(
        y=alt.Y("school:N", sort=order, title=None, axis=alt.Axis(labelLimit=230, grid=True)),
    )
    ranges = base.mark_rule(strokeWidth=1).encode(x=alt.X("min(minutes):Q", title=None), x2="max(minutes):Q")
    points = base.mark_point(size=90, filled=True, opacity=1).encode(
        x=alt.X("minutes:Q", title=_("Minutes a month"), scale=alt.Scale(zero=True)),
        color=alt.Color(
            "plan:N",
            sort=domain,
            title=None,
            scale=alt.Scale(domain=domain, range=colours),
            legend=alt.Legend(orient="top", columns=2),
        ),
        shape=alt.Shape("plan:N", sort=domain, scale=alt.Scale(domain=domain, range=shapes), legend=None),
    )
    return figure(
        (ranges + points).properties(width=430, height=24 * len(order)),
        _("What does each school get for its need?"),
        _("Minutes a month for each school, the neediest at the top, by plan and as its tier of need asks for."),
        [_("School"), *domain],
        table,
    )
