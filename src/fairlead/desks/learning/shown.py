"""What the pages say of hours: shares in words, and the distribution as far as the reader may know it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from fairlead.apps.access.scope import Scope
from fairlead.apps.learning.models import Counted, Programme
from fairlead.apps.learning.selectors import Dose, SessionLine
from fairlead.apps.learning.spreading import Spread
from fairlead.desks.shares import percent


def hours(minutes: float) -> str:
    """Minutes as hours."""
    return number_format(round(minutes / 60, 1), 1)


@dataclass(frozen=True, slots=True)
class DoseRow:
    """One person's hours in words."""

    name: str
    school: str
    walked_in: bool
    had: str
    offered: str
    share: str
    attended: int
    sessions: int


def dose(found: Dose) -> DoseRow:
    """A dose for its row."""
    return DoseRow(
        found.name, found.school, found.walked_in, hours(found.had), hours(found.offered), percent(found.share),
        found.attended, found.sessions,
    )  # fmt: skip


def own_hours(found: Sequence[SessionLine]) -> tuple[str, str]:
    """One's own hours had, and those offered by sessions that are over."""
    over = [one for one in found if one.is_over or one.own is not None]
    return hours(sum(one.own or 0 for one in over)), hours(sum(one.minutes for one in over))


def bands() -> list[str]:
    """The bands' names."""
    return [
        _("nothing"), _("under a quarter"), _("a quarter to under a half"), _("a half to under three quarters"),
        _("three quarters to under all"), _("all of it"),
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class SpreadTold:
    """A distribution in words: band, how many, share."""

    n: int
    rows: tuple[tuple[str, str, str], ...]
    median: str
    middle: str
    hours: str


def spread(found: Spread | None) -> SpreadTold | None:
    """The distribution of those whose rows stand on the page."""
    if found is None:
        return None
    low, median, high = found.quartiles
    rows = tuple(
        (name, number_format(count), percent(share))
        for name, count, share in zip(bands(), found.bands, found.shares, strict=True)
    )
    return SpreadTold(
        found.n, rows, percent(median), f"{percent(low)}–{percent(high)}", number_format(found.hours, 0)
    )


def told(found: Sequence[Counted], known: Programme, scope: Scope) -> dict[str, Any] | None:
    """The whole programme's distribution for whoever may not see all of its rows."""
    if scope.opens("dose", "improvement", known.organization_id):
        return None
    one = next((c for c in found if c.what == Counted.What.DOSE), None)
    if one is None or not one.found.get("bands"):
        return None
    rows = [
        (" – ".join(dict.fromkeys((bands()[first], bands()[last]))), percent(count / one.found["n"]))
        for first, last, count in one.found["bands"]
    ]
    return {"rows": rows, "n": one.found["n"], "at": one.counted_at}
