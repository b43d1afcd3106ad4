"""A network's own consulting or working group stands above the schools whose people take part: they read that it is."""

from django.db import migrations

from fairlead.apps.access.rls import ORGS, UP_ORGS

_TABLES = ("support_support", "support_supportparticipant")


class Migration(migrations.Migration):
    dependencies = [("support", "0007_contacts_are_ones_own")]
    operations = [
        migrations.RunSQL(
            f"ALTER POLICY organization_wall ON {table} USING (organization_id = ANY ({UP_ORGS})) "
            f"WITH CHECK (organization_id = ANY ({ORGS}))",
            f"ALTER POLICY organization_wall ON {table} USING (organization_id = ANY ({ORGS})) "
            f"WITH CHECK (organization_id = ANY ({ORGS}))",
        )
        for table in _TABLES
    ]
