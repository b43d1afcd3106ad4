"""From a reading to staging tables: what polars can check is checked here, then everything goes in by COPY.

Staging tables are UNLOGGED when the owner imports and TEMPORARY when the worker does (it may own no table): neither is
written to the log, and both are gone when the import ends. Names: `staged_people`, `staged_orgs`, …
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any

import polars as pl
from django.db import DatabaseError, connection

from fairlead.apps.roster.exchange.canonical import (
    TABLES,
    Quarantined,
    Reading,
    conform,
)
from fairlead.apps.roster.exchange.problems import gettext_noop as _
from fairlead.apps.roster.names import sort_key

SQL_TYPES = {"text": "text", "date": "date", "int": "integer", "bool": "boolean", "grade": "smallint"}
SLICE = 200_000  # rows of one piece of COPY: bounds the text in memory

DUPLICATE = _("This row is in the file already, above; the first is taken.")
ONE_ROW = _("Keep one of the two rows.")
ENDS_FIRST = _("It ends before it begins.")
SWAP = _("Mend one of the two dates in the system that made the file.")
CIRCLE = _("An organization cannot stand above itself.")
MEND_PARENT = _("Mend the parent of one of the organizations of this circle.")


@dataclass(slots=True)
class Staged:
    """What lies in the staging tables, and how the input rows are accounted for so far."""

    files: list[str]
    counts: dict[str, int]
    rows: dict[str, int]
    tables_of: dict[str, list[str]]
    quarantined: list[Quarantined]
    covered: dict[str, int] = field(default_factory=dict)
    lines_of: dict[tuple[str, str], int] = field(default_factory=dict)
    spoken: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    def header(self, file: str, table: str, column: str) -> str:
        """What the file calls a column."""
        return _header(self.spoken, file, table, column)


def _header(spoken: dict[tuple[str, str], dict[str, str]], file: str, table: str, column: str) -> str:
    """What the file calls a column; the column's own name where the reader does not tell."""
    return spoken.get((file, table), {}).get("sourced_id" if column == "sourcedId" else column, column)


def stage(reading: Reading) -> tuple[Staged, dict[str, pl.DataFrame]]:
    """Check every table, and account for its lines. The reading's frames are let go one by one: they may be large."""
    tables: dict[str, pl.DataFrame] = {}
    quarantined = list(reading.quarantined)
    for name in TABLES:
        frame = reading.tables.pop(name, None)
        frame = conform(name, pl.DataFrame(schema=TABLES[name].schema)) if frame is None else frame
        tables[name], refused = checked(name, frame)
        quarantined += [replace(q, column=_header(reading.spoken, q.file, name, q.column)) for q in refused]
    names = {*reading.counts, *(f for frame in tables.values() for f in frame["_file"].unique())}
    staged = Staged(sorted(n for n in names if n), reading.counts, {}, {}, quarantined)
    staged.spoken = reading.spoken
    staged.covered = {file: _lines(tables, file) for file in staged.files}
    for name, frame in tables.items():
        for file, lines in frame.group_by("_file").agg(pl.col("_line").n_unique()).iter_rows():
            staged.tables_of.setdefault(file, []).append(name)
            staged.lines_of[file, name] = lines
        staged.rows[name] = frame.height
    return staged, tables


def _lines(tables: dict[str, pl.DataFrame], file: str) -> int:
    """How many lines of a file are in some table."""
    lines = [f.filter(pl.col("_file") == file)["_line"] for f in tables.values() if f.height]
    return pl.concat(lines).n_unique() if lines else 0


