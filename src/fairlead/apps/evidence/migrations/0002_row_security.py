"""Everything of a study stands behind the wall of the organization that asks it; a ticket also opens to its person."""

from django.db import migrations

from fairlead.apps.access.rls import organization_wall


class Migration(migrations.Migration):
    dependencies = [("evidence", "0001_initial")]
    operations = [
        *(
            organization_wall(f"evidence_{table}", worker="write")
            for table in ("study", "plan", "lottery", "run", "finding", "claim", "claimevent")
        ),
        organization_wall("evidence_ticket", own=["person_id"]),
        organization_wall("evidence_ticketevent", own=["person_id"]),
    ]
