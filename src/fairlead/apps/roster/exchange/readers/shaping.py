"""What several readers do in the same way: choose and rename columns, settle dates, fold words, count rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from fairlead.apps.roster.exchange.canonical import Quarantined, Reading, typed
from fairlead.apps.roster.exchange.dates import Order, settle_dates

# Course subjects of the School Courses for the Exchange of Data, by their first two digits.
SCED_SUBJECTS = {
    "01": "English language and literature", "02": "Mathematics", "03": "Life and physical sciences",
    "04": "Social sciences and history", "05": "Visual and performing arts", "07": "Religious education",
    "08": "Physical, health and safety education", "09": "Military science", "10": "Information technology",
    "11": "Communication and audio/visual technology", "12": "Business and marketing", "13": "Manufacturing",
    "14": "Health care sciences", "15": "Public, protective and government service",
    "16": "Hospitality and tourism", "17": "Architecture and construction",
    "18": "Agriculture, food and natural resources", "19": "Human services",
    "20": "Transportation, distribution and logistics", "21": "Engineering and technology", "22": "Miscellaneous",
    "23": "Non-subject-specific", "24": "World languages",
}  # fmt: skip


def renamed(frame: pl.DataFrame, names: Mapping[str, str]) -> pl.DataFrame:
    """The columns that are there under their canonical names (own → canonical), with where each row stands."""
    return frame.select(
        *(pl.col(own).alias(canonical) for own, canonical in names.items() if own in frame.columns), "_file", "_line"
    )


def put(
    reading: Reading,
    table: str,
    frame: pl.DataFrame,
    spoken: Mapping[str, str],
    dates: Order = "",
    date_columns: Sequence[str] = (),
) -> None:
    """Type the rows and put them into the reading. `spoken`: canonical column → the file's own header."""
    frame = settle_dates(frame, {column: spoken.get(column, column) for column in date_columns}, dates)
    good, refused = typed(table, frame, dict(spoken))
    reading.add(table, good, refused, spoken)


def fold(column: str, words: Mapping[str, str | None], otherwise: str | None = None) -> pl.Expr:
    """A column's words, capitals apart, as the canonical ones; unknown words become `otherwise`."""
    lower = pl.col(column).str.strip_chars().str.to_lowercase()
    return lower.replace_strict(dict(words), default=otherwise, return_dtype=pl.String).alias(column)


def quarantine(frame: pl.DataFrame, table: str, column: str, problem: str, remedy: str) -> list[Quarantined]:
    """Every row of the frame, quarantined for the same reason."""
    rows = frame.select("_file", "_line").iter_rows()
    return [Quarantined(file, line, column, table, problem, remedy) for file, line in rows]


def leave(reading: Reading, file: str, rows: int) -> None:
    """Count rows of a file that get no row of their own."""
    if rows:
        reading.unused[file] = reading.unused.get(file, 0) + rows


def race_of(races: Iterable[str], hispanic: bool) -> str | None:
    """One group as federal reporting counts: Hispanic of any race, two or more, or the one."""
    known = {race for race in races if race}
    if hispanic:
        return "hispanic"
    if len(known) > 1:
        return "two_or_more"
    return known.pop() if known else None
