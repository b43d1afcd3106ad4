"""Levels of many people in visits at two times, for the worker alone: of purposes that the table opens to indicators.

A coaching visit is read only where the teacher's own consent has carried its levels over (`consents`); of the others it is
read that they happened, so that a page can say who is out and why.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from fairlead.apps.access.asking import fetch
from fairlead.apps.instruments.computing import readable
from fairlead.apps.instruments.models import TechnicalResult, Version

BACK = timedelta(days=365)  # visits before count from a year before the last day on


@dataclass(frozen=True, slots=True)
class Rated:
    """Columns, one place a level: of whom, whether at the later time, by whom, in which visit, of which item."""

    person: tuple[int, ...]
    later: tuple[bool, ...]
    rater: tuple[int, ...]
    visit: tuple[int, ...]
    item: tuple[int, ...]
    level: tuple[int, ...]


def rated(version: Version, people: Collection[int], until: date, since: date, upto: date) -> Rated:
    """What may be read of these people: visits up to `until`, and from `since` on."""
    asking = {**_times(version, people, until, since, upto), "purposes": readable(version)}
    rows = fetch(_RATED, **asking)
    return Rated(*zip(*rows, strict=True)) if rows else Rated((), (), (), (), (), ())


def closed(version: Version, people: Collection[int], until: date, since: date, upto: date) -> set[tuple[int, bool]]:
    """(person, whether at the later time) of whom there is a visit with this version that may not be read."""
    asking = {**_times(version, people, until, since, upto), "purposes": readable(version)}
    return {(person, later) for person, later in fetch(_CLOSED, **asking)}


def components(version_id: int, network_id: int, upto: date) -> dict[str, float]:
    """The version's variance components in the network as last computed; empty where they are not known yet."""
    found = TechnicalResult.objects.filter(version_id=version_id, organization_id=network_id, day__lte=upto)
    latest = found.order_by("-day").values_list("found", flat=True).first() or {}
    known = latest.get("visits", {})
    if not known.get("converged"):
        return {}
    return {one["name"]: float(one["variance"]) for one in known["components"]}


def _times(version: Version, people: Collection[int], until: date, since: date, upto: date) -> dict[str, object]:
    return {
        "version": version.pk, "people": list(people), "first": until - BACK, "until": until, "since": since, "upto": upto,
    }  # fmt: skip


_WHEN = """
r.version_id = %(version)s AND r.subject_id = ANY (%(people)s) AND r.part = 'single' AND r.submitted_at IS NOT NULL
  AND r.visit_id IS NOT NULL AND (r.day BETWEEN %(first)s::date AND %(until)s::date OR r.day BETWEEN %(since)s::date AND %(upto)s::date)
"""
# A copy by consent has no author; its rater is who made the visit.
_RATED = f"""
SELECT r.subject_id, r.day >= %(since)s::date, coalesce(r.author_id, v.visitor_id), r.visit_id, a.item_id, a.level
FROM instruments_response r
JOIN instruments_answer a ON a.response_id = r.id AND a.level IS NOT NULL
JOIN instruments_item i ON i.id = a.item_id AND i.kind = 'rating'
JOIN instruments_visit v ON v.id = r.visit_id
WHERE r.purpose = ANY (%(purposes)s) AND {_WHEN} ORDER BY r.id, a.item_id
"""  # noqa: S608  (our own words)
_CLOSED = f"""
SELECT DISTINCT r.subject_id, r.day >= %(since)s::date FROM instruments_response r
WHERE NOT r.purpose = ANY (%(purposes)s) AND {_WHEN}
"""  # noqa: S608  (our own words)
