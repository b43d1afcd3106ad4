"""Confidential answers with whose they are, for the worker alone: the app's login has no right to read a tie.

For putting two forms of the same person beside each other (`growth`). What is made of it names nobody to anybody else.
"""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.apps.access.asking import fetch


@dataclass(frozen=True, slots=True)
class Tied:
    """One answer of one person, at the school where they were asked."""

    person_id: int
    organization_id: int
    item_id: int
    level: int | None
    chosen: tuple[int, ...] | None


def tied(administration_id: int) -> list[Tied]:
    """Every answer of a counted confidential survey whose tie still holds."""
    return [
        Tied(person, school, item, level, None if chosen is None else tuple(chosen))
        for person, school, item, level, chosen in fetch(_TIED, administration=administration_id)
    ]


_TIED = """
SELECT i.person_id, i.organization_id, a.item_id, a.level, a.chosen
FROM surveys_tie t
JOIN surveys_invitation i ON i.id = t.invitation_id AND i.person_id IS NOT NULL
JOIN instruments_answer a ON a.response_id = t.response_id
WHERE i.administration_id = %(administration)s
ORDER BY i.person_id, a.item_id
"""
