"""A figure as a report needs it: an Altair (Vega-Lite) specification, the numbers it shows, and words for who cannot see it."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

Cell = str | float | bool | None


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure.

    Attributes
    ----------
    name : a short key for files.
    title : the sentence that the figure answers.
    alt : what it shows, in words and numbers.
    columns, rows : the numbers shown, in order.
    spec : Vega-Lite, with the data inside.
    """

    name: str
    title: str
    alt: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    spec: dict[str, Any]

    def record(self) -> dict[str, Any]:
        """For JSON: everything but the specification's copy of the data is plain already."""
        data = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        return {"title": self.title, "alt": self.alt, "data": data, "spec": self.spec}

    def svg(self) -> str:
        """The figure as SVG, with its alternative text."""
        import vl_convert

        return str(vl_convert.vegalite_to_svg(self.spec))

    def _repr_html_(self) -> str:
        """As a notebook shows it: the picture, named for people who hear it, and its words below."""
        head, sign, rest = self.svg().partition(">")
        words = f"<title>{escape(self.title)}</title><desc>{escape(self.alt)}</desc>"
        return f'<figure>{head} role="img"{sign}{words}{rest}<figcaption>{escape(self.alt)}</figcaption></figure>'


def values(columns: tuple[str, ...], rows: tuple[tuple[Cell, ...], ...]) -> Any:
    """The rows as Altair's inline data."""
    import altair

    return altair.Data(values=[dict(zip(columns, row, strict=True)) for row in rows])
