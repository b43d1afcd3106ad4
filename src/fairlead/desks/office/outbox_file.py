"""A file that a teacher exported from a device that could not send: the office loads it for them."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.attendance import arrivals, services, sheets
from fairlead.apps.attendance.models import Arrival
from fairlead.desks.office.marks import amended
from fairlead.desks.office.views import own_school
from fairlead.desks.teacher.arrivals import event_of
from fairlead.desks.teacher.arriving import Malformed

LARGEST, MOST = 5_000_000, 200


@require_POST
@needs("office", "principal")
def load(request: ScopedRequest) -> HttpResponse:
    """Take in every roll of the file, each for itself, and say what became of it."""
    try:
        events = _read(request.FILES.get("file"))
    except Malformed as wrong:
        messages.error(request, _("%(what)s Nothing was loaded.") % {"what": wrong})
        return redirect("office:paper")
    for event in events:
        try:
            arrival = arrivals.load(request.scope, event)
        except services.AttendanceError as refused:
            what = {"n": event.roll_id, "what": refused}
            messages.error(request, _("Roll %(n)s was not taken over: %(what)s") % what)
        else:
            _tell(request, arrival)
    return redirect("office:paper")


def _read(file: Any) -> list[arrivals.Event]:
    """The events of an exported file; Malformed when it is none."""
    not_one = Malformed(_("This is no file that “Waiting to send” exported."))
    if file is None or file.size > LARGEST:
        raise not_one
    try:
        said = json.loads(file.read())
    except (ValueError, RecursionError):
        raise not_one from None
    told = said.get("events") if isinstance(said, dict) and said.get("fairlead") == "outbox" else None
    if not isinstance(told, list) or not 0 < len(told) <= MOST:
        raise not_one
    told = [e for e in told if not (isinstance(e, dict) and e.get("kind") in ("visit", "contact"))]  # locked, and not the office's
    if not told:
        raise not_one
    # When it was sent nobody knows: a file has no moment of sending.
    return [event_of(e | {"now": e.get("taken_at")} if isinstance(e, dict) else e) for e in told]


def _tell(request: ScopedRequest, arrival: Arrival) -> None:
    roll = sheets.one(request.scope, own_school(request), arrival.roll_id, clock.now())
    words = {"section": f"{roll.section}, {roll.date:%Y-%m-%d}" if roll else arrival.roll_id, "n": arrival.changed}
    if arrival.loaded_by_id != request.scope.person_id or arrival.received_at != clock.now():
        messages.info(request, _("The roll of %(section)s had come already. Nothing was changed.") % words)
    elif arrival.outcome == Arrival.Outcome.APPLIED:
        messages.success(request, _("The roll of %(section)s is in, loaded from the file.") % words)
    elif arrival.outcome == Arrival.Outcome.AMENDED:
        messages.success(request, amended(words["section"], arrival.changed))
    elif arrival.outcome == Arrival.Outcome.SUPERSEDED:
        text = ngettext(
            "The roll of %(section)s was taken again later: %(n)s mark differs from what stands, and nothing was changed.",
            "The roll of %(section)s was taken again later: %(n)s marks differ from what stands, and nothing was changed.",
            arrival.changed,
        )
        messages.warning(request, text % words)
    elif arrival.outcome == Arrival.Outcome.REFUSED:
        words["what"] = str(arrival.get_reason_display())
        messages.error(request, _("The roll of %(section)s was not taken over: %(what)s.") % words)
    else:
        messages.info(request, _("The roll of %(section)s says the same already. Nothing was changed.") % words)
