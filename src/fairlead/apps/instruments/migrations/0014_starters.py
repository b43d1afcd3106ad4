"""Conditions in a second version; instruments of a group may be answered alone, in confidence, before the group agrees."""

from typing import Any

from django.db import migrations

from fairlead.apps.instruments.starters import install_starters, starters

OF_A_GROUP = ("conditions", "leadership_team", "city_readiness")


def install(apps: Any, schema_editor: Any) -> None:
    install_starters(apps.get_model)
    for form, _published in starters():
        if form.kind in OF_A_GROUP:
            brought = apps.get_model("instruments", "Instrument").objects.filter(key=form.key, organization=None)
            brought.update(restrictions=form.restrictions)


class Migration(migrations.Migration):
    dependencies = [("instruments", "0013_certificates_behind_their_purpose")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
