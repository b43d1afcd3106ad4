"""The canonical roster: the tables into which every reader turns its source, before anything touches the database.

A reader gives polars frames with these columns: text trimmed and `""` → null, dates as `pl.Date`, grades as whole
numbers (-1 pre-kindergarten, 0 kindergarten). Each row says where it came from: `_file`, `_line` (1-based line of that
file), and `_gone` when the source itself says that the row has ended (OneRoster's `tobedeleted`).

`typed` does the common part: a frame of text in, a frame of the right types and the rows that cannot be read out.
The sentences of a quarantined row hold no value from the file, so no child's data; they are marked for translation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

from fairlead.apps.roster.exchange.problems import gettext_noop as _

Mode = Literal["bulk", "delta"]
Kind = Literal["text", "date", "int", "bool", "grade"]

DTYPES: dict[str, Any] = {"text": pl.String, "date": pl.Date, "int": pl.Int32, "bool": pl.Boolean, "grade": pl.Int16}
ORIGIN: dict[str, Any] = {"_file": pl.String, "_line": pl.Int64, "_gone": pl.Boolean}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its type, whether a row without it is refused, the values it may hold, the table it points to."""

    name: str
    kind: Kind = "text"
    required: bool = False
    values: tuple[str, ...] = ()
    refers: str = ""
    size: int = 255


@dataclass(frozen=True, slots=True)
class Table:
    """A canonical table: its columns, and those that together name a row (twice the same key is a duplicate)."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def schema(self) -> dict[str, Any]:
        return {c.name: DTYPES[c.kind] for c in self.columns} | ORIGIN

    def column(self, name: str) -> Column:
        return next(c for c in self.columns if c.name == name)


def _text(name: str, size: int = 255, **more: Any) -> Column:
    return Column(name, "text", size=size, **more)


def _id(name: str = "sourced_id", **more: Any) -> Column:
    return Column(name, "text", size=100, **({"required": True} | more))


BEGINS, ENDS = Column("begins", "date"), Column("ends", "date")
ORG_KINDS = ("network", "city", "district", "school")
SESSION_KINDS = ("schoolYear", "semester", "term", "gradingPeriod")
PERSON_KINDS = ("student", "staff", "guardian")
SECTION_KINDS = ("homeroom", "scheduled")
ROLES = ("teacher", "office", "principal", "coach", "director", "network_lead", "analyst", "talent", "data_manager",
         "city_lead", "auditor")  # fmt: skip
GENDERS = ("female", "male", "nonbinary")
RACES = ("asian", "black", "hispanic", "white", "two_or_more", "other")

TABLES: dict[str, Table] = {
    t.name: t
    for t in (
        Table(
            "orgs",
            (_id(), _text("name", 200, required=True), _text("kind", required=True, values=ORG_KINDS),
             _id("parent", required=False, refers="orgs"), _text("zip", 10), Column("grade_low", "grade"),
             Column("grade_high", "grade"), BEGINS, ENDS),
            ("sourced_id",),
        ),
        Table(  # no org: the session is of the organization that imports
            "sessions",
            (_id(), _id("org", required=False, refers="orgs"), _text("name", 60, required=True),
             _text("kind", required=True, values=SESSION_KINDS), _id("parent", required=False, refers="sessions"),
             Column("begins", "date", required=True), Column("ends", "date", required=True)),
            ("sourced_id",),
        ),
        Table(
            "courses",
            (_id(), _id("org", required=False, refers="orgs"), _text("name", 120, required=True),
             _text("subject", 60)),
            ("sourced_id",),
        ),
        Table(  # no session: the school year that holds today; no course: the network's "no course"
            "classes",
            (_id(), _id("org", refers="orgs"), _id("course", required=False, refers="courses"),
             _id("session", required=False, refers="sessions"), _text("name", 120, required=True),
             Column("grade", "grade"), _text("kind", values=SECTION_KINDS), _text("periods", 100)),
            ("sourced_id",),
        ),
        Table(  # identifiers: `kind:value`, several with `|` between; a kind is a lower-case word, e.g. `state:123`
            "people",
            (_id(), _id("org", refers="orgs"), _text("kind", required=True, values=PERSON_KINDS),
             _text("given_name", 100, required=True), _text("family_name", 100, required=True), _text("email", 254),
             _text("phone", 30), Column("grade", "grade"), Column("born", "date"), _text("language", 8),
             _text("zip", 10), _text("identifiers", 1000)),
            ("sourced_id",),
        ),
        Table(  # no begins: today
            "roles",
            (_id("person", refers="people"), _id("org", refers="orgs"), _text("role", required=True, values=ROLES),
             BEGINS, ENDS),
            ("person", "org", "role", "begins"),
        ),
        Table(
            "demographics",
            (_id("person", refers="people"), _text("gender", values=GENDERS), _text("race_ethnicity", values=RACES),
             Column("economically_disadvantaged", "bool"), Column("english_learner", "bool"),
             Column("disability", "bool"), _text("home_language", 8)),
            ("person",),
        ),
        Table(
            "guardianships",
            (_id("student", refers="people"), _id("guardian", refers="people"), _text("relation", 40),
             Column("rank", "int"), Column("may_contact", "bool")),
            ("student", "guardian"),
        ),
        Table(  # named by section, student and begins; no begins: the day on which the section's session begins
            "enrollments",
            (_id("section", refers="classes"), _id("student", refers="people"), BEGINS, ENDS),
            ("section", "student", "begins"),
        ),
        Table(
            "teaching",
            (_id("section", refers="classes"), _id("teacher", refers="people"), Column("primary", "bool"),
             BEGINS, ENDS),
            ("section", "teacher"),
        ),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """What a reader declares about its source, shown before an import and in the reference."""

    key: str
    name: str
    version: str
    cadence: str
    merge_rule: str
    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A row that was not taken: where it is, what is wrong with it, what to do. Holds no value of the file."""

    file: str
    line: int
    column: str
    table: str
    problem: str
    next: str


