"""Who submits late at one's own school. Names are for the school's office; its principal sees how many of which kind."""

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
from fairlead.desks.office.views import own_school
from fairlead.science.attendance import KINDS


@require_safe
@needs("office", "principal")
def submissions(request: ScopedRequest) -> HttpResponse:
    """The school's rolls since the year began: kinds, periods, and for the office names in order of the alphabet."""
    scope: Scope = request.scope
    school_id = own_school(request)
    yesterday = clock.today() - timedelta(days=1)
    session = roster.session_on(roster.network_of(school_id).pk, clock.today())
    since = session.begins if session else yesterday
    found = timeliness.school_submissions(scope, school_id, since, yesterday)
    by_teacher = found.by(roll.teacher_id for roll in found.rolls)
    periods = {roll.period for roll in found.rolls}
    named = []
    if scope.has("office", organization_id=school_id):
        people = {
            pk: (sort_name, f"{given} {family}")
            for pk, given, family, sort_name in roster.people(scope)
            .filter(pk__in=list(by_teacher))
            .values_list("pk", "given_name", "family_name", "sort_name")
        }
        shown = [pk for pk, habit in by_teacher.items() if habit.kind in ("structural", "new") and pk in people]
        named = [(people[pk][1], by_teacher[pk]) for pk in sorted(shown, key=lambda pk: people[pk][0])]
    elsewhere = timeliness.taken_habits(scope, school_id, since, yesterday)
    return render(
        request,
        "office/submissions.html",
        {
            "school": roster.organization(school_id),
            "found": found,
            "whole": found.by(0 for _ in found.rolls).get(0),
            "kinds": [(kind, sum(habit.kind == kind for habit in by_teacher.values())) for kind in KINDS],
            "teachers": len(by_teacher),
            "periods": sorted(found.by(r.period for r in found.rolls).items()) if len(periods) > 1 else [],
            "named": named,
            "names": scope.has("office", organization_id=school_id),
            "elsewhere": len(elsewhere),
            "elsewhere_structural": sum(habit.kind == "structural" for habit in elsewhere.values()),
            "rule": found.rule,
            "rule_says": found.rule.about.said("meaning", get_language() or "en"),
            "rule_ignores": found.rule.about.said("ignores", get_language() or "en"),
        },
    )
