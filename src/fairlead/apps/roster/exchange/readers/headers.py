"""Which table a list holds and which column is which: by what its headers are called, or by what a mapping says.

The vocabulary is data (`columns.toml`), English and Spanish. A guess is always shown before anything is merged, and
can be written to a mapping file, edited and given with the next import.
"""

from __future__ import annotations

import json
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from fairlead.apps.roster.exchange.opening import nearest
from fairlead.apps.roster.exchange.problems import ExchangeError, said
from fairlead.apps.roster.exchange.problems import gettext_noop as _

TABLES = ("students", "staff", "classes", "enrollments", "schools")


@dataclass(frozen=True, slots=True)
class Heading:
    """One column of the vocabulary: its name here, in the template, and elsewhere."""

    name: str
    en: str
    es: str
    also: tuple[str, ...]
    required: bool
    in_template: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """How one list (a file, or a sheet of a workbook) is read: which table it holds, which column is which."""

    place: str  # file.csv, or book.xlsx/Sheet
    holds: str
    columns: dict[str, str]  # the list's own header → name here
    fixed: dict[str, str] = field(default_factory=dict)  # name here → the value of every row
    said: bool = False  # by a mapping, not guessed


@cache
def vocabulary() -> dict[str, Any]:
    """The file of headers and words."""
    return tomllib.loads(files(__package__).joinpath("columns.toml").read_text(encoding="utf-8"))


@cache
def headings(table: str) -> tuple[Heading, ...]:
    """The columns of a table, in the order of the template."""
    return tuple(
        Heading(name, c["en"], c["es"], tuple(c["also"]), c.get("required", False), c.get("template", True))
        for name, c in vocabulary()[table]["columns"].items()
    )


@cache
def words(kind: str) -> dict[str, str]:
    """Words of cells, plain → what they mean."""
    return {plain(word): meaning for meaning, known in vocabulary()["words"][kind].items() for word in known}


def plain(text: str) -> str:
    """Without capitals, accents, spaces and marks."""
    bare = unicodedata.normalize("NFKD", text)
    return re.sub(r"[^0-9a-z]", "", "".join(c for c in bare if not unicodedata.combining(c)).casefold())


@cache
def _known(table: str) -> dict[str, str]:
    """Plain header → name, the template's own headers and the names themselves before the others."""
    known: dict[str, str] = {}
    for heading in headings(table):
        for text in (heading.name, heading.en, heading.es, re.sub(r"\(.*", "", heading.en)):
            known.setdefault(plain(text), heading.name)
    for heading in headings(table):
        for text in heading.also:
            known.setdefault(plain(text), heading.name)
    return known


def guess(place: str, header: Sequence[str]) -> Layout | None:
    """The layout that headers and the name of file or sheet suggest; none when they suggest no roster."""
    fits = [(fit, layout) for table in TABLES if (layout := match(place, table, header)) and (fit := _fit(layout))]
    return max(fits, key=lambda pair: pair[0])[1] if fits else None


def match(place: str, table: str, header: Sequence[str]) -> Layout:
    """The columns of a table that are recognised; of two that mean the same the first is taken."""
    known, columns, taken = _known(table), {}, set()
    for column in header:
        meant = known.get(plain(column))
        if meant and meant not in taken:
            columns[column] = meant
            taken.add(meant)
    return Layout(place, table, columns)


def _fit(layout: Layout) -> tuple[bool, int, int] | None:
    """How well it fits: named so, columns that only this table has, columns at all. None: something is missing."""
    have = set(layout.columns.values())
    if lacking(layout, have):
        return None
    names = [layout.place.rpartition("/")[2], layout.place.rpartition("/")[2].rpartition(".")[0]]
    told = vocabulary()[layout.holds]
    named = any(plain(name) == plain(word) for name in names for word in (told["en"], told["es"], *told["also"]))
    if layout.holds == "students" and len(have) < 3:
        return None
    return named, len(have), -TABLES.index(layout.holds)


