"""Walls: that a week was shadowed, by the dose of coaching; a leader's minutes, to the leader and whoever wrote them down."""

from django.db import migrations

from fairlead.apps.access.rls import open_table, purpose_wall

WEEK, BLOCK = ("leader_id", "shadow_id"), ("leader_id", "recorder_id")


class Migration(migrations.Migration):
    dependencies = [("operations", "0003_leaders_time")]
    operations = [
        *(purpose_wall(f"operations_shadowweek{e}", person_columns=WEEK, use="dose") for e in ("", "event")),
        *(purpose_wall(f"operations_timeblock{e}", person_columns=BLOCK) for e in ("", "event")),
        purpose_wall("operations_timeshare", person_columns=("leader_id", "director_id")),
        open_table("operations_timeaggregate", worker="write"),
    ]
