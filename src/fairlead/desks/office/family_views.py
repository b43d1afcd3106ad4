"""Whom to call, in the published order: the work list, its printed sheet, who is calling now, a contact in full."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.scope import Scope
from fairlead.apps.attendance import families, family_services, selectors, services
from fairlead.desks.office.family_forms import ContactForm
from fairlead.desks.office.languages import LANGUAGES
from fairlead.desks.office.views import board, own_school
from fairlead.desks.shares import percent


@dataclass(frozen=True, slots=True)
class Line:
    """One family in the list: whom, why here, who is calling, which numbers are doubtful."""

    place: int
    student: selectors.AbsentStudent
    why_here: str
    claim: families.Claim | None
    mine: bool
    doubtful: frozenset[int]


def why_here(standing: families.Standing | None) -> str:
    """Why a student stands above the next one, in words."""
    if standing is None:
        return _("last of the list")
    mine, other = standing.mine, standing.next
    if standing.by == "not_tried":
        return _("above the next: nobody has tried this family yet")
    if standing.by == "unexcused":
        return _("above the next: unexcused")
    if standing.by == "days_in_a_row":
        said = ngettext("%(n)s day in a row", "%(n)s days in a row", int(mine or 0)) % {"n": mine}
        return _("above the next: %(mine)s, not %(other)s") % {"mine": said, "other": other}
    if standing.by == "risk":
        return _("above the next: absent on %(mine)s of days, not %(other)s") % {
            "mine": percent(float(mine or 0)),
            "other": percent(float(other or 0)),
        }
    if standing.by == "younger":
        return _("above the next: younger")
    return _("equal to the next: by name")


def lines(
    scope: Scope,
    to_reach: tuple[selectors.AbsentStudent, ...],
    claims: dict[int, families.Claim],
    doubtful: dict[int, date],
) -> list[Line]:
    """The work list. Who cannot be called (nobody may be contacted) stays in it: the reason is shown."""
    below = [*to_reach[1:], None][: len(to_reach)]
    return [
        Line(
            place=i,
            student=a,
            why_here=why_here(families.standing(a, nxt)),
            claim=claims.get(a.student_id),
            mine=a.student_id in claims and claims[a.student_id].by_id == scope.person_id,
            doubtful=frozenset(g.person_id for g in a.guardians if g.person_id in doubtful),
        )
        for i, (a, nxt) in enumerate(zip(to_reach, below, strict=True), start=1)
    ]


def _list(request: ScopedRequest) -> dict[str, Any]:
    scope, now, school_id = request.scope, clock.now(), own_school(request)
    context = board(scope, school_id, now)
    return {**context, "lines": lines(scope, context["morning"].to_reach, context["claims"], context["doubtful"])}


@require_safe
@needs("office", "principal")
def calls(request: ScopedRequest) -> HttpResponse:
    """The list in order, with why each stands where it stands."""
    return render(request, "office/calls.html", _list(request))


@require_safe
@needs("office", "principal")
def sheet(request: ScopedRequest) -> HttpResponse:
    """The same list for paper: by the language in which to call, with room for outcomes."""
    context = _list(request)
    groups: dict[str, list[Line]] = {}
    for line in context["lines"]:
        guardians = line.student.guardians
        groups.setdefault(guardians[0].language if guardians else "", []).append(line)
    named = sorted(groups.items(), key=lambda item: (item[0] == "", -len(item[1]), item[0]))
    return render(
        request,
        "office/sheet.html",
        {**context, "groups": [(LANGUAGES.get(code, code), of) for code, of in named]},
    )


def _absence(scope: Scope, mark_id: int) -> families.Absence:
    found = families.absence(scope, mark_id)
    if found is None or not scope.has("office", "principal", organization_id=found.organization_id):
        raise Http404
    return found


@require_POST
@needs("office", "principal")
def claim(request: ScopedRequest, mark_id: int) -> HttpResponse:
    """ "I am calling this family now." As a fragment for htmx: only the words."""
    try:
        taken = family_services.claim_call(request.scope, mark_id)
        until = time_format(timezone.localtime(taken.until), "TIME_FORMAT")
        said, kind = _("Until %(time)s you are calling this family.") % {"time": until}, "ok"
    except services.NotThere:
        raise Http404 from None
    except services.AttendanceError as error:
        said, kind = str(error), "warn"
    if request.headers.get("HX-Request"):
        return render(request, "office/_claim_said.html", {"said": said, "kind": kind})
    (messages.success if kind == "ok" else messages.warning)(request, said)
    return redirect(f"{reverse('office:calls')}#absence-{mark_id}")


@require_POST
@needs("office", "principal")
def release(request: ScopedRequest, mark_id: int) -> HttpResponse:
    """Somebody else may call."""
    try:
        family_services.release_call(request.scope, mark_id)
    except services.NotThere:
        raise Http404 from None
    except services.AttendanceError as error:
        messages.error(request, str(error))
    return redirect(f"{reverse('office:calls')}#absence-{mark_id}")


def _initial(guardians: list[families.Guardian]) -> dict[str, Any]:
    first = next((g for g in guardians if g.may_contact), None)
    return {"guardian": first.person_id if first else None, "channel": "phone"}


def _save(scope: Scope, mark_id: int, form: ContactForm) -> str:
    data = form.cleaned_data
    if data["outcome"] in ("excused", "unexcused"):
        mark = services.explain_absence(
            scope, mark_id, data["outcome"], data["note"], guardian_id=data["guardian"], how=form.how
        )
        return _("%(name)s: the absence is explained (%(reason)s).") % {
            "name": mark.student.name,
            "reason": mark.get_reason_display(),
        }
    done = services.log_contact(
        scope, mark_id, data["outcome"], guardian_id=data["guardian"], note=data["note"], how=form.how
    )
    return _("Logged for %(name)s: %(outcome)s.") % {"name": done.student.name, "outcome": done.get_outcome_display()}


@require_http_methods(["GET", "HEAD", "POST"])
@needs("office", "principal")
def contact(request: ScopedRequest, mark_id: int) -> HttpResponse:
    """Everything about one contact, the family's links and answers; the work list's buttons post here too."""
    scope, now = request.scope, clock.now()
    found = _absence(scope, mark_id)
    guardians = families.guardians(scope, found.student_id, now)
    form = ContactForm(
        request.POST if request.method == "POST" else None, guardians=guardians, initial=_initial(guardians)
    )
    if request.method == "POST" and form.is_valid():
        try:
            messages.success(request, _save(scope, mark_id, form))
        except services.NotThere:
            raise Http404 from None
        except services.AttendanceError as error:
            form.add_error(None, str(error))
        else:
            return redirect("office:calls")
    return render(request, "office/contact.html", contact_context(scope, found, guardians, now) | {"form": form})


def contact_context(
    scope: Scope, found: families.Absence, guardians: list[families.Guardian], now: datetime
) -> dict[str, Any]:
    """What the page about one absence shows."""
    return {
        "absence": found,
        "guardians": guardians,
        "contactable": [g for g in guardians if g.may_contact],
        "contacts": families.contacts(scope, found.student_id, found.date, found.date, now),
        "links": families.links(scope, found.student_id, found.date, now),
        "answers": [
            a
            for a in families.answers(scope, found.organization_id, now, student_id=found.student_id)
            if a.date == found.date
        ],
        "decisions": family_services.DECISIONS,
        "now": now,
    }
