"""Writing attendance: rolls submitted and amended, reminders, calls, explanations. Each in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from procrastinate.contrib.django import app as jobs

from fairlead import clock
from fairlead.apps.access.asking import change, find
from fairlead.apps.access.scope import Scope
from fairlead.apps.attendance.models import AttendanceMark, CallClaim, FamilyContact, Reminder, Roll
from fairlead.apps.roster import selectors as roster

# A second reminder or the same outcome within this time is a second tap, not a second act.
AGAIN = timedelta(minutes=5)
EMAIL_REMINDER = "attendance.email_reminder"


class AttendanceError(Exception):
    """Nothing was changed; the message says why and what to do, `code` the same for machines."""

    def __init__(self, message: str, code: str = "refused") -> None:
        self.code = code
        super().__init__(message)


class NotThere(AttendanceError):
    """There is no such thing for this person: absent and denied look alike."""


class Incomplete(AttendanceError):
    """A roll without a mark for everyone; `missing` are the students without one."""

    def __init__(self, missing: list[int]) -> None:
        self.missing = missing
        super().__init__(
            ngettext(
                "%(n)s student has no mark yet. Mark everyone, then submit.",
                "%(n)s students have no mark yet. Mark everyone, then submit.",
                len(missing),
            )
            % {"n": len(missing)},
            "incomplete",
        )


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a submission did."""

    roll_id: int
    at: datetime
    amended: bool
    changed: int


def ensure_rolls(network_id: int, day: date) -> int:
    """Open a day: a roll for each section of the network that meets. Says how many were new; twice changes nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT attendance_open_day(%s, %s)", [network_id, day])
        return int(cursor.fetchone()[0])


def open_day(organization_id: int, day: date) -> int:
    """`ensure_rolls` for the network above a school: for a page that finds no rolls, should the worker be late."""
    return ensure_rolls(roster.network_of(organization_id).pk, day)


@transaction.atomic
def submit_roll(scope: Scope, roll_id: int, marks: Mapping[int, str]) -> Receipt:
    """Submit one's own roll: a mark for everyone enrolled. A second submission amends, and the history keeps the first."""
    roll = lock_own_roll(scope, roll_id)
    check_roll(scope, roll, marks)
    return write_roll(scope, roll, marks)


def lock_own_roll(scope: Scope, roll_id: int) -> Roll:
    """The asking teacher's own roll, held until the transaction ends: two submissions of it wait for each other."""
    rolls = find(Roll, _OWN, roll=roll_id, person=scope.person_id, orgs=sorted(scope.org_ids))
    if not rolls:
        raise NotThere(_("There is no such roll."))
    return rolls[0]


_OWN = """
JOIN roster_section s ON s.id = t.section_id
WHERE t.id = %(roll)s AND s.teacher_id = %(person)s AND t.organization_id = ANY (%(orgs)s)
FOR UPDATE OF t
"""


def check_roll(scope: Scope, roll: Roll, marks: Mapping[int, str]) -> None:
    """Refuse what may not be written on this roll: another day's, a stranger's mark, an unknown mark, a missing one."""
    if roll.date > clock.today():
        raise AttendanceError(
            _("This roll is for %(date)s. It can be submitted on that day.") % {"date": roll.date.isoformat()},
            "not_yet",
        )
    enrolled = roster.enrolled(scope, roll.section_id, roll.date)
    if set(marks) - set(enrolled):
        raise AttendanceError(
            _(
                "The class list has changed: a student you marked is no longer enrolled. Check the list and submit again."
            ),
            "class_list",
        )
    wrong = sorted({str(m) for m in marks.values()} - set(AttendanceMark.Status.values))
    if wrong:
        raise AttendanceError(_("A mark is present or absent, not %(got)s.") % {"got": repr(wrong[0][:20])}, "mark")
    missing = [pk for pk in enrolled if pk not in marks]
    if missing:
        raise Incomplete(missing)


@dataclass(frozen=True, slots=True)
class Way:
    """The way by which marks came; through whose link, and when they were taken, if not when they were received."""

    source: str = Roll.Source.DESK
    substitute_id: int | None = None
    taken_at: datetime | None = None


HERE = Way()


