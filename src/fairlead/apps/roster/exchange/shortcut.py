"""What need not pass through the staging tables: most rows of a bulk file say again what the roster has.

The roster's own columns are fetched whole and held against the file's. People, demographics and enrollments that are
certainly the same are counted and let go; enrollments that are certainly new wait as numbers for the merge. Every
other row is staged, and `nouns` and `ties` decide about it as ever: nothing here says that a row changed, ended or is
refused. A delta file is small and has no use for it.
"""

# ruff: noqa: S608 (tables and columns are named by constants of this package; values are parameters)
from __future__ import annotations

import io
from datetime import date

import numpy as np
import polars as pl
import psycopg
from django.db import connection
from numpy.typing import NDArray

from fairlead.apps.roster.exchange import nouns, staging, ties
from fairlead.apps.roster.exchange.job import Job
from fairlead.apps.roster.exchange.nouns import BY_NAME, ask, run
from fairlead.apps.roster.exchange.staging import Staged

EPOCH = "date '1970-01-01'"
NEVER = 2**31 - 1  # stands for "no last day" among days
FIELD, ROW = "\x1f", "\x1e"  # the separators that are made for it
NOTHING = -(2**62)  # stands for NULL in an array, whose elements must be of one width
GROUP = 18  # rows are fetched in groups of 2 ** 18 numbers
EXAMPLES = 10  # new enrollments that are staged all the same, to be shown

_WORDS = ("given_name", "family_name", "sort_name", "language", "email", "phone", "zip")
_NUMBERS = ("born", "grade")


def people(frame: pl.DataFrame, job: Job) -> pl.DataFrame:
    """The persons that must be staged; of the others it is remembered who they are."""
    if not job.bulk("people") or not frame.height:
        return frame
    known = _fetch(
        {
            "key": "k.value", "shared": "k.shared", **{f"o_{c}": f"o.{c}" for c in ("kind", *_WORDS)},
        },
        {
            "id": "o.id", "o_organization": "o.organization_id", "ended": "(k.ends IS NOT NULL)::int",
            "o_born": f"o.born - {EPOCH}", "o_grade": "o.grade::int",
        },
        f"({nouns.known(BY_NAME['people'])}) k JOIN roster_person o ON o.id = k.row_id",
        "o.id",
        job,
    )  # fmt: skip
    if not known.height:
        return frame
    reach = pl.Series([i for (i,) in ask("SELECT id FROM import_reach", job)], dtype=pl.Int64)
    schema = {"org": pl.String, "n_organization": pl.Int64}
    orgs = pl.DataFrame(ask("SELECT key, id FROM map_orgs", job), schema, orient="row").unique("org", keep="none")
    said = frame.with_columns(staging.sort_names(frame), pl.col("born").to_physical()).with_row_index("_at")
    pairs = said.join(known, left_on="sourced_id", right_on="key").join(orgs, on="org", how="left")
    pairs = pairs.with_columns(pl.col("id").is_duplicated().alias("twice"))
    nothing_new = [pl.col(c).is_null() | (pl.col(c) == pl.col(f"o_{c}")) for c in (*_WORDS[3:], *_NUMBERS)]
    exactly = [(pl.col(c) == pl.col(f"o_{c}")).fill_null(False) for c in ("kind", *_WORDS[:3])]
    same = pairs.filter(
        ~pl.col("_gone").fill_null(False), pl.col("ended") == 0, ~pl.col("twice"),
        (pl.col("n_organization") == pl.col("o_organization")).fill_null(False),
        pl.col("o_organization").is_in(reach.implode()), ~pl.col("sourced_id").is_in(list(job.answers)),
        pl.col("identifiers").fill_null("") == pl.col("shared"),
        *exactly, *(each.fill_null(False) for each in nothing_new),
    )  # fmt: skip
    cut = job.shortcut
    cut.people = same.select(
        pl.col("sourced_id").alias("key"), "id", "kind", pl.col("o_organization").alias("organization_id")
    )
    cut.same["people"], cut.known["people"] = same.height, int((known["ended"] == 0).sum())
    run(f"CREATE {job.kind} TABLE unlisted_people (value text)", job)
    _copy("unlisted_people", known.join(frame, left_on="key", right_on="sourced_id", how="anti").select("key"))
    run("ANALYZE unlisted_people", job)
    return frame.with_row_index("_at").join(same, on="_at", how="anti", maintain_order="left").drop("_at")


def point_at(job: Job, *keys: pl.Series) -> None:
    """Let rows that are staged refer to persons who were not: put these into the map of people."""
    cut = job.shortcut
    if cut.people is None:
        return
    named = pl.concat([k.cast(pl.String).alias("key") for k in keys]).unique().to_frame()
    more = cut.people.join(named, on="key", how="semi").join(cut.mapped, on="key", how="anti")
    if more.height:
        cut.mapped = pl.concat([cut.mapped, more.select("key")])
        _copy("map_people (key, id, kind, organization_id)", more)
        run("ANALYZE map_people", job)


