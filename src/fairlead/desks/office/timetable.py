"""How attendance is taken: by the day or by the period and from when, A and B days, on which weekdays bells ring."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.attendance import modes, services
from fairlead.apps.roster import selectors as roster
from fairlead.apps.roster import timetables
from fairlead.desks.office.bells import MODES
from fairlead.desks.office.views import own_school

AHEAD = timedelta(days=28)


@require_safe
@needs("office", "principal")
def page(request: ScopedRequest) -> HttpResponse:
    """What holds, since when, what is to come; and the three forms."""
    scope, school, today = request.scope, own_school(request), clock.today()
    free = modes.earliest(scope, school)
    rings, held = timetables.weekdays(scope, school), timetables.policy(scope, school).mode
    context = {
        "mode": held,
        "now": MODES[held],
        "modes": MODES.items(),
        "dated": [(begins, MODES[mode]) for begins, mode in timetables.modes(scope, school)],
        "today": today,
        "free": free,
        "days": [
            d
            for d in timetables.calendar(scope, school, roster.network_of(school).pk, free, free + AHEAD)
            if d.meets and d.day_type
        ],
        "schedules": [
            (pk, name, [(number + 1, day, number + 1 in rings[pk]) for number, day in WEEKDAYS.items()])
            for pk, name in timetables.schedules(scope, school)
        ],
    }
    return render(request, "office/timetable.html", context)


def _written(request: ScopedRequest, work: Any, **more: Any) -> int | None:
    """What a change came to; None when it was refused, which has been said."""
    try:
        return int(work(request.scope, own_school(request), **more))
    except services.NotThere:
        raise Http404 from None
    except services.AttendanceError as error:
        messages.error(request, str(error))
        return None


def _date(request: ScopedRequest, name: str) -> date | None:
    try:
        return date.fromisoformat(request.POST.get(name, ""))
    except ValueError:
        messages.error(request, _("Choose a day. Nothing was changed."))
        return None


@require_POST
@needs("office", "principal")
def mode(request: ScopedRequest) -> HttpResponse:
    """Take attendance another way, from a day on."""
    if begins := _date(request, "begins"):
        done = _written(request, modes.change_mode, mode=request.POST.get("mode", ""), begins=begins)
        if done:
            day = date_format(begins)
            messages.success(
                request, _("It holds from %(day)s on. Rolls before that stay as they are.") % {"day": day}
            )
        elif done == 0:
            messages.info(request, _("Attendance is taken that way already. Nothing was changed."))
    return redirect("office:timetable")


@require_POST
@needs("office", "principal")
def kinds(request: ScopedRequest) -> HttpResponse:
    """Give days their kinds in turn."""
    first = _date(request, "first")
    last = _date(request, "last") if first else None
    if first and last:
        told = request.POST.get("kinds", "").replace(",", " ").split()
        done = _written(request, modes.change_kinds, first=first, last=last, kinds=told)
        if done is not None:
            said = ngettext("%(n)s day was changed.", "%(n)s days were changed.", done) % {"n": done}
            messages.success(request, said)
    return redirect("office:timetable")


@require_POST
@needs("office", "principal")
def weekdays(request: ScopedRequest) -> HttpResponse:
    """Say on which weekdays schedules ring."""
    chosen: dict[int, list[int]] = {pk: [] for pk in timetables.weekdays(request.scope, own_school(request))}
    for told in request.POST.getlist("rings"):
        schedule, _dash, weekday = told.partition("-")
        if not (schedule.isdecimal() and weekday.isdecimal() and int(schedule) in chosen):
            messages.error(request, _("This school has no such bell schedule."))
            return redirect("office:timetable")
        chosen[int(schedule)].append(int(weekday))
    done = _written(request, modes.change_weekdays, chosen={pk: sorted(days) for pk, days in chosen.items()})
    if done is not None:
        messages.success(request, _("The weekdays of the bells are written. A day that has rolls keeps its bells."))
    return redirect("office:timetable")
