"""A contact with several people is a fact of each of them, with their own minutes."""

from django.db import migrations

_VIEW = """
CREATE OR REPLACE VIEW facts_contact WITH (security_invoker = true) AS
    SELECT c.organization_id, c.support_id, (c.at AT TIME ZONE o.time_zone)::date AS date, c.lead_id,
           c.{person} AS person_id, c.kind, c.purpose, c.minutes
    FROM {table} c
    JOIN roster_organization o ON o.id = c.organization_id
"""


class Migration(migrations.Migration):
    dependencies = [("facts", "0006_staff_and_requests"), ("support", "0004_contacts_row_security")]
    operations = [
        migrations.RunSQL(
            _VIEW.format(table="support_dose", person="person_id"),
            _VIEW.format(table="support_contact", person="with_person_id"),
        )
    ]
