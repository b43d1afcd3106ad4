"""Every visit with levels has a response of its own, named by its token; evidence becomes notes. History goes along."""

# ruff: noqa: S608  (no value in these statements comes from anywhere)
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from fairlead.apps.access.rls import Statements

_COLUMNS = "organization_id, purpose, author_id, subject_id"
_TOKENS = """
    (SELECT id, token FROM instruments_visit UNION SELECT id, token FROM instruments_visitevent) v
"""
MOVE: Statements = [
    """
    INSERT INTO instruments_response (id, organization_id, purpose, author_id, subject_id, version_id, part, visit_id,
                                      section_id, anonymous, day, submitted_at, language)
    SELECT v.token, v.organization_id, v.purpose, v.visitor_id, v.subject_id, v.version_id, 'single', v.id,
           v.section_id, false, (v.began_at AT TIME ZONE o.time_zone)::date, v.recorded_at, 'en'
    FROM instruments_visit v JOIN roster_organization o ON o.id = v.organization_id
    WHERE v.version_id IS NOT NULL OR EXISTS (SELECT 1 FROM instruments_answer a WHERE a.visit_id = v.id)
    """,
    "UPDATE instruments_answer a SET response_id = v.token FROM instruments_visit v WHERE v.id = a.visit_id",
    f"UPDATE instruments_answerevent a SET response_id = v.token FROM {_TOKENS} WHERE v.id = a.visit_id",
    f"""
    INSERT INTO instruments_note (id, {_COLUMNS}, response_id, item_id, tags, text)
    SELECT gen_random_uuid(), a.{_COLUMNS.replace(", ", ", a.")}, a.response_id,
           CASE WHEN i.kind = 'text' THEN i.id END, ARRAY[i.key], a.evidence
    FROM instruments_answer a JOIN instruments_item i ON i.id = a.item_id WHERE a.evidence <> ''
    """,
    # What was written before a change or a deletion: under the number of its answer, which no note has.
    f"""
    INSERT INTO instruments_noteevent (pgh_created_at, pgh_label, pgh_obj_id, pgh_context_id, id, {_COLUMNS},
                                       response_id, item_id, tags, text)
    SELECT a.pgh_created_at, a.pgh_label, note.id, a.pgh_context_id, note.id, a.{_COLUMNS.replace(", ", ", a.")},
           a.response_id, CASE WHEN i.kind = 'text' THEN i.id END, ARRAY[i.key], a.evidence
    FROM instruments_answerevent a
    JOIN instruments_item i ON i.id = a.item_id
    CROSS JOIN LATERAL (SELECT ('00000000-0000-4000-8000-' || lpad(to_hex(a.id), 12, '0'))::uuid AS id) note
    WHERE a.evidence <> ''
    """,
    "DELETE FROM instruments_answer a USING instruments_item i WHERE i.id = a.item_id AND i.kind = 'text'",
    "DELETE FROM instruments_answerevent a USING instruments_item i WHERE i.id = a.item_id AND i.kind = 'text'",
    "UPDATE instruments_instrument SET kind = 'observation' WHERE kind = 'rubric'",
    # Published versions are final; that their domains have a key from now on changes no word of theirs.
    "ALTER TABLE instruments_domain DISABLE TRIGGER USER",
    """
    UPDATE instruments_domain SET key = left(regexp_replace(
        regexp_replace(lower(name), '[^a-z0-9]+', '-', 'g'), '(^[^a-z]+|-+$)', '', 'g'), 50)
    """,
    "UPDATE instruments_domain d SET key = left('domain-' || position || '-' || key, 50) WHERE key = '' OR EXISTS "
    "(SELECT 1 FROM instruments_domain e WHERE e.version_id = d.version_id AND e.key = d.key AND e.id <> d.id)",
    "ALTER TABLE instruments_domain ENABLE TRIGGER USER",
    "SET CONSTRAINTS ALL IMMEDIATE",
]


class Migration(migrations.Migration):
    dependencies = [("instruments", "0004_responses"), ("roster", "0001_initial")]

    operations = [
        migrations.RunSQL(MOVE, migrations.RunSQL.noop),
        migrations.RemoveField(
            model_name="answer",
            name="evidence",
        ),
        migrations.RemoveField(
            model_name="answer",
            name="visit",
        ),
        migrations.RemoveField(
            model_name="answerevent",
            name="evidence",
        ),
        migrations.RemoveField(
            model_name="answerevent",
            name="visit",
        ),
        migrations.AlterField(
            model_name="answer",
            name="response",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="answers", to="instruments.response"
            ),
        ),
        migrations.AlterField(
            model_name="answerevent",
            name="response",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="instruments.response",
            ),
        ),
        migrations.AddConstraint(
            model_name="domain",
            constraint=models.UniqueConstraint(fields=("version", "key"), name="one_domain_per_key"),
        ),
        migrations.AddConstraint(
            model_name="answer",
            constraint=models.UniqueConstraint(fields=("response", "item"), name="one_answer_per_item"),
        ),
        migrations.AddConstraint(
            model_name="answer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("not_observed", False),
                    models.Q(("chosen", None), ("level", None), ("number", None)),
                    _connector="OR",
                ),
                name="answered_or_not_observed",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="answer",
            trigger=pgtrigger.compiler.Trigger(
                name="purpose_is_fixed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."purpose" IS DISTINCT FROM (NEW."purpose"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="7c9167b54b44846d718d906424741e852afe1bd5",
                    operation="UPDATE",
                    pgid="pgtrigger_purpose_is_fixed_56436",
                    table="instruments_answer",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="answer",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "instruments_answerevent" ("author_id", "chosen", "id", "item_id", "level", "not_observed", "number", "organization_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "purpose", "response_id", "subject_id") VALUES (OLD."author_id", OLD."chosen", OLD."id", OLD."item_id", OLD."level", OLD."not_observed", OLD."number", OLD."organization_id", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."purpose", OLD."response_id", OLD."subject_id"); RETURN NULL;',
                    hash="bfc953902e45406fe733ed0c0f381a595a81b1c2",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_25d23",
                    table="instruments_answer",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="answer",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "instruments_answerevent" ("author_id", "chosen", "id", "item_id", "level", "not_observed", "number", "organization_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "purpose", "response_id", "subject_id") VALUES (OLD."author_id", OLD."chosen", OLD."id", OLD."item_id", OLD."level", OLD."not_observed", OLD."number", OLD."organization_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."purpose", OLD."response_id", OLD."subject_id"); RETURN NULL;',
                    hash="30f32234667981f5b3ce0543b0fd33eca346ac4b",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_5fc0f",
                    table="instruments_answer",
                    when="AFTER",
                ),
            ),
        ),
    ]
