"""Reading support, contacts and promises: the dose, by the purpose × use table; words only to whom they belong."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum
from django.utils import timezone

from fairlead.apps.access.scope import Scope
from fairlead.apps.access.selectors import opened
from fairlead.apps.support.models import Contact, Promise, Support, SupportParticipant
from fairlead.apps.support.visibility import purpose_words

FEEDBACK_DUE_DAYS = 2  # feedback is worth most within two days of the visit; later it counts as waiting


@dataclass(frozen=True, slots=True)
class LastContact:
    """The latest contact with a school: `days` ago, of which kind, by whom."""

    at: datetime
    days: int
    kind: str
    purpose: str
    lead_id: int
    lead_name: str

    @property
    def kind_label(self) -> str:
        return str(Contact.Kind(self.kind).label)


@dataclass(frozen=True, slots=True)
class OpenPromises:
    """Promises not yet kept at a school; `overdue` of them are past their day."""

    open: int = 0
    overdue: int = 0


@dataclass(frozen=True, slots=True)
class FeedbackWaiting:
    """Visits whose feedback is not closed: not yet shared with the teacher, or shared and not yet answered."""

    unshared: int = 0
    unanswered: int = 0
    oldest_days: int = 0  # since the oldest visit whose feedback was not yet shared

    @property
    def total(self) -> int:
        return self.unshared + self.unanswered


@dataclass(frozen=True, slots=True)
class Minutes:
    """Time in classrooms: visits, minutes, and how many teachers were visited."""

    visits: int = 0
    minutes: int = 0
    teachers: int = 0


@dataclass(frozen=True, slots=True)
class LeadMinutes:
    """One person's time in a school's classrooms."""

    lead_id: int
    lead_name: str
    visits: int
    minutes: int
    teachers: int
    feedback_closed: int


@dataclass(frozen=True, slots=True)
class PersonDose:
    """What help one person had, without a word of it."""

    person_id: int
    name: str
    purpose: str
    contacts: int
    minutes: int
    last_at: datetime

    @property
    def purpose_label(self) -> str:
        return purpose_words(self.purpose).label


@dataclass(frozen=True, slots=True)
class SupportDose:
    """What one support brought: minutes in the present month beside the plan, and the latest contact."""

    minutes: int = 0
    contacts: int = 0
    last_at: datetime | None = None
    last_visit_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OwnPromise:
    """A promise that the person made, or that was made to them, with its words: one line of a list."""

    pk: int
    due: date
    text: str
    kept: bool
    owner_id: int
    owner: str
    made_to: str
    school: str
    visit_id: int | None


@dataclass(frozen=True, slots=True)
class Coached:
    """One person whom the asking person supports: one line of a list."""

    support_id: int
    goal: str
    planned: int
    school: str
    person_id: int
    name: str
    sort_name: str


def _day_begins(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def contacts(scope: Scope, *, since: date | None = None) -> QuerySet[Contact]:
    """Contacts the person had, and those of their organizations as far as their role may see the dose."""
    rows = Contact.objects.filter(
        Q(lead_id=scope.person_id) | Q(with_person_id=scope.person_id) | opened(scope, "dose")
    )
    return rows if since is None else rows.filter(at__gte=_day_begins(since))


def contact_of_visit(scope: Scope, visit_id: int) -> Contact | None:
    """The contact that a visit is, too."""
    return contacts(scope).filter(visit_id=visit_id).select_related("support").first()


def supports(scope: Scope, on: date) -> QuerySet[Support]:
    """Helping relationships in force on a day: one's own, and those whose dose the person may see."""
    return (
        Support.objects.filter(
            Q(lead_id=scope.person_id) | Q(participants__person_id=scope.person_id) | opened(scope, "dose"),
            Q(ends__isnull=True) | Q(ends__gte=on),
            begins__lte=on,
        )
        .select_related("lead", "organization")
        .prefetch_related("participants__person")
        .distinct()
        .order_by("organization__name", "id")
    )


def led_by_me(scope: Scope, on: date) -> QuerySet[Support]:
    """Helping relationships that the asking person leads, with the people in them."""
    return supports(scope, on).filter(lead_id=scope.person_id)


