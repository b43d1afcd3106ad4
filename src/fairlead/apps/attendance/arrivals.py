"""Rolls that a device took, perhaps without a network: each counts once, in whatever order and how often it comes.

Two rules make the order of arrival irrelevant among takings of one roll: an event is known by the id that its device
gave it, and of two events the later *taken* stands (of two taken at the same moment, the one with the greater id).
An earlier one that comes late changes nothing; it is kept, and the office sees it. What the office has typed in from
paper meanwhile is amended by an event as by any second submission: history keeps it, the office sees it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from psycopg.types.json import Jsonb

from fairlead import clock
from fairlead.apps.access.asking import change, fetch, find
from fairlead.apps.access.scope import Scope
from fairlead.apps.attendance import services
from fairlead.apps.attendance.models import Arrival, Roll
from fairlead.apps.attendance.services import AttendanceError, Way

# A device's clock that is off by less than this is right enough.
TOLERANCE = timedelta(minutes=2)
STOOD = (Arrival.Outcome.APPLIED, Arrival.Outcome.AMENDED, Arrival.Outcome.DUPLICATE)


class OtherPerson(AttendanceError):
    """What one person took is never taken in under another's name."""


class IdUsed(AttendanceError):
    """Two different events claim the same id."""


@dataclass(frozen=True, slots=True)
class Event:
    """A roll as it was taken on a device. `claimed_at` and `sent_at` are what the device's own clock said."""

    id: UUID
    person_id: int
    device: UUID
    roll_id: int
    claimed_at: datetime
    sent_at: datetime
    marks: Mapping[int, str]


@transaction.atomic
def receive(scope: Scope, event: Event, *, clocks_agree: bool = True) -> Arrival:
    """Take in an event; the same event again gives the first answer again.

    `clocks_agree` is False where this server's own clock is not meant to be the devices' (the demo's stands still):
    then a difference is corrected all the same, but is nobody's fault.
    """
    if event.person_id != scope.person_id:
        raise OtherPerson(
            _("Somebody else took this roll. It stays on this device until that person signs in."), "other_person"
        )
    roll = services.lock_own_roll(scope, event.roll_id)
    offset = clock.now() - event.sent_at
    return _arrive(scope, roll, event, offset, clock_off=clocks_agree and abs(offset) > TOLERANCE)


@transaction.atomic
def load(scope: Scope, event: Event) -> Arrival:
    """Take in an event that its device could not send: the office loads it from the file that the teacher exported.

    It is the same event: sent later by the device itself it changes nothing. By whom it was loaded is kept, on the roll
    too. When it was sent nobody knows, so its own clock is believed, but never into the future.
    """
    rolls = Roll.objects.select_for_update(of=("self",)).filter(
        pk=event.roll_id, organization_id__in=scope.org_ids, section__teacher_id=event.person_id
    )
    roll = rolls.first()
    if roll is None or not services.at_office(scope, roll.organization_id):
        raise services.NotThere(_("There is no such roll of this teacher at your school."))
    return _arrive(scope, roll, event, timedelta(0), clock_off=False, loaded_by=scope.person_id)


def _arrive(
    scope: Scope, roll: Roll, event: Event, offset: timedelta, *, clock_off: bool, loaded_by: int | None = None
) -> Arrival:
    payload = {str(student): event.marks[student] for student in sorted(event.marks)}
    came = find(Arrival, "WHERE t.roll_id = %(roll)s", roll=roll.pk)
    before = next((arrival for arrival in came if arrival.pk == event.id), None)
    if before is not None:
        # What was kept of it may be less: the marks of somebody who has been erased since.
        if before.person_id != event.person_id or not before.payload.items() <= payload.items():
            raise _id_used()
        return before
    now = clock.now()
    taken_at = event.claimed_at + offset
    arrival = Arrival(
        id=event.id,
        organization_id=roll.organization_id,
        roll=roll,
        person_id=event.person_id,
        loaded_by_id=loaded_by,
        device=event.device,
        claimed_at=event.claimed_at,
        clock_offset=round(offset.total_seconds()),
        clock_off=clock_off or taken_at > now + TOLERANCE,
        taken_at=min(taken_at, now),
        received_at=now,
        payload=payload,
        changed=0,
    )
    _decide(scope, roll, came, arrival, event.marks)
    if not _keep(arrival):
        raise _id_used()
    return arrival


def _id_used() -> IdUsed:
    return IdUsed(_("Another roll has come under the same number. Take the roll again."), "id_used")


def _keep(arrival: Arrival) -> bool:
    """Insert it; False when an event of this id is there already, of another roll and perhaps behind a wall."""
    values = {name: getattr(arrival, name) for name in _FIELDS}
    return bool(change(_KEEP, **values | {"payload": Jsonb(arrival.payload)}))


