"""The recorded schema is of these migrations and as it was proved; an empty database gets it, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from fairlead.site import baseline
from fairlead.site.prepare import migration_digests


def test_the_record_holds_every_migration_as_it_is() -> None:
    assert baseline.standing(), "a migration in it, or the record itself, was changed: make baseline"
    assert baseline.missing() == set(), "out of date: make baseline"


def test_a_changed_record_or_migration_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = baseline.FILE.read_text(encoding="utf-8")
    other = tmp_path / "baseline.sql"
    monkeypatch.setattr(baseline, "FILE", other)
    assert baseline.standing() is None, "no record"
    other.write_text(text.replace("CREATE POLICY", "create policy", 1), encoding="utf-8")
    assert baseline.standing() is None, "another statement"
    other.write_text(text, encoding="utf-8")
    files = migration_digests()
    monkeypatch.setattr(baseline, "migration_digests", lambda: files | {"roster.9999_new": "1"})
    assert baseline.standing(), "a migration that came since leaves the others as they were"
    assert baseline.missing() == {"roster.9999_new"}
    monkeypatch.setattr(baseline, "migration_digests", lambda: files | {next(iter(files)): "1"})
    assert baseline.standing() is None, "another migration"


@pytest.mark.django_db
def test_an_empty_database_gets_the_whole_of_it() -> None:
    with baseline.empty_database():
        assert baseline.lay()
        call_command("migrate", check_unapplied=True, verbosity=0)  # leaves by the door where one is missing
        made = {kind for kind, *_ in baseline.shape()}
    assert made == {"column", "index", "policy", "trigger", "constraint", "function", "grants"}


@pytest.mark.django_db
def test_only_an_empty_database_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    before = baseline.shape()
    assert not baseline.lay()
    assert baseline.shape() == before
    with baseline.empty_database():
        monkeypatch.setattr(baseline, "packages_digest", lambda: "another version")
        assert not baseline.lay()
        assert not connection.introspection.table_names()
