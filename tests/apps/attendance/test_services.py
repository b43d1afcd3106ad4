"""Rolls submitted and amended, reminders, calls: bad input leaves everything as it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection

from fairlead import clock
from fairlead.apps.attendance import selectors, services
from fairlead.apps.attendance.models import AttendanceMark, FamilyContact, Reminder, Roll
from fairlead.site.clock import held
from tests.conftest import as_owner, use_app_login

ABSENT, PRESENT = "absent", "present"


def enrolled(roll_id: int) -> list[int]:
    with as_owner():
        return list(Roll.objects.get(pk=roll_id).section.enrollments.values_list("student_id", flat=True))


def state() -> tuple[Any, ...]:
    """Everything that a roll's submission may touch."""
    with as_owner():
        return (
            list(Roll.objects.order_by("pk").values_list()),
            list(AttendanceMark.objects.order_by("pk").values_list()),
            FamilyContact.objects.count(),
            Reminder.objects.count(),
        )


def test_submit(roll: int, seeded: Any, scope_of: Any) -> None:
    students = enrolled(roll)
    receipt = services.submit_roll(scope_of("amara"), roll, dict.fromkeys(students, PRESENT) | {students[0]: ABSENT})
    saved = Roll.objects.get(pk=roll)
    assert (receipt.amended, receipt.changed, receipt.at) == (False, len(students), seeded.moment)
    assert (saved.submitted_at, saved.submitted_by_id, saved.source) == (
        seeded.moment,
        seeded.person["amara"],
        "desk",
    )
    assert saved.amended_at is None
    assert set(saved.marks.values_list("student_id", flat=True)) == set(students)
    assert list(saved.marks.filter(status=ABSENT).values_list("student_id", flat=True)) == [students[0]]


