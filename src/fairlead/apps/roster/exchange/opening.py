"""One delimited file as text, with the line of every row; what cannot be read for certain is refused or quarantined.

`unpacking` gives the files, `encodings` their letters, `scanning` their rows; here the header is fitted to what the
reader knows and polars reads the columns that are wanted. A refusal names file, line and column, and how to mend it.
"""

from __future__ import annotations

import difflib
import re
import shutil
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fairlead.apps.roster.exchange.canonical import Note, Quarantined
from fairlead.apps.roster.exchange.encodings import to_utf8
from fairlead.apps.roster.exchange.problems import ExchangeError, said
from fairlead.apps.roster.exchange.problems import gettext_noop as _
from fairlead.apps.roster.exchange.scanning import LONGEST_FIELD, LONGEST_LINE, Scan, Unsound, scan
from fairlead.apps.roster.exchange.unpacking import LIMITS, MB, Limits, check_plain, open_bytes, unpack

__all__ = [
    "LIMITS",
    "Columns",
    "Limits",
    "TextTable",
    "fit_header",
    "header_of",
    "nearest",
    "open_bytes",
    "read_table",
    "unpack",
]

MORE_FIELDS = _("This line has more fields than the header.")
FEWER_FIELDS = _("This line has fewer fields than the header.")
QUOTE_COMMAS = _("Put quotation marks around a text that holds a comma or a line end, then export again.")
FORMULA = _("This cell is a spreadsheet formula, not a value.")
PASTE_VALUES = _("In the spreadsheet copy the column and paste it as values, then export again.")
EMPTY_FILE = _("The file is empty.")
NO_ROWS = _("The file has a header and no rows.")
UNKNOWN_COLUMNS = _("These columns are not known and were not read: %(names)s.")
MISSPELT = _("These columns look misspelt and were not read: %(names)s.")
RENAMED = _("These columns were taken in spite of another spelling: %(names)s.")
READ_AS = _("The file is not in UTF-8; it was read as %(names)s. Check a name with an accent.")
DELIMITED_BY = _("The fields are separated by %(names)s instead of commas.")

# "=" and "@" begin a formula; "+" and "-" do unless a telephone number or a number follows.
_FORMULA = r"^\s*(?:[=@]|[+\-](?:[^\d\s(.\-]|.*[^\d\s().,\-–/xext#eE+]))"
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass(frozen=True, slots=True)
class TextTable:
    """A delimited file as text. `frame` has the header's columns, `_file` and `_line`; `rows` counts all rows."""

    name: str
    header: tuple[str, ...]
    frame: pl.DataFrame
    rows: int
    quarantined: tuple[Quarantined, ...] = ()
    notes: tuple[Note, ...] = ()
    encoding: str = "UTF-8"


@dataclass(frozen=True, slots=True)
class Columns:
    """What a reader wants of a table.

    `known` are read; `ignored` belong to the source and are not kept: neither read nor noted; a file without a
    `required` one is refused. Nothing known: every column is read.
    """

    known: Sequence[str] = ()
    required: Sequence[str] = ()
    ignored: Sequence[str] = ()


def read_table(
    path: Path,
    name: str | None = None,
    columns: Columns = Columns(),
    limits: Limits = LIMITS,
) -> TextTable:
    """One delimited file as text, with the line of every row.

    Rows with another number of fields than the header, and rows with a formula in a column that is read, are
    quarantined. A file whose encoding, quotation marks, header or line lengths cannot be made out is refused.
    """
    name = name or path.name
    with tempfile.TemporaryDirectory(prefix="fairlead-roster-") as folder:
        if path.name.lower().endswith(".gz"):
            unpacked = Path(folder) / "unpacked"
            with open_bytes(path, name, limits) as file, unpacked.open("wb") as target:
                shutil.copyfileobj(file, target, MB)
            path = unpacked
        check_plain(path, name, limits)
        return _read_plain(path, name, Path(folder), columns, limits)


