"""One index each for the sections and students of an enrollment: the second pair slowed every import down."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("roster", "0008_worker_brings_timetables"),
    ]

    operations = [
        migrations.AlterField(
            model_name="enrollment",
            name="section",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="enrollments",
                to="roster.section",
            ),
        ),
        migrations.AlterField(
            model_name="enrollment",
            name="student",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="enrollments",
                to="roster.person",
            ),
        ),
    ]
