"""Walls of plans' supports and of stage days, and what a login behind them may write; a form is of the one appraised.

A form that was made for this appraisal (purpose *leadership*) may be declared for appraisal. A support belongs to a plan
when whoever appraises leads it with the principal. The days of a year are entered by the network's lead, and stay.
"""

from django.db import migrations

from fairlead.apps.access.rls import GROUNDS, PERSON, organization_wall, purpose_wall

_REFUSED = "USING ERRCODE = 'restrict_violation'"
_OWNER = """IF NOT row_security_active(TG_RELID) THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN RAISE EXCEPTION 'nothing of an appraisal or a register is deleted' USING ERRCODE = 'restrict_violation'; END IF;"""


def _source(made: str, about: str) -> str:
    return f"""
CREATE OR REPLACE FUNCTION supervision_source_changes() RETURNS trigger LANGUAGE plpgsql AS $f$
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
        SELECT {made} INTO made FROM instruments_response r WHERE r.id = NEW.response_id{about};
        IF made IS DISTINCT FROM NEW.declared THEN
            RAISE EXCEPTION 'what was recorded for % is not declared for %', coalesce(made, 'others'), NEW.declared {_REFUSED};
        END IF;
    END IF;
    RETURN NEW;
END $f$
"""  # noqa: S608  (our own words)


_AFTER = _source(
    "CASE r.purpose WHEN 'leadership' THEN 'appraisal' ELSE r.purpose END", " AND r.subject_id = of.subject_id"
)
_BEFORE = _source("r.purpose", "")
_PLAN = f"""
CREATE FUNCTION supervision_plansupport_changes() RETURNS trigger LANGUAGE plpgsql AS $f$
DECLARE me bigint := {PERSON}; of supervision_appraisal%ROWTYPE;
BEGIN
    {_OWNER}
    SELECT * INTO of FROM supervision_appraisal a WHERE a.id = NEW.appraisal_id;
    IF TG_OP = 'UPDATE' OR of.id IS NULL OR of.author_id IS DISTINCT FROM me OR of.plan_goals = ''
       OR of.stage NOT IN ('response', 'closed') OR (NEW.organization_id, NEW.purpose, NEW.author_id, NEW.subject_id)
          <> (of.organization_id, of.purpose, of.author_id, of.subject_id) THEN
        RAISE EXCEPTION 'a support is tied to a support plan by whoever wrote it, and stays' {_REFUSED};
    END IF;
    IF NOT EXISTS (SELECT 1 FROM support_support s JOIN support_supportparticipant p ON p.support_id = s.id
                   WHERE s.id = NEW.support_id AND s.lead_id = me AND p.person_id = of.subject_id) THEN
        RAISE EXCEPTION 'the support of a plan is led by whoever appraises, with the principal' {_REFUSED};
    END IF;
    RETURN NEW;
END $f$
"""  # noqa: S608  (our own words)
_DAY = f"""
CREATE FUNCTION supervision_stageday_changes() RETURNS trigger LANGUAGE plpgsql AS $f$
BEGIN
    {_OWNER}
    IF TG_OP = 'UPDATE' OR NEW.by_id IS DISTINCT FROM {PERSON}
       OR NOT coalesce({GROUNDS["notes"]} ? ('leadership@' || NEW.organization_id), false) THEN
        RAISE EXCEPTION 'the days of a year are entered by the network''s lead, and stay; a change is a new entry' {_REFUSED};
    END IF;
    RETURN NEW;
END $f$
"""
_FUNCTIONS = {"plansupport": _PLAN, "stageday": _DAY}


class Migration(migrations.Migration):
    dependencies = [("supervision", "0003_plans_and_days")]
    operations = [
        purpose_wall("supervision_plansupport", person_columns=("author_id", "subject_id")),
        organization_wall("supervision_stageday", up=True),
        migrations.RunSQL(_AFTER, _BEFORE),
        *(
            migrations.RunSQL(body, f"DROP FUNCTION supervision_{name}_changes()")
            for name, body in _FUNCTIONS.items()
        ),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER only_what_services_change BEFORE INSERT OR UPDATE OR DELETE ON supervision_{name} "
                f"FOR EACH ROW EXECUTE FUNCTION supervision_{name}_changes()",
                f"DROP TRIGGER only_what_services_change ON supervision_{name}",
            )
            for name in _FUNCTIONS
        ),
    ]
