"""Attendance: rule packs of chronic absence and early triggers, daily attendance, and lateness of submission."""

from fairlead.science.attendance.chronic import (
    ChronicAbsence,
    DailyAttendance,
    EarlyTriggers,
    chronic_absence,
    daily_attendance,
    early_triggers,
)
from fairlead.science.attendance.rules import (
    ChronicRule,
    LatenessRule,
    Provenance,
    TriggerRule,
    chronic_rules,
    in_force,
    lateness_rules,
    trigger_rules,
)
from fairlead.science.attendance.submission import KINDS, Lateness, lateness

__all__ = [
    "KINDS",
    "ChronicAbsence",
    "ChronicRule",
    "DailyAttendance",
    "EarlyTriggers",
    "Lateness",
    "LatenessRule",
    "Provenance",
    "TriggerRule",
    "chronic_absence",
    "chronic_rules",
    "daily_attendance",
    "early_triggers",
    "in_force",
    "lateness",
    "lateness_rules",
    "trigger_rules",
]
