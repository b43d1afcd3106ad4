"""Visits with a second pair of eyes: who is asked along, the second rater's levels, refusals, and both put side by side.

The second rater's levels are a response of part *second*, of the visit's own purpose. Neither rater sees the other's before
both are in: the worker, who reads both, then writes `RatedTwice`, which both read. Only levels; no word of either.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app as jobs

from fairlead import clock
from fairlead.apps.access.asking import fetch
from fairlead.apps.access.scope import Scope
from fairlead.apps.instruments.responding import Filled, record
from fairlead.apps.raters.calibrating import given_levels
from fairlead.apps.raters.models import RatedTwice, SecondLook

PAIR = "raters.pair"
SECOND = "second"


@dataclass(frozen=True, slots=True)
class Look:
    """A visit to be seen by two, as one of the two reads it."""

    pk: int
    mine: bool  # whether the asking person makes the visit; else they come along
    rater: str
    second: str
    subject: str
    school: str
    purpose: str
    version_id: int
    begins: date
    ends: date
    rated: bool  # the second rater's levels are in
    both: bool
    refused: str
    organization_id: int

    @property
    def waits(self) -> bool:
        return not (self.rated or self.both or self.refused)

    @property
    def why(self) -> str:
        return str(SecondLook.Refused(self.refused).label) if self.refused else ""


def own(scope: Scope) -> list[Look]:
    """What was drawn of the asking person's visits, or asks them along; what waits first, then the latest."""
    return _looks(scope, "l.rater_id = %(person)s OR l.second_id = %(person)s")


def one(scope: Scope, look_id: int) -> Look | None:
    """One of them."""
    return next(
        iter(_looks(scope, "(l.rater_id = %(person)s OR l.second_id = %(person)s) AND l.id = %(id)s", id=look_id)),
        None,
    )


def _looks(scope: Scope, which: str, **values: Any) -> list[Look]:
    return [Look(*row) for row in fetch(_LOOKS.format(which=which), person=scope.person_id, **values)]


_LOOKS = """
SELECT l.id, l.rater_id = %(person)s, r.given_name || ' ' || r.family_name,
       coalesce(s.given_name || ' ' || s.family_name, ''), t.given_name || ' ' || t.family_name, o.name, l.purpose,
       l.version_id, l.begins, l.ends, l.response_id IS NOT NULL,
       EXISTS (SELECT 1 FROM raters_ratedtwice b WHERE b.look_id = l.id), l.refused, l.organization_id
FROM raters_secondlook l
JOIN roster_person r ON r.id = l.rater_id
JOIN roster_person t ON t.id = l.subject_id
LEFT JOIN roster_person s ON s.id = l.second_id
JOIN roster_organization o ON o.id = l.organization_id
WHERE l.drawn AND ({which})
ORDER BY l.refused_at IS NOT NULL OR l.response_id IS NOT NULL, l.begins DESC, t.sort_name, l.id
"""


@dataclass(frozen=True, slots=True)
class Beside:
    """The levels of one item by both raters; None: not seen."""

    item: str
    first: int | None
    second: int | None


def beside(scope: Scope, look_id: int) -> list[Beside]:
    """Both raters' levels, once both are in."""
    rows = fetch(_BESIDE, look=look_id, person=scope.person_id)
    return [Beside(item, *levels) for item, levels in (json.loads(rows[0][0]).items() if rows else ())]


_BESIDE = """
SELECT levels FROM raters_ratedtwice
WHERE look_id = %(look)s AND (rater_id = %(person)s OR second_id = %(person)s)
"""


@transaction.atomic
def rate(scope: Scope, look_id: int, day: date, levels: Mapping[int, int | None]) -> bool:
    """The second rater's levels of a visit, of the day of the visit. False when they were in before: they stay."""
    look = SecondLook.objects.select_for_update().get(pk=look_id, second_id=scope.person_id, drawn=True)
    if look.response_id is not None:
        return False
    if look.refused:
        raise ValidationError(_("It was said that this visit is not seen by two."))
    if not look.begins <= day <= min(look.ends, clock.today()):
        raise ValidationError({"day": _("Choose the day of the visit, within the time of the draw.")})
    made = record(
        scope,
        Filled(
            id=uuid.uuid4(),
            version_id=look.version_id,
            organization_id=look.organization_id,
            purpose=look.purpose,
            day=day,
            subject_id=look.subject_id,
            part=SECOND,
            submitted_at=clock.now(),
            answers=given_levels(look.version_id, levels),
            language=(get_language() or "en")[:2],
        ),
    )
    look.response_id = made.pk
    look.save(update_fields=["response"])
    jobs.configure_task(PAIR).defer(look_id=look.pk)
    return True


@transaction.atomic
def refuse(scope: Scope, look_id: int, reason: str) -> bool:
    """One of the two says that the visit is not seen by two, and why; counted. False when there is nothing to refuse."""
    look = SecondLook.objects.select_for_update().get(pk=look_id, drawn=True)
    if scope.person_id not in (look.rater_id, look.second_id):
        raise SecondLook.DoesNotExist
    if reason not in SecondLook.Refused.values:
        raise ValidationError({"reason": _("Choose a reason.")})
    if look.response_id is not None or look.refused:
        return False
    look.refused, look.refused_at = reason, clock.now()
    look.save(update_fields=["refused", "refused_at"])
    return True


def pair(look_id: int | None = None) -> int:
    """Put both responses side by side where both are in: of one look, or of all. For the worker; how many."""
    made = 0
    for look, visit, response_day, version, rater, second, subject, organization, purpose, levels in fetch(
        _BOTH, look=look_id
    ):
        with transaction.atomic():
            RatedTwice.objects.create(
                organization_id=organization,
                purpose=purpose,
                look_id=look,
                version_id=version,
                rater_id=rater,
                second_id=second,
                subject_id=subject,
                day=response_day,
                levels=json.loads(levels),
            )
            SecondLook.objects.filter(pk=look).update(visit_id=visit)
        made += 1
    return made


# The first rater's visit of that teacher, that day, with that version; of several the earliest.
_BOTH = """
SELECT l.id, f.visit_id, s.day, s.version_id, l.rater_id, l.second_id, l.subject_id, l.organization_id, l.purpose,
       (SELECT jsonb_object_agg(i.key, jsonb_build_array(a.level, b.level))
        FROM instruments_item i
        LEFT JOIN instruments_answer a ON a.response_id = f.id AND a.item_id = i.id
        LEFT JOIN instruments_answer b ON b.response_id = s.id AND b.item_id = i.id
        WHERE i.version_id = s.version_id AND i.kind = 'rating')
FROM raters_secondlook l
JOIN instruments_response s ON s.id = l.response_id
JOIN LATERAL (
    SELECT r.id, r.visit_id FROM instruments_response r JOIN instruments_visit v ON v.id = r.visit_id
    WHERE r.part = 'single' AND r.author_id = l.rater_id AND r.subject_id = l.subject_id AND r.day = s.day
      AND r.version_id = s.version_id AND r.purpose = l.purpose
    ORDER BY v.began_at LIMIT 1
) f ON true
WHERE l.drawn AND (%(look)s::bigint IS NULL OR l.id = %(look)s)
  AND NOT EXISTS (SELECT 1 FROM raters_ratedtwice b WHERE b.look_id = l.id)
ORDER BY l.id
"""
