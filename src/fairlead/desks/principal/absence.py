"""Chronic absence in one's own school: students by tier with what called for it, by rules that are shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.scope import Scope
from fairlead.apps.facts.absence import Absence, absence
from fairlead.apps.roster import selectors as roster
from fairlead.desks.office.views import own_school


@dataclass(frozen=True, slots=True)
class Row:
    """One student who needs somebody: days, share, and the line that was reached."""

    student_id: int
    name: str
    grade: int | None
    absent: int
    marked: int
    expected: int
    month: int
    line: int
    chronic: bool

    @property
    def share(self) -> float:
        return 100 * self.absent / self.marked

    @property
    def not_submitted(self) -> int:
        return self.expected - self.marked


def rows(scope: Scope, found: Absence, tier: int) -> list[Row]:
    """The students of one tier, most days absent first; then by name."""
    chosen = np.flatnonzero(found.triggers.tier == tier)
    people = {
        pk: (f"{given} {family}", grade, sort_name)
        for pk, given, family, grade, sort_name in roster.people(scope)
        .filter(pk__in=[int(found.student[i]) for i in chosen])
        .values_list("pk", "given_name", "family_name", "grade", "sort_name")
    }
    listed = [
        (
            people[int(found.student[i])][2],
            Row(
                student_id=int(found.student[i]),
                name=people[int(found.student[i])][0],
                grade=people[int(found.student[i])][1],
                absent=int(found.absent[i].sum()),
                marked=int(found.marked[i].sum()),
                expected=int(found.expected[i].sum()),
                month=int(found.triggers.months[i]),
                line=int(found.triggers.line[i]),
                chronic=bool(found.chronic.is_chronic[i]),
            ),
        )
        for i in chosen
        if int(found.student[i]) in people
    ]
    return [row for _, row in sorted(listed, key=lambda pair: (-pair[1].absent, pair[0]))]


@require_safe
@needs("office", "principal")
def chronic_absence(request: ScopedRequest) -> HttpResponse:
    """Students by tier, the school's share by the rule in force, and the average that hides it."""
    scope: Scope = request.scope
    school_id = own_school(request)
    yesterday = clock.today() - timedelta(days=1)
    session = roster.session_on(roster.network_of(school_id).pk, clock.today())
    context: dict[str, object] = {"school": roster.organization(school_id), "yesterday": yesterday}
    if session is not None and session.begins <= yesterday:
        found = absence(scope, school_id, session.begins, yesterday)
        language = get_language() or "en"
        context |= {
            "found": found,
            "tier_3": rows(scope, found, 3),
            "tier_2": rows(scope, found, 2),
            "share": found.chronic.share,
            "packs": [
                (rule.about, rule.about.said("label", language), rule.about.said("meaning", language),
                 rule.about.said("ignores", language))
                for rule in (found.rule.chronic, found.rule.triggers)
            ],
        }  # fmt: skip
    return render(request, "principal/chronic_absence.html", context)