def coached_by_me(scope: Scope, on: date) -> list[Coached]:
    """The people whom the asking person supports on a day."""
    rows = SupportParticipant.objects.filter(
        Q(support__ends__isnull=True) | Q(support__ends__gte=on),
        support__lead_id=scope.person_id,
        support__begins__lte=on,
    )
    found = rows.order_by("support__organization__name", "support_id", "id").values_list(
        "support_id",
        "support__goal",
        "support__planned_minutes_per_month",
        "support__organization__name",
        "person_id",
        *_name("person"),
        "person__sort_name",
    )
    return [
        Coached(support_id, goal, planned, school, person_id, f"{given} {family}", sort_name)
        for support_id, goal, planned, school, person_id, given, family, sort_name in found
    ]


def _name(person: str) -> tuple[str, str]:
    return f"{person}__given_name", f"{person}__family_name"


def last_contact_by_school(
    scope: Scope, school_ids: Collection[int], on: date, *, lead_id: int | None = None
) -> dict[int, LastContact]:
    """The latest contact of any kind with each school (by `lead_id`, when given). Schools without one are left out."""
    rows = contacts(scope).filter(organization_id__in=school_ids, at__lt=_day_begins(on + timedelta(days=1)))
    if lead_id is not None:
        rows = rows.filter(lead_id=lead_id)
    latest = (
        rows.order_by("organization_id", "-at", "-id")
        .distinct("organization_id")
        .values_list("organization_id", "at", "kind", "purpose", "lead_id", *_name("lead"))
    )
    return {
        school: LastContact(
            at=at,
            days=(on - timezone.localdate(at)).days,
            kind=kind,
            purpose=purpose,
            lead_id=lead_id,
            lead_name=f"{given} {family}",
        )
        for school, at, kind, purpose, lead_id, given, family in latest
    }


def _promises(scope: Scope) -> QuerySet[Promise]:
    return Promise.objects.filter(Q(owner_id=scope.person_id) | Q(made_to_id=scope.person_id) | opened(scope, "dose"))


def open_promises_by_school(
    scope: Scope, school_ids: Collection[int], on: date, *, owner_id: int | None = None
) -> dict[int, OpenPromises]:
    """Promises not yet kept, by school (made by `owner_id`, when given); every asked school is in the answer."""
    rows = _promises(scope).filter(kept_at__isnull=True, organization_id__in=school_ids)
    if owner_id is not None:
        rows = rows.filter(owner_id=owner_id)
    found = {
        r["organization_id"]: OpenPromises(r["n"], r["late"])
        for r in rows.values("organization_id").annotate(n=Count("id"), late=Count("id", filter=Q(due__lt=on)))
    }
    return {s: found.get(s, OpenPromises()) for s in school_ids}


def own_promises(scope: Scope) -> list[OwnPromise]:
    """Open promises that the person made or that were made to them, the next to fall due first."""
    return _lines(_own(scope).filter(kept_at__isnull=True))


def promises_of_visits(scope: Scope, visit_ids: Iterable[int]) -> list[OwnPromise]:
    """The person's own promises out of these visits."""
    return _lines(_own(scope).filter(contact__visit_id__in=list(visit_ids)))


def _own(scope: Scope) -> QuerySet[Promise]:
    return Promise.objects.filter(Q(owner_id=scope.person_id) | Q(made_to_id=scope.person_id))


def _lines(rows: QuerySet[Promise]) -> list[OwnPromise]:
    found = rows.order_by("due", "id").values_list(
        "pk", "due", "words__text", "kept_at", "owner_id", *_name("owner"), *_name("made_to"),
        "organization__name", "contact__visit_id",
    )  # fmt: skip
    return [
        OwnPromise(pk, due, text or "", kept is not None, owner_id, f"{a} {b}", f"{c} {d}", school, visit)
        for pk, due, text, kept, owner_id, a, b, c, d, school, visit in found
    ]


