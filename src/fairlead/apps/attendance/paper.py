"""A roll that was taken on paper and is typed in later by the office. Received is when it was typed in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.formats import time_format
from django.utils.translation import gettext as _

from fairlead import clock
from fairlead.apps.access.scope import Scope
from fairlead.apps.attendance.models import Roll
from fairlead.apps.attendance.services import (
    AttendanceError,
    NotThere,
    Receipt,
    Way,
    at_office,
    check_roll,
    write_roll,
)
from fairlead.apps.roster import selectors as roster

LATEST_ENTRY = timedelta(days=21)  # a paper roll that is older is a matter of records, not of the morning


@transaction.atomic
def type_in(scope: Scope, roll_id: int, marks: Mapping[int, str], taken: time | None = None) -> Receipt:
    """Type a paper roll in: a mark for everyone. After the teacher's own submission it is an amendment, as any second.

    `taken` is the time of day written on the paper, if there is one.
    """
    roll = Roll.objects.select_for_update(of=("self",)).filter(pk=roll_id, organization_id__in=scope.org_ids).first()
    if roll is None or not at_office(scope, roll.organization_id):
        raise NotThere(_("There is no such roll."))
    now = clock.now()
    if roll.date < now.date() - LATEST_ENTRY:
        raise AttendanceError(
            _("A paper roll can be typed in for %(days)s days. This one is of %(date)s.")
            % {"days": LATEST_ENTRY.days, "date": roll.date.isoformat()}
        )
    check_roll(scope, roll, marks)
    taken_at = None
    if taken is not None:
        zone = ZoneInfo(roster.organization(roll.organization_id).time_zone)
        taken_at = datetime.combine(roll.date, taken, tzinfo=zone)
        if taken_at > now:
            raise AttendanceError(
                _("The roll cannot have been taken at %(got)s: it is %(now)s now.")
                % {"got": time_format(taken, "TIME_FORMAT"), "now": time_format(now.astimezone(zone), "TIME_FORMAT")}
            )
    return write_roll(scope, roll, marks, Way(Roll.Source.PAPER, taken_at=taken_at))