def checked(table: str, frame: pl.DataFrame) -> tuple[pl.DataFrame, list[Quarantined]]:
    """Without duplicates, rows that end before they begin, and organizations in circles."""
    spec, refused = TABLES[table], []
    key = list(spec.key)
    # Rows of different hashes are different: only where two hashes are the same need the rows themselves be looked at.
    mixed = reduce(lambda whole, column: whole * 31 + pl.col(column).hash(), key[1:], pl.col(key[0]).hash())
    alike = frame.height and frame.select(mixed.n_unique()).item() < frame.height
    if alike and (twice := ~frame.select(pl.struct(key).is_first_distinct()).to_series()).any():
        refused += _refuse(frame.filter(twice), table, key[0], DUPLICATE, ONE_ROW)
        frame = frame.filter(~twice)
    if "begins" in frame.columns and frame.height:
        early = frame.select((pl.col("ends") < pl.col("begins")).fill_null(False)).to_series()
        if early.any():
            refused += _refuse(frame.filter(early), table, "ends", ENDS_FIRST, SWAP)
            frame = frame.filter(~early)
    if table == "orgs" and frame.height:
        parents = dict(frame.select("sourced_id", "parent").iter_rows())
        round_about = [key for key in parents if _circles(key, parents)]
        inside = frame["sourced_id"].is_in(round_about)
        refused += _refuse(frame.filter(inside), table, "parent", CIRCLE, MEND_PARENT)
        frame = frame.filter(~inside)
    return frame, refused


def _circles(start: str, parents: dict[str, str | None]) -> bool:
    seen, node = {start}, parents.get(start)
    while node is not None and node not in seen:
        seen.add(node)
        node = parents.get(node)
    return node == start


def _refuse(rows: pl.DataFrame, table: str, column: str, problem: str, remedy: str) -> list[Quarantined]:
    return [
        Quarantined(file, line, column, table, problem, remedy)
        for file, line in rows.select("_file", "_line").iter_rows()
    ]


def create(kind: str) -> None:
    """Empty staging tables."""
    with connection.cursor() as cursor:
        for name, spec in TABLES.items():
            columns = [f'"{c.name}" {SQL_TYPES[c.kind]}' for c in spec.columns]
            columns += ["sort_name text"] if name == "people" else []
            columns += ["_file smallint", "_line bigint", "_gone boolean"]
            cursor.execute(f"CREATE {kind} TABLE staged_{name} ({', '.join(columns)})")


def put(table: str, frame: pl.DataFrame, files: list[str]) -> None:
    """COPY a table's rows into its staging table."""
    number = {name: i for i, name in enumerate(files)}
    frame = frame.with_columns(
        pl.col("_file").replace_strict(number, default=None, return_dtype=pl.Int16),
        pl.col("_gone").fill_null(False),
    )
    if table == "people":
        frame = frame.with_columns(sort_names(frame))
    names = ", ".join(f'"{c}"' for c in frame.columns)
    connection.ensure_connection()
    with connection.connection.cursor() as cursor:
        if frame.height:
            with cursor.copy(f"COPY staged_{table} ({names}) FROM STDIN (FORMAT csv)") as copy:
                send(copy, frame)
        cursor.execute(f"ANALYZE staged_{table}")


def send(copy: Any, frame: pl.DataFrame) -> None:
    """A frame into an open COPY, in pieces."""
    for piece in frame.iter_slices(SLICE):
        text = io.BytesIO()
        piece.write_csv(text, include_header=False)
        copy.write(text.getbuffer())


def sort_names(people: pl.DataFrame) -> pl.Series:
    """`sort_key` of every person: ASCII names by polars, the others one by one."""
    whole = pl.format("{} {}", pl.col("family_name").fill_null(""), pl.col("given_name").fill_null(""))
    plain = people.select(whole.alias("sort_name")).to_series()
    keys = plain.str.to_lowercase().str.strip_chars()
    foreign = plain.str.contains(r"[^\x00-\x7F]")
    if foreign.any():
        at = foreign.arg_true()
        pairs = people[at].select("family_name", "given_name").iter_rows()
        keys = keys.scatter(at, [sort_key(family or "", given or "") for family, given in pairs])
    return keys.alias("sort_name")


@contextmanager
def tables(kind: str) -> Iterator[None]:
    """Staging tables for one import; dropped at its end, whatever happens."""
    drop()
    create(kind)
    try:
        yield
    finally:
        with suppress(DatabaseError):  # a transaction that failed has dropped them
            drop()


def drop() -> None:
    """Drop every table of an import, also of one that was killed."""
    with connection.cursor() as cursor:
        for stem in ("staged", "resolved", "map", "closing"):
            for name in TABLES:
                cursor.execute(f"DROP TABLE IF EXISTS {stem}_{name}")
        cursor.execute("DROP TABLE IF EXISTS import_reach, import_refused, import_answers, import_leads")
        cursor.execute("DROP TABLE IF EXISTS unlisted_people, standing_enrollments, fresh_enrollments")
