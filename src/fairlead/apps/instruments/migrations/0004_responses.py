"""One engine: items of every kind, responses with their answers, words and attachments; a visit's levels become answers."""

import uuid

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    # The view of research scores reads the ratings by their old name: it is laid aside here, and facts makes it anew.
    dependencies = [("instruments", "0003_starters"), ("facts", "0003_settled_that_day")]

    operations = [
        migrations.RunSQL("DROP VIEW facts_research_score", migrations.RunSQL.noop),
        *(
            pgtrigger.migrations.RemoveTrigger("itemrating", name)  # a trigger is found by its table's name
            for name in ("purpose_is_fixed", "update_update", "delete_delete")
        ),
        migrations.RenameModel("ItemRating", "Answer"),
        migrations.RenameModel("ItemRatingEvent", "AnswerEvent"),
        *(migrations.RenameField(model, "visitor", "author") for model in ("Answer", "AnswerEvent")),
        migrations.CreateModel(
            name="Attachment",
            fields=[
                ("purpose", models.CharField(max_length=12)),
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("media_type", models.CharField(max_length=40)),
                ("name", models.CharField(blank=True, max_length=120)),
                ("sha256", models.CharField(max_length=64)),
                ("content", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="Certificate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("earned_on", models.DateField()),
                (
                    "ends_on",
                    models.DateField(
                        blank=True, help_text="revoked, or said by its giver; else by the instrument", null=True
                    ),
                ),
                (
                    "ground",
                    models.CharField(blank=True, help_text="which calibration, which training", max_length=250),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CertificateEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                ("earned_on", models.DateField()),
                (
                    "ends_on",
                    models.DateField(
                        blank=True, help_text="revoked, or said by its giver; else by the instrument", null=True
                    ),
                ),
                (
                    "ground",
                    models.CharField(blank=True, help_text="which calibration, which training", max_length=250),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Note",
            fields=[
                ("purpose", models.CharField(max_length=12)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4,
                        editable=False,
                        help_text="made where it was written",
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "tags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.SlugField(), blank=True, default=list, size=None
                    ),
                ),
                ("at", models.DateTimeField(blank=True, null=True)),
                ("text", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="NoteEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("purpose", models.CharField(max_length=12)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, help_text="made where it was written", serialize=False
                    ),
                ),
                (
                    "tags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.SlugField(), blank=True, default=list, size=None
                    ),
                ),
                ("at", models.DateTimeField(blank=True, null=True)),
                ("text", models.TextField()),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Response",
            fields=[
                ("purpose", models.CharField(max_length=12)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4,
                        editable=False,
                        help_text="made where it was filled in",
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "part",
                    models.CharField(
                        choices=[
                            ("single", "on its own"),
                            ("second", "a second rater's"),
                            ("standard", "the agreed levels of a calibration"),
                            ("calibration", "of a calibration"),
                            ("individual", "before the consensus"),
                            ("consensus", "the consensus"),
                        ],
                        default="single",
                        max_length=12,
                    ),
                ),
                ("anonymous", models.BooleanField(default=False)),
                ("day", models.DateField(help_text="the school's day it was filled in, or that the visit was on")),
                (
                    "submitted_at",
                    models.DateTimeField(blank=True, help_text="empty: a draft, or anonymous", null=True),
                ),
                ("language", models.CharField(default="en", help_text="in which it was read", max_length=2)),
            ],
        ),
        migrations.CreateModel(
            name="ResponseEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("purpose", models.CharField(max_length=12)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, help_text="made where it was filled in", serialize=False
                    ),
                ),
                (
                    "part",
                    models.CharField(
                        choices=[
                            ("single", "on its own"),
                            ("second", "a second rater's"),
                            ("standard", "the agreed levels of a calibration"),
                            ("calibration", "of a calibration"),
                            ("individual", "before the consensus"),
                            ("consensus", "the consensus"),
                        ],
                        default="single",
                        max_length=12,
                    ),
                ),
                ("anonymous", models.BooleanField(default=False)),
                ("day", models.DateField(help_text="the school's day it was filled in, or that the visit was on")),
                (
                    "submitted_at",
                    models.DateTimeField(blank=True, help_text="empty: a draft, or anonymous", null=True),
                ),
                ("language", models.CharField(default="en", help_text="in which it was read", max_length=2)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.RemoveConstraint(
            model_name="answer",
            name="one_rating_per_item",
        ),
        migrations.RemoveConstraint(
            model_name="answer",
            name="a_level_or_not_observed",
        ),
        migrations.AddField(
            model_name="answer",
            name="chosen",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.PositiveSmallIntegerField(),
                blank=True,
                help_text="of several choices",
                null=True,
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="answer",
            name="number",
            field=models.FloatField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="answerevent",
            name="chosen",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.PositiveSmallIntegerField(),
                blank=True,
                help_text="of several choices",
                null=True,
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="answerevent",
            name="number",
            field=models.FloatField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="domain",
            name="about",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="domain",
            name="about_es",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="domain",
            name="key",
            field=models.SlugField(
                default="",
                validators=[
                    django.core.validators.RegexValidator(
                        "^[a-z][a-z0-9_-]{0,49}\\Z", "Small letters, digits, “-” and “_”; a letter first."
                    )
                ],
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="instrument",
            name="organization",
            field=models.ForeignKey(
                blank=True,
                help_text="whose it is: there and below it is offered; empty: brought along by Fairlead",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="roster.organization",
            ),
        ),
        migrations.AddField(
            model_name="instrument",
            name="retired_at",
            field=models.DateTimeField(blank=True, help_text="no longer offered; what was answered stays", null=True),
        ),
        migrations.AddField(
            model_name="instrument",
            name="source",
            field=models.CharField(blank=True, help_text="who wrote it, where it is found", max_length=250),
        ),
        migrations.AddField(
            model_name="item",
            name="correct",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.PositiveSmallIntegerField(), blank=True, default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="item",
            name="maximum",
            field=models.FloatField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="item",
            name="may_be_unseen",
            field=models.BooleanField(
                default=True, help_text='"not observed" (for a survey: "I do not know") may be said'
            ),
        ),
        migrations.AddField(
            model_name="item",
            name="minimum",
            field=models.FloatField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="item",
            name="options",
            field=models.JSONField(blank=True, default=list, help_text='[{"name": …, "name_es": …}]'),
        ),
        migrations.AddField(
            model_name="item",
            name="required",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="item",
            name="reverse",
            field=models.BooleanField(
                default=False, help_text="agreeing says the opposite of what the domain measures"
            ),
        ),
        migrations.AddField(
            model_name="item",
            name="same_as",
            field=models.ForeignKey(
                blank=True,
                help_text="the item of an earlier version that this one repeats unchanged: an anchor for linking",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="instruments.item",
            ),
        ),
        migrations.AddField(
            model_name="item",
            name="unit",
            field=models.CharField(blank=True, max_length=30),
        ),
        migrations.AddField(
            model_name="item",
            name="unit_es",
            field=models.CharField(blank=True, max_length=30),
        ),
        migrations.AddField(
            model_name="version",
            name="form",
            field=models.SlugField(
                blank=True,
                help_text="one of several forms in use side by side: before",
                validators=[
                    django.core.validators.RegexValidator(
                        "^[a-z][a-z0-9_-]{0,49}\\Z", "Small letters, digits, “-” and “_”; a letter first."
                    )
                ],
            ),
        ),
        migrations.AddField(
            model_name="version",
            name="form_name",
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AddField(
            model_name="version",
            name="form_name_es",
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AddField(
            model_name="version",
            name="notes",
            field=models.TextField(blank=True, help_text="what is new in this version, and why"),
        ),
        migrations.AddField(
            model_name="version",
            name="notes_es",
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name="answer",
            name="author",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="roster.person",
            ),
        ),
        migrations.AlterField(
            model_name="answer",
            name="subject",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="roster.person",
            ),
        ),
        migrations.AlterField(
            model_name="answerevent",
            name="author",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="roster.person",
            ),
        ),
        migrations.AlterField(
            model_name="answerevent",
            name="subject",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="roster.person",
            ),
        ),
        migrations.AlterField(
            model_name="domain",
            name="name_es",
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AlterField(
            model_name="instrument",
            name="key",
            field=models.SlugField(
                unique=True,
                validators=[
                    django.core.validators.RegexValidator(
                        "^[a-z][a-z0-9_-]{0,49}\\Z", "Small letters, digits, “-” and “_”; a letter first."
                    )
                ],
            ),
        ),
        migrations.AlterField(
            model_name="instrument",
            name="kind",
            field=models.CharField(
                choices=[
                    ("observation", "observation"),
                    ("walkthrough", "walkthrough"),
                    ("student_survey", "student survey"),
                    ("knowledge", "knowledge assessment"),
                    ("beliefs", "teacher beliefs"),
                    ("assignment_review", "assignment review"),
                    ("conditions", "enabling conditions"),
                    ("leadership_team", "leadership team review"),
                    ("appraisal", "appraisal rubric"),
                    ("selection", "selection scorecard"),
                    ("city_readiness", "city readiness"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="instrument",
            name="name_es",
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AlterField(
            model_name="instrument",
            name="restrictions",
            field=models.JSONField(default=dict, help_text="as `policy.Restrictions` reads them"),
        ),
        migrations.AlterField(
            model_name="item",
            name="anchors",
            field=models.JSONField(
                blank=True, default=list, help_text='[{"name": …, "name_es": …, "text": …, "text_es": …}]'
            ),
        ),
        migrations.AlterField(
            model_name="item",
            name="key",
            field=models.SlugField(
                validators=[
                    django.core.validators.RegexValidator(
                        "^[a-z][a-z0-9_-]{0,49}\\Z", "Small letters, digits, “-” and “_”; a letter first."
                    )
                ]
            ),
        ),
        migrations.AlterField(
            model_name="item",
            name="kind",
            field=models.CharField(
                choices=[
                    ("rating", "rating"),
                    ("choice", "one choice"),
                    ("multiple", "several choices"),
                    ("likert", "agreement"),
                    ("number", "number"),
                    ("text", "text"),
                    ("photo", "photo or file"),
                    ("note", "evidence notes"),
                ],
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="item",
            name="name_es",
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AlterField(
            model_name="item",
            name="prompt",
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name="item",
            name="prompt_es",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="attachment",
            name="author",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="roster.person",
            ),
        ),
        migrations.AddField(
            model_name="attachment",
            name="item",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="instruments.item",
            ),
        ),
        migrations.AddField(
            model_name="attachment",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="roster.organization"
            ),
        ),
        migrations.AddField(
            model_name="attachment",
            name="subject",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="roster.person",
            ),
        ),
        migrations.AddField(
            model_name="certificate",
            name="instrument",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="instruments.instrument"
            ),
        ),
        migrations.AddField(
            model_name="certificate",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="roster.organization"
            ),
        ),
        migrations.AddField(
            model_name="certificate",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="roster.person"
            ),
        ),
        migrations.AddField(
            model_name="certificateevent",
            name="instrument",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="instruments.instrument",
            ),
        ),
        migrations.AddField(
            model_name="certificateevent",
            name="organization",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="roster.organization",
            ),
        ),
        migrations.AddField(
            model_name="certificateevent",
            name="person",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="roster.person",
            ),
        ),
        migrations.AddField(
            model_name="certificateevent",
            name="pgh_context",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="pghistory.context",
            ),
        ),
        migrations.AddField(
            model_name="certificateevent",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="events",
                to="instruments.certificate",
            ),
        ),
        migrations.AddField(
            model_name="note",
            name="author",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="roster.person",
            ),
        ),
        migrations.AddField(
            model_name="note",
            name="item",
            field=models.ForeignKey(
                blank=True,
                help_text="the text item answered",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="instruments.item",
            ),
        ),
        migrations.AddField(
            model_name="note",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="roster.organization"
            ),
        ),
        migrations.AddField(
            model_name="note",
            name="subject",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="roster.person",
            ),
        ),
        migrations.AddField(
            model_name="noteevent",
            name="author",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="roster.person",
            ),
        ),
        migrations.AddField(
            model_name="noteevent",
            name="item",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                help_text="the text item answered",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="instruments.item",
            ),
        ),
        migrations.AddField(
            model_name="noteevent",
            name="organization",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="roster.organization",
            ),
        ),
        migrations.AddField(
            model_name="noteevent",
            name="pgh_context",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="pghistory.context",
            ),
        ),
        migrations.AddField(
            model_name="noteevent",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="events",
                to="instruments.note",
            ),
        ),
        migrations.AddField(
            model_name="noteevent",
            name="subject",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="roster.person",
            ),
        ),
        migrations.AddField(
            model_name="response",
            name="author",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="roster.person",
            ),
        ),
        migrations.AddField(
            model_name="response",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="roster.organization"
            ),
        ),
        migrations.AddField(
            model_name="response",
            name="section",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="roster.section",
            ),
        ),
        migrations.AddField(
            model_name="response",
            name="subject",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="roster.person",
            ),
        ),
        migrations.AddField(
            model_name="response",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="instruments.version"
            ),
        ),
        migrations.AddField(
            model_name="response",
            name="visit",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="responses",
                to="instruments.visit",
            ),
        ),
        migrations.AddField(
            model_name="noteevent",
            name="response",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="instruments.response",
            ),
        ),
        migrations.AddField(
            model_name="note",
            name="response",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="notes", to="instruments.response"
            ),
        ),
        migrations.AddField(
            model_name="attachment",
            name="response",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="attachments", to="instruments.response"
            ),
        ),
        migrations.AddField(
            model_name="answer",
            name="response",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="answers",
                to="instruments.response",
            ),
        ),
        migrations.AddField(
            model_name="answerevent",
            name="response",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="instruments.response",
            ),
        ),
        migrations.AddField(
            model_name="responseevent",
            name="author",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="roster.person",
            ),
        ),
        migrations.AddField(
            model_name="responseevent",
            name="organization",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="roster.organization",
            ),
        ),
        migrations.AddField(
            model_name="responseevent",
            name="pgh_context",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="pghistory.context",
            ),
        ),
        migrations.AddField(
            model_name="responseevent",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="events",
                to="instruments.response",
            ),
        ),
        migrations.AddField(
            model_name="responseevent",
            name="section",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="roster.section",
            ),
        ),
        migrations.AddField(
            model_name="responseevent",
            name="subject",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="roster.person",
            ),
        ),
        migrations.AddField(
            model_name="responseevent",
            name="version",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="instruments.version",
            ),
        ),
        migrations.AddField(
            model_name="responseevent",
            name="visit",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="instruments.visit",
            ),
        ),
        migrations.AddConstraint(
            model_name="certificate",
            constraint=models.UniqueConstraint(
                fields=("person", "instrument", "earned_on"), name="one_certificate_a_day"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="certificate",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "instruments_certificateevent" ("earned_on", "ends_on", "ground", "id", "instrument_id", "organization_id", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."earned_on", OLD."ends_on", OLD."ground", OLD."id", OLD."instrument_id", OLD."organization_id", OLD."person_id", _pgh_attach_context(), NOW(), \'update\', OLD."id"); RETURN NULL;',
                    hash="87a21634dee80d6e18a05988549a0db3ae34879f",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_905e6",
                    table="instruments_certificate",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="certificate",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "instruments_certificateevent" ("earned_on", "ends_on", "ground", "id", "instrument_id", "organization_id", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."earned_on", OLD."ends_on", OLD."ground", OLD."id", OLD."instrument_id", OLD."organization_id", OLD."person_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id"); RETURN NULL;',
                    hash="4903d48b96171975d13debfc8521c8755e04bd06",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_140be",
                    table="instruments_certificate",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="response",
            index=models.Index(fields=["version", "organization", "day"], name="instruments_version_4d36dc_idx"),
        ),
        migrations.AddConstraint(
            model_name="response",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("anonymous", False),
                    models.Q(("author", None), ("subject", None), ("submitted_at", None), ("visit", None)),
                    _connector="OR",
                ),
                name="an_anonymous_response_keeps_no_link",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="response",
            trigger=pgtrigger.compiler.Trigger(
                name="purpose_is_fixed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."purpose" IS DISTINCT FROM (NEW."purpose"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="4e4475f932096723265e0bb3eb6204aafd089eff",
                    operation="UPDATE",
                    pgid="pgtrigger_purpose_is_fixed_2cbc7",
                    table="instruments_response",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="response",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "instruments_responseevent" ("anonymous", "author_id", "day", "id", "language", "organization_id", "part", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "purpose", "section_id", "subject_id", "submitted_at", "version_id", "visit_id") VALUES (OLD."anonymous", OLD."author_id", OLD."day", OLD."id", OLD."language", OLD."organization_id", OLD."part", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."purpose", OLD."section_id", OLD."subject_id", OLD."submitted_at", OLD."version_id", OLD."visit_id"); RETURN NULL;',
                    hash="74ad1106c6ff95837bea9304e96d271ea035550b",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_5ad42",
                    table="instruments_response",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="response",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "instruments_responseevent" ("anonymous", "author_id", "day", "id", "language", "organization_id", "part", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "purpose", "section_id", "subject_id", "submitted_at", "version_id", "visit_id") VALUES (OLD."anonymous", OLD."author_id", OLD."day", OLD."id", OLD."language", OLD."organization_id", OLD."part", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."purpose", OLD."section_id", OLD."subject_id", OLD."submitted_at", OLD."version_id", OLD."visit_id"); RETURN NULL;',
                    hash="db03a9a7856bf75f6979eaca3896944f4d8a65a0",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_22a19",
                    table="instruments_response",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="note",
            index=models.Index(fields=["response", "at"], name="instruments_respons_374bde_idx"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="note",
            trigger=pgtrigger.compiler.Trigger(
                name="purpose_is_fixed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."purpose" IS DISTINCT FROM (NEW."purpose"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="9fd2225568a88c9757545d112705fa00767e7486",
                    operation="UPDATE",
                    pgid="pgtrigger_purpose_is_fixed_719d4",
                    table="instruments_note",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="note",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "instruments_noteevent" ("at", "author_id", "id", "item_id", "organization_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "purpose", "response_id", "subject_id", "tags", "text") VALUES (OLD."at", OLD."author_id", OLD."id", OLD."item_id", OLD."organization_id", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."purpose", OLD."response_id", OLD."subject_id", OLD."tags", OLD."text"); RETURN NULL;',
                    hash="27cbb748c58dd777605b695a0705336b71d235ed",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_6b373",
                    table="instruments_note",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="note",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "instruments_noteevent" ("at", "author_id", "id", "item_id", "organization_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "purpose", "response_id", "subject_id", "tags", "text") VALUES (OLD."at", OLD."author_id", OLD."id", OLD."item_id", OLD."organization_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."purpose", OLD."response_id", OLD."subject_id", OLD."tags", OLD."text"); RETURN NULL;',
                    hash="29fa6742c304399733c5993ac43f1d21c8d3090a",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_ba957",
                    table="instruments_note",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="attachment",
            trigger=pgtrigger.compiler.Trigger(
                name="purpose_is_fixed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."purpose" IS DISTINCT FROM (NEW."purpose"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="03712010a7c8b53d3d75456e6e11d61db3565ada",
                    operation="UPDATE",
                    pgid="pgtrigger_purpose_is_fixed_4c547",
                    table="instruments_attachment",
                    when="BEFORE",
                ),
            ),
        ),
    ]
