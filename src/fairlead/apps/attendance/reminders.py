"""Reminders that Fairlead sends by itself at the deadline, once a roll, and what became of a reminder's e-mail."""

from __future__ import annotations

import smtplib
from datetime import datetime

from django.db import connection, transaction
from procrastinate.contrib.django import app as jobs

from fairlead.apps.attendance.family_services import Recipient
from fairlead.apps.attendance.models import FamilyLink, Reminder
from fairlead.apps.attendance.services import EMAIL_REMINDER

# A worker that comes back late does not remind of a morning that is over.
STILL_USEFUL = "2 hours"

# One index range of (organization, date) for each school; the constraint makes it once, however many workers ask.
_REMIND = """
INSERT INTO attendance_reminder (roll_id, organization_id, sent_at, channel, automatic, email_state, email_error)
SELECT r.id, r.organization_id, %(now)s, CASE WHEN t.email <> '' THEN 'email' ELSE 'in_app' END, true,
       CASE WHEN t.email <> '' THEN 'waiting' ELSE '' END, ''
FROM roster_organization o
JOIN attendance_roll r ON r.organization_id = o.id AND r.date = (%(now)s AT TIME ZONE o.time_zone)::date
JOIN roster_section s ON s.id = r.section_id
JOIN roster_person t ON t.id = s.teacher_id
LEFT JOIN attendance_familysettings f ON f.organization_id = o.id
WHERE o.kind = 'school' AND r.due_at <= %(now)s AND r.due_at > %(now)s - %(useful)s::interval
  AND (r.submitted_at IS NULL OR r.submitted_at > %(now)s) AND coalesce(f.remind_at_deadline, true)
  AND NOT EXISTS (SELECT FROM attendance_reminder a WHERE a.roll_id = r.id AND a.automatic)
ORDER BY r.id
ON CONFLICT DO NOTHING
RETURNING id, channel
"""


@transaction.atomic
def remind_overdue(now: datetime) -> int:
    """Remind of every roll whose deadline has passed, at schools that have not switched it off. Says how many."""
    with connection.cursor() as cursor:
        cursor.execute(_REMIND, {"now": now, "useful": STILL_USEFUL})
        made = cursor.fetchall()
    for reminder_id, channel in made:
        if channel == Reminder.Channel.EMAIL:
            jobs.configure_task(EMAIL_REMINDER).defer(reminder_id=reminder_id)
    return len(made)


def became(reminder_id: int, state: str, now: datetime, error: str = "") -> None:
    """Keep what became of a reminder's e-mail."""
    Reminder.objects.filter(pk=reminder_id).update(email_state=state, email_at=now, email_error=error[:200])


def problem_of(error: Exception) -> tuple[bool, str]:
    """Whether the address itself was refused (then another try is useless), and the problem without the address."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = sorted({str(code) for code, _ in error.recipients.values()})
        return True, "SMTPRecipientsRefused " + ", ".join(codes)
    if isinstance(error, smtplib.SMTPResponseException):
        return False, f"{type(error).__name__} {error.smtp_code}"
    return False, type(error).__name__


# Absences that nobody explained or asked about, with the first guardian who may be written to; not before a school
# had twenty minutes to hear from the family itself.
_TO_WRITE = """
SELECT DISTINCT ON (m.student_id) m.id, g.id, g.name, g.phone, g.email, g.language
FROM attendance_familysettings f
JOIN roster_organization o ON o.id = f.organization_id
JOIN attendance_attendancemark m ON m.organization_id = o.id AND m.date = (%(now)s AT TIME ZONE o.time_zone)::date
JOIN attendance_roll r ON r.id = m.roll_id AND r.submitted_at <= %(now)s - interval '20 minutes'
CROSS JOIN LATERAL (
    SELECT p.id, p.given_name || ' ' || p.family_name AS name, p.phone, p.email, p.language
    FROM roster_guardianship g JOIN roster_person p ON p.id = g.guardian_id
    WHERE g.student_id = m.student_id AND g.may_contact AND p.email <> '' ORDER BY g.rank, g.id LIMIT 1
) g
LEFT JOIN roster_rollpolicy share ON share.organization_id = o.id
CROSS JOIN LATERAL (
    SELECT count(*) AS submitted, count(*) FILTER (WHERE h.status = 'absent') AS absent
    FROM attendance_attendancemark h JOIN attendance_roll k ON k.id = h.roll_id
    WHERE h.student_id = m.student_id AND h.date = m.date AND k.submitted_at <= %(now)s
) today
WHERE f.message_families AND m.status = 'absent' AND m.explained_at IS NULL
  AND attendance_absent_day(today.absent, today.submitted, coalesce(share.absent_share, 0.5))
  AND NOT EXISTS (SELECT FROM attendance_familylink l WHERE l.student_id = m.student_id AND l.date = m.date)
  AND NOT EXISTS (SELECT FROM attendance_familycontact c WHERE c.student_id = m.student_id AND c.date = m.date)
ORDER BY m.student_id, m.id
"""


def families_to_write(now: datetime) -> list[tuple[int, Recipient]]:
    """Absences (by their mark) and the guardian to write to, at schools that switched the message on."""
    with connection.cursor() as cursor:
        cursor.execute(_TO_WRITE, {"now": now})
        return [(int(mark), Recipient(*guardian)) for mark, *guardian in cursor.fetchall()]


def link_became(link_id: int, sent: str) -> None:
    """Keep what became of the e-mail with a link."""
    FamilyLink.objects.filter(pk=link_id).update(sent=sent)
