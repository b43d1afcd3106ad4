"""Making a calibration set: its cases, the agreed levels with the reason for each, and publishing it, after which it is final."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from fairlead import clock
from fairlead.apps.access.asking import fetch
from fairlead.apps.access.scope import Scope
from fairlead.apps.instruments import attaching, certifying, library, policy
from fairlead.apps.instruments import selectors as instruments
from fairlead.apps.instruments.responding import Filled, Given, record, withdraw
from fairlead.apps.raters import rules
from fairlead.apps.raters.models import CALIBRATION, CalibrationCase, CalibrationSet

TRAINERS = certifying.RUNNERS
LEAST_CASES = 3
RATED = "rating"  # the kind of items that are calibrated: levels with words


@dataclass(frozen=True, slots=True)
class CaseEntry:
    """A case as it is typed. `content`: a picture or PDF, None where nothing was chosen."""

    title: str
    title_es: str = ""
    script: str = ""
    script_es: str = ""
    link: str = ""
    file_name: str = ""
    content: bytes | None = None


def rated_items(version_id: int) -> list[Any]:
    """The items of a version whose levels are calibrated, in order."""
    return [item for item in instruments.items_of(version_id) if item.kind == RATED]


def versions(scope: Scope, kinds: Collection[str] = policy.RATED) -> list[tuple[int, str]]:
    """Published versions of some kinds whose levels are rated, by name."""
    found = []
    for line in library.instrument_lines(scope):
        if line.instrument.kind in kinds and line.instrument.retired_at is None:
            found += [(v.pk, str(v)) for v in line.published if rated_items(v.pk)]
    return found


def given_levels(version_id: int, levels: Mapping[int, int | None]) -> dict[int, Given]:
    """An answer to every item that is rated; refuses where one is left out."""
    items = rated_items(version_id)
    if missing := {f"item_{item.pk}": _("Choose a level.") for item in items if item.pk not in levels}:
        raise ValidationError(missing)
    return {item.pk: Given(level=levels[item.pk], not_observed=levels[item.pk] is None) for item in items}


@transaction.atomic
def begin(
    scope: Scope, version_id: int, name: str, name_es: str = "", *, rule: Mapping[str, Any], reused: bool
) -> CalibrationSet:
    """A new set without cases."""
    network = scope.organization_of(*TRAINERS)
    if network is None or version_id not in dict(versions(scope)):
        raise ValidationError({"version": _("Choose a published version of an instrument whose levels are rated.")})
    if not name.strip():
        raise ValidationError({"name": _("Give the set a name.")})
    rules.read(rule)
    try:
        with transaction.atomic():
            return CalibrationSet.objects.create(
                organization_id=network,
                version_id=version_id,
                name=name.strip(),
                name_es=name_es.strip(),
                rule=dict(rule),
                reused=reused,
            )
    except IntegrityError as error:
        raise ValidationError({"name": _("There is a set of this name for this version already.")}) from error


def _open(scope: Scope, set_id: int) -> CalibrationSet:
    """An unpublished set of the asking person's network, held until the transaction ends."""
    found = CalibrationSet.objects.select_for_update().get(
        pk=set_id, organization_id__in=scope.acting_as(*TRAINERS).org_ids
    )
    if found.published_at is not None:
        raise ValidationError(_("A published set is final. Make another one."))
    return found


@transaction.atomic
def put_case(scope: Scope, set_id: int, entry: CaseEntry, position: int | None = None) -> CalibrationCase:
    """Add a case at the end, or change the one at a position."""
    held = _open(scope, set_id)
    if not entry.title.strip():
        raise ValidationError({"title": _("Give the case a title.")})
    known = held.cases.filter(position=position).first() if position is not None else None
    if position is not None and known is None:
        raise ValidationError(_("There is no such case."))
    if not (entry.script.strip() or entry.link.strip() or entry.content or (known and known.content)):
        raise ValidationError({"script": _("Give raters something to rate: a script, a file or a link.")})
    case = known or CalibrationCase(
        organization_id=held.organization_id,
        calibration_set=held,
        position=1 + max(held.cases.values_list("position", flat=True), default=0),
    )
    case.title, case.title_es = entry.title.strip(), entry.title_es.strip()
    case.script, case.script_es = entry.script.strip(), entry.script_es.strip()
    case.link = entry.link.strip()
    if entry.content:
        case.media_type, case.content = attaching.clean(entry.content)
        case.file_name = entry.file_name[-120:]
    case.save()
    return case


