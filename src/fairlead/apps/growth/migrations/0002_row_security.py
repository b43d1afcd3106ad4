"""Walls: comparisons for those whose people were asked; one's own scores for that person alone; the worker writes."""

from django.db import migrations

from fairlead.apps.access.rls import open_table, organization_wall, purpose_wall


class Migration(migrations.Migration):
    dependencies = [("growth", "0001_initial"), ("surveys", "0002_row_security")]
    operations = [
        organization_wall("growth_comparison", up=True, worker="write"),
        open_table("growth_told", worker="write"),
        purpose_wall("growth_owngrowth", person_columns=("person_id",), use="scores", worker="write"),
    ]
