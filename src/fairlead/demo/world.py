"""What the invented network is made of, while it is being made."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

SEED = 20_261_119
TODAY = date(2026, 11, 19)  # the latest school day of the seeded year: 60 school days from 25 August 2026
YEAR_BEGINS = date(2026, 8, 25)
HOLIDAYS = frozenset(
    [date(2026, 9, 7), date(2026, 10, 12), date(2026, 11, 11), date(2026, 11, 26), date(2026, 11, 27)]
)
ZONE = ZoneInfo("America/New_York")
MORNING = datetime.combine(TODAY, time(9, 31), tzinfo=ZONE)


def school_days(first: date, last: date) -> list[date]:
    """Weekdays that are no holiday, both ends included."""
    days = (first + timedelta(days=i) for i in range((last - first).days + 1))
    return [d for d in days if d.weekday() < 5 and d not in HOLIDAYS]


@dataclass(slots=True)
class World:
    """Sizes, and what has been made so far (ids as arrays, one position a row)."""

    schools: int
    students: int
    teachers: int
    days: int
    moment: datetime = MORNING

    network_id: int = 0
    city_id: int = 0
    session_id: int = 0
    last_session_id: int = 0
    school_ids: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    school_need: np.ndarray = field(default_factory=lambda: np.empty(0))  # 0..1: how hard the school has it
    school_director: np.ndarray = field(
        default_factory=lambda: np.empty(0, np.int64)
    )  # person id, by the chosen plan
    dates: list[date] = field(default_factory=list)  # school days with marks, oldest first; the last is today
    section_ids: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))  # one homeroom a teacher
    section_school: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))  # index into school_ids
    section_teacher: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))  # person id
    section_grade: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    student_ids: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    student_section: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))  # index into section_ids
    student_risk: np.ndarray = field(default_factory=lambda: np.empty(0))  # probability of absence on a day
    student_grade: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    student_disadvantaged: np.ndarray = field(default_factory=lambda: np.empty(0, bool))
    student_days_marked: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))  # on submitted rolls
    student_days_absent: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    person: dict[str, int] = field(default_factory=dict)  # cast key -> person id (also "principal:<school index>")
    next_id: dict[str, int] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)  # what one part leaves for a later one, by the part's name

    @classmethod
    def full(cls) -> World:
        """The demo: 18 schools, 12,000 students, 600 teachers, 60 days of marks."""
        return cls(schools=18, students=12_000, teachers=600, days=60)

    @classmethod
    def small(cls) -> World:
        """The tests: the same cast in a network that is built in a second or two."""
        return cls(schools=5, students=300, teachers=20, days=40)

    @property
    def today(self) -> date:
        return self.moment.date()

    @property
    def student_school(self) -> np.ndarray:
        """Index into `school_ids` for each student."""
        return self.section_school[self.student_section]

    def take_ids(self, table: str, n: int) -> np.ndarray:
        """The next `n` ids of a table that is filled by COPY."""
        first = self.next_id.get(table, 1)
        self.next_id[table] = first + n
        return np.arange(first, first + n, dtype=np.int64)
