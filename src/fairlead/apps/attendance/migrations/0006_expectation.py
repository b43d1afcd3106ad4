"""Which rolls are expected: mode, calendar, bells and meetings of each school, in one set-based function.

`attendance_expected` reads under the asking login's walls; `attendance_open_day` writes for the whole network, as
before, and reads nothing out. `attendance_absent_day` is the one definition of a day's absence over several rolls.
"""

from django.db import migrations

from fairlead.apps.access.rls import APP, WORKER, organization_wall

EXPECTED = """
CREATE OR REPLACE FUNCTION attendance_expected(network bigint, day date)
RETURNS TABLE (organization_id bigint, section_id bigint, period_id bigint, due_at timestamptz)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    WITH meeting_school AS (
        SELECT o.id, o.time_zone, coalesce(p.mode, 'day') AS mode, coalesce(p.due_at, o.roll_due) AS due_at,
               coalesce(p.due_minutes, 10) AS due_minutes, coalesce(c.late_minutes, 0) AS late_minutes,
               coalesce(c.day_type, '') AS day_type,
               coalesce(c.schedule_id, (
                   SELECT b.id FROM roster_bellschedule b
                   WHERE b.organization_id = o.id AND extract(isodow FROM day)::smallint = ANY (b.weekdays)
                   ORDER BY b.id LIMIT 1
               )) AS schedule_id
        FROM roster_organization o
        LEFT JOIN roster_rollpolicy p ON p.organization_id = o.id
        LEFT JOIN roster_calendarday c ON c.organization_id = o.id AND c.date = day
        WHERE o.id IN (
                  SELECT s.organization_id FROM roster_section s
                  JOIN roster_academicsession y ON y.id = s.session_id
                  WHERE y.organization_id = network AND day BETWEEN y.begins AND y.ends
              )
          AND CASE coalesce(c.kind, 'network') WHEN 'closed' THEN false WHEN 'extra' THEN true
              ELSE EXISTS (SELECT FROM roster_schoolday d WHERE d.organization_id = network AND d.date = day) END
    )
    SELECT s.organization_id, s.id, t.period_id, (day + t.at + t.minutes * interval '1 minute') AT TIME ZONE o.time_zone
    FROM roster_section s
    JOIN roster_academicsession y ON y.id = s.session_id AND day BETWEEN y.begins AND y.ends
    JOIN meeting_school o ON o.id = s.organization_id
    CROSS JOIN LATERAL (
        SELECT NULL::bigint AS period_id, o.due_at AS at, o.late_minutes AS minutes
        WHERE o.mode = 'day' AND s.kind = 'homeroom'
        UNION ALL
        SELECT DISTINCT b.period_id, b.begins, o.late_minutes + o.due_minutes
        FROM roster_sectionmeeting m
        JOIN roster_belltime b ON b.schedule_id = o.schedule_id AND b.period_id = m.period_id
        WHERE m.section_id = s.id AND (o.mode = 'period' OR (o.mode = 'homeroom' AND s.kind = 'homeroom'))
          AND (m.weekday IS NULL OR m.weekday = extract(isodow FROM day))
          AND (m.day_type = '' OR m.day_type = o.day_type)
    ) t
    WHERE y.organization_id = network
      AND EXISTS (
          SELECT FROM roster_enrollment e
          WHERE e.section_id = s.id AND e.begins <= day AND (e.ends IS NULL OR e.ends >= day)
      )
$$
"""
OPEN = """
CREATE OR REPLACE FUNCTION attendance_open_day(network bigint, day date) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH opened AS (
        INSERT INTO attendance_roll (organization_id, section_id, date, period_id, due_at, source)
        SELECT x.organization_id, x.section_id, day, x.period_id, x.due_at, ''
        FROM attendance_expected(network, day) x
        ORDER BY x.section_id, x.due_at
        ON CONFLICT (section_id, date, period_id) DO NOTHING
        RETURNING 1
    )
    SELECT count(*)::integer FROM opened
$$
"""
# No search_path of its own, so that the planner puts its body where it is called.
ABSENT_DAY = """
CREATE OR REPLACE FUNCTION attendance_absent_day(absent bigint, submitted bigint, share numeric) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT absent > 0 AND absent >= share * submitted $$
"""


class Migration(migrations.Migration):
    dependencies = [("attendance", "0005_periods"), ("roster", "0006_timetable_row_security")]
    operations = [
        organization_wall("attendance_substitutelink"),
        organization_wall("attendance_substitutelinkevent"),
        migrations.RunSQL(
            [
                ABSENT_DAY,
                EXPECTED,
                "REVOKE ALL ON FUNCTION attendance_expected(bigint, date) FROM PUBLIC",
                f"GRANT EXECUTE ON FUNCTION attendance_expected(bigint, date) TO {APP}, {WORKER}",
                OPEN,
            ],
            migrations.RunSQL.noop,
        ),
    ]