@dataclass(slots=True)
class Reading:
    """A source as read.

    `counts`: rows of each file, header not counted, all of them. `unused`: rows of each file that Fairlead does not
    keep (marks, resources …); every other row is in a table or quarantined. `modes`: per table; bulk when not named.
    `system`: the student information system that the source names, when it does. `notes`: what the person should
    know that is wrong with no single row (a blank manifest, columns that nobody knows); marked for translation too.
    """

    source: Source
    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    modes: dict[str, Mode] = field(default_factory=dict)
    quarantined: list[Quarantined] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    unused: dict[str, int] = field(default_factory=dict)
    system: str = ""
    notes: list[Note] = field(default_factory=list)
    timetable: dict[str, pl.DataFrame] = field(default_factory=dict)  # tables of `exchange.timetables`
    spoken: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)  # (file, table): column → its header

    def add(
        self,
        table: str,
        frame: pl.DataFrame,
        quarantined: Iterable[Quarantined] = (),
        spoken: Mapping[str, str] | None = None,
    ) -> None:
        """Put rows into a table, below those that are there. `spoken`: what the file calls the columns."""
        frame = conform(table, frame)
        if spoken and frame.height:
            self.spoken.setdefault((frame["_file"][0], table), {}).update(spoken)
        there = self.tables.get(table)
        self.tables[table] = frame if there is None else pl.concat([there, frame])
        self.quarantined.extend(quarantined)


@dataclass(frozen=True, slots=True)
class Note:
    """Something about a whole file. `text` may hold `%(names)s`, for names of columns."""

    file: str
    text: str
    names: tuple[str, ...] = ()


NOT_A_DATE = _("This is not a date.")
WRITE_DATES = _("Write dates as year-month-day, for example 2026-09-01.")
NOT_A_NUMBER = _("This is not a whole number.")
WRITE_NUMBERS = _("Write digits only.")
NOT_A_GRADE = _("This grade is not known.")
WRITE_GRADES = _("Write PK, K or KG, or a number from 1 to 13.")
NOT_YES_OR_NO = _("This is neither true nor false.")
WRITE_YES_OR_NO = _("Write true or false.")
MISSING = _("A value is missing that every row needs.")
FILL_IT = _("Fill it in the system that made the file, and export again.")
NOT_ALLOWED = _("This is not one of the words that the column may hold.")
SEE_WORDS = _("See the reference of the roster exchange for the words of this column.")
TOO_LONG = _("This text is too long for its column.")
SHORTEN = _("Shorten it in the system that made the file, and export again.")

TRUE, FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")
GRADES: dict[str, int] = {
    "ib": -1, "it": -1, "pr": -1, "pk": -1, "tk": 0, "kg": 0, "k": 0, "ps": 13, "ug": 13,
    **{str(n): n for n in range(-1, 14)}, **{f"{n:02d}": n for n in range(14)},
}  # fmt: skip
# Years that are a slip of the keyboard rather than a date of somebody in a school today.
EARLIEST, LATEST = 1900, 2100


