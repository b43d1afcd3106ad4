"""Opening a support and ending it: who leads it, who takes part, toward what, and how much is planned."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from fairlead import clock
from fairlead.apps.access.purposes import purposes
from fairlead.apps.access.scope import Scope
from fairlead.apps.support.models import Support, SupportParticipant

LONGEST = 2400  # minutes a month: a working week


def kinds() -> dict[str, str]:
    """Every kind of support, in the reader's language."""
    return {key: str(label) for key, label in Support.Kind.choices}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a support is to be. `template` and its version are those it keeps."""

    kind: str
    purpose: str
    organization_id: int
    goal: str
    indicator: str
    begins: date
    ends: date | None
    planned_minutes: int
    template: str
    template_version: int


@transaction.atomic
def open_support(scope: Scope, asked: Asked, participant_ids: Collection[int]) -> Support:
    """The asking person begins to lead a support."""
    if asked.purpose not in purposes() or asked.kind not in Support.Kind.values:
        raise ValidationError(_("Choose one of the kinds."))
    if not scope.covers(asked.organization_id):
        raise ValidationError({"organization": _("That school is not one of yours.")})
    if not asked.goal.strip():
        raise ValidationError({"goal": _("Say what it is for.")})
    if asked.ends is not None and asked.ends < asked.begins:
        raise ValidationError({"ends": _("Choose a day after the first one.")})
    if not 0 < asked.planned_minutes <= LONGEST:
        raise ValidationError({"minutes": _("Choose from 1 to 2400 minutes a month.")})
    people = set(participant_ids) - {scope.person_id}
    if not people:
        raise ValidationError({"participants": _("Choose at least one person besides yourself.")})
    support = Support.objects.create(
        organization_id=asked.organization_id,
        kind=asked.kind,
        purpose=asked.purpose,
        goal=asked.goal.strip(),
        lead_id=scope.person_id,
        begins=asked.begins,
        ends=asked.ends,
        planned_minutes_per_month=asked.planned_minutes,
        indicator=asked.indicator,
        template=asked.template,
        template_version=asked.template_version,
    )
    SupportParticipant.objects.bulk_create(
        SupportParticipant(
            support=support,
            organization_id=asked.organization_id,
            person_id=person,
            begins=asked.begins,
            ends=asked.ends,
        )
        for person in sorted(people)
    )
    return support


@transaction.atomic
def end_support(scope: Scope, support_id: int, because: str) -> None:
    """The lead ends a support today, and says why."""
    if not because.strip():
        raise ValidationError({"because": _("Say in a few words why it ends.")})
    support = Support.objects.select_for_update().get(pk=support_id, lead_id=scope.person_id)
    if support.ended_because:
        raise ValidationError(_("It has ended already."))
    support.ends = clock.today()
    support.ended_because = because.strip()
    support.save(update_fields=["ends", "ended_because"])


@transaction.atomic
def change_participants(scope: Scope, support_id: int, person_ids: Collection[int]) -> None:
    """The lead says who takes part from today on. Whoever leaves did take part until yesterday."""
    support = Support.objects.select_for_update().get(pk=support_id, lead_id=scope.person_id, ended_because="")
    wanted = set(person_ids) - {scope.person_id}
    if not wanted:
        raise ValidationError({"participants": _("Choose at least one person besides yourself.")})
    today = clock.today()
    there = {p.person_id: p for p in SupportParticipant.objects.filter(support=support)}
    for person, row in there.items():
        left = row.ends is not None and row.ends < today
        if (person in wanted) == left:
            row.ends = support.ends if left else today - timedelta(days=1)
            row.save(update_fields=["ends"])
    SupportParticipant.objects.bulk_create(
        SupportParticipant(
            support=support,
            organization_id=support.organization_id,
            person_id=person,
            begins=today,
            ends=support.ends,
        )
        for person in sorted(wanted - there.keys())
    )
