"""9:31 in the school office: the count, missing rolls with a reminder, families to reach with a call in two taps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.scope import Scope
from fairlead.apps.attendance import arrivals, families, selectors, services
from fairlead.apps.roster import selectors as roster

LOGGED = ("reached", "left_message", "no_answer", "wrong_number")


def morning(scope: Scope, school_id: int, now: datetime) -> selectors.Morning:
    """This morning at a school; opens the day when nobody has done so yet."""
    found = selectors.this_morning(scope, school_id, now)
    if not found.count.meets and services.open_day(school_id, now.date()):
        found = selectors.this_morning(scope, school_id, now)
    return found


def board(scope: Scope, school_id: int, now: datetime, *, calls: bool = True) -> dict[str, Any]:
    """What the office's and the principal's page both show; without `calls`, nothing that only a list to call from needs."""
    found = morning(scope, school_id, now)
    overdue = found.overdue
    context = {
        "school": next(g.organization_name for g in scope.roles if g.organization_id == school_id),
        "now": now,
        "morning": found,
        "count": found.count,
        "overdue": overdue,
        "awaited": [m for m in found.missing if m not in overdue],
        "arrivals": arrivals.notices(scope, school_id, now),
        "claims": families.claims(scope, school_id, now.date(), now) if calls else {},
        "doubtful": families.doubtful_numbers(scope, [g.person_id for a in found.to_reach for g in a.guardians], now)
        if calls
        else {},
        "outcomes": [(key, label) for key, label in families.outcomes() if key in LOGGED],
    }
    if not found.count.meets:
        network = roster.network_of(school_id)
        ahead = roster.school_days(network.pk, now.date(), now.date() + timedelta(days=90))
        context["next_day"] = ahead[0] if ahead else None
    return context


def own_school(request: ScopedRequest) -> int:
    """The school whose office this person works in, or leads."""
    school_id = request.scope.organization_of("office", "principal")
    if school_id is None:
        raise Http404
    return int(school_id)


@require_safe
@needs("office", "principal")
def desk(request: ScopedRequest) -> HttpResponse:
    """The office's page."""
    return render(request, "office/desk.html", board(request.scope, own_school(request), clock.now()))


def _act(request: ScopedRequest, place: str, act: Callable[[], str]) -> HttpResponse:
    """Do one thing and show the board again: as a fragment for htmx, else by a redirect with a message."""
    try:
        said, kind = act(), "ok"
    except services.NotThere:
        raise Http404 from None
    except services.AttendanceError as error:
        said, kind = str(error), "refused"
    if request.headers.get("HX-Request"):
        context = board(request.scope, own_school(request), clock.now())
        rest = request.POST.get("rest", "")  # a fold that was open stays open
        return render(
            request, "office/_board.html", {**context, "said": said, "kind": kind, "place": place, "rest": rest}
        )
    (messages.success if kind == "ok" else messages.error)(request, said)
    return redirect("office:desk")


@require_POST
@needs("office", "principal")
def remind(request: ScopedRequest, roll_id: int) -> HttpResponse:
    """Ask a teacher for a missing roll."""

    def act() -> str:
        reminder = services.send_reminder(request.scope, roll_id)
        at = time_format(timezone.localtime(reminder.sent_at), "TIME_FORMAT")
        words = {"section": reminder.roll.section.name, "time": at}
        if reminder.channel == "email":
            return _("Reminder for %(section)s at %(time)s: on the teacher's page and by e-mail.") % words
        return _("Reminder for %(section)s at %(time)s: on the teacher's page.") % words

    return _act(request, "rolls", act)


def _guardian(request: ScopedRequest) -> int | None:
    value = request.POST.get("guardian", "")
    return int(value) if value.isdecimal() and len(value) < 19 else None


@require_POST
@needs("office", "principal")
def call(request: ScopedRequest, mark_id: int) -> HttpResponse:
    """Log how a call to a family went."""

    def act() -> str:
        contact = services.log_contact(
            request.scope,
            mark_id,
            request.POST.get("outcome", ""),
            guardian_id=_guardian(request),
            note=request.POST.get("note", ""),
        )
        return _("Logged for %(name)s: %(outcome)s.") % {
            "name": contact.student.name,
            "outcome": contact.get_outcome_display(),
        }

    return _act(request, "calls", act)


@require_POST
@needs("office", "principal")
def explain(request: ScopedRequest, mark_id: int) -> HttpResponse:
    """Write down what the family said."""

    def act() -> str:
        mark = services.explain_absence(
            request.scope,
            mark_id,
            request.POST.get("reason", ""),
            request.POST.get("note", ""),
            guardian_id=_guardian(request),
        )
        return _("%(name)s: the absence is explained (%(reason)s).") % {
            "name": mark.student.name,
            "reason": mark.get_reason_display(),
        }

    return _act(request, "calls", act)
