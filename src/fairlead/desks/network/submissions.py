"""Do teachers submit on time, over a network: schools by name with intervals, teachers by count, and no teacher's name."""

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


@require_safe
@needs("network_lead", "analyst")
def submissions(request: ScopedRequest) -> HttpResponse:
    """The distribution by school, with small groups of teachers withheld."""
    scope: Scope = request.scope
    today = clock.today()
    network = scope.organization_of("network_lead", "analyst")
    session = roster.session_on(roster.network_of(network).pk, today) if network else None
    yesterday = today - timedelta(days=1)
    found = timeliness.network_submissions(scope, session.begins if session else yesterday, yesterday)
    names = {o.pk: o.name for o in roster.organizations(scope)}
    return render(
        request,
        "network/submissions.html",
        {
            "found": found,
            "share": found.late / found.rolls if found.rolls else None,
            "kinds": list(found.kinds.items()),
            "schools": sorted(
                ((names.get(s.organization_id, ""), s) for s in found.schools), key=lambda pair: pair[0]
            ),
            "fewest": timeliness.FEWEST,
            "rule": found.rule,
            "rule_says": found.rule.about.said("meaning", get_language() or "en"),
        },
    )
