"""Reading support, contacts and promises: the dose, by the purpose × use table; words only to whom they belong."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.utils import timezone

from fairlead import clock
from fairlead.apps.access import rls
from fairlead.apps.access.asking import fetch
from fairlead.apps.access.scope import Scope
from fairlead.apps.access.selectors import opened
from fairlead.apps.support.days import day_begins
from fairlead.apps.support.models import Contact, Promise, Support
from fairlead.apps.support.visibility import purpose_words
from fairlead.science.measurement.waiting import TimeUntil, time_until

TIMES_OVER = timedelta(days=365)  # how far back the times of feedback are looked at
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
class FeedbackTimes:
    """Days from visits to their feedback being given (shared, or given another way) and to its being closed."""

    given: tuple[tuple[float, bool], ...] = ()  # days waited, whether it has happened
    closed: tuple[tuple[float, bool], ...] = ()

    def __add__(self, other: FeedbackTimes) -> FeedbackTimes:
        return FeedbackTimes(self.given + other.given, self.closed + other.closed)

    @property
    def until_given(self) -> TimeUntil:
        return time_until(*_apart(self.given))

    @property
    def until_closed(self) -> TimeUntil:
        return time_until(*_apart(self.closed))


def _apart(rows: tuple[tuple[float, bool], ...]) -> tuple[list[float], list[bool]]:
    return [days for days, _ in rows], [happened for _, happened in rows]


@dataclass(frozen=True, slots=True)
class FeedbackWaiting:
    """Visits whose feedback is not closed: not yet shared with the teacher, or shared and not yet answered."""

    unshared: int = 0
    unanswered: int = 0
    oldest_days: int = 0  # since the oldest visit whose feedback was not yet shared
    times: FeedbackTimes = FeedbackTimes()  # of the visits since the day that was asked for

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
    organization_id: int


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
    organization_id: int


def contacts(scope: Scope, *, since: date | None = None) -> QuerySet[Contact]:
    """Contacts the person had, and those of their organizations as far as their role may see the dose."""
    rows = Contact.objects.filter(
        Q(lead_id=scope.person_id) | Q(with_person_id=scope.person_id) | opened(scope, "dose")
    )
    return rows if since is None else rows.filter(at__gte=day_begins(since))


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
    return [Coached(*row) for row in fetch(_COACHED, person=scope.person_id, on=on)]


_COACHED = """
SELECT s.id, s.goal, s.planned_minutes_per_month, o.name, p.id, p.given_name || ' ' || p.family_name, p.sort_name, s.organization_id
FROM support_supportparticipant x
JOIN support_support s ON s.id = x.support_id
JOIN roster_organization o ON o.id = s.organization_id
JOIN roster_person p ON p.id = x.person_id
WHERE s.lead_id = %(person)s AND s.begins <= %(on)s AND (s.ends IS NULL OR s.ends >= %(on)s)
ORDER BY o.name, s.id, x.id
"""


# What `contacts` reads, for SQL written by hand; the values are those of `_asking`.
_DOSE = """
(c.lead_id = %(person)s OR c.with_person_id = %(person)s OR %(dose)s::jsonb ? (c.purpose || '@' || c.organization_id))
"""
_PARTICIPANT = """
(c.lead_id = %(person)s OR c.person_id = %(person)s OR %(dose)s::jsonb ? (c.purpose || '@' || c.organization_id))
"""


def _asking(scope: Scope) -> dict[str, Any]:
    return {"person": scope.person_id, "dose": rls.pairs(scope, "dose")}


def own_contacts(scope: Scope, school_ids: Collection[int], since: date) -> list[tuple[Any, ...]]:
    """The asking person's contacts with these schools, latest first: school, at, minutes, kind, purpose."""
    return fetch(_OWN_CONTACTS, person=scope.person_id, schools=list(school_ids), since=day_begins(since))


_OWN_CONTACTS = """
SELECT c.organization_id, c.at, c.minutes, c.kind, c.purpose FROM support_contact c
WHERE c.lead_id = %(person)s AND c.organization_id = ANY (%(schools)s) AND c.at >= %(since)s
ORDER BY c.at DESC, c.id DESC
"""


def last_contact_by_school(
    scope: Scope, school_ids: Collection[int], on: date, *, lead_id: int | None = None
) -> dict[int, LastContact]:
    """The latest contact of any kind with each school (by `lead_id`, when given). Schools without one are left out."""
    values = {"schools": list(school_ids), "until": day_begins(on + timedelta(days=1)), "lead": lead_id}
    return {
        school: LastContact(at, (on - timezone.localdate(at)).days, kind, purpose, lead, name)
        for school, at, kind, purpose, lead, name in fetch(_LAST_CONTACTS, **_asking(scope), **values)
    }


