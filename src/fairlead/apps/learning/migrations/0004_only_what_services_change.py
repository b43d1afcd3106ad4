"""Who may write what of professional learning, beside where: a wall lets whoever reads a row write it, a service does not.

Programmes, sessions, costs and what stands for a level are written by who makes programmes of that organization. Somebody signs
in for themselves, or stands on the list of a session that the writer leads; "I was not there" is said by oneself. Codes that did
not fit are one's own and stay (they would limit nobody otherwise); the worker takes them away after a day. What is counted is
written by the worker, and history by what is changed. The owner, who restores and erases, is bound by none of it.
"""

from django.db import migrations

from fairlead.apps.access.rls import APP, ORGS, PERSON, worker_writes

_REFUSED = "USING ERRCODE = 'restrict_violation'"
# A former role opens nothing: its organization is not among those that the person is asking for.
_MAKES = f"""
CREATE FUNCTION learning_makes(organization bigint) RETURNS boolean LANGUAGE sql STABLE AS $f$
    SELECT organization = ANY ({ORGS}) AND EXISTS (
        SELECT FROM roster_role r WHERE r.person_id = {PERSON} AND r.organization_id = organization
        AND r.role IN ('network_lead', 'principal')
    )
$f$
"""  # noqa: S608  (our own words)


def _guard(name: str, declare: str, body: str) -> str:
    return f"""
CREATE FUNCTION learning_{name}_changes() RETURNS trigger LANGUAGE plpgsql AS $f$
DECLARE me bigint := {PERSON}; {declare}
BEGIN
    IF NOT row_security_active(TG_RELID) THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END IF;
    {body}
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $f$
"""


def _refuse(condition: str, words: str) -> str:
    return f"IF ({condition}) IS NOT FALSE THEN RAISE EXCEPTION '{words}' {_REFUSED}; END IF;"


_PROGRAMME = (
    _refuse("NOT learning_makes(NEW.organization_id)", "a programme is made by who makes programmes there")
    + f"""
    IF TG_OP = 'INSERT' THEN {_refuse("NEW.made_by_id <> me", "a programme is made in ones own name")}
    ELSE {
        _refuse(
            "(NEW.organization_id, NEW.made_by_id, NEW.made_at) <> (OLD.organization_id, OLD.made_by_id, OLD.made_at)",
            "whose a programme is and who made it is fixed",
        )
    }
    END IF;"""
)
_SESSION = f"""
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'renewed' = to_jsonb(OLD) - 'renewed' AND me IN (OLD.lead_id, OLD.second_id) THEN
        RETURN NEW;
    END IF;
    {_refuse("NOT learning_makes(NEW.organization_id)", "a session is written by who makes programmes there")}
    {
    _refuse(
        "NOT EXISTS (SELECT FROM learning_programme p WHERE p.id = NEW.programme_id AND p.organization_id = NEW.organization_id)",
        "a session is of its programmes organization",
    )
}
    IF TG_OP = 'UPDATE' THEN {
    _refuse("NEW.programme_id <> OLD.programme_id", "whose session it is is fixed")
} END IF;"""
_INVITATION = f"""
    IF NEW.walked_in AND NEW.person_id = me AND EXISTS (
        SELECT FROM roster_role r WHERE r.person_id = me AND r.organization_id = NEW.organization_id
    ) THEN RETURN NEW; END IF;
    {
    _refuse(
        "NOT EXISTS (SELECT FROM learning_programme p WHERE p.id = NEW.programme_id AND learning_makes(p.organization_id))",
        "people are invited by who makes the programme",
    )
}"""  # noqa: S608
_PART = f"""
    one := CASE WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
    {_refuse("NOT learning_makes((one ->> 'organization_id')::bigint)", "this is written by who makes the programme")}
    {
    _refuse(
        "NOT EXISTS (SELECT FROM learning_programme p WHERE p.id = (one ->> 'programme_id')::bigint "
        "AND p.organization_id = (one ->> 'organization_id')::bigint)",
        "this is of its programmes organization",
    )
}"""
_ATTENDANCE = f"""
    SELECT s.* INTO held FROM learning_session s
    WHERE s.id = CASE WHEN TG_OP = 'DELETE' THEN OLD.session_id ELSE NEW.session_id END;
    leads := coalesce(me = held.lead_id, false) OR coalesce(me = held.second_id, false) OR learning_makes(held.organization_id);
    IF TG_OP = 'DELETE' THEN
        {
    _refuse(
        "NOT (leads AND OLD.way = 'paper' AND OLD.not_there_at IS NULL)",
        "only a line of the list on paper is taken away, by who leads the session",
    )
}
        RETURN OLD;
    END IF;
    {_refuse("NEW.minutes < 1 OR NEW.minutes > held.minutes", "nobody is there for longer than the session")}
    IF TG_OP = 'INSERT' THEN
        {_refuse("NEW.entered_by_id <> me", "what is entered is entered in ones own name")}
        {
    _refuse(
        "NOT ((NEW.person_id = me AND NEW.way IN ('code', 'qr')) OR (leads AND NEW.way = 'paper'))",
        "people sign in for themselves, or stand on the list of who leads the session",
    )
}
        {
    _refuse(
        "NEW.purpose <> 'improvement' OR NEW.not_there_at IS NOT NULL OR NEW.lead_id <> held.lead_id "
        "OR NEW.second_id IS DISTINCT FROM held.second_id",
        "this is no line of this session",
    )
}
        {
    _refuse(
        "NOT EXISTS (SELECT FROM learning_invitation i WHERE i.programme_id = held.programme_id "
        "AND i.person_id = NEW.person_id AND i.organization_id = NEW.organization_id)",
        "who is there is of the organization where it was offered to them",
    )
}
        RETURN NEW;
    END IF;
    {_refuse("to_jsonb(NEW) - may <> to_jsonb(OLD) - may", "who was in which session, and how they signed, is fixed")}
    IF NEW.not_there_at IS DISTINCT FROM OLD.not_there_at THEN
        {_refuse("NEW.person_id <> me", "I was not there is said by oneself")}
    END IF;
    IF (NEW.minutes, NEW.entered_by_id) <> (OLD.minutes, OLD.entered_by_id) THEN
        {
    _refuse(
        "NOT leads OR NEW.entered_by_id <> me", "minutes are put right by who leads the session, in their own name"
    )
}
    END IF;"""  # noqa: S608  (our own words)
