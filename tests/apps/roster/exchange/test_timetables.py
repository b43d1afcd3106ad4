"""Bells, calendar and meetings that come with a roster: staged, counted, shown, merged; twice changes nothing."""

from __future__ import annotations

import re
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from fairlead.apps.roster.exchange import timetables
from fairlead.apps.roster.models import (
    BellSchedule,
    BellTime,
    CalendarDay,
    Organization,
    Period,
    SchoolDay,
    Section,
    SectionMeeting,
)
from tests.apps.roster.exchange.files import plain
from tests.apps.roster.exchange.test_edfi import OPEN, PLACES, SECTION, SESSION
from tests.apps.roster.exchange.test_import import outcomes

GRAND_BEND = settings.SHARED_DATA / "rostering" / "edfi_grand_bend_ds5_2"
SCHOOL = "<SchoolReference><SchoolIdentity><SchoolId>10</SchoolId></SchoolIdentity></SchoolReference>"
CODE = (
    f"<CalendarIdentity><CalendarCode>C</CalendarCode>{SCHOOL}<SchoolYear>2026-2027</SchoolYear></CalendarIdentity>"
)
EVENT = "uri://ed-fi.org/CalendarEventDescriptor#"


def period(name: str, *times: tuple[str, str]) -> str:
    rung = "".join(f"<MeetingTime><StartTime>{b}</StartTime><EndTime>{e}</EndTime></MeetingTime>" for b, e in times)
    return f"<ClassPeriod>{SCHOOL}<ClassPeriodName>{name}</ClassPeriodName>{rung}</ClassPeriod>"


def bells(name: str, periods: str, *dates: str, day_type: str = "") -> str:
    rung = "".join(
        f"<ClassPeriodReference><ClassPeriodIdentity>{SCHOOL}<ClassPeriodName>{p}</ClassPeriodName>"
        "</ClassPeriodIdentity></ClassPeriodReference>"
        for p in periods
    )
    more = "".join(f"<Date>{d}</Date>" for d in dates)
    more += f"<AlternateDayName>{day_type}</AlternateDayName>" if day_type else ""
    return f"<BellSchedule><BellScheduleName>{name}</BellScheduleName>{SCHOOL}{rung}{more}</BellSchedule>"


def calendar_date(day: str, event: str) -> str:
    return (
        f"<CalendarDate><Date>{day}</Date><CalendarEvent>{EVENT}{event}</CalendarEvent>"
        f"<CalendarReference>{CODE}</CalendarReference></CalendarDate>"
    )


def calendar(kind: str = "IEP") -> str:
    return (
        f"<Calendar><CalendarCode>C</CalendarCode><CalendarType>uri://ed-fi.org/CalendarTypeDescriptor#{kind}"
        f"</CalendarType>{SCHOOL}<SchoolYear>2026-2027</SchoolYear></Calendar>"
    )


def district(folder: Path, *, periods: str, schedules: str = "", days: str = "", meets: str = "1") -> Path:
    """A school of Ed-Fi with one section, which meets in the periods `meets`."""
    folder.mkdir(exist_ok=True)

    def write(name: str, inside: str) -> None:
        inside = re.sub(
            r"(</(?:ClassPeriod|BellSchedule|Calendar|CalendarDate|Course|CourseOffering|Section|Session)>)",
            r"\1\n",
            inside,
        )  # a record a line, as systems write them
        text = OPEN.format(name) + inside + f"</Interchange{name}>"
        (folder / f"{name}.xml").write_text(text, encoding="utf-8")

    year = (
        f"<Session><SessionName>Fall</SessionName><SchoolYear>2026-2027</SchoolYear>{SCHOOL}<Term>x#Fall Semester</Term>"
        "<BeginDate>2026-08-24</BeginDate><EndDate>2027-01-20</EndDate></Session>"
    )
    rung = "".join(
        f"<ClassPeriodReference><ClassPeriodIdentity><ClassPeriodName>{p}</ClassPeriodName></ClassPeriodIdentity>"
        "</ClassPeriodReference>"
        for p in meets
    )
    course = (
        "<Course><CourseCode>ART</CourseCode><CourseTitle>Art</CourseTitle><EducationOrganizationReference>"
        "<EducationOrganizationIdentity><EducationOrganizationId>10</EducationOrganizationId>"
        "</EducationOrganizationIdentity></EducationOrganizationReference></Course>"
    )
    offered = (
        f"<CourseOffering><LocalCourseCode>ART</LocalCourseCode>{SCHOOL}{SESSION}<CourseReference><CourseIdentity>"
        "<CourseCode>ART</CourseCode><EducationOrganizationReference><EducationOrganizationIdentity>"
        "<EducationOrganizationId>10</EducationOrganizationId></EducationOrganizationIdentity>"
        "</EducationOrganizationReference></CourseIdentity></CourseReference></CourseOffering>"
    )
    write("EducationOrganization", PLACES + course + periods)
    write("EducationOrgCalendar", year + days)
    write("MasterSchedule", offered + f"<Section>{SECTION}{rung}<SectionName>Art</SectionName></Section>" + schedules)
    return folder


