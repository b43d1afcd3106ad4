"""What a report is made of: sections with paragraphs, tables as texts, and the numbers of figures."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.science.impact.fixed_words import label
from fairlead.science.impact.problems import ImpactError, Problem
from fairlead.science.impact.reading import closest


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

    def __str__(self) -> str:
        """Its sentences and tables, for a terminal."""
        parts = [self.heading, *self.paragraphs]
        for table in self.tables:
            rows = [table.columns, *table.rows]
            widths = [max(len(row[place]) for row in rows) for place in range(len(table.columns))]
            lines = [
                "  ".join(
                    cell.rjust(width) if place in table.numeric else cell.ljust(width)
                    for place, (cell, width) in enumerate(zip(row, widths, strict=True))
                ).rstrip()
                for row in rows
            ]
            parts.append("\n".join([table.caption, *lines]))
        return "\n\n".join(parts)

    def _repr_html_(self) -> str:
        from fairlead.science.impact.rendering.page import section

        return section(self, "en")


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
        """One of the sections: question, answer, sample, balance, estimates, verdict, …"""
        for section in self.sections:
            if section.id == name:
                return section
        known = [section.id for section in self.sections]
        raise ImpactError(
            [Problem("section", "the report has no such section", name, ", ".join(known), closest(name, known))]
        )

    def _repr_html_(self) -> str:
        from fairlead.science.impact.rendering.page import body

        return body(self)
