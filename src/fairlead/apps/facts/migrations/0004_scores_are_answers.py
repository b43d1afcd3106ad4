"""Research scores are read from the answers of a visit's own response; a second rater's stay out of them."""

from django.db import migrations

from fairlead.apps.access.rls import open_view

BODY = """
    SELECT c.visit_id, r.organization_id, r.subject_id, (c.at AT TIME ZONE o.time_zone)::date AS date,
           r.version_id, avg(a.level)::double precision AS mean_level, count(*) AS items
    FROM instruments_answer a
    JOIN instruments_item i ON i.id = a.item_id AND i.kind = 'rating'
    JOIN instruments_response r ON r.id = a.response_id AND r.part = 'single'
    JOIN support_contact c ON c.visit_id = r.visit_id
    JOIN roster_organization o ON o.id = r.organization_id
    WHERE a.purpose = 'research' AND r.purpose = 'research' AND a.level IS NOT NULL
    GROUP BY c.visit_id, r.organization_id, r.subject_id, c.at, o.time_zone, r.version_id
"""


class Migration(migrations.Migration):
    dependencies = [("facts", "0003_settled_that_day"), ("instruments", "0006_response_row_security")]
    operations = [
        migrations.RunSQL(
            f"CREATE VIEW facts_research_score WITH (security_invoker = true) AS {BODY}",
            "DROP VIEW facts_research_score",
        ),
        open_view("facts_research_score"),
    ]
