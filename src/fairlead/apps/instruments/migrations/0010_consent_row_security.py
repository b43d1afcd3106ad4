"""Walls of a consent: its giver, and whoever reads scores of research. The worker carries levels over by night."""

from django.db import migrations

from fairlead.apps.access.rls import purpose_wall, worker_writes


class Migration(migrations.Migration):
    dependencies = [("instruments", "0009_consent")]
    operations = [
        purpose_wall("instruments_consent", person_columns=("person_id",), use="scores"),
        purpose_wall("instruments_consentevent", person_columns=("person_id",), use="scores"),
        worker_writes("instruments_response"),
        worker_writes("instruments_answer"),
    ]