_WRONG = _refuse("NEW.person_id <> me", "a code that did not fit is kept of oneself")
_HISTORY = _refuse("pg_trigger_depth() < 2", "history is written by what is changed")

_GUARDS = {  # name: variables, words, {table: verbs}
    "programme": ("", _PROGRAMME, {"programme": "INSERT OR UPDATE"}),
    "session": ("", _SESSION, {"session": "INSERT OR UPDATE"}),
    "invitation": ("", _INVITATION, {"invitation": "INSERT"}),
    "part": (
        "one jsonb;",
        _PART,
        {"ingredient": "INSERT OR DELETE", "measured": "INSERT OR DELETE", "counted": "DELETE"},
    ),
    "attendance": (
        "held learning_session%ROWTYPE; leads boolean; may text[] := '{minutes,entered_by_id,not_there_at}';",
        _ATTENDANCE,
        {"attendance": "INSERT OR UPDATE OR DELETE"},
    ),
    "wrongcode": ("", _WRONG, {"wrongcode": "INSERT"}),
    "history": (
        "",
        _HISTORY,
        {
            f"{name}event": "INSERT"
            for name in ("programme", "session", "invitation", "attendance", "ingredient", "measured")
        },
    ),
}
# What no service does at all.
_NEVER = {
    "DELETE": ("programme", "session"),
    "UPDATE": ("ingredient", "measured"),
    "INSERT, UPDATE": ("counted",),
    "UPDATE, DELETE": ("invitation", "wrongcode", *_GUARDS["history"][2]),
}


class Migration(migrations.Migration):
    dependencies = [("learning", "0003_whose_practice")]
    operations = [
        migrations.RunSQL(_MAKES, "DROP FUNCTION learning_makes(bigint)"),
        *(
            migrations.RunSQL(_guard(name, declare, body), f"DROP FUNCTION learning_{name}_changes()")
            for name, (declare, body, _tables) in _GUARDS.items()
        ),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER only_what_services_change BEFORE {verbs} ON learning_{table} "
                f"FOR EACH ROW EXECUTE FUNCTION learning_{name}_changes()",
                f"DROP TRIGGER only_what_services_change ON learning_{table}",
            )
            for name, (_declare, _body, tables) in _GUARDS.items()
            for table, verbs in tables.items()
        ),
        *(
            migrations.RunSQL(
                f"REVOKE {verbs} ON learning_{table} FROM {APP}", f"GRANT {verbs} ON learning_{table} TO {APP}"
            )
            for verbs, tables in _NEVER.items()
            for table in tables
        ),
        worker_writes("learning_wrongcode"),
    ]
