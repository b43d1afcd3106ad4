"""Where a device's outbox sends a visit: the form as it was typed, in JSON; read as the form's own page would read it.

A visit counts once, by the token that its form gave it; it is taken in for the person who wrote it and for nobody else.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import RequestDataTooBig, ValidationError
from django.db import transaction
from django.http import HttpRequest, JsonResponse, QueryDict
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from fairlead import clock
from fairlead.apps.access.scope import Scope
from fairlead.apps.instruments import attaching
from fairlead.apps.instruments import selectors as instruments
from fairlead.apps.instruments import services as instruments_do
from fairlead.apps.instruments.models import Visit
from fairlead.desks.coach import choosing
from fairlead.desks.coach.forms import VisitForm
from fairlead.desks.teacher.arriving import (
    Malformed,
    error,
    moment_in,
    number_in,
    read_json,
    sender,
    uuid_in,
    wrong,
)

VISITORS = ("coach", "principal")
# How long a visit may have waited on a device and its own day still be asked whether its maker was certified.
WAITS = timedelta(days=14)
MOST_FIELDS, LONGEST_NAME, LONGEST_VALUE = 3000, 60, 4500


@dataclass(frozen=True, slots=True)
class Event:
    """A visit as it was finished on a device."""

    id: UUID
    person_id: int
    device: UUID
    taken_at: datetime
    fields: QueryDict


@dataclass(frozen=True, slots=True)
class PictureEvent:
    """A picture of a visit, as it was made small on a device."""

    id: UUID
    person_id: int
    visit: UUID
    item: str
    text: str
    content: bytes


E = TypeVar("E", Event, PictureEvent)


def arrive(request: HttpRequest) -> JsonResponse:
    """Take in one visit of the signed-in person."""
    return _arrive(request, read, _take_in)


def arrive_picture(request: HttpRequest) -> JsonResponse:
    """Take in one picture of a visit of the signed-in person that has arrived before it."""
    return _arrive(request, read_picture, _take_in_picture)


def _arrive(
    request: HttpRequest, reads: Callable[[bytes], E], takes_in: Callable[[Scope, E], JsonResponse]
) -> JsonResponse:
    scope = sender(request)
    if isinstance(scope, JsonResponse):
        return scope
    try:
        event = reads(request.body)
    except RequestDataTooBig:
        return error(413, "too_big", _("This is too long for one visit."), _("Make the notes shorter."))
    except Malformed as problem:
        return error(400, "malformed", str(problem), _("Open the visit again and save it once more."))
    if event.person_id != scope.person_id:
        what = _("Somebody else wrote this visit. It stays on this device until that person signs in.")
        return error(409, "other_person", what, _("It stays on this device: nothing is lost."))
    if not scope.has(*VISITORS):
        what = _("You do not visit classes any more.")
        return error(404, "not_there", what, _("Speak with your network's lead."))
    return takes_in(scope.acting_as(*VISITORS), event)


def _take_in_picture(scope: Scope, event: PictureEvent) -> JsonResponse:
    then = _("Add the picture on the visit's page instead.")
    visit = instruments.visit_by_token(scope, str(event.visit))
    if visit is None or visit.version_id is None:
        return error(422, "no_visit", _("There is no visit with an instrument to which this picture could go."), then)
    try:
        with transaction.atomic():
            attaching.attach(scope, visit.token, event.text, event.content, event.item)
    except ValidationError as refused:
        return error(422, "refused", " ".join(refused.messages), then)
    return JsonResponse({"id": str(event.id), "page": reverse("coach:visit", args=[visit.pk])})


def _take_in(scope: Scope, event: Event) -> JsonResponse:
    known = instruments.visit_by_token(scope, str(event.id))
    if known is not None:
        return _arrived(event, known)
    then = _("Open it again, mend it, and save it once more.")
    asked = {name: event.fields.get(name, "") for name in ("teacher", "purpose", "version")}
    teacher_id, version_id = (
        int(n) if n.isdecimal() and len(n) < 19 else 0 for n in (asked["teacher"], asked["version"])
    )
    made_on = _made_on(event, clock.today())
    ready = choosing.ready(scope, clock.today(), teacher_id, asked["purpose"], version_id or None, made_on)
    if ready is None or ready.teacher is None:
        return error(422, "not_allowed", _("You may not visit this teacher for this purpose any more."), then)
    if version_id and version_id != ready.version_id:
        return error(422, "version", _("Its instrument may not be used for this purpose any more."), then)
    form = VisitForm(event.fields, waited=True, **ready.fields)
    if not form.is_valid():
        return error(422, "invalid", _said(form), then)
    entry = form.entry(
        purpose=ready.purpose,
        subject_id=teacher_id,
        version_id=version_id or None,
        share=event.fields.get("done") == "share",
    )
    try:
        with transaction.atomic():
            visit = instruments_do.record_visit(scope, instruments_do.moved_back(entry, clock.now()))
    except instruments_do.TokenUsed as used:
        return error(409, "id_used", " ".join(used.messages), then)
    except ValidationError as refused:
        return error(422, "refused", " ".join(refused.messages), then)
    return _arrived(event, visit)


def _made_on(event: Event, received: date) -> date:
    """The day for which a certificate is asked: that of the visit, as its device says it, while that can be believed."""
    try:
        said = parse_date(event.fields.get("day", ""))
    except ValueError:  # the thirtieth of February
        said = None
    return said if said is not None and received - WAITS <= said <= received else received


def _said(form: VisitForm) -> str:
    """What is wrong, field by field; nothing of what was written."""
    said = [
        f"{form[name].label}: {' '.join(map(str, problems))}"
        for name, problems in form.errors.items()
        if name in form.fields
    ]
    return " ".join([*said, *map(str, form.non_field_errors())])


def _arrived(event: Event, visit: Visit) -> JsonResponse:
    return JsonResponse(
        {
            "id": str(event.id),
            "visit": visit.pk,
            "page": reverse("coach:visit", args=[visit.pk]),
            "taken_at": event.taken_at.astimezone(UTC).isoformat(),
            "received_at": visit.recorded_at.astimezone(UTC).isoformat(),
        }
    )


def read(body: bytes) -> Event:
    """The event in a message; Malformed says which field is not what it should be. Never quotes a value."""
    said = read_json(body)
    found = Event(
        id=uuid_in(said, "id"),
        person_id=number_in(said, "person"),
        device=uuid_in(said, "device"),
        taken_at=moment_in(said, "taken_at"),
        fields=_fields(said),
    )
    if found.fields.get("token") != str(found.id):
        raise wrong("id")
    return found


def read_picture(body: bytes) -> PictureEvent:
    """The picture in a message; Malformed says which field is not what it should be."""
    said = read_json(body)
    words = {name: said.get(name, "") for name in ("item", "text", "content")}
    for name, value in words.items():
        if not isinstance(value, str) or (name != "content" and len(value) > 120):
            raise wrong(name)
    try:
        content = b64decode(words["content"], validate=True)
    except ValueError:
        raise wrong("content") from None
    return PictureEvent(
        id=uuid_in(said, "id"),
        person_id=number_in(said, "person"),
        visit=uuid_in(said, "visit"),
        item=words["item"],
        text=words["text"],
        content=content,
    )


def _fields(said: dict[str, Any]) -> QueryDict:
    pairs = said.get("fields")
    if not isinstance(pairs, list) or len(pairs) > MOST_FIELDS:
        raise wrong("fields")
    fields = QueryDict(mutable=True)
    for pair in pairs:
        good = isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair)
        if not good or len(pair[0]) > LONGEST_NAME or len(pair[1]) > LONGEST_VALUE:
            raise wrong("fields")
        fields.appendlist(*pair)
    return fields
