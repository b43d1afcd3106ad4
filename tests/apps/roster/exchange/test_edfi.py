"""Ed-Fi interchange XML: the Grand Bend sample district (Ed-Fi Alliance, Apache-2.0), and what XML can be made to do.

The people of Grand Bend are invented. The counts are those of the data's README and of `grep -c` in the files.
"""

from __future__ import annotations

import gzip
from collections import Counter
from datetime import date

import polars as pl
import pytest
from django.conf import settings

from fairlead.apps.roster.exchange.parcel import Parcel
from fairlead.apps.roster.exchange.problems import ExchangeError
from fairlead.apps.roster.exchange.readers import detect, edfi, edfi_xml

FOLDER = settings.SHARED_DATA / "rostering" / "edfi_grand_bend_ds5_2"
here = pytest.mark.skipif(
    not (FOLDER / "Student.xml.gz").is_file(), reason=f"needs the Grand Bend sample in {FOLDER}"
)


@pytest.fixture(scope="module")
def grand_bend():
    with Parcel(FOLDER) as parcel:
        assert detect(parcel) is edfi
        return edfi.read(parcel)


@here
def test_the_counts_are_those_of_the_source(grand_bend):
    assert {name: frame.height for name, frame in grand_bend.tables.items()} == {
        "orgs": 4, "sessions": 24, "courses": 84, "classes": 532, "people": 2_900, "roles": 58,
        "guardianships": 1_872, "teaching": 528,
    }  # fmt: skip
    kinds = dict(grand_bend.tables["people"].group_by("kind").len().iter_rows())
    assert kinds == {"student": 960, "staff": 68, "guardian": 1_872}
    assert {name: frame.height for name, frame in grand_bend.extras.items()} == {
        "school_days": 2, "class_periods": 22, "bell_schedules": 21, "bell_dates": 0, "attendance_events": 1_983, "taken_events": 0,
    }  # fmt: skip
    by_section = grand_bend.extras["attendance_events"]["section"].is_not_null()
    assert (int((~by_section).sum()), int(by_section.sum())) == (1_917, 66)


@here
def test_every_record_is_accounted_for(grand_bend):
    assert sum(grand_bend.counts.values()) == 8_683
    places = pl.concat([f.select("_file", "_line") for f in grand_bend.tables.values()]).unique()
    taken = Counter(dict(places.group_by("_file").len().iter_rows()))
    taken.update(q.file for q in grand_bend.quarantined)
    taken.update(grand_bend.unused)
    assert taken == grand_bend.counts


@here
def test_the_one_contact_without_a_student_is_quarantined(grand_bend):
    (stray,) = grand_bend.quarantined
    assert (stray.file, stray.line, stray.problem) == ("Contact.xml.gz", 13_548, edfi.NO_WARD)


@here
def test_what_this_copy_lacks_is_said_and_not_made_up(grand_bend):
    assert "enrollments" not in grand_bend.tables
    assert "demographics" not in grand_bend.tables
    said = {note.text: note.names for note in grand_bend.notes}
    assert edfi.NO_ENROLLMENTS in said
    assert edfi.NO_DEMOGRAPHICS in said
    assert said[edfi.NO_SCHOOL] == ("960",)
    students = grand_bend.tables["people"].filter(pl.col("kind") == "student")
    assert students["org"].unique().to_list() == ["255901"]
    assert students["grade"].null_count() == 960


@here
def test_sections_find_their_course_session_and_teacher(grand_bend):
    classes, teaching = grand_bend.tables["classes"], grand_bend.tables["teaching"]
    assert classes["sourced_id"].n_unique() == 532
    assert set(teaching["section"]) <= set(classes["sourced_id"])
    assert set(classes["course"]) <= set(grand_bend.tables["courses"]["sourced_id"])
    assert set(classes["session"]) <= set(grand_bend.tables["sessions"]["sourced_id"])
    algebra = classes.row(0, named=True)
    assert (algebra["name"], algebra["org"], algebra["periods"]) == ("Algebra 1", "255901001", "02 - Traditional")
    assert dict(classes.group_by("kind").len().iter_rows()) == {"homeroom": 120, "scheduled": 412}


