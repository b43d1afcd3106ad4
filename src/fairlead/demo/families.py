"""Reminders that went out by themselves in the last two weeks, one e-mail that failed, two answers through a family's link."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
from django.db import connection

from fairlead.demo.world import World

# Where the roll had not come by the round of the task that follows its deadline, up to this morning at 9:31.
_REMINDERS = """
INSERT INTO attendance_reminder (roll_id, organization_id, sent_at, channel, automatic, email_state, email_at)
SELECT r.id, r.organization_id, r.due_at + interval '2 minutes',
       CASE WHEN t.email <> '' THEN 'email' ELSE 'in_app' END, true,
       CASE WHEN t.email <> '' THEN 'sent' ELSE '' END,
       CASE WHEN t.email <> '' THEN r.due_at + interval '130 seconds' END
FROM attendance_roll r
JOIN roster_section s ON s.id = r.section_id
JOIN roster_person t ON t.id = s.teacher_id
WHERE r.date >= %(first)s AND r.due_at + interval '2 minutes' <= %(moment)s
  AND (r.submitted_at IS NULL OR r.submitted_at > r.due_at + interval '2 minutes')
ORDER BY r.id
"""
_ONE_FAILED = """
UPDATE attendance_reminder SET channel = 'email', email_state = 'bounced', email_at = sent_at + interval '10 seconds',
       email_error = 'SMTPRecipientsRefused 550'
WHERE id = (
    SELECT max(m.id) FROM attendance_reminder m JOIN attendance_roll r ON r.id = m.roll_id
    WHERE m.automatic AND m.organization_id = %(school)s AND r.date <= %(last)s
)
"""
# The latest two absences before today at Harbor Point that nobody has explained, with somebody who may be contacted.
_LINKS = """
WITH absence AS (
    SELECT m.student_id, m.organization_id, m.date, r.due_at, g.guardian_id, g.language,
           row_number() OVER (ORDER BY m.date DESC, m.id) AS n
    FROM attendance_attendancemark m
    JOIN attendance_roll r ON r.id = m.roll_id
    CROSS JOIN LATERAL (
        SELECT t.guardian_id, p.language FROM roster_guardianship t JOIN roster_person p ON p.id = t.guardian_id
        WHERE t.student_id = m.student_id AND t.may_contact ORDER BY t.rank LIMIT 1
    ) g
    WHERE m.organization_id = %(school)s AND m.status = 'absent' AND m.reason = '' AND m.explained_at IS NULL
      AND m.date BETWEEN %(first)s AND %(last)s
    ORDER BY m.date DESC, m.id LIMIT 2
),
link AS (
    INSERT INTO attendance_familylink (student_id, guardian_id, organization_id, date, language, token_hash, made_at,
                                       made_by_id, sent, expires_at, used_at)
    SELECT student_id, guardian_id, organization_id, date, language, 'invented-' || n, due_at + interval '1 hour',
           %(luis)s, 'by_hand', due_at + interval '169 hours', due_at + interval '2 hours' FROM absence
    RETURNING id, student_id, guardian_id, organization_id, date, used_at, token_hash
)
INSERT INTO attendance_familyanswer (link_id, student_id, guardian_id, organization_id, date, at, reason, words)
SELECT id, student_id, guardian_id, organization_id, date, used_at,
       CASE token_hash WHEN 'invented-1' THEN 'appointment' ELSE 'emergency' END,
       CASE token_hash WHEN 'invented-1' THEN '' ELSE 'We had to travel to my mother in the night.' END
FROM link
"""


def build(world: World, rng: np.random.Generator) -> None:
    """Fill what the pages about families show beside calls. No number is drawn: it follows from rolls and absences."""
    values: dict[str, Any] = {
        "first": world.today - timedelta(days=14),
        "last": world.today - timedelta(days=1),
        "moment": world.moment,
        "school": int(world.school_ids[0]),
        "luis": world.person["luis"],
    }
    with connection.cursor() as cursor:
        for statement in (_REMINDERS, _ONE_FAILED, _LINKS):
            cursor.execute(statement, values)
