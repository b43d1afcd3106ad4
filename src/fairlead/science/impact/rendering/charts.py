"""The figures of a report as Altair charts, and as SVG with their words inside."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Callable
from typing import Any

import altair as alt

from fairlead.science.impact.figure import Figure
from fairlead.science.impact.report import FigureData

FIRST, SECOND, MUTED, GRID, INK = "#1f6396", "#c2541c", "#566777", "#e4ddd0", "#14293d"
WIDTH = 420
_LABELS, _LINE = 300, 36  # points, and the letters of one line of a name
_CONFIG: dict[str, Any] = {
    "background": None,
    "padding": 4,
    "view": {"stroke": None},
    "range": {"category": [FIRST, SECOND, "#1f8573", "#a97b12"]},
    "axis": {"gridColor": GRID, "labelColor": INK, "titleColor": INK, "labelFontSize": 12, "titleFontSize": 12},
    "axisQuantitative": {"domain": False, "ticks": False, "tickCount": 6},
    "axisBand": {"grid": False},
    "legend": {"labelColor": INK, "labelFontSize": 12, "symbolSize": 90},
    "point": {"filled": True},
}


def chart(data: FigureData) -> alt.TopLevelMixin:
    """The Altair chart of a figure, by its kind, without a theme: whoever shows it, adds theirs."""
    return _DRAWERS[data.kind](data)


def figure(data: FigureData) -> Figure:
    """The same with its numbers and words, themed for paper: what a notebook shows."""
    spec = {**chart(data).to_dict(), "config": {**_CONFIG, "font": "sans-serif"}, "description": data.summary}
    return Figure(data.id, data.title, data.summary, data.columns, data.rows, spec)


def svg(data: FigureData, *, font: str = "sans-serif") -> str:
    """The figure as SVG, named and described for people who hear it."""
    import vl_convert

    drawn = chart(data).to_dict()
    drawn["config"] = {**_CONFIG, "font": font}
    picture = str(vl_convert.vegalite_to_svg(drawn))
    words = f"<title>{html.escape(data.title)}</title><desc>{html.escape(data.summary)}</desc>"
    head, sign, rest = picture.partition(">")
    return f'{head} role="img"{sign}{words}{rest}'


def _values(data: FigureData, names: tuple[str, ...]) -> alt.Data:
    return alt.Data(values=[dict(zip(names, (_in_lines(str(row[0])), *row[1:]), strict=True)) for row in data.rows])


def _labels(**more: Any) -> alt.Y:
    # A name that is too long for its line goes on below: cut off, two models could not be told apart.
    lines = alt.Axis(labelLimit=_LABELS, labelExpr=r"split(datum.label, '\n')", labelLineHeight=14)
    return alt.Y("label:N", title=None, sort=None, axis=lines, **more)


def _step(data: FigureData) -> int:
    """Room for the name with the most lines."""
    return 14 + 14 * max((_in_lines(str(row[0])).count("\n") + 1 for row in data.rows), default=1)


def _in_lines(label: str) -> str:
    return "\n".join(textwrap.wrap(label, _LINE)) or label


def _rule(at: tuple[float, ...]) -> alt.Chart:
    marks = alt.Data(values=[{"x": x} for x in at])
    return alt.Chart(marks).mark_rule(strokeDash=[4, 3], color=MUTED).encode(x="x:Q")


def _forest(data: FigureData) -> alt.TopLevelMixin:
    """With more than twenty rows the names are left out: the table beside it has them, and nobody is ranked."""
    many = len(data.rows) > 20
    y = alt.Y("label:N", title=None, sort=None, axis=None) if many else _labels()
    base = alt.Chart(_values(data, ("label", "estimate", "low", "high"))).encode(y=y)
    reach = alt.X("low:Q", title=data.columns[1], scale=alt.Scale(zero=True))
    line = base.mark_rule(strokeWidth=1.2 if many else 2.5, color=FIRST).encode(x=reach, x2="high:Q")
    point = base.mark_point(size=22 if many else 110, color=FIRST).encode(x="estimate:Q")
    return (_rule((0.0,)) + line + point).properties(
        width=WIDTH, height=alt.Step(max(2.5, min(5, 280 / len(data.rows))) if many else _step(data))
    )


def _love(data: FigureData) -> alt.TopLevelMixin:
    rows, most = [], 0.3
    for label, *cells in data.rows:
        for which, value in zip(data.columns[1:], cells, strict=True):
            if isinstance(value, int | float):
                rows.append({"label": _in_lines(str(label)), "value": value, "which": which})
                most = max(most, abs(value) * 1.05)
    points = (
        alt.Chart(alt.Data(values=rows))
        .mark_point(size=100)
        .encode(
            x=alt.X("value:Q", title=data.title, scale=alt.Scale(domain=[-most, most])),
            y=_labels(),
            color=alt.Color(
                "which:N", title=None, sort=None, scale=alt.Scale(range=[FIRST, SECOND]),
                legend=alt.Legend(orient="bottom", labelLimit=400),
            ),
            shape=alt.Shape("which:N", title=None, sort=None, legend=None),
        )
    )  # fmt: skip
    return (_rule((-0.25, -0.05, 0.05, 0.25)) + points).properties(width=WIDTH, height=alt.Step(_step(data)))


def _flow(data: FigureData) -> alt.TopLevelMixin:
    rows = [
        {"label": label, "n": n, "arm": arm}
        for label, *counts in data.rows
        for arm, n in zip(data.columns[1:], counts, strict=True)
    ]
    return (
        alt.Chart(alt.Data(values=rows))
        .mark_bar()
        .encode(
            x=alt.X("n:Q", title=None),
            y=_labels(),
            yOffset=alt.YOffset("arm:N", sort=None),
            color=alt.Color("arm:N", title=None, sort=None, legend=alt.Legend(orient="bottom", labelLimit=400)),
        )
        .properties(width=WIDTH, height=alt.Step(20))
    )


_DRAWERS: dict[str, Callable[[FigureData], alt.TopLevelMixin]] = {"forest": _forest, "love": _love, "flow": _flow}