_LAST_CONTACTS = f"""
SELECT DISTINCT ON (c.organization_id) c.organization_id, c.at, c.kind, c.purpose, c.lead_id,
       p.given_name || ' ' || p.family_name
FROM support_contact c JOIN roster_person p ON p.id = c.lead_id
WHERE c.organization_id = ANY (%(schools)s) AND c.at < %(until)s AND {_DOSE}
  AND (%(lead)s::bigint IS NULL OR c.lead_id = %(lead)s)
ORDER BY c.organization_id, c.at DESC, c.id DESC
"""  # noqa: S608  (our own words)


def open_promises_by_school(
    scope: Scope, school_ids: Collection[int], on: date, *, owner_id: int | None = None
) -> dict[int, OpenPromises]:
    """Promises not yet kept, by school (made by `owner_id`, when given); every asked school is in the answer."""
    rows = fetch(_OPEN_PROMISES, **_asking(scope), schools=list(school_ids), on=on, owner=owner_id)
    found = {school: OpenPromises(n, late) for school, n, late in rows}
    return {s: found.get(s, OpenPromises()) for s in school_ids}


_OPEN_PROMISES = """
SELECT p.organization_id, count(*), count(*) FILTER (WHERE p.due < %(on)s) FROM support_promise p
WHERE p.kept_at IS NULL AND p.organization_id = ANY (%(schools)s) AND (%(owner)s::bigint IS NULL OR p.owner_id = %(owner)s)
  AND (p.owner_id = %(person)s OR p.made_to_id = %(person)s
       OR %(dose)s::jsonb ? (p.purpose || '@' || p.organization_id))
GROUP BY p.organization_id
"""


def own_promises(scope: Scope) -> list[OwnPromise]:
    """Open promises that the person made or that were made to them, the next to fall due first."""
    return _lines("p.kept_at IS NULL", scope)


def promises_of_visits(scope: Scope, visit_ids: Iterable[int]) -> list[OwnPromise]:
    """The person's own promises out of these visits."""
    return _lines("c.visit_id = ANY (%(visits)s)", scope, visits=list(visit_ids))


_LINES = """
SELECT p.id, p.due, coalesce(w.text, ''), p.kept_at IS NOT NULL, p.owner_id, a.given_name || ' ' || a.family_name,
       b.given_name || ' ' || b.family_name, o.name, c.visit_id, p.organization_id
FROM support_promise p
JOIN support_contact c ON c.id = p.contact_id
JOIN roster_person a ON a.id = p.owner_id
JOIN roster_person b ON b.id = p.made_to_id
JOIN roster_organization o ON o.id = p.organization_id
LEFT JOIN support_promisewords w ON w.promise_id = p.id
WHERE (p.owner_id = %(person)s OR p.made_to_id = %(person)s) AND {which}
ORDER BY p.due, p.id
"""


def _lines(which: str, scope: Scope, **values: Any) -> list[OwnPromise]:
    return [OwnPromise(*row) for row in fetch(_LINES.format(which=which), person=scope.person_id, **values)]


def feedback_waiting_by_school(
    scope: Scope, school_ids: Collection[int], on: date, *, lead_id: int | None = None, since: date | None = None
) -> dict[int, FeedbackWaiting]:
    """Feedback not yet closed, by school; every asked school is in the answer. `since`: with its times from then on."""
    rows = fetch(_WAITING, **_asking(scope), **_times_of(lead_id, since), schools=list(school_ids))
    found = {
        school: FeedbackWaiting(
            unshared,
            unanswered,
            (on - timezone.localdate(oldest)).days if oldest else 0,
            _times(given, closed, ages),
        )
        for school, unshared, unanswered, oldest, given, closed, ages in rows
    }
    return {s: found.get(s, FeedbackWaiting()) for s in school_ids}


def own_feedback_times(scope: Scope, since: date) -> FeedbackTimes:
    """How long the person's own visits waited for their feedback, from a day on."""
    rows = fetch(_OWN_TIMES, **_asking(scope), **_times_of(scope.person_id, since))
    return sum((_times(*row) for row in rows), FeedbackTimes())


def _times_of(lead_id: int | None, since: date | None) -> dict[str, Any]:
    if since is None:
        return {"lead": lead_id, "since": None, "now": None}
    return {"lead": lead_id, "since": day_begins(since), "now": clock.now()}


