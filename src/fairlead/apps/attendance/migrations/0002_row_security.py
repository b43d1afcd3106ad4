"""Walls of one shape: rows of the organizations in which the asking person works, the same for their history."""

from django.db import migrations

from fairlead.apps.access.rls import organization_wall


class Migration(migrations.Migration):
    dependencies = [("attendance", "0001_initial"), ("access", "0003_row_security")]
    operations = [
        organization_wall(table)
        for table in (
            "attendance_roll",
            "attendance_rollevent",
            "attendance_attendancemark",
            "attendance_attendancemarkevent",
            "attendance_reminder",
            "attendance_familycontact",
            "attendance_familycontactevent",
        )
    ]
