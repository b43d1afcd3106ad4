"""Walls: what was asked is read in the network that asked; the worker writes how far it is, and the plan."""

from django.db import migrations

from fairlead.apps.access.rls import organization_wall, worker_writes

PLANS = ("caseload_caseloadplan", "caseload_caseloadassignment")


class Migration(migrations.Migration):
    dependencies = [("caseload", "0005_plans_that_were_asked_for")]
    operations = [
        organization_wall("caseload_planrequest", worker="write"),
        *(worker_writes(name) for table in PLANS for name in (table, f"{table}event")),
    ]
