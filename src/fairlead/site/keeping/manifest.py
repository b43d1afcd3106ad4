"""What a backup says of itself: by whom it was made, of what, and how every part can be checked."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from fairlead.site.refusal import Refusal

FORMAT = 1
FILE = "manifest.json"


@dataclass(frozen=True, slots=True)
class TablePart:
    """A table in a backup: the file with its rows as COPY writes them, and what must come out of it."""

    file: str
    columns: list[str]
    rows: int
    checksum: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The first thing read and the last thing written."""

    fairlead: str
    made_at: str
    server: str
    pg_dump: str
    migrations: dict[str, list[str]]
    tables: dict[str, TablePart]
    sequences: dict[str, int]
    digest: str = ""  # of the migrations: a restore by the same version need not migrate
    files: dict[str, str] = field(default_factory=dict)  # every other member -> its SHA-256
    format: int = FORMAT

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables.values())

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1, sort_keys=True)


def read(text: bytes, where: str) -> Manifest:
    """The manifest in a backup; refuses what it is not."""
    try:
        said: dict[str, Any] = json.loads(text)
        if said.get("format") != FORMAT:
            raise Refusal(
                "This backup is of another format.",
                allowed=f"format {FORMAT}",
                got=f"format {said.get('format')!r}, made by Fairlead {said.get('fairlead')!r}",
                where=where,
                then="restore it with the version of Fairlead that made it, then upgrade",
            )
        tables = {name: TablePart(**part) for name, part in said.pop("tables").items()}
        return Manifest(tables=tables, **said)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Refusal(
            "The manifest of this backup cannot be read.",
            allowed=f"a {FILE} as `fairlead backup` writes it",
            got=f"{type(error).__name__}: {error}",
            where=where,
            then="use another backup",
        ) from None