def feedback_waiting_by_school(
    scope: Scope, school_ids: Collection[int], on: date, *, lead_id: int | None = None
) -> dict[int, FeedbackWaiting]:
    """Feedback not yet closed, by school; every asked school is in the answer."""
    rows = contacts(scope).filter(
        kind=Contact.Kind.VISIT, visit__isnull=False, feedback_closed_at__isnull=True, organization_id__in=school_ids
    )
    if lead_id is not None:
        rows = rows.filter(lead_id=lead_id)
    unshared = Q(feedback_shared_at__isnull=True)
    found = {
        r["organization_id"]: FeedbackWaiting(
            unshared=r["unshared"],
            unanswered=r["unanswered"],
            oldest_days=(on - timezone.localdate(r["oldest"])).days if r["oldest"] else 0,
        )
        for r in rows.values("organization_id").annotate(
            unshared=Count("id", filter=unshared),
            unanswered=Count("id", filter=~unshared),
            oldest=Min("at", filter=unshared),
        )
    }
    return {s: found.get(s, FeedbackWaiting()) for s in school_ids}


def minutes_by_school(scope: Scope, school_ids: Collection[int], since: date) -> dict[int, Minutes]:
    """Time in each school's classrooms, by anybody; every asked school is in the answer."""
    found = {
        r["organization_id"]: Minutes(r["visits"], r["minutes"], r["teachers"])
        for r in contacts(scope, since=since)
        .filter(kind=Contact.Kind.VISIT, organization_id__in=school_ids)
        .values("organization_id")
        .annotate(visits=Count("id"), minutes=Sum("minutes"), teachers=Count("with_person", distinct=True))
    }
    return {s: found.get(s, Minutes()) for s in school_ids}


def minutes_in_classrooms(scope: Scope, organization_id: int, since: date) -> list[LeadMinutes]:
    """Who spent how long in a school's classrooms, and with how many visits the feedback was closed. By name:
    minutes predict little, closed feedback more, so this is no ranking."""
    rows = (
        contacts(scope, since=since)
        .filter(kind=Contact.Kind.VISIT, organization_id=organization_id)
        .values("lead_id", given=F("lead__given_name"), family=F("lead__family_name"), key=F("lead__sort_name"))
        .annotate(
            visits=Count("id"),
            total=Sum("minutes"),
            teachers=Count("with_person", distinct=True),
            closed=Count("feedback_closed_at"),
        )
        .order_by("key", "lead_id")
    )
    return [
        LeadMinutes(r["lead_id"], f"{r['given']} {r['family']}", r["visits"], r["total"], r["teachers"], r["closed"])
        for r in rows
    ]


def dose_by_person(scope: Scope, organization_id: int, since: date) -> list[PersonDose]:
    """Who in a school was helped, for which purpose, how often and how long; by name."""
    rows = (
        contacts(scope, since=since)
        .filter(organization_id=organization_id)
        .values(
            "with_person_id",
            "purpose",
            given=F("with_person__given_name"),
            family=F("with_person__family_name"),
            key=F("with_person__sort_name"),
        )
        .annotate(n=Count("id"), total=Sum("minutes"), last=Max("at"))
        .order_by("key", "with_person_id", "purpose")
    )
    return [
        PersonDose(r["with_person_id"], f"{r['given']} {r['family']}", r["purpose"], r["n"], r["total"], r["last"])
        for r in rows
    ]


def support_dose(scope: Scope, support_ids: Collection[int], month_begins: date) -> dict[int, SupportDose]:
    """Minutes and contacts of each support since the month began, and when the latest was; every asked one answers."""
    this_month = Q(at__gte=_day_begins(month_begins))
    found = {
        r["support_id"]: SupportDose(r["total"] or 0, r["n"], r["last"], r["visit"])
        for r in contacts(scope)
        .filter(support_id__in=support_ids)
        .values("support_id")
        .annotate(
            total=Sum("minutes", filter=this_month),
            n=Count("id", filter=this_month),
            last=Max("at"),
            visit=Max("at", filter=Q(kind=Contact.Kind.VISIT)),
        )
    }
    return {s: found.get(s, SupportDose()) for s in support_ids}


def promise(scope: Scope, promise_id: int) -> Promise | None:
    """A promise that the person made or that was made to them, with its words."""
    return (
        Promise.objects.filter(Q(owner_id=scope.person_id) | Q(made_to_id=scope.person_id), pk=promise_id)
        .select_related("words", "owner", "made_to", "contact", "organization")
        .first()
    )