def demographics(frame: pl.DataFrame, job: Job) -> pl.DataFrame:
    """The rows of demographics that must be staged."""
    persons = job.shortcut.people
    if persons is None or not frame.height:
        return frame
    words = {f"o_{c}": f"d.{c}" for c in ties.WORDS}
    flags = [c for c in ties.DEMOGRAPHICS if c not in ties.WORDS]
    there = _fetch(
        words,
        {"id": "d.person_id", **{f"o_{c}": f"d.{c}::int" for c in flags}},
        f"({nouns.known(BY_NAME['people'])}) k JOIN roster_demographics d ON d.person_id = k.row_id",
        "d.person_id",
        job,
    )
    said = frame.with_row_index("_at").with_columns(pl.col(c).cast(pl.Int64) for c in flags)
    pairs = said.join(persons.select("key", "id"), left_on="person", right_on="key").join(there, on="id")
    nothing_new = [pl.col(c).is_null() | (pl.col(c) == pl.col(f"o_{c}")) for c in ties.DEMOGRAPHICS]
    same = pairs.filter(~pl.col("_gone").fill_null(False), *(each.fill_null(False) for each in nothing_new))
    job.shortcut.same["demographics"] = same.height
    return frame.with_row_index("_at").join(same, on="_at", how="anti", maintain_order="left").drop("_at")


def enrollments(frame: pl.DataFrame, job: Job, staged: Staged) -> pl.DataFrame:
    """The enrollments that must be staged; those that are plainly new are kept for the merge, as numbers."""
    if not job.bulk("enrollments") or not frame.height:
        return frame
    sections, students = _sections(job), _students(job)
    if (sections["section_id"] >= 2**31).any() or (students["student_id"] >= 2**32).any():
        return frame  # a section and a student would not fit into one number
    there = _standing(job)
    said = (
        frame.lazy()
        .select("_file", "_line", "_gone", "section", "student", "begins", "ends")
        .with_row_index("_at")
        .join(sections.lazy(), on="section", how="left", maintain_order="left")
        .join(students.lazy(), on="student", how="left", maintain_order="left")
        .select(
            "_at", "_file", "_line", "section_id", "student_id", "organization_id", _pair(),
            pl.coalesce(pl.col("begins").to_physical(), "session_begins").alias("begins"),
            pl.col("ends").to_physical().fill_null(NEVER).alias("ends"),
            (pl.col("section_id").is_not_null() & pl.col("student_id").is_not_null()
             & ~pl.col("_gone").fill_null(False)).alias("sound"),
        )
        .collect()
    )  # fmt: skip
    key = ["pair", "begins"]
    sound = said.filter("sound")
    if there.select(pl.struct(key).hash().n_unique()).item() < there.height or (
        sound.select(pl.struct(key).hash().n_unique()).item() < sound.height
    ):  # one row for two, or two for one: not for a shortcut
        return frame
    cut = job.shortcut
    same = sound.join(there.select(*key, "ends", "id"), on=[*key, "ends"]).select("_at", "id")
    left = there.join(same, on="id", how="anti")
    today = (job.today - date(1970, 1, 1)).days
    lasting = sections.filter(pl.col("session_ends") >= today).select("section_id").unique()
    going_on = there.filter(pl.col("ends") >= today).join(lasting, on="section_id", how="semi")
    new = sound.join(there.select("pair"), on="pair", how="anti", maintain_order="left")
    new = new.filter(pl.col("begins").is_not_null()) if _lines_are_their_own(frame, staged) else new.clear()
    new = new.slice(EXAMPLES)
    gone = pl.concat([same["_at"], new["_at"]])
    rest = said.join(gone.to_frame(), on="_at", how="anti")
    of_rest = left.join(rest.select("pair"), on="pair", how="semi")
    run(f"CREATE {job.kind} TABLE standing_enrollments (id bigint)", job)
    _copy(
        "standing_enrollments", pl.concat([of_rest, going_on.join(same, on="id", how="anti")]).select("id").unique()
    )
    run("ANALYZE standing_enrollments", job)
    cut.known["enrollments"] = going_on.height
    cut.fresh = new.select("section_id", "student_id", "organization_id", "begins", "ends")
    cut.fresh_of = dict(new.group_by("_file").len().iter_rows())
    return frame.with_row_index("_at").join(gone.to_frame(), on="_at", how="anti", maintain_order="left").drop("_at")


def write_fresh(job: Job) -> None:
    """Write the plainly new enrollments: straight into their table where the login may, else through one of its own."""
    fresh = job.shortcut.fresh
    if fresh is None or not fresh.height:
        return
    target = "roster_enrollment"
    if job.kind != "UNLOGGED":  # COPY into a table behind a wall is not for those whom the wall holds
        target = "fresh_enrollments"
        run(
            f"CREATE TEMPORARY TABLE {target} (section_id bigint, student_id bigint, organization_id bigint, "
            "begins date, ends date)",
            job,
        )
    columns = "section_id, student_id, organization_id, begins, ends"
    days = pl.col("ends").replace(NEVER, None)
    dated = fresh.select(
        "section_id", "student_id", "organization_id", pl.col("begins").cast(pl.Date), days.cast(pl.Date)
    )
    _copy(f"{target} ({columns})", dated)
    if target != "roster_enrollment":
        run(f"INSERT INTO roster_enrollment ({columns}) SELECT {columns} FROM {target}", job)
        run(f"DROP TABLE {target}", job)


