"""Prepared statements: planned once, and still each person sees their own; the connection's end is noticed."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from fairlead.apps.access import history
from fairlead.apps.access.asking import change, fetch, find
from fairlead.apps.evidence.models import Run, Study
from fairlead.apps.roster.models import Person
from fairlead.apps.roster.selectors import scope_for
from fairlead.site import postgres
from tests.conftest import use_app_login

STUDENTS = "SELECT DISTINCT p.organization_id FROM roster_person p WHERE p.kind = %(kind)s"
OFTEN = 12  # after five plans with the values before its eyes, PostgreSQL may keep one without them


def _schools() -> set[int]:
    return {pk for (pk,) in fetch(STUDENTS, kind="student")}


def _plans() -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE %s",
                       ["SELECT DISTINCT p.organization_id FROM roster_person%"])  # fmt: skip
        return list(cursor.fetchall())


def test_a_prepared_statement_shows_each_person_their_own(seeded: Any) -> None:
    """One connection, one plan: the owner, nobody, two offices and again nobody ask in turns."""
    assert len(_schools()) > 2  # planned as the owner, whom no wall holds
    use_app_login()
    with connection.cursor() as cursor:
        for _ in range(OFTEN):
            for who, which in (("luis", 0), ("owen", 1)):
                scope_for(seeded.person[who], seeded.today)
                assert _schools() == {int(seeded.school_ids[which])}, who
            for name in ("person", "orgs", "up_orgs"):
                cursor.execute("SELECT set_config('fairlead.' || %s, '', true)", [name])
            assert _schools() == set()
    ((generic, custom),) = _plans()
    assert generic > OFTEN > custom, "planned anew each time: nothing is gained by preparing"


def test_objects_come_as_the_orm_gives_them(seeded: Any) -> None:
    for made in Run.objects.order_by("id"):
        (found,) = find(Run, "WHERE t.id = %(id)s", id=made.pk)
        assert {f.attname: getattr(found, f.attname) for f in Run._meta.concrete_fields} == {
            f.attname: getattr(made, f.attname) for f in Run._meta.concrete_fields
        }
        (lean,) = find(Run, "WHERE t.id = %(id)s", without=("result",), id=made.pk)
        assert lean.get_deferred_fields() == {"result"}
        assert lean.result == made.result
    assert find(Study, "WHERE t.key = %(key)s", key="no such study") == []


def test_history_told_once_holds_to_the_end_of_the_transaction(seeded: Any) -> None:
    person = Person.objects.get(pk=seeded.person["amara"])
    history.tell(person=person.pk, page="/here")
    assert change("UPDATE roster_person SET phone = %(phone)s WHERE id = %(id)s", phone="1", id=person.pk) == 1
    Person.objects.filter(pk=person.pk).update(phone="2")
    told = fetch(
        "SELECT c.metadata ->> 'page' FROM roster_personevent e JOIN pghistory_context c ON c.id = e.pgh_context_id "
        "WHERE e.pgh_obj_id = %(id)s",
        id=person.pk,
    )
    assert told == [("/here",)] * 2


def test_a_connection_that_ended_is_noticed_without_asking_the_server(world: Any, django_db_blocker: Any) -> None:
    """A kept connection is asked for its socket alone; when the server ended it, there is something to read."""
    import psycopg

    with django_db_blocker.unblock():
        other = connection.copy()
        other.ensure_connection()
        assert other.is_usable()
        killer = psycopg.connect(**{k: v for k, v in other.get_connection_params().items() if k in SIGN_IN})
        with killer:
            killer.execute("SELECT pg_terminate_backend(%s)", [other.connection.info.backend_pid])
        _until_said(other.connection)
        assert not other.is_usable()
        other.close()


SIGN_IN = ("host", "port", "user", "password", "dbname")


def _until_said(line: Any) -> None:
    """Wait, at most ten seconds, until the server's last word has come."""
    import select

    assert select.select([line.fileno()], [], [], 10)[0]


def test_a_pooler_without_prepared_statements_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    assert postgres.connection("app")["OPTIONS"]["prepare_threshold"] == 1
    monkeypatch.setenv("FAIRLEAD_PREPARE", "0")
    try:
        assert importlib.reload(postgres).connection("app")["OPTIONS"]["prepare_threshold"] is None
    finally:
        monkeypatch.undo()
        importlib.reload(postgres)
