"""Changing how a school takes attendance: the way and from when, which days are A and which B, when bells ring.

All of it holds from a day on that has no roll yet. A day that has rolls keeps the way in which they were asked for: else
a morning half done would have rolls that nobody expects any more.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.db import connection, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from fairlead import clock
from fairlead.apps.access.scope import Scope
from fairlead.apps.attendance.models import Roll
from fairlead.apps.attendance.services import AttendanceError, NotThere, at_office
from fairlead.apps.roster import selectors as roster
from fairlead.apps.roster import timetables

MODES = ("day", "homeroom", "period")
LONGEST = timedelta(days=370)
MOST_KINDS, LONGEST_KIND = 8, 10


def earliest(scope: Scope, school_id: int) -> date:
    """The first day that no roll stands in the way of: tomorrow, or the day after the last that has rolls."""
    rolls = Roll.objects.filter(organization_id=school_id, organization__in=scope.org_ids, date__gte=clock.today())
    last = rolls.order_by("-date").values_list("date", flat=True).first()
    return (last or clock.today()) + timedelta(days=1)


@transaction.atomic
def change_mode(scope: Scope, school_id: int, mode: str, begins: date) -> bool:
    """Take attendance this way from a day on. False: it is that way already."""
    network = _network_of(scope, school_id)
    if mode not in MODES:
        raise AttendanceError(_("Attendance is taken once a day, in the homeroom's period, or every period."))
    _refuse_days_with_rolls(scope, school_id, begins)
    session = roster.session_on(network, begins)
    if session is None:
        raise AttendanceError(_("No school year holds %(day)s.") % {"day": begins.isoformat()})
    if not timetables.write_mode(scope, school_id, begins, mode):
        return False
    days = timetables.calendar(scope, school_id, network, begins, session.ends)
    first = next((day.date for day in days if day.meets), None)
    if first is not None and mode != "day" and not _expects(network, school_id, first):
        raise AttendanceError(
            _(
                "On %(day)s no class of this school would have a roll: no class meets in a period that rings then. "
                "Bring periods, bells and who meets when with the roster first, and say below on which weekdays the "
                "bells ring. Nothing was changed."
            )
            % {"day": date_format(first)}
        )
    return True


@transaction.atomic
def change_kinds(scope: Scope, school_id: int, first: date, last: date, kinds: list[str]) -> int:
    """Give the school's days of school their kinds in turn (A, B, A, B …); none takes them away. How many changed."""
    network = _network_of(scope, school_id)
    if last < first or last - first > LONGEST:
        raise AttendanceError(_("The last day is the first or a later one, within a year."))
    if len(kinds) > MOST_KINDS or any(not kind.isalnum() or len(kind) > LONGEST_KIND for kind in kinds):
        raise AttendanceError(
            _("Write up to %(most)s kinds of day with letters and digits, such as A, B.") % {"most": MOST_KINDS}
        )
    _refuse_days_with_rolls(scope, school_id, first)
    days = [d.date for d in timetables.calendar(scope, school_id, network, first, last) if d.meets]
    if not days:
        raise AttendanceError(_("The school does not meet on any of these days. Nothing was changed."))
    turn = {day: kinds[i % len(kinds)] if kinds else "" for i, day in enumerate(days)}
    return timetables.write_day_types(scope, school_id, turn)


@transaction.atomic
def change_weekdays(scope: Scope, school_id: int, chosen: dict[int, list[int]]) -> int:
    """Say on which weekdays each bell schedule rings. Today keeps its bells if it has rolls. How many changed."""
    network, today = _network_of(scope, school_id), clock.today()
    own = timetables.weekdays(scope, school_id)
    if set(chosen) - set(own):
        raise AttendanceError(_("This school has no such bell schedule."))
    after = own | chosen
    rings = [weekday for weekdays in after.values() for weekday in weekdays]
    if any(weekday not in range(1, 8) for weekday in rings) or len(rings) != len(set(rings)):
        raise AttendanceError(_("On one weekday one schedule rings. Take the weekday from the other one first."))
    if earliest(scope, school_id) > today + timedelta(days=1) or _has_rolls(scope, school_id, today):
        for day in timetables.calendar(scope, school_id, network, today, earliest(scope, school_id)):
            if _has_rolls(scope, school_id, day.date) and day.schedule_id:
                timetables.write_day(scope, school_id, day.date, schedule_id=day.schedule_id)
    return timetables.write_weekdays(scope, school_id, chosen)


def _network_of(scope: Scope, school_id: int) -> int:
    if not at_office(scope, school_id):
        raise NotThere(_("There is no such school."))
    return int(roster.network_of(school_id).pk)


def _has_rolls(scope: Scope, school_id: int, day: date) -> bool:
    return Roll.objects.filter(organization_id=school_id, organization__in=scope.org_ids, date=day).exists()


def _refuse_days_with_rolls(scope: Scope, school_id: int, begins: date) -> None:
    """What, where, next: a day that has rolls, or has passed, keeps the way in which they were taken."""
    free = earliest(scope, school_id)
    if begins >= free:
        return
    if begins < clock.today():
        what = _("%(day)s has passed, and keeps the way in which its rolls were taken.")
    elif _has_rolls(scope, school_id, begins):
        what = _("%(day)s has rolls already, and keeps the way in which they were asked for.")
    else:
        what = _("A day from %(day)s on has rolls already, and keeps the way in which they were asked for.")
    then = _("Choose %(free)s or a later day. Nothing was changed.")
    raise AttendanceError(f"{what % {'day': date_format(begins)}} {then % {'free': date_format(free)}}")


def _expects(network: int, school_id: int, day: date) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM attendance_expected(%s, %s) x WHERE x.organization_id = %s)",
            [network, day, school_id],
        )
        row = cursor.fetchone()
    return bool(row and row[0])
