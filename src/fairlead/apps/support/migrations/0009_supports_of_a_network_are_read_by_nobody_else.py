"""Of a network's own supports a school's staff read those in which they take part themselves, and who else does."""

from django.db import migrations

from fairlead.apps.access.rls import ORGS, PERSON, UP_ORGS

_MINE = (
    f"organization_id = ANY ({UP_ORGS}) AND EXISTS (SELECT FROM support_supportparticipant x "
    f"WHERE x.support_id = support_support.id AND x.person_id = {PERSON})"
)


class Migration(migrations.Migration):
    dependencies = [("support", "0008_supports_of_a_network_are_read_by_who_takes_part")]
    operations = [
        migrations.RunSQL(
            f"ALTER POLICY organization_wall ON support_support USING (organization_id = ANY ({ORGS}) OR {_MINE})",
            f"ALTER POLICY organization_wall ON support_support USING (organization_id = ANY ({UP_ORGS}))",
        )
    ]
