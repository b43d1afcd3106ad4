"""Walls: people and what is said of them by organization; the tree, calendar and courses are open."""

from django.db import migrations

from fairlead.apps.access.rls import open_table, organization_wall


class Migration(migrations.Migration):
    dependencies = [("roster", "0001_initial")]
    operations = [
        open_table("roster_organization"),
        open_table("roster_academicsession"),
        open_table("roster_schoolday", worker="write"),
        open_table("roster_course"),
        # Staff of the organizations above are known by name; oneself always.
        organization_wall("roster_person", up=True, own=["id"]),
        organization_wall("roster_personevent", up=True, own=["id"]),
        organization_wall("roster_role", up=True, own=["person_id"]),
        organization_wall("roster_roleevent", up=True, own=["person_id"]),
        *(
            organization_wall(table)
            for table in (
                "roster_demographics",
                "roster_demographicsevent",
                "roster_guardianship",
                "roster_guardianshipevent",
                "roster_section",
                "roster_sectionevent",
                "roster_enrollment",
                "roster_enrollmentevent",
            )
        ),
    ]
