"""How a school takes attendance, from a day on; A and B days; the weekdays of bells. A day with rolls keeps its way."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection

from fairlead.apps.attendance import modes, services
from fairlead.apps.attendance.models import Roll
from fairlead.apps.attendance.services import AttendanceError, NotThere
from fairlead.apps.roster import timetables
from fairlead.apps.roster.models import BellSchedule, CalendarDay, RollMode, SectionMeeting
from fairlead.site.clock import held
from tests.conftest import as_owner, use_app_login

MONDAY = date(2026, 11, 30)
PERIOD_SCHOOL = 3


@pytest.fixture
def office(seeded: Any) -> Any:
    """The scope of the office of the school of periods."""
    from fairlead.apps.roster.selectors import scope_for

    use_app_login()
    return scope_for(seeded.person["office:3"], seeded.today)


@pytest.fixture
def school(seeded: Any) -> int:
    return int(seeded.school_ids[PERIOD_SCHOOL])


def expected(seeded: Any, school: int, day: date) -> list[tuple[int, int | None]]:
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT section_id, period_id FROM attendance_expected(%s, %s) WHERE organization_id = %s ORDER BY 1, 2",
            [seeded.network_id, day, school],
        )
        return cursor.fetchall()


def test_from_monday_on_once_a_day_and_before_it_every_period(office: Any, school: int, seeded: Any) -> None:
    friday, sections = seeded.today + timedelta(days=1), int((seeded.section_school == PERIOD_SCHOOL).sum())
    assert modes.change_mode(office, school, "day", MONDAY)
    assert len(expected(seeded, school, friday)) == 6 * sections, "the days before stay as they were"
    monday = expected(seeded, school, MONDAY)
    assert len(monday) == sections
    assert {period for _section, period in monday} == {None}
    assert timetables.policy(office, school).mode == "period", "today"
    assert timetables.policy(office, school, MONDAY).mode == "day"
    assert not modes.change_mode(office, school, "day", MONDAY), "that way already"
    assert modes.change_mode(office, school, "period", MONDAY)
    assert timetables.modes(office, school) == [], "taken back: nothing is left to say"
    with as_owner():
        assert RollMode.pgh_event_model.objects.filter(organization_id=school).count() == 1, (
            "and it is kept that it was"
        )


def test_a_day_that_has_rolls_keeps_its_way(office: Any, school: int, seeded: Any) -> None:
    with pytest.raises(AttendanceError) as refused:
        modes.change_mode(office, school, "day", seeded.today)
    assert "Nov. 19, 2026 has rolls already" in str(refused.value)
    assert "Choose Nov. 20, 2026 or a later day. Nothing was changed." in str(refused.value)
    with pytest.raises(AttendanceError, match="has passed"):
        modes.change_mode(office, school, "day", seeded.today - timedelta(days=1))
    with as_owner():
        services.ensure_rolls(seeded.network_id, MONDAY)
    with pytest.raises(AttendanceError, match=r"A day from Nov\. 20, 2026 on has rolls already"):
        modes.change_mode(office, school, "day", seeded.today + timedelta(days=1))
    assert modes.earliest(office, school) == MONDAY + timedelta(days=1)
    assert timetables.modes(office, school) == []


def test_periods_without_bells_or_meetings_are_refused(scope_of: Any, seeded: Any) -> None:
    luis, school = scope_of("luis"), int(seeded.school_ids[0])
    with pytest.raises(AttendanceError, match="no class of this school would have a roll"):
        modes.change_mode(luis, school, "period", MONDAY)
    assert timetables.modes(luis, school) == []
    with pytest.raises(AttendanceError):
        modes.change_mode(luis, school, "sometimes", MONDAY)
    with pytest.raises(AttendanceError, match="No school year"):
        modes.change_mode(luis, school, "day", date(2031, 1, 1))


@pytest.mark.parametrize("key", ["amara", "priya", "marcus"])
def test_only_the_schools_own_office_changes_it(key: str, scope_of: Any, seeded: Any) -> None:
    scope, school = scope_of(key), int(seeded.school_ids[0])
    for work in (
        lambda: modes.change_mode(scope, school, "day", MONDAY),
        lambda: modes.change_kinds(scope, school, MONDAY, MONDAY, ["A"]),
        lambda: modes.change_weekdays(scope, school, {}),
    ):
        with pytest.raises(NotThere):
            work()


def test_a_class_of_a_days_has_a_roll_on_a_days(office: Any, school: int, seeded: Any) -> None:
    tuesday = MONDAY + timedelta(days=1)
    with as_owner():
        meeting = SectionMeeting.objects.filter(organization_id=school, period__name="1").first()
        assert meeting is not None
        SectionMeeting.objects.filter(pk=meeting.pk).update(day_type="A")
    mine = (meeting.section_id, meeting.period_id)
    assert modes.change_kinds(office, school, MONDAY, tuesday, ["A", "B"]) == 2
    assert mine in expected(seeded, school, MONDAY)
    assert mine not in expected(seeded, school, tuesday)
    assert modes.change_kinds(office, school, MONDAY, tuesday, ["A", "B"]) == 0
    assert modes.change_kinds(office, school, MONDAY, tuesday, []) == 2
    with as_owner():
        assert not CalendarDay.objects.filter(organization_id=school).exists(), "rows that say nothing are taken away"


def test_the_turn_passes_over_days_without_school(office: Any, school: int, seeded: Any) -> None:
    with as_owner():
        CalendarDay.objects.create(
            organization_id=school, date=MONDAY + timedelta(days=1), kind="closed", note="training"
        )
    friday = MONDAY + timedelta(days=4)
    modes.change_kinds(office, school, MONDAY, friday, ["A", "B"])
    with as_owner():
        told = dict(CalendarDay.objects.filter(organization_id=school).values_list("date", "day_type"))
    assert [told[MONDAY + timedelta(days=n)] for n in range(5)] == ["A", "", "B", "A", "B"]


@pytest.mark.parametrize("kinds", [["A B"], ["A" * 11], list("ABCDEFGHI"), ["<A>"]])
def test_kinds_that_are_refused(kinds: list[str], office: Any, school: int) -> None:
    with pytest.raises(AttendanceError, match="letters and digits"):
        modes.change_kinds(office, school, MONDAY, MONDAY, kinds)


def test_days_that_passed_or_do_not_meet_get_no_kind(office: Any, school: int, seeded: Any) -> None:
    with pytest.raises(AttendanceError, match="has rolls already"):
        modes.change_kinds(office, school, seeded.today, MONDAY, ["A"])
    saturday = MONDAY + timedelta(days=5)
    with pytest.raises(AttendanceError, match="does not meet"):
        modes.change_kinds(office, school, saturday, saturday, ["A"])
    with pytest.raises(AttendanceError, match="last day"):
        modes.change_kinds(office, school, MONDAY, MONDAY - timedelta(days=1), ["A"])


def test_other_weekdays_ring_from_the_next_day_on(office: Any, school: int, seeded: Any) -> None:
    with as_owner():
        usual, late = BellSchedule.objects.filter(organization_id=school).order_by("pk")
    dues = set(Roll.objects.filter(organization_id=school, date=seeded.today).values_list("due_at", flat=True))
    with pytest.raises(AttendanceError, match="one schedule rings"):
        modes.change_weekdays(office, school, {late.pk: [3, 4]})
    assert modes.change_weekdays(office, school, {usual.pk: [1, 2, 5], late.pk: [3, 4]}) == 2
    today, in_two_weeks = seeded.today, seeded.today + timedelta(days=14)
    calendar = {
        d.date: d.schedule for d in timetables.calendar(office, school, seeded.network_id, today, in_two_weeks)
    }
    assert calendar[today] == usual.name, "today has rolls"
    assert calendar[in_two_weeks] == late.name
    with as_owner(), held(seeded.moment):
        services.ensure_rolls(seeded.network_id, today)
    assert set(Roll.objects.filter(organization_id=school, date=today).values_list("due_at", flat=True)) == dues
    with pytest.raises(AttendanceError, match="no such bell"):
        modes.change_weekdays(office, school, {0: [1]})
