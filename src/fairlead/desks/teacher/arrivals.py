"""Where a device's outbox sends what it took: JSON in, JSON out, errors of one shape."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _

from fairlead.apps.attendance import arrivals, services
from fairlead.apps.attendance.arrivals import Event
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

MOST_MARKS = 500
STATUS = {"other_person": 409, "id_used": 409}


def clocks_agree() -> bool:
    """Whether this server's clock is meant to be the devices': the demo's stands where its banner put it."""
    return not settings.DEMO


def arrive(request: HttpRequest) -> JsonResponse:
    """Take in one event of the signed-in person."""
    scope = sender(request)
    if isinstance(scope, JsonResponse):
        return scope
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
    return event_of(read_json(body))


def event_of(said: Any) -> Event:
    """The event in what was read of JSON."""
    if not isinstance(said, dict):
        raise Malformed(_("The message is not an event."))
    return Event(
        id=uuid_in(said, "id"),
        person_id=number_in(said, "person"),
        device=uuid_in(said, "device"),
        roll_id=number_in(said, "roll"),
        claimed_at=moment_in(said, "taken_at"),
        sent_at=moment_in(said, "now"),
        marks=_marks(said),
    )


def _marks(said: dict[str, Any]) -> dict[int, str]:
    value = said.get("marks")
    if not isinstance(value, dict) or len(value) > MOST_MARKS:
        raise wrong("marks")
    marks = {}
    for student, status in value.items():
        known = student.isascii() and student.isdecimal() and len(student) < 19
        if not known or not isinstance(status, str) or len(status) > 20:
            raise wrong("marks")
        marks[int(student)] = status
    return marks
