"""The day's expectations, as a function of the timetable that any login may call.

Which rolls are expected does not depend on who asks: whoever comes first in the morning (the worker, a school's
office, the demo's clock) opens the day for the whole network, also for schools behind that person's wall.
It gives back a number and reads nothing out.
"""

from django.db import migrations

from fairlead.apps.access.rls import APP, WORKER

FUNCTION = """
CREATE FUNCTION attendance_open_day(network bigint, day date) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH opened AS (
        INSERT INTO attendance_roll (organization_id, section_id, date, due_at, source)
        SELECT s.organization_id, s.id, day, (day + o.roll_due) AT TIME ZONE o.time_zone, ''
        FROM roster_section s
        JOIN roster_academicsession y ON y.id = s.session_id AND day BETWEEN y.begins AND y.ends
        JOIN roster_organization o ON o.id = s.organization_id
        WHERE y.organization_id = network
          AND EXISTS (SELECT FROM roster_schoolday d WHERE d.organization_id = network AND d.date = day)
          AND EXISTS (
              SELECT FROM roster_enrollment e
              WHERE e.section_id = s.id AND e.begins <= day AND (e.ends IS NULL OR e.ends >= day)
          )
        ORDER BY s.id
        ON CONFLICT (section_id, date) DO NOTHING
        RETURNING 1
    )
    SELECT count(*)::integer FROM opened
$$
"""


class Migration(migrations.Migration):
    dependencies = [("attendance", "0002_row_security"), ("roster", "0002_row_security")]
    operations = [
        migrations.RunSQL(
            [
                FUNCTION,
                "REVOKE ALL ON FUNCTION attendance_open_day(bigint, date) FROM PUBLIC",
                f"GRANT EXECUTE ON FUNCTION attendance_open_day(bigint, date) TO {APP}, {WORKER}",
            ],
            ["DROP FUNCTION attendance_open_day(bigint, date)"],
        )
    ]
