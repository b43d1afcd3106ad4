"""Walls: that help happened, by the dose of its purpose; what was promised, by its notes; who supports whom, by school."""

from django.db import migrations

from fairlead.apps.access.rls import organization_wall, purpose_wall

CONTACT, PROMISE = ("lead_id", "with_person_id"), ("owner_id", "made_to_id")


class Migration(migrations.Migration):
    dependencies = [("support", "0001_initial"), ("access", "0003_row_security")]
    operations = [
        organization_wall("support_support"),
        organization_wall("support_supportevent"),
        organization_wall("support_supportparticipant"),
        organization_wall("support_supportparticipantevent"),
        purpose_wall("support_contact", person_columns=CONTACT, use="dose"),
        purpose_wall("support_contactevent", person_columns=CONTACT, use="dose"),
        purpose_wall("support_promise", person_columns=PROMISE, use="dose"),
        purpose_wall("support_promiseevent", person_columns=PROMISE, use="dose"),
        purpose_wall("support_promisewords", person_columns=PROMISE),
        purpose_wall("support_promisewordsevent", person_columns=PROMISE),
    ]
