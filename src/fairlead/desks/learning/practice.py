"""What the pages say of practice between visits before and after: how many improved, beside chance, and who is out and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fairlead.apps.learning.models import Counted, Measured
from fairlead.desks.shares import percent


@dataclass(frozen=True, slots=True)
class Change:
    """One count of visits in words; `why` says why there is no share."""

    n: str
    share: str
    interval: str
    chance: str
    mean: str
    mean_interval: str
    why: str
    notes: tuple[str, ...]
    out: str


def times(tie: Measured) -> str:
    """Which visits are compared; the database keeps both days of a tie to visits."""
    if tie.until is None or tie.since is None:
        return ""
    words = {
        "until": date_format(tie.until, "DATE_FORMAT"),
        "since": date_format(tie.since, "DATE_FORMAT"),
    }
    return _("visits until %(until)s and from %(since)s on") % words


def change(row: Counted) -> Change:
    """A count for its page."""
    found = row.found
    out = _out(found["came"], found["out"])
    if found["why"]:
        return Change("", "", "", "", "", "", _whys()[found["why"]], (), out)
    return Change(
        number_format(found["n"]), _share(found), _between(found.get("low"), found.get("high"), percent),
        percent(found["by_chance"], 1), _level(found["mean"]), _between(found["mean_low"], found["mean_high"], _level),
        "", tuple(_notes(found)), out,
    )  # fmt: skip


def _whys() -> dict[str, str]:
    return {
        "rubric": _("How far this rubric errs is not known yet: too few teachers were seen twice. Until then nobody can say which change is more than error."),
        "few": _("Too few of those who came were seen both before and after for a share to be told."),
    }  # fmt: skip


def _share(found: dict[str, Any]) -> str:
    if found["state"] == "bottom":
        return _("at most %(share)s") % {"share": percent(found["most"])}
    if found["state"] == "top":
        return _("at least %(share)s") % {"share": percent(found["share"])}
    return percent(found["share"])


def _between(low: float | None, high: float | None, say: Any) -> str:
    return "" if low is None or high is None else f"{say(low)} – {say(high)}"


def _level(value: float) -> str:
    said = number_format(abs(value), 2)
    return f"+{said}" if value > 0 else f"−{said}" if value < 0 else said


def _notes(found: dict[str, Any]) -> Iterable[str]:
    before, after = (number_format(many, 1).removesuffix(number_format(0.0, 1)[1:]) for many in found["visits"])
    yield _("A teacher counts as improved when the change exceeds its error of measurement: %(level)s levels at the middle, with %(before)s visits before and %(after)s after.") % {
        "level": number_format(found["threshold"], 2), "before": before, "after": after,
    }  # fmt: skip
    if "low" in found and found["low"] <= found["by_chance"]:
        yield _("So many could seem to have improved by chance alone.")


def _out(came: int, out: Sequence[tuple[list[str], int | None]]) -> str:
    if not out:
        return ""
    reasons = {
        "closed": _("seen only in visits that are not read without the teacher's own consent, such as coaching"),
        "never": _("not seen with this rubric"),
        "before": _("not seen before"),
        "after": _("not seen after"),
    }
    few, either = _("fewer than five"), _(" or ")
    parts = [
        f"{few if n is None else number_format(n)}: {either.join(reasons[key] for key in keys)}" for keys, n in out
    ]
    first = ngettext("Of %(n)s teacher who came, out are:", "Of %(n)s teachers who came, out are:", came) % {
        "n": number_format(came)
    }
    return f"{first} {'; '.join(parts)}."
