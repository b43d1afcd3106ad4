"""Walls: that there is a request, by its purpose's dose; what is said in it, and who was told of it, by its notes."""

from django.db import migrations

from fairlead.apps.access.rls import purpose_wall

REQUEST, LINE = ("asker_id", "owner_id"), ("author_id", "asker_id", "owner_id")


class Migration(migrations.Migration):
    dependencies = [("operations", "0001_initial"), ("access", "0007_ground_of_a_read")]
    operations = [
        *(purpose_wall(f"operations_request{e}", person_columns=REQUEST, use="dose") for e in ("", "event")),
        *(purpose_wall(f"operations_requestline{e}", person_columns=LINE) for e in ("", "event")),
        purpose_wall("operations_escalation", person_columns=("told_id",), worker="write"),
    ]
