"""Columns of the roster in one piece each, fetched from the database while the files are still being read.

Reading is work of this process and fetching is the server's, so that neither waits for the other. Which source a file
comes from is known only when it has been read; the source of the last import into the organization is guessed, and
what was fetched for a wrong guess is thrown away.
"""

# ruff: noqa: S608 (tables and columns are named by constants of this package; values are parameters)
from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
import psycopg
from django.db import connection
from numpy.typing import NDArray

from fairlead.apps.roster.exchange import ties
from fairlead.apps.roster.exchange.nouns import BY_NAME, known
from fairlead.apps.roster.models import ImportRun, Organization

EPOCH = "date '1970-01-01'"
NEVER = 2**31 - 1  # stands for "no last day" among days
FIELD, ROW = "\x1f", "\x1e"  # the separators that are made for it
NOTHING = -(2**62)  # stands for NULL in an array, whose elements must be of one width
GROUP = 18  # rows are fetched in groups of 2 ** 18 numbers

PERSON_WORDS = ("given_name", "family_name", "sort_name", "language", "email", "phone", "zip")
PERSON_NUMBERS = ("born", "grade")


@dataclass(frozen=True, slots=True)
class Columns:
    """What is asked of the database: words and numbers (name: expression), from where, and the number that parts them."""

    words: dict[str, str]
    numbers: dict[str, str]
    source: str
    number: str


_KNOWN = known(BY_NAME["people"])
PEOPLE = Columns(
    {"key": "k.value", "shared": "k.shared", **{f"o_{c}": f"o.{c}" for c in ("kind", *PERSON_WORDS)}},
    {
        "id": "o.id", "o_organization": "o.organization_id", "ended": "(k.ends IS NOT NULL)::int",
        "o_born": f"o.born - {EPOCH}", "o_grade": "o.grade::int",
    },
    f"({_KNOWN}) k JOIN roster_person o ON o.id = k.row_id",
    "o.id",
)  # fmt: skip
DEMOGRAPHICS = Columns(
    {f"o_{c}": f"d.{c}" for c in ties.WORDS},
    {"id": "d.person_id", **{f"o_{c}": f"d.{c}::int" for c in ties.DEMOGRAPHICS if c not in ties.WORDS}},
    f"({_KNOWN}) k JOIN roster_demographics d ON d.person_id = k.row_id",
    "d.person_id",
)
# Section and student in one number, first and last day in another: a million rows of three numbers, not of five.
_ENROLLED = {
    "id": "e.id",
    "pair": "(e.section_id << 32) + e.student_id",
    "days": f"((e.begins - {EPOCH})::bigint << 32) + coalesce(e.ends - {EPOCH}, {NEVER})",
}
ENROLLMENTS = Columns(
    {}, _ENROLLED, f"roster_enrollment e WHERE e.section_id IN (SELECT row_id FROM ({known(BY_NAME['classes'])}) k)", "e.id"
)  # fmt: skip
ENROLLMENTS_OF_OURS = Columns(
    {}, _ENROLLED, f"roster_enrollment e WHERE e.section_id IN (SELECT id FROM ({ties.SECTIONS}) c)", "e.id"
)
AHEAD = {"people": PEOPLE, "enrollments": ENROLLMENTS, "demographics": DEMOGRAPHICS}  # as they are needed


@dataclass(slots=True)
class Ahead:
    """What is being fetched for a source that is guessed, each table for one taker."""

    source: str = ""
    tables: dict[str, Future[pl.DataFrame]] = field(default_factory=dict)

    def take(self, table: str, parameters: dict[str, Any]) -> pl.DataFrame:
        """A table's columns: what was fetched if the guess was right, else fetched now."""
        if parameters["source"] != self.source:
            self.tables.clear()
        there = self.tables.pop(table, None)
        return fetch(AHEAD[table], parameters) if there is None else there.result()


