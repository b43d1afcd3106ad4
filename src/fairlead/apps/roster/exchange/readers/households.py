"""Guardians whom the rows of several siblings name: one person, whom each row described anew.

A list gives guardians no identifier. Two rows mean the same guardian when the name is the same and so is a telephone or
an e-mail, and the ZIP code too where both rows have one. The guardian then goes by the student whose identifier comes
first, so that the order of the rows changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fairlead.apps.roster.names import sort_key


@dataclass(frozen=True, slots=True)
class Named:
    """A guardian as one row describes them: `key` is what the row itself would call them."""

    key: str
    student: str
    given: str
    family: str
    phone: str
    email: str
    zip: str


def same_guardians(rows: Iterable[Named]) -> dict[str, str]:
    """What each row would call its guardian → what they are called, where that is another row's word."""
    everyone = sorted(rows, key=lambda row: (row.student, row.key))
    first: dict[tuple[str, str], list[Named]] = {}
    called: dict[str, str] = {}
    students: dict[str, set[str]] = {}
    for row in everyone:
        met = [other for way in _ways(row) for other in first.get(way, ()) if _may_be(row, other)]
        free = [called[other.key] for other in met if row.student not in students[called[other.key]]]
        name = called[row.key] = free[0] if free else row.key
        students.setdefault(name, set()).add(row.student)
        for way in _ways(row):
            first.setdefault(way, []).append(row)
    return {key: name for key, name in called.items() if key != name}


def _ways(row: Named) -> Iterator[tuple[str, str]]:
    """By what a row can be found again: the name with each of its addresses."""
    name = sort_key(row.family, row.given)
    digits = re.sub(r"\D", "", row.phone)
    if len(digits) >= 7:
        yield name, digits[-10:]
    if "@" in row.email:
        yield name, row.email.strip().lower()


def _may_be(row: Named, other: Named) -> bool:
    return not row.zip or not other.zip or row.zip[:5] == other.zip[:5]
