"""Attendance: rule packs of chronic absence and early triggers, daily attendance, and lateness of submission."""

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
    "ChronicRule",
    "Lateness",
    "LatenessRule",
    "Provenance",
    "TriggerRule",
    "chronic_rules",
    "in_force",
    "lateness",
    "lateness_rules",
    "trigger_rules",
]
