"""Taking a roll: everyone starts unmarked, all present is an explicit act, a receipt says when it came."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.attendance import arrivals, selectors, services
from fairlead.apps.attendance.selectors import Line, Sheet
from fairlead.desks.teacher import feedback

PRESENT, ABSENT = "present", "absent"
FIELD = "student-"


@require_safe
@needs("teacher")
def desk(request: ScopedRequest) -> HttpResponse:
    """Today's rolls of the asking teacher."""
    now = clock.now()
    rolls = selectors.own_rolls(request.scope, now)
    school = request.scope.organization_of("teacher")
    if not rolls and school is not None and services.open_day(school, now.date()):
        rolls = selectors.own_rolls(request.scope, now)
    waiting = [r for r in rolls if not r.submitted]
    page = render(
        request,
        "teacher/desk.html",
        {
            "now": now,
            "rolls": rolls,
            "waiting": waiting,
            "overdue": [r.roll_id for r in waiting if r.due_at < now],
            "feedback": feedback.for_desk(request.scope),
            "today": now.date(),
        },
    )
    return _may_be_kept(page)


def _may_be_kept(page: HttpResponse) -> HttpResponse:
    """Lets the teacher's own browser keep the page for the day, so that a roll can be taken without a network."""
    page["X-Fairlead-Keep"] = "1"
    return page


@require_http_methods(["GET", "HEAD", "POST"])
@needs("teacher")
def roll(request: ScopedRequest, roll_id: int) -> HttpResponse:
    """One roll: its sheet, or its receipt once submitted (`?amend=1` opens the sheet again)."""
    sheet = selectors.sheet(request.scope, roll_id, clock.now())
    if sheet is None:
        raise Http404
    if request.method == "POST":
        return _take(request, sheet)
    if sheet.roll.submitted and "amend" not in request.GET:
        page = _receipt(request, sheet)
    else:
        page = _page(request, sheet)
    return _may_be_kept(page) if sheet.roll.date == clock.today() else page


def _receipt(request: ScopedRequest, sheet: Sheet) -> HttpResponse:
    taking = arrivals.last_taking(request.scope, sheet.roll.roll_id)
    context = {"roll": sheet.roll, "absent": _absent(sheet), "taking": taking}
    return render(request, "teacher/receipt.html", context)


def _absent(sheet: Sheet) -> list[Line]:
    return [line for line in sheet.lines if line.status == ABSENT]


def _take(request: ScopedRequest, sheet: Sheet) -> HttpResponse:
    marks = {
        int(key.removeprefix(FIELD)): str(value)
        for key, value in request.POST.items()
        if key.startswith(FIELD) and key.removeprefix(FIELD).isdecimal() and len(key) < 30
    }
    shown = Sheet(
        sheet.roll, tuple(Line(x.student_id, x.name, _known(marks.get(x.student_id, ""))) for x in sheet.lines)
    )
    if "all_present" in request.POST:  # without scripts: everybody not marked yet, for review; nothing is saved
        rest = tuple(Line(x.student_id, x.name, x.status or PRESENT) for x in shown.lines)
        return _page(request, Sheet(sheet.roll, rest), reviewed=True)
    try:
        services.submit_roll(request.scope, sheet.roll.roll_id, marks)
    except services.NotThere:
        raise Http404 from None
    except services.Incomplete as error:
        return _page(request, shown, error=str(error), missing=frozenset(error.missing))
    except services.AttendanceError as error:
        return _page(request, shown, error=str(error))
    return redirect("teacher:roll", sheet.roll.roll_id)


def _known(mark: str) -> str:
    return mark if mark in (PRESENT, ABSENT) else ""


def _page(
    request: ScopedRequest,
    sheet: Sheet,
    *,
    error: str = "",
    missing: frozenset[int] = frozenset(),
    reviewed: bool = False,
) -> HttpResponse:
    context = {
        "roll": sheet.roll,
        "lines": sheet.lines,
        "marked": sum(bool(x.status) for x in sheet.lines),
        "absent": len(_absent(sheet)),
        "missing": missing,
        "first_missing": next((x.student_id for x in sheet.lines if x.student_id in missing), None),
        "error": error,
        "said": _("Everyone without a mark is set to present. Check, then submit.") if reviewed else "",
    }
    return render(request, "teacher/roll.html", context, status=422 if error else 200)