def _read_plain(path: Path, name: str, folder: Path, wanted: Columns, limits: Limits) -> TextTable:
    text = to_utf8(path, name, folder)
    notes = [] if text.encoding == "UTF-8" else [Note(name, READ_AS, (text.encoding,))]
    first = _first_line(text.path, text.skip)
    if not first.strip():
        return TextTable(name, (), _no_rows(()), 0, (), (Note(name, EMPTY_FILE),), text.encoding)
    delimiter = _delimiter(first)
    if delimiter != ",":
        notes.append(Note(name, DELIMITED_BY, (_DELIMITERS[delimiter],)))
    found = _scan(text.path, name, delimiter, text.skip)
    full = np.flatnonzero(~found.blank)
    line = int(found.lines[full[0]])
    header = _header(text.path, name, found, int(full[0]), delimiter, limits)
    chosen, more = fit_header(name, header, wanted, line)
    notes += more
    kept = tuple(chosen.values())
    if len(full) == 1:
        return TextTable(name, kept, _no_rows(kept), 0, (), (*notes, Note(name, NO_ROWS)), text.encoding)
    width, rows, total = len(header), full[1:], len(full) - 1
    fit = found.fields[rows] == width
    quarantined = [
        Quarantined(
            name, int(found.lines[i]), "", "", MORE_FIELDS if found.fields[i] > width else FEWER_FIELDS, QUOTE_COMMAS
        )
        for i in rows[~fit]
    ]
    good = rows[fit]
    source = text.path
    if len(good) + 1 < len(found.starts) or text.skip:
        source = folder / "good-rows"
        _cut(text.path, source, found, good)
    lines, plain = pl.Series("_line", found.lines[good], dtype=pl.Int64), found.plain
    whole, count = source is text.path, len(good)
    del found, full, rows, fit, good  # of a million records, while as many rows are read
    frame = _parse(source, name, delimiter, width, count, list(chosen), first_is_header=whole)
    frame = frame.select(pl.col(f"column_{i + 1}").alias(column) for i, column in chosen.items())
    frame = frame.with_columns(pl.lit(name).alias("_file"), lines)
    frame, empty = _without_empty_rows(frame)
    frame, formulas = (frame, []) if plain else _without_formulas(frame, name)
    return TextTable(
        name,
        kept,
        frame,
        total - empty,
        tuple(sorted([*quarantined, *formulas], key=lambda q: q.line)),
        tuple(notes),
        text.encoding,
    )


def header_of(path: Path, name: str | None = None) -> list[str]:
    """The columns' names as they are written, for recognising a file; none when it cannot be read so far."""
    try:
        with tempfile.TemporaryDirectory(prefix="fairlead-roster-") as folder, open_bytes(path, name) as file:
            head = Path(folder) / "head"
            piece = file.read(LONGEST_FIELD)
            if len(piece) == LONGEST_FIELD and b"\0" not in piece:
                piece = piece[: piece.rfind(b"\n") + 1] or piece  # no letter is cut in two
            head.write_bytes(piece)
            text = to_utf8(head, name or path.name, Path(folder))
            first = _first_line(text.path, text.skip)
    except ExchangeError:
        return []
    return [column.strip().strip('"').strip() for column in first.rstrip("\r\n").split(_delimiter(first))]


