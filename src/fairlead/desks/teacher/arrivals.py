"""Where a device's outbox sends what it took: JSON in, JSON out, errors of one shape."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, JsonResponse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from fairlead.apps.attendance import arrivals, services
from fairlead.apps.attendance.arrivals import Event

MOST_MARKS = 500
STATUS = {"other_person": 409, "id_used": 409}


class Malformed(Exception):
    """The message is not an event; says which part is wrong."""


def error(status: int, code: str, what: str, then: str) -> JsonResponse:
    """The one shape of every refusal: a word for machines, what happened, and what to do next."""
    return JsonResponse({"error": {"code": code, "what": what, "next": then}}, status=status)


def clocks_agree() -> bool:
    """Whether this server's clock is meant to be the devices': the demo's stands where its banner put it."""
    return not settings.DEMO


def arrive(request: HttpRequest) -> JsonResponse:
    """Take in one event of the signed-in person."""
    if request.method != "POST":
        answer = error(405, "method", _("An event is sent by POST."), _("Send it by POST."))
        answer["Allow"] = "POST"
        return answer
    scope = getattr(request, "scope", None)
    if scope is None:
        return error(401, "sign_in", _("Nobody is signed in."), _("Sign in; what waits on this device is sent then."))
    try:
        event = read(request.body)
    except RequestDataTooBig:
        return error(413, "too_big", _("This is too long for one roll."), _("Send one roll at a time."))
    except Malformed as problem:
        return error(400, "malformed", str(problem), _("Export it as a file and ask your school's office."))
    if scope.has("teacher"):
        scope = scope.acting_as("teacher")
    try:
        arrival = arrivals.receive(scope, event, clocks_agree=clocks_agree())
    except services.NotThere as problem:
        return error(404, "not_there", str(problem), _("Check that it is your roll, or export it as a file."))
    except services.AttendanceError as problem:
        status = STATUS.get(problem.code, 422)
        return error(status, problem.code, str(problem), _("It stays on this device: nothing is lost."))
    if arrival.outcome == "refused":
        what = _("The roll was not taken over: %(reason)s.") % {"reason": arrival.get_reason_display()}
        return error(422, arrival.reason, what, _("Open the roll, check the marks, and submit it again."))
    return JsonResponse(
        {
            "id": str(arrival.pk),
            "roll": arrival.roll_id,
            "outcome": arrival.outcome,
            "changed": arrival.changed,
            "taken_at": arrival.taken_at.astimezone(UTC).isoformat(),
            "received_at": arrival.received_at.astimezone(UTC).isoformat(),
            "clock_off": arrival.clock_off,
            "clock_offset": arrival.clock_offset,
        }
    )


def read(body: bytes) -> Event:
    """The event in a message; Malformed says which field is not what it should be. Never quotes a value."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed(_("The message is not JSON.")) from None
    return event_of(said)


def event_of(said: Any) -> Event:
    """The event in what was read of JSON."""
    if not isinstance(said, dict):
        raise Malformed(_("The message is not an event."))
    return Event(
        id=_uuid(said, "id"),
        person_id=_number(said, "person"),
        device=_uuid(said, "device"),
        roll_id=_number(said, "roll"),
        claimed_at=_moment(said, "taken_at"),
        sent_at=_moment(said, "now"),
        marks=_marks(said),
    )


def _wrong(field: str) -> Malformed:
    return Malformed(_("The field “%(field)s” of the event is missing or wrong.") % {"field": field})


def _uuid(said: dict[str, Any], field: str) -> UUID:
    value = said.get(field)
    try:
        return UUID(value if isinstance(value, str) and len(value) == 36 else "")
    except ValueError:
        raise _wrong(field) from None


def _number(said: dict[str, Any], field: str) -> int:
    value = said.get(field)
    if type(value) is not int or not 0 < value < 2**63:
        raise _wrong(field)
    return value


def _moment(said: dict[str, Any], field: str) -> datetime:
    value = said.get(field)
    try:
        moment = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not 2000 <= moment.year < 2200:
        raise _wrong(field)
    return moment


def _marks(said: dict[str, Any]) -> dict[int, str]:
    value = said.get("marks")
    if not isinstance(value, dict) or len(value) > MOST_MARKS:
        raise _wrong("marks")
    marks = {}
    for student, status in value.items():
        known = student.isascii() and student.isdecimal() and len(student) < 19
        if not known or not isinstance(status, str) or len(status) > 20:
            raise _wrong("marks")
        marks[int(student)] = status
    return marks
