"""A school's calendar, bells and deadlines: reading them, and writing what an office may change.

What they mean for rolls is said once, by the SQL function `attendance_expected`; who changes them does it through
`fairlead.apps.attendance.expectation`, which also brings open rolls into line.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from fairlead import clock
from fairlead.apps.access.scope import Scope
from fairlead.apps.roster.models import BellSchedule, CalendarDay, Organization, RollMode, RollPolicy


@dataclass(frozen=True, slots=True)
class Policy:
    """How a school takes attendance, and by when."""

    mode: str
    due_at: time
    due_minutes: int
    absent_share: float

    @property
    def by_period(self) -> bool:
        return self.mode != RollPolicy.Mode.DAY


@dataclass(frozen=True, slots=True)
class Day:
    """One date of a school's calendar: whether it meets, by which bells, what is different."""

    date: date
    meets: bool
    kind: str
    schedule_id: int | None
    schedule: str
    late_minutes: int
    day_type: str
    note: str

    @property
    def usual(self) -> bool:
        return self.kind == CalendarDay.Kind.NETWORK and not self.late_minutes and not self.note


@dataclass(frozen=True, slots=True)
class Bell:
    """One period of a day, at the times at which it really begins and ends."""

    period: str
    begins: time
    ends: time


def policy(scope: Scope, organization_id: int, day: date | None = None) -> Policy:
    """How one school takes attendance on a day, today; without rows of its own, once a day by the organization's hour."""
    own = RollPolicy.objects.filter(organization_id=organization_id, organization__in=scope.org_ids).first()
    usual = Organization.objects.values_list("roll_due", flat=True).get(pk=organization_id)
    found = own or RollPolicy(organization_id=organization_id)
    changed = _modes(scope, organization_id).filter(begins__lte=day or clock.today()).first()
    return Policy(
        mode=str(changed.mode if changed else found.mode),
        due_at=found.due_at or usual,
        due_minutes=found.due_minutes,
        absent_share=float(found.absent_share),
    )


def _modes(scope: Scope, school_id: int) -> QuerySet[RollMode]:
    return RollMode.objects.filter(organization_id=school_id, organization__in=scope.org_ids).order_by("-begins")


def modes(scope: Scope, school_id: int) -> list[tuple[date, str]]:
    """From which day on the school takes attendance in which way, the latest first."""
    return list(_modes(scope, school_id).values_list("begins", "mode"))


def write_mode(scope: Scope, school_id: int, begins: date, mode: str) -> bool:
    """From a day on attendance is taken this way; a row that says what held before is taken away. False: nothing new."""
    if policy(scope, school_id, begins).mode == mode:
        return False
    own = _modes(scope, school_id).filter(begins=begins).first()
    if policy(scope, school_id, begins - timedelta(days=1)).mode == mode and own:
        own.delete()
        return True
    own = own or RollMode(organization_id=school_id, begins=begins)
    own.mode = mode
    own.save()
    return True


_DAYS = """
SELECT x.date, CASE coalesce(c.kind, 'network') WHEN 'closed' THEN false WHEN 'extra' THEN true ELSE n.date IS NOT NULL END,
       coalesce(c.kind, 'network'), b.id, coalesce(b.name, ''), coalesce(c.late_minutes, 0), coalesce(c.day_type, ''),
       coalesce(c.note, '')
FROM (
    SELECT date FROM roster_schoolday WHERE organization_id = %(network)s AND date BETWEEN %(first)s AND %(last)s
    UNION
    SELECT date FROM roster_calendarday WHERE organization_id = %(school)s AND date BETWEEN %(first)s AND %(last)s
) x
LEFT JOIN roster_schoolday n ON n.organization_id = %(network)s AND n.date = x.date
LEFT JOIN roster_calendarday c
       ON c.organization_id = %(school)s AND c.date = x.date AND c.organization_id = ANY (%(orgs)s)
LEFT JOIN LATERAL (
    SELECT s.id, s.name FROM roster_bellschedule s
    WHERE s.organization_id = %(school)s AND %(school)s = ANY (%(orgs)s)
      AND (s.id = c.schedule_id OR (c.schedule_id IS NULL AND extract(isodow FROM x.date)::smallint = ANY (s.weekdays)))
    ORDER BY s.id LIMIT 1
) b ON true
ORDER BY x.date
"""


def calendar(scope: Scope, school_id: int, network_id: int, first: date, last: date) -> list[Day]:
    """The school days of the network and whatever a school has of its own, from `first` to `last`."""
    values: dict[str, Any] = {"school": school_id, "network": network_id, "first": first, "last": last}
    with connection.cursor() as cursor:
        cursor.execute(_DAYS, values | {"orgs": sorted(scope.org_ids)})
        return [Day(*row) for row in cursor.fetchall()]


