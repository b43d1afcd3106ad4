"""The schema of an empty database in a second: what the migrations do there, recorded as SQL.

Django draws every model anew at each step of each migration, which takes half a minute before the first table has
a row. An empty database therefore gets `baseline.sql`, which is nothing but the statements of those same migrations,
with their rows in `django_migrations`. Any other database, and any version whose record is out of date, migrates as
ever. `make baseline` records; a proof records again and compares.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from fairlead.site.prepare import migrations_digest

FILE = Path(__file__).with_name("baseline.sql")
BEGINS = "-- migrations "  # the first line: the digest of the migrations that were recorded
STEP = "-- step "  # before the statements of one migration, which stand or fall together
LOOKS = ("SELECT", "WITH", "SAVEPOINT", "RELEASE", "ROLLBACK")  # what changes nothing, or only marks a transaction

MOMENT = re.compile(r"'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+\+00:00'::timestamptz")


def lay() -> bool:
    """Give an empty database the recorded schema; False, with nothing done, where that is not possible."""
    if not FILE.exists() or connection.introspection.table_names():
        return False
    first, *steps = FILE.read_text(encoding="utf-8").split(f"\n{STEP}")
    if first.removeprefix(BEGINS).strip() != migrations_digest():
        return False
    for step in steps:
        _, _, statements = step.partition("\n")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statements)
    return True


def record() -> str:
    """Migrate an empty database, and return what that took as the text of `baseline.sql`."""
    assert not connection.introspection.table_names(), "a record begins with an empty database"
    steps: list[tuple[str, list[str]]] = [("django_migrations", [])]
    with _recording(lambda statement: steps[-1][1].append(statement)):
        recorder = MigrationRecorder(connection)
        recorder.ensure_schema()
        executor = MigrationExecutor(
            connection,
            lambda action, migration=None, fake=False: (
                steps.append((str(migration), [])) if action == "apply_start" else None
            ),
        )
        executor.migrate(executor.loader.graph.leaf_nodes())
    parts = [f"{BEGINS}{migrations_digest()}"]
    parts += [f"{STEP}{name}\n" + "\n".join(statements) for name, statements in steps if statements]
    return "\n".join(parts) + "\n"


@contextmanager
def empty_database() -> Iterator[None]:
    """An empty database beside the one in use, which stands in its place for a while and is dropped afterwards."""
    used = connections[DEFAULT_DB_ALIAS]
    other = used.copy()
    name = other.settings_dict["NAME"] = f"{used.settings_dict['NAME']}_empty"
    with used._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}"')
    connections[DEFAULT_DB_ALIAS] = other
    try:
        yield
    finally:
        connections[DEFAULT_DB_ALIAS] = used
        other.close()
        with used._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}"')


@contextmanager
def _recording(keep: Callable[[str], None]) -> Iterator[None]:
    def wrapper(execute: Any, sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        statement = sql if isinstance(sql, str) else sql.as_string(connection.connection)
        if not statement.lstrip().upper().startswith(LOOKS):
            keep(_whole(statement, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        yield


def _whole(statement: str, params: Any) -> str:
    """The statement with its values written into it; the moment of the recording is the moment when it is laid."""
    if params:
        statement = psycopg.ClientCursor(connection.connection).mogrify(statement, params)
    statement = MOMENT.sub("now()", statement)
    return f"{statement.strip().rstrip(';')};"
