"""A family's link: made, handed over once, withdrawn; and the school's decision about what the family answered."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.attendance import families, family_services, services
from fairlead.apps.attendance.tasks import message_with, send_link
from fairlead.apps.roster import selectors as roster
from fairlead.desks.office.languages import LANGUAGES
from fairlead.desks.office.views import own_school


def _number(request: ScopedRequest, name: str) -> int:
    value = request.POST.get(name, "")
    return int(value) if value.isdecimal() and len(value) < 19 else 0


@require_POST
@needs("office", "principal")
def make(request: ScopedRequest, mark_id: int) -> HttpResponse:
    """Make a link and show it, this once: it is kept nowhere, so that there is nothing to redirect to."""
    scope = request.scope
    absence = families.absence(scope, mark_id)
    try:
        link = family_services.make_link(scope, mark_id, _number(request, "guardian"))
    except services.NotThere:
        raise Http404 from None
    except services.AttendanceError as error:
        messages.error(request, str(error))
        return redirect("office:contact", mark_id)
    address = request.build_absolute_uri(reverse("family:link", args=[link.token]))
    school = roster.organization(absence.organization_id).name if absence else ""
    sent = send_link(link, school, address) if request.POST.get("send") == "email" and link.email else ""
    context: dict[str, Any] = {
        "link": link,
        "absence": absence,
        "address": address,
        "message": message_with(link, school, address),
        "language": LANGUAGES.get(link.language, link.language),
        "sent": sent,
    }
    response = render(request, "office/link.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@needs("office", "principal")
def revoke(request: ScopedRequest, link_id: int) -> HttpResponse:
    """Withdraw a link."""
    try:
        link = family_services.revoke_link(request.scope, link_id)
    except services.NotThere:
        raise Http404 from None
    if link.used_at is not None:
        messages.warning(request, _("This link has been used already: the answer is among the answers."))
    else:
        messages.success(request, _("The link no longer opens."))
    back = _number(request, "absence")
    return redirect("office:contact", back) if back else redirect("office:answers")


@require_safe
@needs("office", "principal")
def answers(request: ScopedRequest) -> HttpResponse:
    """What families wrote: waiting for a decision, and decided."""
    scope, now, school_id = request.scope, clock.now(), own_school(request)
    waiting = families.answers(scope, school_id, now, waiting=True)
    decided = [a for a in families.answers(scope, school_id, now) if a.decision]
    context = {"waiting": waiting, "decided": decided[:50], "decisions": family_services.DECISIONS}
    return render(request, "office/answers.html", context)


@require_POST
@needs("office", "principal")
def decide(request: ScopedRequest, answer_id: int) -> HttpResponse:
    """Excused or not is the school's decision."""
    try:
        done = family_services.decide(request.scope, answer_id, request.POST.get("decision", ""))
    except services.NotThere:
        raise Http404 from None
    except services.AttendanceError as error:
        messages.error(request, str(error))
    else:
        words = {"name": done.student.name, "decision": done.get_decision_display()}
        messages.success(request, _("%(name)s: %(decision)s.") % words)
    return redirect("office:answers")
