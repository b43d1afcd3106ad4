"""One import: who imports what into which organization, under which names."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

from fairlead.apps.roster.exchange.canonical import TABLES, Mode

if TYPE_CHECKING:
    from fairlead.apps.roster.exchange.ahead import Ahead


@dataclass(slots=True)
class Shortcut:
    """What passed by the staging tables (see `shortcut`): how many rows of each table, and what others must know of them.

    `people`: those who are the same as ever (key, id, kind, organization_id); `mapped`: the keys of those among them who
    stand in `map_people` by now. `fresh`: new enrollments, as they will be written; `fresh_of`: how many of each file.
    """

    same: dict[str, int] = field(default_factory=dict)
    known: dict[str, int] = field(default_factory=dict)
    people: pl.DataFrame | None = None
    mapped: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema={"key": pl.String}))
    fresh: pl.DataFrame | None = None
    fresh_of: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Job:
    """The facts that every statement of an import needs.

    `source` names the identifiers (`tidewater:powerschool`); `own` says that the file is an export of this very
    network, so that its identifiers are Fairlead's. `may_appoint`: whether roles other than teacher may come in.
    `kind`: how staging tables are made, UNLOGGED (owner) or TEMPORARY (worker). `ahead`: columns of the roster that
    were fetched while the files were read.
    """

    root_id: int
    root_key: str
    root_kind: str
    source: str
    own: bool
    today: date
    may_appoint: bool
    kind: str
    modes: dict[str, Mode]
    files: list[str]
    ahead: Ahead
    root_in_file: str = ""
    answers: dict[str, int] = field(default_factory=dict)
    default_session: int | None = None
    no_course: int = 0
    vacancy: int = 0
    shortcut: Shortcut = field(default_factory=Shortcut)

    def bulk(self, table: str) -> bool:
        """Whether what the file does not list has ended."""
        return self.modes.get(table) == "bulk"

    @property
    def parameters(self) -> dict[str, Any]:
        """For SQL, by name."""
        return {
            "root": self.root_id, "root_key": self.root_key, "root_kind": self.root_kind, "source": self.source,
            "own": self.own, "today": self.today, "may_appoint": self.may_appoint, "root_in_file": self.root_in_file,
            "default_session": self.default_session, "no_course": self.no_course, "vacancy": self.vacancy,
        }  # fmt: skip

    def present(self) -> list[str]:
        """The tables that the file speaks of, low to high."""
        return [name for name in TABLES if name in self.modes]
