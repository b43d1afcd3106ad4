"""Shares in words: one way of writing a percentage for every desk."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.translation import get_language


def percent(share: float | None, digits: int = 0) -> str:
    """A share as a percentage in the reader's language; never 0 % or 100 % of what is neither none nor all."""
    if share is None:
        return "–"
    value, least = round(100 * share, digits), 10**-digits
    if 0 < share < 1:
        value = min(100 - least, max(least, value))
    # Spanish sets a space before the sign, which no line may break.
    sign = "\N{NO-BREAK SPACE}%" if (get_language() or "").startswith("es") else "%"
    return f"{number_format(value, digits)}{sign}"
