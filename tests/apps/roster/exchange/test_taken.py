"""Whether attendance was taken, from Ed-Fi: interchange XML, and CSV in its shape; into the attendance app's store."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from fairlead.apps.attendance import timeliness
from fairlead.apps.attendance.models import SectionTaken
from fairlead.apps.roster.exchange.parcel import Parcel
from fairlead.apps.roster.exchange.problems import ExchangeError
from fairlead.apps.roster.exchange.readers import edfi_taken
from fairlead.apps.roster.models import Organization, Section
from tests.apps.roster.exchange import test_timetables
from tests.apps.roster.exchange.test_edfi import OPEN, SECTION

XML = (
    OPEN.format("StudentAttendance")
    + "<SectionAttendanceTakenEvent><CalendarDateReference><CalendarDateIdentity><Date>2026-09-02</Date>"
    "</CalendarDateIdentity></CalendarDateReference><EventDate>2026-09-02</EventDate><SectionReference><SectionIdentity>"
    + SECTION
    + "</SectionIdentity></SectionReference></SectionAttendanceTakenEvent></InterchangeStudentAttendance>"
)
HEADER = (
    "id,calendarDateReference.date,calendarDateReference.schoolId,eventDate,sectionReference.localCourseCode,"
    "sectionReference.schoolId,sectionReference.schoolYear,sectionReference.sectionIdentifier,"
    "sectionReference.sessionName,staffReference.staffUniqueId\n"
)


def events(path: Path) -> Any:
    with Parcel(path) as parcel:
        return edfi_taken.read(parcel)


def test_events_in_a_csv_find_the_section_that_the_xml_brought(bring: Any, tmp_path: Path) -> None:
    bring(test_timetables.district(tmp_path / "d", periods=test_timetables.TWO))
    section = Section.objects.get(name="Art", organization=Organization.objects.get(sourced_id="10"))
    Section.objects.filter(pk=section.pk).update(sourced_id="a-name-of-our-own")
    path = tmp_path / "taken.csv"
    # The API writes the year in which a school year ends; the XML of the roster wrote both.
    path.write_text(
        HEADER
        + "1,2026-09-01,99,2026-09-01,ART,10,2027,A-1,Fall,3\n"
        + "2,2026-09-02,99,2026-09-02,ART,10,2026-2027,A-1,Fall,\n"
        + "3,2026-09-03,99,2026-09-03,ART,10,2027,A-2,Fall,3\n"
        + "4,soon,99,,ART,10,2027,A-1,Fall,3\n",
        encoding="utf-8",
    )
    done = timeliness.load_taken_events(events(path), "Ed-Fi")
    assert (done.rows, done.new, done.same, done.unknown, done.repeated) == (4, 2, 0, 2, 0)
    assert set(SectionTaken.objects.filter(section=section).values_list("date", flat=True)) == {
        date(2026, 9, 1), date(2026, 9, 2),
    }  # fmt: skip
    xml = tmp_path / "StudentAttendance.xml"
    xml.write_text(XML, encoding="utf-8")
    again = timeliness.load_taken_events(events(xml), "Ed-Fi")
    assert (again.rows, again.new, again.same) == (1, 0, 1), "the same event in the other shape"


def test_an_identifier_that_two_sections_have_names_neither(bring: Any, tmp_path: Path) -> None:
    bring(test_timetables.district(tmp_path / "d", periods=test_timetables.TWO))
    one = Section.objects.get(name="Art", organization__sourced_id="10")
    other = Section.objects.exclude(pk=one.pk).first()
    assert other is not None
    Section.objects.filter(pk=one.pk).update(sourced_id="first")
    Section.objects.filter(pk=other.pk).update(sourced_id="A-1:ART:10:2026-2027:Fall")
    path = tmp_path / "StudentAttendance.xml"
    path.write_text(XML, encoding="utf-8")
    assert timeliness.load_taken_events(events(path), "Ed-Fi").unknown == 1


def test_a_csv_without_the_key_of_a_section_is_refused_with_what_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "taken.csv"
    path.write_text("sectionIdentifier,date\nA-1,2026-09-01\n", encoding="utf-8")
    with pytest.raises(ExchangeError) as refused:
        events(path)
    assert refused.value.where == "taken.csv"
    assert "localcoursecode, schoolid, schoolyear, sessionname" in str(refused.value.got)
