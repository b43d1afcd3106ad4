"""Walls of what a team writes (the school's own); what a login behind the walls may write of it.

The team's lead writes; who took a decision on says what became of it. Nothing is deleted.
"""

from django.db import migrations

from fairlead.apps.access.rls import PERSON, organization_wall

_REFUSED = "USING ERRCODE = 'restrict_violation'"
_SETTLED = "'{done_on,another_way}'::text[]"
_TEAM = f"""
CREATE FUNCTION cycles_team_changes() RETURNS trigger LANGUAGE plpgsql AS $f$
DECLARE me bigint := {PERSON};
BEGIN
    IF NOT row_security_active(TG_RELID) THEN IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END IF;
    IF TG_OP = 'DELETE' THEN RAISE EXCEPTION 'what a team wrote is not deleted' {_REFUSED}; END IF;
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'cycles_decision' THEN
        IF OLD.done_on IS NOT NULL OR to_jsonb(OLD) - {_SETTLED} <> to_jsonb(NEW) - {_SETTLED} THEN
            RAISE EXCEPTION 'what became of a decision is said once, and the decision stays' {_REFUSED};
        END IF;
        IF OLD.owner_id = me THEN RETURN NEW; END IF;
    END IF;
    IF NOT EXISTS (SELECT FROM support_support s WHERE s.id = NEW.support_id AND s.lead_id = me
                   AND s.organization_id = NEW.organization_id AND s.ended_because = '') THEN
        RAISE EXCEPTION 'only the lead of a running support writes for it' {_REFUSED};
    END IF;
    RETURN NEW;
END $f$
"""
_TABLES = ("cycles_teampage", "cycles_supportgoal", "cycles_decision")


class Migration(migrations.Migration):
    dependencies = [
        ("cycles", "0003_team_pages"),
        ("instruments", "0012_only_what_services_change"),
    ]
    operations = [
        *(organization_wall(f"{table}{history}") for table in _TABLES for history in ("", "event")),
        migrations.RunSQL(_TEAM, "DROP FUNCTION cycles_team_changes()"),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER only_what_services_change BEFORE INSERT OR UPDATE OR DELETE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION {function}()",
                f"DROP TRIGGER only_what_services_change ON {table}",
            )
            for name in _TABLES
            for table, function in ((name, "cycles_team_changes"), (f"{name}event", "instruments_history_changes"))
        ),
    ]
