"""Rule packs: dated definitions with their source and how sure we are of it. A rule is data, not an `if`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from fairlead.apps.facts.catalogue import said


@dataclass(frozen=True, slots=True)
class AttendanceRule:
    """From which share of days absent a student counts as chronically absent, and from which share present as regular."""

    key: str
    begins: date
    absent_share: float
    present_share: float
    min_days: int
    confirmed: bool
    texts: dict[str, str]

    @property
    def meaning(self) -> str:
        return said(self.texts, "meaning")

    @property
    def source(self) -> str:
        return said(self.texts, "source")


@cache
def attendance_rules() -> tuple[AttendanceRule, ...]:
    """All attendance rules, oldest first."""
    raw = tomllib.loads(files(__package__).joinpath("attendance.toml").read_text(encoding="utf-8"))
    return tuple(
        AttendanceRule(
            key=row["key"],
            begins=row["begins"],
            absent_share=row["absent_share"],
            present_share=row["present_share"],
            min_days=row["min_days"],
            confirmed=row["confirmed"],
            texts=row,
        )
        for row in sorted(raw["rule"], key=lambda row: row["begins"])
    )


def attendance_rule(on: date) -> AttendanceRule:
    """The rule in force on a day."""
    in_force = [rule for rule in attendance_rules() if rule.begins <= on]
    if not in_force:
        raise LookupError(
            f"no attendance rule is in force on {on}; the first begins on {attendance_rules()[0].begins}"
        )
    return in_force[-1]