def _times(
    given: list[float | None] | None, closed: list[float | None] | None, ages: list[float] | None
) -> FeedbackTimes:
    def pairs(days: list[float | None] | None) -> tuple[tuple[float, bool], ...]:
        waited = zip(days or (), ages or (), strict=True)
        return tuple((age if d is None else max(d, 0.0), d is not None) for d, age in waited)

    return FeedbackTimes(pairs(given), pairs(closed))


def _days_of(when: str) -> str:
    days = f"(extract(epoch FROM {when} - c.at) / 86400.0)::float8"
    return f"array_agg({days} ORDER BY c.id) FILTER (WHERE c.at >= %(since)s::timestamptz AND c.at <= %(now)s::timestamptz)"


# Given another way, it is closed without having been shared.
_TIMES = f"""{_days_of("least(c.feedback_shared_at, c.feedback_closed_at)")},
       {_days_of("c.feedback_closed_at")}, {_days_of("%(now)s::timestamptz")}"""
_VISITS = f"""
FROM support_contact c
WHERE c.kind = 'visit' AND c.visit_id IS NOT NULL AND (%(lead)s::bigint IS NULL OR c.lead_id = %(lead)s) AND {_DOSE}
"""
_OWN_TIMES = f"SELECT {_TIMES} {_VISITS}"
_WAITING = f"""
SELECT c.organization_id,
       count(*) FILTER (WHERE c.feedback_closed_at IS NULL AND c.feedback_shared_at IS NULL),
       count(*) FILTER (WHERE c.feedback_closed_at IS NULL AND c.feedback_shared_at IS NOT NULL),
       min(c.at) FILTER (WHERE c.feedback_closed_at IS NULL AND c.feedback_shared_at IS NULL),
       {_TIMES}
{_VISITS}
  AND (c.feedback_closed_at IS NULL OR c.at >= %(since)s::timestamptz) AND c.organization_id = ANY (%(schools)s)
GROUP BY c.organization_id
"""


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


def minutes_of_leads(
    scope: Scope,
    school_ids: Collection[int],
    lead_ids: Collection[int],
    since: date,
    until: date,
    *,
    present: bool = False,
) -> list[tuple[int, date, int, int]]:
    """Contacts of these people with these schools, from a day to a day: school, day, minutes, lead. All purposes whose dose is
    open to the person who asks. `present`: every contact at which they were, whoever led it, with their own minutes."""
    rows = fetch(
        _OF_PRESENT if present else _OF_LEADS,
        schools=list(school_ids),
        leads=list(lead_ids),
        since=day_begins(since),
        until=day_begins(until + timedelta(days=1)),
        **_asking(scope),
    )
    return [(int(school), timezone.localdate(at), int(minutes), int(lead)) for school, at, minutes, lead in rows]


_OF_LEADS = f"""
SELECT c.organization_id, c.at, c.minutes, c.lead_id FROM support_contact c
WHERE c.organization_id = ANY (%(schools)s) AND c.lead_id = ANY (%(leads)s)
  AND c.at >= %(since)s AND c.at < %(until)s AND {_DOSE}
ORDER BY c.at, c.id
"""  # noqa: S608  (our own constants)


_OF_PRESENT = f"""
SELECT organization_id, at, minutes, who FROM (
    SELECT c.id, c.organization_id, c.at, c.minutes, c.lead_id AS who FROM support_contact c
    WHERE c.organization_id = ANY (%(schools)s) AND c.lead_id = ANY (%(leads)s)
      AND c.at >= %(since)s AND c.at < %(until)s AND {_DOSE}
    UNION ALL
    SELECT c.contact_id, c.organization_id, c.at, c.minutes, c.person_id FROM support_dose c
    WHERE c.organization_id = ANY (%(schools)s) AND c.person_id = ANY (%(leads)s) AND c.person_id <> c.lead_id
      AND c.at >= %(since)s AND c.at < %(until)s
      AND {_PARTICIPANT}
) found ORDER BY at, id, who
"""  # noqa: S608  (our own constants)


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
    values = {"school": organization_id, "since": day_begins(since)}
    return [PersonDose(*row) for row in fetch(_DOSE_BY_PERSON, **_asking(scope), **values)]


# Of each participant, as `support_dose` tells it; the wall of the dose as in `_DOSE`.
_DOSE_BY_PERSON = f"""
SELECT c.person_id, p.given_name || ' ' || p.family_name, c.purpose, count(*), sum(c.minutes), max(c.at)
FROM support_dose c JOIN roster_person p ON p.id = c.person_id
WHERE c.organization_id = %(school)s AND c.at >= %(since)s AND {_PARTICIPANT}
GROUP BY c.person_id, p.given_name, p.family_name, p.sort_name, c.purpose
ORDER BY p.sort_name, c.person_id, c.purpose
"""  # noqa: S608  (our own words)