def write_roll(scope: Scope, roll: Roll, marks: Mapping[int, str], way: Way = HERE) -> Receipt:
    """Write a checked submission on a locked roll, in two statements however many marks there are."""
    now = clock.now()
    changed = _write_marks(roll, marks)
    first = roll.submitted_at is None or roll.submitted_at > now
    by_id = scope.person_id or None  # a substitute has no record as a person
    fields = []
    if first:
        roll.submitted_at, roll.submitted_by_id, roll.source = now, by_id, way.source
        roll.taken_at = way.taken_at
        fields = ["submitted_at", "submitted_by_id", "source", "taken_at"]
    elif changed:
        roll.amended_at, roll.amended_by_id, roll.amended_source = now, by_id, way.source
        fields = ["amended_at", "amended_by_id", "amended_source"]
    if fields and way.substitute_id is not None:
        roll.substitute_id = way.substitute_id
        fields.append("substitute_id")
    if fields:
        told = ", ".join(f"{field} = %({field})s" for field in fields)
        values = {field: getattr(roll, field) for field in fields}
        change(f"UPDATE attendance_roll SET {told} WHERE id = %(roll)s", roll=roll.pk, **values)  # noqa: S608  (ours)
    return Receipt(roll.pk, now, amended=not first, changed=changed)


# A mark set to present loses its explanation (the history has it); a mark that says the same stays untouched.
_MARKS = """
INSERT INTO attendance_attendancemark AS m
       (roll_id, student_id, organization_id, date, status, reason, explanation)
SELECT %(roll)s, student, %(organization)s, %(date)s, status, '', ''
FROM unnest(%(students)s::bigint[], %(statuses)s::text[]) AS taken (student, status)
ON CONFLICT (roll_id, student_id) DO UPDATE
SET status = excluded.status, reason = '', explanation = '', explained_at = NULL, explained_by_id = NULL
WHERE m.status <> excluded.status
"""


def _write_marks(roll: Roll, marks: Mapping[int, str]) -> int:
    """Write new marks and change those that differ, in one statement; how many that were."""
    students = sorted(marks)
    whose = {"roll": roll.pk, "organization": roll.organization_id, "date": roll.date}
    return change(_MARKS, **whose, students=students, statuses=[marks[pk] for pk in students])


def at_office(scope: Scope, organization_id: int) -> bool:
    """Whether the asking person works in this school's office, or leads it."""
    return scope.has("office", "principal", organization_id=organization_id)


@transaction.atomic
def send_reminder(scope: Scope, roll_id: int) -> Reminder:
    """Ask the teacher for a missing roll: on their page, and by e-mail when they have one.

    A second tap within five minutes gives back the first reminder.
    """
    now = clock.now()
    roll = (
        Roll.objects.select_for_update(of=("self",))
        .select_related("section__teacher")
        .filter(pk=roll_id, organization_id__in=scope.org_ids)
        .first()
    )
    if roll is None or not at_office(scope, roll.organization_id):
        raise NotThere(_("There is no such roll."))
    if roll.submitted_at is not None and roll.submitted_at <= now:
        raise AttendanceError(_("This roll has come in the meantime. No reminder was sent."))
    last = (
        roll.reminders.filter(automatic=False, sent_at__gt=now - AGAIN, sent_at__lte=now).order_by("sent_at").last()
    )
    if last is not None:
        return last
    by_email = bool(roll.section.teacher.email)
    reminder = Reminder.objects.create(
        roll=roll,
        organization_id=roll.organization_id,
        sent_at=now,
        sent_by_id=scope.person_id,
        channel=Reminder.Channel.EMAIL if by_email else Reminder.Channel.IN_APP,
        email_state=Reminder.Email.WAITING if by_email else "",
    )
    if by_email:
        # By name, since tasks stand above services; in this transaction: no reminder, no e-mail.
        jobs.configure_task(EMAIL_REMINDER).defer(reminder_id=reminder.pk)
    return reminder


