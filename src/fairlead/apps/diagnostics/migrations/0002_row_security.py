"""Walls: what is about a school stands behind its organization's, what a level rests on behind that of its words."""

from django.db import migrations

from fairlead.apps.access.rls import organization_wall, purpose_wall

OWN = {"diagnosis": ("facilitator_id",), "rater": ("person_id",), "evidence": ("author_id",), "nextstep": ()}


class Migration(migrations.Migration):
    dependencies = [("diagnostics", "0001_initial"), ("access", "0007_ground_of_a_read")]
    operations = [
        *(
            organization_wall(f"diagnostics_{name}{event}", own=own)
            for name, own in OWN.items()
            for event in ("", "event")
        ),
        *(
            purpose_wall(f"diagnostics_restson{event}", person_columns=("author_id",), use="notes")
            for event in ("", "event")
        ),
    ]
