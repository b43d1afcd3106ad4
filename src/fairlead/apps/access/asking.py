"""SQL written by hand: one statement with named values, prepared, so that PostgreSQL plans it once for a connection."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model

M = TypeVar("M", bound=Model)
_ours: Any = connection  # the engine of `site.postgres`, which has prepared statements


def fetch(sql: str, /, **values: Any) -> list[tuple[Any, ...]]:
    """All rows of one statement."""
    with _ours.prepared() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def find(model: type[M], rest: str, /, *, without: tuple[str, ...] = (), **values: Any) -> list[M]:
    """Objects of a model, whose table is `t`; `rest` begins with JOIN or WHERE. `without`: what is read when asked for."""
    names, columns, loads = _columns(model, without)
    rows = fetch(f"SELECT {columns} FROM {model._meta.db_table} t {rest}", **values)  # noqa: S608  (the model's own)
    if loads:
        rows = [tuple(loads[i](v, None, connection) if i in loads else v for i, v in enumerate(row)) for row in rows]
    return [model.from_db(DEFAULT_DB_ALIAS, names, row) for row in rows]


@cache
def _columns(model: type[Model], without: tuple[str, ...]) -> tuple[list[str], str, dict[int, Any]]:
    """A model's attributes, their columns, and by place how those are read that PostgreSQL does not give as they are."""
    fields = [field for field in model._meta.concrete_fields if field.attname not in without]
    loads = {i: field.from_db_value for i, field in enumerate(fields) if hasattr(field, "from_db_value")}
    return [field.attname for field in fields], ", ".join(f't."{field.column}"' for field in fields), loads


def change(sql: str, /, **values: Any) -> int:
    """Carry out one statement that writes; how many rows it wrote."""
    with _ours.prepared() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)
