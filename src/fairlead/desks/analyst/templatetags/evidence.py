"""Words of plans and results in the reader's language, and numbers as the field prints them."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from fairlead.desks.shares import percent

register = template.Library()
register.filter("percent", percent)

STEPS = {
    "plan": _("Plan"),
    "power": _("Power"),
    "registration": _("Registration"),
    "run": _("Run"),
    "verdict": _("Verdict"),
    "claim": _("Claim"),
}
RATINGS = {
    "MWOR": _("Meets standards without reservations"),
    "MWR": _("Meets standards with reservations"),
    "DNM": _("Does not meet standards"),
}


@register.filter
def said(thing: Any, name: str) -> str:
    """`thing.name` or its Spanish twin `thing.name_es`."""
    es = (get_language() or "").startswith("es")
    return str(getattr(thing, f"{name}_es" if es else name, ""))


@register.filter
def step_name(step: str) -> str:
    return str(STEPS[step])


@register.filter
def rating_name(rating: str) -> str:
    return str(RATINGS[rating])
