"""Which records have a readable history, who may read it, and what their fields are called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from fairlead.apps.access.scope import Scope
from fairlead.apps.attendance.models import AttendanceMark, FamilyContact, Roll
from fairlead.apps.roster.models import Person
from fairlead.apps.support.models import Promise, PromiseWords

OFFICE = ("office", "principal")


@dataclass(frozen=True, slots=True)
class Record:
    """A record whose history somebody may read: what it is, where, and which rows tell of it."""

    title: Any
    name: str
    organization_id: int
    rows: tuple[tuple[type[models.Model], dict[str, Any]], ...]
    person_id: int | None = None
    says: tuple[tuple[Any, Any], ...] = ()  # what it says now, where that is worth knowing beside its changes


def _roll(scope: Scope, pk: int) -> Record | None:
    roll = Roll.objects.filter(pk=pk, organization_id__in=scope.org_ids).select_related("section").first()
    if roll is None or not (_at_office(scope, roll.organization_id) or roll.section.teacher_id == scope.person_id):
        return None
    rows = ((Roll, {"pk": pk}), (AttendanceMark, {"roll_id": pk}))
    says = ((_("submitted at"), roll.submitted_at), (_("taken at"), roll.taken_at), (_("taken where"), _way(roll)))
    name = f"{roll.section.name}, {date_format(roll.date)}"
    return Record(_("Roll"), name, roll.organization_id, rows, says=tuple(pair for pair in says if pair[1]))


def _way(roll: Roll) -> str:
    return str(roll.get_source_display()) if roll.submitted_at else ""


def _mark(scope: Scope, pk: int) -> Record | None:
    found = AttendanceMark.objects.filter(pk=pk, organization_id__in=scope.org_ids)
    mark = found.select_related("student", "roll__section").first()
    if mark is None:
        return None
    if not (_at_office(scope, mark.organization_id) or mark.roll.section.teacher_id == scope.person_id):
        return None
    rows = ((AttendanceMark, {"pk": pk}),)
    return Record(
        _("Attendance"), f"{mark.student.name}, {date_format(mark.date)}", mark.organization_id, rows, mark.student_id
    )


def _contact(scope: Scope, pk: int) -> Record | None:
    found = FamilyContact.objects.filter(pk=pk, organization_id__in=scope.org_ids).select_related("student").first()
    if found is None or not _at_office(scope, found.organization_id):
        return None
    rows = ((FamilyContact, {"pk": pk}),)
    return Record(
        _("Contact with a family"),
        f"{found.student.name}, {date_format(found.date)}",
        found.organization_id,
        rows,
        found.student_id,
    )


def _person(scope: Scope, pk: int) -> Record | None:
    person = Person.objects.filter(pk=pk).first()
    if person is None or not (pk == scope.person_id or _at_office(scope, person.organization_id)):
        return None
    return Record(_("Person"), person.name, person.organization_id, ((Person, {"pk": pk}),), pk)


def _promise(scope: Scope, pk: int) -> Record | None:
    promise = Promise.objects.filter(pk=pk).select_related("owner", "made_to").first()
    if promise is None or scope.person_id not in (promise.owner_id, promise.made_to_id):
        return None
    rows = ((Promise, {"pk": pk}), (PromiseWords, {"promise_id": pk}))
    return Record(_("Promise"), f"{promise.owner.name} – {promise.made_to.name}", promise.organization_id, rows)


def _at_office(scope: Scope, organization_id: int) -> bool:
    return scope.has(*OFFICE, organization_id=organization_id)


KINDS: dict[str, Callable[[Scope, int], Record | None]] = {
    "roll": _roll,
    "mark": _mark,
    "contact": _contact,
    "person": _person,
    "promise": _promise,
}
MODELS = (Roll, AttendanceMark, FamilyContact, Person, Promise, PromiseWords)

# What pages call a field; one label for all tables that have a field of this name.
LABELS: dict[str, Any] = {
    "amended_at": _("amended at"),
    "amended_source": _("amended where"),
    "amended_by_id": _("amended by"),
    "at": _("when"),
    "because": _("done another way, because"),
    "evidence": _("what shows it"),
    "born": _("date of birth"),
    "by_id": _("who called"),
    "contact_id": _("contact"),
    "interpreter": _("with an interpreter"),
    "promise_id": _("promise"),
    "purpose": _("purpose"),
    "return_on": _("back on"),
    "roll_id": _("roll"),
    "section_id": _("class"),
    "channel": _("by which way"),
    "date": _("day"),
    "done_another_way": _("done another way"),
    "due": _("due"),
    "due_at": _("due at"),
    "email": _("e-mail"),
    "explained_at": _("explained at"),
    "explained_by_id": _("explained by"),
    "explanation": _("explanation"),
    "family_name": _("family name"),
    "given_name": _("given name"),
    "grade": _("grade"),
    "guardian_id": _("guardian"),
    "kept_at": _("kept at"),
    "kind": _("kind"),
    "language": _("language"),
    "made_at": _("promised at"),
    "made_to_id": _("promised to"),
    "note": _("note"),
    "organization_id": _("organization"),
    "outcome": _("outcome"),
    "owner_id": _("promised by"),
    "period_id": _("period"),
    "phone": _("telephone"),
    "reason": _("reason"),
    "source": _("taken where"),
    "sourced_id": _("identifier of the source"),
    "status": _("mark"),
    "student_id": _("student"),
    "submitted_at": _("submitted at"),
    "submitted_by_id": _("submitted by"),
    "substitute_id": _("substitute's link"),
    "taken_at": _("taken at"),
    "text": _("what was promised"),
    "zip": _("ZIP code"),
}
# Fields that say nothing to a reader: numbers of rows, and what follows from another field.
HIDDEN = frozenset({"id", "sort_name"})
