"""What need not pass through the staging tables: most rows of a bulk file say again what the roster has.

The roster's own columns are fetched whole and held against the file's. People, demographics and enrollments that are
certainly the same are counted and let go; enrollments that are certainly new wait as numbers for the merge. Every
other row is staged, and `nouns` and `ties` decide about it as ever: nothing here says that a row changed, ended or is
refused. A delta file is small and has no use for it.
"""

# ruff: noqa: S608 (tables and columns are named by constants of this package; values are parameters)
from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from django.db import connection

from fairlead.apps.roster.exchange import staging, ties
from fairlead.apps.roster.exchange.ahead import (
    ENROLLMENTS_OF_OURS,
    EPOCH,
    NEVER,
    PERSON_NUMBERS,
    PERSON_WORDS,
    Columns,
    fetch,
)
from fairlead.apps.roster.exchange.job import Job
from fairlead.apps.roster.exchange.nouns import ask, run
from fairlead.apps.roster.exchange.staging import Staged

EXAMPLES = 10  # new enrollments that are staged all the same, to be shown

_STUDENTS = Columns({"student": "m.key"}, {"student_id": "m.id"}, "map_people m WHERE m.kind = 'student'", "m.id")


def people(frame: pl.DataFrame, job: Job) -> pl.DataFrame:
    """The persons that must be staged; of the others it is remembered who they are."""
    if not job.bulk("people") or not frame.height:
        return frame
    known = job.ahead.take("people", job.parameters)
    if not known.height:
        return frame
    reach = pl.Series([i for (i,) in ask("SELECT id FROM import_reach", job)], dtype=pl.Int64)
    schema = {"org": pl.String, "n_organization": pl.Int64}
    orgs = pl.DataFrame(ask("SELECT key, id FROM map_orgs", job), schema, orient="row").unique("org", keep="none")
    said = frame.with_columns(staging.sort_names(frame), pl.col("born").to_physical()).with_row_index("_at")
    pairs = said.join(known, left_on="sourced_id", right_on="key").join(orgs, on="org", how="left")
    pairs = pairs.with_columns(pl.col("id").is_duplicated().alias("twice"))
    nothing_new = [
        pl.col(c).is_null() | (pl.col(c) == pl.col(f"o_{c}")) for c in (*PERSON_WORDS[3:], *PERSON_NUMBERS)
    ]
    exactly = [(pl.col(c) == pl.col(f"o_{c}")).fill_null(False) for c in ("kind", *PERSON_WORDS[:3])]
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
    there = job.ahead.take("demographics", job.parameters)
    flags = [c for c in ties.DEMOGRAPHICS if c not in ties.WORDS]
    said = frame.with_row_index("_at").with_columns(pl.col(c).cast(pl.Int64) for c in flags)
    pairs = said.join(persons.select("key", "id"), left_on="person", right_on="key").join(there, on="id")
    nothing_new = [pl.col(c).is_null() | (pl.col(c) == pl.col(f"o_{c}")) for c in ties.DEMOGRAPHICS]
    same = pairs.filter(~pl.col("_gone").fill_null(False), *(each.fill_null(False) for each in nothing_new))
    job.shortcut.same["demographics"] = same.height
    return frame.with_row_index("_at").join(same, on="_at", how="anti", maintain_order="left").drop("_at")


@dataclass(frozen=True, slots=True)
class Held:
    """What came of holding the file's enrollments against the roster's: which rows need not be staged, and why.

    `gone`: of each row of the file, whether it passes by; `new`: those that are plainly new, as numbers; `of_rest`:
    the roster's rows that the staged ones must be compared with; `going_on`: how many the roster had.
    """

    gone: pl.Series
    new: pl.DataFrame
    of_rest: pl.DataFrame
    going_on: int


@contextmanager
def holding(frame: pl.DataFrame, job: Job, staged: Staged) -> Iterator[Callable[[], pl.DataFrame]]:
    """Hold the enrollments against the roster beside other work; the call gives those that must be staged."""
    if not job.bulk("enrollments") or not frame.height:
        yield lambda: frame
        return
    sections, every = _sections(job)
    students = _students(job)
    if (
        max(every, default=0) >= 2**31
        or int(ask("SELECT coalesce(max(id), 0) FROM roster_person", job)[0][0]) >= 2**32
    ):
        yield lambda: frame  # a section and a student would not fit into one number
        return
    there = _standing(job, every)
    own_lines = _lines_are_their_own(frame, staged)
    with ThreadPoolExecutor(1) as beside:  # of numbers alone: only the caller's thread asks the database
        found = beside.submit(_hold, frame, sections, students, there, job.today, own_lines)
        del sections, students, there
        yield lambda: _let_go(frame, found.result(), job)


