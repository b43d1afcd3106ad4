"""The log of erasures."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0004_grounds_by_organization"),
        ("roster", "0004_import_walls"),
    ]

    operations = [
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("kind", models.CharField(max_length=10)),
                ("digest", models.CharField(db_index=True, max_length=64)),
                ("rows", models.JSONField(default=list, help_text="[table, what was done, how many]")),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="roster.organization"
                    ),
                ),
            ],
        ),
    ]
