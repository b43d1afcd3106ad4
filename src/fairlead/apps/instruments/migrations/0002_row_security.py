"""Walls: instruments are a catalogue; what was seen in a room stands behind the wall of its purpose."""

from django.db import migrations

from fairlead.apps.access.rls import open_table, purpose_wall


class Migration(migrations.Migration):
    dependencies = [("instruments", "0001_initial"), ("access", "0003_row_security")]
    operations = [
        *(open_table(f"instruments_{name}") for name in ("instrument", "version", "domain", "item")),
        *(
            purpose_wall(f"instruments_{name}", person_columns=("visitor_id", "subject_id"))
            for name in ("visit", "visitevent")
        ),
        *(
            purpose_wall(f"instruments_{name}", person_columns=("visitor_id", "subject_id"), use="scores")
            for name in ("itemrating", "itemratingevent")
        ),
    ]
