"""What a login behind the walls may write, beside where: a wall lets whoever reads a row write it, a service does not.

A visit is made by its visitor, shared once and closed once; only the teacher answers, once, what was shared. Answers and
words are written by their author, hang on the author's own response, and stay as they are once they are a visit's. A row
without an author goes with its subject (a consent taken back). History is written by triggers and by nobody else.
The owner, who restores and erases, is bound by none of it.
"""

from django.db import migrations

_REFUSED = "USING ERRCODE = 'restrict_violation'"
_ME = "nullif(current_setting('fairlead.person', true), '')::bigint"

_CHANGED = """
CREATE FUNCTION instruments_changed(before jsonb, after jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE AS $f$
    SELECT coalesce(array_agg(n.key), '{}') FROM jsonb_each(after) n WHERE n.value IS DISTINCT FROM before -> n.key
$f$
"""
_VISIT = f"""
CREATE FUNCTION instruments_visit_changes() RETURNS trigger LANGUAGE plpgsql AS $f$
DECLARE me bigint := {_ME}; may text[] := '{{}}'; changed text[];
BEGIN
    IF NOT row_security_active(TG_RELID) THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN RAISE EXCEPTION 'a visit is not deleted' {_REFUSED}; END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.visitor_id IS DISTINCT FROM me THEN RAISE EXCEPTION 'a visit is written by its visitor' {_REFUSED}; END IF;
        IF coalesce(NEW.shared_at, NEW.answered_at, NEW.closed_at) IS NOT NULL OR NEW.answer <> '' THEN
            RAISE EXCEPTION 'a visit begins neither shared nor answered nor closed' {_REFUSED};
        END IF;
        RETURN NEW;
    END IF;
    IF me = OLD.visitor_id THEN
        IF OLD.shared_at IS NULL THEN may := may || '{{feedback,shared_at}}'::text[]; END IF;
        IF OLD.closed_at IS NULL THEN may := may || '{{closed_at,closed_because}}'::text[]; END IF;
    ELSIF me = OLD.subject_id AND OLD.shared_at IS NOT NULL AND OLD.answered_at IS NULL THEN
        may := may || '{{answer,answered_at}}'::text[];
        IF OLD.closed_at IS NULL THEN may := may || ARRAY['closed_at']; END IF;
    END IF;
    changed := instruments_changed(to_jsonb(OLD), to_jsonb(NEW));
    IF NOT changed <@ may THEN
        RAISE EXCEPTION 'of this visit the asking person changes % only', may {_REFUSED};
    END IF;
    RETURN NEW;
END $f$
"""
_RESPONSE = f"""
CREATE FUNCTION instruments_response_changes() RETURNS trigger LANGUAGE plpgsql AS $f$
DECLARE me bigint := {_ME}; fixed text[] :=
    '{{id,organization_id,purpose,author_id,subject_id,version_id,visit_id,part,anonymous}}';
BEGIN
    IF NOT row_security_active(TG_RELID) THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.author_id <> me THEN RAISE EXCEPTION 'a response is written by its author' {_REFUSED}; END IF;
        RETURN NEW;
    END IF;
    IF coalesce(OLD.author_id, OLD.subject_id) IS DISTINCT FROM me THEN
        RAISE EXCEPTION 'a response is changed by its author' {_REFUSED};
    END IF;
    IF OLD.author_id IS NOT NULL AND OLD.visit_id IS NOT NULL THEN
        RAISE EXCEPTION 'the response of a visit stays as it is' {_REFUSED};
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    IF instruments_changed(to_jsonb(OLD), to_jsonb(NEW)) && fixed THEN
        RAISE EXCEPTION 'whose a response is, and about what, is fixed' {_REFUSED};
    END IF;
    RETURN NEW;
END $f$
"""
_PART = f"""
CREATE FUNCTION instruments_part_changes() RETURNS trigger LANGUAGE plpgsql AS $f$
DECLARE me bigint := {_ME}; fixed text[] :=
    '{{id,organization_id,purpose,author_id,subject_id,response_id,item_id}}';
BEGIN
    IF NOT row_security_active(TG_RELID) THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.author_id <> me OR NOT EXISTS (
            SELECT 1 FROM instruments_response r WHERE r.id = NEW.response_id
            AND (r.organization_id, r.purpose) = (NEW.organization_id, NEW.purpose)
            AND r.author_id IS NOT DISTINCT FROM NEW.author_id AND r.subject_id IS NOT DISTINCT FROM NEW.subject_id
        ) THEN
            RAISE EXCEPTION 'what belongs to a response is written by its author' {_REFUSED};
        END IF;
        RETURN NEW;
    END IF;
    IF coalesce(OLD.author_id, OLD.subject_id) IS DISTINCT FROM me THEN
        RAISE EXCEPTION 'what belongs to a response is changed by its author' {_REFUSED};
    END IF;
    -- A picture may be taken out again, whenever: somebody's face may be in it.
    IF OLD.author_id IS NOT NULL AND NOT (TG_OP = 'DELETE' AND TG_TABLE_NAME = 'instruments_attachment') AND EXISTS (
        SELECT 1 FROM instruments_response r WHERE r.id = OLD.response_id AND r.visit_id IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'what belongs to a visit stays as it is' {_REFUSED};
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    IF instruments_changed(to_jsonb(OLD), to_jsonb(NEW)) && fixed THEN
        RAISE EXCEPTION 'whose an answer is, and to what, is fixed' {_REFUSED};
    END IF;
    RETURN NEW;
END $f$
"""  # noqa: S608  (our own words)
_HISTORY = f"""
CREATE FUNCTION instruments_history_changes() RETURNS trigger LANGUAGE plpgsql AS $f$
BEGIN
    IF NOT row_security_active(TG_RELID) THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'INSERT' AND pg_trigger_depth() > 1 THEN RETURN NEW; END IF;
    IF TG_OP = 'DELETE' AND (to_jsonb(OLD) ->> 'author_id') IS NULL AND (to_jsonb(OLD) ->> 'subject_id')::bigint = {_ME}
    AND TG_TABLE_NAME <> 'instruments_visitevent' THEN
        RETURN OLD;  -- levels that a consent carried over
    END IF;
    RAISE EXCEPTION 'history is written by what is changed' {_REFUSED};
END $f$
"""
_GUARDS = {
    "instruments_visit": "visit",
    "instruments_response": "response",
    **{f"instruments_{name}": "part" for name in ("answer", "note", "attachment")},
    **{f"instruments_{name}event": "history" for name in ("visit", "response", "answer", "note")},
}


class Migration(migrations.Migration):
    dependencies = [("instruments", "0011_certificates_are_ones_own")]
    operations = [
        migrations.RunSQL(_CHANGED, "DROP FUNCTION instruments_changed(jsonb, jsonb)"),
        *(
            migrations.RunSQL(sql, f"DROP FUNCTION instruments_{name}_changes()")
            for name, sql in (("visit", _VISIT), ("response", _RESPONSE), ("part", _PART), ("history", _HISTORY))
        ),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER only_what_services_change BEFORE INSERT OR UPDATE OR DELETE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION instruments_{name}_changes()",
                f"DROP TRIGGER only_what_services_change ON {table}",
            )
            for table, name in _GUARDS.items()
        ),
    ]