def test_a_second_submission_amends_and_keeps_the_first(roll: int, school: int, seeded: Any, scope_of: Any) -> None:
    students, scope = enrolled(roll), scope_of("amara")
    all_present = dict.fromkeys(students, PRESENT)
    services.submit_roll(scope, roll, all_present | {students[0]: ABSENT})
    later = seeded.moment + timedelta(minutes=9)
    with held(later):
        receipt = services.submit_roll(scope, roll, all_present | {students[1]: ABSENT})
    saved = Roll.objects.get(pk=roll)
    assert (receipt.amended, receipt.changed) == (True, 2)
    assert saved.submitted_at == seeded.moment, "the time first received decides timeliness"
    assert (saved.amended_at, saved.amended_by_id) == (later, seeded.person["amara"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT student_id, status FROM attendance_attendancemarkevent WHERE roll_id = %s", [roll])
        assert set(cursor.fetchall()) == {(students[0], ABSENT), (students[1], PRESENT)}
    shown = selectors.this_morning(scope_of("luis"), school, later).amendments
    assert {(a.was, a.now) for a in shown} == {(ABSENT, PRESENT), (PRESENT, ABSENT)}
    assert {a.by for a in shown} == {"Amara Okafor"}
    assert selectors.this_morning(scope_of("luis"), school, seeded.moment).amendments == ()


def test_the_same_marks_again_amend_nothing(roll: int, scope_of: Any) -> None:
    marks = dict.fromkeys(enrolled(roll), PRESENT)
    scope = scope_of("amara")
    services.submit_roll(scope, roll, marks)
    before = state()
    assert services.submit_roll(scope, roll, marks).changed == 0
    assert state() == before


def test_a_mark_set_to_present_loses_its_explanation_but_history_has_it(roll: int, scope_of: Any) -> None:
    students = enrolled(roll)
    marks = dict.fromkeys(students, PRESENT)
    services.submit_roll(scope_of("amara"), roll, marks | {students[0]: ABSENT})
    mark = AttendanceMark.objects.get(roll_id=roll, student_id=students[0])
    services.explain_absence(scope_of("luis"), mark.pk, "excused", "Bus was late")
    services.submit_roll(scope_of("amara"), roll, marks)
    mark.refresh_from_db()
    assert (mark.status, mark.reason, mark.explanation, mark.explained_at) == (PRESENT, "", "", None)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT explanation FROM attendance_attendancemarkevent WHERE pgh_obj_id = %s ORDER BY pgh_id", [mark.pk]
        )
        assert [row[0] for row in cursor.fetchall()] == ["", "Bus was late"]


def _without_one(students: list[int]) -> dict[int, str]:
    return dict.fromkeys(students[1:], PRESENT)


@pytest.mark.parametrize(
    ("marks", "error"),
    [
        (lambda s: {}, services.Incomplete),
        (_without_one, services.Incomplete),
        (lambda s: dict.fromkeys(s, "late"), services.AttendanceError),
        (lambda s: dict.fromkeys(s, ""), services.AttendanceError),
        (lambda s: dict.fromkeys([*s, 999_999], PRESENT), services.AttendanceError),
    ],
    ids=["nobody marked", "one missing", "an unknown mark", "an empty mark", "a stranger on the list"],
)
def test_what_is_refused_changes_nothing(roll: int, scope_of: Any, marks: Any, error: type[Exception]) -> None:
    students, scope, before = enrolled(roll), scope_of("amara"), state()
    with pytest.raises(error) as raised:
        services.submit_roll(scope, roll, marks(students))
    assert str(raised.value)
    assert state() == before
    if error is services.Incomplete:
        assert set(raised.value.missing) == set(students) - set(marks(students))


@pytest.mark.parametrize("key", ["luis", "grace", "owen", "ines"])
def test_only_one_s_own_roll(roll: int, scope_of: Any, key: str) -> None:
    students, before = enrolled(roll), state()
    with pytest.raises(services.NotThere):
        services.submit_roll(scope_of(key), roll, dict.fromkeys(students, PRESENT))
    assert state() == before


def test_not_before_its_day(roll: int, seeded: Any, scope_of: Any) -> None:
    students, scope = enrolled(roll), scope_of("amara")
    with held(seeded.moment - timedelta(days=1)), pytest.raises(services.AttendanceError, match="2026-11-19"):
        services.submit_roll(scope, roll, dict.fromkeys(students, PRESENT))


def test_opening_a_day_twice_changes_nothing(seeded: Any, scope_of: Any) -> None:
    scope_of("amara")  # her login sees one school; the day is opened for all
    tomorrow = seeded.today + timedelta(days=1)
    by_period = int((seeded.section_school == 3).sum())  # six rolls each
    assert services.ensure_rolls(seeded.network_id, tomorrow) == seeded.teachers + 5 * by_period
    assert services.ensure_rolls(seeded.network_id, tomorrow) == 0
    with as_owner():
        assert Roll.objects.filter(date=tomorrow, period__isnull=False).count() == 6 * by_period
        Roll.objects.filter(date=tomorrow, period__isnull=False).delete()
        rolls = Roll.objects.filter(date=tomorrow)
        assert rolls.count() == seeded.teachers - by_period
        assert {r.due_at.isoformat() for r in rolls} == {"2026-11-20T14:15:00+00:00"}  # 9:15 in New York
        assert {r.submitted_at for r in rolls} == {None}


def test_no_roll_where_school_does_not_meet(seeded: Any) -> None:
    saturday = seeded.today + timedelta(days=2)
    assert saturday.weekday() == 5
    assert services.ensure_rolls(seeded.network_id, saturday) == 0


def test_no_roll_for_a_section_without_students(roll: int, seeded: Any) -> None:
    section = Roll.objects.get(pk=roll).section
    section.enrollments.update(ends=seeded.today)
    tomorrow = seeded.today + timedelta(days=1)
    assert services.ensure_rolls(seeded.network_id, tomorrow) > 0
    assert not Roll.objects.filter(date=tomorrow, section=section).exists()
    assert Roll.objects.filter(date=tomorrow, organization=section.organization_id).exists()


def test_a_reminder_is_kept_and_mailed_once(missing_roll: int, seeded: Any, scope_of: Any) -> None:
    from fairlead.apps.attendance.tasks import email_reminder

    with as_owner():
        teacher = Roll.objects.get(pk=missing_roll).section.teacher
        type(teacher).objects.filter(pk=teacher.pk).update(email="t@demo.fairlead.example")
        Reminder.objects.all().delete()
        connection.cursor().execute("DELETE FROM procrastinate_jobs")
    scope = scope_of("luis")
    first = services.send_reminder(scope, missing_roll)
    assert services.send_reminder(scope, missing_roll).pk == first.pk, "a second tap is no second reminder"
    with held(seeded.moment + timedelta(minutes=6)):
        assert services.send_reminder(scope, missing_roll).pk != first.pk
    assert (first.channel, first.sent_at, first.sent_by_id) == ("email", seeded.moment, seeded.person["luis"])
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT task_name, args->>'reminder_id' FROM procrastinate_jobs ORDER BY id")
        jobs = cursor.fetchall()
    assert jobs[0] == ("attendance.email_reminder", str(first.pk))
    assert len(jobs) == 2
    email_reminder(reminder_id=first.pk)
    assert [m.to for m in mail.outbox] == [["t@demo.fairlead.example"]]
    assert "9:15" in mail.outbox[0].body


def test_the_worker_s_login_can_send_it(missing_roll: int, scope_of: Any) -> None:
    from fairlead.apps.attendance.tasks import email_reminder

    with as_owner():
        teacher = Roll.objects.get(pk=missing_roll).section.teacher
        type(teacher).objects.filter(pk=teacher.pk).update(email="t@demo.fairlead.example", language="es")
    reminder = services.send_reminder(scope_of("luis"), missing_roll)
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute("SET LOCAL ROLE fairlead_worker")
    email_reminder(reminder_id=reminder.pk)
    assert len(mail.outbox) == 1
    with as_owner():
        Roll.objects.filter(pk=missing_roll).update(submitted_at=clock.now())
    email_reminder(reminder_id=reminder.pk)
    assert len(mail.outbox) == 1, "the roll came while the reminder waited"


def test_a_teacher_without_e_mail_is_reminded_on_the_page(missing_roll: int, seeded: Any, scope_of: Any) -> None:
    with as_owner():
        teacher = Roll.objects.get(pk=missing_roll).section.teacher
        type(teacher).objects.filter(pk=teacher.pk).update(email="")
    with held(seeded.moment + timedelta(hours=1)):
        assert services.send_reminder(scope_of("luis"), missing_roll).channel == "in_app"


def test_no_reminder_for_a_roll_that_has_come(roll: int, scope_of: Any) -> None:
    services.submit_roll(scope_of("amara"), roll, dict.fromkeys(enrolled(roll), PRESENT))
    scope, before = scope_of("luis"), state()
    with pytest.raises(services.AttendanceError, match="has come"):
        services.send_reminder(scope, roll)
    assert state() == before


def test_a_call_is_logged_once(absence: int, seeded: Any, scope_of: Any) -> None:
    with as_owner():
        mark = AttendanceMark.objects.get(pk=absence)
        guardian = mark.student.guardianships.order_by("rank")[0].guardian_id
        mark.student.guardianships.update(may_contact=True)
    scope = scope_of("luis")
    contact = services.log_contact(scope, absence, "no_answer", guardian_id=guardian)
    assert (contact.student_id, contact.date, contact.at) == (mark.student_id, seeded.today, seeded.moment)
    assert (contact.by_id, contact.guardian_id, contact.outcome) == (seeded.person["luis"], guardian, "no_answer")
    assert services.log_contact(scope, absence, "no_answer", guardian_id=guardian).pk == contact.pk
    assert services.log_contact(scope, absence, "reached", guardian_id=guardian).pk != contact.pk


@pytest.mark.parametrize(
    ("outcome", "more"),
    [
        ("", {}),
        ("explained", {}),
        ("shouted", {}),
        ("other_way", {"note": "  "}),
        ("reached", {"note": "x" * 301}),
        ("reached", {"guardian_id": 1}),
    ],
    ids=["none", "explained has its own act", "unknown", "done another way, but how", "long note", "not a guardian"],
)
def test_a_call_that_cannot_be_logged(absence: int, scope_of: Any, outcome: str, more: dict[str, Any]) -> None:
    scope, before = scope_of("luis"), state()
    with pytest.raises(services.AttendanceError):
        services.log_contact(scope, absence, outcome, **more)
    assert state() == before


def test_nobody_calls_a_guardian_who_may_not_be_contacted(absence: int, scope_of: Any) -> None:
    with as_owner():
        tie = AttendanceMark.objects.get(pk=absence).student.guardianships.order_by("rank")[0]
        type(tie).objects.filter(pk=tie.pk).update(may_contact=False)
    scope, before = scope_of("luis"), state()
    with pytest.raises(services.AttendanceError, match="may not be contacted"):
        services.log_contact(scope, absence, "reached", guardian_id=tie.guardian_id)
    assert state() == before


def test_done_another_way_needs_to_say_how(absence: int, scope_of: Any) -> None:
    contact = services.log_contact(scope_of("luis"), absence, "other_way", note="Met the mother at the gate")
    assert (contact.outcome, contact.note) == ("other_way", "Met the mother at the gate")


def test_explaining_counts_as_a_contact(absence: int, seeded: Any, scope_of: Any) -> None:
    scope = scope_of("luis")
    mark = services.explain_absence(scope, absence, "excused", " Fever ")
    assert (mark.reason, mark.explanation) == ("excused", "Fever")
    assert (mark.explained_at, mark.explained_by_id) == (seeded.moment, seeded.person["luis"])
    assert FamilyContact.objects.filter(student_id=mark.student_id, date=mark.date, outcome="explained").count() == 1
    before = state()
    services.explain_absence(scope, absence, "excused", "Fever")
    assert state() == before


def test_only_an_absence_can_be_explained(absence: int, scope_of: Any) -> None:
    with as_owner():
        AttendanceMark.objects.filter(pk=absence).update(status=PRESENT, reason="")
    scope, before = scope_of("luis"), state()
    with pytest.raises(services.AttendanceError, match="present in the meantime"):
        services.explain_absence(scope, absence, "excused", "")
    with pytest.raises(services.AttendanceError, match="present in the meantime"):
        services.log_contact(scope, absence, "reached")
    assert state() == before


@pytest.mark.parametrize("key", ["amara", "owen", "dana", "marcus", "ines"])
def test_calls_and_reminders_are_the_office_s_own(absence: int, missing_roll: int, scope_of: Any, key: str) -> None:
    before = state()
    scope = scope_of(key)
    for act in (
        lambda: services.log_contact(scope, absence, "reached"),
        lambda: services.explain_absence(scope, absence, "excused", ""),
        lambda: services.send_reminder(scope, missing_roll),
    ):
        with pytest.raises(services.NotThere):
            act()
    assert state() == before


def test_an_absence_at_another_school_is_not_there(elsewhere: int, scope_of: Any) -> None:
    with pytest.raises(services.NotThere):
        services.log_contact(scope_of("luis"), elsewhere, "reached")


def test_walls(elsewhere: int, seeded: Any, scope_of: Any) -> None:
    """A query without any filter, by one school's office, finds nothing foreign; nor can a foreign row be written."""
    scope_of("luis")
    own = {int(seeded.school_ids[0])}
    for model in (Roll, AttendanceMark, FamilyContact, Reminder):
        assert set(model.objects.values_list("organization_id", flat=True)) == own, model
    assert AttendanceMark.objects.filter(pk=elsewhere).update(status=PRESENT) == 0
    with as_owner():
        AttendanceMark.objects.filter(pk=elsewhere).update(reason="unexcused")
    for table in ("attendancemark", "roll", "familycontact"):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT DISTINCT organization_id FROM attendance_{table}event")
            assert {row[0] for row in cursor.fetchall()} <= own, table


def test_nothing_without_a_scope(seeded: Any) -> None:
    use_app_login()
    for model in (Roll, AttendanceMark, FamilyContact, Reminder):
        assert model.objects.count() == 0, model
