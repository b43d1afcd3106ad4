"""Links for substitutes: made, shown once, withdrawn."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.attendance import services, sheets
from fairlead.apps.attendance import substitutes as links
from fairlead.desks import qr
from fairlead.desks.office.views import morning, own_school


def _choices(request: ScopedRequest) -> list[dict[str, Any]]:
    """Today's rolls by teacher."""
    school, now = own_school(request), clock.now()
    rolls = sorted(
        sheets.of_day(request.scope, school, now.date(), now), key=lambda r: (r.teacher, r.teacher_id, r.due_at)
    )
    return [
        {"teacher_id": teacher_id, "teacher": teacher, "rolls": list(own)}
        for (teacher, teacher_id), own in groupby(rolls, key=lambda r: (r.teacher, r.teacher_id))
    ]


@require_safe
@needs("office", "principal")
def page(request: ScopedRequest) -> HttpResponse:
    """Today's links, and the form for a new one."""
    school, now = own_school(request), clock.now()
    morning(request.scope, school, now)  # opens the day, should nobody have done so
    context = {
        "links": links.links(request.scope, school, now),
        "choices": _choices(request),
        "chosen": request.GET.get("roll", ""),
        "now": now,
        "longest": links.LONGEST_NAME,
    }
    return render(request, "office/substitutes.html", context)


@require_POST
@needs("office", "principal")
def make(request: ScopedRequest) -> HttpResponse:
    """Make a link and show it, this once: it is kept nowhere, so that there is nothing to redirect to."""
    what, _colon, number = request.POST.get("what", "").partition(":")
    chosen = int(number) if number.isdecimal() and len(number) < 19 and what in ("teacher", "roll") else 0
    try:
        made = links.make_link(
            request.scope,
            own_school(request),
            request.POST.get("name", ""),
            **{f"{what}_id": chosen} if chosen else {},
        )
    except services.NotThere:
        raise Http404 from None
    except services.AttendanceError as error:
        messages.error(request, str(error))
        return redirect("office:substitutes")
    address = request.build_absolute_uri(reverse("substitute:link", args=[made.token]))
    response = render(
        request, "office/substitute_made.html", {"link": made, "address": address, "code": qr.drawn(address)}
    )
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@needs("office", "principal")
def revoke(request: ScopedRequest, link_id: int) -> HttpResponse:
    """Close a link now."""
    try:
        link = links.revoke_link(request.scope, link_id)
    except services.NotThere:
        raise Http404 from None
    messages.success(request, _("The link of %(name)s no longer opens.") % {"name": link.name})
    return redirect("office:substitutes")
