"""The city desk's pictures: two rules side by side, one line a place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import altair as alt
from django.core.cache import cache
from django.utils.formats import number_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fairlead.apps.places.selectors import Comparison, OfferComparison, OfferRow, Row
from fairlead.desks.charts import MUTED, SERIES, Figure, figure


def _number(value: float | None, digits: int = 0) -> str:
    return "—" if value is None else number_format(value, digits, use_l10n=True, force_grouping=True)


def _two_rules(rows: Sequence[Row] | Sequence[OfferRow], labels: tuple[str, str], axis: str) -> alt.TopLevelMixin:
    """A line between the two rules' values for each place, with a shape and a colour for each rule."""
    values: list[dict[str, Any]] = []
    for row in rows:
        for label, level in zip(labels, row.levels, strict=True):
            if level is not None:
                values.append({"place": str(row.place), "rule": label, "value": round(level, 1)})
    order = [str(row.place) for row in rows]
    # One scale and one legend for colour and shape, so that they are drawn as one.
    legend = alt.Legend(orient="top", direction="vertical", labelLimit=320, title=None)
    base = alt.Chart(alt.Data(values=values)).encode(
        y=alt.Y(
            "place:N",
            sort=order,
            title=None,
            axis=alt.Axis(labelLimit=220, labelPadding=14, domain=False, ticks=False),
        )
    )
    lines = base.mark_line(strokeWidth=2, color=MUTED, opacity=0.5).encode(
        x=alt.X("value:Q", title=axis, scale=alt.Scale(zero=True)), detail="place:N"
    )
    points = base.mark_point(filled=True, opacity=1).encode(
        x=alt.X("value:Q"),
        color=alt.Color("rule:N", scale=alt.Scale(domain=list(labels), range=SERIES[:2]), title=None, legend=legend),
        shape=alt.Shape(
            "rule:N", scale=alt.Scale(domain=list(labels), range=["circle", "square"]), title=None, legend=legend
        ),
        # Where both rules agree the second lies inside the first: both stay visible.
        size=alt.condition(alt.datum.rule == labels[0], alt.value(190), alt.value(60)),
    )
    return alt.layer(lines, points).properties(width=540, height=alt.Step(26))


def _kept(comparison: Comparison | OfferComparison, draw: Callable[[], Figure]) -> Figure:
    """A published table never changes, so its picture is built once for each language."""
    first, second = comparison.first.table, comparison.second.table
    key = f"city:{get_language()}:{first.pk}:{second.pk}:{first.computed_at.timestamp()}"
    return cache.get_or_set(key, draw, None)  # type: ignore[return-value]


def seats_chart(comparison: Comparison, *, invented: bool) -> Figure:
    """Quality seats per 100 children by ZIP under the two rules."""
    return _kept(comparison, lambda: _seats(comparison, invented=invented))


def offers_chart(comparison: OfferComparison, most: int) -> Figure:
    """Offers of a quality seat per 100 applications for the ZIP codes with the most applications."""
    return _kept(comparison, lambda: _offers(comparison, most))


def _seats(comparison: Comparison, *, invented: bool) -> Figure:
    labels = (str(comparison.first.rule.label), str(comparison.second.rule.label))
    return figure(
        _two_rules(comparison.places, labels, _("quality seats per 100 children who live there")),
        title=_("Quality seats per 100 children, by ZIP code"),
        summary=_("For each ZIP code: children who live there, and quality seats under each rule."),
        table_columns=[_("ZIP code"), _("Children"), *labels],
        table_rows=[
            [str(row.place), _number(row.first.children), _number(row.first.quality), _number(row.second.quality)]
            for row in comparison.places
        ],
        invented=invented,
    )


def _offers(comparison: OfferComparison, most: int) -> Figure:
    labels = (str(comparison.first.rule.label), str(comparison.second.rule.label))
    rows = comparison.places[:most]
    return figure(
        _two_rules(rows, labels, _("offers of a quality seat per 100 applications")),
        title=_("Offers of a quality seat per 100 applications, Los Angeles 2018–19"),
        summary=_("The ZIP codes that sent the most applications, with offers of a quality seat under each rule."),
        table_columns=[_("ZIP code"), _("Applications"), _("Offers"), *labels],
        table_rows=[
            [
                str(row.place),
                _number(row.first.applications),
                _number(row.first.offers),
                _number(row.first.quality_offers),
                _number(row.second.quality_offers),
            ]
            for row in rows
        ],
        invented=False,
    )
