"""Contacts that are to come: planned, moved, called off; a contact that was logged from its plan is not to come any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fairlead import clock
from fairlead.apps.access.asking import fetch
from fairlead.apps.access.scope import Scope
from fairlead.apps.roster import selectors as roster
from fairlead.apps.support.days import day_begins
from fairlead.apps.support.models import Contact, PlannedContact
from fairlead.apps.support.recording import KINDS, LOGGED_BY, MOST_MINUTES
from fairlead.apps.support.visibility import purpose_words


@dataclass(frozen=True, slots=True)
class Planned:
    """One planned contact, as either of the two people sees it."""

    pk: int
    token: str
    at: datetime
    minutes: int
    kind: str
    purpose: str
    organization_id: int
    school: str
    zone: str
    lead_id: int
    lead: str
    with_id: int
    with_name: str
    made_at: datetime
    changed_at: datetime
    sequence: int
    cancelled: bool

    @property
    def kind_label(self) -> str:
        return str(Contact.Kind(self.kind).label)

    @property
    def purpose_label(self) -> str:
        return purpose_words(self.purpose).label

    def other(self, person_id: int) -> str:
        """The one of the two who is not the reader."""
        return self.with_name if person_id == self.lead_id else self.lead


_PLANNED = """
SELECT p.id, p.token::text, p.at, p.minutes, p.kind, p.purpose, p.organization_id, o.name, o.time_zone, p.lead_id,
       a.given_name || ' ' || a.family_name, p.with_person_id, b.given_name || ' ' || b.family_name, p.made_at,
       p.changed_at, p.sequence, p.cancelled_at IS NOT NULL
FROM support_plannedcontact p
JOIN roster_organization o ON o.id = p.organization_id
JOIN roster_person a ON a.id = p.lead_id
JOIN roster_person b ON b.id = p.with_person_id
WHERE %(person)s IN (p.lead_id, p.with_person_id) AND p.became_id IS NULL AND p.at >= %(since)s AND p.at < %(until)s
ORDER BY p.at, p.id
"""


def planned(scope: Scope, first: date, last: date, *, cancelled: bool = False) -> list[Planned]:
    """The person's own planned contacts, with either part; those called off only where they are asked for."""
    since, until = day_begins(first), day_begins(last + timedelta(days=1))
    rows = [Planned(*row) for row in fetch(_PLANNED, person=scope.person_id, since=since, until=until)]
    return [row for row in rows if cancelled or not row.cancelled]


def own_plan(scope: Scope, plan_id: int) -> Planned | None:
    """A planned contact that the person leads and that is still to be logged."""
    found = PlannedContact.objects.filter(pk=plan_id, lead_id=scope.person_id, became=None, cancelled_at=None).first()
    if found is None:
        return None
    day = timezone.localdate(found.at)
    return next((p for p in planned(scope, day, day) if p.pk == plan_id), None)


def _check(at: datetime, minutes: int) -> None:
    if at <= clock.now():
        raise ValidationError({"at": _("A planned contact is to come. One that was can be logged.")})
    if not 1 <= minutes <= MOST_MINUTES:
        raise ValidationError({"minutes": _("Write the minutes: from 1 to 600.")})


@transaction.atomic
def plan(
    scope: Scope, *, organization_id: int, with_person_id: int, purpose: str, kind: str, at: datetime, minutes: int
) -> PlannedContact:
    """Plan a contact with somebody of a school."""
    if not any(purpose in LOGGED_BY.get(g.role, ()) and organization_id in g.below for g in scope.roles):
        raise ValidationError({"purpose": _("Choose one of the purposes.")})
    if kind not in KINDS and kind != Contact.Kind.VISIT:
        raise ValidationError({"kind": _("Choose one of the kinds.")})
    there = roster.staff(scope, clock.today(), organization_id=organization_id).filter(person_id=with_person_id)
    if with_person_id == scope.person_id or not there.exists():
        raise ValidationError({"person": _("Choose somebody who works at that school.")})
    _check(at, minutes)
    now = clock.now()
    return PlannedContact.objects.create(
        token=uuid4(),
        organization_id=organization_id,
        purpose=purpose,
        lead_id=scope.person_id,
        with_person_id=with_person_id,
        at=at,
        minutes=minutes,
        kind=kind,
        made_at=now,
        changed_at=now,
    )


def _own(scope: Scope, plan_id: int) -> PlannedContact:
    return PlannedContact.objects.select_for_update().get(
        pk=plan_id, lead_id=scope.person_id, became=None, cancelled_at=None
    )


@transaction.atomic
def move(scope: Scope, plan_id: int, at: datetime, minutes: int) -> None:
    """Another time or length; calendars learn it by a higher number."""
    _check(at, minutes)
    found = _own(scope, plan_id)
    found.at, found.minutes, found.changed_at = at, minutes, clock.now()
    found.sequence += 1
    found.save(update_fields=["at", "minutes", "changed_at", "sequence"])


@transaction.atomic
def call_off(scope: Scope, plan_id: int) -> None:
    """It will not be: calendars show it as cancelled."""
    found = _own(scope, plan_id)
    found.cancelled_at = found.changed_at = clock.now()
    found.sequence += 1
    found.save(update_fields=["cancelled_at", "changed_at", "sequence"])