def _hold(
    frame: pl.DataFrame,
    sections: pl.DataFrame,
    students: pl.DataFrame,
    there: pl.DataFrame,
    on: date,
    own_lines: bool,
) -> Held | None:
    """Nothing where one row stands for two, or two for one: not for a shortcut."""
    section = _row_of(frame["section"], sections["section"])
    student = _row_of(frame["student"], students["student"])
    said = pl.DataFrame(
        {
            "section_id": sections["section_id"].gather(section), "student_id": students["student_id"].gather(student),
            "organization_id": sections["organization_id"].gather(section),
            "session_begins": sections["session_begins"].gather(section),
        }
    ).with_row_index("_at").with_columns(
        (pl.col("section_id") * 2**32 + pl.col("student_id")).alias("pair"),
        pl.coalesce(frame["begins"].to_physical(), "session_begins").alias("begins"),
        frame["ends"].to_physical().fill_null(NEVER).alias("ends"),
    )  # fmt: skip
    del section, student
    found = pl.col("section_id").is_not_null() & pl.col("student_id").is_not_null()
    sound = said.filter(found, ~frame["_gone"].fill_null(False))
    if _doubled(there) or _doubled(sound):
        return None
    days = (pl.col("begins").cast(pl.Int64) * 2**32 + pl.col("ends")).alias("days")
    met = sound.select("_at", "pair", days).join(
        there.select("pair", pl.col("days").alias("o_days"), pl.int_range(pl.len()).alias("_row")),
        on="pair",
        how="left",
    )
    del sound
    same = met.filter(pl.col("days") == pl.col("o_days"))
    untouched = _marked(there.height, same["_row"])
    today = (on - date(1970, 1, 1)).days
    lasting = sections.filter(pl.col("session_ends") >= today)["section_id"].unique()
    going_on = there.select(
        (pl.col("ends") >= today) & (pl.col("pair") // 2**32).is_in(lasting.implode())
    ).to_series()
    fresh = _marked(frame.height, met.filter(pl.col("_row").is_null())["_at"])
    new = said.filter(fresh & said["begins"].is_not_null()).slice(EXAMPLES) if own_lines else said.clear()
    gone = _marked(frame.height, pl.concat([same["_at"], new["_at"]]))
    rest = said.filter(~gone).select("pair")
    of_rest = there.filter(~untouched).join(rest, on="pair", how="semi")
    of_rest = pl.concat([of_rest, there.filter(going_on & ~untouched)]).select("id").unique()
    return Held(gone, new, of_rest, int(going_on.sum()))


def _let_go(frame: pl.DataFrame, held: Held | None, job: Job) -> pl.DataFrame:
    """Remember what passes by the staging tables; the rest is left."""
    if held is None:
        return frame
    run(f"CREATE {job.kind} TABLE standing_enrollments (id bigint)", job)
    _copy("standing_enrollments", held.of_rest)
    run("ANALYZE standing_enrollments", job)
    cut = job.shortcut
    cut.known["enrollments"] = held.going_on
    cut.fresh = held.new.select("section_id", "student_id", "organization_id", "begins", "ends")
    cut.fresh_of = dict(frame[held.new["_at"]].group_by("_file").len().iter_rows())
    return frame.filter(~held.gone)


def _row_of(said: pl.Series, keys: pl.Series) -> pl.Series:
    """For each text the row of `keys` that is the same; null for none. Texts become numbers once, and are then looked up."""
    words, known = said.cast(pl.Categorical), keys.cast(pl.Categorical)  # a text has one number while both are held
    texts, rows = words.to_physical().fill_null(0).to_numpy(), known.to_physical().to_numpy()
    row = np.full(max(int(texts.max(initial=0)), int(rows.max(initial=0))) + 1, -1, dtype=np.int64)
    row[rows] = np.arange(len(rows))
    found = pl.Series(row[texts])
    return found.set((found < 0) | said.is_null(), None)


def _marked(height: int, at: pl.Series) -> pl.Series:
    """Which of so many rows are among those numbered."""
    mark = np.zeros(height, dtype=np.bool_)
    mark[at.to_numpy()] = True
    return pl.Series(mark)


def _doubled(rows: pl.DataFrame) -> bool:
    """Whether two rows have section, student and first day in common."""
    if rows["pair"].n_unique() == rows.height:
        return False
    several = rows.filter(pl.col("pair").is_duplicated())
    return bool(several.select(pl.struct("pair", "begins").is_duplicated().any()).item())


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


def _sections(job: Job) -> tuple[pl.DataFrame, list[int]]:
    """The sections that go by one identifier each; and the ids of all to which the source may refer."""
    found = ask(
        f"SELECT key, id, organization_id, begins - {EPOCH}, ends - {EPOCH} FROM ({ties.SECTIONS}) c",
        job,
    )
    schema = {
        "section": pl.String, "section_id": pl.Int64, "organization_id": pl.Int64, "session_begins": pl.Int32,
        "session_ends": pl.Int32,
    }  # fmt: skip
    sections = pl.DataFrame(found, schema, orient="row")
    return sections.unique("section", keep="none"), sections["section_id"].unique().to_list()


def _students(job: Job) -> pl.DataFrame:
    """Every student to whom the file may refer, staged or not."""
    mapped = fetch(_STUDENTS, job.parameters)
    cut = job.shortcut.people
    if cut is not None:
        same = cut.filter(pl.col("kind") == "student").select(
            pl.col("key").alias("student"), pl.col("id").alias("student_id")
        )
        mapped = pl.concat([mapped.select(same.columns), same]).unique()
    return mapped.unique("student", keep="none")


def _standing(job: Job, sections: list[int]) -> pl.DataFrame:
    """The roster's enrollments in these sections, which are all of the source's."""
    if job.own:  # it may name sections that it has not named before
        there = fetch(ENROLLMENTS_OF_OURS, job.parameters)
    else:
        there = job.ahead.take("enrollments", job.parameters)
        there = there.filter((pl.col("pair") // 2**32).is_in(sections))
    ends = ((pl.col("days") + 2**31) % 2**32 - 2**31).alias("ends")
    return there.with_columns(ends).with_columns(((pl.col("days") - pl.col("ends")) // 2**32).alias("begins"))


def _copy(target: str, frame: pl.DataFrame) -> None:
    connection.ensure_connection()
    with connection.connection.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN (FORMAT csv)") as copy:
        staging.send(copy, frame)
