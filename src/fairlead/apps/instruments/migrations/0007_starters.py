"""Here the instruments that Fairlead brings along were loaded; the latest `…_starters` loads them now, all of them."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("instruments", "0006_response_row_security")]
    operations = []
