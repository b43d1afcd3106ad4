"""What a database holds, told so that two databases can be compared: rows and a checksum for each table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import Connection, sql

# How values are written as text must not depend on the server or the login.
PLAIN = (
    "SET LOCAL datestyle = 'ISO, YMD'",
    "SET LOCAL intervalstyle = 'postgres'",
    "SET LOCAL timezone = 'UTC'",
    "SET LOCAL extra_float_digits = 1",
    "SET LOCAL bytea_output = 'hex'",
)
TABLES = """
    SELECT c.relname, array_agg(a.attname ORDER BY a.attnum)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    WHERE n.nspname = 'public' AND c.relkind = 'r' GROUP BY c.relname ORDER BY c.relname
"""
SEQUENCES = "SELECT sequencename, COALESCE(last_value, 0) FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1"
ANYTHING = """
    SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
"""


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its columns, how many rows, and a sum over the rows that does not depend on their order."""

    name: str
    columns: tuple[str, ...]
    rows: int
    checksum: str


def columns(connection: Connection[Any]) -> dict[str, tuple[str, ...]]:
    """The tables of the schema, with the columns that can be copied."""
    return {name: tuple(found) for name, found in connection.execute(TABLES).fetchall()}


def measure(connection: Connection[Any], name: str, found: tuple[str, ...]) -> Table:
    """Count and sum one table; in a transaction that has been told `PLAIN`."""
    listed = sql.SQL(", ").join(map(sql.Identifier, found))
    query = sql.SQL(
        "SELECT count(*), COALESCE(sum(('x' || substr(md5(row({columns})::text), 1, 16))::bit(64)::bigint), 0)::text FROM {table}"
    ).format(columns=listed, table=sql.Identifier("public", name))
    row = connection.execute(query).fetchone()
    assert row is not None
    return Table(name, found, row[0], row[1])


def speak_plainly(connection: Connection[Any]) -> None:
    """Fix how values are written as text, for this transaction."""
    for setting in PLAIN:
        connection.execute(setting)


def sequences(connection: Connection[Any]) -> dict[str, int]:
    """How far each sequence has counted."""
    return {name: int(value) for name, value in connection.execute(SEQUENCES).fetchall()}


def is_empty(connection: Connection[Any]) -> bool:
    """Whether nobody has made anything in this database."""
    row = connection.execute(ANYTHING).fetchone()
    return row is not None and row[0] == 0
