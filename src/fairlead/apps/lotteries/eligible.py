"""Who may be drawn: a rule over roster and facts, told as data, and the list that it gives today."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from fairlead.apps.access.asking import fetch
from fairlead.apps.access.scope import Scope
from fairlead.apps.facts import selectors as facts
from fairlead.apps.roster import selectors as roster

# What a limit of balance may name, by unit. All of it is known before the draw.
COVARIATES: dict[str, dict[str, Any]] = {
    "teacher": {"students": _("students"), "grade": _("grade")},
    "school": {
        "students": _("students"),
        "attendance": _("average attendance (%)"),
        "chronic_absence": _("chronically absent students (%)"),
    },
}
PERCENT = {"attendance": facts.attendance, "chronic_absence": facts.chronic_absence}
THIRDS = ("small", "middle", "large")


@dataclass(frozen=True, slots=True)
class Rule:
    """Who is eligible: of these organizations (empty: all below), teaching these grades, with so many students, and without
    coaching since a day. It is kept as JSON."""

    organizations: tuple[int, ...] = ()
    grade_low: int | None = None
    grade_high: int | None = None
    least_students: int = 0
    not_coached_since: date | None = None

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Rule:
        """The rule as it was kept."""
        since = told.get("not_coached_since")
        return cls(
            tuple(told.get("organizations", ())),
            told.get("grade_low"),
            told.get("grade_high"),
            int(told.get("least_students", 0)),
            date.fromisoformat(since) if since else None,
        )

    def plain(self) -> dict[str, Any]:
        """The rule as it is kept."""
        since = self.not_coached_since
        return {
            "organizations": list(self.organizations),
            "grade_low": self.grade_low,
            "grade_high": self.grade_high,
            "least_students": self.least_students,
            "not_coached_since": since.isoformat() if since else None,
        }


@dataclass(frozen=True, slots=True)
class Candidate:
    """One on the list: a school, or a teacher at one. `values` by covariate; None where nothing is known."""

    organization_id: int
    person_id: int | None
    grade: int | None
    students: int
    values: dict[str, float | None]


_TEACHERS = """
SELECT s.organization_id, s.teacher_id, min(s.grade)::int, count(DISTINCT e.student_id)::int
FROM roster_section s
JOIN roster_academicsession a ON a.id = s.session_id AND a.begins <= %(on)s AND a.ends >= %(on)s
LEFT JOIN roster_enrollment e ON e.section_id = s.id AND e.begins <= %(on)s AND (e.ends IS NULL OR e.ends >= %(on)s)
WHERE s.teacher_id IS NOT NULL AND s.organization_id = ANY (%(schools)s)
GROUP BY s.organization_id, s.teacher_id
ORDER BY s.organization_id, s.teacher_id
"""
_SCHOOLS = """
SELECT o.id, count(DISTINCT e.student_id)::int
FROM roster_organization o
LEFT JOIN roster_enrollment e
    ON e.organization_id = o.id AND e.begins <= %(on)s AND (e.ends IS NULL OR e.ends >= %(on)s)
WHERE o.kind = 'school' AND o.id = ANY (%(schools)s)
GROUP BY o.id ORDER BY o.id
"""


def candidates(
    scope: Scope, unit: str, rule: Rule, below: int, on: date, covariates: Collection[str] = ()
) -> list[Candidate]:
    """Who is eligible on a day, of an organization and all below it, with these covariates measured. A teacher at two schools
    is listed at the first."""
    schools = [pk for pk in roster.organizations_below(below) if pk in scope.org_ids]
    if rule.organizations:
        schools = [pk for pk in schools if pk in rule.organizations]
    found = _schools(scope, schools, on, covariates) if unit == "school" else _teachers(scope, schools, rule, on)
    return [one for one in found if one.students >= rule.least_students]


def _teachers(scope: Scope, schools: list[int], rule: Rule, on: date) -> list[Candidate]:
    found: dict[int, Candidate] = {}
    for school, person, grade, students in fetch(_TEACHERS, schools=schools, on=on):
        low, high = rule.grade_low, rule.grade_high
        if (low is not None and grade < low) or (high is not None and grade > high):
            continue
        found.setdefault(person, Candidate(school, person, grade, students, {"students": students, "grade": grade}))
    if rule.not_coached_since is not None:
        coached = facts.coaching_minutes(scope, list(found), after=rule.not_coached_since)
        return [one for person, one in found.items() if person not in coached]
    return list(found.values())


def _schools(scope: Scope, schools: list[int], on: date, covariates: Collection[str]) -> list[Candidate]:
    rows = fetch(_SCHOOLS, schools=schools, on=on)
    measured = _measured(scope, [pk for pk, _students in rows], on, covariates)
    return [
        Candidate(pk, None, None, students, {"students": students, **{k: v.get(pk) for k, v in measured.items()}})
        for pk, students in rows
    ]


def _measured(scope: Scope, schools: list[int], on: date, covariates: Collection[str]) -> dict[str, dict[int, float]]:
    """Each school's percentages from the first day of the school year up to a day."""
    year = roster.session_of(schools[0], on) if schools else None
    if year is None:
        return {}
    question = facts.Question(tuple(schools), (facts.Period(year.begins, on, "month"),), year.begins)
    return {
        name: {
            count.organization_id: 100 * count.numerator / count.denominator
            for count in measure(scope, question)
            if count.denominator
        }
        for name, measure in PERCENT.items()
        if name in covariates
    }


def strata(by: str, found: list[Candidate], key: Any) -> list[str]:
    """Each candidate's stratum as the record names it: a school by its pseudonym, a grade, a third by students."""
    if by == "school":
        return [key("school", one.organization_id) for one in found]
    if by == "grade":
        return [f"grade {one.grade}" for one in found]
    if by == "size":
        order = sorted(range(len(found)), key=lambda i: (found[i].students, found[i].organization_id))
        third = {i: THIRDS[min(2, 3 * place // len(found))] for place, i in enumerate(order)}
        return [third[i] for i in range(len(found))]
    return [""] * len(found)


def pseudonym(lottery_id: int, kind: str, pk: int) -> str:
    """A name in the record of one lottery that leads to nobody without the installation's secret."""
    content = f"lottery|{lottery_id}|{kind}|{pk}".encode()
    return f"{kind[0]}{hmac.new(settings.SECRET_KEY.encode(), content, hashlib.sha256).hexdigest()[:12]}"
