"""Writing contacts and promises. Callers own the transaction when they write more (a visit is a contact, too)."""

from __future__ import annotations

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from fairlead import clock
from fairlead.apps.access.purposes import purposes
from fairlead.apps.access.scope import Scope
from fairlead.apps.support.models import Contact, Promise, PromiseWords, Support


def support_between(lead_id: int, person_id: int, purpose: str, on: date) -> Support | None:
    """The helping relationship of a purpose in force between two people."""
    return (
        Support.objects.filter(
            Q(ends__isnull=True) | Q(ends__gte=on),
            lead_id=lead_id,
            participants__person_id=person_id,
            purpose=purpose,
            begins__lte=on,
        )
        .order_by("-begins", "-id")
        .first()
    )


@transaction.atomic
def record_contact(
    scope: Scope,
    *,
    organization_id: int,
    with_person_id: int,
    at: datetime,
    minutes: int,
    kind: str,
    purpose: str,
    visit_id: int | None = None,
) -> Contact:
    """Write that the asking person was in contact with somebody, under the support that ties the two."""
    if purpose not in purposes():
        raise ValidationError({"purpose": _("Choose one of the purposes.")})
    if not scope.covers(organization_id):
        raise ValidationError(_("That school is not one of yours."))
    support = support_between(scope.person_id, with_person_id, purpose, clock.today())
    return Contact.objects.create(
        organization_id=organization_id,
        support=support,
        visit_id=visit_id,
        lead_id=scope.person_id,
        with_person_id=with_person_id,
        at=at,
        minutes=minutes,
        kind=kind,
        purpose=purpose,
    )


def note_feedback(visit_id: int, *, shared_at: datetime | None = None, closed_at: datetime | None = None) -> None:
    """Copy onto a visit's contact that feedback was shared or closed: for those who may count, not read."""
    changes = {"feedback_shared_at": shared_at, "feedback_closed_at": closed_at}
    Contact.objects.filter(visit_id=visit_id).update(**{k: v for k, v in changes.items() if v is not None})


@transaction.atomic
def make_promise(scope: Scope, contact: Contact, *, text: str, due: date, by_other: bool = False) -> Promise:
    """The asking person promises something to the other person of a contact, by a day (`by_other`: the other to them)."""
    if not text.strip():
        raise ValidationError({"promise": _("Say what you promise.")})
    if due < clock.today():
        raise ValidationError({"due": _("Choose today or a later day.")})
    other = contact.with_person_id if contact.lead_id == scope.person_id else contact.lead_id
    owner, made_to = (other, scope.person_id) if by_other else (scope.person_id, other)
    promise = Promise.objects.create(
        organization_id=contact.organization_id,
        purpose=contact.purpose,
        contact=contact,
        owner_id=owner,
        made_to_id=made_to,
        made_at=clock.now(),
        due=due,
    )
    PromiseWords.objects.create(
        promise=promise,
        organization_id=contact.organization_id,
        purpose=contact.purpose,
        owner_id=owner,
        made_to_id=made_to,
        text=text.strip(),
    )
    return promise


def _own(scope: Scope, promise_id: int) -> Promise:
    return Promise.objects.select_for_update().get(pk=promise_id, owner_id=scope.person_id)


@transaction.atomic
def keep_promise(scope: Scope, promise_id: int) -> bool:
    """Mark one's own promise as kept. False when it was settled before."""
    promise = _own(scope, promise_id)
    if promise.kept_at is not None:
        return False
    promise.kept_at = clock.now()
    promise.save(update_fields=["kept_at"])
    return True


@transaction.atomic
def promise_done_another_way(scope: Scope, promise_id: int, because: str) -> bool:
    """Settle one's own promise by what was done instead, in words. False when it was settled before."""
    if not because.strip():
        raise ValidationError({"because": _("Say in a few words what you did instead.")})
    promise = _own(scope, promise_id)
    if promise.kept_at is not None:
        return False
    promise.kept_at = clock.now()
    promise.done_another_way = True
    promise.save(update_fields=["kept_at", "done_another_way"])
    PromiseWords.objects.filter(promise=promise).update(because=because.strip())
    return True