_FIELDS = [str(field.column) for field in Arrival._meta.concrete_fields]
_KEEP = (
    f"INSERT INTO attendance_arrival ({', '.join(_FIELDS)}) "  # noqa: S608  (our own words)
    f"VALUES ({', '.join(f'%({name})s' for name in _FIELDS)}) ON CONFLICT (id) DO NOTHING"
)


def _decide(scope: Scope, roll: Roll, came: list[Arrival], arrival: Arrival, marks: Mapping[int, str]) -> None:
    """Write the marks, or say why not."""
    try:  # first, so that a refusal does not depend on what else has come
        services.check_roll(scope, roll, marks)
    except AttendanceError as error:
        arrival.outcome, arrival.reason = Arrival.Outcome.REFUSED, Arrival.Reason(error.code)
        return
    stands = _standing(roll, came)
    if stands is not None and (arrival.taken_at, arrival.pk) < stands:
        arrival.outcome = Arrival.Outcome.SUPERSEDED
        arrival.changed = _differing(roll, marks)
        return
    source = Roll.Source.DESK if arrival.loaded_by_id is None else Roll.Source.FILE
    way = Way(source, taken_at=arrival.taken_at if arrival.waited else None)
    receipt = services.write_roll(scope, roll, marks, way)
    # One moment for both: by it the event is known again as what was written last.
    arrival.received_at, arrival.changed = receipt.at, receipt.changed
    if not receipt.amended:
        arrival.outcome = Arrival.Outcome.APPLIED
    else:
        arrival.outcome = Arrival.Outcome.AMENDED if receipt.changed else Arrival.Outcome.DUPLICATE


def _standing(roll: Roll, came: list[Arrival]) -> tuple[datetime, UUID] | None:
    """When what stands on the roll was taken; None when nothing stands, or paper."""
    if roll.submitted_at is None or roll.submitted_at > clock.now():
        return None
    last_at, source = roll.submitted_at, roll.source
    if roll.amended_at is not None:
        last_at, source = roll.amended_at, roll.amended_source
    stood = [arrival for arrival in came if arrival.outcome in STOOD]
    if any(arrival.received_at >= last_at for arrival in stood):
        return max((arrival.taken_at, arrival.pk) for arrival in stood)
    # A form sent without this machinery was taken when it came. Paper was typed in later than it was taken.
    return None if source == Roll.Source.PAPER else (last_at, UUID(int=0))


def _differing(roll: Roll, marks: Mapping[int, str]) -> int:
    standing = dict(roll.marks.values_list("student_id", "status"))
    return sum(standing.get(student) != status for student, status in marks.items())


@dataclass(frozen=True, slots=True)
class Notice:
    """What the office should know of a roll that came another way than once and in time."""

    section: str
    person: str
    outcome: str
    reason: str
    taken_at: datetime
    received_at: datetime
    changed: int
    clock_off: bool
    clock_minutes: int
    loaded_by: str

    @property
    def why(self) -> str:
        """The reason of a refusal, in words."""
        return str(Arrival.Reason(self.reason).label) if self.reason else ""


_NOTICES = """
SELECT s.name, coalesce(p.given_name || ' ' || p.family_name, ''), a.outcome, a.reason, a.taken_at, a.received_at,
       a.changed, a.clock_off, round(abs(a.clock_offset) / 60.0)::integer,
       coalesce(l.given_name || ' ' || l.family_name, '')
FROM attendance_roll r
JOIN attendance_arrival a ON a.roll_id = r.id
JOIN roster_section s ON s.id = r.section_id
LEFT JOIN roster_person p ON p.id = a.person_id
LEFT JOIN roster_person l ON l.id = a.loaded_by_id
WHERE r.organization_id = %(organization)s AND r.date = %(day)s AND %(organization)s = ANY (%(orgs)s)
  AND a.received_at <= %(now)s AND (a.clock_off OR a.outcome IN ('amended', 'superseded', 'refused'))
ORDER BY a.received_at DESC, s.name
"""


def notices(scope: Scope, organization_id: int, now: datetime) -> list[Notice]:
    """Rolls of the day that amended another, came after a later one, were refused, or had a wrong clock."""
    values = {"organization": organization_id, "orgs": sorted(scope.org_ids), "day": now.date(), "now": now}
    return [Notice(*row) for row in fetch(_NOTICES, **values)]


def last_taking(scope: Scope, roll_id: int) -> Arrival | None:
    """The taking that stands on one's own roll, for its receipt."""
    rows = Arrival.objects.filter(roll_id=roll_id, person_id=scope.person_id, outcome__in=STOOD)
    return rows.order_by("-taken_at", "-id").first()
