"""Which rolls are expected: a section that meets has a roll, one that does not has none; calendars, bells, deadlines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairlead.apps.attendance import expectation, services
from fairlead.apps.attendance.models import Reminder, Roll
from fairlead.apps.attendance.services import AttendanceError, NotThere
from fairlead.apps.roster.models import (
    BellSchedule,
    BellTime,
    CalendarDay,
    Period,
    RollPolicy,
    Section,
    SectionMeeting,
)
from fairlead.demo.world import ZONE
from fairlead.site.clock import held
from tests.conftest import as_owner, use_app_login

PERIOD_SCHOOL = 3
MONDAY = date(2026, 11, 30)


@pytest.fixture
def by_period(seeded: Any) -> int:
    """The school of the demo that takes a roll every period."""
    return int(seeded.school_ids[PERIOD_SCHOOL])


@pytest.fixture
def savepoint(seeded: Any) -> Any:
    def lay(command: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(command)

    return lay


def expected(
    school: int, day: date, own: CalendarDay | None, meets: bool
) -> Iterator[tuple[int, int | None, datetime]]:
    """The rule once more, one section after the other."""
    policy = RollPolicy.objects.get(organization_id=school)
    if own is not None and own.kind != "network":
        meets = own.kind == "extra"
    if not meets:
        return
    late = timedelta(minutes=own.late_minutes if own else 0)
    kind = own.day_type if own else ""
    if own and own.schedule_id:
        bells = own.schedule
    else:
        bells = BellSchedule.objects.filter(organization_id=school, weekdays__contains=[day.isoweekday()]).order_by("id").first()  # fmt: skip
    for section in Section.objects.filter(organization_id=school):
        if not any(e.begins <= day and (e.ends is None or e.ends >= day) for e in section.enrollments.all()):
            continue
        homeroom = section.kind == "homeroom"
        if policy.mode == "day":
            if homeroom:
                yield section.pk, None, datetime.combine(day, policy.due_at or time(9, 15), ZONE) + late
            continue
        if policy.mode == "homeroom" and not homeroom:
            continue
        for period in Period.objects.filter(organization_id=school):
            rings = bells.times.filter(period=period).first() if bells else None
            here = any(
                m.weekday in (None, day.isoweekday()) and m.day_type in ("", kind)
                for m in section.meetings.filter(period=period)
            )
            if rings and here:
                due = timedelta(minutes=policy.due_minutes)
                yield section.pk, period.pk, datetime.combine(day, rings.begins, ZONE) + late + due


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_meeting_is_a_roll_and_a_roll_is_a_meeting(
    data: st.DataObject, seeded: Any, by_period: int, savepoint: Any
) -> None:
    savepoint("RESET ROLE; SAVEPOINT s")
    try:
        _one_school(data, seeded, by_period)
    finally:
        savepoint("ROLLBACK TO SAVEPOINT s; RESET ROLE")


def _one_school(data: st.DataObject, seeded: Any, school: int) -> None:
    draw = data.draw
    RollPolicy.objects.filter(organization_id=school).update(
        mode=draw(st.sampled_from(["day", "homeroom", "period", "period"])), due_minutes=draw(st.integers(0, 30)),
        due_at=draw(st.sampled_from([None, time(8, 40)])),
    )  # fmt: skip
    sections = list(Section.objects.filter(organization_id=school).order_by("id"))
    Section.objects.filter(pk__in=[s.pk for s in sections if draw(st.booleans())]).update(kind="scheduled")
    SectionMeeting.objects.filter(organization_id=school).delete()
    for period in Period.objects.filter(organization_id=school):
        for section in sections:
            for weekday, day_type in draw(
                st.sets(st.tuples(st.sampled_from([None, 1, 2, 3]), st.sampled_from(["", "A", "B"])), max_size=2)
            ):
                SectionMeeting.objects.create(
                    organization_id=school, section=section, period=period, weekday=weekday, day_type=day_type
                )
    if draw(st.booleans()):
        BellTime.objects.filter(organization_id=school, period__position=draw(st.integers(1, 6))).delete()
    if draw(st.booleans()):
        gone = sections[draw(st.integers(0, len(sections) - 1))]
        gone.enrollments.update(ends=MONDAY - timedelta(days=1))
    day = MONDAY + timedelta(days=draw(st.integers(0, 5)))
    own = None
    if draw(st.booleans()):
        own = CalendarDay.objects.create(
            organization_id=school, date=day, kind=draw(st.sampled_from(["network", "network", "closed", "extra"])),
            late_minutes=draw(st.sampled_from([0, 60])), day_type=draw(st.sampled_from(["", "A", "B"])),
            schedule=draw(st.sampled_from([None, *BellSchedule.objects.filter(organization_id=school)])),
        )  # fmt: skip
    wanted = set(expected(school, day, own, meets=day.weekday() < 5))
    use_app_login()
    services.ensure_rolls(seeded.network_id, day)
    again = services.ensure_rolls(seeded.network_id, day)
    with as_owner():
        rolls = Roll.objects.filter(organization_id=school, date=day)
        assert {(r.section_id, r.period_id, r.due_at) for r in rolls} == wanted
        assert rolls.count() == len(wanted)
    assert again == 0


def test_the_late_day_of_the_demo_is_due_later(by_period: int, seeded: Any) -> None:
    wednesday = seeded.dates[-2]
    first = Roll.objects.filter(organization_id=by_period, date=wednesday).earliest("due_at")
    assert first.due_at.astimezone(ZONE).time() == time(9, 10)
    today = Roll.objects.filter(organization_id=by_period, date=seeded.today).earliest("due_at")
    assert today.due_at.astimezone(ZONE).time() == time(8, 10)


def test_a_section_added_during_the_day_gets_its_roll(by_period: int, seeded: Any, scope_of: Any) -> None:
    model = Section.objects.filter(organization_id=by_period).first()
    assert model is not None
    period = Period.objects.get(organization_id=by_period, name="6")
    new = Section.objects.create(
        organization_id=by_period, session_id=model.session_id, course_id=model.course_id,
        teacher_id=model.teacher_id, name="Band", kind="scheduled", sourced_id="band",
    )  # fmt: skip
    new.enrollments.create(student_id=int(seeded.student_ids[-1]), organization_id=by_period, begins=seeded.today)
    SectionMeeting.objects.create(organization_id=by_period, section=new, period=period)
    assert services.ensure_rolls(seeded.network_id, seeded.today) == 1
    assert Roll.objects.get(section=new).period == period


def test_closing_today_takes_open_rolls_back_and_opening_it_again_brings_them(seeded: Any, scope_of: Any) -> None:
    tomorrow = seeded.today + timedelta(days=1)
    school = int(seeded.school_ids[0])
    with as_owner():
        services.ensure_rolls(seeded.network_id, tomorrow)
        rolls = Roll.objects.filter(organization_id=school, date=tomorrow).count()
        elsewhere = Roll.objects.filter(date=tomorrow).exclude(organization_id=school).count()
        Reminder.objects.create(
            roll=Roll.objects.filter(organization_id=school, date=tomorrow)[0], organization_id=school,
            sent_at=seeded.moment, sent_by_id=seeded.person["luis"], channel="in_app",
        )  # fmt: skip
    scope = scope_of("luis")
    assert expectation.change_day(scope, school, tomorrow, "closed", note="Snow") == expectation.Change(0, rolls, 0)
    assert services.ensure_rolls(seeded.network_id, tomorrow) == 0
    with as_owner():
        assert not Roll.objects.filter(organization_id=school, date=tomorrow).exists()
        assert Roll.objects.filter(date=tomorrow).count() == elsewhere
    expectation.change_day(scope, school, tomorrow, "network")
    assert services.ensure_rolls(seeded.network_id, tomorrow) == rolls
    assert not CalendarDay.objects.exists()


def test_a_late_start_moves_what_has_not_come_and_nothing_else(seeded: Any, scope_of: Any) -> None:
    school = int(seeded.school_ids[0])
    scope = scope_of("luis")
    before = dict(Roll.objects.filter(organization_id=school, date=seeded.today).values_list("id", "due_at"))
    waiting = set(Roll.objects.filter(organization_id=school, date=seeded.today, submitted_at=None).values_list("id", flat=True))  # fmt: skip
    change = expectation.change_day(scope, school, seeded.today, "network", late_minutes=60)
    assert change == expectation.Change(0, 0, len(waiting))
    for pk, due in Roll.objects.filter(organization_id=school, date=seeded.today).values_list("id", "due_at"):
        assert due - before[pk] == timedelta(minutes=60 if pk in waiting else 0)
    assert expectation.change_day(scope, school, seeded.today, "network", late_minutes=60).moved == 0


def test_a_day_with_rolls_cannot_be_closed(seeded: Any, scope_of: Any) -> None:
    school = int(seeded.school_ids[0])
    scope = scope_of("grace")
    with pytest.raises(AttendanceError, match="it was a school day"):
        expectation.change_day(scope, school, seeded.today, "closed")
    assert not CalendarDay.objects.exists()


@pytest.mark.parametrize(
    ("days", "kind", "values", "said"),
    [
        (-1, "closed", {}, "has passed"),
        (1, "elsewhere", {}, "as in the network, closed"),
        (1, "network", {"late_minutes": 361}, "0 to 360 minutes"),
        (1, "network", {"late_minutes": -1}, "0 to 360 minutes"),
        (1, "network", {"schedule_id": 999}, "no such bell schedule"),
        (1, "network", {"note": "x" * 121}, "120"),
        (1, "extra", {}, "school day of the network already"),
        (2, "network", {"late_minutes": 30}, "extra school day"),
        (400, "extra", {}, "No school year"),
    ],
)
def test_a_day_that_is_refused(
    days: int, kind: str, values: dict[str, Any], said: str, seeded: Any, scope_of: Any
) -> None:
    scope = scope_of("luis")
    with pytest.raises(AttendanceError, match=said):
        expectation.change_day(scope, int(seeded.school_ids[0]), seeded.today + timedelta(days=days), kind, **values)


def test_an_extra_day_is_a_school_day(seeded: Any, scope_of: Any) -> None:
    school, saturday = int(seeded.school_ids[0]), seeded.today + timedelta(days=2)
    expectation.change_day(scope_of("luis"), school, saturday, "extra", note="Make-up day")
    with held(seeded.moment + timedelta(days=2)):
        assert services.ensure_rolls(seeded.network_id, saturday) > 0
    with as_owner():
        assert set(Roll.objects.filter(date=saturday).values_list("organization_id", flat=True)) == {school}


@pytest.mark.parametrize("key", ["owen", "amara", "marcus", "ines"])
def test_a_stranger_changes_nothing(key: str, seeded: Any, scope_of: Any) -> None:
    scope, school = scope_of(key), int(seeded.school_ids[0])
    with pytest.raises(NotThere):
        expectation.change_day(scope, school, seeded.today + timedelta(days=1), "closed")
    with pytest.raises(NotThere):
        expectation.change_deadline(scope, school, due_at=time(9, 30))


def test_a_deadline_holds_from_the_next_day_on(seeded: Any, scope_of: Any) -> None:
    school, tomorrow = int(seeded.school_ids[0]), seeded.today + timedelta(days=1)
    scope = scope_of("luis")
    before = list(Roll.objects.filter(organization_id=school, date=seeded.today).values_list("due_at", flat=True))
    assert expectation.change_deadline(scope, school, due_at=time(9, 30))
    assert not expectation.change_deadline(scope, school, due_at=time(9, 30)), "nothing new"
    assert list(Roll.objects.filter(organization_id=school, date=seeded.today).values_list("due_at", flat=True)) == before  # fmt: skip
    services.ensure_rolls(seeded.network_id, tomorrow)
    due = set(Roll.objects.filter(organization_id=school, date=tomorrow).values_list("due_at", flat=True))
    assert {d.astimezone(ZONE).time() for d in due} == {time(9, 30)}


@pytest.mark.parametrize(
    "values", [{"due_at": time(5, 59)}, {"due_at": time(18, 1)}, {"minutes": -1}, {"minutes": 121}]
)
def test_a_deadline_that_is_refused(values: dict[str, Any], seeded: Any, scope_of: Any) -> None:
    scope = scope_of("luis")
    with pytest.raises(AttendanceError, match=r"6:00|0 to 120"):
        expectation.change_deadline(scope, int(seeded.school_ids[0]), **values)
