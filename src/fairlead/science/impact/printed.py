"""Results that print as tables, and that a notebook shows as tables."""

from __future__ import annotations

import re
from html import escape


class Printed:
    """A result whose `str` is lines of text. A notebook gets the same as HTML; its tables become tables."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return as_html(str(self))


def as_html(text: str) -> str:
    """Paragraphs of text as HTML. Lines whose cells stand two or more spaces apart, and are as many as in the first, are a
    table; a line before them is its caption. Anything else stays as it was set.

    Examples
    --------
    >>> as_html("term   estimate\\nclass       8.88")
    '<table><thead><tr><th scope="col">term</th><th scope="col">estimate</th></tr></thead><tbody><tr><th scope="row">class</th><td>8.88</td></tr></tbody></table>'
    """
    return "".join(_paragraph(part.split("\n")) for part in re.split(r"\n\s*\n", text.strip("\n")))


def _paragraph(lines: list[str]) -> str:
    rows = [re.split(r"\s{2,}", line.strip()) for line in lines]
    for start in (0, 1):
        width = len(rows[start]) if len(rows) > start + 1 else 0
        if width > 1 and all(len(row) == width for row in rows[start:]):
            caption = f"<caption>{escape(lines[0].strip())}</caption>" if start else ""
            return (
                f"<table>{caption}{_head(rows[start])}<tbody>{''.join(map(_row, rows[start + 1 :]))}</tbody></table>"
            )
    return f"<pre>{escape(chr(10).join(lines))}</pre>"


def _head(cells: list[str]) -> str:
    return "<thead><tr>" + "".join(f'<th scope="col">{escape(cell)}</th>' for cell in cells) + "</tr></thead>"


def _row(cells: list[str]) -> str:
    first, *rest = map(escape, cells)
    return f'<tr><th scope="row">{first}</th>' + "".join(f"<td>{cell}</td>" for cell in rest) + "</tr>"
