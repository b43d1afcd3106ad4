"""Changing what is expected: a school's deadline, a day that is closed, begins late or is added; open rolls follow.

Which rolls are expected is said by the SQL function `attendance_expected` alone: a section's meetings, by the school's
mode, on a day on which the school meets, with somebody enrolled. Here its answer is laid beside the rolls that are
there. Rolls that have come are never touched, nor is a deadline that has been promised for today.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fairlead import clock
from fairlead.apps.access.scope import Scope
from fairlead.apps.attendance.models import Reminder, Roll, SubstituteLink
from fairlead.apps.attendance.services import AttendanceError, NotThere, at_office, ensure_rolls
from fairlead.apps.roster import selectors as roster
from fairlead.apps.roster import timetables

NETWORK, CLOSED, EXTRA = "network", "closed", "extra"
LATEST = 360  # a day begins at most six hours late
EARLIEST_DUE, LAST_DUE = time(6), time(18)
MOST_MINUTES = 120


@dataclass(frozen=True, slots=True)
class Change:
    """What a change did to rolls that were open already."""

    opened: int
    withdrawn: int
    moved: int


def _office_of(scope: Scope, school_id: int) -> int:
    """The network above a school whose calendar this person may change."""
    if not at_office(scope, school_id):
        raise NotThere(_("There is no such school."))
    return int(roster.network_of(school_id).pk)


@transaction.atomic
def change_deadline(scope: Scope, school_id: int, *, due_at: time | None = None, minutes: int | None = None) -> bool:
    """Set by when rolls are due, from the next day on: a promise made for today is not moved. False: nothing new."""
    _office_of(scope, school_id)
    if due_at is not None and not EARLIEST_DUE <= due_at <= LAST_DUE:
        raise AttendanceError(
            _("Rolls can be due between 6:00 and 18:00, not at %(got)s.") % {"got": f"{due_at:%H:%M}"}
        )
    if minutes is not None and not 0 <= minutes <= MOST_MINUTES:
        raise AttendanceError(
            _("A roll can be due 0 to %(most)s minutes after its period begins, not %(got)s.")
            % {"most": MOST_MINUTES, "got": minutes}
        )
    return timetables.write_deadline(scope, school_id, due_at=due_at, minutes=minutes)


@transaction.atomic
def change_day(
    scope: Scope,
    school_id: int,
    day: date,
    kind: str,
    *,
    late_minutes: int = 0,
    schedule_id: int | None = None,
    note: str = "",
) -> Change:
    """Say what is different on a day, today or later: closed, an extra day, late, other bells; or as in the network."""
    network = _office_of(scope, school_id)
    if day < clock.today():
        raise AttendanceError(_("%(day)s has passed: its calendar stays as it was.") % {"day": day.isoformat()})
    if kind not in (NETWORK, CLOSED, EXTRA):
        raise AttendanceError(_("A day is as in the network, closed, or an extra school day."))
    if not 0 <= late_minutes <= LATEST:
        raise AttendanceError(
            _("A day can begin 0 to %(most)s minutes late, not %(got)s.") % {"most": LATEST, "got": late_minutes}
        )
    if schedule_id is not None and schedule_id not in dict(timetables.schedules(scope, school_id)):
        raise AttendanceError(_("This school has no such bell schedule."))
    if len(note) > 120:
        raise AttendanceError(_("A note has at most %(most)s characters.") % {"most": 120})
    if roster.session_on(network, day) is None:
        raise AttendanceError(_("No school year holds %(day)s.") % {"day": day.isoformat()})
    meets = bool(roster.school_days(network, day, day))
    if kind == EXTRA and meets:
        raise AttendanceError(_("%(day)s is a school day of the network already.") % {"day": day.isoformat()})
    if kind == NETWORK and not meets and (late_minutes or schedule_id):
        raise AttendanceError(
            _("%(day)s is no school day of the network. Choose “extra school day”.") % {"day": day.isoformat()}
        )
    if kind == CLOSED:
        _refuse_with_rolls(scope, school_id, day)
        late_minutes, schedule_id = 0, None
    timetables.write_day(
        scope, school_id, day, kind=kind, late_minutes=late_minutes, schedule_id=schedule_id, note=note.strip()
    )
    return renew(scope, school_id, network, day)


def _refuse_with_rolls(scope: Scope, school_id: int, day: date) -> None:
    come = Roll.objects.filter(
        organization_id=school_id, organization__in=scope.org_ids, date=day, submitted_at__isnull=False
    ).count()
    if come:
        raise AttendanceError(
            ngettext(
                "%(n)s roll of this day has come: it was a school day. It cannot be closed any more.",
                "%(n)s rolls of this day have come: it was a school day. It cannot be closed any more.",
                come,
            )
            % {"n": come}
        )


_UNEXPECTED = """
SELECT r.id FROM attendance_roll r
WHERE r.organization_id = %(school)s AND %(school)s = ANY (%(orgs)s) AND r.date = %(day)s
  AND r.submitted_at IS NULL AND NOT EXISTS (SELECT FROM attendance_arrival a WHERE a.roll_id = r.id)
  AND NOT EXISTS (
      SELECT FROM attendance_expected(%(network)s, %(day)s) x
      WHERE x.section_id = r.section_id AND x.period_id IS NOT DISTINCT FROM r.period_id
  )
"""
_MOVE = """
UPDATE attendance_roll r SET due_at = x.due_at
FROM attendance_expected(%(network)s, %(day)s) x
WHERE r.organization_id = %(school)s AND %(school)s = ANY (%(orgs)s) AND r.date = %(day)s
  AND r.submitted_at IS NULL AND x.section_id = r.section_id AND x.period_id IS NOT DISTINCT FROM r.period_id
  AND x.due_at <> r.due_at
"""


def renew(scope: Scope, school_id: int, network_id: int, day: date) -> Change:
    """Bring a school's rolls of a day that is open already into line with what is expected now."""
    rows = Roll.objects.filter(organization_id=school_id, organization__in=scope.org_ids, date=day)
    if day > clock.today() and not rows.exists():
        return Change(0, 0, 0)  # opened in its own time
    values: dict[str, Any] = {"school": school_id, "network": network_id, "day": day, "orgs": sorted(scope.org_ids)}
    with connection.cursor() as cursor:
        cursor.execute(_UNEXPECTED, values)
        unexpected = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(_MOVE, values)
        moved = cursor.rowcount
    _withdraw(unexpected)
    return Change(ensure_rolls(network_id, day), len(unexpected), moved)


def _withdraw(roll_ids: list[int]) -> None:
    """Take rolls back, with what was asked about them; the history keeps them.

    Not by the model: it would look for what devices have sent, which nobody may delete (such a roll is not withdrawn).
    """
    Reminder.objects.filter(roll_id__in=roll_ids).delete()
    SubstituteLink.objects.filter(roll_id__in=roll_ids).delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM attendance_roll WHERE id = ANY (%s)", [roll_ids])
