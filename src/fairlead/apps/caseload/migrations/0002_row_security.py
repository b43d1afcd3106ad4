"""Walls: needs and places in a plan are a school's; plans are the network's; where a ZIP code is, is nobody's."""

from django.db import migrations

from fairlead.apps.access.rls import open_table, organization_wall


class Migration(migrations.Migration):
    dependencies = [("caseload", "0001_initial"), ("access", "0003_row_security")]
    operations = [
        organization_wall("caseload_needscore", worker="write"),
        organization_wall("caseload_needscoreevent", worker="write"),
        organization_wall("caseload_directorspan"),
        organization_wall("caseload_directorspanevent"),
        # A principal may see the plan (its name) that their school's own place is part of.
        organization_wall("caseload_caseloadplan", up=True),
        organization_wall("caseload_caseloadplanevent", up=True),
        organization_wall("caseload_caseloadassignment"),
        organization_wall("caseload_caseloadassignmentevent"),
        open_table("caseload_zippoint"),
    ]
