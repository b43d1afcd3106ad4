"""A parcel of files as somebody sends it: a zip, a folder or one file. Nothing of it is trusted.

Readers ask for names and for tables of text; where each row stands in its file comes with it. What the opening itself
found (rows that do not fit, formulas, another alphabet, unknown columns) is kept, and `account` puts it in a reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType

import polars as pl

from fairlead.apps.roster.exchange.canonical import Reading
from fairlead.apps.roster.exchange.dates import Order
from fairlead.apps.roster.exchange.opening import Columns, TextTable, header_of, read_table, unpack

EVERYTHING = Columns()


class Parcel:
    """Files by their bare names (`users.csv`), unpacked to a folder that goes when the parcel is closed."""

    def __init__(
        self,
        path: Path,
        *,
        dates: Order = "",
        mapping: Path | None = None,
        places: Mapping[str, str] | None = None,
    ) -> None:
        self.path = path
        self.dates = dates  # which comes first where a column of dates does not tell
        self.mapping = mapping  # which column is which, for lists that say it in their own words
        self.places = dict(places or {})  # schools that are known, by name: their identifiers
        self._unpacked = unpack(path)
        self.files = self._unpacked.files
        self.opened: dict[str, TextTable] = {}

    def __enter__(self) -> Parcel:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Throw the unpacked copies away."""
        self._unpacked.close()

    def find(self, name: str) -> str | None:
        """The file of this name as the sender wrote it, capitals apart."""
        return next((own for own in self.files if own.lower() == name.lower()), None)

    def header(self, name: str) -> list[str]:
        """The first line's columns, as they are written; none when the file cannot be read so far."""
        return header_of(self.files[name], name)

    def table(self, name: str, columns: Columns = EVERYTHING) -> TextTable:
        """The rows as text, of the columns that are wanted."""
        table = read_table(self.files[name], name, columns)
        self.opened[name] = replace(table, frame=table.frame.clear())
        return table

    def frame(self, name: str, columns: Columns = EVERYTHING) -> pl.DataFrame:
        """All rows as text, with `_file` and `_line`; headers trimmed."""
        return self.table(name, columns).frame

    def account(self, reading: Reading) -> None:
        """Count every row of the tables that were opened, and say what the opening found in them."""
        for name, table in self.opened.items():
            reading.counts[name] = table.rows
            reading.quarantined.extend(table.quarantined)
            reading.notes.extend(table.notes)
