"""The catalogue of facts: which views there are, at which grain, and what each column means."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from django.utils.translation import get_language


def said(row: dict[str, str], key: str) -> str:
    """The text `key` of a row of data in the reader's language (its twin is `key` + "_es")."""
    return row[f"{key}_es"] if (get_language() or "").startswith("es") else row[key]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a view."""

    key: str
    texts: dict[str, str]

    @property
    def meaning(self) -> str:
        return said(self.texts, "meaning")


@dataclass(frozen=True, slots=True)
class View:
    """One view: what one of its rows is, and its columns."""

    key: str
    texts: dict[str, str]
    source: str
    columns: tuple[Column, ...]

    @property
    def name(self) -> str:
        return said(self.texts, "name")

    @property
    def grain(self) -> str:
        return said(self.texts, "grain")


@cache
def catalogue() -> dict[str, View]:
    """All views by key, in the order of the file."""
    raw = tomllib.loads(files(__package__).joinpath("catalogue.toml").read_text(encoding="utf-8"))
    meanings = raw["column"]
    return {
        key: View(key, row, row["from"], tuple(Column(column, meanings[column]) for column in row["columns"]))
        for key, row in raw["view"].items()
    }
