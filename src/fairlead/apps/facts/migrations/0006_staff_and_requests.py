"""Who stayed from one school year to the next, by the day on which each year is counted; and requests, without words."""

from django.db import migrations

from fairlead.apps.access.rls import open_view

# Five weeks after the year begins the roster has settled: as autumn counts of schools do. Somebody in a role at the
# school on that day *stayed* when they hold any role there on the same day of the next year, *moved* when they hold one
# elsewhere, and *left* when they hold none that the asking login can see. Where there is no next year, or nobody at all
# holds a role at the school on its day, nothing is known. Whether that day has come is for whoever asks to say.
STAFF_YEAR = """
    WITH year AS (
        SELECT s.organization_id AS network_id, extract(year FROM s.begins)::int AS school_year, s.begins + 35 AS counted_on,
               (SELECT min(n.begins) + 35 FROM roster_academicsession n
                WHERE n.organization_id = s.organization_id AND n.kind = 'schoolYear' AND n.begins > s.begins
               ) AS next_counted_on
        FROM roster_academicsession s WHERE s.kind = 'schoolYear'
    ), place AS (
        SELECT o.id, y.* FROM roster_organization o
        LEFT JOIN roster_organization p ON p.id = o.parent_id
        JOIN year y ON y.network_id IN (o.id, o.parent_id, p.parent_id)
        WHERE o.kind = 'school'
    )
    SELECT DISTINCT p.id AS organization_id, r.person_id, r.role, p.school_year, p.counted_on, p.next_counted_on,
           CASE
               WHEN p.next_counted_on IS NULL OR NOT EXISTS (
                   SELECT FROM roster_role x WHERE x.organization_id = p.id AND x.begins <= p.next_counted_on
                   AND (x.ends IS NULL OR x.ends >= p.next_counted_on)
               ) THEN 'unknown'
               WHEN EXISTS (
                   SELECT FROM roster_role x WHERE x.person_id = r.person_id AND x.organization_id = p.id
                   AND x.begins <= p.next_counted_on AND (x.ends IS NULL OR x.ends >= p.next_counted_on)
               ) THEN 'stayed'
               WHEN EXISTS (
                   SELECT FROM roster_role x WHERE x.person_id = r.person_id
                   AND x.begins <= p.next_counted_on AND (x.ends IS NULL OR x.ends >= p.next_counted_on)
               ) THEN 'moved'
               ELSE 'left'
           END AS next_year
    FROM place p
    JOIN roster_role r ON r.organization_id = p.id AND r.begins <= p.counted_on
        AND (r.ends IS NULL OR r.ends >= p.counted_on)
"""
REQUEST = """
    SELECT r.organization_id, r.purpose, r.kind, (r.asked_at AT TIME ZONE o.time_zone)::date AS asked_on,
           (r.answered_at AT TIME ZONE o.time_zone)::date AS answered_on,
           (r.solved_at AT TIME ZONE o.time_zone)::date AS solved_on, r.answer_due, r.solve_due, r.by_school
    FROM operations_request r JOIN roster_organization o ON o.id = r.organization_id
"""


def view(name: str, body: str) -> migrations.RunSQL:
    return migrations.RunSQL(f"CREATE VIEW {name} WITH (security_invoker = true) AS {body}", f"DROP VIEW {name}")


class Migration(migrations.Migration):
    dependencies = [("facts", "0005_condition_level"), ("operations", "0002_row_security")]
    operations = [
        view("facts_staff_year", STAFF_YEAR),
        open_view("facts_staff_year"),
        view("facts_request", REQUEST),
        open_view("facts_request"),
    ]
