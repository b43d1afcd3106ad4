"""Which columns point at a person, and what becomes of each row when that person is erased: data, declared by each app.

An app says it in its `erasure.toml`: a table for each table, a line for each column.

    [attendance_attendancemark]
    student_id = "delete"            # the row is about the person: it goes
    explained_by_id = "blank"        # the row is about somebody else: it stays, and forgets the person
    [attendance_reminder]
    sent_by_id = "stand_in"          # the same where the column must name somebody: a nameless stand-in
    [instruments_instrument]
    restrictions = "nobody"          # a JSON column that holds nothing about a person
    [pghistory_context]
    metadata = "code"                # done by a function of the app's `erasing.py`
    [access_example]
    person_id = "keep: the legal ground"  # the rows stay together, with a nameless person of their own
    [jobs]                           # arguments of tasks: whose number they are
    reminder_id = "attendance_reminder"
    student_id = "roster_person"
    year = "nobody"

History tables follow the table that they keep. A test fails for a column that is not declared.
"""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection, models

ACTIONS = ("delete", "blank", "stand_in", "nobody", "code", "keep")
FILE = "erasure.toml"
PERSON, ACCOUNT = "roster_person", "access_account"


class Misdeclared(Exception):
    """A declaration that says nothing that can be done; the message names file, table and column."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What becomes of the rows of one column when its person is erased."""

    table: str
    column: str
    action: str
    ground: str = ""
    app: str = ""


@cache
def rules() -> dict[tuple[str, str], Rule]:
    """Every declaration by (table, column)."""
    found: dict[tuple[str, str], Rule] = {}
    for app, tables in _files():
        for table, columns in tables.items():
            for column, said in columns.items() if table != "jobs" else ():
                action, _, ground = str(said).partition(":")
                where = f"{app}/{FILE}: {table}.{column}"
                if action not in ACTIONS or (action == "keep") != bool(ground.strip()):
                    raise Misdeclared(
                        f'{where} = "{said}"; allowed: {", ".join(ACTIONS)}, and "keep: the legal ground"'
                    )
                if (table, column) in found:
                    raise Misdeclared(f"{where} is declared twice, in {found[table, column].app} too")
                found[table, column] = Rule(table, column, action, ground.strip(), app)
    return found


@cache
def job_arguments() -> dict[str, str]:
    """Arguments of tasks, with the table whose number they are (or "nobody")."""
    return {name: str(table) for _, tables in _files() for name, table in tables.get("jobs", {}).items()}


def _files() -> Iterator[tuple[str, dict[str, dict[str, Any]]]]:
    for config in apps.get_app_configs():
        path = Path(config.path) / FILE
        if path.exists():
            yield config.label, tomllib.loads(path.read_text(encoding="utf-8"))


def model_of(table: str) -> type[models.Model] | None:
    """The model that keeps a table; None for a table without one."""
    return {m._meta.db_table: m for m in _kept_models()}.get(table)


def _kept_models() -> list[type[models.Model]]:
    return [m for m in apps.get_models(include_auto_created=True) if m._meta.managed and not m._meta.proxy]


def history_of(table: str) -> type[Any] | None:
    """The model of a table's history, when it has one."""
    return next((m for m in _kept_models() if _tracks(m) == table), None)


def _tracks(model: type[models.Model]) -> str | None:
    tracked = getattr(model, "pgh_tracked_model", None)
    return tracked._meta.db_table if tracked else None


def columns_of_people() -> dict[tuple[str, str], str]:
    """Every column that points at a person or an account, or may hold anything (JSON): with what it is."""
    found = {(PERSON, "id"): "person"}
    for model in _kept_models():
        if _tracks(model):
            continue
        for field in model._meta.concrete_fields:
            target = getattr(getattr(field.related_model, "_meta", None), "db_table", None)
            where = (model._meta.db_table, str(field.column))
            if target in (PERSON, ACCOUNT):
                found[where] = "person" if target == PERSON else "account"
            elif isinstance(field, models.JSONField):
                found[where] = "json"
    return found | _columns_without_model()


_WITHOUT_MODEL = """
    SELECT c.relname, a.attname,
           CASE WHEN f.confrelid = 'roster_person'::regclass THEN 'person'
                WHEN f.confrelid = 'access_account'::regclass THEN 'account'
                WHEN a.atttypid IN ('json'::regtype, 'jsonb'::regtype) THEN 'json' ELSE 'person' END
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_constraint f ON f.conrelid = c.oid AND f.contype = 'f' AND f.conkey = ARRAY[a.attnum]
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relname <> ALL (%s)
      AND (f.confrelid IN ('roster_person'::regclass, 'access_account'::regclass)
           OR a.atttypid IN ('json'::regtype, 'jsonb'::regtype)
           OR a.attname ~ '(^|_)(person|student|guardian|teacher|staff|account|user)(_id)?$')
"""


def _columns_without_model() -> dict[tuple[str, str], str]:
    """The same in tables that were made by SQL alone: by foreign key, by type, and by name."""
    known = [m._meta.db_table for m in _kept_models()]
    with connection.cursor() as cursor:
        cursor.execute(_WITHOUT_MODEL, [known])
        return {(table, column): kind for table, column, kind in cursor.fetchall()}


def undeclared() -> list[str]:
    """Columns about people of which no app says what becomes of them, and arguments of tasks likewise."""
    missing = [
        f"{table}.{column} ({kind})"
        for (table, column), kind in columns_of_people().items()
        if (table, column) not in rules()
    ]
    return sorted(missing) + sorted(
        f"argument {name} of task {task}" for task, name in _arguments() if name not in job_arguments()
    )


def stale() -> list[str]:
    """Declarations of columns that are not there."""
    there = columns_of_people()
    return sorted(f"{t}.{c}" for t, c in rules() if (t, c) not in there)


def _arguments() -> Iterator[tuple[str, str]]:
    from procrastinate.contrib.django import app

    for task in set(app.tasks.values()):
        if task.func.__module__.startswith("fairlead."):
            for name in inspect.signature(task.func).parameters:
                if name not in ("context", "timestamp"):
                    yield task.name, name
