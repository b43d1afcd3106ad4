"""What a school knows this morning. The definitions stand here once; facts and indicators repeat them in SQL.

One unit is *a student on an expected roll*: an enrollment in force on the day, in a section that has a roll.

- `enrolled`: all such units;
- `present`, `absent`: units with a mark of that status;
- `not submitted`: units without a mark. Always `enrolled = present + absent + not submitted`;
- `coverage`: rolls submitted ÷ rolls expected. An absence is never shown without it;
- `days in a row`: the student's absent marks since the last present one, up to the day (days that nobody submitted
  neither count nor break the row);
- `risk`: absent marks ÷ marks, in the session up to and with the day;
- `overdue`: the roll's deadline has passed and it has not been submitted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class MissingRoll:
    """An expected roll that has not come, and when its teacher was last reminded."""

    roll_id: int
    section: str
    teacher: str
    students: int
    due_at: datetime
    minutes_overdue: int
    reminded_at: datetime | None
    reminded_by: str
    reminders: int


@dataclass(frozen=True, slots=True)
class Guardian:
    """Somebody who may be called about a student."""

    person_id: int
    name: str
    relation: str
    phone: str
    language: str


@dataclass(frozen=True, slots=True)
class Call:
    """One try to reach a family."""

    at: datetime
    by: str
    outcome: str
    outcome_label: str
    note: str
    guardian: str


@dataclass(frozen=True, slots=True)
class AbsentStudent:
    """One absent student, with what decides the order of need and whom to call."""

    student_id: int
    mark_id: int
    name: str
    section: str
    grade: int | None
    born: date | None
    unexcused: bool
    days_in_a_row: int
    days_absent: int
    days_marked: int
    guardians: tuple[Guardian, ...]
    calls: tuple[Call, ...]
    reason: str
    explanation: str
    explained_at: datetime | None
    explained_by: str

    @property
    def risk(self) -> float:
        """Share of days absent this session."""
        return self.days_absent / self.days_marked if self.days_marked else 0.0


@dataclass(frozen=True, slots=True)
class Count:
    """The four numbers of one day with their coverage."""

    date: date
    rolls_expected: int
    rolls_submitted: int
    enrolled: int
    present: int
    absent: int
    not_submitted: int

    @property
    def coverage(self) -> float | None:
        """Rolls submitted ÷ expected; None when none is expected."""
        return self.rolls_submitted / self.rolls_expected if self.rolls_expected else None

    @property
    def meets(self) -> bool:
        return self.rolls_expected > 0


@dataclass(frozen=True, slots=True)
class Morning:
    """One school's morning as of a moment."""

    organization_id: int
    as_of: datetime
    count: Count
    missing: tuple[MissingRoll, ...]
    to_reach: tuple[AbsentStudent, ...]
    reached: tuple[AbsentStudent, ...]
    explained: tuple[AbsentStudent, ...]
