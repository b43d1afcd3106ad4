"""A report as one HTML page: no scripts, nothing fetched, readable without pictures, printable."""

from __future__ import annotations

from functools import cache
from html import escape
from importlib import resources

from fairlead.science.impact.rendering.charts import svg
from fairlead.science.impact.report import FigureData, Report, Section, Table, label


def page(report: Report) -> str:
    """The whole document."""
    return (
        f'<!doctype html><html lang="{report.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(report.title)}</title><style>{_style()}</style></head>"
        f"<body>{body(report)}</body></html>\n"
    )


def body(report: Report) -> str:
    """The document without its head, as a notebook shows it."""
    marks = "".join(f'<p class="mark">{escape(text)}</p>' for text in report.marks())
    sections = "".join(section(part, report.language) for part in report.sections)
    return f"<main><h1>{escape(report.title)}</h1>{marks}{_contents(report)}{sections}</main>"


@cache
def _style() -> str:
    return (resources.files(__package__) / "report.css").read_text(encoding="utf-8")


def _contents(report: Report) -> str:
    items = "".join(f'<li><a href="#{s.id}">{escape(s.heading)}</a></li>' for s in report.sections)
    return f'<nav aria-label="{escape(label("contents", report.language))}"><ul>{items}</ul></nav>'


def section(part: Section, language: str) -> str:
    """One section of it, as a notebook shows it."""
    told = "".join(f"<p>{escape(text)}</p>" for text in part.paragraphs)
    figures = "".join(_figure(item, language) for item in part.figures)
    tables = "".join(_table(item) for item in part.tables)
    return (
        f'<section aria-labelledby="{part.id}"><h2 id="{part.id}">{escape(part.heading)}</h2>'
        f"{told}{figures}{tables}</section>"
    )


def _figure(data: FigureData, language: str) -> str:
    numbers = Table("", data.title, data.columns, tuple(_cells(row) for row in data.rows), _numeric(data))
    return (
        f"<figure>{svg(data)}<figcaption>{escape(data.summary)}</figcaption>"
        f"<details><summary>{escape(label('numbers', language))}</summary>{_table(numbers)}</details></figure>"
    )


def _cells(row: tuple[str | float | None, ...]) -> tuple[str, ...]:
    return tuple("–" if x is None else _number(x) if isinstance(x, float) else str(x) for x in row)


def _number(value: float) -> str:
    """Four digits and a real minus sign; counts with commas, as in the tables."""
    return (f"{value:,.0f}" if value.is_integer() else f"{value:.4g}").replace("-", "−")


def _numeric(data: FigureData) -> tuple[int, ...]:
    return tuple(range(1, len(data.columns)))


def _table(table: Table) -> str:
    def kind(place: int) -> str:
        return ' class="number"' if place in table.numeric else ""

    head = "".join(f'<th scope="col"{kind(i)}>{escape(name)}</th>' for i, name in enumerate(table.columns))
    rows = "".join(
        "<tr>"
        + "".join(
            f'<th scope="row">{escape(cell)}</th>' if i == 0 else f"<td{kind(i)}>{escape(cell)}</td>"
            for i, cell in enumerate(row)
        )
        + "</tr>"
        for row in table.rows
    )
    return (
        f'<div class="scroll" tabindex="0" role="group" aria-label="{escape(table.caption)}"><table>'
        f"<caption>{escape(table.caption)}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
