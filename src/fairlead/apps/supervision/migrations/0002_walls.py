"""Walls, and what a login behind them may write: a wall lets whoever reads a row write it, a service does not.

Whoever appraises moves the stages up to the rating, the principal writes their own review and response, each in its stage;
nothing changes once the appraisal is closed. A source says what it may be used for, in agreement with the response that it
rests on; a reason cites only what was declared for appraisal. A decision right is entered by whom the network's lead's
ground is open to. The owner, who restores and erases, is bound by none of it.
"""

from django.db import migrations

from fairlead.apps.access.rls import GROUNDS, PERSON, organization_wall, purpose_wall

_REFUSED = "USING ERRCODE = 'restrict_violation'"
_OWNER = """IF NOT row_security_active(TG_RELID) THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN RAISE EXCEPTION 'nothing of an appraisal or a register is deleted' USING ERRCODE = 'restrict_violation'; END IF;"""
_APPRAISAL = f"""
CREATE FUNCTION supervision_appraisal_changes() RETURNS trigger LANGUAGE plpgsql AS $f$
DECLARE me bigint := {PERSON}; may text[] := '{{}}'; changed text[];
BEGIN
    {_OWNER}
    IF TG_OP = 'INSERT' THEN
        IF NEW.author_id IS DISTINCT FROM me OR NEW.stage <> 'goals' OR NEW.purpose <> 'leadership' OR NOT EXISTS
           (SELECT 1 FROM support_support s WHERE s.kind = 'supervision' AND s.lead_id = me
            AND s.organization_id = NEW.organization_id) THEN
            RAISE EXCEPTION 'an appraisal is begun by whoever supervises at the school, with its goals' {_REFUSED};
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.stage = 'closed' THEN
        RAISE EXCEPTION 'this appraisal is closed; what is to be corrected is appended as an amendment' {_REFUSED};
    END IF;
    IF me = OLD.author_id THEN
        IF OLD.stage IN ('goals', 'midyear', 'evidence') THEN may := '{{stage,midyear}}'; END IF;
        IF OLD.stage = 'rating' THEN may := '{{stage,rated_at,respond_by,plan_goals,plan_help,plan_review}}'; END IF;
        IF OLD.stage = 'response' THEN may := '{{stage,closed_at}}'; END IF;
    ELSIF me = OLD.subject_id THEN
        IF OLD.stage = 'self' THEN may := '{{stage}}'; END IF;
        IF OLD.stage = 'response' THEN may := '{{stage,response,responded_at,closed_at}}'; END IF;
    END IF;
    changed := instruments_changed(to_jsonb(OLD), to_jsonb(NEW));
    IF NOT changed <@ may THEN
        RAISE EXCEPTION 'in this stage the asking person changes % only', may {_REFUSED};
    END IF;
    IF 'stage' = ANY (changed) AND (OLD.stage, NEW.stage) NOT IN
       (('goals', 'midyear'), ('midyear', 'evidence'), ('evidence', 'self'), ('self', 'rating'),
        ('rating', 'response'), ('response', 'closed')) THEN
        RAISE EXCEPTION 'an appraisal goes on one stage at a time' {_REFUSED};
    END IF;
    IF NEW.stage = 'response' AND (NEW.rated_at IS NULL OR NEW.respond_by IS NULL OR NOT EXISTS
       (SELECT 1 FROM supervision_reason r WHERE r.appraisal_id = NEW.id)) THEN
        RAISE EXCEPTION 'a rating has reasons, and a day by which the principal may respond' {_REFUSED};
    END IF;
    IF NEW.stage = 'closed' AND NEW.responded_at IS NULL AND (NEW.closed_at IS NULL OR NEW.closed_at::date <= NEW.respond_by) THEN
        RAISE EXCEPTION 'a rating is not final until the principal has responded or the days for it are over' {_REFUSED};
    END IF;
    RETURN NEW;
END $f$
"""  # noqa: S608  (our own words)
_SOURCE = f"""
CREATE FUNCTION supervision_source_changes() RETURNS trigger LANGUAGE plpgsql AS $f$
DECLARE me bigint := {PERSON}; of supervision_appraisal%ROWTYPE; made text;
BEGIN
    {_OWNER}
    IF TG_OP = 'UPDATE' THEN RAISE EXCEPTION 'a source stays as it was declared' {_REFUSED}; END IF;
    SELECT * INTO of FROM supervision_appraisal a WHERE a.id = NEW.appraisal_id;
    IF of.id IS NULL OR NEW.given_by_id IS DISTINCT FROM me OR me NOT IN (of.author_id, of.subject_id)
       OR (NEW.organization_id, NEW.purpose, NEW.author_id, NEW.subject_id)
          <> (of.organization_id, of.purpose, of.author_id, of.subject_id)
       OR of.stage NOT IN ('goals', 'midyear', 'evidence', 'self') THEN
        RAISE EXCEPTION 'sources are brought in by supervisor and principal, before the rating' {_REFUSED};
    END IF;
    IF NEW.response_id IS NOT NULL THEN
        SELECT r.purpose INTO made FROM instruments_response r WHERE r.id = NEW.response_id;
        IF made IS DISTINCT FROM NEW.declared THEN
            RAISE EXCEPTION 'what was recorded for % is not declared for %', coalesce(made, 'others'), NEW.declared {_REFUSED};
        END IF;
    END IF;
    RETURN NEW;
END $f$
"""  # noqa: S608  (our own words)
_REASON = f"""
CREATE FUNCTION supervision_reason_changes() RETURNS trigger LANGUAGE plpgsql AS $f$
DECLARE me bigint := {PERSON}; of supervision_appraisal%ROWTYPE; said text;
BEGIN
    {_OWNER}
    SELECT * INTO of FROM supervision_appraisal a WHERE a.id = NEW.appraisal_id;
    IF TG_OP = 'UPDATE' THEN
        IF me = OLD.subject_id AND of.stage = 'response'
           AND instruments_changed(to_jsonb(OLD), to_jsonb(NEW)) <@ '{{answer}}'::text[] THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'of a reason the principal writes whether they agree, and nobody anything else' {_REFUSED};
    END IF;
    IF of.id IS NULL OR of.author_id IS DISTINCT FROM me OR of.stage <> 'rating' OR NEW.answer <> ''
       OR (NEW.organization_id, NEW.purpose, NEW.author_id, NEW.subject_id)
          <> (of.organization_id, of.purpose, of.author_id, of.subject_id) THEN
        RAISE EXCEPTION 'reasons are written by whoever appraises, in the stage of the rating' {_REFUSED};
    END IF;
    SELECT s.declared INTO said FROM supervision_source s WHERE s.id = NEW.source_id AND s.appraisal_id = of.id;
    IF said IS DISTINCT FROM 'appraisal' THEN
        RAISE EXCEPTION 'a reason cites only what was declared for appraisal when it was made, not %', coalesce(said, 'what is not a source of this appraisal') {_REFUSED};
    END IF;
    RETURN NEW;
END $f$
"""  # noqa: S608  (our own words)
_AMENDMENT = f"""
CREATE FUNCTION supervision_amendment_changes() RETURNS trigger LANGUAGE plpgsql AS $f$
DECLARE me bigint := {PERSON}; of supervision_appraisal%ROWTYPE;
BEGIN
    {_OWNER}
    SELECT * INTO of FROM supervision_appraisal a WHERE a.id = NEW.appraisal_id;
    IF TG_OP = 'UPDATE' OR of.stage IS DISTINCT FROM 'closed' OR NEW.given_by_id IS DISTINCT FROM me
       OR me NOT IN (of.author_id, of.subject_id) OR (NEW.organization_id, NEW.purpose, NEW.author_id, NEW.subject_id)
          <> (of.organization_id, of.purpose, of.author_id, of.subject_id) THEN
        RAISE EXCEPTION 'an amendment is appended to a closed appraisal by one of its two people, and stays' {_REFUSED};
    END IF;
    RETURN NEW;
END $f$
"""  # noqa: S608  (our own words)
_RIGHT = f"""
CREATE FUNCTION supervision_decisionright_changes() RETURNS trigger LANGUAGE plpgsql AS $f$
BEGIN
    {_OWNER}
    IF TG_OP = 'UPDATE' OR NEW.by_id IS DISTINCT FROM {PERSON}
       OR NOT coalesce({GROUNDS["notes"]} ? ('leadership@' || NEW.organization_id), false) THEN
        RAISE EXCEPTION 'a decision right is entered by the network''s lead, and stays; a change is a new entry' {_REFUSED};
    END IF;
    RETURN NEW;
END $f$
"""
_PEOPLE = ("author_id", "subject_id")
_FUNCTIONS = {
    "appraisal": _APPRAISAL,
    "source": _SOURCE,
    "reason": _REASON,
    "amendment": _AMENDMENT,
    "decisionright": _RIGHT,
}
_GUARDS = {
    **{f"supervision_{name}": f"supervision_{name}" for name in _FUNCTIONS},
    "supervision_appraisalevent": "instruments_history",
    "supervision_reasonevent": "instruments_history",
}


class Migration(migrations.Migration):
    dependencies = [
        ("supervision", "0001_initial"),
        ("access", "0007_ground_of_a_read"),
        ("instruments", "0012_only_what_services_change"),
        ("support", "0002_row_security"),
    ]
    operations = [
        *(
            purpose_wall(f"supervision_{name}", person_columns=_PEOPLE)
            for name in ("appraisal", "appraisalevent", "source", "reason", "reasonevent", "amendment")
        ),
        organization_wall("supervision_decisionright", up=True),
        *(
            migrations.RunSQL(body, f"DROP FUNCTION supervision_{name}_changes()")
            for name, body in _FUNCTIONS.items()
        ),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER only_what_services_change BEFORE INSERT OR UPDATE OR DELETE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION {name}_changes()",
                f"DROP TRIGGER only_what_services_change ON {table}",
            )
            for table, name in _GUARDS.items()
        ),
    ]
