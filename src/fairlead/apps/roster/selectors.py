"""Reading the roster. The asking person's scope comes first, always."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet

from fairlead.apps.access import rls
from fairlead.apps.access.asking import fetch
from fairlead.apps.access.scope import PARTNER, Grant, Scope, scope_of
from fairlead.apps.access.selectors import agreements_of
from fairlead.apps.roster.models import (
    AcademicSession,
    Enrollment,
    Guardianship,
    Organization,
    Person,
    Role,
    SchoolDay,
    Section,
)

_GRANTS = """
SELECT role, organization_id, name, given_name, family_name, below, above FROM roster_grants(%(person)s, %(on)s)
"""


def scope_for(person_id: int, on: date) -> Scope | None:
    """The scope of one person on a day, from their dated roles and their organizations' agreements; None without a role.

    Also tells PostgreSQL who is asking, for this transaction: `roster_grants` the person alone (that opens their own
    roles), then `rls.apply` what those roles open.
    """
    rows = fetch(_GRANTS, person=person_id, on=on)
    if not rows:
        return None
    grants = tuple(
        Grant(role, organization_id, name, frozenset(below), frozenset(above))
        for role, organization_id, name, _given, _family, below, above in rows
    )
    scope = scope_of(person_id, f"{rows[0][3]} {rows[0][4]}", grants)
    partners = {g.organization_id for g in grants if g.role == PARTNER}
    if partners:
        scope = replace(scope, agreements=agreements_of(partners, on))
    rls.apply(scope)
    return scope


def organizations(scope: Scope, kind: str | None = None) -> QuerySet[Organization]:
    """Organizations whose rows the person may read, by name."""
    rows = Organization.objects.filter(id__in=scope.org_ids)
    if kind is not None:
        rows = rows.filter(kind=kind)
    return rows.order_by("name")


def organization(organization_id: int) -> Organization:
    """One organization; the tree holds no personal data."""
    return Organization.objects.get(pk=organization_id)


def organization_by_sourced_id(sourced_id: str) -> Organization:
    """One organization by the identifier of the system that it comes from."""
    return Organization.objects.get(sourced_id=sourced_id)


def has_organization(sourced_id: str) -> bool:
    """Whether the tree has an organization of this identifier; the tree holds no personal data."""
    return Organization.objects.filter(sourced_id=sourced_id).exists()


def networks() -> list[Organization]:
    """Every network, by name."""
    return list(Organization.objects.filter(kind=Organization.Kind.NETWORK).order_by("name"))


def organizations_below(organization_id: int) -> list[int]:
    """An organization and all below it; the tree holds no personal data."""
    found = [organization_id]
    level = found
    while level := list(Organization.objects.filter(parent_id__in=level).order_by("id").values_list("id", flat=True)):
        found = [*found, *level]
    return found


def network_of(organization_id: int) -> Organization:
    """The network above an organization (itself when it stands alone)."""
    node = Organization.objects.select_related("parent__parent").get(pk=organization_id)
    while node.parent is not None and node.kind != Organization.Kind.NETWORK:
        node = node.parent
    return node


def in_force(on: date) -> Q:
    """Rows with `begins`/`ends` in force on a day."""
    return Q(begins__lte=on) & (Q(ends__isnull=True) | Q(ends__gte=on))


def people(scope: Scope) -> QuerySet[Person]:
    """People whose records the person's organizations keep; names of staff also of the organizations above."""
    return Person.objects.filter(
        Q(organization_id__in=scope.org_ids)
        | Q(organization_id__in=scope.up_org_ids, kind=Person.Kind.STAFF)
        | Q(pk=scope.person_id)
    )


def sections_taught(scope: Scope, on: date) -> QuerySet[Section]:
    """The asking person's own sections in the session that holds this day."""
    return (
        Section.objects.filter(
            teacher_id=scope.person_id,
            organization_id__in=scope.org_ids,
            session__begins__lte=on,
            session__ends__gte=on,
        )
        .select_related("organization", "course")
        .order_by("name")
    )


def sections(scope: Scope, organization_id: int, on: date) -> QuerySet[Section]:
    """A school's sections in the session that holds this day."""
    return (
        Section.objects.filter(
            organization_id=organization_id,
            organization__in=scope.org_ids,
            session__begins__lte=on,
            session__ends__gte=on,
        )
        .select_related("teacher", "course")
        .order_by("grade", "name")
    )


def section_students(scope: Scope, section_id: int, on: date) -> QuerySet[Person]:
    """Students enrolled in a section on a day, by name."""
    enrolled = Enrollment.objects.filter(in_force(on), section_id=section_id, organization_id__in=scope.org_ids)
    return Person.objects.filter(pk__in=enrolled.values("student_id")).order_by("sort_name")


