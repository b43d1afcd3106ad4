"""A look says its own time and version; the draw, with its seed, is read by whoever trains raters."""

import datetime

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from fairlead.apps.access.rls import GROUNDS, ORGS

_BEFORE = f"organization_id = ANY ({ORGS})"
# As `rls.purpose_wall` makes it, with the draw's own purpose: a coach of the network read the seed before the draw.
_AFTER = f"(organization_id = ANY ({ORGS}) AND {GROUNDS['scores']} ? (wall || '@' || organization_id))"


class Migration(migrations.Migration):

    dependencies = [
        ('instruments', '0013_certificates_behind_their_purpose'),
        ('raters', '0002_row_security'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='secondlook',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='secondlook',
            name='delete_delete',
        ),
        migrations.AddField(
            model_name='seconddraw',
            name='wall',
            field=models.CharField(default='calibration', help_text='its own purpose: a rater does not read the seed before the draw', max_length=12),
        ),
        migrations.AddField(
            model_name='secondlook',
            name='begins',
            field=models.DateField(default=datetime.date(2026, 1, 1), help_text='this and the version as the draw says: a rater does not read the draw'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='secondlook',
            name='ends',
            field=models.DateField(default=datetime.date(2026, 1, 1)),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='secondlook',
            name='version',
            field=models.ForeignKey(default=0, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='instruments.version'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='secondlookevent',
            name='begins',
            field=models.DateField(default=datetime.date(2026, 1, 1), help_text='this and the version as the draw says: a rater does not read the draw'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='secondlookevent',
            name='ends',
            field=models.DateField(default=datetime.date(2026, 1, 1)),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='secondlookevent',
            name='version',
            field=models.ForeignKey(db_constraint=False, default=0, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='instruments.version'),
            preserve_default=False,
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='secondlook',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "raters_secondlookevent" ("begins", "draw_id", "drawn", "ends", "id", "organization_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "purpose", "rater_id", "refused", "refused_at", "response_id", "second_id", "subject_id", "version_id", "visit_id") VALUES (OLD."begins", OLD."draw_id", OLD."drawn", OLD."ends", OLD."id", OLD."organization_id", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."position", OLD."purpose", OLD."rater_id", OLD."refused", OLD."refused_at", OLD."response_id", OLD."second_id", OLD."subject_id", OLD."version_id", OLD."visit_id"); RETURN NULL;', hash='66ad1ece45ef13690789eb59f5b9376220d11e7b', operation='UPDATE', pgid='pgtrigger_update_update_05d84', table='raters_secondlook', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='secondlook',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "raters_secondlookevent" ("begins", "draw_id", "drawn", "ends", "id", "organization_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "purpose", "rater_id", "refused", "refused_at", "response_id", "second_id", "subject_id", "version_id", "visit_id") VALUES (OLD."begins", OLD."draw_id", OLD."drawn", OLD."ends", OLD."id", OLD."organization_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."position", OLD."purpose", OLD."rater_id", OLD."refused", OLD."refused_at", OLD."response_id", OLD."second_id", OLD."subject_id", OLD."version_id", OLD."visit_id"); RETURN NULL;', hash='f3c3426398b9e464696f2b250f3ee55a51856dab', operation='DELETE', pgid='pgtrigger_delete_delete_bc6c4', table='raters_secondlook', when='AFTER')),
        ),
        migrations.RunSQL(
            [f"ALTER POLICY organization_wall ON raters_seconddraw USING ({_AFTER}) WITH CHECK ({_AFTER})",
             "ALTER POLICY organization_wall ON raters_seconddraw RENAME TO purpose_wall"],
            ["ALTER POLICY purpose_wall ON raters_seconddraw RENAME TO organization_wall",
             f"ALTER POLICY organization_wall ON raters_seconddraw USING ({_BEFORE}) WITH CHECK ({_BEFORE})"],
        ),
    ]