TWO = period("1", ("08:00:00", "08:50:00")) + period("2", ("09:00:00", "09:50:00"))


def test_periods_bells_and_meetings_of_ed_fi_become_the_timetable(bring: Any, tmp_path: Path) -> None:
    folder = district(tmp_path / "d", periods=TWO, schedules=bells("Normal", "12"))
    found = bring(folder)
    assert [outcomes(found, t) for t in ("periods", "bells", "meetings")] == [
        (2, 0, 0, 0, 0), (2, 0, 0, 0, 0), (1, 0, 0, 0, 0),
    ]  # fmt: skip
    assert list(
        Period.objects.filter(organization__sourced_id="10").order_by("position").values_list("name", flat=True)
    ) == ["1", "2"]
    (schedule,) = BellSchedule.objects.filter(organization__sourced_id="10")
    assert (schedule.name, schedule.weekdays) == ("Normal", [1, 2, 3, 4, 5]), "the only schedule rings on weekdays"
    assert list(schedule.times.order_by("begins").values_list("period__name", "begins", "ends")) == [
        ("1", time(8), time(8, 50)), ("2", time(9), time(9, 50)),
    ]  # fmt: skip
    (meeting,) = SectionMeeting.objects.filter(organization__sourced_id="10")
    assert (meeting.section.name, meeting.period.name, meeting.weekday, meeting.day_type) == ("Art", "1", None, "")
    labels = {e.table: e.label for e in reversed(found.diff.examples)}
    assert (labels["periods"], labels["bells"], labels["meetings"]) == (
        "School · 1",
        "School · Normal · 1",
        "Art · 1",
    )
    files = found.diff.files
    assert files["EducationOrganization.xml"]["unused"] == 0, "the two periods are counted as kept"
    assert files["MasterSchedule.xml"]["new"] == 2, "a section and a bell schedule"


@pytest.mark.prove
def test_the_same_timetable_twice_changes_nothing(bring: Any, tmp_path: Path) -> None:
    folder = district(
        tmp_path / "d", periods=TWO, schedules=bells("Normal", "12"),
        days=calendar() + calendar_date("2026-12-24", "Instructional day"),
    )  # fmt: skip
    assert bring(folder).diff.changes > 0
    again = bring(folder)
    assert again.diff.changes == 0
    assert outcomes(again, "bells") == (0, 0, 2, 0, 0)
    assert again.diff.files["EducationOrganization.xml"]["same"] == 5, "district, school, course and two periods"


def test_a_bell_that_moves_is_changed_and_one_that_goes_is_closed(bring: Any, tmp_path: Path) -> None:
    folder = district(tmp_path / "d", periods=TWO, schedules=bells("Normal", "12"))
    bring(folder)
    moved = period("1", ("08:10:00", "08:50:00")) + period("2", ("09:00:00", "09:50:00"))
    folder = district(tmp_path / "d", periods=moved, schedules=bells("Normal", "1"), meets="2")
    found = bring(folder, merge=False)
    assert outcomes(found, "bells") == (0, 1, 0, 1, 0)
    assert outcomes(found, "meetings") == (1, 0, 0, 1, 0)
    assert set(found.over()) == {"bells", "meetings"}, "half of them would go: somebody must say that this is meant"
    bring(folder, allowed=["bells", "meetings"])
    (left,) = BellTime.objects.filter(organization__sourced_id="10")
    assert (left.period.name, left.begins) == ("1", time(8, 10))
    assert SectionMeeting.objects.get(organization__sourced_id="10").period.name == "2"


