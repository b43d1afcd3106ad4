"""The recorded schema is of these migrations and as it was proved; an empty database gets it, and no other."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection

from fairlead.site import baseline
from fairlead.site.prepare import migrations_digest


def test_the_record_is_of_these_migrations_and_as_it_was_sealed() -> None:
    text = baseline.FILE.read_text(encoding="utf-8")
    assert text.startswith(f"{baseline.BEGINS}{migrations_digest()}\n"), "out of date: make baseline"
    assert baseline.steps_of(text), "changed since it was proved: make baseline"
    assert baseline.steps_of(text.replace("CREATE POLICY", "create policy", 1)) is None, "another statement"
    assert baseline.steps_of("") is None


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
        monkeypatch.setattr(baseline, "migrations_digest", lambda: "another version")
        assert not baseline.lay()
        assert not connection.introspection.table_names()
    assert migrations_digest() != "another version"
