"""Every rule about attendance as it stands: meaning, source, confidence; and why the average is never shown alone."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.facts.rules import attendance_rule
from fairlead.science.attendance import (
    chronic_absence,
    chronic_rules,
    daily_attendance,
    lateness_rules,
    trigger_rules,
)

DAYS = 180
SCHOOLS = (("evenly", (9,) * 20), ("few", (0,) * 16 + (45,) * 4))  # days absent of twenty students each


@require_safe
@needs()
def attendance_rules(request: ScopedRequest) -> HttpResponse:
    """The rule packs, which of them are in force, and two schools with one average."""
    language = get_language() or "en"
    today = clock.today()
    chosen = attendance_rule(today)
    used = {chosen.chronic.about.id, chosen.triggers.about.id, *(rule.about.id for rule in lateness_rules())}
    packs = [
        {
            "about": rule.about,
            "used": rule.about.id in used and rule.about.in_force(today),
            **{name: rule.about.said(name, language) for name in ("label", "meaning", "ignores")},
        }
        for rules in (chronic_rules(), trigger_rules(), lateness_rules())
        for rule in rules
    ]
    return render(
        request,
        "network/attendance_rules.html",
        {"packs": packs, "schools": [_demonstration(key, days) for key, days in SCHOOLS], "days": DAYS},
    )


def _demonstration(key: str, absent: tuple[int, ...]) -> dict[str, Any]:
    days = [DAYS] * len(absent)
    names = {
        "evenly": _("Twenty students, each absent on 9 days"),
        "few": _("Twenty students, four of them absent on 45 days"),
    }
    chronic = chronic_absence(days, days, absent, attendance_rule(clock.today()).chronic)
    return {"name": names[key], "average": daily_attendance(days, days, absent).share, "chronic": chronic}
