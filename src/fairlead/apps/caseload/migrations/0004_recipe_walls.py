"""Walls: a network's own recipes are read by everybody whose school is in it, drafts by page only."""

from django.db import migrations

from fairlead.apps.access.rls import organization_wall


class Migration(migrations.Migration):
    dependencies = [("caseload", "0003_network_recipes_and_chosen_plans")]
    operations = [
        organization_wall("caseload_needrecipe", up=True),
        organization_wall("caseload_needrecipeevent", up=True),
    ]
