"""Ed-Fi interchange XML (data standard 3 to 6): organizations, sessions, sections, people, contacts, attendance events.

The canonical roster takes people, places and sections; `school_days`, `class_periods`, `bell_schedules` and
`bell_dates` of `extras` become its timetable (`edfi_timetable`). Not of the roster are `attendance_events` (a student
was absent or late) and `taken_events` (a teacher took attendance in a section: `fairlead import taken-events`). What a
parcel lacks is said in the notes; nothing is made up for it.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from sys import intern
from typing import Any
from xml.etree.ElementTree import Element

import polars as pl

from fairlead.apps.roster.exchange.canonical import TABLES, Note, Quarantined, Reading, Source, typed
from fairlead.apps.roster.exchange.parcel import Parcel
from fairlead.apps.roster.exchange.problems import ExchangeError
from fairlead.apps.roster.exchange.problems import gettext_noop as _
from fairlead.apps.roster.exchange.readers.edfi_timetable import timetable
from fairlead.apps.roster.exchange.readers.edfi_words import (
    ECONOMIC,
    GENDERS,
    GRADES,
    HOME_LANGUAGES,
    LEARNER,
    NOT_LEARNER,
    RACES,
    ROLES,
    SESSION_KINDS,
    contact_order,
    email,
    identifiers,
    is_true,
    language,
    language_code,
    phone,
    word,
    zip_code,
)
from fairlead.apps.roster.exchange.readers.edfi_xml import interchange_of, records
from fairlead.apps.roster.exchange.readers.shaping import race_of

SOURCE = Source(
    key="edfi",
    name="Ed-Fi interchange XML",
    version="3 to 6",
    cadence="when the district exports, usually nightly",
    merge_rule="a kind of record whose files are all there replaces what was; with some missing it only adds",
    tables=tuple(TABLES),
)
EXTRAS: dict[str, dict[str, Any]] = {
    "school_days": {"org": pl.String, "date": pl.Date, "event": pl.String, "kind": pl.String},
    "class_periods": {"org": pl.String, "name": pl.String, "begins": pl.String, "ends": pl.String},
    "bell_schedules": {
        "org": pl.String, "name": pl.String, "period": pl.String, "begins": pl.String, "ends": pl.String,
    },
    "bell_dates": {"org": pl.String, "name": pl.String, "date": pl.Date, "day_type": pl.String},
    "attendance_events": {
        "student": pl.String, "org": pl.String, "section": pl.String, "date": pl.Date, "category": pl.String,
        "reason": pl.String, "days": pl.Float64, "arrived": pl.String,
    },
    "taken_events": {"section": pl.String, "org": pl.String, "date": pl.Date, "staff": pl.String},
}  # fmt: skip

_WHERE: dict[str, Any] = {"_file": pl.String, "_line": pl.Int64}
# Tables that may have a row for each student and section or day, as they come from the file.
LONG: dict[str, dict[str, Any]] = {
    "enrollments": dict.fromkeys(("section", "student", "begins", "ends"), pl.String) | _WHERE,
    "attendance_events": dict.fromkeys(EXTRAS["attendance_events"], pl.String) | _WHERE,
    "taken_events": dict.fromkeys(EXTRAS["taken_events"], pl.String) | _WHERE,
}
MOST_ROWS = 20_000

NO_ENROLLMENTS = _(
    "These files hold no student–section links (StudentSectionAssociation): no enrollments were read, and rolls have "
    "no students until they come."
)
NO_SCHOOL = _(
    "%(names)s students have no StudentSchoolAssociation in these files: they are kept with their district, "
    "without school and grade."
)
NO_DEMOGRAPHICS = _("These files hold no demographics of students (StudentEducationOrganizationAssociation).")
NOT_KEPT = _("Records of these kinds are not kept: %(names)s.")
EXTRA_ROWS = _("Read, but no part of the roster: %(names)s.")
NO_WARD = _("This contact belongs to no student of these files.")
ADD_LINK = _("Export StudentContactAssociation with the contacts, or leave the contact out.")
NO_DISTRICT = _("It is not clear to which school or district this person belongs.")
ADD_SCHOOL = _("Export the associations of students and staff with their schools, too.")


@dataclass(slots=True)
class EdFiReading(Reading):
    """A reading with the tables that the roster has no place for."""

    extras: dict[str, pl.DataFrame] = field(default_factory=dict)


Row = dict[str, Any]


def recognises(parcel: Parcel) -> bool:
    """Any file whose first element is an interchange of Ed-Fi."""
    return any(interchange_of(path) for name, path in parcel.files.items() if _is_xml(name))


def read(parcel: Parcel) -> EdFiReading:
    """All interchange files of the parcel."""
    reader = _Reader(parcel)
    for name, path in sorted(parcel.files.items()):
        if _is_xml(name) and interchange_of(path):
            reader.file(name)
    return reader.finish()


def _is_xml(name: str) -> bool:
    return name.lower().endswith((".xml", ".xml.gz"))


def key(*parts: str | None) -> str | None:
    """An identifier from the parts of Ed-Fi's key, short enough for the roster; none when a part is missing."""
    if not all(parts):
        return None
    whole = intern(":".join(str(part) for part in parts))
    return whole if len(whole) <= 100 else f"{whole[:59]}#{hashlib.sha256(whole.encode()).hexdigest()[:40]}"


