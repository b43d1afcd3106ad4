"""A report as PDF/UA-1: tagged, with alternative texts, in the fonts that Typst carries, so that it is the same anywhere."""

from __future__ import annotations

import json
import re
from importlib import resources
from typing import Any

import typst

from fairlead.science.impact.problems import ImpactError, Problem
from fairlead.science.impact.rendering.charts import svg
from fairlead.science.impact.report import FigureData, Report, Table

_FONT = "Libertinus Serif"
_SHORT, _NARROWEST, _WIDEST = 17, 8, 34  # letters: a column of short cells takes what it needs, the others share


def pdf(report: Report, *, paper: str = "us-letter") -> bytes:
    """The document as bytes. The same report gives the same bytes: it carries no time of its own.

    Raises
    ------
    ImpactError
        When Typst cannot set it, with Typst's reason.
    """
    told = {
        "title": report.title,
        "language": report.language,
        "paper": paper,
        "marks": report.marks(),
        "sections": [
            {
                "id": section.id,
                "heading": section.heading,
                "paragraphs": section.paragraphs,
                "figures": [_figure(item) for item in section.figures],
                "tables": [_table(item) for item in section.tables],
            }
            for section in report.sections
        ],
    }
    source = (resources.files(__package__) / "report.typ").read_bytes()
    try:
        made = typst.compile(
            source,
            format="pdf",
            sys_inputs={"report": json.dumps(told, ensure_ascii=False)},
            ignore_system_fonts=True,
            pdf_standards="ua-1",
            timestamp=0,
        )
    except typst.TypstError as error:
        raise ImpactError([Problem("report.pdf", "Typst could not set the report", error.message)]) from error
    return bytes(made)


def _figure(data: FigureData) -> dict[str, Any]:
    drawn = svg(data, font=_FONT)
    width = re.search(r'width="([\d.]+)"', drawn)
    return {
        "svg": drawn,
        "summary": data.summary,
        "alt": f"{data.title}. {data.summary}",
        "width": float(width.group(1)) if width else 640.0,
    }


def _table(table: Table) -> dict[str, Any]:
    columns = list(zip(table.columns, *table.rows, strict=True))
    widths = [_width(column) for column in columns]
    if all(width is None for width in widths):
        widths[0] = _NARROWEST  # somebody takes the rest of the line
    return {
        "caption": table.caption,
        "columns": table.columns,
        "rows": table.rows,
        "numeric": [place in table.numeric for place in range(len(table.columns))],
        "widths": widths,
    }


def _width(column: tuple[str, ...]) -> float | None:
    """None for a column of short cells; else the share of the rest that it wants: its longest word, and more when its
    cells are long as a whole, though no more than the others can spare."""
    if max(map(len, column)) <= _SHORT:
        return None
    longest = max((len(word) for cell in column for word in cell.split()), default=0)
    return max(_NARROWEST, longest * 1.1, min(max(map(len, column)) / 3, _WIDEST))
