"""Walls of what a learning cycle is about (the school's own); its lead writes it, and nothing is deleted."""

from django.db import migrations

from fairlead.apps.access.rls import organization_wall

_TABLE = "cycles_cyclecontent"


class Migration(migrations.Migration):
    dependencies = [("cycles", "0005_content_of_learning_cycles")]
    operations = [
        *(organization_wall(f"{_TABLE}{history}") for history in ("", "event")),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER only_what_services_change BEFORE INSERT OR UPDATE OR DELETE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION {function}()",
                f"DROP TRIGGER only_what_services_change ON {table}",
            )
            for table, function in (
                (_TABLE, "cycles_team_changes"),
                (f"{_TABLE}event", "instruments_history_changes"),
            )
        ),
    ]
