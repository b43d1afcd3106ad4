"""What the sender of a list says about its dates and columns."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("roster", "0011_grants"),
    ]

    operations = [
        migrations.AddField(
            model_name="importupload",
            name="dates",
            field=models.CharField(blank=True, db_default="", max_length=12),
        ),
        migrations.AddField(
            model_name="importupload",
            name="mapping",
            field=models.TextField(blank=True, db_default="", help_text="as a mapping file, TOML or JSON"),
        ),
    ]
