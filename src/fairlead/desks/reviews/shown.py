"""A stored result in words and numbers as they are read; nothing is computed here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from fairlead.apps.instruments.models import in_words
from fairlead.apps.reviews.models import Review

NOT_ESTIMABLE = "–"


@dataclass(frozen=True, slots=True)
class Number:
    """A number that never stands without its interval."""

    value: str
    interval: str
    known: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table: what, the number, what it rests on."""

    name: str
    number: Number
    rests_on: str = ""


def number(
    found: Mapping[str, Any] | None, *, digits: int = 2, percent: bool = False, signed: bool = False
) -> Number:
    """A value with low and high; "not estimable" where either end is missing, for a number is not shown bare."""
    if (
        found is None
        or any(found.get(name) is None for name in ("value", "low", "high"))
        or found["high"] - found["low"] < 1e-9  # all classrooms the same: linearization knows no error, and that is not none
    ):
        return Number(str(_("not estimable")), "", False)
    scale = 100 if percent else 1
    value, low, high = (
        number_format(round(found[name] * scale, digits), decimal_pos=digits, use_l10n=True)
        for name in ("value", "low", "high")
    )
    unit = " %" if percent else ""
    plus = "+" if signed and found["value"] > 0 else ""
    return Number(f"{plus}{value}{unit}", _("%(low)s to %(high)s") % {"low": low + unit, "high": high + unit})


def why(because: str, least: int | None = None) -> str:
    """Why a number is not there."""
    if because == "few":
        return _("Not estimable: a group has fewer than two classrooms, so nothing says how much classrooms differ.")
    if because == "withheld":
        return _(
            "Withheld: a group has fewer than %(n)s classrooms, and nobody's own work is to be read off a table."
        ) % {"n": least or 3}
    return _("Not estimable: the sample does not allow it.")


@dataclass(frozen=True, slots=True)
class Found:
    """A result, ready for its page."""

    share: Number
    hours: Number
    a_year: str
    classrooms: int | None
    judged: int | None
    unjudged: int
    because: str
    groups: list[Line]
    ratio: Number | None
    difference: Number | None
    groups_because: str
    few: bool
    agreement: list[dict[str, Any]]
    counts: Mapping[str, int]


def ready(review: Review, stored: Mapping[str, Any], *, counts: bool) -> Found:
    """A stored result; `counts`: the instrument lets the number behind a share be shown."""
    share, compared = stored.get("share"), stored.get("compared") or {}
    group = review.get_compare_display()
    names = {
        "most": _("Most students: %(group)s") % {"group": group},
        "others": _("Other classrooms"),
    }
    has_groups = "ratio" in compared
    lines = [
        Line(
            names[key],
            number(compared[key], digits=0, percent=True),
            _("%(rooms)s classrooms, %(n)s assignments")
            % {"rooms": compared[key]["classrooms"], "n": compared[key]["n"]}
            if counts
            else "",
        )
        for key in (("most", "others") if has_groups else ())
    ]
    return Found(
        share=number(share, digits=0, percent=True),
        hours=number(stored.get("hours"), digits=0),
        a_year=number_format(review.hours, decimal_pos=None if review.hours % 1 else 0),
        classrooms=share["classrooms"] if share else None,
        judged=share["n"] if share else None,
        unjudged=stored["unjudged"],
        because="" if share else why(stored.get("because", "")),
        groups=lines,
        ratio=number(compared.get("ratio")) if has_groups else None,
        difference=number(compared.get("difference"), digits=2, signed=True) if has_groups else None,
        groups_because=why(compared["because"], compared.get("least")) if compared.get("because") else "",
        few=bool(share and share["warnings"]),
        agreement=[
            {
                "name": in_words(row["name"], row["name_es"]),
                "pairs": row["pairs"],
                "exact": number(row["exact"], digits=0, percent=True),
                "adjacent": number(row["adjacent"], digits=0, percent=True),
                "kappa": number(row["kappa"]),
                "alpha": number(row["alpha"]),
            }
            for row in stored["agreement"]
        ],
        counts=stored["counts"],
    )
