"""Numbers with their nouns, for people at a terminal: 1 row, 160 schools, 48 groups of school:class."""

from __future__ import annotations

import re

_HISSING = re.compile(r"(s|x|z|ch|sh)$")
_CONSONANT_Y = re.compile(r"[^aeiou]y$")


def counted(n: int, noun: str) -> str:
    """A number and its noun, which is in the plural unless there is one. A column's name that is no plain English word is
    left as it is.

    Examples
    --------
    >>> counted(160, "school"), counted(1, "school"), counted(2400, "class"), counted(3, "county"), counted(8, "school_id")
    ('160 schools', '1 school', '2,400 classes', '3 counties', '8 groups of school_id')
    """
    if not noun.replace(" ", "").isalpha():
        return f"{n:,} {'group' if n == 1 else 'groups'} of {noun}"
    if n == 1:
        return f"1 {noun}"
    if _HISSING.search(noun):
        return f"{n:,} {noun}es"
    return f"{n:,} {noun[:-1]}ies" if _CONSONANT_Y.search(noun) else f"{n:,} {noun}s"
