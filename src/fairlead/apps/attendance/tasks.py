"""Work that waits in the queue: the reminder's e-mail, and opening the day before anybody arrives."""

from __future__ import annotations

from django.core.mail import send_mail
from django.db import connection
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from fairlead import clock
from fairlead.apps.attendance.models import Reminder
from fairlead.apps.attendance.services import EMAIL_REMINDER


@app.task(name=EMAIL_REMINDER, retry=RetryStrategy(max_attempts=6, exponential_wait=4), pass_context=False)
def email_reminder(reminder_id: int) -> None:
    """Send one reminder by e-mail, unless the roll has come while it waited."""
    reminder = (
        Reminder.objects.select_related("roll__section__teacher", "organization", "sent_by")
        .filter(pk=reminder_id)
        .first()
    )
    if reminder is None or reminder.roll.submitted_at is not None:
        return
    roll, teacher = reminder.roll, reminder.roll.section.teacher
    with translation.override(teacher.language or "en"):
        words = {
            "name": teacher.given_name,
            "section": roll.section.name,
            "school": reminder.organization.name,
            "due": formats.time_format(timezone.localtime(roll.due_at), "TIME_FORMAT"),
            "by": reminder.sent_by.name,
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
    send_mail(subject, body, None, [teacher.email])


@app.periodic(cron="5 5 * * *")
@app.task(name="attendance.open_the_day", queueing_lock="attendance.open_the_day")
def open_the_day(timestamp: int) -> None:
    """Each early morning: expect a roll from every section that meets today, in every network."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attendance_open_day(id, %s) FROM roster_organization WHERE kind = 'network'", [clock.today()]
        )
