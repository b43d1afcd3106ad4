"""Logging a contact: one entry that is a visit to a school, the dose of each participant and the leader's own time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from fairlead import clock
from fairlead.apps.access.purposes import purposes
from fairlead.apps.access.scope import Scope
from fairlead.apps.roster import selectors as roster
from fairlead.apps.support import services
from fairlead.apps.support.models import (
    Contact,
    ContactPresence,
    ContactWords,
    PlannedContact,
    Promise,
    PromiseWords,
    Support,
)

# For which purposes whoever holds a role logs contacts. A classroom visit has its own form (`instruments`).
LOGGED_BY = {
    "coach": ("coaching", "improvement"),
    "director": ("supervision", "improvement"),
    "principal": ("coaching", "appraisal", "improvement"),
    "network_lead": ("supervision", "improvement"),
}
MOST_MINUTES, MOST_PEOPLE, MOST_WORDS = 600, 60, 4000
KINDS = tuple(kind for kind in Contact.Kind if kind != Contact.Kind.VISIT)


class TokenUsed(ValidationError):
    """Another contact has this number already."""


@dataclass(frozen=True, slots=True)
class Settled:
    """How a promise was settled: kept, with its evidence, or done another way, because."""

    promise_id: int
    evidence: str = ""
    because: str = ""
    kept: bool = True


@dataclass(frozen=True, slots=True)
class ContactEntry:
    """What is typed once after a contact. `minutes_of`: participants with minutes of their own."""

    token: UUID
    organization_id: int
    purpose: str
    kind: str
    at: datetime
    minutes: int
    people: tuple[int, ...]
    minutes_of: dict[int, int] = field(default_factory=dict)
    note: str = ""
    promise: str = ""
    due: date | None = None
    by_them: bool = False
    settled: tuple[Settled, ...] = ()
    plan_id: int | None = None


def purposes_to_log(scope: Scope) -> list[str]:
    """For which purposes the person logs contacts, that of their first role first."""
    mine = [p for grant in scope.roles for p in LOGGED_BY.get(grant.role, ())]
    return list(dict.fromkeys(mine))


def known(scope: Scope, token: UUID) -> Contact | None:
    """The contact that the person logged under this number."""
    return Contact.objects.filter(token=token, lead_id=scope.person_id).first()


def _check(scope: Scope, entry: ContactEntry) -> None:
    if entry.purpose not in purposes() or not any(
        entry.purpose in LOGGED_BY.get(g.role, ()) and entry.organization_id in g.below for g in scope.roles
    ):
        raise ValidationError({"purpose": _("Choose one of the purposes.")})
    if entry.kind not in KINDS:
        raise ValidationError({"kind": _("Choose one of the kinds.")})
    if not entry.people or len(set(entry.people)) > MOST_PEOPLE or scope.person_id in entry.people:
        raise ValidationError({"people": _("Choose with whom you were in contact.")})
    there = set(
        roster.staff(scope, clock.today(), organization_id=entry.organization_id)
        .filter(person_id__in=entry.people)
        .values_list("person_id", flat=True)
    )
    if set(entry.people) - there:
        raise ValidationError(
            {"people": _("One contact is with people of one school. Log the others by themselves.")}
        )
    if not all(1 <= m <= MOST_MINUTES for m in (entry.minutes, *entry.minutes_of.values())):
        raise ValidationError({"minutes": _("Write the minutes: from 1 to 600.")})
    if entry.at > clock.now():
        raise ValidationError({"at": _("A contact is logged when it has begun. One that is to come can be planned.")})
    if len(entry.note) > MOST_WORDS:
        raise ValidationError({"note": _("At most %(n)s characters.") % {"n": MOST_WORDS}})


@transaction.atomic
def log_contact(scope: Scope, entry: ContactEntry) -> tuple[Contact, bool]:
    """Write a contact with its participants, words and promises. The same entry arriving twice is one contact."""
    found = known(scope, entry.token)
    if found is not None:
        return found, False
    _check(scope, entry)
    people = tuple(dict.fromkeys(entry.people))
    supports = {p: services.support_between(scope.person_id, p, entry.purpose, clock.today()) for p in people}
    first = supports[people[0]]
    try:
        with transaction.atomic():  # what somebody else logged under this number is behind a wall
            contact = Contact.objects.create(
                token=entry.token,
                organization_id=entry.organization_id,
                support=first,
                lead_id=scope.person_id,
                with_person_id=people[0],
                at=entry.at,
                minutes=entry.minutes,
                kind=entry.kind,
                purpose=entry.purpose,
            )
    except IntegrityError as error:
        if "token" not in str(error):  # the only constraint that a second entry of somebody else can meet
            raise
        raise TokenUsed({"token": _("Another contact has this number already. Open the form again.")}) from error
    if len(people) > 1 or entry.minutes_of.get(people[0], entry.minutes) != entry.minutes:
        ContactPresence.objects.bulk_create(
            _presence(contact, p, entry.minutes_of.get(p, entry.minutes), supports[p]) for p in people
        )
    _write(scope, contact, entry.note, people)
    if entry.promise.strip():
        if entry.due is None:
            raise ValidationError({"due": _("Say by when.")})
        services.make_promise(scope, contact, text=entry.promise, due=entry.due, by_other=entry.by_them)
    for settled in entry.settled:
        settle(scope, settled)
    if entry.plan_id is not None:
        PlannedContact.objects.filter(
            pk=entry.plan_id, lead_id=scope.person_id, became=None, cancelled_at=None
        ).update(became=contact, changed_at=clock.now())
    return contact, True


def _presence(contact: Contact, person_id: int, minutes: int, support: Support | None) -> ContactPresence:
    return ContactPresence(
        contact_id=contact.pk,
        organization_id=contact.organization_id,
        purpose=contact.purpose,
        support=support,
        lead_id=contact.lead_id,
        person_id=person_id,
        at=contact.at,
        kind=contact.kind,
        minutes=minutes,
    )


def _write(scope: Scope, contact: Contact | ContactPresence, text: str, readers: Collection[int]) -> None:
    if not text.strip():
        return
    contact_id = contact.contact_id if isinstance(contact, ContactPresence) else contact.pk
    ContactWords.objects.bulk_create(
        ContactWords(
            contact_id=contact_id,
            organization_id=contact.organization_id,
            purpose=contact.purpose,
            author_id=scope.person_id,
            reader_id=reader,
            written_at=clock.now(),
            text=text.strip(),
        )
        for reader in readers
    )


def _mine(scope: Scope, contact_id: int) -> Contact | ContactPresence:
    """The contact that the person led or took part in; else ObjectDoesNotExist."""
    own = Q(lead_id=scope.person_id) | Q(with_person_id=scope.person_id)
    found = Contact.objects.filter(own, pk=contact_id).first()
    return found or ContactPresence.objects.get(contact_id=contact_id, person_id=scope.person_id)


@transaction.atomic
def answer(scope: Scope, contact_id: int, text: str) -> None:
    """A participant answers who led the contact; who led it writes to all participants."""
    if not text.strip():
        raise ValidationError({"text": _("Write a few words.")})
    if len(text) > MOST_WORDS:
        raise ValidationError({"text": _("At most %(n)s characters.") % {"n": MOST_WORDS}})
    contact = _mine(scope, contact_id)
    if contact.lead_id != scope.person_id:
        _write(scope, contact, text, (contact.lead_id,))
        return
    rows = ContactPresence.objects.filter(contact_id=contact_id).values_list("person_id", flat=True)
    assert isinstance(contact, Contact)
    _write(scope, contact, text, list(rows) or [contact.with_person_id])


@transaction.atomic
def say_minutes(scope: Scope, contact_id: int, minutes: int | None) -> None:
    """A participant's own word on how long they were there: None agrees with what is written, 0 was not there.

    It counts as their dose from then on. What stands of the leader's time stays as it is.
    """
    if minutes is not None and not 0 <= minutes <= MOST_MINUTES:
        raise ValidationError({"minutes": _("Write the minutes: from 0 to 600.")})
    contact = _mine(scope, contact_id)
    if contact.lead_id == scope.person_id:
        raise ObjectDoesNotExist
    if isinstance(contact, Contact):
        presence = ContactPresence.objects.filter(contact_id=contact.pk, person_id=scope.person_id).first()
        presence = presence or _presence(contact, scope.person_id, contact.minutes, contact.support)
    else:
        presence = contact
    presence.said_minutes = presence.minutes if minutes is None else minutes
    presence.said_at = clock.now()
    if presence.pk is None:
        presence.save()
    else:
        presence.save(update_fields=["said_minutes", "said_at"])


@transaction.atomic
def settle(scope: Scope, settled: Settled) -> bool:
    """A promise is kept, with its evidence, or done another way, because. Either side may say so; once."""
    if len(settled.evidence) > 400 or len(settled.because) > 400:
        raise ValidationError({"evidence": _("At most %(n)s characters.") % {"n": 400}})
    if not settled.kept and not settled.because.strip():
        raise ValidationError({"because": _("Say in a few words what you did instead.")})
    sides = Q(owner_id=scope.person_id) | Q(made_to_id=scope.person_id)
    promise = Promise.objects.select_for_update().get(sides, pk=settled.promise_id)
    if promise.kept_at is not None:
        return False
    promise.kept_at = clock.now()
    promise.done_another_way = not settled.kept
    promise.save(update_fields=["kept_at", "done_another_way"])
    PromiseWords.objects.filter(promise=promise).update(
        evidence=settled.evidence.strip(), because="" if settled.kept else settled.because.strip()
    )
    return True
