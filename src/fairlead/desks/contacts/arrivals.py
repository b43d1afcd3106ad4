"""Where a device's outbox sends a contact: the form as it was typed, read as the form's own page would read it.

It counts once, by the token that its form gave it, and for the person who wrote it and nobody else.
"""

from __future__ import annotations

from datetime import UTC

from django.core.exceptions import ObjectDoesNotExist, RequestDataTooBig, ValidationError
from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from fairlead.apps.access.scope import Scope
from fairlead.apps.support import conversations, recording
from fairlead.apps.support.models import Contact
from fairlead.desks.coach.arrivals import Event, read
from fairlead.desks.contacts import choosing
from fairlead.desks.contacts.forms import ContactForm
from fairlead.desks.teacher.arriving import Malformed, error, sender


def arrive(request: HttpRequest) -> JsonResponse:
    """Take in one contact of the signed-in person."""
    scope = sender(request)
    if isinstance(scope, JsonResponse):
        return scope
    try:
        event = read(request.body)
    except RequestDataTooBig:
        return error(413, "too_big", _("This is too long for one contact."), _("Make the words shorter."))
    except Malformed as problem:
        return error(400, "malformed", str(problem), _("Open the form again and save it once more."))
    if event.person_id != scope.person_id:
        what = _("Somebody else wrote this contact. It stays on this device until that person signs in.")
        return error(409, "other_person", what, _("It stays on this device: nothing is lost."))
    if not scope.has(*choosing.LOGGERS):
        return error(404, "not_there", _("You do not log contacts any more."), _("Speak with your network's lead."))
    return _take_in(scope.acting_as(*choosing.LOGGERS), event)


def _take_in(scope: Scope, event: Event) -> JsonResponse:
    known = recording.known(scope, event.id)
    if known is not None:
        return _arrived(event, known)
    then = _("Open it again, mend it, and save it once more.")
    ready = choosing.ready(scope, {"school": event.fields.get("school", "")})
    if ready is None:
        return error(422, "not_allowed", _("That school is not one of yours."), then)
    # A promise that was settled since, by the other side, does not hold the contact up.
    fields = {**ready.fields, "promises": conversations.my_open_promises(scope)}
    form = ContactForm(event.fields, waited=True, **fields)
    if not form.is_valid():
        said = [f"{form[n].label}: {' '.join(map(str, e))}" for n, e in form.errors.items() if n in form.fields]
        return error(422, "invalid", " ".join([*said, *map(str, form.non_field_errors())]), then)
    try:
        with transaction.atomic():
            contact, _fresh = recording.log_contact(scope, form.entry())
    except recording.TokenUsed as used:
        return error(409, "id_used", " ".join(used.messages), then)
    except ObjectDoesNotExist:
        return error(422, "refused", _("A promise of this form is not yours to settle any more."), then)
    except ValidationError as refused:
        return error(422, "refused", " ".join(refused.messages), then)
    return _arrived(event, contact)


def _arrived(event: Event, contact: Contact) -> JsonResponse:
    return JsonResponse(
        {
            "id": str(event.id),
            "contact": contact.pk,
            "page": reverse("contacts:contact", args=[contact.pk]),
            "taken_at": event.taken_at.astimezone(UTC).isoformat(),
        }
    )
