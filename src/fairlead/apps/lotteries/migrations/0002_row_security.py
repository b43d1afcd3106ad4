"""Walls: a lottery with its published record for everybody whom it concerns, a place for its school and its person, the seed
for those who run it."""

from django.db import migrations

from fairlead.apps.access.rls import organization_wall


class Migration(migrations.Migration):
    dependencies = [("lotteries", "0001_initial")]
    operations = [
        organization_wall("lotteries_lottery", up=True),
        organization_wall("lotteries_lotteryevent", up=True),
        organization_wall("lotteries_secret"),
        organization_wall("lotteries_entry", own=["person_id"]),
        organization_wall("lotteries_takeup"),
        organization_wall("lotteries_takeupevent"),
    ]
