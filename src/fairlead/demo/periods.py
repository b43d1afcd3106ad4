"""One middle school of the invented network takes a roll every period since this week; Wednesdays begin late.

Its classes stay together all day. The marks of the day become marks of the periods, so that every day's status, and
with it every number of the network, stays what it was.
"""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import numpy as np
from django.db import connection

from fairlead.apps.roster.models import BellSchedule, BellTime, Period, RollPolicy, SectionMeeting
from fairlead.demo.world import World

SCHOOL = 3  # Cannery Row Middle School
WEEKDAYS_BEFORE = 4  # Monday to today, a Thursday
PERIODS = ("1", "2", "3", "4", "5", "6")
DUE_MINUTES = 10
USUAL = tuple(time(8 + (i * 55) // 60, (i * 55) % 60) for i in range(6))  # 8:00, 8:55 …
LATE = tuple(time(9 + (i * 45) // 60, (i * 45) % 60) for i in range(6))  # 9:00, 9:45 …
SKIPS = 0.01  # a student who is there all the same misses one period
# Already in at 9:31: period 2 (due at 9:05) but for one class in eight, on days that the class's roll came at all.
LATE_SECOND = 8


def build(world: World, rng: np.random.Generator) -> None:
    """Give the school its bells and meetings, and turn this week's rolls into rolls of periods."""
    if world.schools <= SCHOOL:
        return
    school = int(world.school_ids[SCHOOL])
    _bells(world, school)
    days = world.dates[-WEEKDAYS_BEFORE:]
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_OUT, {"school": school, "days": days})
        for table in ("attendance_attendancemarkevent", "attendance_rollevent"):  # not history: it never was
            cursor.execute(f"DELETE FROM {table} WHERE organization_id = %s", [school])  # noqa: S608
        for day in days:
            cursor.execute("SELECT attendance_open_day(%s, %s)", [world.network_id, day])
        cursor.execute("SELECT id FROM attendance_roll WHERE period_id IS NOT NULL ORDER BY id")
        rolls = [pk for (pk,) in cursor.fetchall()]
        values: dict[str, Any] = {
            "school": school,
            "now": world.moment,
            "rolls": rolls,
            "late": LATE_SECOND,
            "skips": SKIPS,
        }
        values |= {"minutes": rng.normal(-4, 3, len(rolls)).clip(-9, 25).round(1).tolist(), "today": world.today}
        cursor.execute(_SUBMIT, values)
        cursor.execute(_MARK, values)
        for table in ("attendance_attendancemarkevent", "attendance_rollevent"):
            cursor.execute(f"DELETE FROM {table} WHERE organization_id = %s", [school])  # noqa: S608
        cursor.execute("DROP TABLE demo_day")


def _bells(world: World, school: int) -> None:
    RollPolicy.objects.create(organization_id=school, mode=RollPolicy.Mode.PERIOD, due_minutes=DUE_MINUTES)
    periods = Period.objects.bulk_create(
        Period(organization_id=school, name=name, position=i + 1) for i, name in enumerate(PERIODS)
    )
    usual = BellSchedule.objects.create(organization_id=school, name="Regular day", weekdays=[1, 2, 4, 5])
    late = BellSchedule.objects.create(organization_id=school, name="Late start", weekdays=[3])
    for schedule, begins, minutes in ((usual, USUAL, 50), (late, LATE, 40)):
        BellTime.objects.bulk_create(
            BellTime(organization_id=school, schedule=schedule, period=period, begins=at, ends=_after(at, minutes))
            for period, at in zip(periods, begins, strict=True)
        )
    own = world.section_ids[world.section_school == SCHOOL]
    SectionMeeting.objects.bulk_create(
        SectionMeeting(organization_id=school, section_id=int(section), period=period)
        for section in own
        for period in periods
    )


def _after(at: time, minutes: int) -> time:
    total = timedelta(hours=at.hour, minutes=at.minute + minutes)
    return time(total.seconds // 3600, total.seconds // 60 % 60)


# What the day said, kept aside: the class's roll and its marks.
_TAKE_OUT = """
CREATE TEMPORARY TABLE demo_day AS
SELECT r.section_id, r.submitted_by_id, m.*
FROM attendance_roll r JOIN attendance_attendancemark m ON m.roll_id = r.id
WHERE r.organization_id = %(school)s AND r.date = ANY (%(days)s);
DELETE FROM attendance_attendancemark WHERE organization_id = %(school)s AND date = ANY (%(days)s);
DELETE FROM attendance_roll WHERE organization_id = %(school)s AND date = ANY (%(days)s);
"""
_SUBMIT = """
UPDATE attendance_roll r
SET submitted_at = r.due_at + x.minutes * interval '1 minute', submitted_by_id = taken.by_id, source = 'desk'
FROM unnest(%(rolls)s::bigint[], %(minutes)s::float8[]) AS x (id, minutes),
     (SELECT DISTINCT section_id, date, submitted_by_id AS by_id FROM demo_day) AS taken
WHERE r.id = x.id AND taken.section_id = r.section_id AND taken.date = r.date
  AND r.due_at + x.minutes * interval '1 minute' <= %(now)s
  AND NOT (r.date = %(today)s AND r.section_id %% %(late)s = 0
           AND r.period_id = (SELECT id FROM roster_period WHERE organization_id = %(school)s AND position = 2))
"""
_MARK = """
INSERT INTO attendance_attendancemark
       (roll_id, student_id, organization_id, date, status, reason, explained_at, explained_by_id, explanation)
SELECT r.id, d.student_id, d.organization_id, d.date,
       CASE WHEN s.skips THEN 'absent' ELSE d.status END, d.reason, d.explained_at, d.explained_by_id, d.explanation
FROM attendance_roll r
JOIN demo_day d ON d.section_id = r.section_id AND d.date = r.date
JOIN roster_period p ON p.id = r.period_id
CROSS JOIN LATERAL (
    SELECT d.status = 'present' AND p.position > 2
           AND (d.student_id * 31 + p.position * 17 + extract(day FROM d.date)::bigint * 7) %% 1000 < %(skips)s * 1000
           AS skips
) s
WHERE r.organization_id = %(school)s AND r.period_id IS NOT NULL AND r.submitted_at IS NOT NULL
"""