def _no_rows(header: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame(schema=dict.fromkeys(header, pl.String) | {"_file": pl.String, "_line": pl.Int64})


def _first_line(path: Path, skip: int) -> str:
    """The first line that is not blank, or its beginning."""
    with path.open("rb") as file:
        file.seek(skip)
        while line := file.readline(LONGEST_FIELD):
            if line.strip():
                return line.decode("utf-8", errors="replace")
    return ""


def _delimiter(first: str) -> str:
    bare = re.sub(r'"[^"]*"', "", first)
    return max(_DELIMITERS, key=lambda mark: (bare.count(mark) > 0, mark == ",", bare.count(mark)))


def _scan(path: Path, name: str, delimiter: str, skip: int) -> Scan:
    try:
        return scan(path, delimiter, skip)
    except Unsound as fault:
        what, allowed, then = {
            "nul": (
                _("This line holds NUL bytes; it is not text."),
                _("text: CSV in UTF-8"),
                _("export it again; if it was copied, the copy is damaged"),
            ),
            "quote": (
                _("A quotation mark stands in the middle of a field."),
                _('quotation marks around a whole field, and "" for one within it'),
                _("remove the mark in the system that made the file, or write it twice within a quoted field"),
            ),
            "unclosed": (
                _("A quotation mark is opened here and never closed."),
                _("quotation marks in pairs"),
                _("close it, or remove it, in this line"),
            ),
            "field": (
                _("A field that begins here is longer than any field of a roster."),
                said(_("at most %(n)s KB in a field"), n=LONGEST_FIELD // 1024),
                _("look at this line; export the file again"),
            ),
            "line": (
                _("This line is longer than any line of a roster."),
                said(_("at most %(n)s KB in a line"), n=LONGEST_LINE // 1024),
                _("look at this line; check that the file has line ends, and export it again"),
            ),
        }[fault.kind]
        raise ExchangeError(
            what,
            allowed=allowed,
            got=said(_("character %(n)s of the line"), n=fault.character),
            where=said(_("%(file)s, line %(line)s"), file=name, line=fault.line),
            then=then,
        ) from None


def _header(path: Path, name: str, found: Scan, record: int, delimiter: str, limits: Limits) -> tuple[str, ...]:
    """The columns' names, trimmed ("" where there is none)."""
    width = int(found.fields[record])
    where = said(_("%(file)s, line %(line)s"), file=name, line=int(found.lines[record]))
    if width > limits.columns:
        raise ExchangeError(
            _("The header has more columns than any roster."),
            allowed=said(_("at most %(n)s columns"), n=limits.columns),
            got=str(width),
            where=where,
            then=_("check that the first line is the header"),
        )
    with path.open("rb") as file:
        file.seek(int(found.starts[record]))
        line = file.read(int(found.ends[record] - found.starts[record]))
    parsed = pl.read_csv(line + b"\n", has_header=False, infer_schema=False, separator=delimiter)
    header = tuple((value or "").strip().strip("\ufeff").strip() for value in parsed.row(0))
    seen: dict[str, int] = {}
    for position, column in enumerate(header, 1):
        if column and column.lower() in seen:
            raise ExchangeError(
                _("Two columns have the same name, so that it is not clear which one is meant."),
                allowed=_("each column once"),
                got=said(
                    _("“%(name)s” in columns %(a)s and %(b)s"), name=column[:60], a=seen[column.lower()], b=position
                ),
                where=where,
                then=_("remove or rename one of them"),
            )
        seen[column.lower()] = position
    if not any(header):
        raise ExchangeError(
            _("The first line holds no names of columns."),
            allowed=_("a header, then the rows"),
            got=_("empty fields"),
            where=where,
            then=_("put the names of the columns into the first line"),
        )
    return header


def _cut(path: Path, target: Path, found: Scan, good: NDArray[np.int64]) -> None:
    """Write the good rows alone; neighbours are copied together."""
    whole_ends = np.concatenate([found.starts[1:], [max(int(found.ends[-1]), path.stat().st_size)]])
    with path.open("rb") as file, target.open("wb") as out:
        breaks = np.flatnonzero(np.diff(good) != 1)
        begins = np.concatenate([good[:1], good[breaks + 1]])
        stops = np.concatenate([good[breaks], good[-1:]])
        for begin, stop in zip(begins, stops, strict=True):
            file.seek(int(found.starts[begin]))
            left = int(whole_ends[stop] - found.starts[begin])
            while left > 0 and (piece := file.read(min(left, MB))):
                out.write(piece)
                left -= len(piece)


def _parse(
    path: Path, name: str, delimiter: str, width: int, rows: int, chosen: list[int], *, first_is_header: bool
) -> pl.DataFrame:
    columns = [f"column_{i + 1}" for i in range(width)]
    if rows == 0:
        return pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
    try:
        schema = dict.fromkeys(columns, pl.String)
        lazy = pl.scan_csv(
            path,
            has_header=False,
            skip_rows=1 if first_is_header else 0,
            schema=schema,
            separator=delimiter,
            glob=False,  # a name may hold a star or a bracket
        )
        frame = lazy.select(columns[i] for i in chosen).collect()
    except pl.exceptions.PolarsError as error:
        got = str(error).splitlines()[0][:200]
    else:
        if frame.height == rows and frame.width == len(chosen):
            return frame
        got = said(_("%(n)s rows where %(m)s were found"), n=frame.height, m=rows)
    raise ExchangeError(
        _("This file cannot be read as CSV."),
        allowed=_("comma-separated text in UTF-8 with one header line"),
        got=got,
        where=name,
        then=_("export it again from the system that made it"),
    )


def _without_empty_rows(frame: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Without the rows of commas alone that spreadsheets leave at the end."""
    texts = [column for column in frame.columns if column not in {"_file", "_line"}]
    empty = pl.int_range(frame.height, eager=True)
    for column in texts:  # few rows are left to look at after the first column
        said = frame[column].gather(empty).str.contains(r"\S").fill_null(False) if len(empty) else None
        empty = empty if said is None else empty.filter(~said)
    if not len(empty):
        return frame, 0
    return frame.with_row_index("_at").filter(~pl.col("_at").is_in(empty.implode())).drop("_at"), len(empty)


def _without_formulas(frame: pl.DataFrame, name: str) -> tuple[pl.DataFrame, list[Quarantined]]:
    texts = [column for column in frame.columns if column not in {"_file", "_line"}]
    marks = frame.select(pl.col(column).str.contains(_FORMULA).fill_null(False) for column in texts)
    guilty = [column for column in texts if marks[column].any()]
    if not guilty:
        return frame, []
    any_of = marks.select(pl.any_horizontal(guilty).alias("any"))["any"]
    quarantined = [
        Quarantined(name, line, column, "", FORMULA, PASTE_VALUES)
        for column in guilty
        for line in frame.filter(marks[column])["_line"].to_list()
    ]
    return frame.filter(~any_of), quarantined


# ---- headers -------------------------------------------------------------------------------------------------------


def plain(name: str) -> str:
    """A header without capitals, spaces and marks, for comparison."""
    return re.sub(r"[^0-9a-zà-öø-ÿ]", "", name.lower())


def nearest(name: str, known: Collection[str]) -> str | None:
    """The known name that a misspelt one probably means."""
    by_plain = {plain(each): each for each in known}
    found = difflib.get_close_matches(plain(name), by_plain, n=1, cutoff=0.8)
    return by_plain[found[0]] if found else None


def fit_header(name: str, header: Sequence[str], wanted: Columns, line: int = 1) -> tuple[dict[int, str], list[Note]]:
    """Which column of the file (by position) is which known column, and what the person should know about the rest."""
    if not wanted.known:
        return {i: column for i, column in enumerate(header) if column}, []
    every = {plain(each): each for each in (*wanted.ignored, *wanted.known)}
    chosen: dict[int, str] = {}
    unknown: list[str] = []
    misspelt: list[str] = []
    renamed: list[str] = []
    seen: set[str] = set()
    for i, column in enumerate(header):
        if not column:
            continue
        meant = every.get(plain(column))
        if meant is None:
            near = nearest(column, every.values())
            (misspelt if near else unknown).append(f"{column[:60]} ({near}?)" if near else column[:60])
        elif meant not in seen:
            seen.add(meant)
            if meant in wanted.known:
                chosen[i] = meant
            if plain(column) != column.lower() and column != meant:
                renamed.append(f"{column[:60]} → {meant}")
    for column in wanted.required:
        if column not in seen:
            raise _missing(name, header, column, [own for own in header if plain(own) not in every], line)
    pairs = ((MISSPELT, misspelt), (UNKNOWN_COLUMNS, unknown), (RENAMED, renamed))
    return chosen, [Note(name, text, tuple(names)) for text, names in pairs if names]


def _missing(name: str, header: Sequence[str], column: str, others: list[str], line: int) -> ExchangeError:
    probably = next((own for own in others if nearest(own, [column])), None)
    got: str
    if probably:
        got = said(_("“%(name)s”: did you mean “%(meant)s”?"), name=probably[:60], meant=column)
    else:
        got = ", ".join(own[:40] for own in header[:20])
    return ExchangeError(
        _("A column that every row needs is missing."),
        allowed=said(_("a column named “%(name)s”"), name=column),
        got=got,
        where=said(_("%(file)s, line %(line)s"), file=name, line=line),
        then=_("rename the column in the first line, or export it again"),
    )
