"""What one person's roles open, as a function that first tells the walls that nobody but this person is asking.

It has no right of its own: the walls hold it as they hold any statement of the login that calls it. One way to the
server and back for what every page begins with, and its plan is kept with the connection.
"""

from django.db import migrations

from fairlead.apps.access.rls import APP, WORKER
from fairlead.apps.access.scope import USES

SETTINGS = ("orgs", "up_orgs", *USES)
FUNCTION = f"""
CREATE FUNCTION roster_grants(asking bigint, day date)
RETURNS TABLE (role varchar, organization_id bigint, name varchar, given_name varchar, family_name varchar,
               below bigint[], above bigint[])
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('fairlead.person', asking::text, true),
            {", ".join(f"set_config('fairlead.{name}', '{{}}', true)" for name in SETTINGS)};
    RETURN QUERY
    WITH RECURSIVE held AS (
        SELECT r.id, r.role, r.organization_id, o.name, p.given_name, p.family_name
        FROM roster_role r
        JOIN roster_organization o ON o.id = r.organization_id
        JOIN roster_person p ON p.id = r.person_id
        WHERE r.person_id = asking AND r.begins <= day AND (r.ends IS NULL OR r.ends >= day)
    ),
    down AS (
        SELECT h.id AS role_id, o.id, o.parent_id FROM held h JOIN roster_organization o ON o.id = h.organization_id
        UNION ALL
        SELECT b.role_id, o.id, o.parent_id FROM down b JOIN roster_organization o ON o.parent_id = b.id
    ),
    up AS (
        SELECT h.id AS role_id, o.id, o.parent_id FROM held h JOIN roster_organization o ON o.id = h.organization_id
        UNION ALL
        SELECT a.role_id, o.id, o.parent_id FROM up a JOIN roster_organization o ON o.id = a.parent_id
    )
    SELECT h.role, h.organization_id, h.name, h.given_name, h.family_name,
           (SELECT array_agg(DISTINCT b.id) FROM down b WHERE b.role_id = h.id),
           (SELECT array_agg(DISTINCT a.id) FROM up a WHERE a.role_id = h.id)
    FROM held h ORDER BY h.id;
END
$$
"""  # noqa: S608  (our own words)


class Migration(migrations.Migration):
    dependencies = [("roster", "0010_roll_mode")]
    operations = [
        migrations.RunSQL(
            [
                FUNCTION,
                "REVOKE ALL ON FUNCTION roster_grants(bigint, date) FROM PUBLIC",
                f"GRANT EXECUTE ON FUNCTION roster_grants(bigint, date) TO {APP}, {WORKER}",
            ],
            ["DROP FUNCTION roster_grants(bigint, date)"],
        )
    ]
