"""Students by the day's status, where one student is on several rolls a day."""

from __future__ import annotations

from datetime import date, datetime

from fairlead.apps.access.asking import fetch
from fairlead.apps.access.scope import Scope

_BY_PERIOD = """
WITH student AS (
    SELECT e.student_id, count(m.id) AS submitted, count(m.id) FILTER (WHERE m.status = 'absent') AS absent,
           coalesce((SELECT absent_share FROM roster_rollpolicy WHERE organization_id = %(organization)s), 0.5) AS share
    FROM attendance_roll r
    JOIN roster_enrollment e ON e.section_id = r.section_id AND e.begins <= r.date AND (e.ends IS NULL OR e.ends >= r.date)
    LEFT JOIN attendance_attendancemark m
           ON m.roll_id = r.id AND m.student_id = e.student_id AND r.submitted_at <= %(now)s
    WHERE r.organization_id = %(organization)s AND r.date = %(day)s AND %(organization)s = ANY (%(orgs)s)
    GROUP BY e.student_id
)
SELECT count(*), count(*) FILTER (WHERE submitted > 0 AND NOT attendance_absent_day(absent, submitted, share)),
       count(*) FILTER (WHERE attendance_absent_day(absent, submitted, share))
FROM student
"""


def students(scope: Scope, organization_id: int, day: date, now: datetime) -> tuple[int, int, int]:
    """How many students are on the day's rolls, and how many of them are present and absent, as of a moment."""
    values = {"organization": organization_id, "day": day, "now": now, "orgs": sorted(scope.org_ids)}
    enrolled, present, absent = fetch(_BY_PERIOD, **values)[0]
    return enrolled, present, absent
