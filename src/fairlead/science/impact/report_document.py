"""What a report is made of: sections with paragraphs, tables as texts, and the numbers of figures; and its fixed words."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Table:
    """A table as texts, ready to print. `numeric` names the columns to align right."""

    id: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class FigureData:
    """What a figure shows. kind: forest (label, estimate, low, high), love (label, raw, within), flow
    (label, i, c)."""

    id: str
    kind: str
    title: str
    summary: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | float | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    id: str
    heading: str
    paragraphs: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    figures: tuple[FigureData, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """title, labels to print beside it (retrospective, provisional), and the sections in order."""

    title: str
    language: str
    timing: str
    provisional: bool
    sections: tuple[Section, ...]

    def marks(self) -> tuple[str, ...]:
        """What must stand beside the title: whether the plan came first, and whether the verdict is provisional."""
        told = (label(f"mark_{self.timing}", self.language),)
        return (*told, label("mark_provisional", self.language)) if self.provisional else told

    def section(self, name: str) -> Section:
        return next(section for section in self.sections if section.id == name)


@cache
def words() -> dict[str, list[str]]:
    """The fixed words of a report: key, English, Spanish."""
    text = (resources.files("fairlead.science.impact") / "report_words.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def errors_label(kind: str, language: str) -> str:
    """What errors are called in this language; those with a name of letters, such as CR2, keep it."""
    key = f"errors_{kind.replace(' ', '_')}"
    return label(key, language) if key in words() else kind


def label(key: str, language: str) -> str:
    """One of the fixed words of a report, without fields."""
    return words()[key][{"en": 0, "es": 1}[language]]
