"""A rater's way through a calibration set: begun, rated case by case, sent in when all are rated; then it waits for its judging.

The agreed levels are behind a wall that the rater's own login does not pass, so an attempt is judged by the worker
(`judging`), and nothing of them is known before every case is in.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app as jobs

from fairlead import clock
from fairlead.apps.access.asking import fetch
from fairlead.apps.access.scope import Scope
from fairlead.apps.instruments.responding import Filled, record, withdraw
from fairlead.apps.raters import rules
from fairlead.apps.raters.calibrating import given_levels
from fairlead.apps.raters.models import CALIBRATION, Attempt, AttemptCase, CalibrationSet

JUDGE = "raters.judge"


@dataclass(frozen=True, slots=True)
class Offer:
    """A version that can be calibrated with: the set that is next, and since when or from when on."""

    version_id: int
    version: str
    set_id: int
    cases: int
    open_attempt: int | None
    from_day: date | None  # not before this day, after an attempt that failed; None: now
    tried: int  # how often the rater has tried this version


def offers(scope: Scope, today: date) -> list[Offer]:
    """What the asking person may calibrate with: of each version the set they have tried least, longest ago."""
    sets = (
        CalibrationSet.objects.filter(
            organization_id__in=scope.up_org_ids, published_at__isnull=False, retired_at=None
        )
        .select_related("version__instrument")
        .prefetch_related("cases")
    )
    tried = list(
        Attempt.objects.filter(person_id=scope.person_id).select_related("calibration_set").order_by("begun_at")
    )
    found = []
    for version_id in dict.fromkeys(s.version_id for s in sorted(sets, key=lambda s: (str(s.version), s.pk))):
        ours = [s for s in sets if s.version_id == version_id]
        of_it = [a for a in tried if a.calibration_set.version_id == version_id]
        open_one = next((a for a in of_it if a.submitted_at is None), None)
        times = {s.pk: [a for a in of_it if a.calibration_set_id == s.pk] for s in ours}
        chosen = min(
            ours, key=lambda s: (len(times[s.pk]), times[s.pk][-1].begun_at.timestamp() if times[s.pk] else 0, s.pk)
        )
        if open_one is not None:
            chosen = next((s for s in ours if s.pk == open_one.calibration_set_id), chosen)
        found.append(
            Offer(
                version_id,
                str(chosen.version),
                chosen.pk,
                len(chosen.cases.all()),
                open_one.pk if open_one else None,
                _not_before(of_it[-1] if of_it else None, today),
                len(of_it),
            )
        )
    return found


def _not_before(last: Attempt | None, today: date) -> date | None:
    """The day from which one may try again after a failed attempt; None: it has come."""
    if last is None or last.submitted_at is None or last.passed:
        return None
    day = timezone.localdate(last.submitted_at) + timedelta(days=rules.read(last.calibration_set.rule).wait_days)
    return day if day > today else None


@transaction.atomic
def begin(scope: Scope, version_id: int) -> Attempt:
    """Begin with the set that is next, or go on with the attempt that is open."""
    offer = next((o for o in offers(scope, clock.today()) if o.version_id == version_id), None)
    if offer is None:
        raise ValidationError(_("There is no calibration for this instrument."))
    if offer.open_attempt is not None:
        return Attempt.objects.get(pk=offer.open_attempt, person_id=scope.person_id)
    if offer.from_day is not None:
        raise ValidationError(_("You can try again from %(day)s.") % {"day": offer.from_day.isoformat()})
    chosen = CalibrationSet.objects.get(pk=offer.set_id)
    try:
        with transaction.atomic():
            return Attempt.objects.create(
                organization_id=chosen.organization_id,
                purpose=CALIBRATION,
                person_id=scope.person_id,
                calibration_set=chosen,
                begun_at=clock.now(),
            )
    except IntegrityError:  # two windows
        return Attempt.objects.get(person_id=scope.person_id, calibration_set=chosen, submitted_at=None)


def own(scope: Scope, attempt_id: int) -> Attempt | None:
    """One of the asking person's attempts."""
    return (
        Attempt.objects.filter(pk=attempt_id, person_id=scope.person_id)
        .select_related("calibration_set__version__instrument", "certificate")
        .first()
    )


def own_all(scope: Scope) -> list[Attempt]:
    """The asking person's attempts, latest first."""
    rows = Attempt.objects.filter(person_id=scope.person_id).select_related("calibration_set__version__instrument")
    return list(rows.order_by("-begun_at", "-id"))


def rated(scope: Scope, attempt_id: int) -> dict[int, dict[int, int | None]]:
    """The asking person's levels by case and item; None where it was not seen."""
    found: dict[int, dict[int, int | None]] = {}
    for case, item, level in fetch(_RATED, attempt=attempt_id, person=scope.person_id):
        found.setdefault(case, {})[item] = level
    return found


_RATED = """
SELECT c.case_id, a.item_id, a.level FROM raters_attemptcase c JOIN instruments_answer a ON a.response_id = c.response_id
WHERE c.attempt_id = %(attempt)s AND c.person_id = %(person)s
"""


@transaction.atomic
def rate(scope: Scope, attempt_id: int, case_id: int, levels: Mapping[int, int | None]) -> None:
    """Write one's levels of a case; until the attempt is sent in they can be changed."""
    attempt = Attempt.objects.select_for_update().get(pk=attempt_id, person_id=scope.person_id)
    if attempt.submitted_at is not None:
        raise ValidationError(_("This attempt has been sent in; it stays as it is."))
    chosen = CalibrationSet.objects.get(pk=attempt.calibration_set_id)
    case = chosen.cases.get(pk=case_id)
    answers = given_levels(chosen.version_id, levels)
    response = uuid.uuid5(attempt.token, str(case.pk))  # the same however often it is sent
    AttemptCase.objects.filter(response_id=response).delete()
    withdraw(scope, response)
    record(
        scope,
        Filled(
            id=response,
            version_id=chosen.version_id,
            organization_id=attempt.organization_id,
            purpose=CALIBRATION,
            day=clock.today(),
            part="calibration",
            submitted_at=clock.now(),
            answers=answers,
            language=(get_language() or "en")[:2],
        ),
    )
    AttemptCase.objects.create(
        organization_id=attempt.organization_id,
        purpose=attempt.purpose,
        person_id=scope.person_id,
        attempt=attempt,
        case=case,
        response_id=response,
    )


@transaction.atomic
def submit(scope: Scope, attempt_id: int) -> bool:
    """Send an attempt in, all cases rated. False when it was sent in before."""
    attempt = Attempt.objects.select_for_update().get(pk=attempt_id, person_id=scope.person_id)
    if attempt.submitted_at is not None:
        return False
    left = attempt.calibration_set.cases.count() - attempt.cases.count()
    if left:
        raise ValidationError(_("Cases that are not rated yet: %(n)s.") % {"n": left})
    attempt.submitted_at = clock.now()
    attempt.save(update_fields=["submitted_at"])
    jobs.configure_task(JUDGE).defer(attempt_id=attempt.pk)
    return True
