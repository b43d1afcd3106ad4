"""One student's attendance, what followed absences, reminders and what became of them, what happens by itself."""

from __future__ import annotations

from calendar import Calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.services import log_read
from fairlead.apps.attendance import families, family_services, services
from fairlead.apps.facts.returns import GROUPS, after_contact
from fairlead.apps.roster import selectors as roster
from fairlead.desks.office.family_forms import ByItselfForm
from fairlead.desks.office.views import own_school

MARKS = {
    "present": pgettext_lazy("calendar mark", "P"),
    "absent": pgettext_lazy("calendar mark", "A"),
    "explained": pgettext_lazy("calendar mark", "E"),
    "part": pgettext_lazy("calendar mark", "½"),
    "not_submitted": pgettext_lazy("calendar mark", "–"),
}
MARK_NAMES = {
    "present": pgettext_lazy("calendar", "present"),
    "absent": pgettext_lazy("calendar", "absent"),
    "explained": pgettext_lazy("calendar", "absent, explained"),
    "part": pgettext_lazy("calendar", "absent from part of the day"),
    "not_submitted": pgettext_lazy("calendar", "not submitted"),
}
REMINDER_DAYS = 14


@dataclass(frozen=True, slots=True)
class Cell:
    """One day of the calendar; without a status no roll was expected."""

    day: int
    status: str
    mark: str
    name: str


def session_begins(school_id: int, today: date) -> date:
    """The first day of the session that holds today; outside one, half a year ago."""
    session = roster.session_on(roster.network_of(school_id).pk, today)
    return session.begins if session else today - timedelta(days=182)


def months(first: date, last: date) -> Iterator[tuple[date, date]]:
    """First and last day of each month from `first` to `last`, cut off at both ends."""
    begins = first
    while begins <= last:
        following = (begins.replace(day=1) + timedelta(days=32)).replace(day=1)
        yield begins, min(last, following - timedelta(days=1))
        begins = following


def calendar(student: families.Student) -> list[tuple[date, list[list[Cell | None]]]]:
    """Months of weeks of days, Monday first; Saturday and Sunday only where a roll was ever expected on one."""
    known = {day.date: day for day in student.days}
    width = 7 if any(day.weekday() > 4 for day in known) else 5
    pages = []
    for begins, _ends in months(student.first, student.last):
        weeks = [
            [_cell(day, begins, known) for day in week[:width]]
            for week in Calendar().monthdatescalendar(begins.year, begins.month)
        ]
        pages.append((begins, [week for week in weeks if any(week)]))
    return pages


def _cell(day: date, month: date, known: dict[date, families.Day]) -> Cell | None:
    if day.month != month.month:
        return None
    status = known[day].status if day in known else ""
    return Cell(day.day, status, str(MARKS.get(status, "")), str(MARK_NAMES.get(status, "")))


@require_safe
@needs("office", "principal")
def student(request: ScopedRequest, student_id: int) -> HttpResponse:
    """One student of one's own school. Opening it is kept in the log of reads."""
    scope, now, school_id = request.scope, clock.now(), own_school(request)
    first = session_begins(school_id, now.date())
    found = families.student(scope, student_id, first, now)
    if found is None or not scope.has("office", "principal", organization_id=found.organization_id):
        raise Http404
    log_read(scope, "student", f"person:{student_id}", found.organization_id)
    pages = calendar(found)
    width = max((len(week) for _month, weeks in pages for week in weeks), default=5)
    context = {
        "student": found,
        "pages": pages,
        "weekdays": [WEEKDAYS_ABBR[i] for i in range(width)],
        "legend": [(str(MARKS[key]), MARK_NAMES[key], found.count(key)) for key in MARKS if found.count(key)],
        "by_weekday": [(WEEKDAYS[day], absent, marked) for day, absent, marked in found.by_weekday],
        "guardians": families.guardians(scope, student_id, now),
        "contacts": families.contacts(scope, student_id, first, now.date(), now),
        "answers": families.answers(scope, found.organization_id, now, student_id=student_id),
        "now": now,
    }
    return render(request, "office/student.html", context)


GROUP_NAMES = {
    "contact": pgettext_lazy("after a call", "The family was reached or left word that day"),
    "explained": pgettext_lazy("after a call", "The family explained the absence"),
    "none": pgettext_lazy("after a call", "Neither"),
}


@require_safe
@needs("office", "principal")
def after_a_call(request: ScopedRequest) -> HttpResponse:
    """How soon students were back, by month; rows of one's own school, so that nothing is withheld."""
    scope, now, school_id = request.scope, clock.now(), own_school(request)
    known = list(months(session_begins(school_id, now.date()), now.date()))
    chosen = next((m for m in known if m[0].strftime("%Y-%m") == request.GET.get("month")), known[-1])
    found = after_contact(scope, school_id, *chosen, now.date())
    context = {
        "school": roster.organization(school_id).name,
        "months": [(begins, begins.strftime("%Y-%m"), begins == chosen[0]) for begins, _ends in known],
        "found": found,
        "tables": [
            (
                "all",
                _("Every day of absence"),
                _("A student who is absent three days counts three times, each day from its own day on."),
                [(GROUP_NAMES[g], found.all_days[g]) for g in GROUPS],
            ),
            (
                "first",
                _("Only first days of absence"),
                _("A student who is absent three days in a row counts once, from the first of them on."),
                [(GROUP_NAMES[g], found.first_days[g]) for g in GROUPS],
            ),
        ],
    }
    return render(request, "office/after_a_call.html", context)


@require_safe
@needs("office", "principal")
def reminders(request: ScopedRequest) -> HttpResponse:
    """Every reminder of the last two weeks, and whether the roll came after it."""
    scope, now, school_id = request.scope, clock.now(), own_school(request)
    first = now.date() - timedelta(days=REMINDER_DAYS)
    sent = families.reminders(scope, school_id, first, now.date(), now)
    context = {
        "sent": sent,
        "summary": families.summary(sent),
        "failed": [s for s in sent if s.failed],
        "first": first,
        "now": now,
    }
    return render(request, "office/reminders.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("office", "principal")
def by_itself(request: ScopedRequest) -> HttpResponse:
    """What Fairlead does by itself at this school."""
    school_id = own_school(request)
    chosen = family_services.settings_for(school_id)
    before = {key: getattr(chosen, key) for key in ByItselfForm.base_fields}
    form = ByItselfForm(request.POST if request.method == "POST" else None, initial=before)
    if request.method == "POST" and form.is_valid():
        try:
            family_services.choose(request.scope, school_id, **form.cleaned_data)
        except services.AttendanceError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Saved."))
            return redirect("office:by_itself")
    return render(request, "office/by_itself.html", {"form": form, "address": settings.PUBLIC_ADDRESS})
