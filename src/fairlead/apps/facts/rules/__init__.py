"""Which rule packs are in force when. The packs are data of `science.attendance`; the choice is data here."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from django.utils.translation import get_language

from fairlead.science.attendance import ChronicRule, TriggerRule, chronic_rules, in_force, trigger_rules


@dataclass(frozen=True, slots=True)
class AttendanceRule:
    """What counts from a day on: the rule of chronic absence, the early triggers, and the line of regular attendance."""

    begins: date
    chronic: ChronicRule
    triggers: TriggerRule
    present_share: float

    @property
    def key(self) -> str:
        return self.chronic.about.key

    @property
    def confirmed(self) -> bool:
        return not self.chronic.about.provisional

    @property
    def meaning(self) -> str:
        return self.chronic.about.said("meaning", get_language() or "en")

    @property
    def source(self) -> str:
        return self.chronic.about.source


@cache
def attendance_rules() -> tuple[AttendanceRule, ...]:
    """What has been in force, oldest first."""
    raw = tomllib.loads(files(__package__).joinpath("attendance.toml").read_text(encoding="utf-8"))
    return tuple(
        AttendanceRule(
            begins=row["begins"],
            chronic=in_force(chronic_rules(), row["chronic"], row["begins"]),
            triggers=next(rule for rule in trigger_rules() if rule.about.key == row["triggers"]),
            present_share=row["present_share"],
        )
        for row in sorted(raw["in_force"], key=lambda row: row["begins"])
    )


def attendance_rule(on: date) -> AttendanceRule:
    """What is in force on a day."""
    found = [rule for rule in attendance_rules() if rule.begins <= on]
    if not found:
        raise LookupError(
            f"no attendance rule is in force on {on}; the first begins on {attendance_rules()[0].begins}"
        )
    return found[-1]
