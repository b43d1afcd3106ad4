"""Accounts and agreements are read before anybody is known; the log of reads stands behind the wall."""

from django.db import migrations

from fairlead.apps.access.rls import open_table, organization_wall


class Migration(migrations.Migration):
    dependencies = [("access", "0002_initial")]
    operations = [
        open_table("access_account", write=True),
        open_table("access_agreement"),
        organization_wall("access_accesslog", own=["person_id"]),
    ]
