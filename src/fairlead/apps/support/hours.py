"""Whose time contacts took: what each person led, what each took part in, and what only stands in their calendars.

Unlike a dose, a lead's minutes count once however many took part; a participant's are their own, as they say them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fairlead.apps.access.asking import fetch


@dataclass(frozen=True, slots=True)
class TimeWith:
    """One contact as one person's time."""

    person_id: int
    at: datetime
    minutes: int
    kind: str
    led: bool


def spent(people: Sequence[int], since: datetime, until: datetime) -> list[TimeWith]:
    """Contacts and visits of these people, as far as the walls open them to the asking login."""
    return [TimeWith(*row) for row in fetch(_SPENT, people=list(people), since=since, until=until)]


_SPENT = """
SELECT * FROM (
    SELECT c.lead_id AS person_id, c.at, c.minutes, c.kind, true AS led FROM support_contact c
    WHERE c.lead_id = ANY (%(people)s) AND c.at >= %(since)s AND c.at < %(until)s
    UNION ALL
    SELECT d.person_id, d.at, d.minutes, d.kind, false FROM support_dose d
    WHERE d.person_id = ANY (%(people)s) AND d.at >= %(since)s AND d.at < %(until)s
) t ORDER BY t.person_id, t.at, t.led, t.kind, t.minutes
"""


def in_calendars(people: Sequence[int], since: datetime, until: datetime) -> list[TimeWith]:
    """What was planned with these people, was not called off, and was never logged."""
    return [TimeWith(*row) for row in fetch(_PLANNED, people=list(people), since=since, until=until)]


_PLANNED = """
SELECT x.person_id, p.at, p.minutes, p.kind, x.led FROM support_plannedcontact p
CROSS JOIN LATERAL (VALUES (p.lead_id, true), (p.with_person_id, false)) x (person_id, led)
WHERE x.person_id = ANY (%(people)s) AND p.cancelled_at IS NULL AND p.became_id IS NULL
  AND p.at >= %(since)s AND p.at < %(until)s
ORDER BY x.person_id, p.at, p.id
"""
