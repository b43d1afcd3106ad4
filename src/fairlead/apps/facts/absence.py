"""One school's students with their days, for the pages that may show rows: chronic absence, early triggers, average."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from fairlead.apps.access.scope import Scope
from fairlead.apps.facts.rules import AttendanceRule, attendance_rule
from fairlead.science.attendance import (
    ChronicAbsence,
    DailyAttendance,
    EarlyTriggers,
    chronic_absence,
    daily_attendance,
    early_triggers,
)


@dataclass(frozen=True, slots=True)
class Absence:
    """A school's students from a session's first day to a day: three measures over the same days.

    `student` are ids; `expected`, `marked`, `absent` have a column for each month of school days.
    """

    since: date
    upto: date
    rule: AttendanceRule
    student: NDArray[np.int64]
    expected: NDArray[np.int64]
    marked: NDArray[np.int64]
    absent: NDArray[np.int64]
    chronic: ChronicAbsence
    triggers: EarlyTriggers
    daily: DailyAttendance


_DAYS = """
SELECT student_id, month, count(*), count(*) FILTER (WHERE status <> 'not_submitted'),
       count(*) FILTER (WHERE status = 'absent')
FROM (
    SELECT student_id, status, (row_number() OVER (PARTITION BY student_id ORDER BY date) - 1) / %(month)s AS month
    FROM facts_student_day
    WHERE organization_id = %(school)s AND organization_id = ANY (%(orgs)s) AND date BETWEEN %(since)s AND %(upto)s
) day
GROUP BY student_id, month ORDER BY student_id, month
"""


def absence(scope: Scope, organization_id: int, since: date, upto: date) -> Absence:
    """A school's chronic absence, triggers and average from `since` to `upto`, by the rules in force on that day."""
    rule = attendance_rule(upto)
    with connection.cursor() as cursor:
        cursor.execute(
            _DAYS,
            {
                "school": organization_id,
                "orgs": sorted(scope.org_ids),
                "since": since,
                "upto": upto,
                "month": rule.triggers.days_a_month,
            },
        )
        rows = np.array(cursor.fetchall(), np.int64).reshape(-1, 5)
    student, at = np.unique(rows[:, 0], return_inverse=True)
    days = np.zeros((3, student.size, int(rows[:, 1].max()) + 1 if rows.size else 1), np.int64)
    days[:, at, rows[:, 1]] = rows[:, 2:].T
    expected, marked, absent = days
    sums = expected.sum(axis=1), marked.sum(axis=1), absent.sum(axis=1)
    return Absence(
        since=since,
        upto=upto,
        rule=rule,
        student=student,
        expected=expected,
        marked=marked,
        absent=absent,
        chronic=chronic_absence(*sums, rule.chronic),
        triggers=early_triggers(expected, marked, absent, rule.triggers),
        daily=daily_attendance(*sums),
    )