@pytest.mark.prove
def test_a_meeting_that_was_narrowed_by_hand_stays(bring: Any, tmp_path: Path) -> None:
    folder = district(tmp_path / "d", periods=TWO, schedules=bells("Normal", "12"))
    bring(folder)
    SectionMeeting.objects.filter(organization__sourced_id="10").update(weekday=1)
    assert outcomes(bring(folder), "meetings") == (0, 0, 1, 0, 0)
    assert SectionMeeting.objects.get(organization__sourced_id="10").weekday == 1


@pytest.mark.prove
def test_a_calendar_closes_days_to_come_and_leaves_those_that_passed(bring: Any, net: Any, tmp_path: Path) -> None:
    days = ("2026-11-19", "2026-11-20", "2026-12-23", "2026-12-24")
    folder = district(
        tmp_path / "d", periods=TWO, schedules=bells("Normal", "12"),
        days=calendar() + "".join(calendar_date(d, "Holiday") for d in days) + calendar_date("2026-12-28", "Make-up day")
        + calendar_date("2026-12-29", "Other"),
    )  # fmt: skip
    bring(district(tmp_path / "first", periods=TWO))
    session = Section.objects.get(name="Art", organization__sourced_id="10").session
    SchoolDay.objects.bulk_create(SchoolDay(organization=net, session=session, date=d) for d in days[:3])
    found = bring(folder)
    assert outcomes(found, "days") == (2, 0, 1, 0, 0)
    own = dict(CalendarDay.objects.filter(organization__sourced_id="10").values_list("date", "kind"))
    assert own == {date(2026, 12, 23): "closed", date(2026, 12, 28): "extra"}
    said = {note["text"]: note["n"] for note in found.run.notes if "n" in note}
    assert said[timetables.PASSED] == 2, "yesterday and today"
    assert said[timetables.SAYS_NOTHING] == 1
    assert found.diff.files["EducationOrgCalendar.xml"]["unused"] == 4, (
        "the calendar, two that passed, one that says nothing"
    )


@pytest.mark.prove
def test_a_file_never_opens_a_day_that_the_office_closed(bring: Any, net: Any, tmp_path: Path) -> None:
    folder = district(tmp_path / "d", periods=TWO)
    bring(folder)
    school = Organization.objects.get(sourced_id="10")
    session = Section.objects.get(name="Art", organization=school).session
    SchoolDay.objects.create(organization=net, session=session, date=date(2026, 12, 1))
    CalendarDay.objects.create(organization=school, date=date(2026, 12, 1), kind="closed", note="snow")
    days = calendar() + calendar_date("2026-12-01", "Instructional day")
    found = bring(district(tmp_path / "d", periods=TWO, days=days))
    assert CalendarDay.objects.get(organization=school).kind == "closed"
    assert timetables.STAYS_CLOSED in {note["text"] for note in found.run.notes}


def test_a_calendar_of_single_students_says_nothing_of_the_school(bring: Any, tmp_path: Path) -> None:
    days = calendar("Student Specific") + calendar_date("2026-12-24", "Instructional day")
    found = bring(district(tmp_path / "d", periods=TWO, days=days))
    assert outcomes(found, "days") == (0, 0, 0, 0, 0)
    assert not CalendarDay.objects.filter(organization__sourced_id="10").exists()


def test_bell_schedules_with_dates_give_the_days_their_kind(bring: Any, tmp_path: Path) -> None:
    schedules = bells("A day", "1", "2026-11-23", day_type="A") + bells("B day", "2", "2026-11-24", day_type="B")
    bring(district(tmp_path / "d", periods=TWO, schedules=schedules))
    own = CalendarDay.objects.filter(organization__sourced_id="10").order_by("date")
    assert list(own.values_list("date", "kind", "schedule__name", "day_type")) == [
        (date(2026, 11, 23), "network", "A day", "A"), (date(2026, 11, 24), "network", "B day", "B"),
    ]  # fmt: skip
    assert not any(BellSchedule.objects.filter(organization__sourced_id="10").values_list("weekdays", flat=True)[0])


