from django.db import migrations

from fairlead.apps.access.rls import open_table, organization_wall


class Migration(migrations.Migration):
    dependencies = [("places", "0001_initial")]
    operations = [
        open_table("places_city", worker="write"),
        open_table("places_place", worker="write"),
        open_table("places_placechildren", worker="write"),
        open_table("places_schoolyearresult", worker="write"),
        open_table("places_seattable", worker="write"),
        open_table("places_seatcell", worker="write"),
        open_table("places_offercell", worker="write"),
        organization_wall("places_investment"),
        organization_wall("places_investmentevent"),
    ]
