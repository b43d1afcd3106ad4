"""The schema of an empty database in a second: what the migrations do there, recorded as SQL.

Django draws every model anew at each step of each migration, which takes minutes before the first table has a row.
An empty database therefore gets `baseline.sql`, which is nothing but the statements of those same migrations, with
their rows in `django_migrations`; migrations that came since are applied as ever. `make baseline` records those that
came since, proves that laying the record makes what the migrations make, and seals it. A record of a migration that
was changed, or one that was changed itself, by hand or by a merge, is not laid.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from fairlead.site.prepare import migration_digests, packages_digest

FILE = Path(__file__).with_name("baseline.sql")
BEGINS = "-- packages "  # the first line: the digest of the packages that bring migrations of their own
SEAL = "-- sealed "  # the second line: the digest of all that follows
STEP = "-- step "  # before the statements of one migration, which stand or fall together: its name, its file's digest
ELSEWHERE = "-"  # instead of a digest: a migration that a package brings
LOOKS = ("SELECT", "WITH", "SAVEPOINT", "RELEASE", "ROLLBACK")  # what changes nothing, or only marks a transaction

MOMENT = re.compile(r"'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+\+00:00'::timestamptz")

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


def lay() -> bool:
    """Give an empty database the recorded steps; False, with nothing done, where that is not possible."""
    steps = standing()
    if steps is None or connection.introspection.table_names():
        return False
    for step in steps:
        _, _, statements = step.partition("\n")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statements)
    return True


def standing() -> list[str] | None:
    """The steps of the record; None where a migration in it is another by now, or where it is not as it was sealed."""
    text = FILE.read_text(encoding="utf-8") if FILE.exists() else ""
    first, sealed, rest = (*text.split("\n", 2), "", "")[:3]
    if first != f"{BEGINS}{packages_digest()}" or sealed != f"{SEAL}{_digest(rest)}":
        return None
    steps = rest.removeprefix(STEP).split(f"\n{STEP}")
    files = migration_digests()
    named = (step.partition("\n")[0].split() for step in steps)
    return steps if all(files.get(name) == digest for name, digest in named if digest != ELSEWHERE) else None


def missing() -> set[str]:
    """The migrations of ours that the record lacks."""
    return set(migration_digests()) - {step.split(maxsplit=1)[0] for step in standing() or ()}


def record() -> str:
    """Migrate an empty database, and return what that took as the text of `baseline.sql`."""
    kept = (standing() or []) if lay() else []
    files, steps = migration_digests(), list[tuple[str, list[str]]]()
    if not kept:
        assert not connection.introspection.table_names(), "a record begins with an empty database"
        steps.append(("django_migrations", []))
    with _recording(lambda statement: steps[-1][1].append(statement)):
        if not kept:
            MigrationRecorder(connection).ensure_schema()
        executor = MigrationExecutor(
            connection,
            lambda action, migration=None, fake=False: (
                steps.append((str(migration), [])) if action == "apply_start" else None
            ),
        )
        executor.migrate(executor.loader.graph.leaf_nodes())
    new = (f"{name} {files.get(name, ELSEWHERE)}\n" + "\n".join(said) for name, said in steps if said)
    text = STEP + f"\n{STEP}".join([*(step.rstrip("\n") for step in kept), *new]) + "\n"
    return f"{BEGINS}{packages_digest()}\n{SEAL}{_digest(text)}\n{text}"


def shape() -> list[tuple[str, ...]]:
    """All that a schema is made of: columns, indexes, policies, triggers, constraints, functions, grants."""
    with connection.cursor() as cursor:
        cursor.execute(SHAPE)
        return list(cursor.fetchall())


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


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _whole(statement: str, params: Any) -> str:
    """The statement with its values written into it; the moment of the recording is the moment when it is laid."""
    if params:
        statement = psycopg.ClientCursor(connection.connection).mogrify(statement, params)
    statement = MOMENT.sub("now()", statement)
    return f"{statement.strip().rstrip(';')};"
