"""A teacher's own class report. The wall of `ClassResult` opens a class to its teacher, and to nobody above."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from fairlead.apps.access.asking import fetch
from fairlead.apps.access.scope import Scope
from fairlead.apps.surveys.models import Result


@dataclass(frozen=True, slots=True)
class Class:
    """A class of the asking person's in which a survey was counted."""

    administration_id: int
    section_id: int
    section: str
    school_id: int
    school: str
    name: str
    name_es: str
    opens_on: date
    closes_on: date
    told: bool  # whether there is any number


def classes(scope: Scope) -> list[Class]:
    """Every class of the asking person's that has a report, the newest first."""
    return [Class(*row) for row in fetch(_CLASSES, person=scope.person_id)]


_CLASSES = """
SELECT a.id, s.id, s.name, o.id, o.name, a.name, a.name_es, a.opens_on, a.closes_on,
       bool_or(r.state IN ('shown', 'top', 'bottom'))
FROM surveys_classresult r
JOIN surveys_administration a ON a.id = r.administration_id
JOIN roster_section s ON s.id = r.section_id
JOIN roster_organization o ON o.id = r.organization_id
WHERE r.teacher_id = %(person)s
GROUP BY a.id, s.id, o.id ORDER BY a.opens_on DESC, a.id, s.name
"""


@dataclass(frozen=True, slots=True)
class ClassLine:
    """One number of a class."""

    part: str
    key: str
    state: str
    n: int | None
    share: float | None
    most: float | None
    low: float | None
    high: float | None

    @property
    def exact(self) -> bool:
        return self.state == Result.State.SHOWN


def lines(scope: Scope, administration_id: int, section_id: int) -> list[ClassLine]:
    """The numbers of one class, in the form's order; empty where it is not the asking person's."""
    rows = fetch(_LINES, administration=administration_id, section=section_id, person=scope.person_id)
    return [ClassLine(*row) for row in rows]


_LINES = """
SELECT part, key, state, n, share, most, low, high FROM surveys_classresult
WHERE administration_id = %(administration)s AND section_id = %(section)s AND teacher_id = %(person)s ORDER BY position
"""


def earlier(scope: Scope, administration_id: int, section_id: int) -> tuple[int, str, str] | None:
    """The survey before with the same version, in which the same teacher's same class was asked: number and names."""
    rows = fetch(_EARLIER, administration=administration_id, section=section_id, person=scope.person_id)
    return rows[0] if rows else None


_EARLIER = """
SELECT b.id, b.name, b.name_es FROM surveys_administration a
JOIN surveys_administration b ON b.version_id = a.version_id AND b.opens_on < a.opens_on AND b.asked = a.asked
WHERE a.id = %(administration)s AND EXISTS (
    SELECT FROM surveys_classresult r
    WHERE r.administration_id = b.id AND r.section_id = %(section)s AND r.teacher_id = %(person)s)
ORDER BY b.opens_on DESC LIMIT 1
"""
