"""What of a diagnosis its group and its leaders may know together: two functions that see past the walls of one's own words.

*Member*: the facilitator and the raters. *Ground*: whoever the purpose × use table opens improvement to, in this
organization. Levels given alone come out from the stage of consensus on, in an order that names nobody, their words to
members only, names to members only and only where the group agreed on names. The consensus is the members' until it is
published.
"""

from django.db import migrations

from fairlead.apps.access.rls import APP, GROUNDS, ORGS, PERSON


def _who(use: str) -> str:
    return f"""
    CROSS JOIN LATERAL (
        SELECT coalesce(d.facilitator_id = {PERSON}, false)
               OR EXISTS (SELECT FROM diagnostics_rater x WHERE x.diagnosis_id = d.id AND x.person_id = {PERSON}) AS member,
               coalesce(d.organization_id = ANY ({ORGS})
                        AND {GROUNDS[use]} ? ('improvement@' || d.organization_id), false) AS ground
    ) who"""  # noqa: S608


LEVELS = f"""
CREATE OR REPLACE FUNCTION diagnostics_levels(which bigint)
RETURNS TABLE (part text, item_id bigint, level int, number float8, not_observed boolean, words text, person text,
               rests bigint[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT r.part::text, a.item_id, a.level::int, a.number, a.not_observed,
           CASE WHEN r.part = 'consensus' OR who.member THEN coalesce(
               (SELECT string_agg(n.text, E'\\n' ORDER BY n.id) FROM instruments_note n
                WHERE n.response_id = r.id AND n.tags @> ARRAY[i.key]), '') ELSE '' END,
           CASE WHEN r.part = 'individual' AND d.named AND who.member
                THEN p.given_name || ' ' || p.family_name ELSE '' END,
           CASE WHEN r.part = 'consensus' OR who.member
                THEN ARRAY(SELECT o.evidence_id FROM diagnostics_restson o
                           WHERE o.response_id = r.id AND o.item_id = a.item_id ORDER BY 1) ELSE '{{}}' END
    FROM diagnostics_diagnosis d {_who("scores")}
    CROSS JOIN LATERAL (
        SELECT d.consensus_id AS id
        UNION ALL
        SELECT x.response_id FROM diagnostics_rater x WHERE x.diagnosis_id = d.id AND x.given_at IS NOT NULL
    ) given
    JOIN instruments_response r ON r.id = given.id
    JOIN instruments_answer a ON a.response_id = r.id
    JOIN instruments_item i ON i.id = a.item_id
    LEFT JOIN roster_person p ON p.id = r.author_id
    WHERE d.id = which AND (who.member OR who.ground)
      AND CASE r.part WHEN 'individual' THEN d.stage IN ('consensus', 'published', 'reviewed')
                      WHEN 'consensus' THEN who.member OR d.stage IN ('published', 'reviewed') END
    ORDER BY i.position, r.part, a.level, md5(a.id::text)
$$
"""  # noqa: S608
PROMISES = f"""
CREATE OR REPLACE FUNCTION diagnostics_promises(which bigint)
RETURNS TABLE (item_id bigint, promise_id bigint, owner_id bigint, owner text, words text, due date, kept_at timestamptz,
               another_way boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT s.item_id, q.id, q.owner_id, p.given_name || ' ' || p.family_name, w.text::text, q.due, q.kept_at,
           q.done_another_way
    FROM diagnostics_diagnosis d {_who("notes")}
    JOIN diagnostics_nextstep s ON s.diagnosis_id = d.id
    JOIN support_promise q ON q.id = s.promise_id
    JOIN support_promisewords w ON w.promise_id = q.id
    JOIN roster_person p ON p.id = q.owner_id
    WHERE d.id = which AND (who.member OR who.ground)
    ORDER BY q.due, q.id
$$
"""  # noqa: S608
FUNCTIONS = {"diagnostics_levels(bigint)": LEVELS, "diagnostics_promises(bigint)": PROMISES}


class Migration(migrations.Migration):
    dependencies = [
        ("diagnostics", "0002_row_security"),
        ("instruments", "0010_consent_row_security"),
        ("support", "0002_row_security"),
    ]
    operations = [
        migrations.RunSQL(
            [
                body,
                f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC",
                f"GRANT EXECUTE ON FUNCTION {signature} TO {APP}",
            ],
            [f"DROP FUNCTION {signature}"],
        )
        for signature, body in FUNCTIONS.items()
    ]