def student(of: Element) -> str | None:
    return _prefixed("student", of.findtext(".//StudentUniqueId"))


def staff(of: Element) -> str | None:
    return _prefixed("staff", of.findtext(".//StaffUniqueId"))


def _prefixed(kind: str, identifier: str | None) -> str | None:
    """Ed-Fi's numbers of students, staff and contacts are three series; in the roster they are one."""
    return f"{kind}:{identifier}" if identifier else None


def section(of: Element) -> str | None:
    """The key of a section, from a Section or from a reference to one."""
    return key(
        of.findtext(".//SectionIdentifier"), of.findtext(".//LocalCourseCode"),
        of.findtext(".//CourseOfferingIdentity/SchoolReference/SchoolIdentity/SchoolId"),
        of.findtext(".//SessionIdentity/SchoolYear"), of.findtext(".//SessionIdentity/SessionName"),
    )  # fmt: skip


def offering(of: Element) -> tuple[str | None, ...]:
    return (
        of.findtext(".//LocalCourseCode"), of.findtext(".//SessionIdentity//SchoolId"),
        of.findtext(".//SessionIdentity/SchoolYear"), of.findtext(".//SessionIdentity/SessionName"),
    )  # fmt: skip


def session(of: Element) -> str | None:
    return key(
        of.findtext(".//SessionIdentity//SchoolId"), of.findtext(".//SessionIdentity/SchoolYear"),
        of.findtext(".//SessionIdentity/SessionName"),
    )  # fmt: skip