def lacking(layout: Layout, have: Iterable[str]) -> list[str]:
    """Columns that the table cannot do without and the list does not have."""
    have = {*have, *layout.fixed}
    missing = [h.name for h in headings(layout.holds) if h.required and h.name not in have]
    if layout.holds in ("students", "staff") and "full_name" not in have:
        missing += [name for name in ("given_name", "family_name") if name not in have]
    return missing


def misspelt(table: str, column: str) -> str | None:
    """The template's header that an unknown one probably means."""
    near = nearest(plain(column), list(_known(table)))
    return next((h.en for h in headings(table) if near and h.name == _known(table)[near]), None)


# ---- mapping files -----------------------------------------------------------------------------------------------------


def read_mapping(path: Path) -> list[Layout]:
    """Layouts from a TOML or JSON file; everything that is wrong in it is refused in words."""
    try:
        raw = path.read_bytes()[:1_000_000].decode("utf-8-sig")
        told = json.loads(raw) if path.suffix.lower() == ".json" else tomllib.loads(raw)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, tomllib.TOMLDecodeError) as error:
        raise _wrong(path, str(error).splitlines()[0][:200]) from None
    tables = told.get("table") if isinstance(told, dict) else None
    if not isinstance(tables, list) or not tables:
        raise _wrong(path, _("no [[table]] in it"))
    return [_layout(path, table) for table in tables]


def _layout(path: Path, told: Any) -> Layout:
    if not isinstance(told, dict) or not isinstance(told.get("file"), str):
        raise _wrong(path, _("a table without file = “…”"))
    holds = told.get("holds")
    if holds not in TABLES:
        raise _wrong(path, said(_("holds = “%(name)s”"), name=str(holds)[:40]))
    names = {h.name for h in headings(holds)}
    for part, values in (("columns", "values"), ("fixed", "keys")):
        given = told.get(part, {})
        if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
            raise _wrong(path, said(_("[table.%(part)s] is no list of texts"), part=part))
        if strange := [n for n in getattr(given, values)() if n not in names]:
            raise _wrong(path, said(_("“%(name)s” is no column of %(table)s"), name=strange[0][:60], table=holds))
    place = f"{told['file']}/{told['sheet']}" if told.get("sheet") else told["file"]
    return Layout(place, holds, dict(told.get("columns", {})), dict(told.get("fixed", {})), said=True)


def _wrong(path: Path, got: str) -> ExchangeError:
    return ExchangeError(
        _("This mapping file cannot be used."),
        allowed=said(
            _("[[table]] with file, sheet (of a workbook), holds (%(tables)s), [table.columns], [table.fixed]"),
            tables=", ".join(TABLES),
        ),
        got=got,
        where=path.name,
        then=_("write a first one with “fairlead import mapping FILE --out mapping.toml”, and edit it"),
    )


def write_mapping(layouts: Sequence[Layout], unknown: Mapping[str, Sequence[str]]) -> str:
    """The layouts as TOML, with the headers that were not recognised as comments."""
    lines = [
        "# How Fairlead reads these lists. Left: the list's own header. Right: the column's name in Fairlead.",
        "# A line that is wrong: change its right side, or remove it. [table.fixed]: a value for every row.",
    ]
    for layout in layouts:
        file, _slash, sheet = layout.place.partition("/")
        lines += ["", "[[table]]", f"file = {_toml(file)}"]
        lines += [f"sheet = {_toml(sheet)}"] if sheet else []
        lines += [f"holds = {_toml(layout.holds)}", "[table.columns]"]
        lines += [f"{_toml(own)} = {_toml(name)}" for own, name in layout.columns.items()]
        lines += [f"# {_toml(own)} = ?" for own in unknown.get(layout.place, ())]
        names = ", ".join(
            h.name for h in headings(layout.holds) if h.in_template and h.name not in layout.columns.values()
        )
        lines += [f"# not found: {names}"] if names else []
        lines += ["[table.fixed]", *(f"{_toml(name)} = {_toml(value)}" for name, value in layout.fixed.items())]
        if "school" in {h.name for h in headings(layout.holds)} - {*layout.columns.values(), *layout.fixed}:
            lines += ['# school = "the name of the school"']
    return "\n".join(lines) + "\n"


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
