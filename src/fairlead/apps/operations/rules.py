"""Service levels and estimates of hours as dated data, and the day by which a level ends, by the school's calendar."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from django.utils.translation import get_language

from fairlead.apps.operations.models import Category, Request

FARTHEST = 60  # days of calendar in which the longest level ends, school holidays and all


@dataclass(frozen=True, slots=True)
class Level:
    """Within how many school days the first answer and the solution are to come."""

    answer: int
    solve: int


@dataclass(frozen=True, slots=True)
class Hours:
    """What a request of a kind would cost a school's leader: an estimate with its range."""

    low: Decimal
    likely: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Kind:
    """What can be asked for."""

    key: str
    texts: dict[str, str]
    levels: dict[str, Level]  # by urgency
    hours: Hours

    @property
    def label(self) -> str:
        return self.texts["label_es" if (get_language() or "").startswith("es") else "label"]


@dataclass(frozen=True, slots=True)
class Pack:
    """What is in force from a day on."""

    key: str
    begins: date
    source: str
    confidence: str
    kinds: dict[str, Kind]


@dataclass(frozen=True, slots=True)
class TimeRule:
    """What is meant to be known of a leader's week, and where records of other apps belong."""

    source: str
    hours_a_week: int
    minutes_a_line: int
    least_leaders: int
    led: dict[str, str]  # kind of contact -> category, "" for none
    given: dict[str, str]


@cache
def _raw() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("rules.toml").read_text(encoding="utf-8"))


@cache
def time_rule() -> TimeRule:
    """How a leader's time is put together; a category that is not known is an error at once."""
    row = _raw()["time"]
    wrong = {category for name in ("led", "given") for category in row[name].values()} - {"", *Category.values}
    if wrong:
        raise ValueError(f"rules.toml, time: unknown categories {sorted(wrong)}")
    return TimeRule(
        row["source"], row["hours_a_week"], row["minutes_a_line"], row["least_leaders"], row["led"], row["given"]
    )


@cache
def packs() -> tuple[Pack, ...]:
    """All packs, oldest first; a kind or a level that is missing is an error at once."""
    found = []
    for row in sorted(_raw()["pack"], key=lambda row: row["begins"]):
        kinds = {}
        for kind in row["kind"]:
            levels = {urgency: Level(*kind[urgency]) for urgency in Request.Urgency.values}
            hours = Hours(*(Decimal(str(h)) for h in kind["hours"]))
            wrong = [u for u, level in levels.items() if not 0 <= level.answer <= level.solve <= FARTHEST // 2]
            if wrong or not 0 <= hours.low <= hours.likely <= hours.high:
                raise ValueError(f"rules.toml, {row['key']}, {kind['key']}: levels {wrong} or hours {kind['hours']}")
            kinds[kind["key"]] = Kind(kind["key"], kind, levels, hours)
        found.append(Pack(row["key"], row["begins"], row["source"], row["confidence"], kinds))
    return tuple(found)


def in_force(on: date) -> Pack:
    """The pack of a day; the first one also for days before it."""
    return next((pack for pack in reversed(packs()) if pack.begins <= on), packs()[0])


def kind_label(key: str) -> str:
    """A kind's name in the reader's language, as the latest pack that knows it says."""
    return next((pack.kinds[key].label for pack in reversed(packs()) if key in pack.kinds), key)


def due(asked: date, days: int, school_days: Sequence[date], known_to: date) -> date:
    """The school day that is `days` school days after the asking; after the last day that a calendar knows, weekdays.

    `school_days`: the school's, in order, from the asking on. `known_to`: the last day of which the calendar says anything.
    """
    left = days
    day = asked
    known = set(school_days)
    while True:
        meets = day in known if day <= known_to else day.weekday() < 5
        if meets:
            if left == 0:
                return day
            left -= 1
        day += timedelta(days=1)
