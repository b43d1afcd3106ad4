"""Help in one's own school as its principal may see it: that it happens and how much, never what was said."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.scope import Scope
from fairlead.apps.roster import selectors as roster
from fairlead.apps.support import selectors
from fairlead.apps.support.visibility import purpose_words, who_sees_what
from fairlead.desks.office.views import own_school


@require_safe
@needs("principal")
def support(request: ScopedRequest) -> HttpResponse:
    """Since the school year began: time in classrooms with its feedback, and who was helped."""
    scope: Scope = request.scope
    school_id = own_school(request)
    today = clock.today()
    session = roster.session_on(roster.network_of(school_id).pk, today)
    since = session.begins if session else today.replace(month=1, day=1)
    context = {
        "school": roster.organization(school_id),
        "since": since,
        "leads": selectors.minutes_in_classrooms(scope, school_id, since),
        "dose": selectors.dose_by_person(scope, school_id, since),
        "waiting": selectors.feedback_waiting_by_school(scope, [school_id], today, lead_id=scope.person_id)[
            school_id
        ],
        "times": selectors.feedback_waiting_by_school(
            scope, [school_id], today, since=today - selectors.TIMES_OVER
        )[school_id].times,
        "purpose": purpose_words("coaching"),
        "who": who_sees_what("coaching"),
    }
    return render(request, "principal/support.html", context)