@here
def test_places_sessions_and_people_are_read_right(grand_bend):
    orgs = {row["sourced_id"]: row for row in grand_bend.tables["orgs"].iter_rows(named=True)}
    high = orgs["255901001"]
    assert (high["name"], high["kind"], high["parent"]) == ("Grand Bend High School", "school", "255901")
    assert (high["grade_low"], high["grade_high"], high["zip"]) == (9, 12, "73334")
    sessions = grand_bend.tables["sessions"]
    fall = sessions.row(0, named=True)
    assert (fall["kind"], fall["begins"], fall["ends"]) == ("semester", date(2021, 8, 23), date(2021, 12, 17))
    periods = sessions.filter(pl.col("kind") == "gradingPeriod")
    assert (periods.height, periods["parent"].null_count()) == (18, 0)
    roles = dict(grand_bend.tables["roles"].group_by("role").len().iter_rows())
    assert roles == {"teacher": 55, "principal": 3}
    links = grand_bend.tables["guardianships"]
    assert dict(links.group_by("relation").len().iter_rows()) == {"Father": 960, "Mother": 912}
    first = links.row(0, named=True)
    assert (first["student"], first["relation"], first["rank"]) == ("student:604821", "Mother", 1)


@here
def test_a_fax_is_nobodys_telephone(grand_bend):
    """294 of the 2,202 numbers are fax numbers. One of the contacts who have no other belongs to no student."""
    text = gzip.decompress((FOLDER / "Contact.xml.gz").read_bytes()).decode()
    contacts = [c.split("</Contact>")[0] for c in text.split("<Contact ")[1:]]
    fax_alone = sum(c.count("<TelephoneNumber>") == c.count("Descriptor#Fax<") for c in contacts)
    guardians = grand_bend.tables["people"].filter(pl.col("kind") == "guardian")
    assert (len(contacts), fax_alone, guardians["phone"].null_count()) == (1_873, 220, 219)


@here
def test_attendance_events_keep_what_rules_need(grand_bend):
    events = grand_bend.extras["attendance_events"]
    assert dict(events.filter(pl.col("section").is_null()).group_by("category").len().iter_rows()) == {
        "Excused Absence": 1_077, "Unexcused Absence": 773, "Tardy": 66, "Partial": 1,
    }  # fmt: skip
    assert events["date"].null_count() == 0
    assert set(events["student"]) <= set(grand_bend.tables["people"]["sourced_id"])
    tardy = events.filter(pl.col("section").is_not_null()).row(0, named=True)
    assert (tardy["date"], tardy["arrived"], tardy["org"]) == (date(2022, 3, 7), "09:35:00", "255901107")
    assert set(events["section"].drop_nulls()) <= set(grand_bend.tables["classes"]["sourced_id"])


# ---- what Grand Bend lacks, from a file written by hand ----------------------------------------------------------------

OPEN = '<?xml version="1.0" encoding="UTF-8"?>\n<Interchange{0} xmlns="http://ed-fi.org/5.2.0">\n'
SESSION = (
    "<SessionReference><SessionIdentity><SessionName>Fall</SessionName><SchoolYear>2026-2027</SchoolYear>"
    "<SchoolReference><SchoolIdentity><SchoolId>10</SchoolId></SchoolIdentity></SchoolReference></SessionIdentity>"
    "</SessionReference>"
)
SECTION = (
    "<SectionIdentifier>A-1</SectionIdentifier><CourseOfferingReference><CourseOfferingIdentity>"
    "<LocalCourseCode>ART</LocalCourseCode><SchoolReference><SchoolIdentity><SchoolId>10</SchoolId></SchoolIdentity>"
    f"</SchoolReference>{SESSION}</CourseOfferingIdentity></CourseOfferingReference>"
)
PUPIL = "<StudentReference><StudentIdentity><StudentUniqueId>7</StudentUniqueId></StudentIdentity></StudentReference>"
D = "uri://ed-fi.org/Descriptor#"
PLACES = """
<LocalEducationAgency><NameOfInstitution>District</NameOfInstitution>
<LocalEducationAgencyId>1</LocalEducationAgencyId></LocalEducationAgency>
<School><NameOfInstitution>School</NameOfInstitution><SchoolId>10</SchoolId><LocalEducationAgencyReference>
<LocalEducationAgencyIdentity><LocalEducationAgencyId>1</LocalEducationAgencyId></LocalEducationAgencyIdentity>
</LocalEducationAgencyReference></School>"""


