"""A technical result is read in its network and below; the worker writes it, and no page does."""

from django.db import migrations

from fairlead.apps.access.rls import APP, organization_wall

_TABLE = "instruments_technicalresult"


class Migration(migrations.Migration):
    dependencies = [("instruments", "0015_technical_result")]
    operations = [
        organization_wall(_TABLE, up=True, worker="write"),
        migrations.RunSQL(
            f"REVOKE INSERT, UPDATE, DELETE ON {_TABLE} FROM {APP}",
            f"GRANT INSERT, UPDATE, DELETE ON {_TABLE} TO {APP}",
        ),
    ]
