"""An appraisal rubric of a school's leader."""

from typing import Any

from django.db import migrations

from fairlead.apps.instruments.starters import install_starters


def install(apps: Any, schema_editor: Any) -> None:
    install_starters(apps.get_model)


class Migration(migrations.Migration):
    dependencies = [("instruments", "0016_technical_result_wall")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
