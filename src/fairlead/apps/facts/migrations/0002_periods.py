"""A student's day is one row, also where a roll is taken every period: the periods' marks become the day's status.

`attendance_absent_day` is the rule, the school's share stands in its roll policy. Rolls of once a day stay as they were.
"""

from django.db import migrations

STUDENT_DAY = """
CREATE OR REPLACE VIEW facts_student_day WITH (security_invoker = true) AS
    SELECT r.organization_id, e.student_id, r.section_id, r.date,
           COALESCE(m.status, 'not_submitted') AS status,
           COALESCE(m.status = 'absent' AND (m.reason = 'excused' OR m.explained_at IS NOT NULL), false) AS explained
    FROM attendance_roll r
    JOIN roster_enrollment e
      ON e.section_id = r.section_id AND e.begins <= r.date AND (e.ends IS NULL OR e.ends >= r.date)
    LEFT JOIN attendance_attendancemark m ON m.roll_id = r.id AND m.student_id = e.student_id
    WHERE r.period_id IS NULL
    UNION ALL
    SELECT d.organization_id, d.student_id, d.section_id, d.date,
           CASE WHEN d.submitted = 0 THEN 'not_submitted' WHEN d.is_absent THEN 'absent' ELSE 'present' END::varchar,
           d.is_absent AND d.explained
    FROM (
        SELECT r.organization_id, e.student_id, (array_agg(r.section_id ORDER BY r.due_at, r.id))[1] AS section_id,
               r.date, count(m.id) AS submitted,
               attendance_absent_day(
                   count(m.id) FILTER (WHERE m.status = 'absent'), count(m.id), COALESCE(max(p.absent_share), 0.5)
               ) AS is_absent,
               COALESCE(bool_or(m.reason = 'excused' OR m.explained_at IS NOT NULL)
                        FILTER (WHERE m.status = 'absent'), false) AS explained
        FROM attendance_roll r
        JOIN roster_enrollment e
          ON e.section_id = r.section_id AND e.begins <= r.date AND (e.ends IS NULL OR e.ends >= r.date)
        LEFT JOIN attendance_attendancemark m ON m.roll_id = r.id AND m.student_id = e.student_id
        LEFT JOIN roster_rollpolicy p ON p.organization_id = r.organization_id
        WHERE r.period_id IS NOT NULL
        GROUP BY r.organization_id, e.student_id, r.date
    ) d
"""


class Migration(migrations.Migration):
    dependencies = [
        ("facts", "0001_views"),
        ("attendance", "0006_expectation"),
        ("roster", "0006_timetable_row_security"),
    ]
    operations = [migrations.RunSQL([STUDENT_DAY], migrations.RunSQL.noop)]
