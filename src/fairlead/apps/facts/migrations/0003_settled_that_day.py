"""A family's contact says also whether it was settled on the day itself, and not when the student was back already."""

from django.db import migrations

BODY = """
    SELECT c.organization_id, c.student_id, c.date, count(*) AS tries,
           bool_or(c.outcome IN ('reached', 'left_message', 'explained', 'other_way')) AS settled,
           bool_or(
               c.outcome IN ('reached', 'left_message', 'explained', 'other_way')
               AND (c.at AT TIME ZONE o.time_zone)::date <= c.date
           ) AS settled_that_day
    FROM attendance_familycontact c JOIN roster_organization o ON o.id = c.organization_id
    GROUP BY c.organization_id, c.student_id, c.date
"""


class Migration(migrations.Migration):
    dependencies = [("facts", "0002_periods")]
    operations = [
        migrations.RunSQL(
            f"CREATE OR REPLACE VIEW facts_family_contact WITH (security_invoker = true) AS {BODY}",
            migrations.RunSQL.noop,
        )
    ]
