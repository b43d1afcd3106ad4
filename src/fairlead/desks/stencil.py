"""Rows by stencil: a template is drawn once a language, with holes, and each row fills the holes.

A page with sixty forms in it draws one. The template stays an ordinary template; what differs between rows is a hole:
a word (escaped unless it is safe already) or a whole number (as in addresses, which take no other sign). What depends on
a condition is made beforehand and put into a hole.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

# Signs of the private use area, and numbers that no row has: they pass through a template unchanged.
_FIRST_SIGN, _FIRST_NUMBER = 0xE010, 7_000_000_000_000_000_001
_HOLE = re.compile(f"([{chr(_FIRST_SIGN)}-{chr(_FIRST_SIGN + 99)}]|70000000000000000\\d\\d)")


class Stencil:
    """One template; `words` and `numbers` name its holes."""

    def __init__(self, template: str, *, words: tuple[str, ...] = (), numbers: tuple[str, ...] = ()) -> None:
        self.template = template
        self.marks: dict[str, Any] = {name: chr(_FIRST_SIGN + i) for i, name in enumerate(words)}
        self.marks |= {name: _FIRST_NUMBER + i for i, name in enumerate(numbers)}

    def fill(self, rows: list[dict[str, Any]], **same: Any) -> SafeString:
        """One drawing for each row. `same` is what all rows share; it is part of the drawing, so it must be hashable."""
        pieces = _pieces(self.template, tuple(self.marks.items()), tuple(same.items()), get_language())
        text = "".join(piece if hole is None else _text(row[hole]) for row in rows for piece, hole in pieces)
        return mark_safe(text)  # noqa: S308

    def drawn(self, **same: Any) -> SafeString:
        """A drawing without holes: the same for every row."""
        pieces = _pieces(self.template, (), tuple(same.items()), get_language())
        return mark_safe(pieces[0][0] if pieces else "")  # noqa: S308


def _text(value: Any) -> str:
    return value if isinstance(value, SafeString) else escape(str(value))


@lru_cache(maxsize=200)
def _pieces(
    template: str, marks: tuple[tuple[str, Any], ...], same: tuple[tuple[str, Any], ...], language: str | None
) -> tuple[tuple[str, str | None], ...]:
    """The drawing cut at its holes: text as it is, or the name of a hole."""
    names = {str(mark): name for name, mark in marks}
    drawn = render_to_string(template, {**dict(same), **dict(marks)})
    return tuple((part, names.get(part)) for part in _HOLE.split(drawn) if part)
