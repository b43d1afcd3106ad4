"""Readings stand behind the organization's wall; published tables hold nothing that would need one."""

from django.db import migrations

from fairlead.apps.access.rls import open_table, organization_wall


class Migration(migrations.Migration):
    dependencies = [
        ("progress", "0001_initial"),
        ("access", "0003_row_security"),
        ("facts", "0001_views"),
    ]
    operations = [
        organization_wall("progress_reading", worker="write"),
        organization_wall("progress_groupreading", worker="write"),
        open_table("progress_publishedtable", worker="write"),
        open_table("progress_publishedcell", worker="write"),
    ]
