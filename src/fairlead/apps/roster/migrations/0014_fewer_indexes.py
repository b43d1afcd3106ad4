"""Two indexes fewer on people: each was a copy of the beginning of another, and was kept up for every row of an import."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("roster", "0013_history_in_sets"),
    ]

    operations = [
        migrations.AlterField(
            model_name="person",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="people",
                to="roster.organization",
            ),
        ),
        migrations.AlterField(
            model_name="person",
            name="sourced_id",
            field=models.CharField(max_length=260),
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.UniqueConstraint(fields=("sourced_id",), name="one_person_per_sourced_id"),
        ),
    ]
