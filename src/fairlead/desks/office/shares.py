"""Shares of days and rolls in words."""

from __future__ import annotations

from django.utils.translation import gettext as _


def percent(share: float | None) -> str:
    """A share as whole percent. Never 100 % or 0 % unless it is all or none."""
    if share is None:
        return "–"
    whole = round(100 * share)
    if whole == 100 and share < 1:
        whole = 99
    if whole == 0 and share > 0:
        whole = 1
    return _("%(n)s%%") % {"n": whole}