def enrolled(scope: Scope, section_id: int, on: date) -> list[int]:
    """The ids of `section_students`, in no order."""
    return [pk for (pk,) in fetch(_ENROLLED, section=section_id, on=on, orgs=sorted(scope.org_ids))]


_ENROLLED = """
SELECT p.id FROM roster_person p WHERE p.id IN (
    SELECT e.student_id FROM roster_enrollment e
    WHERE e.section_id = %(section)s AND e.organization_id = ANY (%(orgs)s) AND e.begins <= %(on)s
      AND (e.ends IS NULL OR e.ends >= %(on)s)
)
"""


def students_by_teacher(scope: Scope, teacher_ids: list[int], on: date) -> dict[int, int]:
    """How many students each teacher has in their sections on a day."""
    rows = (
        Enrollment.objects.filter(
            in_force(on), section__teacher_id__in=teacher_ids, organization_id__in=scope.org_ids
        )
        .values_list("section__teacher_id")
        .annotate(n=Count("student_id", distinct=True))
    )
    return dict(rows)


def guardianships(scope: Scope, student_ids: list[int]) -> QuerySet[Guardianship]:
    """Whom to call about these students, in the family's order."""
    return (
        Guardianship.objects.filter(student_id__in=student_ids, organization_id__in=scope.org_ids, ends__isnull=True)
        .select_related("guardian")
        .order_by("student_id", "rank")
    )


_TO_CALL = """
SELECT g.student_id, g.guardian_id, p.given_name || ' ' || p.family_name, g.relation, p.phone, p.language
FROM roster_guardianship g
JOIN roster_person p ON p.id = g.guardian_id
WHERE g.may_contact AND g.student_id = ANY (%(students)s) AND g.organization_id = ANY (%(orgs)s)
ORDER BY g.student_id, g.rank
"""


def to_call(scope: Scope, student_ids: list[int]) -> list[tuple[Any, ...]]:
    """Who may be called about these students, in the family's order: student, person, name, relation, phone, language."""
    return fetch(_TO_CALL, students=student_ids, orgs=sorted(scope.org_ids))


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody in a role."""

    person_id: int
    name: str
    role: str
    organization_id: int
    fte: float


_HOLDERS = """
SELECT p.id, p.given_name || ' ' || p.family_name, r.role, r.organization_id, r.fte::float8
FROM roster_role r JOIN roster_person p ON p.id = r.person_id
WHERE r.role = ANY (%(roles)s) AND r.organization_id = ANY (%(orgs)s) AND r.begins <= %(on)s
  AND (r.ends IS NULL OR r.ends >= %(on)s)
ORDER BY p.sort_name
"""


def holders(scope: Scope, on: date, *roles: str) -> list[Holder]:
    """Who holds one of these roles on a day, by name."""
    return [Holder(*row) for row in fetch(_HOLDERS, roles=list(roles), orgs=sorted(scope.up_org_ids), on=on)]


def staff(scope: Scope, on: date, *, role: str | None = None, organization_id: int | None = None) -> QuerySet[Role]:
    """Roles in force, with their people, by name."""
    rows = Role.objects.filter(in_force(on), organization_id__in=scope.up_org_ids)
    if role is not None:
        rows = rows.filter(role=role)
    if organization_id is not None:
        rows = rows.filter(organization_id=organization_id)
    return rows.select_related("person", "organization").order_by("person__sort_name")


def session_on(network_id: int, on: date) -> AcademicSession | None:
    """The school year of a network that holds this day."""
    years = AcademicSession.objects.filter(organization_id=network_id, kind=AcademicSession.Kind.SCHOOL_YEAR)
    return years.filter(begins__lte=on, ends__gte=on).order_by("begins").first()


def session_of(organization_id: int, on: date) -> AcademicSession | None:
    """The school year that holds this day for an organization: its own or one of those above it, in one question."""
    here = Organization.objects.filter(pk=organization_id)
    above = [here.values(column) for column in ("pk", "parent_id", "parent__parent_id")]
    whose = Q(organization__in=above[0]) | Q(organization__in=above[1]) | Q(organization__in=above[2])
    years = AcademicSession.objects.filter(whose, kind=AcademicSession.Kind.SCHOOL_YEAR)
    return years.filter(begins__lte=on, ends__gte=on).order_by("begins").first()


def school_days(network_id: int, first: date, last: date) -> list[date]:
    """The network's school days from `first` to `last`, both included."""
    return list(
        SchoolDay.objects.filter(organization_id=network_id, date__gte=first, date__lte=last)
        .order_by("date")
        .values_list("date", flat=True)
    )
