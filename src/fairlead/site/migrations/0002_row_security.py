"""The demo's clock is moved by its banner."""

from django.db import migrations

from fairlead.apps.access.rls import open_table


class Migration(migrations.Migration):
    dependencies = [("site", "0001_initial"), ("access", "0003_row_security")]
    operations = [open_table("site_democlock", write=True)]
