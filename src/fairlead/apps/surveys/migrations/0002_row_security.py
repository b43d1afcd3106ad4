"""Walls of the surveys, the two sealed tables, and the three functions through which somebody with a link comes in.

Whoever has a link is nobody to PostgreSQL: every wall is shut, and stays so. `surveys_look` tells what the link asks,
to whoever knows the secret (the caller hands in its keyed hash); `surveys_answer` takes one answer, once, and seals
it; `surveys_decline` takes a no. Neither leaves a time, and an anonymous ballot no link.
"""

from django.db import migrations

from fairlead.apps.access.rls import APP, open_table, organization_wall, sealed_table, worker_writes

# Opened, and neither over nor closed.
OPEN = "a.opened_at IS NOT NULL AND a.closed_at IS NULL AND a.opens_on <= today AND today <= a.closes_on"
LOOK = f"""
CREATE FUNCTION surveys_look(hash text, today date)
RETURNS TABLE (administration_id bigint, version_id bigint, organization_id bigint, school text, network text,
               name text, name_es text, purpose text, mode text, asked text, section text, teacher text, language text,
               words text, words_es text, closes_on date, state text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT a.id, a.version_id, i.organization_id, o.name::text, w.name::text, a.name::text, a.name_es::text,
           a.purpose::text, a.mode::text, a.asked::text, coalesce(s.name, '')::text,
           coalesce(t.given_name || ' ' || t.family_name, ''), coalesce(p.language, '')::text, a.words, a.words_es,
           a.closes_on, CASE WHEN i.state <> 'waiting' THEN 'used' WHEN {OPEN} THEN 'open' ELSE 'over' END
    FROM surveys_invitation i
    JOIN surveys_administration a ON a.id = i.administration_id
    JOIN roster_organization o ON o.id = i.organization_id
    JOIN roster_organization w ON w.id = a.organization_id
    LEFT JOIN roster_section s ON s.id = i.section_id
    LEFT JOIN roster_person t ON t.id = i.teacher_id
    LEFT JOIN roster_person p ON p.id = i.person_id
    WHERE i.token_hash = hash
$$
"""  # noqa: S608
# In one statement, so that two that come at once are one answer.
USE = f"""
    UPDATE surveys_invitation i SET state = '{{state}}'
    FROM surveys_administration a
    WHERE i.token_hash = hash AND i.state = 'waiting' AND a.id = i.administration_id AND {OPEN}
"""  # noqa: S608
ANSWER = f"""
CREATE FUNCTION surveys_answer(hash text, today date, said jsonb) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH used AS ({USE.format(state="answered")}
        RETURNING i.id, i.administration_id, i.organization_id, i.section_id, i.anonymous
    ),
    sealed AS (
        INSERT INTO surveys_ballot (id, administration_id, organization_id, section_id, anonymous, invitation_id, answers)
        SELECT gen_random_uuid(), administration_id, organization_id, section_id, anonymous,
               CASE WHEN anonymous THEN NULL ELSE id END, said
        FROM used RETURNING 1
    )
    SELECT EXISTS (SELECT FROM sealed)
$$
"""  # noqa: S608
DECLINE = f"""
CREATE FUNCTION surveys_decline(hash text, today date) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH used AS ({USE.format(state="declined")} RETURNING 1) SELECT EXISTS (SELECT FROM used)
$$
"""  # noqa: S608
FUNCTIONS = {
    "surveys_look(text, date)": LOOK,
    "surveys_answer(text, date, jsonb)": ANSWER,
    "surveys_decline(text, date)": DECLINE,
}


class Migration(migrations.Migration):
    dependencies = [
        ("surveys", "0001_initial"),
        ("roster", "0002_row_security"),
        ("instruments", "0010_consent_row_security"),
    ]
    operations = [
        organization_wall("surveys_administration", up=True, worker="write"),
        organization_wall("surveys_administrationevent", up=True, worker="write"),
        organization_wall("surveys_schoolasked", worker="write"),
        organization_wall("surveys_invitation", own=("person_id",), worker="write"),
        sealed_table("surveys_ballot"),
        sealed_table("surveys_tie"),
        open_table("surveys_result", worker="write"),
        worker_writes("instruments_note"),
        *(
            migrations.RunSQL(
                [
                    body,
                    f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC",
                    f"GRANT EXECUTE ON FUNCTION {signature} TO {APP}",
                ],
                [f"DROP FUNCTION {signature}"],
            )
            for signature, body in FUNCTIONS.items()
        ),
    ]