def absence_of(scope: Scope, mark_id: int) -> AttendanceMark:
    mark = (
        AttendanceMark.objects.select_for_update(of=("self",))
        .select_related("student")
        .filter(pk=mark_id, organization_id__in=scope.org_ids)
        .first()
    )
    if mark is None or not at_office(scope, mark.organization_id):
        raise NotThere(_("There is no such absence."))
    if mark.status != AttendanceMark.Status.ABSENT:
        raise AttendanceError(_("%(name)s has been marked present in the meantime.") % {"name": mark.student.name})
    return mark


@dataclass(frozen=True, slots=True)
class How:
    """How a family was reached, beyond who and with what outcome. Two taps leave it as it is here."""

    channel: str = FamilyContact.Channel.PHONE
    language: str = ""
    interpreter: bool = False
    return_on: date | None = None


@transaction.atomic
def log_contact(
    scope: Scope,
    mark_id: int,
    outcome: str,
    *,
    guardian_id: int | None = None,
    note: str = "",
    how: How = How(),
) -> FamilyContact:
    """Log a try to reach the family of an absent student. The same outcome twice within five minutes is one."""
    mark = absence_of(scope, mark_id)
    if outcome not in FamilyContact.Outcome.values or outcome == FamilyContact.Outcome.EXPLAINED:
        raise AttendanceError(_("Choose how the call went."))
    note = note.strip()
    if outcome == FamilyContact.Outcome.OTHER_WAY and not note:
        raise AttendanceError(_("Say in the note how it was done."))
    if how.channel not in FamilyContact.Channel.values or how.channel == FamilyContact.Channel.LINK:
        raise AttendanceError(_("Choose how the family was contacted."))
    if how.channel == FamilyContact.Channel.OTHER and not note:
        raise AttendanceError(_("Say in the note how it was done."))
    if how.return_on is not None and how.return_on <= mark.date:
        raise AttendanceError(_("The day of return must come after the absence."))
    return _contact(scope, mark, outcome, guardian_id, note, how)


def _contact(
    scope: Scope, mark: AttendanceMark, outcome: str, guardian_id: int | None, note: str, how: How
) -> FamilyContact:
    if len(note) > 300:
        raise AttendanceError(_("A note has at most 300 characters; this one has %(n)s.") % {"n": len(note)})
    phone = ""
    if guardian_id is not None:
        open_to_call = roster.guardianships(scope, [mark.student_id]).filter(may_contact=True)
        tie = open_to_call.filter(guardian_id=guardian_id).first()
        if tie is None:
            raise AttendanceError(_("This person may not be contacted about %(name)s.") % {"name": mark.student.name})
        if outcome == FamilyContact.Outcome.WRONG_NUMBER:
            phone = tie.guardian.phone
    now = clock.now()
    values: dict[str, Any] = {
        "student_id": mark.student_id,
        "organization_id": mark.organization_id,
        "date": mark.date,
        "by_id": scope.person_id,
        "guardian_id": guardian_id,
        "outcome": outcome,
        "note": note,
        "channel": how.channel,
        "language": how.language[:8],
        "interpreter": how.interpreter,
        "return_on": how.return_on,
        "phone": phone,
    }
    CallClaim.objects.filter(student_id=mark.student_id, date=mark.date).delete()
    before = FamilyContact.objects.filter(**values, at__gt=now - AGAIN, at__lte=now).first()
    return before or FamilyContact.objects.create(**values, at=now)


@transaction.atomic
def explain_absence(
    scope: Scope,
    mark_id: int,
    reason: str,
    explanation: str,
    *,
    guardian_id: int | None = None,
    how: How = How(),
) -> AttendanceMark:
    """Write down what the family said. It counts as a contact, and the absence is an alarm no longer."""
    mark = absence_of(scope, mark_id)
    if reason not in AttendanceMark.Reason.values:
        raise AttendanceError(_("Choose whether the absence is excused."))
    explanation = explanation.strip()
    if mark.explained_at is not None and (mark.reason, mark.explanation) == (reason, explanation):
        return mark
    _contact(scope, mark, FamilyContact.Outcome.EXPLAINED, guardian_id, explanation, how)
    mark.reason, mark.explanation = reason, explanation
    mark.explained_at, mark.explained_by_id = clock.now(), scope.person_id
    mark.save(update_fields=["reason", "explanation", "explained_at", "explained_by"])
    return mark
