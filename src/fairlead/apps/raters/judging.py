"""Judging an attempt, by the worker: levels against the agreed ones by the set's rule; who passes is certified.

It counts from the responses anew and not from anything the rater's own login could have written.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from fairlead import clock
from fairlead.apps.access.asking import fetch
from fairlead.apps.instruments import certifying, policy
from fairlead.apps.instruments.certifying import Earned
from fairlead.apps.raters import rules
from fairlead.apps.raters.models import Attempt


def pairs(attempt_id: int) -> list[tuple[rules.Rated, int, str]]:
    """Every agreed level with what the rater gave, the item's number and the reason for the level, in order."""
    return [
        (rules.Rated(case, key, domain, agreed, level), item, why)
        for case, key, domain, agreed, level, item, why in fetch(_PAIRS, attempt=attempt_id)
    ]


_PAIRS = """
SELECT c.id, i.key, d.key, s.level, a.level, i.id,
       coalesce((SELECT string_agg(n.text, ' ') FROM instruments_note n
                 WHERE n.response_id = c.standard_id AND i.key = ANY (n.tags)), '')
FROM raters_attempt t
JOIN raters_calibrationcase c ON c.calibration_set_id = t.calibration_set_id
JOIN instruments_answer s ON s.response_id = c.standard_id AND s.level IS NOT NULL
JOIN instruments_item i ON i.id = s.item_id
JOIN instruments_domain d ON d.id = i.domain_id
LEFT JOIN raters_attemptcase m ON m.attempt_id = t.id AND m.case_id = c.id AND m.person_id = t.person_id
LEFT JOIN instruments_response r ON r.id = m.response_id AND r.author_id = t.person_id AND r.part = 'calibration'
LEFT JOIN instruments_answer a ON a.response_id = r.id AND a.item_id = i.id
WHERE t.id = %(attempt)s
ORDER BY c.position, i.position
"""


@transaction.atomic
def judge(attempt_id: int) -> bool | None:
    """Judge an attempt that was sent in, once. Whether it passed; None when there is nothing to judge."""
    attempt = (
        Attempt.objects.select_for_update(of=("self",))
        .select_related("calibration_set__version__instrument")
        .filter(pk=attempt_id, submitted_at__isnull=False, scored_at=None)
        .first()
    )
    if attempt is None:
        return None
    held_set = attempt.calibration_set
    rule = rules.read(held_set.rule)
    found = pairs(attempt.pk)
    held = rules.judge(rule, [row for row, _item, _why in found])
    result: dict[str, Any] = dict(held.numbers)
    if held.passed and not held_set.reused:
        result["items"] = [
            {"case": row.case, "item": item, "agreed": row.agreed, "level": row.level, "why": why}
            for row, item, why in found
        ]
    attempt.passed, attempt.result, attempt.scored_at = held.passed, result, clock.now()
    if held.passed:
        attempt.certificate_id = _certified(attempt, rule, held.numbers["exact"]["value"])
    attempt.save(update_fields=["passed", "result", "scored_at", "certificate"])
    return held.passed


def _certified(attempt: Attempt, rule: rules.Rule, exact: float) -> int:
    assert attempt.submitted_at is not None
    on = timezone.localdate(attempt.submitted_at)
    made = certifying.earn(
        Earned(
            organization_id=attempt.organization_id,
            person_id=attempt.person_id,
            instrument_id=attempt.calibration_set.version.instrument_id,
            on=on,
            until=policy.months_after(on, rule.months) if rule.months else None,
            ground=f"{attempt.calibration_set.name}: {exact:.0%}",
        )
    )
    return int(made.pk)
