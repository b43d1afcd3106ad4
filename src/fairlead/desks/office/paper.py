"""Rolls on paper: sheets to print, and typing in what came back."""

from __future__ import annotations

from datetime import time, timedelta

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.attendance import paper, selectors, services, sheets
from fairlead.desks.office import marks
from fairlead.desks.office.views import morning, own_school

BACK = timedelta(days=14)


@require_safe
@needs("office", "principal")
def page(request: ScopedRequest) -> HttpResponse:
    """Rolls that have not come, of today and the last two weeks; any roll of today can be printed."""
    school, now = own_school(request), clock.now()
    morning(request.scope, school, now)
    missing = sheets.missing(request.scope, school, now.date() - BACK, now.date(), now)
    today = sheets.of_day(request.scope, school, now.date(), now)
    context = {
        "now": now,
        "missing": [r for r in missing if r.date == now.date()],
        "before": [r for r in missing if r.date < now.date()],
        "come": [r for r in today if r.submitted],
    }
    return render(request, "office/paper.html", context)


@require_safe
@needs("office", "principal")
def print_sheets(request: ScopedRequest) -> HttpResponse:
    """Sheets to print: `?roll=` one, else all of today that have not come."""
    school, now = own_school(request), clock.now()
    asked = request.GET.get("roll", "")
    if asked:
        one = sheets.one(request.scope, school, int(asked), now) if asked.isdecimal() and len(asked) < 19 else None
        if one is None:
            raise Http404
        rolls = [one]
    else:
        rolls = sheets.missing(request.scope, school, now.date(), now.date(), now)
    lines = selectors.lines(request.scope, [r.roll_id for r in rolls], now)
    context = {"now": now, "sheets": [(r, lines[r.roll_id]) for r in rolls]}
    return render(request, "office/paper_sheets.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("office", "principal")
def type_in(request: ScopedRequest, roll_id: int) -> HttpResponse:
    """Type one paper roll in."""
    now = clock.now()
    roll = sheets.one(request.scope, own_school(request), roll_id, now)
    if roll is None:
        raise Http404
    lines = selectors.lines(request.scope, [roll_id], now)[roll_id]
    if request.method != "POST":
        return _form(request, roll, marks.Form(lines))
    given = marks.posted(request.POST)
    again = marks.shown(lines, given)
    if "all_present" in request.POST:
        return _form(request, roll, marks.all_present(again))
    try:
        receipt = paper.type_in(request.scope, roll_id, given, _time(request.POST.get("taken", "")))
    except services.NotThere:
        raise Http404 from None
    except services.Incomplete as error:
        return _form(request, roll, marks.Form(again, str(error), frozenset(error.missing)))
    except (services.AttendanceError, ValueError) as error:
        return _form(request, roll, marks.Form(again, str(error)))
    words = {"section": roll.section}
    if not receipt.amended:
        messages.success(request, _("The roll of %(section)s is in, typed from paper.") % words)
    elif receipt.changed:
        messages.success(request, marks.amended(roll.section, receipt.changed))
    else:
        messages.info(request, _("The roll of %(section)s says the same already. Nothing was changed.") % words)
    return redirect("office:paper")


def _time(text: str) -> time | None:
    if not text.strip():
        return None
    try:
        return time.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(_("Write the time as 9:05 or 14:30, or leave it empty.")) from None


def _form(request: ScopedRequest, roll: sheets.OpenRoll, form: marks.Form) -> HttpResponse:
    context = {"roll": roll, "form": form, "taken": request.POST.get("taken", "")}
    return render(request, "office/type_in.html", context, status=422 if form.error else 200)
