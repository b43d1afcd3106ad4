"""Rows into tables by COPY, as the owner."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection


def copy_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """COPY `rows` into `table`. Give ids yourself (see `World.take_ids`)."""
    names = ", ".join(f'"{c}"' for c in columns)
    connection.ensure_connection()
    with (
        connection.connection.cursor() as cursor,
        cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy,
    ):
        for row in rows:
            copy.write_row(row)


def copy_text(table: str, columns: Sequence[str], text: bytes) -> None:
    r"""COPY a ready text (tab-separated, `\N` for null) into `table`; for hundreds of thousands of rows."""
    names = ", ".join(f'"{c}"' for c in columns)
    connection.ensure_connection()
    with (
        connection.connection.cursor() as cursor,
        cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy,
    ):
        copy.write(text)


def advance_ids(table: str) -> None:
    """After a COPY with ids: let the table's own numbering go on behind them."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), GREATEST((SELECT max(id) FROM {table}), 1))"  # noqa: S608
        )