def schedules(scope: Scope, school_id: int) -> list[tuple[int, str]]:
    """A school's bell schedules by name."""
    rows = BellSchedule.objects.filter(organization_id=school_id, organization__in=scope.org_ids)
    return list(rows.order_by("name").values_list("id", "name"))


def bells(scope: Scope, school_id: int, schedule_id: int | None, late_minutes: int = 0) -> list[Bell]:
    """When the periods of a schedule begin and end, on a day that begins late."""
    found = BellSchedule.objects.filter(
        pk__in=[] if schedule_id is None else [schedule_id], organization_id=school_id, organization__in=scope.org_ids
    ).first()
    if found is None:
        return []
    rows = found.times.order_by("begins").values_list("period__name", "begins", "ends")
    return [Bell(name, _later(begins, late_minutes), _later(ends, late_minutes)) for name, begins, ends in rows]


def _later(at: time, minutes: int) -> time:
    return (datetime.combine(date.min, at) + timedelta(minutes=minutes)).time()


def day_own(scope: Scope, school_id: int, day: date) -> CalendarDay | None:
    """What a school's own calendar says of a date, if anything."""
    return CalendarDay.objects.filter(organization_id=school_id, organization__in=scope.org_ids, date=day).first()


def write_day(scope: Scope, school_id: int, day: date, **values: Any) -> CalendarDay | None:
    """Write what is different on a date; a row that says nothing is taken away."""
    own = day_own(scope, school_id, day) or CalendarDay(organization_id=school_id, date=day)
    before = (own.kind, own.schedule_id, own.late_minutes, own.note, own.day_type)
    for name, value in values.items():
        setattr(own, name, value)
    if own.pk and before == (own.kind, own.schedule_id, own.late_minutes, own.note, own.day_type):
        return own
    says = own.kind != CalendarDay.Kind.NETWORK or own.schedule_id or own.late_minutes or own.note or own.day_type
    if says:
        own.save()
        return own
    if own.pk:
        own.delete()
    return None


def write_day_types(scope: Scope, school_id: int, kinds: dict[date, str]) -> int:
    """Write of what kind each of these days is; how many days changed. A row that then says nothing is taken away."""
    own = CalendarDay.objects.filter(organization_id=school_id, organization__in=scope.org_ids, date__in=kinds)
    there = {row.date: row for row in own}
    changed = [row for day, row in there.items() if row.day_type != kinds[day]]
    for row in changed:
        row.day_type = kinds[row.date]
    fresh = [
        CalendarDay(organization_id=school_id, date=day, day_type=kind)
        for day, kind in kinds.items()
        if kind and day not in there
    ]
    CalendarDay.objects.bulk_update(changed, ["day_type"])
    CalendarDay.objects.bulk_create(fresh)
    own.filter(kind=CalendarDay.Kind.NETWORK, schedule=None, late_minutes=0, day_type="", note="").delete()
    return len(changed) + len(fresh)


def weekdays(scope: Scope, school_id: int) -> dict[int, list[int]]:
    """On which weekdays each of a school's bell schedules rings (1 is Monday)."""
    rows = BellSchedule.objects.filter(organization_id=school_id, organization__in=scope.org_ids)
    return dict(rows.values_list("id", "weekdays"))


def write_weekdays(scope: Scope, school_id: int, chosen: dict[int, list[int]]) -> int:
    """Write on which weekdays schedules ring; how many changed."""
    rows = BellSchedule.objects.filter(organization_id=school_id, organization__in=scope.org_ids, pk__in=chosen)
    changed = [row for row in rows if row.weekdays != chosen[row.pk]]
    for row in changed:
        row.weekdays = chosen[row.pk]
    BellSchedule.objects.bulk_update(changed, ["weekdays"])
    return len(changed)


def write_deadline(scope: Scope, school_id: int, *, due_at: time | None = None, minutes: int | None = None) -> bool:
    """Write a school's deadline; False when it says so already."""
    found = RollPolicy.objects.filter(organization_id=school_id, organization__in=scope.org_ids).first()
    own = found or RollPolicy(organization_id=school_id)
    before = (own.due_at, own.due_minutes)
    if due_at is not None:
        own.due_at = due_at
    if minutes is not None:
        own.due_minutes = minutes
    if found is not None and before == (own.due_at, own.due_minutes):
        return False
    own.save()
    return True
