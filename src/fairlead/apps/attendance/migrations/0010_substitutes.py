"""A substitute's link is looked up by its secret, without anybody signed in: two functions that see past the wall.

Each answers for one secret, and only while the link is open. Binding to a browser happens once, in one statement.
"""

from django.db import migrations

from fairlead.apps.access.rls import APP

OPEN = "l.token_hash = hash AND l.revoked_at IS NULL AND l.made_at <= moment AND moment < l.expires_at"
LOOK = f"""
CREATE OR REPLACE FUNCTION attendance_substitute_link(hash text, browser text, moment timestamptz)
RETURNS TABLE (link_id bigint, organization_id bigint, school text, teacher_id bigint, teacher text, roll_id bigint,
               day date, name text, made_by text, expires_at timestamptz, bound boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT l.id, l.organization_id, o.name::text, l.teacher_id, t.given_name || ' ' || t.family_name, l.roll_id, l.date,
           l.name::text, coalesce(m.given_name || ' ' || m.family_name, ''), l.expires_at, l.browser_hash <> ''
    FROM attendance_substitutelink l
    JOIN roster_organization o ON o.id = l.organization_id
    JOIN roster_person t ON t.id = l.teacher_id
    LEFT JOIN roster_person m ON m.id = l.made_by_id
    WHERE {OPEN} AND (l.browser_hash = '' OR l.browser_hash = browser)
$$
"""  # noqa: S608
BIND = f"""
CREATE OR REPLACE FUNCTION attendance_substitute_open(hash text, browser text, moment timestamptz) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH bound AS (
        UPDATE attendance_substitutelink l SET browser_hash = browser, opened_at = moment
        WHERE {OPEN} AND l.browser_hash = '' AND browser <> ''
        RETURNING 1
    )
    SELECT EXISTS (SELECT FROM bound)
$$
"""  # noqa: S608
FUNCTIONS = {
    "attendance_substitute_link(text, text, timestamptz)": LOOK,
    "attendance_substitute_open(text, text, timestamptz)": BIND,
}


class Migration(migrations.Migration):
    dependencies = [("attendance", "0009_families_row_security")]
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