def _lines_are_their_own(frame: pl.DataFrame, staged: Staged) -> bool:
    """Whether no line of the enrollments' files speaks of anything else, so that rows can be counted as lines."""
    return all(
        sum(staged.lines_of[file, name] for name in staged.tables_of[file]) == staged.covered[file]
        for file in frame["_file"].unique()
    )


def _pair() -> pl.Expr:
    """Section and student in one number."""
    return (pl.col("section_id") * 2**32 + pl.col("student_id")).alias("pair")


def _sections(job: Job) -> pl.DataFrame:
    found = ask(
        f"SELECT key, id, organization_id, begins - {EPOCH}, ends - {EPOCH} FROM ({ties.SECTIONS}) c",
        job,
    )
    schema = {
        "section": pl.String, "section_id": pl.Int64, "organization_id": pl.Int64, "session_begins": pl.Int32,
        "session_ends": pl.Int32,
    }  # fmt: skip
    return pl.DataFrame(found, schema, orient="row").unique("section", keep="none")


def _students(job: Job) -> pl.DataFrame:
    """Every student to whom the file may refer, staged or not."""
    mapped = _fetch(
        {"student": "m.key"}, {"student_id": "m.id"}, "map_people m WHERE m.kind = 'student'", "m.id", job
    )
    cut = job.shortcut.people
    if cut is not None:
        same = cut.filter(pl.col("kind") == "student").select(
            pl.col("key").alias("student"), pl.col("id").alias("student_id")
        )
        mapped = pl.concat([mapped.select(same.columns), same]).unique()
    return mapped.unique("student", keep="none")


def _standing(job: Job) -> pl.DataFrame:
    """The roster's enrollments in the source's sections."""
    there = _fetch(
        {},
        {
            "id": "e.id", "section_id": "e.section_id", "student_id": "e.student_id", "begins": f"e.begins - {EPOCH}",
            "ends": f"coalesce(e.ends - {EPOCH}, {NEVER})",
        },
        f"roster_enrollment e JOIN (SELECT DISTINCT id FROM ({ties.SECTIONS}) c) c ON c.id = e.section_id",
        "e.id",
        job,
    )  # fmt: skip
    days = [pl.col(c).cast(pl.Int32) for c in ("begins", "ends")]
    return there.with_columns(*days, _pair())


def _fetch(words: dict[str, str], numbers: dict[str, str], source: str, number: str, job: Job) -> pl.DataFrame:
    """Columns of the database, each in one piece for a quarter of a million rows: row by row takes far longer.

    Words come as one text with separators between, numbers as arrays; NULL is "" among words and null among numbers.
    """
    asked = [f"array_agg(coalesce(({expression})::bigint, {NOTHING}))" for expression in numbers.values()]
    if words:
        fields = ", ".join(f"translate(coalesce({w}, ''), '{FIELD}{ROW}', '??')" for w in words.values())
        asked.append(f"string_agg(concat_ws('{FIELD}', {fields}, '.'), '{ROW}')")
    connection.ensure_connection()
    parts = []
    with psycopg.ClientCursor(connection.connection) as cursor:
        sql = cursor.mogrify(f"SELECT {', '.join(asked)} FROM {source} GROUP BY {number} >> {GROUP}", job.parameters)
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(sql.encode(), binary=True)
        result = cursor.pgresult
        assert result is not None
        for i in range(result.ntuples):
            part = pl.DataFrame({name: _numbers(result.get_value(i, j) or b"") for j, name in enumerate(numbers)})
            part = part.with_columns(pl.all().replace(NOTHING, None))
            if words:
                text = pl.read_csv(
                    io.BytesIO(result.get_value(i, len(numbers)) or b""), has_header=False, infer_schema=False,
                    separator=FIELD, eol_char=ROW, quote_char=None, new_columns=[*words, "_end"],
                )  # fmt: skip
                part = part.with_columns(text.drop("_end").fill_null(""))
            parts.append(part)
    schema = dict.fromkeys(numbers, pl.Int64) | dict.fromkeys(words, pl.String)
    return pl.concat(parts) if parts else pl.DataFrame(schema=schema)


def _numbers(array: bytes) -> NDArray[np.int64]:
    """The elements of PostgreSQL's binary bigint[]: after 20 bytes of header, each with its width before it."""
    found = np.frombuffer(array, dtype=[("width", ">i4"), ("value", ">i8")], offset=20)
    return found["value"].astype(np.int64)


def _copy(target: str, frame: pl.DataFrame) -> None:
    connection.ensure_connection()
    with connection.connection.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN (FORMAT csv)") as copy:
        staging.send(copy, frame)
