"""Walls of steps (dose) and of their words (notes); what a login behind the walls may write of them.

A support's lead writes its steps and alone says what became of them; words are written by their author, with the purpose
of the support, and stay.
"""

from django.db import migrations

from fairlead.apps.access.rls import PERSON, purpose_wall

_REFUSED = "USING ERRCODE = 'restrict_violation'"
_FREE = "IF NOT row_security_active(TG_RELID) THEN IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END IF;"
_STEP = f"""
CREATE FUNCTION cycles_step_changes() RETURNS trigger LANGUAGE plpgsql AS $f$
DECLARE me bigint := {PERSON};
BEGIN
    {_FREE}
    IF TG_OP = 'DELETE' THEN RAISE EXCEPTION 'a step is not deleted' {_REFUSED}; END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.lead_id IS DISTINCT FROM me OR NOT EXISTS (SELECT FROM support_support s WHERE s.id = NEW.support_id
           AND (s.organization_id, s.purpose, s.lead_id) = (NEW.organization_id, NEW.purpose, NEW.lead_id)) THEN
            RAISE EXCEPTION 'a step says what its support says, written by its lead' {_REFUSED};
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.lead_id IS DISTINCT FROM me OR OLD.done_on IS NOT NULL
       OR to_jsonb(OLD) - '{{done_on,another_way}}'::text[] <> to_jsonb(NEW) - '{{done_on,another_way}}'::text[] THEN
        RAISE EXCEPTION 'the lead says once what became of a step, and nobody anything else' {_REFUSED};
    END IF;
    RETURN NEW;
END $f$
"""  # noqa: S608  (our own words)
_WORDS = f"""
CREATE FUNCTION cycles_words_changes() RETURNS trigger LANGUAGE plpgsql AS $f$
BEGIN
    {_FREE}
    IF TG_OP <> 'INSERT' THEN RAISE EXCEPTION 'what was written stays as it is' {_REFUSED}; END IF;
    IF NEW.author_id IS DISTINCT FROM {PERSON} THEN
        RAISE EXCEPTION 'words are written by their author' {_REFUSED};
    END IF;
    IF NOT EXISTS (SELECT FROM support_support s WHERE s.id = NEW.support_id AND s.lead_id = NEW.author_id
                   AND (s.organization_id, s.purpose) = (NEW.organization_id, NEW.purpose)) THEN
        RAISE EXCEPTION 'words keep the purpose of their support' {_REFUSED};
    END IF;
    RETURN NEW;
END $f$
"""
_GUARDS = {
    "cycles_step": "cycles_step_changes",
    "cycles_stepwords": "cycles_words_changes",
    "cycles_stepevent": "instruments_history_changes",
}


class Migration(migrations.Migration):
    dependencies = [
        ("cycles", "0001_initial"),
        ("access", "0007_ground_of_a_read"),
        ("instruments", "0012_only_what_services_change"),
    ]
    operations = [
        purpose_wall("cycles_step", person_columns=("lead_id", "person_id"), use="dose"),
        purpose_wall("cycles_stepevent", person_columns=("lead_id", "person_id"), use="dose"),
        purpose_wall("cycles_stepwords", person_columns=("author_id", "reader_id")),
        migrations.RunSQL(_STEP, "DROP FUNCTION cycles_step_changes()"),
        migrations.RunSQL(_WORDS, "DROP FUNCTION cycles_words_changes()"),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER only_what_services_change BEFORE INSERT OR UPDATE OR DELETE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION {function}()",
                f"DROP TRIGGER only_what_services_change ON {table}",
            )
            for table, function in _GUARDS.items()
        ),
    ]
