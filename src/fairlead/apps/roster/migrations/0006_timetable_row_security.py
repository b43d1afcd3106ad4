"""Timetables say nothing about a child, but who edits them matters: walls by organization, the same for their history."""

from django.db import migrations

from fairlead.apps.access.rls import organization_wall


class Migration(migrations.Migration):
    dependencies = [("roster", "0005_timetable")]
    operations = [
        organization_wall(table)
        for table in (
            "roster_rollpolicy",
            "roster_rollpolicyevent",
            "roster_period",
            "roster_bellschedule",
            "roster_belltime",
            "roster_sectionmeeting",
            "roster_calendarday",
            "roster_calendardayevent",
        )
    ]
