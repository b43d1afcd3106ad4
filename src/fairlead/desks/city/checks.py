"""Sanity checks in words: what was found, and what had been expected."""

from __future__ import annotations

from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from fairlead.desks.shares import percent
from fairlead.science.sanity import known


def said(finding: dict[str, Any], language: str) -> str:
    """One check in words."""
    n, of = (str(number_format(finding[k], 0, force_grouping=True)) for k in ("n", "of"))
    other = known()[finding["other"]].label(language) if finding["other"] else ""
    if finding["kind"] == "range":
        words = _("%(n)s of %(of)s values lie outside what is possible.")
        return words % {"n": n, "of": of}
    if finding["kind"] == "usual":
        words = _("The median is %(value)s; for many schools it lies between %(low)s and %(high)s.")
        return words % {k: percent(finding[k], 1) for k in ("value", "low", "high")}
    if finding["kind"] == "bound":
        words = _("%(n)s of %(of)s schools have a pair with “%(other)s” that no school can have.")
        return words % {"n": n, "of": of, "other": other}
    if finding["kind"] == "few":
        return _("Only %(n)s schools have “%(other)s” as well: that says nothing.") % {"n": n, "other": other}
    found = finding["evidence"]
    r, low, high = (_signed(found[key]) for key in ("r", "low", "high"))
    words = (
        _("Correlation with “%(other)s”: %(r)s (%(low)s to %(high)s) over %(n)s schools; expected above zero.")
        if finding["sign"] > 0
        else _("Correlation with “%(other)s”: %(r)s (%(low)s to %(high)s) over %(n)s schools; expected below zero.")
    )
    return words % {"other": other, "r": r, "low": low, "high": high, "n": n}


def _signed(value: float) -> str:
    text = number_format(round(abs(value), 2), 2)
    return f"{'+' if value >= 0 else '−'}{text}"
