"""What a login behind the walls may write of a diagnosis: a wall lets whoever reads a row write it, a service does not.

The stage decides who knows which levels, and being a rater whose words one reads (migration 0003): so the facilitator
alone moves it, one step at a time, and asks raters, before the first level is given; a rater writes only that they have
given theirs. Looking back, a year later, is also the leader's. History is written by what is changed. The owner, who
restores and erases, is bound by none of it.
"""

from django.db import migrations

from fairlead.apps.access.rls import PERSON

_REFUSED = "USING ERRCODE = 'restrict_violation'"
_DIAGNOSIS = f"""
CREATE FUNCTION diagnostics_diagnosis_changes() RETURNS trigger LANGUAGE plpgsql AS $f$
DECLARE me bigint := {PERSON}; may text[] := '{{}}'; changed text[];
BEGIN
    IF NOT row_security_active(TG_RELID) THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN RAISE EXCEPTION 'a diagnosis is not deleted' {_REFUSED}; END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.facilitator_id IS DISTINCT FROM me OR NEW.stage <> 'gather' THEN
            RAISE EXCEPTION 'a diagnosis is begun by its facilitator, with its first stage' {_REFUSED};
        END IF;
        RETURN NEW;
    END IF;
    IF me = OLD.facilitator_id THEN
        IF OLD.stage = 'gather' THEN may := may || '{{named,stage,rating_at}}'::text[]; END IF;
        IF OLD.stage = 'rate' THEN may := may || '{{stage,consensus_at}}'::text[]; END IF;
        IF OLD.stage = 'consensus' THEN may := may || '{{consensus_id,minutes,stage,published_at}}'::text[]; END IF;
    END IF;
    IF OLD.stage = 'published' THEN may := may || '{{review,stage,reviewed_at}}'::text[]; END IF;
    changed := instruments_changed(to_jsonb(OLD), to_jsonb(NEW));
    IF NOT changed <@ may THEN
        RAISE EXCEPTION 'of this diagnosis the asking person changes % only', may {_REFUSED};
    END IF;
    IF 'stage' = ANY (changed) AND (OLD.stage, NEW.stage) NOT IN
       (('gather', 'rate'), ('rate', 'consensus'), ('consensus', 'published'), ('published', 'reviewed')) THEN
        RAISE EXCEPTION 'a diagnosis goes on one stage at a time' {_REFUSED};
    END IF;
    RETURN NEW;
END $f$
"""
_RATER = f"""
CREATE FUNCTION diagnostics_rater_changes() RETURNS trigger LANGUAGE plpgsql AS $f$
DECLARE me bigint := {PERSON}; of bigint; at text; leads boolean;
BEGIN
    IF NOT row_security_active(TG_RELID) THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'INSERT' THEN of := NEW.diagnosis_id; ELSE of := OLD.diagnosis_id; END IF;
    SELECT d.stage, d.facilitator_id = me INTO at, leads FROM diagnostics_diagnosis d WHERE d.id = of;
    IF TG_OP = 'UPDATE' THEN
        IF OLD.person_id = me AND at = 'rate'
           AND instruments_changed(to_jsonb(OLD), to_jsonb(NEW)) <@ '{{response_id,given_at}}'::text[] THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'a rater says that their own levels are given, while each rates alone' {_REFUSED};
    END IF;
    IF leads IS NOT TRUE OR at <> 'gather' THEN
        RAISE EXCEPTION 'the facilitator says who rates, before the first level is given' {_REFUSED};
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $f$
"""  # noqa: S608  (our own words)
_GUARDS = {
    "diagnostics_diagnosis": "diagnostics_diagnosis",
    "diagnostics_rater": "diagnostics_rater",
    "diagnostics_diagnosisevent": "instruments_history",
    "diagnostics_raterevent": "instruments_history",
}


class Migration(migrations.Migration):
    dependencies = [("diagnostics", "0003_levels"), ("instruments", "0012_only_what_services_change")]
    operations = [
        migrations.RunSQL(_DIAGNOSIS, "DROP FUNCTION diagnostics_diagnosis_changes()"),
        migrations.RunSQL(_RATER, "DROP FUNCTION diagnostics_rater_changes()"),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER only_what_services_change BEFORE INSERT OR UPDATE OR DELETE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION {name}_changes()",
                f"DROP TRIGGER only_what_services_change ON {table}",
            )
            for table, name in _GUARDS.items()
        ),
    ]