def write(folder, interchange: str, body: str):
    path = folder / f"{interchange}.xml"
    path.write_text(OPEN.format(interchange) + body + f"\n</Interchange{interchange}>\n")
    return path


def read(folder):
    with Parcel(folder) as parcel:
        return edfi.read(parcel)


@pytest.fixture
def district(tmp_path):
    name = "<Name><FirstName>Ada</FirstName><LastSurname>Byron</LastSurname></Name>"
    school = "<SchoolReference><SchoolIdentity><SchoolId>10</SchoolId></SchoolIdentity></SchoolReference>"
    write(tmp_path, "EducationOrganization", PLACES)
    write(tmp_path, "Student", f"<Student><StudentUniqueId>7</StudentUniqueId>{name}</Student>")
    write(
        tmp_path, "StudentEnrollment",
        f"""<StudentSchoolAssociation>{PUPIL}{school}<EntryDate>2025-08-20</EntryDate>
        <EntryGradeLevel>{D}Second grade</EntryGradeLevel><ExitWithdrawDate>2026-06-10</ExitWithdrawDate>
        </StudentSchoolAssociation>
        <StudentSchoolAssociation>{PUPIL}{school}<EntryDate>2026-08-20</EntryDate>
        <EntryGradeLevel>{D}Third grade</EntryGradeLevel></StudentSchoolAssociation>
        <StudentSectionAssociation>{PUPIL}<SectionReference><SectionIdentity>{SECTION}</SectionIdentity>
        </SectionReference><BeginDate>2026-08-20</BeginDate></StudentSectionAssociation>
        <StudentEducationOrganizationAssociation>{PUPIL}<Sex>{D}Female</Sex>
        <HispanicLatinoEthnicity>false</HispanicLatinoEthnicity>
        <Race>{D}White</Race><Race>{D}Asian</Race><LimitedEnglishProficiency>{D}Limited</LimitedEnglishProficiency>
        <StudentCharacteristic><StudentCharacteristic>{D}Economic Disadvantaged</StudentCharacteristic>
        </StudentCharacteristic><Language><Language>{D}spa</Language><LanguageUse>{D}Home language</LanguageUse>
        </Language></StudentEducationOrganizationAssociation>""",
    )  # fmt: skip
    write(
        tmp_path, "MasterSchedule",
        f"<Section>{SECTION}<SectionName>Art</SectionName></Section>"
        f"""<SectionAttendanceTakenEvent><EventDate>2026-09-01</EventDate><CalendarDateReference>
        <CalendarDateIdentity><Date>2026-09-01</Date></CalendarDateIdentity></CalendarDateReference>
        <SectionReference><SectionIdentity>{SECTION}</SectionIdentity></SectionReference>
        <StaffReference><StaffIdentity><StaffUniqueId>3</StaffUniqueId></StaffIdentity></StaffReference>
        </SectionAttendanceTakenEvent>""",
    )  # fmt: skip
    return tmp_path


def test_schools_grades_enrollments_and_demographics_when_they_are_there(district):
    reading = read(district)
    (person,) = reading.tables["people"].iter_rows(named=True)
    assert (person["org"], person["grade"]) == ("10", 3), "the association that is open"
    (enrollment,) = reading.tables["enrollments"].iter_rows(named=True)
    assert enrollment["section"] == reading.tables["classes"]["sourced_id"][0] == "A-1:ART:10:2026-2027:Fall"
    assert (enrollment["student"], enrollment["begins"]) == ("student:7", date(2026, 8, 20))
    (told,) = reading.tables["demographics"].iter_rows(named=True)
    assert (told["gender"], told["race_ethnicity"], told["home_language"]) == ("female", "two_or_more", "es")
    assert (told["english_learner"], told["economically_disadvantaged"], told["disability"]) == (True, True, None)
    assert reading.modes["people"] == "delta", "without staff and contacts nobody is closed for being absent"


