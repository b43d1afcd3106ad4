"""What followed absences: how soon students were back, by whether their family was contacted that day.

One measure, for the page "After a call". It is a description: who is called is no accident, so that a difference between
the rows is not what calling does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from fairlead.apps.access.scope import Scope
from fairlead.science.returns import Returns, returns

GROUPS = ("contact", "explained", "none")
LOOK_BACK = timedelta(days=14)  # far enough to know whether the day before an absence was one too


@dataclass(frozen=True, slots=True)
class AfterContact:
    """One school and period. `all_days` counts every absence; `first_days` only the first of each row of absences.

    Groups: `contact` (reached or left word on the day itself), `explained` (the family said why), `none`.
    """

    organization_id: int
    begins: date
    ends: date
    as_of: date
    student_days: int
    student_days_marked: int
    all_days: dict[str, Returns]
    first_days: dict[str, Returns]

    @property
    def coverage(self) -> float | None:
        """Student-days with a mark, of those expected."""
        return self.student_days_marked / self.student_days if self.student_days else None


# `facts_student_day` says what a day is; without a mark it neither counts nor breaks a row. Two rolls of one day that are
# not periods of one school (a student in two homerooms): present when either says so. `back` is the number, among the student's own marked days, of the next present one.
_ABSENCES = """
WITH day AS (
    SELECT d.student_id, d.date, bool_or(d.status = 'present') AS present, bool_or(d.explained) AS explained
    FROM facts_student_day d
    WHERE d.organization_id = %(school)s AND d.organization_id = ANY (%(orgs)s)
      AND d.date BETWEEN %(back_to)s AND %(as_of)s AND d.status <> 'not_submitted'
    GROUP BY d.student_id, d.date
),
numbered AS (
    SELECT *, row_number() OVER own AS n, count(*) OVER (PARTITION BY student_id) AS last,
           lag(present, 1, true) OVER own AS was_present
    FROM day WINDOW own AS (PARTITION BY student_id ORDER BY date)
),
ahead AS (
    -- from the last day backwards, so that each row is looked at once
    SELECT *, min(n) FILTER (WHERE present) OVER (
        PARTITION BY student_id ORDER BY date DESC ROWS UNBOUNDED PRECEDING
    ) AS back
    FROM numbered
)
SELECT CASE WHEN explained THEN 'explained'
            WHEN (student_id, date) IN ( -- hashed once, however few rows the planner expects
                SELECT c.student_id, c.date FROM facts_family_contact c
                WHERE c.organization_id = %(school)s AND c.date BETWEEN %(begins)s AND %(ends)s AND c.settled_that_day
            ) THEN 'contact'
            ELSE 'none' END,
       was_present, back - n, last - n
FROM ahead
WHERE NOT present AND date BETWEEN %(begins)s AND %(ends)s
"""
_COVERAGE = """
SELECT coalesce(sum(enrolled), 0)::bigint, coalesce(sum(enrolled - not_submitted), 0)::bigint FROM facts_school_day
WHERE organization_id = %(school)s AND organization_id = ANY (%(orgs)s) AND date BETWEEN %(begins)s AND %(ends)s
"""


def after_contact(scope: Scope, organization_id: int, begins: date, ends: date, as_of: date) -> AfterContact:
    """How soon students were back after the absences of a period, as known on `as_of`.

    Absences of `as_of` itself are left out: nothing can have followed them yet.
    """
    ends = min(ends, as_of - timedelta(days=1))
    values: dict[str, Any] = {
        "school": organization_id,
        "orgs": sorted(scope.org_ids),
        "back_to": begins - LOOK_BACK,
        "begins": begins,
        "ends": ends,
        "as_of": as_of,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ABSENCES, values)
        rows = cursor.fetchall()
        cursor.execute(_COVERAGE, values)
        expected, marked = cursor.fetchone()
    return AfterContact(
        organization_id=organization_id,
        begins=begins,
        ends=ends,
        as_of=as_of,
        student_days=expected,
        student_days_marked=marked,
        all_days={group: _returns([r for r in rows if r[0] == group]) for group in GROUPS},
        first_days={group: _returns([r for r in rows if r[0] == group and r[1]]) for group in GROUPS},
    )


def _returns(rows: list[tuple[Any, ...]]) -> Returns:
    return returns([row[2] for row in rows], [row[3] for row in rows])
