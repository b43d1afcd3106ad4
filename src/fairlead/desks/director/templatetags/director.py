"""How the director's pages write shares, days, and the rules of a recipe."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import template
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from fairlead.apps.caseload.models import CaseloadPlan
from fairlead.apps.caseload.planning import PlanView
from fairlead.desks.director import shown
from fairlead.desks.shares import percent
from fairlead.science.allocation.need import Ingredient

register = template.Library()
register.filter("days_ago", shown.days_ago)
register.filter("percent", percent)


@register.filter
def percent1(share: float | None) -> str:
    return percent(share, 1)


@register.filter
def signed(value: float) -> str:
    """Two decimals with their sign; a true minus."""
    text = number_format(abs(round(value, 2)), 2)
    return text if round(value, 2) == 0 else ("+" if value > 0 else "−") + text


@register.filter
def plan_label(plan: CaseloadPlan) -> str:
    return shown.label(plan)


@register.filter
def top_of(side: shown.Beside, view: PlanView) -> float | None:
    """Share of the plan's minutes that goes to the neediest third."""
    return side.top(view)


@register.filter
def beside(places: Sequence[Any], names: Sequence[tuple[Any, str]]) -> list[tuple[Any, str]]:
    """Each place with the name of its plan."""
    return [(place, name) for place, (_view, name) in zip(places, names, strict=True)]


@register.filter
def iso_day(text: str) -> str:
    """A day kept as text, in the reader's way of writing."""
    return date_format(date.fromisoformat(text), "DATE_FORMAT")


@register.filter
def points_words(rule: Ingredient) -> str:
    """How values become points, in words."""
    more = rule.direction == "more_is_need"
    if rule.normalisation == "rank":
        return (
            _("by rank: the highest value is nearest to 100")
            if more
            else _("by rank: the lowest value is nearest to 100")
        )
    cap = number_format(rule.cap, 1) if rule.cap is not None else ""
    if rule.normalisation == "zscore":
        return (
            _("by standard deviations: the mean is 50, %(cap)s above it is 100")
            if more
            else _("by standard deviations: the mean is 50, %(cap)s below it is 100")
        ) % {"cap": cap}
    ends = _("lowest value 0, highest 100") if more else _("highest value 0, lowest 100")
    capped = _("; values beyond %(cap)s standard deviations are pulled in") % {"cap": cap} if cap else ""
    return ends + capped


@register.filter
def missing_words(rule: Ingredient) -> str:
    """What a school without a value gets, in words."""
    return {
        "renormalise": _("the other indicators count for more"),
        "middle": _("50 points"),
        "unscored": _("no index for that school"),
    }[rule.missing]
