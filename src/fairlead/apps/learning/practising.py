"""The worker's part: whose practice changed between visits before and after, beside the number that chance alone brings.

Read are levels of visits that their purpose opens to indicators; coaching enters by the teacher's own consent and no other
way. What is kept is of the whole programme, goes through the same rule for small groups as a survey's results, and names
nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from fairlead.apps.access.asking import fetch
from fairlead.apps.instruments import rated
from fairlead.apps.instruments import selectors as instruments
from fairlead.apps.learning.models import Counted, Measured
from fairlead.apps.roster import selectors as roster
from fairlead.apps.surveys import counting as surveys
from fairlead.apps.surveys.selectors import least_group
from fairlead.science.measurement import MeasurementError, PracticeChange, practice_change

LEAST = 10  # people seen twice: fewer tell no share
FLOOR = 5  # people of a reason why others are out; and new people before a share is counted anew
STANDS = timedelta(days=28)  # or so long
DIGITS = 3
# Why somebody who came is not counted. In the order in which they are told.
REASONS = ("closed", "never", "before", "after")


def count(tie: Measured, at: datetime) -> None:
    """Count one tie to visits and keep what may be told of it."""
    if tie.until is None or tie.since is None:
        return
    kept = Counted.objects.filter(
        programme_id=tie.programme_id, what=Counted.What.PRACTICE, reference=str(tie.pk)
    ).first()
    found = found_of(tie, tie.until, tie.since, at)
    if kept is not None and not _anew(kept, found, at):
        return
    Counted.objects.update_or_create(
        programme_id=tie.programme_id, what=Counted.What.PRACTICE, reference=str(tie.pk),
        defaults={"organization_id": tie.organization_id, "counted_at": at, "found": found},
    )  # fmt: skip


def _anew(kept: Counted, found: Mapping[str, Any], at: datetime) -> bool:
    """Whether a new count takes the place of what is told: not for a few people more, who would be told by subtraction."""
    before = kept.found.get("n")
    if before is None or found.get("n") is None:
        return True
    return abs(found["n"] - before) >= FLOOR or (found["n"] == before and at - kept.counted_at >= STANDS)


def found_of(tie: Measured, until: date, since: date, at: datetime) -> dict[str, Any]:
    """What may be told; with `why` where no share may."""
    version = instruments.versions([int(tie.reference)])[int(tie.reference)]
    schools = dict(fetch(_CAME, programme=tie.programme_id, now=at))
    times = (version, sorted(schools), until, since, at.date())
    seen = rated.rated(*times)
    told: dict[str, Any] = {"came": len(schools), "out": _out(schools, seen, rated.closed(*times)), "why": ""}
    errors = rated.components(version.pk, roster.network_of(tie.organization_id).pk, at.date())
    if not errors:
        return told | {"why": "rubric"}
    least = max(LEAST, least_group(version.instrument))
    try:
        change = practice_change(
            seen.person, seen.later, rater=seen.rater, visit=seen.visit, item=seen.item, score=seen.level,
            components=errors, cluster=schools,
        )  # fmt: skip
    except MeasurementError:
        return told | {"why": "few"}
    if len(change.persons) < least:
        return told | {"why": "few"}
    return told | _told(change, tie.organization_id, least)


_CAME = """
SELECT DISTINCT i.person_id, i.organization_id
FROM learning_invitation i
JOIN learning_session s ON s.programme_id = i.programme_id AND s.begins_at + make_interval(mins => s.minutes) <= %(now)s
JOIN learning_attendance a ON a.session_id = s.id AND a.person_id = i.person_id AND a.not_there_at IS NULL
WHERE i.programme_id = %(programme)s
"""


def _out(came: Iterable[int], seen: rated.Rated, closed: set[tuple[int, bool]]) -> list[tuple[list[str], int | None]]:
    """How many who came are not counted, and why; reasons of few people are told together."""
    there = set(zip(seen.person, seen.later, strict=True))
    counts: Counter[str] = Counter()
    for person in came:
        open_at = [(person, later) in there for later in (False, True)]
        if all(open_at):
            continue
        if all(is_open or (person, later) in closed for is_open, later in zip(open_at, (False, True), strict=True)):
            counts["closed"] += 1
        else:
            counts["never" if not any(open_at) else "before" if not open_at[0] else "after"] += 1
    return together([(reason, counts[reason]) for reason in REASONS if counts[reason]])


def together(counts: list[tuple[str, int]]) -> list[tuple[list[str], int | None]]:
    """Reasons with their numbers, those of fewer than five put together; None where all of them are fewer.

    >>> together([("closed", 12), ("never", 3), ("before", 1), ("after", 30)])
    [(['closed'], 12), (['after'], 30), (['never', 'before'], None)]
    """
    few = [one for one in counts if one[1] < FLOOR]
    told: list[tuple[list[str], int | None]] = [([reason], n) for reason, n in counts if n >= FLOOR]
    if few:
        all_few = sum(n for _reason, n in few)
        told.append(([reason for reason, _n in few], all_few if all_few >= FLOOR else None))
    return told


def _told(change: PracticeChange, organization_id: int, least: int) -> dict[str, Any]:
    growth = change.growth
    people = [surveys.Form(organization_id, None, {}) for _person in change.persons]
    better = [one.verdict == "improved" for one in growth.people]
    release = surveys.protected(organization_id, [], people, better, surveys.rule_for(least))
    told = surveys.told(release, 0)
    if "share" not in told:
        return told | {"why": "few"}
    exact = told["share"] == told["most"]
    numbers = {
        "by_chance": growth.expected / growth.n, "mean": growth.mean, "mean_low": growth.mean_low,
        "mean_high": growth.mean_high, "threshold": float(np.median(change.threshold)),
    } | (
        {"share": growth.improved_share.value, "most": growth.improved_share.value, "low": growth.improved_share.low,
         "high": growth.improved_share.high, "if_nobody": growth.by_chance} if exact else {}
    )  # fmt: skip
    visits = [float(np.median(many)) for many in (change.visits_before, change.visits_after)]
    return told | {name: round(value, DIGITS) for name, value in numbers.items()} | {
        "visits": visits, "raters": change.raters, "level": growth.level,
    }  # fmt: skip
