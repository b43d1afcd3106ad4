"""Work that waits in the queue: opening the day, reminders at the deadline, e-mails to teachers and families."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import send_mail
from django.db import connection
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from fairlead import clock
from fairlead.apps.attendance import family_services, family_words, reminders
from fairlead.apps.attendance.models import AttendanceMark, FamilyLink, Reminder
from fairlead.apps.attendance.services import EMAIL_REMINDER, AttendanceError


@app.task(name=EMAIL_REMINDER, retry=RetryStrategy(max_attempts=6, exponential_wait=4), pass_context=False)
def email_reminder(reminder_id: int) -> None:
    """Send one reminder by e-mail, unless the roll has come while it waited. What became of it is kept, also a failure.

    A refused address is not tried again; any other failure is, and the office sees it meanwhile.
    """
    reminder = (
        Reminder.objects.select_related("roll__section__teacher", "organization", "sent_by")
        .filter(pk=reminder_id)
        .first()
    )
    if reminder is None:
        return
    if reminder.roll.submitted_at is not None:
        reminders.became(reminder_id, Reminder.Email.NOT_NEEDED, clock.now())
        return
    subject, body = _words(reminder)
    try:
        send_mail(subject, body, None, [reminder.roll.section.teacher.email])
    except Exception as error:
        refused, problem = reminders.problem_of(error)
        state = Reminder.Email.BOUNCED if refused else Reminder.Email.FAILED
        reminders.became(reminder_id, state, clock.now(), problem)
        if not refused:
            raise
    else:
        reminders.became(reminder_id, Reminder.Email.SENT, clock.now())


def _words(reminder: Reminder) -> tuple[str, str]:
    """Subject and body, in the teacher's language."""
    roll, teacher = reminder.roll, reminder.roll.section.teacher
    with translation.override(teacher.language or "en"):
        words = {
            "name": teacher.given_name,
            "section": roll.section.name,
            "school": reminder.organization.name,
            "due": formats.time_format(timezone.localtime(roll.due_at), "TIME_FORMAT"),
            "by": reminder.by_name,
        }
        subject = _("The roll of %(section)s has not come yet") % words
        body = (
            _(
                "Good morning, %(name)s,\n\n"
                "the roll of %(section)s at %(school)s was due at %(due)s and has not come. Until it does, nobody can tell who of your "
                "students is absent, and no family is called.\n\n"
                "Please take it on your Fairlead page.\n\n%(by)s"
            )
            % words
        )
    return subject, body


@app.periodic(cron="5 5 * * *")
@app.task(name="attendance.open_the_day", queueing_lock="attendance.open_the_day")
def open_the_day(timestamp: int) -> None:
    """Each early morning: expect a roll from every section that meets today, in every network."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attendance_open_day(id, %s) FROM roster_organization WHERE kind = 'network'", [clock.today()]
        )


@app.periodic(cron="*/5 * * * *")
@app.task(name="attendance.remind_at_the_deadline", queueing_lock="attendance.remind_at_the_deadline")
def remind_at_the_deadline(timestamp: int) -> None:
    """Every five minutes: remind once of each roll that has just become overdue."""
    reminders.remind_overdue(clock.now())


@app.periodic(cron="*/10 * * * *")
@app.task(name="attendance.write_to_families", queueing_lock="attendance.write_to_families")
def write_to_families(timestamp: int) -> None:
    """Every ten minutes, for schools that switched it on: send a link about an absence that nobody has explained.

    The link is made and sent here in one go, since its token is kept nowhere, not even in the queue.
    """
    if not settings.PUBLIC_ADDRESS:
        return
    for mark_id, to in reminders.families_to_write(clock.now()):
        mark = AttendanceMark.objects.select_related("student", "organization").get(pk=mark_id)
        try:
            link = family_services.new_link(mark, to, made_by=None)
        except AttendanceError:  # as many links as a day may have
            continue
        send_link(link, mark.organization.name, settings.PUBLIC_ADDRESS + reverse("family:link", args=[link.token]))


def message_with(link: family_services.NewLink, school: str, address: str) -> family_words.Message:
    """What the guardian of a link is sent with it, by whatever way."""
    return family_words.message(
        guardian=link.guardian,
        student=link.student,
        school=school,
        day=link.date,
        expires_at=link.expires_at,
        address=address,
        language=link.language,
    )


def send_link(link: family_services.NewLink, school: str, address: str) -> str:
    """Send a link by e-mail; keeps and says what became of it."""
    text = message_with(link, school, address)
    try:
        send_mail(text.subject, text.body, None, [link.email])
    except Exception as error:
        state = FamilyLink.Sent.BOUNCED if reminders.problem_of(error)[0] else FamilyLink.Sent.FAILED
    else:
        state = FamilyLink.Sent.EMAIL
    reminders.link_became(link.link_id, state)
    return str(state)
