"""Calendar and bells: when the school meets, when periods begin, and by when rolls are due."""

from __future__ import annotations

from datetime import date, time, timedelta

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.attendance import expectation, services
from fairlead.apps.roster import selectors as roster
from fairlead.apps.roster import timetables
from fairlead.desks.office.views import own_school

AHEAD = timedelta(days=70)
MODES = {
    "day": gettext_lazy("once a day, in each homeroom"),
    "homeroom": gettext_lazy("in the homeroom's period, when it meets"),
    "period": gettext_lazy("every period, in each section that meets"),
}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _whole(text: str) -> int | None:
    """A whole number of minutes; empty is none."""
    text = text.strip()
    if not text:
        return 0
    return int(text) if text.isdecimal() and len(text) < 6 else None


@require_safe
@needs("office", "principal")
def page(request: ScopedRequest) -> HttpResponse:
    """The calendar from today on, one day's bells, the deadline."""
    scope, school, today = request.scope, own_school(request), clock.today()
    network = roster.network_of(school).pk
    asked = _day(request.GET.get("day", "")) or today
    first, last = min(asked, today), max(asked, today + AHEAD)
    days = timetables.calendar(scope, school, network, first, last)
    chosen = next((d for d in days if d.date == asked), None)
    usual = chosen or timetables.Day(asked, False, expectation.NETWORK, None, "", 0, "", "")
    own = timetables.day_own(scope, school, asked)
    policy = timetables.policy(scope, school)
    context = {
        "policy": policy,
        "mode": MODES[policy.mode],
        "days": [d for d in days if d.date >= today],
        "day": usual,
        "own_schedule": own.schedule_id if own else None,
        "may_change": asked >= today,
        "bells": timetables.bells(scope, school, usual.schedule_id, usual.late_minutes),
        "schedules": timetables.schedules(scope, school),
        "kinds": (
            (expectation.NETWORK, _("As in the network")),
            (expectation.CLOSED, _("Closed")),
            (expectation.EXTRA, _("Extra school day")),
        ),
        "today": today,
    }
    return render(request, "office/bells.html", context)


def _back(day: date | None = None) -> HttpResponse:
    return redirect(reverse("office:bells") + (f"?day={day.isoformat()}#day" if day else ""))


@require_POST
@needs("office", "principal")
def deadline(request: ScopedRequest) -> HttpResponse:
    """Change by when rolls are due, from the next day on."""
    school = own_school(request)
    try:
        if timetables.policy(request.scope, school).by_period:
            minutes = _whole(request.POST.get("minutes", "") or "?")
            if minutes is None:
                raise services.AttendanceError(_("Write the minutes as a whole number."))
            changed = expectation.change_deadline(request.scope, school, minutes=minutes)
        else:
            try:
                due_at = time.fromisoformat(request.POST.get("due_at", ""))
            except ValueError:
                raise services.AttendanceError(_("Write the time as 9:05 or 14:30.")) from None
            changed = expectation.change_deadline(request.scope, school, due_at=due_at)
    except services.NotThere:
        raise Http404 from None
    except services.AttendanceError as error:
        messages.error(request, str(error))
        return _back()
    if changed:
        messages.success(request, _("The new deadline holds from the next school day on."))
    else:
        messages.info(request, _("That is the deadline already. Nothing was changed."))
    return _back()


@require_POST
@needs("office", "principal")
def change(request: ScopedRequest) -> HttpResponse:
    """Close a day, let it begin late, ring other bells, add one, or take that back."""
    school, day = own_school(request), _day(request.POST.get("day", ""))
    late, schedule = _whole(request.POST.get("late", "")), _whole(request.POST.get("schedule", ""))
    if day is None or late is None or schedule is None:
        messages.error(request, _("Choose a day, and write the minutes as a whole number. Nothing was changed."))
        return _back(day)
    try:
        done = expectation.change_day(
            request.scope, school, day, request.POST.get("kind", ""), late_minutes=late, schedule_id=schedule or None,
            note=request.POST.get("note", ""),
        )  # fmt: skip
    except services.NotThere:
        raise Http404 from None
    except services.AttendanceError as error:
        messages.error(request, str(error))
        return _back(day)
    said = [_("The calendar of %(day)s is written.") % {"day": day.isoformat()}]
    if n := done.withdrawn:
        said.append(ngettext("%(n)s open roll was taken back.", "%(n)s open rolls were taken back.", n) % {"n": n})
    if n := done.moved:
        said.append(
            ngettext("%(n)s open roll has a new deadline.", "%(n)s open rolls have a new deadline.", n) % {"n": n}
        )
    if n := done.opened:
        said.append(ngettext("%(n)s roll was opened.", "%(n)s rolls were opened.", n) % {"n": n})
    messages.success(request, " ".join(said))
    return _back(day)
