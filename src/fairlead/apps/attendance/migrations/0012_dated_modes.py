"""How a school takes attendance holds from a day on: `attendance_expected` asks for the mode of the day."""

import importlib

from django.db import migrations

BEFORE = importlib.import_module("fairlead.apps.attendance.migrations.0006_expectation").EXPECTED
EXPECTED = """
CREATE OR REPLACE FUNCTION attendance_expected(network bigint, day date)
RETURNS TABLE (organization_id bigint, section_id bigint, period_id bigint, due_at timestamptz)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    WITH meeting_school AS (
        SELECT o.id, o.time_zone, coalesce((
                   SELECT m.mode FROM roster_rollmode m WHERE m.organization_id = o.id AND m.begins <= day
                   ORDER BY m.begins DESC LIMIT 1
               ), p.mode, 'day') AS mode, coalesce(p.due_at, o.roll_due) AS due_at,
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


class Migration(migrations.Migration):
    dependencies = [("attendance", "0011_city_measures"), ("roster", "0010_roll_mode")]
    operations = [migrations.RunSQL(EXPECTED, BEFORE)]
