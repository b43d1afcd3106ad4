"""The instruments that Fairlead brings along. When they change: a new migration like this one, and nothing left in this."""

from typing import Any

from django.db import migrations

from fairlead.apps.instruments.starters import install_starters


def install(apps: Any, schema_editor: Any) -> None:
    install_starters(apps.get_model)


class Migration(migrations.Migration):
    dependencies = [("instruments", "0007_starters")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
