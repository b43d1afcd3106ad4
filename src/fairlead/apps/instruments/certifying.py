"""Who may rate with which instrument, since when and until when: certificates given, held and taken back.

`policy` asks for one wherever an instrument says that it needs it; here is where the record comes from. Whoever trains
raters gives it, never to themself (PostgreSQL refuses that too); the worker gives it for a calibration that was passed; a
rater reads their own. Its wall is that of the purpose *calibration*: a coach of the whole network reads no other's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from fairlead import clock
from fairlead.apps.access.asking import fetch
from fairlead.apps.access.scope import Scope
from fairlead.apps.instruments import library, policy
from fairlead.apps.instruments.models import Certificate, Instrument
from fairlead.apps.roster import selectors as roster

RUNNERS = ("network_lead", "analyst")  # who trains raters, and so says who may rate: whom the purpose opens them to
RATERS = ("coach", "principal")
SOON = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Held:
    """A certificate: `until` is its last day (None: it does not end), by its instrument's rule or as its giver said."""

    pk: int
    person_id: int
    person: str
    instrument: Instrument
    earned_on: date
    until: date | None
    ground: str

    def state(self, on: date) -> str:
        """`ok`, `warn` (it ends within 60 days) or `none` (it has ended), as the page draws it."""
        if self.until is not None and self.until < on:
            return "none"
        return "warn" if self.until is not None and self.until <= on + SOON else "ok"


def needing(scope: Scope) -> list[Instrument]:
    """Instruments in use at the asking person's organizations that only certified people may rate with, by their key."""
    return [i for i in library.visible(scope).filter(retired_at=None).order_by("key") if policy.needs_certificate(i)]


def own(scope: Scope) -> list[Held]:
    """The asking person's certificates, the latest of each instrument first."""
    return _held("c.person_id = %(person)s", person=scope.person_id)


def of_everybody(scope: Scope) -> list[Held]:
    """Every certificate of the asking person's organizations, by name; none to whom runs no instruments."""
    if not scope.has(*RUNNERS):
        return []
    return _held("c.organization_id = ANY (%(orgs)s)", orgs=sorted(scope.acting_as(*RUNNERS).org_ids))


def ending(first: date, last: date) -> list[Held]:
    """Certificates that end in these days where no later one holds on; by name. For the worker."""
    latest: dict[tuple[int, int], Held] = {}
    for held in _held("true"):
        key = held.person_id, held.instrument.pk
        if key not in latest or (held.until or date.max) > (latest[key].until or date.max):
            latest[key] = held
    return [held for held in latest.values() if held.until is not None and first <= held.until <= last]


def _held(which: str, **values: object) -> list[Held]:
    rows = fetch(_HELD.format(which=which), **values)
    instruments = Instrument.objects.in_bulk({row[3] for row in rows})
    return [
        Held(
            pk,
            person,
            name,
            instruments[key],
            earned,
            policy.certificate_ends(instruments[key], earned, ends),
            ground,
        )
        for pk, person, name, key, earned, ends, ground in rows
    ]


_HELD = """
SELECT c.id, p.id, p.given_name || ' ' || p.family_name, c.instrument_id, c.earned_on, c.ends_on, c.ground
FROM instruments_certificate c JOIN roster_person p ON p.id = c.person_id
WHERE {which} ORDER BY p.sort_name, p.id, c.instrument_id, c.earned_on DESC, c.id DESC
"""


def raters(scope: Scope, on: date) -> list[tuple[int, str]]:
    """Whom the asking person may certify: those who visit classes in their organizations, without themself; by name."""
    found: dict[int, str] = {}
    for role in RATERS:
        for held in roster.staff(scope, on, role=role):
            if held.organization_id in scope.org_ids and held.person_id != scope.person_id:
                found.setdefault(held.person_id, held.person.name)
    return sorted(found.items(), key=lambda rater: rater[1])


def schools_of(scope: Scope, person_ids: Iterable[int], on: date) -> set[int]:
    """Where these raters hold a role, for the log of reads."""
    wanted = set(person_ids)
    return {
        held.organization_id
        for role in RATERS
        for held in roster.staff(scope, on, role=role)
        if held.person_id in wanted
    }


@transaction.atomic
def give(scope: Scope, person_id: int, instrument_id: int, earned_on: date, ground: str) -> Certificate:
    """Certify somebody for an instrument, on a ground, from a day on."""
    network = scope.organization_of(*RUNNERS)
    if network is None or person_id not in dict(raters(scope.acting_as(*RUNNERS), clock.today())):
        raise ValidationError({"person": _("Choose somebody who visits classes in your network, and not yourself.")})
    if instrument_id not in {i.pk for i in needing(scope)}:
        raise ValidationError({"instrument": _("That instrument asks for no certificate.")})
    if earned_on > clock.today():
        raise ValidationError({"earned_on": _("Choose today or an earlier day.")})
    if not ground.strip():
        raise ValidationError({"ground": _("Say on what ground: which training, which calibration.")})
    try:
        with transaction.atomic():  # another network's of the same day is behind a wall: only PostgreSQL sees it
            return Certificate.objects.create(
                organization_id=network,
                person_id=person_id,
                instrument_id=instrument_id,
                earned_on=earned_on,
                ground=ground.strip(),
            )
    except IntegrityError as error:
        raise ValidationError({"earned_on": _("There is a certificate of this day already.")}) from error


@dataclass(frozen=True, slots=True)
class Earned:
    """A calibration that was passed: whose, for which instrument, on which day, until when at most, on what ground."""

    organization_id: int
    person_id: int
    instrument_id: int
    on: date
    until: date | None
    ground: str


@transaction.atomic
def earn(earned: Earned) -> Certificate:
    """Certify for a calibration that was passed; of two on one day the first stays. For the worker: the app's login may not
    write anybody's own certificate."""
    made, _new = Certificate.objects.get_or_create(
        person_id=earned.person_id,
        instrument_id=earned.instrument_id,
        earned_on=earned.on,
        defaults={
            "organization_id": earned.organization_id,
            "ends_on": earned.until,
            "ground": earned.ground[:250],
        },
    )
    return made


@transaction.atomic
def take_back(scope: Scope, certificate_id: int) -> bool:
    """End a certificate yesterday: from today on it is none. False when it had ended before."""
    held = Certificate.objects.select_for_update().get(
        pk=certificate_id, organization_id__in=scope.acting_as(*RUNNERS).org_ids
    )
    ended = clock.today() - timedelta(days=1)
    until = policy.certificate_ends(held.instrument, held.earned_on, held.ends_on)
    if until is not None and until <= ended:
        return False
    held.ends_on = ended
    held.save(update_fields=["ends_on"])
    return True