def test_attendance_taken_is_kept_for_the_question_whether_it_is_taken_on_time(district):
    (taken,) = read(district).extras["taken_events"].iter_rows(named=True)
    assert (taken["section"], taken["date"], taken["staff"], taken["org"]) == (
        "A-1:ART:10:2026-2027:Fall", date(2026, 9, 1), "staff:3", "10",
    )  # fmt: skip


def test_two_districts_do_not_decide_where_a_student_belongs(district):
    (district / "StudentEnrollment.xml").unlink()
    more = PLACES.replace("<LocalEducationAgencyId>1<", "<LocalEducationAgencyId>2<")
    write(district, "EducationOrganization", PLACES + more)
    reading = read(district)
    assert [(q.file, q.line, q.problem) for q in reading.quarantined if q.table == "people"] == [
        ("Student.xml", 3, edfi.NO_DISTRICT)
    ]


def test_a_long_key_is_shortened_and_stays_apart():
    one, two = edfi.key("x" * 120, "1"), edfi.key("x" * 120, "2")
    assert one != two
    assert max(len(one or ""), len(two or "")) <= 100
    assert edfi.key("a", None) is None


# ---- what XML can be made to do ------------------------------------------------------------------------------------------


def refusal(path) -> ExchangeError:
    with pytest.raises(ExchangeError) as caught:
        list(edfi_xml.records(path, path.name))
    return caught.value


BOMBS = {
    "entities": '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
    "a file": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    "an address": '<!DOCTYPE x SYSTEM "http://example.org/x.dtd">',
}


@pytest.mark.parametrize("doctype", BOMBS.values(), ids=BOMBS)
def test_a_document_type_is_refused_before_anything_is_expanded(tmp_path, doctype):
    path = tmp_path / "Student.xml"
    path.write_text(
        f'<?xml version="1.0"?>\n{doctype}\n<InterchangeStudent xmlns="http://ed-fi.org/5.2.0"><Student>'
        "</Student></InterchangeStudent>"
    )
    error = refusal(path)
    assert error.what == "This XML file declares a document type; it was not read further."
    assert error.where == "Student.xml, line 2"


def test_broken_xml_is_refused_with_line_and_character(tmp_path):
    path = write(tmp_path, "Student", "<Student>\n<Name></Nome></Student>")
    error = refusal(path)
    assert (error.what, error.where) == ("This XML file cannot be read.", "Student.xml, line 4")
    assert error.got == "mismatched tag at character 9"


@pytest.mark.parametrize(
    "body",
    ["<Student>" + "<a>" * 50 + "</a>" * 50 + "</Student>", "<Student>" + "<a/>" * 20_001 + "</Student>",
     "<Student><Name>" + "x" * 300_000 + "</Name></Student>"],
    ids=["deep", "wide", "long"],
)  # fmt: skip
def test_a_record_without_an_end_is_refused(tmp_path, body):
    error = refusal(write(tmp_path, "Student", body))
    assert error.what == "A record of this XML file is larger than any of a roster."
    assert error.where == "Student.xml, line 3"


def test_xml_of_another_kind_is_not_taken_for_ed_fi(tmp_path):
    path = tmp_path / "Student.xml"
    path.write_text('<InterchangeStudent xmlns="http://example.org"><Student/></InterchangeStudent>')
    with Parcel(tmp_path) as parcel:
        assert not edfi.recognises(parcel)
    assert refusal(path).what == "This XML file is no Ed-Fi interchange."


def test_a_gzip_bomb_of_xml_is_stopped(tmp_path):
    path = tmp_path / "Student.xml.gz"
    path.write_bytes(gzip.compress(OPEN.format("Student").encode() + b" " * 40 * 1024**2, 9))
    assert refusal(path).what == "This file unpacks to far more than a roster holds; it was not opened."
