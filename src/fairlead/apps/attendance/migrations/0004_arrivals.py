"""Rolls as devices sent them: append-only for everyone but the owner of the schema, who may have to erase a person."""

import django.db.models.deletion
from django.db import migrations, models

from fairlead.apps.access.rls import APP, WORKER, organization_wall


class Migration(migrations.Migration):
    dependencies = [
        ("attendance", "0003_open_the_day"),
        ("roster", "0002_row_security"),
    ]

    operations = [
        migrations.CreateModel(
            name="Arrival",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("device", models.UUIDField()),
                ("claimed_at", models.DateTimeField()),
                ("clock_offset", models.BigIntegerField()),
                ("clock_off", models.BooleanField()),
                ("taken_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("payload", models.JSONField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("applied", "Applied"),
                            ("amended", "Amended the roll"),
                            ("duplicate", "Said nothing new"),
                            ("superseded", "Kept beside a later one"),
                            ("refused", "Refused"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("incomplete", "not everyone has a mark"),
                            ("class_list", "the class list has changed since"),
                            ("mark", "a mark is neither present nor absent"),
                            ("not_yet", "the roll is for a later day"),
                        ],
                        max_length=10,
                    ),
                ),
                ("changed", models.PositiveSmallIntegerField()),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="roster.organization",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="roster.person",
                    ),
                ),
                (
                    "roll",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="arrivals", to="attendance.roll"
                    ),
                ),
            ],
        ),
        organization_wall("attendance_arrival"),
        migrations.RunSQL(
            f"REVOKE UPDATE, DELETE ON attendance_arrival FROM {APP}, {WORKER}",
            f"GRANT UPDATE, DELETE ON attendance_arrival TO {APP}, {WORKER}",
        ),
    ]