def test_a_bell_that_cannot_be_read_is_quarantined_with_its_line(bring: Any, tmp_path: Path) -> None:
    wrong = period("1", ("09:00:00", "08:00:00")) + period("2") + period("3", ("10:00:00", "10:50:00"))
    found = bring(district(tmp_path / "d", periods=wrong, schedules=bells("Normal", "123") + bells("Odd", "9")))
    assert outcomes(found, "bells") == (1, 0, 0, 0, 3)
    assert {(r.file, r.table, r.problem) for r in found.run.refused.all()} == {
        ("MasterSchedule.xml", "bells", timetables.NO_TIMES), ("MasterSchedule.xml", "bells", timetables.NO_PERIOD),
    }  # fmt: skip
    assert found.diff.files["MasterSchedule.xml"]["quarantined"] == 2


def rostered(periods: str) -> dict[str, Any]:
    files = plain()
    files["classes"][0]["periods"] = periods
    return files


@pytest.mark.prove
def test_the_periods_column_of_oneroster_becomes_meetings_where_the_school_has_them(bring: Any) -> None:
    bring(plain())
    school = Organization.objects.get(sourced_id="a")
    Period.objects.bulk_create(Period(organization=school, name=n, position=i) for i, n in enumerate(("1", "HR")))
    found = bring(rostered("1, hr, 7"))
    assert outcomes(found, "meetings") == (2, 0, 0, 0, 0)
    assert set(SectionMeeting.objects.filter(organization=school).values_list("section__sourced_id", "period__name")) == {
        ("c1", "1"), ("c1", "HR"),
    }  # fmt: skip
    (note,) = [n for n in found.run.notes if n["text"] == timetables.UNKNOWN_PERIODS]
    assert (note["n"], note["names"]) == (1, ["7"])
    assert bring(rostered("1, hr, 7")).diff.changes == 0


@pytest.mark.prove
def test_a_period_may_name_its_type_of_day(bring: Any) -> None:
    bring(plain())
    school = Organization.objects.get(sourced_id="a")
    Period.objects.bulk_create(Period(organization=school, name=n, position=i) for i, n in enumerate(("1", "2(x)")))
    found = bring(rostered("1(A),1(B),2(x)"))
    assert outcomes(found, "meetings") == (3, 0, 0, 0, 0)
    own = SectionMeeting.objects.filter(organization=school)
    assert set(own.values_list("period__name", "day_type")) == {("1", "A"), ("1", "B"), ("2(x)", "")}
    assert bring(rostered("1(A),1(B),2(x)")).diff.changes == 0
    bring(rostered("1(A),2(x)"), allowed=["meetings"])
    assert set(own.values_list("period__name", "day_type")) == {("1", "A"), ("2(x)", "")}


@pytest.mark.prove
def test_a_period_that_the_school_gets_later_finds_its_sections(bring: Any) -> None:
    found = bring(rostered("1"))
    assert "meetings" not in found.diff.counts, "no period of the school has this name"
    Period.objects.create(organization=Organization.objects.get(sourced_id="a"), name="1", position=1)
    found = bring(rostered("1"))
    assert outcomes(found, "meetings") == (1, 0, 0, 0, 0)
    assert found.diff.files["classes.csv"]["changed"] == 1
    assert found.diff.files["classes.csv"]["same"] == 1


@pytest.mark.prove
@pytest.mark.skipif(
    not (GRAND_BEND / "Student.xml.gz").is_file(), reason=f"needs the Grand Bend sample in {GRAND_BEND}"
)
def test_grand_bend_has_a_timetable(bring: Any) -> None:
    found = bring(GRAND_BEND)
    assert outcomes(found, "periods") == (21, 0, 0, 0, 0)
    assert outcomes(found, "bells") == (21, 0, 0, 0, 0)
    assert outcomes(found, "meetings") == (533, 0, 0, 0, 0), "532 sections, one of them in two periods"
    assert "days" in found.diff.counts
    assert found.diff.counts["days"]["new"] == 0, "its only calendar is of single students"
    split = BellTime.objects.get(organization__sourced_id="255901001", period__name="04 - Traditional")
    assert (split.begins, split.ends) == (time(11, 20), time(13)), "a period around the lunch break is told as one"
    assert bring(GRAND_BEND).diff.changes == 0
