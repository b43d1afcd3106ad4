"""The worker may write timetables: they come with a roster that was sent by the web."""

from django.db import migrations

from fairlead.apps.access.rls import worker_writes

TABLES = ("period", "bellschedule", "belltime", "sectionmeeting", "calendarday", "calendardayevent")


class Migration(migrations.Migration):
    dependencies = [("roster", "0007_shared_identifiers")]
    operations = [worker_writes(f"roster_{name}") for name in TABLES]
