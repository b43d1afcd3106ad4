"""The engine's figure data as pictures: forest plot, balance (Love) plot, sample flow."""

from __future__ import annotations

from functools import lru_cache

from django.utils.translation import get_language

from fairlead.desks.charts import Figure, figure
from fairlead.science.impact.rendering.charts import chart
from fairlead.science.impact.report import FigureData


def draw(data: FigureData, invented: bool) -> Figure:
    """Draw one figure of a report; its rows are the table under it."""
    return _drawn(data, invented, get_language())


@lru_cache(maxsize=300)  # writing a chart down takes longer than the rest of the page, and a run's numbers stay
def _drawn(data: FigureData, invented: bool, language: str | None) -> Figure:
    shown = [
        ["–" if cell is None else f"{cell:.3g}" if isinstance(cell, float) else cell for cell in r] for r in data.rows
    ]
    return figure(chart(data), data.title, data.summary, data.columns, shown, invented=invented)
