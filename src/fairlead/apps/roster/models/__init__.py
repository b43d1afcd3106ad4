"""The roster's tables. Every row about a person carries its organization, for the wall behind it."""

from fairlead.apps.roster.models.imports import (
    ImportChange,
    ImportRefusedRow,
    ImportRun,
    ImportUpload,
    KnownAs,
)
from fairlead.apps.roster.models.organizations import AcademicSession, Organization, SchoolDay
from fairlead.apps.roster.models.people import Demographics, Guardianship, Person, PersonIdentifier, Role
from fairlead.apps.roster.models.teaching import Course, Enrollment, Section, Teaching
from fairlead.apps.roster.models.timetable import (
    BellSchedule,
    BellTime,
    CalendarDay,
    Period,
    RollMode,
    RollPolicy,
    SectionMeeting,
)

__all__ = [
    "AcademicSession",
    "BellSchedule",
    "BellTime",
    "CalendarDay",
    "Course",
    "Demographics",
    "Enrollment",
    "Guardianship",
    "ImportChange",
    "ImportRefusedRow",
    "ImportRun",
    "ImportUpload",
    "KnownAs",
    "Organization",
    "Period",
    "Person",
    "PersonIdentifier",
    "Role",
    "RollMode",
    "RollPolicy",
    "SchoolDay",
    "Section",
    "SectionMeeting",
    "Teaching",
]
