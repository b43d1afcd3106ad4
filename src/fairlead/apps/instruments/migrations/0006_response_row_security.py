"""Walls: numbers behind scores, words and pictures behind notes. Who builds instruments writes the catalogue."""

from django.db import migrations

from fairlead.apps.access.rls import organization_wall, purpose_wall

_CATALOGUE = ("instrument", "version", "domain", "item")


class Migration(migrations.Migration):
    dependencies = [("instruments", "0005_visits_have_responses"), ("access", "0007_ground_of_a_read")]
    operations = [
        *(
            purpose_wall(f"instruments_{name}", person_columns=("author_id", "subject_id"), use="scores")
            for name in ("response", "responseevent")
        ),
        *(
            purpose_wall(f"instruments_{name}", person_columns=("author_id", "subject_id"))
            for name in ("note", "noteevent", "attachment")
        ),
        *(
            organization_wall(f"instruments_{name}", up=True, own=("person_id",))
            for name in ("certificate", "certificateevent")
        ),
        *(
            migrations.RunSQL(
                f"GRANT INSERT, UPDATE, DELETE ON instruments_{name} TO fairlead_app",
                f"REVOKE INSERT, UPDATE, DELETE ON instruments_{name} FROM fairlead_app",
            )
            for name in _CATALOGUE
        ),
    ]
