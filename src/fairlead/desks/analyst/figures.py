"""The engine's figure data as pictures: forest plot, balance (Love) plot, sample flow."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import altair as alt
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fairlead.desks.charts import MUTED, SERIES, Figure, figure
from fairlead.science.impact.report import FigureData

WIDTH = 420


def draw(data: FigureData, invented: bool) -> Figure:
    """Draw one figure of a report; its rows are the table under it."""
    return _drawn(data, invented, get_language())


@lru_cache(maxsize=300)  # writing a chart down takes longer than the rest of the page, and a run's numbers stay
def _drawn(data: FigureData, invented: bool, language: str | None) -> Figure:
    shown = [
        ["–" if cell is None else f"{cell:.3g}" if isinstance(cell, float) else cell for cell in r] for r in data.rows
    ]
    return figure(_DRAWERS[data.kind](data), data.title, data.summary, data.columns, shown, invented=invented)


def _frame(data: FigureData, names: tuple[str, ...]) -> alt.Data:
    return alt.Data(values=[dict(zip(names, row, strict=True)) for row in data.rows])


def _forest(data: FigureData) -> alt.TopLevelMixin:
    base = alt.Chart(_frame(data, ("label", "estimate", "low", "high"))).encode(
        y=alt.Y("label:N", title=None, sort=None, axis=alt.Axis(labelLimit=260))
    )
    zero = alt.Chart(alt.Data(values=[{"x": 0}])).mark_rule(strokeDash=[4, 3], color=MUTED).encode(x="x:Q")
    line = base.mark_rule(strokeWidth=2.5, color=SERIES[0]).encode(
        x=alt.X("low:Q", title=data.columns[1], scale=alt.Scale(zero=True)), x2="high:Q"
    )
    point = base.mark_point(size=110, color=SERIES[0]).encode(x="estimate:Q")
    return (zero + line + point).properties(width=WIDTH, height=alt.Step(34))


def _love(data: FigureData) -> alt.TopLevelMixin:
    rows = []
    for label, raw, within in data.rows:
        rows += [{"label": label, "value": raw, "which": data.columns[1]}]
        if within is not None:
            rows += [{"label": label, "value": within, "which": data.columns[2]}]
    limits = alt.Chart(alt.Data(values=[{"x": x} for x in (-0.25, -0.05, 0.05, 0.25)]))
    return (
        limits.mark_rule(strokeDash=[4, 3], color=MUTED).encode(x="x:Q")
        + alt.Chart(alt.Data(values=rows))
        .mark_point(size=100)
        .encode(
            x=alt.X("value:Q", title=_("difference in standard deviations"), scale=alt.Scale(domain=[-0.3, 0.3])),
            y=alt.Y("label:N", title=None, sort=None, axis=alt.Axis(labelLimit=260)),
            color=alt.Color(
                "which:N", title=None, scale=alt.Scale(range=SERIES[:2]), legend=alt.Legend(orient="bottom")
            ),
            shape=alt.Shape("which:N", title=None, legend=None),
        )
    ).properties(width=WIDTH, height=alt.Step(34))


def _flow(data: FigureData) -> alt.TopLevelMixin:
    rows = [
        {"label": label, "n": n, "arm": arm}
        for label, one, two in data.rows
        for arm, n in ((data.columns[1], one), (data.columns[2], two))
    ]
    return (
        alt.Chart(alt.Data(values=rows))
        .mark_bar()
        .encode(
            x=alt.X("n:Q", title=None),
            y=alt.Y("label:N", title=None, sort=None, axis=alt.Axis(labelLimit=260)),
            yOffset=alt.YOffset("arm:N", sort=None),
            color=alt.Color("arm:N", title=None, sort=None, legend=alt.Legend(orient="bottom", labelLimit=400)),
        )
        .properties(width=WIDTH, height=alt.Step(20))
    )


_DRAWERS: dict[str, Callable[[FigureData], alt.TopLevelMixin]] = {"forest": _forest, "love": _love, "flow": _flow}
