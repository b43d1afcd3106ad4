"""What a content learning cycle is about: a topic in subtopics of three weeks, with grades, standards and materials.

Each subtopic goes learn together → plan and practise → study student work; its days come from the steps of the cycle.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from fairlead.apps.access.asking import fetch
from fairlead.apps.access.scope import Scope
from fairlead.apps.cycles.models import CycleContent
from fairlead.apps.cycles.selectors import Line

KIND = "content_cycle"
PARTS = 3  # steps of one subtopic
MOST_STANDARDS = 12


@dataclass(frozen=True, slots=True)
class Subtopic:
    """Three weeks of a cycle: what they are about, with which materials, and from when to when."""

    name: str
    materials: str
    begins: date
    ends: date


@dataclass(frozen=True, slots=True)
class Content:
    """What the lead wrote; empty before that."""

    subject: str = ""
    grade_low: int | None = None
    grade_high: int | None = None
    standards: tuple[str, ...] = ()
    subtopics: tuple[Subtopic, ...] = ()


def subtopics_of(support: Line) -> int:
    """How many subtopics the cycle has that a support follows."""
    return len(support.cycle.steps) // PARTS if support.cycle else 0


def content(support: Line) -> Content:
    """What a learning cycle that `line` gave is about; every subtopic is there with its days, named or not."""
    rows = fetch(
        "SELECT subject, grade_low, grade_high, standards, subtopics FROM cycles_cyclecontent WHERE support_id = %(pk)s",
        pk=support.pk,
    )
    subject, low, high, standards, told = rows[0] if rows else ("", None, None, [], "[]")
    cycle, named, found = support.cycle, json.loads(told), []
    for at in range(subtopics_of(support)):
        assert cycle is not None
        name, materials = (named[at]["name"], named[at]["materials"]) if at < len(named) else ("", "")
        begins = support.begins + timedelta(days=cycle.steps[at * PARTS].days)
        last = at * PARTS + PARTS
        days = cycle.steps[last].days if last < len(cycle.steps) else cycle.steps[last - 1].days + 7
        found.append(Subtopic(name, materials, begins, support.begins + timedelta(days=days - 1)))
    return Content(subject, low, high, tuple(standards), tuple(found))


@transaction.atomic
def write(
    scope: Scope,
    support: Line,
    *,
    subject: str,
    grade_low: int | None,
    grade_high: int | None,
    standards: list[str],
    subtopics: list[tuple[str, str]],
) -> None:
    """The lead says what a running learning cycle is about; the codes of standards as they stand in their framework."""
    if support.lead_id != scope.person_id or support.ended_because:
        raise ValidationError(_("Only who leads a running support writes here."))
    if support.kind != KIND:
        raise ValidationError(_("Only a content learning cycle has this page."))
    if grade_low is not None and grade_high is not None and grade_high < grade_low:
        raise ValidationError({"grade_high": _("The last grade is not below the first.")})
    codes = list(dict.fromkeys(code.strip() for code in standards if code.strip()))
    if len(codes) > MOST_STANDARDS:
        raise ValidationError(
            {"standards": _("Choose at most %(n)s standards: a cycle is about few things.") % {"n": MOST_STANDARDS}}
        )
    if len(subtopics) != subtopics_of(support) or not all(name.strip() for name, _materials in subtopics):
        raise ValidationError(_("Name every subtopic: each takes three weeks."))
    CycleContent.objects.update_or_create(
        support_id=support.pk,
        defaults={
            "organization_id": support.organization_id,
            "subject": subject.strip(),
            "grade_low": grade_low,
            "grade_high": grade_high,
            "standards": codes,
            "subtopics": [{"name": name.strip(), "materials": said.strip()} for name, said in subtopics],
        },
    )
