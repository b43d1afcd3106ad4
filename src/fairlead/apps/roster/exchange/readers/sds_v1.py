"""School Data Sync version 1: six files whose headers are words (`SIS ID`, `School SIS ID`), one row for each person."""

from __future__ import annotations

import polars as pl

from fairlead.apps.roster.exchange.canonical import Reading, Source
from fairlead.apps.roster.exchange.opening import Columns
from fairlead.apps.roster.exchange.parcel import Parcel
from fairlead.apps.roster.exchange.readers.shaping import put, renamed

_STATUS = ("Status",)
_PRIVATE = ("Username", "Password", "Secondary Email", "State ID", "Middle Name")
_COLUMNS = {
    "School.csv": Columns(
        ("SIS ID", "Name", "Grade Low", "Grade High", "Zip"), ("SIS ID", "Name"),
        ("School Number", "School NCES_ID", "State ID", "Principal SIS ID", "Principal Name",
         "Principal Secondary Email", "Address", "City", "State", "Country", "Phone", "Zone"),
    ),
    "Student.csv": Columns(
        ("SIS ID", "School SIS ID", "First Name", "Last Name", "Grade", "Birthdate", "Student Number"),
        ("SIS ID", "School SIS ID"), (*_PRIVATE, *_STATUS, "Graduation Year", "ExternalId", "Mailing Address"),
    ),
    "Teacher.csv": Columns(
        ("SIS ID", "School SIS ID", "First Name", "Last Name", "Teacher Number"), ("SIS ID", "School SIS ID"),
        (*_PRIVATE, *_STATUS, "Title", "Qualification", "ExternalId"),
    ),
    "Section.csv": Columns(
        ("SIS ID", "School SIS ID", "Section Name", "Term SIS ID", "Term Name", "Term StartDate", "Term EndDate",
         "Course SIS ID", "Course Name", "Course Subject", "Periods"),
        ("SIS ID", "School SIS ID", "Section Name"), ("Section Number", "Course Number", "Course Description", *_STATUS),
    ),
    "StudentEnrollment.csv": Columns(("Section SIS ID", "SIS ID"), ("Section SIS ID", "SIS ID")),
    "TeacherRoster.csv": Columns(("Section SIS ID", "SIS ID"), ("Section SIS ID", "SIS ID")),
}  # fmt: skip


def recognises(parcel: Parcel) -> bool:
    """The three files that version 1 always has."""
    student = parcel.find("Student.csv")
    return bool(
        student and parcel.find("School.csv") and parcel.find("Teacher.csv") and "SIS ID" in parcel.header(student)
    )


def read(parcel: Parcel, source: Source) -> Reading:
    """The six files as canonical tables."""
    reading = Reading(source, system="microsoft-school-data-sync")
    frames = {name: _frame(parcel, name) for name in _COLUMNS}

    def into(
        table: str, frame: pl.DataFrame, spoken: dict[str, str], dates: tuple[str, ...] = (), **fixed: str
    ) -> None:
        shaped = renamed(frame, {}).with_columns(
            *(frame[header].alias(canonical) for canonical, header in spoken.items()),
            *(pl.lit(value).alias(canonical) for canonical, value in fixed.items()),
        )
        put(reading, table, shaped, spoken, parcel.dates, dates)

    into(
        "orgs", frames["School.csv"],
        {"sourced_id": "SIS ID", "name": "Name", "grade_low": "Grade Low", "grade_high": "Grade High", "zip": "Zip"},
        kind="school",
    )  # fmt: skip
    sections = frames["Section.csv"]
    # Terms and courses stand in each section's row: the first row that names one is its row.
    terms = sections.filter(pl.col("Term SIS ID").is_not_null()).unique(
        "Term SIS ID", keep="first", maintain_order=True
    )
    into(
        "sessions", terms,
        {"sourced_id": "Term SIS ID", "name": "Term Name", "begins": "Term StartDate", "ends": "Term EndDate"},
        ("begins", "ends"), kind="term",
    )  # fmt: skip
    courses = sections.filter(pl.col("Course SIS ID").is_not_null()).unique(
        "Course SIS ID", keep="first", maintain_order=True
    )
    into(
        "courses", courses,
        {"sourced_id": "Course SIS ID", "org": "School SIS ID", "name": "Course Name", "subject": "Course Subject"},
    )  # fmt: skip
    into(
        "classes", sections,
        {"sourced_id": "SIS ID", "org": "School SIS ID", "name": "Section Name", "session": "Term SIS ID",
         "course": "Course SIS ID", "periods": "Periods"},
        kind="scheduled",
    )  # fmt: skip
    person = {"sourced_id": "SIS ID", "org": "School SIS ID", "given_name": "First Name", "family_name": "Last Name"}
    into(
        "people", frames["Student.csv"], person | {"grade": "Grade", "born": "Birthdate"}, ("born",), kind="student"
    )  # fmt: skip
    into("people", frames["Teacher.csv"], person, kind="staff")
    into("roles", frames["Teacher.csv"], {"person": "SIS ID", "org": "School SIS ID"}, role="teacher")
    into("enrollments", frames["StudentEnrollment.csv"], {"section": "Section SIS ID", "student": "SIS ID"})
    taught = frames["TeacherRoster.csv"].with_columns(
        (pl.col("_line") == pl.col("_line").min().over("Section SIS ID")).cast(pl.String).alias("first")
    )
    into("teaching", taught, {"section": "Section SIS ID", "teacher": "SIS ID", "primary": "first"})
    parcel.account(reading)
    return reading


def _frame(parcel: Parcel, name: str) -> pl.DataFrame:
    own, columns = parcel.find(name), _COLUMNS[name]
    frame = parcel.frame(own, columns) if own else pl.DataFrame(schema={"_file": pl.String, "_line": pl.Int64})
    return frame.with_columns(
        *(pl.lit(None, pl.String).alias(c) for c in columns.known if c not in frame.columns),
        *(pl.col(c).str.strip_chars() for c in columns.known if c in frame.columns),
    )
