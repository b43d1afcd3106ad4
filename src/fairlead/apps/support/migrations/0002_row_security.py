"""Walls: that help happened, by organization; what was promised, behind the wall of its purpose."""

from django.db import migrations

from fairlead.apps.access.rls import organization_wall, purpose_wall


class Migration(migrations.Migration):
    dependencies = [("support", "0001_initial"), ("access", "0003_row_security")]
    operations = [
        *(
            organization_wall(f"support_{name}")
            for name in (
                "support",
                "supportevent",
                "supportparticipant",
                "supportparticipantevent",
                "contact",
                "contactevent",
                "promise",
                "promiseevent",
            )
        ),
        *(
            purpose_wall(f"support_{name}", person_columns=("owner_id", "made_to_id"))
            for name in ("promisewords", "promisewordsevent")
        ),
    ]
