"""Walls of presences, words and plans; what SQL may change of them; the dose of each participant as a view.

A presence is written with its contact by who led it, or by the participant; afterwards the participant alone says how
long they were there. Words are written by their author and stay. A feed is looked up by its secret's hash, without
anybody signed in: one function that sees past the wall and answers with a person's number.
"""

from django.db import migrations

from fairlead.apps.access.rls import APP, open_view, purpose_wall

_REFUSED = "USING ERRCODE = 'restrict_violation'"
_ME = "nullif(current_setting('fairlead.person', true), '')::bigint"
_FREE = "IF NOT row_security_active(TG_RELID) THEN IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END IF;"

_PRESENCE = f"""
CREATE FUNCTION support_presence_changes() RETURNS trigger LANGUAGE plpgsql AS $f$
DECLARE me bigint := {_ME};
BEGIN
    {_FREE}
    IF TG_OP = 'DELETE' THEN RAISE EXCEPTION 'a presence is not deleted' {_REFUSED}; END IF;
    IF TG_OP = 'INSERT' THEN
        IF me IS DISTINCT FROM NEW.lead_id AND NEW.person_id IS DISTINCT FROM me THEN
            RAISE EXCEPTION 'a presence is written by who was there' {_REFUSED};
        END IF;
        IF NEW.said_at IS NOT NULL AND NEW.person_id IS DISTINCT FROM me THEN
            RAISE EXCEPTION 'what a participant says is theirs to say' {_REFUSED};
        END IF;
        IF NOT EXISTS (SELECT FROM support_contact c WHERE c.id = NEW.contact_id AND (c.organization_id, c.purpose,
            c.lead_id, c.at, c.kind) = (NEW.organization_id, NEW.purpose, NEW.lead_id, NEW.at, NEW.kind)) THEN
            RAISE EXCEPTION 'a presence says what its contact says' {_REFUSED};
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.person_id IS DISTINCT FROM me
       OR to_jsonb(OLD) - '{{said_minutes,said_at}}'::text[] <> to_jsonb(NEW) - '{{said_minutes,said_at}}'::text[] THEN
        RAISE EXCEPTION 'of a presence its participant changes what they say, and nobody anything else' {_REFUSED};
    END IF;
    RETURN NEW;
END $f$
"""  # noqa: S608  (our own words)
_WORDS = f"""
CREATE FUNCTION support_words_change() RETURNS trigger LANGUAGE plpgsql AS $f$
BEGIN
    {_FREE}
    IF TG_OP <> 'INSERT' THEN RAISE EXCEPTION 'what was said stays as it is' {_REFUSED}; END IF;
    IF NEW.author_id IS DISTINCT FROM {_ME} THEN
        RAISE EXCEPTION 'words are written by their author' {_REFUSED};
    END IF;
    IF NOT EXISTS (SELECT FROM support_contact c WHERE c.id = NEW.contact_id
                   AND (c.organization_id, c.purpose) = (NEW.organization_id, NEW.purpose))
       AND NOT EXISTS (SELECT FROM support_contactpresence p WHERE p.contact_id = NEW.contact_id
                       AND (p.organization_id, p.purpose) = (NEW.organization_id, NEW.purpose)) THEN
        RAISE EXCEPTION 'words keep the purpose of their contact' {_REFUSED};
    END IF;
    RETURN NEW;
END $f$
"""  # noqa: S608  (our own words)
_HISTORY = f"""
CREATE FUNCTION support_history_changes() RETURNS trigger LANGUAGE plpgsql AS $f$
BEGIN
    {_FREE}
    IF TG_OP = 'INSERT' AND pg_trigger_depth() > 1 THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'history is written by what is changed' {_REFUSED};
END $f$
"""
_FEED = """
CREATE FUNCTION support_calendar_feed(hash text) RETURNS TABLE (person_id bigint, language text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $f$
    SELECT f.person_id, f.language::text FROM support_calendarfeed f WHERE f.token_hash = hash AND f.revoked_at IS NULL
$f$
"""
# What each participant had of a contact. A contact without presences was all its `with_person`'s.
_DOSE = """
CREATE VIEW support_dose WITH (security_invoker = true) AS
    SELECT c.id AS contact_id, c.organization_id, c.support_id, c.purpose, c.kind, c.lead_id,
           c.with_person_id AS person_id, c.at, c.minutes
    FROM support_contact c
    WHERE NOT EXISTS (SELECT FROM support_contactpresence p WHERE p.contact_id = c.id)
    UNION ALL
    SELECT p.contact_id, p.organization_id, p.support_id, p.purpose, p.kind, p.lead_id, p.person_id, p.at,
           coalesce(p.said_minutes, p.minutes)
    FROM support_contactpresence p WHERE coalesce(p.said_minutes, p.minutes) > 0
"""
_GUARDS = {
    "support_contactpresence": "support_presence_changes",
    "support_contactwords": "support_words_change",
    "support_contactpresenceevent": "support_history_changes",
    "support_plannedcontactevent": "support_history_changes",
}
_SIGNATURE = "support_calendar_feed(text)"


class Migration(migrations.Migration):
    dependencies = [("support", "0003_contacts"), ("access", "0007_ground_of_a_read")]
    operations = [
        *(
            purpose_wall(f"support_contactpresence{e}", person_columns=("lead_id", "person_id"), use="dose")
            for e in ("", "event")
        ),
        purpose_wall("support_contactwords", person_columns=("author_id", "reader_id")),
        *(
            purpose_wall(f"support_plannedcontact{e}", person_columns=("lead_id", "with_person_id"), use="dose")
            for e in ("", "event")
        ),
        purpose_wall("support_calendarfeed", person_columns=("person_id",)),
        migrations.RunSQL(_PRESENCE, "DROP FUNCTION support_presence_changes()"),
        migrations.RunSQL(_WORDS, "DROP FUNCTION support_words_change()"),
        migrations.RunSQL(_HISTORY, "DROP FUNCTION support_history_changes()"),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER only_what_services_change BEFORE INSERT OR UPDATE OR DELETE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION {function}()",
                f"DROP TRIGGER only_what_services_change ON {table}",
            )
            for table, function in _GUARDS.items()
        ),
        migrations.RunSQL(
            [
                _FEED,
                f"REVOKE ALL ON FUNCTION {_SIGNATURE} FROM PUBLIC",
                f"GRANT EXECUTE ON FUNCTION {_SIGNATURE} TO {APP}",
            ],
            [f"DROP FUNCTION {_SIGNATURE}"],
        ),
        migrations.RunSQL(_DOSE, "DROP VIEW support_dose"),
        open_view("support_dose"),
    ]
