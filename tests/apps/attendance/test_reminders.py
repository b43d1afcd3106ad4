"""Reminders at the deadline, once; and what became of each e-mail, also when it failed."""

from __future__ import annotations

import smtplib
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection

from fairlead.apps.attendance import families, family_services, reminders, services
from fairlead.apps.attendance.models import AttendanceMark, FamilyLink, Reminder, Roll
from fairlead.apps.attendance.tasks import email_reminder, write_to_families
from fairlead.apps.roster.models import Period
from fairlead.site.clock import held
from tests.conftest import as_owner


def as_worker() -> None:
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute("SET LOCAL ROLE fairlead_worker")


def overdue(seeded: Any) -> set[int]:
    window = (seeded.moment - timedelta(hours=2), seeded.moment)
    rows = Roll.objects.filter(date=seeded.today, submitted_at=None, due_at__range=window)
    return set(rows.values_list("pk", flat=True))


def automatic() -> set[int]:
    with as_owner():
        return set(Reminder.objects.filter(automatic=True).values_list("roll_id", flat=True))


@pytest.fixture
def none_yet(seeded: Any) -> None:
    Reminder.objects.all().delete()


def test_at_the_deadline_every_missing_roll_is_reminded_of_once(seeded: Any, none_yet: None) -> None:
    missing = overdue(seeded)
    as_worker()
    assert reminders.remind_overdue(seeded.moment) == len(missing) > 0
    assert reminders.remind_overdue(seeded.moment) == 0, "once"
    assert automatic() == missing
    with as_owner():
        made = Reminder.objects.filter(automatic=True)[0]
        assert (made.sent_by_id, made.sent_at, made.by_name) == (None, seeded.moment, "Fairlead")


def test_not_before_the_deadline_and_not_long_after_it(seeded: Any, none_yet: None) -> None:
    Roll.objects.filter(date=seeded.today).update(due_at=seeded.moment)
    assert reminders.remind_overdue(seeded.moment - timedelta(minutes=1)) == 0
    assert reminders.remind_overdue(seeded.moment + timedelta(hours=2)) == 0
    assert reminders.remind_overdue(seeded.moment + timedelta(minutes=119)) > 0


def test_a_school_can_switch_it_off(seeded: Any, school: int, scope_of: Any, none_yet: None) -> None:
    own = set(Roll.objects.filter(pk__in=overdue(seeded), organization_id=school).values_list("pk", flat=True))
    missing = overdue(seeded)
    assert own
    family_services.choose(scope_of("grace"), school, remind_at_deadline=False, message_families=False, link_days=7)
    as_worker()
    reminders.remind_overdue(seeded.moment)
    assert automatic() == missing - own


def test_its_e_mail_waits_in_the_queue(seeded: Any, missing_roll: int, none_yet: None) -> None:
    teacher = Roll.objects.get(pk=missing_roll).section.teacher
    type(teacher).objects.filter(pk=teacher.pk).update(email="t@demo.fairlead.example")
    connection.cursor().execute("DELETE FROM procrastinate_jobs")
    reminders.remind_overdue(seeded.moment)
    made = Reminder.objects.get(roll_id=missing_roll)
    assert (made.channel, made.email_state) == ("email", "waiting")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT args->>'reminder_id' FROM procrastinate_jobs WHERE task_name = 'attendance.email_reminder'"
        )
        assert str(made.pk) in {row[0] for row in cursor.fetchall()}


def one(seeded: Any, missing_roll: int, scope_of: Any, language: str = "en") -> Reminder:
    with as_owner():
        Reminder.objects.all().delete()
        teacher = Roll.objects.get(pk=missing_roll).section.teacher
        type(teacher).objects.filter(pk=teacher.pk).update(email="t@demo.fairlead.example", language=language)
    return services.send_reminder(scope_of("luis"), missing_roll)


def state(reminder: Reminder) -> tuple[Any, ...]:
    with as_owner():
        reminder.refresh_from_db()
    return reminder.email_state, reminder.email_error


@pytest.mark.parametrize(
    ("error", "raised", "kept"),
    [
        (
            smtplib.SMTPRecipientsRefused({"t@demo.fairlead.example": (550, b"no such user t@demo")}),
            False,
            ("bounced", "SMTPRecipientsRefused 550"),
        ),
        (smtplib.SMTPServerDisconnected("gone"), True, ("failed", "SMTPServerDisconnected")),
        (smtplib.SMTPDataError(451, b"later"), True, ("failed", "SMTPDataError 451")),
        (ConnectionRefusedError(111, "refused"), True, ("failed", "ConnectionRefusedError")),
    ],
    ids=["the address is refused", "server gone", "server says later", "no server"],
)
def test_a_failure_is_kept_and_not_silent(
    seeded: Any,
    missing_roll: int,
    school: int,
    scope_of: Any,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    raised: bool,
    kept: tuple[str, str],
) -> None:
    reminder = one(seeded, missing_roll, scope_of)

    def fail(*_: Any, **__: Any) -> int:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr("fairlead.apps.attendance.tasks.send_mail", fail)
        as_worker()
        if raised:  # for the queue, which tries again
            with pytest.raises(type(error)):
                email_reminder(reminder_id=reminder.pk)
        else:
            email_reminder(reminder_id=reminder.pk)
    assert state(reminder) == kept
    assert "@" not in reminder.email_error, "no address in the error"
    (shown,) = families.reminders(scope_of("luis"), school, seeded.today, seeded.today, seeded.moment)
    assert (shown.failed, shown.email_error) == (True, kept[1])
    as_worker()
    email_reminder(reminder_id=reminder.pk)
    assert state(reminder) == ("sent", ""), "another try that worked"


