"""Purposes open by organization: who leads one school and teaches at another is a leader at the first only."""

from django.db import migrations

from fairlead.apps.access.rls import renew_walls


class Migration(migrations.Migration):
    dependencies = [("access", "0003_row_security")]
    operations = [renew_walls()]