class _Reader:
    """Collects rows as records come, in whatever order, and ties them together at the end."""

    def __init__(self, parcel: Parcel) -> None:
        self.parcel = parcel
        self.reading = EdFiReading(SOURCE, system="ed-fi")
        self.rows: dict[str, list[Row]] = defaultdict(list)
        self.packed: dict[str, list[pl.DataFrame]] = defaultdict(list)
        self.kinds: Counter[str] = Counter()
        self.not_kept: Counter[str] = Counter()
        self.named: dict[str, str] = {}  # id of a record in the file → its key
        self.offered: dict[tuple[str | None, ...], str | None] = {}
        self.schools: dict[str, list[Row]] = defaultdict(list)  # student → schools, with grade
        self.posts: dict[str, list[str]] = defaultdict(list)  # staff → organizations
        self.calendars: dict[tuple[str | None, ...], str] = {}  # calendar → of what kind
        self.at: tuple[str, int] = ("", 0)
        self.record: dict[str, Callable[[Element], None]] = {
            "LocalEducationAgency": self._district, "School": self._school, "Session": self._session,
            "GradingPeriod": self._grading_period, "Calendar": self._calendar, "CalendarDate": self._calendar_date,
            "ClassPeriod": self._class_period, "BellSchedule": self._bell_schedule, "Course": self._course,
            "CourseOffering": self._offering, "Section": self._section, "Staff": self._staff,
            "StaffEducationOrganizationAssignmentAssociation": self._post,
            "StaffEducationOrganizationEmploymentAssociation": self._employment,
            "StaffSchoolAssociation": self._staff_school, "StaffSectionAssociation": self._teaching,
            "Student": self._student, "StudentSchoolAssociation": self._student_school,
            "StudentEducationOrganizationAssociation": self._demographics,
            "StudentSectionAssociation": self._enrollment, "Contact": self._contact, "Parent": self._contact,
            "StudentContactAssociation": self._guardianship, "StudentParentAssociation": self._guardianship,
            "StudentSchoolAttendanceEvent": self._attendance, "StudentSectionAttendanceEvent": self._attendance,
            "SectionAttendanceTakenEvent": self._taken,
        }  # fmt: skip

    def file(self, name: str) -> None:
        """All records of one file."""
        count = 0
        for element, line in records(self.parcel.files[name], name):
            count += 1
            self.kinds[element.tag] += 1
            self.at = (name, line)
            if work := self.record.get(element.tag):
                work(element)
            else:
                self.not_kept[element.tag] += 1
                self._leave(name)
        self.reading.counts[name] = count

    def _leave(self, name: str, rows: int = 1) -> None:
        self.reading.unused[name] = self.reading.unused.get(name, 0) + rows

    def _add(self, table: str, **values: Any) -> Row:
        row = {"_file": self.at[0], "_line": self.at[1], **values}
        rows = self.rows[table]
        rows.append(row)
        if len(rows) >= MOST_ROWS and table in LONG:
            self._pack(table)
        return row

    def _pack(self, table: str) -> None:
        """Rows as a frame: a tenth of the memory. Only where nothing is tied to them at the end."""
        self.packed[table].append(_frame(self.rows[table], LONG[table]))
        self.rows[table].clear()

    # -- places ------------------------------------------------------------------------------------------------------

    def _district(self, e: Element) -> None:
        identifier = e.findtext("LocalEducationAgencyId")
        self._name(e, identifier)
        self._add(
            "orgs", sourced_id=identifier, name=e.findtext("NameOfInstitution"), kind="district", zip=zip_code(e)
        )

    def _school(self, e: Element) -> None:
        identifier = e.findtext("SchoolId")
        self._name(e, identifier)
        grades = [GRADES[g] for g in (word(g.text) for g in e.findall("GradeLevel")) if g in GRADES]
        above = e.find("LocalEducationAgencyReference")
        self._add(
            "orgs", sourced_id=identifier, name=e.findtext("NameOfInstitution"), kind="school", zip=zip_code(e),
            grade_low=min(grades, default=None), grade_high=max(grades, default=None),
            parent=None if above is None else above.findtext(".//LocalEducationAgencyId"),
            parent_ref=None if above is None else above.get("ref"),
        )  # fmt: skip

    def _name(self, e: Element, identifier: str | None) -> None:
        if (own := e.get("id")) and identifier:
            self.named[own] = identifier

    def _session(self, e: Element) -> None:
        school, year, name = e.findtext(".//SchoolId"), e.findtext("SchoolYear"), e.findtext("SessionName")
        identifier = key(school, year, name)
        self._add(
            "sessions", sourced_id=identifier, org=school, name=name, begins=e.findtext("BeginDate"),
            ends=e.findtext("EndDate"), kind=SESSION_KINDS.get(word(e.findtext("Term")), "term"),
        )  # fmt: skip
        for period in e.findall("GradingPeriodReference"):
            within = period.get("ref") or _period_key(period)
            if within and identifier:
                self.named[f"within:{within}"] = identifier

    def _grading_period(self, e: Element) -> None:
        school, year = e.findtext(".//SchoolId"), e.findtext("SchoolYear")
        name = e.findtext("GradingPeriodName") or word(e.findtext("GradingPeriod"))
        self._add(
            "sessions", sourced_id=key(school, year, "period", name), org=school, name=name, kind="gradingPeriod",
            begins=e.findtext("BeginDate"), ends=e.findtext("EndDate"), period_id=e.get("id") or _period_key(e),
        )  # fmt: skip

    def _calendar(self, e: Element) -> None:
        self._leave(self.at[0])  # it tells whose its dates are
        self.calendars[_calendar_key(e)] = word(e.findtext("CalendarType"))

    def _calendar_date(self, e: Element) -> None:
        school, date, calendar = e.findtext(".//SchoolId"), e.findtext("Date"), _calendar_key(e)
        for event in e.findall(".//CalendarEvent") or [Element("CalendarEvent")]:
            self._add("school_days", org=school, date=date, event=word(event.text), calendar=calendar)

    def _class_period(self, e: Element) -> None:
        school, name = e.findtext(".//SchoolId"), e.findtext("ClassPeriodName")
        self._name(e, name)
        for meeting in e.findall("MeetingTime") or [Element("MeetingTime")]:
            begins, ends = meeting.findtext("StartTime"), meeting.findtext("EndTime")
            self._add("class_periods", org=school, name=name, begins=begins, ends=ends)

    def _bell_schedule(self, e: Element) -> None:
        school, name = e.findtext("SchoolReference/SchoolIdentity/SchoolId"), e.findtext("BellScheduleName")
        begins, ends = e.findtext("StartTime"), e.findtext("EndTime")
        for period in e.findall("ClassPeriodReference") or [Element("ClassPeriodReference")]:
            rung = self._period_name(period)
            self._add("bell_schedules", org=school, name=name, period=rung, begins=begins, ends=ends)
        for each in e.findall("Date"):
            day_type = e.findtext("AlternateDayName")
            self._add("bell_dates", org=school, name=name, date=each.text, day_type=day_type)

    def _period_name(self, reference: Element) -> str | None:
        return reference.findtext(".//ClassPeriodName") or self.named.get(reference.get("ref") or "")

    # -- courses and sections ------------------------------------------------------------------------------------------

    def _course(self, e: Element) -> None:
        org, code = e.findtext("EducationOrganizationReference//EducationOrganizationId"), e.findtext("CourseCode")
        subject = word(e.findtext("AcademicSubject"))
        self._add("courses", sourced_id=key(org, code), org=org, name=e.findtext("CourseTitle"), subject=subject)

    def _offering(self, e: Element) -> None:
        self._leave(self.at[0])  # it ties a section to its course
        course = e.find("CourseReference")
        if course is not None:
            org = course.findtext(".//EducationOrganizationId")
            self.offered[offering(e)] = key(org, course.findtext(".//CourseCode"))

    def _section(self, e: Element) -> None:
        periods = [name for name in (self._period_name(p) for p in e.findall("ClassPeriodReference")) if name]
        self._add(
            "classes", sourced_id=section(e), offering=offering(e), session=session(e),
            org=e.findtext("CourseOfferingReference//CourseOfferingIdentity/SchoolReference//SchoolId"),
            name=e.findtext("SectionName"), periods=", ".join(periods), own_name=e.findtext("SectionIdentifier"),
            official=is_true(e, "OfficialAttendancePeriod"),
        )  # fmt: skip

    def _teaching(self, e: Element) -> None:
        self._add(
            "teaching", section=section(e), teacher=staff(e),
            primary=word(e.findtext("ClassroomPosition")) == "Teacher of Record",
            begins=e.findtext("BeginDate"), ends=e.findtext("EndDate"),
        )  # fmt: skip

    def _enrollment(self, e: Element) -> None:
        begins, ends = e.findtext("BeginDate"), e.findtext("EndDate")
        self._add("enrollments", section=section(e), student=student(e), begins=begins, ends=ends)

    # -- people --------------------------------------------------------------------------------------------------------

    def _person(self, e: Element, kind: str, prefix: str, identifier: str | None) -> Row:
        return self._add(
            "people", sourced_id=_prefixed(prefix, identifier), kind=kind,
            given_name=e.findtext("Name/FirstName"), family_name=e.findtext("Name/LastSurname"),
            email=email(e), phone=phone(e), zip=zip_code(e), language=language(e), identifiers=identifiers(e),
        )  # fmt: skip

    def _student(self, e: Element) -> None:
        row = self._person(e, "student", "student", e.findtext("StudentUniqueId"))
        row["born"] = e.findtext("BirthData/BirthDate")

    def _staff(self, e: Element) -> None:
        self._person(e, "staff", "staff", e.findtext("StaffUniqueId"))

    def _contact(self, e: Element) -> None:
        identifier = e.findtext("ContactUniqueId") or e.findtext("ParentUniqueId")
        row = self._person(e, "guardian", "contact", identifier)
        if own := e.get("id"):
            self.named[own] = row["sourced_id"] or ""

    def _student_school(self, e: Element) -> None:
        self._leave(self.at[0])  # it tells a student's school and grade
        school, who = e.findtext("SchoolReference//SchoolId"), student(e)
        if school and who:
            grade = GRADES.get(word(e.findtext("EntryGradeLevel")))
            told = {"org": school, "grade": grade, "begins": e.findtext("EntryDate") or ""}
            told["primary"] = e.findtext("PrimarySchool") != "false"
            told["open"] = not e.findtext("ExitWithdrawDate")
            self.schools[who].append(told)

    def _post(self, e: Element) -> None:
        who, org = staff(e), e.findtext("EducationOrganizationReference//EducationOrganizationId")
        if who and org:
            self.posts[who].append(org)
        role = ROLES.get(word(e.findtext("StaffClassification")))
        if role:
            begins, ends = e.findtext("BeginDate"), e.findtext("EndDate")
            self._add("roles", person=who, org=org, role=role, begins=begins, ends=ends)
        else:
            self._leave(self.at[0])

    def _employment(self, e: Element) -> None:
        self._leave(self.at[0])
        who, org = staff(e), e.findtext("EducationOrganizationReference//EducationOrganizationId")
        if who and org:
            self.posts[who].append(org)

    def _staff_school(self, e: Element) -> None:
        self._leave(self.at[0])
        who, org = staff(e), e.findtext("SchoolReference//SchoolId")
        if who and org:
            self.posts[who].insert(0, org)

    def _guardianship(self, e: Element) -> None:
        reference = e.find("ContactReference") if e.tag == "StudentContactAssociation" else e.find("ParentReference")
        who = None
        if reference is not None:
            own = reference.findtext(".//ContactUniqueId") or reference.findtext(".//ParentUniqueId")
            who = _prefixed("contact", own) or f"ref:{reference.get('ref')}"
        self._add(
            "guardianships", student=student(e), guardian=who, relation=word(e.findtext("Relation")),
            order=contact_order(e),
            may_contact=False if e.findtext("ContactRestrictions") else None,
        )  # fmt: skip

    def _demographics(self, e: Element) -> None:
        told = e.find("StudentDemographic")  # since version 6 within an element of its own
        told = e if told is None else told
        races = [RACES.get(word(race.text)) or "" for race in told.findall("Race")]
        learner = word(told.findtext("LimitedEnglishProficiency"))
        needs = [word(c.findtext("StudentCharacteristic")) for c in told.findall("StudentCharacteristic")]
        home = [
            word(language.findtext("Language"))
            for language in told.findall("Language")
            if any(word(use.text) in HOME_LANGUAGES for use in language.findall("LanguageUse"))
        ]
        self._add(
            "demographics", person=student(e), gender=GENDERS.get(word(told.findtext("Sex"))),
            race_ethnicity=race_of(races, is_true(told, "HispanicLatinoEthnicity")),
            english_learner=True if learner in LEARNER else False if learner in NOT_LEARNER else None,
            economically_disadvantaged=True if any(need in ECONOMIC for need in needs) else None,
            disability=True if told.find("Disability") is not None else None,
            home_language=language_code(home[0]) if home else None,
        )  # fmt: skip

    # -- attendance ----------------------------------------------------------------------------------------------------

    def _attendance(self, e: Element) -> None:
        event = e.find("AttendanceEvent")
        event = e if event is None else event
        of_section = e.tag == "StudentSectionAttendanceEvent"
        self._add(
            "attendance_events", student=student(e), section=section(e) if of_section else None,
            org=e.findtext(".//CourseOfferingIdentity//SchoolId" if of_section else "SchoolReference//SchoolId"),
            date=event.findtext("EventDate"), category=word(event.findtext("AttendanceEventCategory")),
            reason=event.findtext("AttendanceEventReason"), days=event.findtext("EventDuration"),
            arrived=e.findtext("ArrivalTime"),
        )  # fmt: skip

    def _taken(self, e: Element) -> None:
        self._add(
            "taken_events", section=section(e), org=e.findtext(".//CourseOfferingIdentity//SchoolId"),
            date=e.findtext(".//CalendarDateIdentity/Date") or e.findtext("EventDate"), staff=staff(e),
        )  # fmt: skip

    # -- the end -------------------------------------------------------------------------------------------------------

    def finish(self) -> EdFiReading:
        """Tie the rows together and type them."""
        self._tie_places()
        self._tie_people()
        for table in LONG:
            self._pack(table)
        for table in TABLES:
            if self.rows[table] or any(frame.height for frame in self.packed[table]):
                self._put(table)
        for name, schema in EXTRAS.items():
            extra = self.reading.extras[name] = _extra(self._texts(name, schema), schema)
            for file, count in extra.unique(["_file", "_line"]).group_by("_file").len().iter_rows():
                self._leave(file, count)
        self.reading.timetable = timetable(self.reading.extras)
        self._modes()
        self._notes()
        return self.reading

    def _tie_places(self) -> None:
        for org in self.rows["orgs"]:
            org["parent"] = org.get("parent") or self.named.get(org.get("parent_ref") or "")
        for period in self.rows["sessions"]:
            if period.get("period_id"):
                period["parent"] = self.named.get(f"within:{period['period_id']}")
        for day in self.rows["school_days"]:
            day["kind"] = self.calendars.get(day.pop("calendar"))
        titles = {course["sourced_id"]: course["name"] for course in self.rows["courses"]}
        for each in self.rows["classes"]:
            each["course"] = self.offered.get(each["offering"])
            title = titles.get(each["course"]) or ""
            each["name"] = each["name"] or title or each["own_name"]
            # Where the day's attendance is taken is the homeroom, whatever is taught there.
            each["kind"] = "homeroom" if each["official"] or "homeroom" in title.lower() else "scheduled"

    def _tie_people(self) -> None:
        districts = [org["sourced_id"] for org in self.rows["orgs"] if org["kind"] == "district"]
        only = districts[0] if len(districts) == 1 else None
        orgs: dict[str, str | None] = {}
        without = 0
        for person in self.rows["people"]:
            who = person["sourced_id"]
            if person["kind"] == "student":
                # The open one first, then the primary one, then the latest.
                told = sorted(self.schools.get(who, []), key=lambda s: (s["open"], s["primary"], s["begins"]))
                person["org"], person["grade"] = (told[-1]["org"], told[-1]["grade"]) if told else (only, None)
                without += not told
            elif person["kind"] == "staff":
                person["org"] = next(iter(self.posts.get(who, [])), only)
            orgs[who] = person.get("org")
        wards: dict[str, str | None] = {}
        ranks: dict[str, list[Row]] = defaultdict(list)
        for link in self.rows["guardianships"]:
            if (link["guardian"] or "").startswith("ref:"):
                link["guardian"] = self.named.get(link["guardian"][4:])
            wards.setdefault(link["guardian"], orgs.get(link["student"]) or only)
            ranks[link["student"]].append(link)
        for links in ranks.values():
            for rank, link in enumerate(sorted(links, key=lambda each: each["order"]), 1):
                link["rank"] = rank
        for person in self.rows["people"]:
            if person["kind"] == "guardian":
                person["org"] = wards.get(person["sourced_id"])
        self._quarantine_homeless(wards)
        if without:
            self.reading.notes.append(Note("StudentSchoolAssociation", NO_SCHOOL, (str(without),)))

    def _quarantine_homeless(self, wards: dict[str, str | None]) -> None:
        kept = []
        for person in self.rows["people"]:
            if person.get("org"):
                kept.append(person)
                continue
            stray = person["kind"] == "guardian" and person["sourced_id"] not in wards
            problem, remedy = (NO_WARD, ADD_LINK) if stray else (NO_DISTRICT, ADD_SCHOOL)
            self.reading.quarantined.append(
                Quarantined(person["_file"], person["_line"], "", "people", problem, remedy)
            )
        self.rows["people"] = kept

    def _put(self, table: str) -> None:
        kinds: dict[str, Any] = {"bool": pl.Boolean, "int": pl.Int32, "grade": pl.Int16}
        schema = {c.name: kinds.get(c.kind, pl.String) for c in TABLES[table].columns} | _WHERE
        frame = pl.concat(self.packed.pop(table)) if table in LONG else _frame(self.rows.pop(table), schema)
        good, refused = typed(table, frame)
        self.reading.add(table, good, refused)

    def _texts(self, name: str, schema: dict[str, Any]) -> pl.DataFrame:
        if name in LONG:
            return pl.concat(self.packed.pop(name))
        return _frame(self.rows[name], dict.fromkeys(schema, pl.String) | _WHERE)

    def _modes(self) -> None:
        """People are all there only when all three kinds are; other tables when their record is."""
        whole = all(any(self.kinds[k] for k in ks) for ks in (("Student",), ("Staff",), ("Contact", "Parent")))
        places = self.kinds["School"] and self.kinds["LocalEducationAgency"]
        for table in self.reading.tables:
            self.reading.modes[table] = "bulk"
        for table, complete in (("people", whole), ("orgs", places)):
            if table in self.reading.tables and not complete:
                self.reading.modes[table] = "delta"

    def _notes(self) -> None:
        say = self.reading.notes.append
        if self.kinds["Student"] and not self.kinds["StudentSectionAssociation"]:
            say(Note("StudentSectionAssociation", NO_ENROLLMENTS))
        if self.kinds["Student"] and not self.kinds["StudentEducationOrganizationAssociation"]:
            say(Note("StudentEducationOrganizationAssociation", NO_DEMOGRAPHICS))
        left = {"attendance_events", "taken_events"}
        if extras := [f"{name} {f.height}" for name, f in self.reading.extras.items() if name in left and f.height]:
            say(Note("Ed-Fi", EXTRA_ROWS, tuple(extras)))
        if self.not_kept:
            say(Note("Ed-Fi", NOT_KEPT, tuple(f"{kind} {n}" for kind, n in sorted(self.not_kept.items()))))


def _frame(rows: Iterable[Row], schema: dict[str, Any]) -> pl.DataFrame:
    columns = {name: [row.get(name) for row in rows] for name in schema}
    return pl.DataFrame(columns, schema=schema, strict=True)


def _extra(frame: pl.DataFrame, schema: dict[str, Any]) -> pl.DataFrame:
    """An extra table; a date that cannot be read is null, and the row stays."""
    return frame.with_columns(
        pl.col(name).str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False) if dtype == pl.Date
        else pl.col(name).cast(dtype, strict=False)
        for name, dtype in schema.items()
    )  # fmt: skip


def _calendar_key(e: Element) -> tuple[str | None, ...]:
    return e.findtext(".//CalendarCode"), e.findtext(".//SchoolId"), e.findtext(".//SchoolYear")


def _period_key(e: Element) -> str | None:
    school, year = e.findtext(".//SchoolId"), e.findtext(".//SchoolYear")
    return key(school, year, e.findtext(".//GradingPeriodName") or word(e.findtext(".//GradingPeriod")))


__all__ = ["EXTRAS", "SOURCE", "EdFiReading", "ExchangeError", "read", "recognises"]
