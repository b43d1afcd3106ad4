"""Walls of the families' tables, and the two functions through which a guardian without an account comes in.

A guardian with a link is nobody to PostgreSQL: without a scope every wall is shut, and stays so. What the link opens
is not a hole in a wall but two functions that do exactly one thing each: tell the child's first name, the day and the
language to whoever knows the token (the caller hands in its hash), and write one answer once. Both find nothing when
the link is unknown, used, expired or revoked, or when the guardian may no longer be contacted.
"""

from django.db import migrations

from fairlead.apps.access.rls import APP, organization_wall, worker_writes

OPEN = """l.token_hash = hash AND l.used_at IS NULL AND l.revoked_at IS NULL AND l.expires_at > moment
      AND EXISTS (
          SELECT FROM roster_guardianship g
          WHERE g.student_id = l.student_id AND g.guardian_id = l.guardian_id AND g.may_contact
      )"""
# The pieces are constants of this file.
LOOK = f"""
CREATE FUNCTION attendance_family_link(hash text, moment timestamptz)
RETURNS TABLE (given_name text, day date, language text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT s.given_name::text, l.date, l.language::text
    FROM attendance_familylink l JOIN roster_person s ON s.id = l.student_id
    WHERE {OPEN}
$$
"""  # noqa: S608
ANSWER = f"""
CREATE FUNCTION attendance_family_answer(hash text, moment timestamptz, why text, said text) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH used AS (
        UPDATE attendance_familylink l SET used_at = moment WHERE {OPEN}
        RETURNING l.id, l.student_id, l.guardian_id, l.organization_id, l.date
    ),
    written AS (
        INSERT INTO attendance_familyanswer (link_id, student_id, guardian_id, organization_id, date, at, reason, words)
        SELECT id, student_id, guardian_id, organization_id, date, moment, why, said FROM used
        RETURNING 1
    )
    SELECT EXISTS (SELECT FROM written)
$$
"""  # noqa: S608
SIGNATURES = {
    "attendance_family_link(text, timestamptz)": LOOK,
    "attendance_family_answer(text, timestamptz, text, text)": ANSWER,
}


class Migration(migrations.Migration):
    dependencies = [("attendance", "0008_families"), ("roster", "0002_row_security")]
    operations = [
        organization_wall("attendance_familysettings"),
        organization_wall("attendance_familysettingsevent"),
        organization_wall("attendance_callclaim"),
        organization_wall("attendance_familylink", worker="write"),
        organization_wall("attendance_familyanswer"),
        worker_writes("attendance_reminder"),
        *(
            migrations.RunSQL(
                [
                    body,
                    f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC",
                    f"GRANT EXECUTE ON FUNCTION {signature} TO {APP}",
                ],
                [f"DROP FUNCTION {signature}"],
            )
            for signature, body in SIGNATURES.items()
        ),
    ]
