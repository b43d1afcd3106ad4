"""A certificate is read by its holder and by whoever trains raters, and written by nobody for themself."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from fairlead.apps.access.rls import GROUNDS, ORGS, PERSON, worker_writes

_BEFORE = f"organization_id = ANY ({ORGS}) OR person_id = {PERSON}"
# As `rls.purpose_wall` makes it: the wall of scores, where the holder reads their own.
_AFTER = f"(organization_id = ANY ({ORGS}) AND {GROUNDS['scores']} ? (purpose || '@' || organization_id)) OR person_id = {PERSON}"


def _wall(table: str) -> migrations.RunSQL:
    """From the wall of the organization to that of the purpose: a coach of the whole network read everybody's."""
    return migrations.RunSQL(
        [f"ALTER POLICY organization_wall ON {table} USING ({_AFTER}) WITH CHECK ({_AFTER})",
         f"ALTER POLICY organization_wall ON {table} RENAME TO purpose_wall"],
        [f"ALTER POLICY purpose_wall ON {table} RENAME TO organization_wall",
         f"ALTER POLICY organization_wall ON {table} USING ({_BEFORE}) WITH CHECK ({_BEFORE})"],
    )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [
        ("instruments", "0012_only_what_services_change"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="certificate",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="certificate",
            name="delete_delete",
        ),
        migrations.AddField(
            model_name="certificate",
            name="purpose",
            field=models.CharField(
                db_default="calibration", default="calibration", help_text="of its wall", max_length=12
            ),
        ),
        migrations.AddField(
            model_name="certificateevent",
            name="purpose",
            field=models.CharField(
                db_default="calibration", default="calibration", help_text="of its wall", max_length=12
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="certificate",
            trigger=pgtrigger.compiler.Trigger(
                name="purpose_is_fixed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."purpose" IS DISTINCT FROM (NEW."purpose"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="5bc0293465acccd24dfde059dda9b61372a37d50",
                    operation="UPDATE",
                    pgid="pgtrigger_purpose_is_fixed_5192e",
                    table="instruments_certificate",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="certificate",
            trigger=pgtrigger.compiler.Trigger(
                name="nobody_certifies_themself",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF current_user = 'fairlead_app' AND nullif(current_setting('fairlead.person', true), '')::bigint IN (\n            CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE OLD.person_id END,\n            CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE NEW.person_id END\n        ) THEN\n            RAISE EXCEPTION 'nobody certifies themself' USING ERRCODE = 'insufficient_privilege';\n        END IF;\n        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;\n        RETURN NEW;\n    ",
                    hash="d7ba5549d530be0aba28802696a9b1a6c27e4bd8",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_nobody_certifies_themself_41cdd",
                    table="instruments_certificate",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="certificate",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "instruments_certificateevent" ("earned_on", "ends_on", "ground", "id", "instrument_id", "organization_id", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "purpose") VALUES (OLD."earned_on", OLD."ends_on", OLD."ground", OLD."id", OLD."instrument_id", OLD."organization_id", OLD."person_id", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."purpose"); RETURN NULL;',
                    hash="d65ecef6df356762fc146b71c9be8097fb19489c",
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
                    func='INSERT INTO "instruments_certificateevent" ("earned_on", "ends_on", "ground", "id", "instrument_id", "organization_id", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "purpose") VALUES (OLD."earned_on", OLD."ends_on", OLD."ground", OLD."id", OLD."instrument_id", OLD."organization_id", OLD."person_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."purpose"); RETURN NULL;',
                    hash="5eb7ba60dad271f0c9eb54aca10f27cd5c57635c",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_140be",
                    table="instruments_certificate",
                    when="AFTER",
                ),
            ),
        ),
        *(_wall(f"instruments_{name}") for name in ("certificate", "certificateevent")),
        worker_writes("instruments_certificate"),
    ]
