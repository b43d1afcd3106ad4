"""The recorded schema is what the migrations make."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from fairlead.site import baseline
from fairlead.site.prepare import migrations_digest

SHAPE = """
    SELECT 'column', c.table_name, c.column_name, c.data_type || coalesce(c.column_default, '') || c.is_nullable
    FROM information_schema.columns c WHERE c.table_schema = 'public'
    UNION ALL SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT 'policy', tablename, policyname, format('%s %s %s %s', cmd, roles, qual, with_check) FROM pg_policies
    UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT 'function', proname, oidvectortypes(proargtypes), prosrc
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT 'grants', relname, relacl::text, relrowsecurity::text || relforcerowsecurity::text
    FROM pg_class WHERE relnamespace = 'public'::regnamespace
    ORDER BY 1, 2, 3, 4
"""


def shape() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(SHAPE)
        return cursor.fetchall()


@pytest.mark.prove
@pytest.mark.django_db
def test_the_record_is_what_the_migrations_do() -> None:
    with baseline.empty_database():
        recorded = baseline.record()
        migrated = shape()
    assert baseline.FILE.read_text(encoding="utf-8") == recorded, "out of date: make baseline"
    with baseline.empty_database():
        assert baseline.lay()
        assert shape() == migrated
        call_command("migrate", check_unapplied=True, verbosity=0)  # leaves by the door where one is missing
    assert {kind for kind, *_ in migrated} == {
        "column",
        "index",
        "policy",
        "trigger",
        "constraint",
        "function",
        "grants",
    }


@pytest.mark.django_db
def test_only_an_empty_database_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    before = shape()
    assert not baseline.lay()
    assert shape() == before
    with baseline.empty_database():
        monkeypatch.setattr(baseline, "migrations_digest", lambda: "another version")
        assert not baseline.lay()
        assert not connection.introspection.table_names()
    assert migrations_digest() != "another version"
