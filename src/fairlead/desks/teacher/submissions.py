"""A teacher's own submissions, for the teacher first: on time, late, missing, and whether it is more than before."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.scope import Scope
from fairlead.apps.attendance import timeliness
from fairlead.apps.roster import selectors as roster

SHOWN = 15


@require_safe
@needs("teacher")
def submissions(request: ScopedRequest) -> HttpResponse:
    """My rolls since the school year began, up to yesterday."""
    scope: Scope = request.scope
    yesterday = clock.today() - timedelta(days=1)
    school_id = scope.organization_of("teacher")
    session = roster.session_on(roster.network_of(school_id).pk, clock.today()) if school_id else None
    found = timeliness.own_submissions(scope, session.begins if session else yesterday, yesterday)
    own = found.by(0 for _ in found.rolls)
    several = {roll.period or roll.section for roll in found.rolls}
    return render(
        request,
        "teacher/submissions.html",
        {
            "found": found,
            "own": own.get(0),
            "parts": sorted(found.by(r.period or r.section for r in found.rolls).items()) if len(several) > 1 else [],
            "late": [roll for roll in reversed(found.rolls) if roll.late][:SHOWN],
            "rule": found.rule,
            "rule_says": found.rule.about.said("meaning", get_language() or "en"),
        },
    )
