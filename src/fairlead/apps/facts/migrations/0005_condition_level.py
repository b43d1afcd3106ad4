"""What groups agreed on about their school, by continuum: published diagnoses only, each version by itself."""

from django.db import migrations

from fairlead.apps.access.rls import open_view

BODY = """
    SELECT d.id AS diagnosis_id, d.organization_id, d.year AS school_year, d.version_id, a.item_id, a.level,
           (SELECT count(*) FROM diagnostics_rater x WHERE x.diagnosis_id = d.id AND x.given_at IS NOT NULL) AS raters
    FROM diagnostics_diagnosis d
    JOIN instruments_answer a ON a.response_id = d.consensus_id AND a.purpose = 'improvement'
    JOIN instruments_item i ON i.id = a.item_id AND i.kind = 'rating'
    WHERE d.stage IN ('published', 'reviewed')
"""


class Migration(migrations.Migration):
    dependencies = [("facts", "0004_scores_are_answers"), ("diagnostics", "0003_levels")]
    operations = [
        migrations.RunSQL(
            f"CREATE VIEW facts_condition_level WITH (security_invoker = true) AS {BODY}",
            "DROP VIEW facts_condition_level",
        ),
        open_view("facts_condition_level"),
    ]
