"""A roll's marks in a form: what was posted, and the lines as they are shown again. Nobody is marked by default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import ngettext

from fairlead.apps.attendance.selectors import Line

PRESENT, ABSENT = "present", "absent"
FIELD = "student-"


@dataclass(frozen=True, slots=True)
class Form:
    """The lines of a roll with their marks so far; what was wrong with them, and whose mark is missing."""

    lines: tuple[Line, ...]
    error: str = ""
    missing: frozenset[int] = frozenset()
    reviewed: bool = False

    @property
    def marked(self) -> int:
        return sum(bool(line.status) for line in self.lines)

    @property
    def first_missing(self) -> int | None:
        return next((line.student_id for line in self.lines if line.student_id in self.missing), None)


def amended(section: object, changed: int) -> str:
    """What a second submission did to a roll, in words."""
    text = ngettext(
        "The roll of %(section)s is amended: %(n)s mark changed.",
        "The roll of %(section)s is amended: %(n)s marks changed.",
        changed,
    )
    return text % {"section": section, "n": changed}


def posted(post: QueryDict) -> dict[int, str]:
    """Marks by student."""
    return {
        int(key.removeprefix(FIELD)): str(value)
        for key, value in post.items()
        if key.startswith(FIELD) and key.removeprefix(FIELD).isdecimal() and len(key) < 27
    }


def shown(lines: Sequence[Line], marks: Mapping[int, str]) -> tuple[Line, ...]:
    """The lines with the marks that were posted, as far as they are marks."""
    known = {pk: mark for pk, mark in marks.items() if mark in (PRESENT, ABSENT)}
    return tuple(Line(x.student_id, x.name, known.get(x.student_id, "")) for x in lines)


def all_present(lines: Sequence[Line]) -> Form:
    """Everybody without a mark set to present, to be looked through; nothing is saved."""
    return Form(tuple(Line(x.student_id, x.name, x.status or PRESENT) for x in lines), reviewed=True)