def test_in_the_teacher_s_language(seeded: Any, missing_roll: int, scope_of: Any) -> None:
    reminder = one(seeded, missing_roll, scope_of, "es")
    email_reminder(reminder_id=reminder.pk)
    assert "Buenos días" in mail.outbox[0].body
    assert "Good morning" not in mail.outbox[0].body


def test_the_roll_came_first(seeded: Any, missing_roll: int, scope_of: Any) -> None:
    reminder = one(seeded, missing_roll, scope_of)
    with as_owner():
        Roll.objects.filter(pk=missing_roll).update(submitted_at=seeded.moment)
    email_reminder(reminder_id=reminder.pk)
    assert (state(reminder), mail.outbox) == (("not_needed", ""), [])


def test_history_says_whether_the_roll_came_and_when(
    seeded: Any, missing_roll: int, school: int, scope_of: Any
) -> None:
    reminder = one(seeded, missing_roll, scope_of)
    with as_owner():
        Roll.objects.filter(pk=missing_roll).update(submitted_at=seeded.moment + timedelta(minutes=12, seconds=40))
    scope = scope_of("luis")
    (now,) = families.reminders(scope, school, seeded.today, seeded.today, seeded.moment)
    assert (now.submitted_at, now.minutes_until_it_came, now.by) == (None, None, "Luis Ortega")
    later = seeded.moment + timedelta(hours=1)
    (then,) = families.reminders(scope, school, seeded.today, seeded.today, later)
    assert then.minutes_until_it_came == 12
    assert families.summary([then]) == families.Summary(1, 1, 12)
    assert families.summary([now]) == families.Summary(1, 0, None)
    assert families.reminders(scope_of("owen"), school, seeded.today, seeded.today, later) == []
    assert reminder.roll_id == missing_roll


def switch_on(seeded: Any, school: int, scope_of: Any, absence: int) -> AttendanceMark:
    """The message to families is on, and the first guardian of the unexplained absence has an address."""
    family_services.choose(scope_of("grace"), school, remind_at_deadline=True, message_families=True, link_days=3)
    with as_owner():
        mark = AttendanceMark.objects.select_related("roll").get(pk=absence)
        Roll.objects.filter(pk=mark.roll_id).update(submitted_at=seeded.moment - timedelta(minutes=30))
        tie = mark.student.guardianships.order_by("rank")[0]
        mark.student.guardianships.filter(pk=tie.pk).update(may_contact=True)
        type(tie.guardian).objects.filter(pk=tie.guardian_id).update(email="g@demo.fairlead.example", language="es")
    return mark


def test_families_are_written_to_where_the_school_wants_it(
    seeded: Any, school: int, absence: int, scope_of: Any, settings: Any
) -> None:
    settings.PUBLIC_ADDRESS = "https://fairlead.example.org"
    mark = switch_on(seeded, school, scope_of, absence)
    as_worker()
    with held(seeded.moment):
        write_to_families(0)
        write_to_families(0)
    (message,) = mail.outbox
    assert message.to == ["g@demo.fairlead.example"]
    assert "https://fairlead.example.org/f/" in message.body
    assert "Díganos por qué" in message.body
    with as_owner():
        (link,) = FamilyLink.objects.filter(student_id=mark.student_id, date=mark.date)
        assert (link.sent, link.made_by_id, link.expires_at) == ("email", None, seeded.moment + timedelta(days=3))
        assert link.token_hash not in message.body


def test_by_default_no_family_is_written_to(seeded: Any, absence: int, scope_of: Any, settings: Any) -> None:
    settings.PUBLIC_ADDRESS = "https://fairlead.example.org"
    as_worker()
    with held(seeded.moment):
        write_to_families(0)
    assert mail.outbox == []


def test_nor_without_a_public_address(seeded: Any, school: int, absence: int, scope_of: Any, settings: Any) -> None:
    settings.PUBLIC_ADDRESS = ""
    switch_on(seeded, school, scope_of, absence)
    as_worker()
    with held(seeded.moment):
        write_to_families(0)
    assert mail.outbox == []


def test_nor_a_guardian_who_may_not_be_contacted(
    seeded: Any, school: int, absence: int, scope_of: Any, settings: Any
) -> None:
    settings.PUBLIC_ADDRESS = "https://fairlead.example.org"
    mark = switch_on(seeded, school, scope_of, absence)
    with as_owner():
        mark.student.guardianships.update(may_contact=False)
    as_worker()
    with held(seeded.moment):
        write_to_families(0)
    assert mail.outbox == []


def test_nor_for_one_period_missed_of_three(
    seeded: Any, school: int, absence: int, scope_of: Any, settings: Any
) -> None:
    settings.PUBLIC_ADDRESS = "https://fairlead.example.org"
    mark = switch_on(seeded, school, scope_of, absence)
    with as_owner():
        first = mark.roll
        for number in (2, 3):
            period = Period.objects.create(organization_id=school, name=f"P{number}", position=number)
            roll = Roll.objects.create(
                organization_id=school, section_id=first.section_id, date=first.date, period=period,
                due_at=first.due_at, submitted_at=first.submitted_at,
            )  # fmt: skip
            AttendanceMark.objects.create(
                roll=roll, student_id=mark.student_id, organization_id=school, date=mark.date, status="present"
            )
    as_worker()
    with held(seeded.moment):
        write_to_families(0)
    assert mail.outbox == []
