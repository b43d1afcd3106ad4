"""Logs are added to and never changed by the app's login; the log of erasures is written by the owner alone."""

from django.db import migrations

from fairlead.apps.access.rls import APP, Statements, organization_wall

FORWARD: Statements = [
    f"REVOKE UPDATE, DELETE ON access_accesslog FROM {APP}",
    f"REVOKE INSERT, UPDATE, DELETE ON access_erasure FROM {APP}",
]
BACKWARD: Statements = [f"GRANT UPDATE, DELETE ON access_accesslog TO {APP}"]


class Migration(migrations.Migration):
    dependencies = [("access", "0005_erasure")]
    operations = [organization_wall("access_erasure"), migrations.RunSQL(FORWARD, BACKWARD)]