def conform(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with exactly the table's columns, in order; missing ones null. Unknown ones are the reader's fault."""
    schema = TABLES[table].schema
    if unknown := set(frame.columns) - set(schema):
        raise KeyError(f"{table} has no column {', '.join(sorted(unknown))}")
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in schema.items()
    )


def trimmed(column: str) -> pl.Expr:
    """Text without spaces around it; nothing left is null."""
    text = pl.col(column).str.strip_chars()
    return pl.when(text == "").then(None).otherwise(text).alias(column)


def tidied(frame: pl.DataFrame, columns: Iterable[str]) -> pl.DataFrame:
    """These columns `trimmed`; whether any text of a column is empty then is cheaper asked than mended."""
    columns = list(columns)
    frame = frame.with_columns(pl.col(c).str.strip_chars() for c in columns)
    empty = frame.select((pl.col(c).str.len_bytes() == 0).any() for c in columns).row(0) if columns else ()
    blank = [c for c, found in zip(columns, empty, strict=True) if found]
    return frame.with_columns(trimmed(c) for c in blank) if blank else frame


def typed(
    table: str, frame: pl.DataFrame, spoken: dict[str, str] | None = None
) -> tuple[pl.DataFrame, list[Quarantined]]:
    """A frame of text with canonical names (and `_file`, `_line`) → the table's types, and the rows refused.

    A row with any wrong value is taken out whole; each wrong value is told apart. `spoken` gives the file's own
    header for a canonical column, so that the message names what the person sees in the file. Values that already
    have the right type are left as they are.
    """
    spec = TABLES[table]
    refused: list[Quarantined] = []
    texts = [c.name for c in spec.columns if frame.schema.get(c.name) == pl.String]
    frame = tidied(frame, texts)
    checks: list[tuple[str, pl.Expr, str, str]] = []
    convert: list[pl.Expr] = []
    for column in spec.columns:
        name = column.name
        if name not in frame.columns:
            if column.required:
                checks.append((name, pl.lit(True), MISSING, FILL_IT))
            continue
        if column.required:
            checks.append((name, pl.col(name).is_null(), MISSING, FILL_IT))
        if name not in texts:
            continue
        value = _parsed(column)
        if value is not None:
            problem, remedy = _WRONG[column.kind]
            value = by_words(frame[name], value)
            checks.append((name, pl.col(name).is_not_null() & value.is_null(), problem, remedy))
            convert.append(value.alias(name))
        elif column.values:
            checks.append((name, ~pl.col(name).is_in(column.values), NOT_ALLOWED, SEE_WORDS))
        else:
            checks.append((name, pl.col(name).str.len_chars() > column.size, TOO_LONG, SHORTEN))
    flags = frame.select(
        "_file", "_line", *(check.fill_null(False).alias(str(i)) for i, (_n, check, *_r) in enumerate(checks))
    )
    if not any(flags[str(i)].any() for i in range(len(checks))):
        return _finished(table, frame, convert), refused
    bad = pl.any_horizontal(pl.lit(False), *(pl.col(str(i)) for i in range(len(checks))))
    wrong = flags.filter(bad)
    for row in wrong.iter_rows(named=True):
        for i, (name, _check, problem, remedy) in enumerate(checks):
            if row[str(i)]:
                header = (spoken or {}).get(name, name)
                refused.append(Quarantined(row["_file"], row["_line"], header, table, problem, remedy))
    return _finished(table, frame.filter(~flags.select(bad.alias("bad"))["bad"]), convert), refused


def _finished(table: str, good: pl.DataFrame, convert: list[pl.Expr]) -> pl.DataFrame:
    """The rows that can be read, in the table's types."""
    schema = TABLES[table].schema
    return conform(table, good.select(c for c in good.columns if c in schema).with_columns(convert))


_WRONG = {
    "date": (NOT_A_DATE, WRITE_DATES),
    "int": (NOT_A_NUMBER, WRITE_NUMBERS),
    "grade": (NOT_A_GRADE, WRITE_GRADES),
    "bool": (NOT_YES_OR_NO, WRITE_YES_OR_NO),
}


def by_words(said: pl.Series, value: pl.Expr) -> pl.Expr:
    """The same expression, read once for each different text: of a million dates there are a few hundred."""
    words = said.unique().drop_nulls()
    if len(words) * 4 > len(said):
        return value
    read = words.to_frame().select(value.alias("value"))["value"]
    return pl.col(said.name).replace_strict(words, read, default=None, return_dtype=read.dtype)


def _parsed(column: Column) -> pl.Expr | None:
    """The value of a text column; null where it cannot be read; None for columns that stay text."""
    text = pl.col(column.name)
    if column.kind == "date":
        # The day alone, or a timestamp that begins with it.
        day = text.str.extract(r"^(\d{4}-\d{2}-\d{2})(?:[T ].*)?$").str.to_date("%Y-%m-%d", strict=False)
        return pl.when(day.dt.year().is_between(EARLIEST, LATEST)).then(day)
    if column.kind == "int":
        return text.str.extract(r"^(-?\d{1,9})$").cast(pl.Int32, strict=False)
    if column.kind == "grade":
        return text.str.to_lowercase().replace_strict(GRADES, default=None, return_dtype=pl.Int16)
    if column.kind == "bool":
        lower = text.str.to_lowercase()
        return pl.when(lower.is_in(TRUE)).then(True).when(lower.is_in(FALSE)).then(False)
    return None