@contextmanager
def fetching(root: Organization) -> Iterator[Ahead]:
    """Begin to fetch what the next bulk file of the last source is held against; nobody else may ask meanwhile."""
    last = (
        ImportRun.objects.filter(organization=root, status=ImportRun.Status.MERGED)
        .order_by("-decided_at", "-pk")
        .first()
    )
    if last is None:
        yield Ahead()
        return
    with ThreadPoolExecutor(1) as pool:
        given = {"source": last.source}
        raw = connection.connection  # a thread of its own would be given a connection of its own
        own = last.source == f"{root.sourced_id}:fairlead"  # then it is not known yet of which sections
        bulk = [t for t in AHEAD if last.modes.get(t) == "bulk" and not (own and t == "enrollments")]
        yield Ahead(last.source, {t: pool.submit(_fetch, raw, AHEAD[t], given) for t in bulk})


def fetch(columns: Columns, parameters: dict[str, Any]) -> pl.DataFrame:
    """Columns of the database, each in one piece for a quarter of a million rows: row by row takes far longer.

    Words come as one text with separators between, numbers as arrays; NULL is "" among words and null among numbers.
    A separator within a word comes as a question mark.
    """
    connection.ensure_connection()
    return _fetch(connection.connection, columns, parameters)


def _fetch(raw: Any, columns: Columns, parameters: dict[str, Any]) -> pl.DataFrame:
    frame = _parts(raw, columns, parameters, "{}")
    if frame is None:  # somebody's name holds one of the separators
        frame = _parts(raw, columns, parameters, f"translate({{}}, '{FIELD}{ROW}', '??')")
    assert frame is not None
    return frame


def _parts(raw: Any, columns: Columns, parameters: dict[str, Any], word: str) -> pl.DataFrame | None:
    """The columns, or nothing where a word holds a separator; `word` is how each is written."""
    words, numbers = columns.words, columns.numbers
    asked = [f"array_agg(coalesce(({expression})::bigint, {NOTHING}))" for expression in numbers.values()]
    if words:
        written = f" || '{FIELD}' || ".join(word.format(f"coalesce({w}, '')") for w in words.values())
        asked.append(f"string_agg({written} || '{FIELD}.', '{ROW}')")
    parts = []
    with psycopg.ClientCursor(raw) as cursor:
        sql = cursor.mogrify(
            f"SELECT {', '.join(asked)} FROM {columns.source} GROUP BY {columns.number} >> {GROUP}", parameters
        )
    with _whole_tables(raw), psycopg.Cursor(raw) as cursor:
        cursor.execute(sql.encode(), binary=True)
        result = cursor.pgresult
    assert result is not None
    for i in range(result.ntuples):
        part = pl.DataFrame([_numbers(name, result.get_value(i, j) or b"") for j, name in enumerate(numbers)])
        if words:
            said = result.get_value(i, len(numbers)) or b""
            if said.count(FIELD.encode()) != len(words) * part.height or said.count(ROW.encode()) != part.height - 1:
                return None
            text = pl.read_csv(
                io.BytesIO(said), has_header=False, infer_schema=False, separator=FIELD, eol_char=ROW, quote_char=None,
                new_columns=[*words, "_end"],
            )  # fmt: skip
            part = part.with_columns(text.drop("_end").fill_null(""))
        parts.append(part)
    schema = dict.fromkeys(numbers, pl.Int64) | dict.fromkeys(words, pl.String)
    return pl.concat(parts) if parts else pl.DataFrame(schema=schema)


@contextmanager
def _whole_tables(raw: Any) -> Iterator[None]:
    """Have whole tables read and hashed: what statistics say of a source that has just come in would mislead."""
    settings = {"enable_nestloop": "off", "enable_sort": "off", "max_parallel_workers_per_gather": "0"}
    with psycopg.ClientCursor(raw) as cursor:
        cursor.execute("; ".join(f"SET {name} = {value}" for name, value in settings.items()))
    try:
        yield
    finally:
        with (
            suppress(psycopg.Error),
            psycopg.ClientCursor(raw) as cursor,
        ):  # a transaction that failed has none of them
            cursor.execute("; ".join(f"RESET {name}" for name in settings))


def _numbers(name: str, array: bytes) -> pl.Series:
    """The elements of PostgreSQL's binary bigint[]: after 20 bytes of header, each with its width before it."""
    found = np.frombuffer(array, dtype=[("width", ">i4"), ("value", ">i8")], offset=20)
    values: NDArray[np.int64] = found["value"].astype(np.int64)
    nothing = values == NOTHING
    series = pl.Series(name, values)
    return series.set(pl.Series(nothing), None) if nothing.any() else series