@transaction.atomic
def drop_case(scope: Scope, set_id: int, position: int) -> None:
    """Take a case out of an unpublished set."""
    held = _open(scope, set_id)
    held.cases.filter(position=position).delete()


@transaction.atomic
def agree(
    scope: Scope, set_id: int, position: int, levels: Mapping[int, int | None], reasons: Mapping[int, str]
) -> None:
    """The agreed levels of a case by item, each with the reason; None: it cannot be seen in this case and is not asked."""
    held = _open(scope, set_id)
    case = held.cases.select_for_update().get(position=position)
    items = rated_items(held.version_id)
    wrong = {
        f"why_{item.pk}": _("Say why this level and not the next one.")
        for item in items
        if levels.get(item.pk) is not None and not reasons.get(item.pk, "").strip()
    }
    if wrong:
        raise ValidationError(wrong)
    if all(levels.get(item.pk) is None for item in items):
        raise ValidationError(_("Agree on at least one level."))
    if case.standard_id is not None:
        withdraw(scope, case.standard_id)
    response = record(
        scope,
        Filled(
            id=uuid.uuid4(),
            version_id=held.version_id,
            organization_id=held.organization_id,
            purpose=CALIBRATION,
            day=clock.today(),
            part="standard",
            submitted_at=clock.now(),
            answers={
                item.pk: Given(
                    level=levels.get(item.pk),
                    not_observed=levels.get(item.pk) is None,
                    evidence=reasons.get(item.pk, ""),
                )
                for item in items
                if levels.get(item.pk) is not None or item.may_be_unseen
            },
        ),
    )
    case.standard_id = response.pk
    case.save(update_fields=["standard"])


@dataclass(frozen=True, slots=True)
class Agreed:
    """The agreed level of an item of a case, with its reason."""

    case_id: int
    item_id: int
    level: int | None
    why: str


def agreed(scope: Scope, set_id: int) -> list[Agreed]:
    """What was agreed, for those who train raters: the wall of the purpose keeps it from everybody else."""
    if not scope.has(*TRAINERS):
        return []
    return [Agreed(*row) for row in fetch(_AGREED, set=set_id)]


_AGREED = """
SELECT c.id, a.item_id, a.level,
       coalesce((SELECT string_agg(n.text, ' ') FROM instruments_note n JOIN instruments_item i ON i.id = a.item_id
                 WHERE n.response_id = a.response_id AND i.key = ANY (n.tags)), '')
FROM raters_calibrationcase c JOIN instruments_answer a ON a.response_id = c.standard_id
WHERE c.calibration_set_id = %(set)s
ORDER BY c.position, a.item_id
"""


@transaction.atomic
def publish(scope: Scope, set_id: int) -> None:
    """Open a set to raters; refused where it could not tell anything."""
    held = _open(scope, set_id)
    cases = list(held.cases.all())
    if len(cases) < LEAST_CASES:
        raise ValidationError(_("A set has at least %(n)s cases.") % {"n": LEAST_CASES})
    if missing := [str(case) for case in cases if case.standard_id is None]:
        raise ValidationError(_("Levels are not agreed yet: %(cases)s.") % {"cases": ", ".join(missing)})
    levels = {row.level for row in agreed(scope, set_id) if row.level is not None}
    if len(levels) < 2:
        raise ValidationError(_("All agreed levels are the same: whoever ticks that one everywhere would pass."))
    held.published_at = clock.now()
    held.save(update_fields=["published_at"])


@transaction.atomic
def retire(scope: Scope, set_id: int, *, again: bool = False) -> None:
    """Offer a published set no longer, or again."""
    held = CalibrationSet.objects.select_for_update().get(
        pk=set_id, organization_id__in=scope.acting_as(*TRAINERS).org_ids, published_at__isnull=False
    )
    held.retired_at = None if again else clock.now()
    held.save(update_fields=["retired_at"])
