"""A chance and a step as they are read."""

from __future__ import annotations

from django import template

from fairlead.apps.lotteries.selectors import Place
from fairlead.desks.shares import percent

register = template.Library()
register.filter("percent", percent)


@register.filter
def chance(place: Place, kind: str) -> str:
    """The chance of winning, or of the first step."""
    which = 0 if kind == "steps" else 1
    return percent(place.chances[which], 1) if len(place.chances) > which else "–"


@register.filter
def begins(place: Place, days: list[str]) -> str:
    """The day on which a school begins."""
    return "–" if place.group is None else days[place.group]
