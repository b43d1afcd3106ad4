"""What a visit's form is made of: whom it may be about, their classes, and the instrument in the version it began with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from fairlead.apps.access.scope import Scope
from fairlead.apps.instruments import policy, responding
from fairlead.apps.instruments import selectors as instruments
from fairlead.apps.instruments import services as instruments_do
from fairlead.apps.instruments.models import Version
from fairlead.apps.roster import selectors as roster
from fairlead.apps.support import selectors as support

ANY = 0  # instead of a teacher's id: the teacher is chosen in the form, which is kept for when there is no network


@dataclass(frozen=True, slots=True)
class Barred:
    """An instrument that is offered for the purpose, and why this person may not rate with it today."""

    version: Version
    because: str


@dataclass(frozen=True, slots=True)
class Ready:
    """A form ready to be drawn or filled in. `teachers` and `sections` are choices, in groups where there are several."""

    purpose: str
    teacher: Any | None  # their role; None: chosen in the form
    teachers: list[tuple[Any, Any]]
    sections: list[tuple[Any, Any]]
    organizations: frozenset[int]
    version: Version | None
    others: list[Version]
    barred: list[Barred]
    items: list[Any]

    @property
    def fields(self) -> dict[str, Any]:
        """The arguments of `forms.VisitForm`."""
        return {
            "items": self.items,
            "sections": self.sections,
            "teachers": self.teachers,
            "fixed": self.teacher is not None,
        }

    @property
    def version_id(self) -> int | None:
        return self.version.pk if self.version else None


def ready(
    scope: Scope,
    today: date,
    teacher_id: int,
    purpose: str,
    version_id: int | None = None,
    made_on: date | None = None,
) -> Ready | None:
    """The form for one teacher, or for any; None where this person may not open it. `version_id`: that it began with.

    `made_on`: the day of a visit that waited on a device; whoever was certified then could rate.
    """
    if purpose not in instruments_do.purposes_for(scope):
        return None
    version, others, barred = _instrument(scope, made_on or today, purpose, version_id)
    teacher = None
    if teacher_id == ANY:
        people = teachers_of(scope, today)
        ids = [pk for _group, members in people for pk, _name in members]
        where = {pk for pk, _name in _schools(scope, today)}
        teachers: list[tuple[Any, Any]] = people if len(people) > 1 else [m for _g, ms in people for m in ms]
        sections: list[tuple[Any, Any]] = _classes(scope, today, where, ids)
    else:
        teacher = instruments_do.teacher_to_visit(scope, teacher_id)
        if teacher is None or purpose not in instruments_do.purposes_for(scope, teacher.organization_id):
            return None
        where = {teacher.organization_id}
        teachers = [(teacher_id, teacher.person.name)]
        taught = roster.sections(scope, teacher.organization_id, today).filter(teacher_id=teacher_id)
        sections = [(s.pk, s.name) for s in taught]
    items = instruments.items_of(version.pk) if version else []
    return Ready(purpose, teacher, teachers, sections, frozenset(where), version, others, barred, items)


def _instrument(
    scope: Scope, on: date, purpose: str, version_id: int | None
) -> tuple[Version | None, list[Version], list[Barred]]:
    """The version to use, the others that could be, and those that need a certificate which this person lacks."""
    usable, barred = [], []
    for version in instruments.instruments_for(scope, purpose):
        because = _why_not_rate(scope, version, on)
        if because:
            barred.append(Barred(version, because))
        else:
            usable.append(version)
    chosen = next(iter(usable), None)
    if version_id is not None:
        pinned = instruments.pinned_version(scope, purpose, version_id)
        if pinned is not None and not _why_not_rate(scope, pinned, on):
            chosen = pinned
    return chosen, [v for v in usable if chosen is None or v.pk != chosen.pk], barred


def _why_not_rate(scope: Scope, version: Version, today: date) -> str:
    if not policy.needs_certificate(version.instrument):
        return ""
    held = responding.certified_until(scope, version.instrument_id, today)
    return policy.why_not_rate(version.instrument, held, today)


def _schools(scope: Scope, today: date) -> list[tuple[int, str]]:
    """Where the teachers of `teachers_of` are."""
    own = list(roster.organizations(scope, kind="school"))
    if len(own) == 1:
        return [(own[0].pk, own[0].name)]
    return sorted({(c.organization_id, c.school) for c in support.coached_by_me(scope, today)}, key=lambda s: s[1])


def teachers_of(scope: Scope, today: date) -> list[tuple[str, list[tuple[int, str]]]]:
    """The teachers one would visit, by school: all of one's only school, else those whom one supports."""
    own = list(roster.organizations(scope, kind="school"))
    if len(own) == 1:
        return [(own[0].name, staff_of(scope, today, own[0].pk))]
    groups: dict[str, list[tuple[str, int, str]]] = {}
    for c in support.coached_by_me(scope, today):
        if c.person_id != scope.person_id:
            groups.setdefault(c.school, []).append((c.sort_name, c.person_id, c.name))
    return [
        (school, [(pk, name) for _key, pk, name in dict.fromkeys(sorted(people))])
        for school, people in sorted(groups.items())
    ]


def staff_of(scope: Scope, today: date, school_id: int) -> list[tuple[int, str]]:
    """A school's teachers beside oneself, by name."""
    staff = roster.staff(scope, today, role="teacher", organization_id=school_id)
    return [(r.person_id, r.person.name) for r in staff if r.person_id != scope.person_id]


def _classes(
    scope: Scope, today: date, school_ids: Iterable[int], teacher_ids: list[int]
) -> list[tuple[str, list[tuple[int, str]]]]:
    """The classes of these teachers, each under its teacher's name."""
    groups: dict[str, list[tuple[int, str]]] = {}
    for school_id in sorted(school_ids):
        for section in roster.sections(scope, school_id, today).filter(teacher_id__in=teacher_ids):
            groups.setdefault(section.teacher.name, []).append((section.pk, section.name))
    return sorted(groups.items())
