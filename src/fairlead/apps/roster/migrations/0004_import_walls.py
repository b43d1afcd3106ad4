"""Walls of the import's tables; and the worker may write the roster, since it brings in what was sent by the web."""

from django.db import migrations

from fairlead.apps.access.rls import organization_wall, worker_numbers, worker_writes

WALLED = ("person", "role", "demographics", "guardianship", "section", "enrollment")
OPEN = ("organization", "academicsession", "course")
NUMBERED = ("organization", "academicsession", "course", "person", "section")


class Migration(migrations.Migration):
    dependencies = [("roster", "0003_exchange"), ("access", "0003_row_security")]
    operations = [
        organization_wall("roster_teaching", worker="write"),
        organization_wall("roster_teachingevent", worker="write"),
        organization_wall("roster_personidentifier", worker="write"),
        organization_wall("roster_importrun", worker="write"),
        organization_wall("roster_importupload", worker="write"),
        organization_wall("roster_importchange", worker="write"),
        organization_wall("roster_importrefusedrow", worker="write"),
        organization_wall("roster_knownas", worker="write"),
        *(worker_writes(f"roster_{name}") for name in WALLED),
        *(worker_writes(f"roster_{name}event") for name in WALLED),
        *(worker_writes(f"roster_{name}", walled=False) for name in OPEN),
        *(worker_numbers(f"roster_{name}") for name in NUMBERED),
    ]
