"""The worker's part: what may be told of a whole programme to those who may not see everybody's row.

A band of the distribution is told when it holds at least five people beside those of any one school, since a school's leader
knows the rows of their own; bands with fewer are told together with their neighbour, and where that does not help, nothing is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils.timezone import get_current_timezone_name

from fairlead.apps.access.asking import change, fetch
from fairlead.apps.learning import practising
from fairlead.apps.learning.models import Counted, Measured, Programme
from fairlead.apps.learning.spreading import band

FLOOR = 5
BANDS = 6


def together(found: Sequence[tuple[int, float]]) -> list[tuple[int, int, int]]:
    """(first band, last band, people) from (school, share) of each person; empty where nothing may be told.

    >>> together([(1, 0.0)] * 6 + [(2, 0.0)] * 6 + [(1, 0.9)] * 5 + [(2, 0.9)] * 7 + [(2, 0.3)])
    [(0, 1, 12), (2, 5, 13)]
    """
    counts = [Counter(school for school, share in found if band(share) == one) for one in range(BANDS)]
    groups: list[tuple[int, int, Counter[int]]] = []
    first, now = 0, Counter[int]()
    for one, more in enumerate(counts):
        now = now + more
        if _safe(now):
            groups.append((first, one, now))
            first, now = one + 1, Counter[int]()
    if first < BANDS:  # what is left over goes with the last that may be told
        if not groups:
            return []
        begin, _end, last = groups.pop()
        groups.append((begin, BANDS - 1, last + now))
    return [(begin, end, group.total()) for begin, end, group in groups]


def _safe(group: Counter[int]) -> bool:
    return bool(group) and all(group.total() - of_one >= FLOOR for of_one in group.values())


def count(programme_id: int, at: datetime) -> None:
    """Count a programme's doses and whose practice changed, and keep what may be told; a later count takes its place."""
    rows = fetch(_SHARES, programme=programme_id, now=at, zone=get_current_timezone_name())
    told = together([(school, had / offered) for school, offered, had in rows if offered])
    known = Programme.objects.get(pk=programme_id)
    Counted.objects.update_or_create(
        programme_id=programme_id, what=Counted.What.DOSE, reference="",
        defaults={
            "organization_id": known.organization_id, "counted_at": at,
            "found": {"n": sum(n for _first, _last, n in told), "bands": told},
        },
    )  # fmt: skip
    for tie in Measured.objects.filter(programme_id=programme_id, source=Measured.Source.VISITS):
        practising.count(tie, at)


_SHARES = """
SELECT i.organization_id, sum(s.minutes), coalesce(sum(a.minutes), 0)
FROM learning_invitation i
JOIN learning_session s ON s.programme_id = i.programme_id AND s.begins_at + make_interval(mins => s.minutes) <= %(now)s
     AND i.since <= (s.begins_at AT TIME ZONE %(zone)s)::date
LEFT JOIN learning_attendance a ON a.session_id = s.id AND a.person_id = i.person_id AND a.not_there_at IS NULL
WHERE i.programme_id = %(programme)s
GROUP BY i.id
"""


def count_all(at: datetime) -> int:
    """Count every programme that is not over since more than a month; since more than a year, where visits are counted."""
    ids = [pk for (pk,) in fetch(_GOING_ON, on=at.date(), visits=Measured.Source.VISITS)]
    for pk in ids:
        count(pk, at)
    return len(ids)


def forget(at: datetime) -> int:
    """Codes that did not fit, of more than a day ago: they keep nobody waiting any more, and tell nothing else."""
    return change("DELETE FROM learning_wrongcode WHERE at < %(since)s", since=at - timedelta(days=1))


_GOING_ON = """
SELECT p.id FROM learning_programme p
WHERE p.ends >= %(on)s::date - 31 OR (p.ends >= %(on)s::date - 365
      AND EXISTS (SELECT FROM learning_measured m WHERE m.programme_id = p.id AND m.source = %(visits)s))
ORDER BY p.id
"""
