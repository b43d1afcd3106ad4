"""A certificate is read by its holder and by its network's runners: the wall let everybody below the network read all."""

from django.db import migrations

from fairlead.apps.access.rls import ORGS, PERSON, UP_ORGS


def _wall(table: str, orgs: str) -> str:
    wall = f"organization_id = ANY ({orgs}) OR person_id = {PERSON}"
    return f"ALTER POLICY organization_wall ON {table} USING ({wall}) WITH CHECK ({wall})"


class Migration(migrations.Migration):
    dependencies = [("instruments", "0010_consent_row_security")]
    operations = [
        migrations.RunSQL(_wall(table, ORGS), _wall(table, UP_ORGS))
        for table in ("instruments_certificate", "instruments_certificateevent")
    ]
