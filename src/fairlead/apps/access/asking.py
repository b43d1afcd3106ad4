"""SQL written by hand: one statement with named values, prepared, so that PostgreSQL plans it once for a connection."""

from __future__ import annotations

from typing import Any

from django.db import connection

_ours: Any = connection  # the engine of `site.postgres`, which has prepared statements


def fetch(sql: str, /, **values: Any) -> list[tuple[Any, ...]]:
    """All rows of one statement."""
    with _ours.prepared() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def change(sql: str, /, **values: Any) -> int:
    """Carry out one statement that writes; how many rows it wrote."""
    with _ours.prepared() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)
