"""The ground on which somebody looked, and an index for the pages of the log."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0006_erasure_wall"),
        ("roster", "0006_timetable_row_security"),
    ]

    operations = [
        migrations.AddField(
            model_name="accesslog",
            name="ground",
            field=models.CharField(blank=True, db_default="", help_text="role @ organization", max_length=240),
        ),
        migrations.AddIndex(
            model_name="accesslog",
            index=models.Index(fields=["organization", "-at"], name="accesslog_organization_at"),
        ),
    ]