def support_dose(scope: Scope, support_ids: Collection[int], month_begins: date) -> dict[int, SupportDose]:
    """Minutes and contacts of each support since the month began, and when the latest was; every asked one answers."""
    values = {"supports": list(support_ids), "month": day_begins(month_begins)}
    found = {pk: SupportDose(*dose) for pk, *dose in fetch(_SUPPORT_DOSE, **_asking(scope), **values)}
    return {s: found.get(s, SupportDose()) for s in support_ids}


# A contact with several people of one support is one contact of it, as long as the one who was there longest.
_SUPPORT_DOSE = f"""
SELECT d.support_id, coalesce(sum(d.minutes) FILTER (WHERE d.at >= %(month)s), 0), count(*) FILTER (WHERE d.at >= %(month)s),
       max(d.at), max(d.at) FILTER (WHERE d.kind = 'visit')
FROM (SELECT c.support_id, c.contact_id, c.kind, c.at, max(c.minutes) AS minutes FROM support_dose c
      WHERE c.support_id = ANY (%(supports)s) AND {_PARTICIPANT} GROUP BY 1, 2, 3, 4) d
GROUP BY d.support_id
"""  # noqa: S608  (our own words)


@dataclass(frozen=True, slots=True)
class Running:
    """Supports of one kind that one person leads at a school: how many, and this month's minutes beside the plan."""

    kind: str
    purpose: str
    lead: str
    goal: str  # of the only one
    supports: int
    minutes: int
    planned: int
    without_contact: int

    @property
    def kind_label(self) -> str:
        return str(dict(Support.Kind.choices).get(self.kind, self.kind))

    @property
    def purpose_label(self) -> str:
        return purpose_words(self.purpose).label


_RUNNING = f"""
SELECT s.kind, s.purpose, p.given_name || ' ' || p.family_name, CASE WHEN count(*) = 1 THEN min(s.goal) ELSE '' END,
       count(*), sum(coalesce(d.minutes, 0))::integer, sum(s.planned_minutes_per_month)::integer,
       count(*) FILTER (WHERE d.minutes IS NULL)
FROM support_support s JOIN roster_person p ON p.id = s.lead_id
LEFT JOIN LATERAL (
    SELECT sum(t.minutes) AS minutes FROM (
        SELECT max(c.minutes) AS minutes FROM support_dose c
        WHERE c.support_id = s.id AND c.at >= %(month)s AND {_PARTICIPANT} GROUP BY c.contact_id
    ) t
) d ON true
WHERE s.organization_id = %(school)s AND s.begins <= %(on)s AND (s.ends IS NULL OR s.ends >= %(on)s)
  AND (s.lead_id = %(person)s OR %(dose)s::jsonb ? (s.purpose || '@' || s.organization_id))
GROUP BY s.kind, s.purpose, s.lead_id, p.given_name, p.family_name, p.sort_name
ORDER BY s.kind, p.sort_name, s.lead_id
"""  # noqa: S608  (our own words)


def running_at(scope: Scope, organization_id: int, on: date) -> list[Running]:
    """What support runs at a school, by kind and lead: its dose of this month beside what is planned."""
    values = {"school": organization_id, "on": on, "month": day_begins(on.replace(day=1))}
    return [Running(*row) for row in fetch(_RUNNING, **_asking(scope), **values)]


def promise(scope: Scope, promise_id: int) -> Promise | None:
    """A promise that the person made or that was made to them, with its words."""
    return (
        Promise.objects.filter(Q(owner_id=scope.person_id) | Q(made_to_id=scope.person_id), pk=promise_id)
        .select_related("words", "owner", "made_to", "contact", "organization")
        .first()
    )


def visited_pairs(scope: Scope, purpose: str, since: date) -> list[tuple[int, int, int]]:
    """Who has visited whom at which school for a purpose since a day, once each: dose, in the person's organizations."""
    pairs = rls.pairs(scope, "dose")
    return [
        (lead, person, school) for lead, person, school in fetch(_VISITED, purpose=purpose, since=since, dose=pairs)
    ]


_VISITED = """
SELECT c.lead_id, c.with_person_id, max(c.organization_id) FROM support_contact c
WHERE c.kind = 'visit' AND c.purpose = %(purpose)s AND c.at >= %(since)s AND c.with_person_id IS NOT NULL
  AND %(dose)s::jsonb ? (c.purpose || '@' || c.organization_id)
GROUP BY c.lead_id, c.with_person_id ORDER BY c.lead_id, c.with_person_id
"""
