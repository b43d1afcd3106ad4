"""Computing how well a network's versions measure, and storing it: by night, on demand, by the command.

Read are the answers that the purpose table opens to indicators: of research, improvement and surveys, and of coaching
visits where the teacher has consented (`consents` carries those over). What is stored names nobody and holds no answer:
coefficients, counts above the least, and reasons.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import transaction

from fairlead import clock
from fairlead.apps.access.asking import fetch
from fairlead.apps.access.purposes import allowed
from fairlead.apps.instruments import measuring, policy, scoring
from fairlead.apps.instruments.measuring import Asked, Found, Told
from fairlead.apps.instruments.models import Item, TechnicalResult, Version
from fairlead.apps.instruments.standards import standards
from fairlead.apps.roster import selectors as roster


def used_in(network_id: int) -> list[Version]:
    """Published versions with an answer in a network."""
    organizations = roster.organizations_below(network_id)
    ids = [pk for (pk,) in fetch(_USED, organizations=organizations)]
    return list(Version.objects.filter(pk__in=ids, published_at__isnull=False).select_related("instrument"))


_USED = "SELECT DISTINCT version_id FROM instruments_response WHERE organization_id = ANY (%(organizations)s)"


def readable(version: Version) -> list[str]:
    """Purposes whose answers may be read for this: those of the instrument that the table opens to indicators."""
    return [p for p in policy.purposes_of(version.instrument) if allowed(p, "indicators", "analyst")]


def compute(version: Version, network_id: int) -> Found:
    """Everything that is known of a version in a network, from what may be read. As the worker, or the owner."""
    today = clock.today()
    since = today - timedelta(days=standards().look.days)
    items = {item.pk: item for item in Item.objects.filter(version=version).select_related("domain")}
    first, second, left_out = _Rows(), _Rows(), Counter[str]()
    asking = {
        "version": version.pk, "organizations": roster.organizations_below(network_id), "since": since,
        "purposes": readable(version),
    }  # fmt: skip
    by_school = version.instrument.kind != "student_survey"
    for part, response, by, about, visit, section, school, item, level, chosen, number, unseen in fetch(
        _ANSWERS, **asking
    ):
        if unseen:
            left_out["not_observed"] += 1
            continue
        score = scoring.score(items[item], level, chosen, number) if items[item].kind != "number" else None
        if score is None:
            left_out["unscored"] += 1
            continue
        rows = first if part == "single" else second
        rows.add(response, items[item].key, score, by, about, visit, school if by_school else section)
    for reason, n in fetch(_NOT_READ, **asking):
        left_out[reason] += n
    told = first.told()
    found = measuring.measure(_asked(version, items.values(), told), told, second.told(), standards())
    return {
        "format": measuring.FORMAT,
        "standards": standards().version,
        "since": since.isoformat(),
        "until": today.isoformat(),
        "purposes": asking["purposes"],
        "left_out": {reason: n for reason, n in left_out.items() if n},
        **found,
    }


class _Rows:
    """Columns, filled row by row."""

    def __init__(self) -> None:
        self.columns: tuple[list[Any], ...] = tuple([] for _name in Told.__slots__)

    def add(self, *row: Any) -> None:
        for column, value in zip(self.columns, row, strict=True):
            column.append(value)

    def told(self) -> Told:
        return Told(*self.columns)


# A copy by consent has no author; its rater is who made the visit.
_ANSWERS = """
SELECT r.part, r.id::text, coalesce(r.author_id, v.visitor_id), r.subject_id, r.visit_id, r.section_id,
       r.organization_id, a.item_id, a.level, a.chosen, a.number, a.not_observed
FROM instruments_response r
JOIN instruments_answer a ON a.response_id = r.id
LEFT JOIN instruments_visit v ON v.id = r.visit_id
WHERE r.version_id = %(version)s AND r.organization_id = ANY (%(organizations)s) AND r.purpose = ANY (%(purposes)s)
  AND r.day > %(since)s AND r.part IN ('single', 'second') AND (r.submitted_at IS NOT NULL OR r.anonymous)
ORDER BY r.id, a.item_id
"""
_NOT_READ = """
SELECT CASE WHEN NOT r.purpose = ANY (%(purposes)s) THEN 'other_purpose' WHEN r.day <= %(since)s THEN 'earlier'
            WHEN r.part NOT IN ('single', 'second') THEN 'other_part' ELSE 'draft' END, count(*)
FROM instruments_response r
WHERE r.version_id = %(version)s AND r.organization_id = ANY (%(organizations)s)
  AND NOT (r.purpose = ANY (%(purposes)s) AND r.day > %(since)s AND r.part IN ('single', 'second')
           AND (r.submitted_at IS NOT NULL OR r.anonymous))
GROUP BY 1
"""


def _asked(version: Version, items: Any, told: Told) -> Asked:
    domains: dict[str, list[str]] = {}
    right = set()
    for item in sorted(items, key=lambda one: one.position):
        scale = scoring.scale(item)
        if scale is not None:
            domains.setdefault(item.domain.key, []).append(item.key)
        if scale == (0.0, 1.0):
            right.add(item.key)
    people = sorted({person for person in told.by if person is not None})
    asks_people = version.instrument.kind in ("student_survey", "knowledge", "beliefs")
    return Asked(
        version.instrument.kind,
        {key: tuple(own) for key, own in domains.items()},
        frozenset(right),
        dict(_demographics(people)) if asks_people else {},
    )


_DEMOGRAPHICS = """
SELECT person_id, gender, economically_disadvantaged, english_learner, disability FROM roster_demographics
WHERE person_id = ANY (%(people)s)
"""
_SAID = ("economically_disadvantaged", "english_learner", "disability")


def _demographics(people: list[int]) -> Iterator[tuple[int, dict[str, str]]]:
    for person, gender, *rest in fetch(_DEMOGRAPHICS, people=people):
        row = {name: "yes" if value else "no" for name, value in zip(_SAID, rest, strict=True) if value is not None}
        yield person, row | ({"gender": gender} if gender else {})


@transaction.atomic
def refresh(network_id: int, version_ids: list[int] | None = None) -> int:
    """Compute and store the results of a network's versions; a second run on a day takes the place of the first."""
    versions = [v for v in used_in(network_id) if version_ids is None or v.pk in version_ids]
    for version in versions:
        TechnicalResult.objects.update_or_create(
            organization_id=network_id,
            version=version,
            day=clock.today(),
            defaults={"computed_at": clock.now(), "found": compute(version, network_id)},
        )
    return len(versions)
