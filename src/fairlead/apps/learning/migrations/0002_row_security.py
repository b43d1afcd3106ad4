"""Walls: a programme and what is said of the whole of it, its organization's and those below; money, its organization's;
who was there for how long, by improvement's dose."""

from django.db import migrations

from fairlead.apps.access.rls import organization_wall, purpose_wall

BELOW_TOO = ("programme", "programmeevent", "session", "sessionevent", "measured", "measuredevent")
WAS_THERE = ("person_id", "lead_id", "second_id", "entered_by_id")


class Migration(migrations.Migration):
    dependencies = [("learning", "0001_initial"), ("access", "0007_ground_of_a_read")]
    operations = [
        *(organization_wall(f"learning_{name}", up=True) for name in BELOW_TOO),
        *(organization_wall(f"learning_invitation{e}", own=("person_id",)) for e in ("", "event")),
        *(purpose_wall(f"learning_attendance{e}", person_columns=WAS_THERE, use="dose") for e in ("", "event")),
        organization_wall("learning_wrongcode", own=("person_id",)),
        *(organization_wall(f"learning_ingredient{e}") for e in ("", "event")),
        organization_wall("learning_counted", up=True, worker="write"),
    ]
