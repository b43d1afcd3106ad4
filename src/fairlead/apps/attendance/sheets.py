"""Rolls as somebody other than their teacher handles them: on paper, at the office, by a substitute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from fairlead.apps.access.asking import fetch
from fairlead.apps.access.scope import Scope
from fairlead.apps.attendance.models import Roll

SOURCES = dict(Roll.Source.choices)


@dataclass(frozen=True, slots=True)
class OpenRoll:
    """One roll: whose, when due, whether it has come and by which way."""

    roll_id: int
    section: str
    period: str
    teacher_id: int
    teacher: str
    date: date
    due_at: datetime
    submitted_at: datetime | None
    amended_at: datetime | None
    source: str
    taken_at: datetime | None
    substitute: str
    students: int

    @property
    def submitted(self) -> bool:
        return self.submitted_at is not None

    @property
    def source_label(self) -> str:
        return str(SOURCES.get(self.source, ""))


_ROLLS = """
SELECT r.id, s.name, coalesce(b.name, ''), t.id, t.given_name || ' ' || t.family_name, r.date, r.due_at,
       CASE WHEN r.submitted_at <= %(now)s THEN r.submitted_at END, CASE WHEN r.amended_at <= %(now)s THEN r.amended_at END,
       CASE WHEN r.submitted_at <= %(now)s THEN r.source ELSE '' END, r.taken_at, coalesce(l.name, ''),
       (SELECT count(*) FROM roster_enrollment e
        WHERE e.section_id = r.section_id AND e.begins <= r.date AND (e.ends IS NULL OR e.ends >= r.date))
FROM attendance_roll r
JOIN roster_section s ON s.id = r.section_id
JOIN roster_person t ON t.id = s.teacher_id
LEFT JOIN roster_period b ON b.id = r.period_id
LEFT JOIN attendance_substitutelink l ON l.id = r.substitute_id
WHERE r.organization_id = %(school)s AND %(school)s = ANY (%(orgs)s) AND {which}
ORDER BY r.date DESC, r.due_at, s.name
"""


def _rolls(scope: Scope, school_id: int, now: datetime, which: str, **values: Any) -> list[OpenRoll]:
    values |= {"school": school_id, "orgs": sorted(scope.org_ids), "now": now}
    return [OpenRoll(*row) for row in fetch(_ROLLS.format(which=which), **values)]


def of_day(scope: Scope, school_id: int, day: date, now: datetime) -> list[OpenRoll]:
    """A school's rolls of a day, as they are due."""
    return _rolls(scope, school_id, now, "r.date = %(day)s", day=day)


def missing(scope: Scope, school_id: int, first: date, last: date, now: datetime) -> list[OpenRoll]:
    """A school's rolls that have not come, the latest day first."""
    which = "r.date BETWEEN %(first)s AND %(last)s AND (r.submitted_at IS NULL OR r.submitted_at > %(now)s)"
    return _rolls(scope, school_id, now, which, first=first, last=last)


def of_teacher(
    scope: Scope, school_id: int, teacher_id: int, day: date, now: datetime, roll_id: int | None = None
) -> list[OpenRoll]:
    """One teacher's rolls of a day; one of them alone, when it is named."""
    which = "s.teacher_id = %(teacher)s AND r.date = %(day)s AND (%(roll)s::bigint IS NULL OR r.id = %(roll)s)"
    return _rolls(scope, school_id, now, which, teacher=teacher_id, day=day, roll=roll_id)


def one(scope: Scope, school_id: int, roll_id: int, now: datetime) -> OpenRoll | None:
    """One roll of a school."""
    return next(iter(_rolls(scope, school_id, now, "r.id = %(roll)s", roll=roll_id)), None)
