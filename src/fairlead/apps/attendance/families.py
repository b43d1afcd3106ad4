"""Reading about families: reminders and what became of them, claims, doubtful numbers, links, answers, one student."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from statistics import median
from typing import Any

from fairlead.apps.access.asking import fetch
from fairlead.apps.access.scope import Scope
from fairlead.apps.attendance.models import FamilyAnswer, FamilyContact, FamilyLink, Reminder
from fairlead.apps.attendance.selectors import AbsentStudent
from fairlead.apps.roster import selectors as roster

CHANNELS, EMAILS = dict(Reminder.Channel.choices), dict(Reminder.Email.choices)
OUTCOMES, WAYS = dict(FamilyContact.Outcome.choices), dict(FamilyContact.Channel.choices)


@dataclass(frozen=True, slots=True)
class Sent:
    """One reminder, and whether its roll came after it."""

    date: date
    section: str
    teacher: str
    due_at: datetime
    submitted_at: datetime | None
    at: datetime
    by: str
    automatic: bool
    channel: str
    email_state: str
    email_error: str

    @property
    def channel_label(self) -> str:
        return str(CHANNELS[self.channel])

    @property
    def email_label(self) -> str:
        return str(EMAILS.get(self.email_state, ""))

    @property
    def failed(self) -> bool:
        return self.email_state in (Reminder.Email.FAILED, Reminder.Email.BOUNCED)

    @property
    def minutes_until_it_came(self) -> int | None:
        """Whole minutes from the reminder to the roll; None when it has not come, or came before."""
        if self.submitted_at is None or self.submitted_at < self.at:
            return None
        return int((self.submitted_at - self.at).total_seconds() // 60)


_SENT = """
SELECT r.date, s.name, t.given_name || ' ' || t.family_name, r.due_at,
       CASE WHEN r.submitted_at <= %(now)s THEN r.submitted_at END, m.sent_at,
       coalesce(b.given_name || ' ' || b.family_name, ''), m.automatic, m.channel,
       CASE WHEN m.email_at <= %(now)s OR m.email_at IS NULL THEN m.email_state ELSE 'waiting' END, m.email_error
FROM attendance_reminder m
JOIN attendance_roll r ON r.id = m.roll_id
JOIN roster_section s ON s.id = r.section_id
JOIN roster_person t ON t.id = s.teacher_id
LEFT JOIN roster_person b ON b.id = m.sent_by_id
WHERE m.organization_id = %(school)s AND %(school)s = ANY (%(orgs)s)
  AND r.date BETWEEN %(first)s AND %(last)s AND m.sent_at <= %(now)s
ORDER BY r.date DESC, s.name, m.sent_at
"""


def reminders(scope: Scope, organization_id: int, first: date, last: date, now: datetime) -> list[Sent]:
    """Every reminder of a school's rolls of these days, the latest day first."""
    values = {"school": organization_id, "orgs": sorted(scope.org_ids), "first": first, "last": last, "now": now}
    return [Sent(*row) for row in fetch(_SENT, **values)]


@dataclass(frozen=True, slots=True)
class Claim:
    """Who is calling a family now, and until when that holds."""

    by_id: int
    by: str
    until: datetime


def claims(scope: Scope, organization_id: int, day: date, now: datetime) -> dict[int, Claim]:
    """Families that somebody is calling now, by student."""
    values = {"school": organization_id, "orgs": sorted(scope.org_ids), "day": day, "now": now}
    return {student: Claim(*claim) for student, *claim in fetch(_CLAIMS, **values)}


_CLAIMS = """
SELECT c.student_id, p.id, p.given_name || ' ' || p.family_name, c.until
FROM attendance_callclaim c JOIN roster_person p ON p.id = c.by_id
WHERE c.organization_id = %(school)s AND %(school)s = ANY (%(orgs)s) AND c.date = %(day)s AND c.until > %(now)s
"""


# The last outcome with that guardian decides, and only about the number that they still have.
_DOUBTFUL = """
SELECT DISTINCT ON (c.guardian_id) c.guardian_id, c.outcome, c.phone = p.phone, c.date
FROM attendance_familycontact c JOIN roster_person p ON p.id = c.guardian_id
WHERE c.guardian_id = ANY (%(guardians)s) AND c.organization_id = ANY (%(orgs)s) AND c.at <= %(now)s
  AND c.channel IN ('phone', 'text') AND c.outcome IN ('reached', 'explained', 'wrong_number')
ORDER BY c.guardian_id, c.at DESC, c.id DESC
"""


def doubtful_numbers(scope: Scope, guardian_ids: list[int], now: datetime) -> dict[int, date]:
    """Guardians whose number was wrong the last time, with that day.

    The doubt ends when somebody reaches them by it, or when the number on record changes.
    """
    if not guardian_ids:
        return {}
    rows = fetch(_DOUBTFUL, guardians=guardian_ids, orgs=sorted(scope.org_ids), now=now)
    return {guardian: day for guardian, outcome, same, day in rows if outcome == "wrong_number" and same}


@dataclass(frozen=True, slots=True)
class Standing:
    """What puts a student above the next one in the list: the first thing in which they differ."""

    by: str
    mine: Any
    next: Any


def standing(this: AbsentStudent, below: AbsentStudent | None) -> Standing | None:
    """Why `this` stands above `below`, in the published order; None for the last of the list."""
    if below is None:
        return None
    pairs: tuple[tuple[str, Any, Any], ...] = (
        ("not_tried", not this.calls, not below.calls),
        ("unexcused", this.unexcused, below.unexcused),
        ("days_in_a_row", this.days_in_a_row, below.days_in_a_row),
        ("risk", this.risk, below.risk),
        ("younger", this.born, below.born),
    )
    for by, mine, other in pairs:
        if mine != other:
            return Standing(by, mine, other)
    return Standing("name", None, None)


@dataclass(frozen=True, slots=True)
class Link:
    """One link, without its token."""

    link_id: int
    guardian: str
    made_at: datetime
    made_by: str
    sent_label: str
    sent_failed: bool
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None
    is_open: bool


def links(scope: Scope, student_id: int, day: date, now: datetime) -> list[Link]:
    """Links that were made for one student's absence."""
    rows = (
        FamilyLink.objects.filter(student_id=student_id, date=day, organization__in=scope.org_ids, made_at__lte=now)
        .select_related("guardian", "made_by")
        .order_by("made_at", "id")
    )
    return [
        Link(
            link_id=row.pk,
            guardian=row.guardian.name,
            made_at=row.made_at,
            made_by=row.made_by.name if row.made_by else "Fairlead",
            sent_label=str(row.get_sent_display()),
            sent_failed=row.sent in (FamilyLink.Sent.FAILED, FamilyLink.Sent.BOUNCED),
            expires_at=row.expires_at,
            used_at=row.used_at,
            revoked_at=row.revoked_at,
            is_open=row.used_at is None and row.revoked_at is None and row.expires_at > now,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a family wrote through a link."""

    answer_id: int
    student_id: int
    student: str
    guardian: str
    date: date
    at: datetime
    reason_label: str
    words: str
    decision: str
    decision_label: str
    decided_at: datetime | None
    decided_by: str


def answers(
    scope: Scope, organization_id: int, now: datetime, *, student_id: int | None = None, waiting: bool = False
) -> list[Answer]:
    """Answers of families at one school, the latest first; `waiting`: those without a decision, the oldest first."""
    rows = FamilyAnswer.objects.filter(
        organization_id=organization_id, organization__in=scope.org_ids, at__lte=now
    ).select_related("student", "guardian", "decided_by")
    if student_id is not None:
        rows = rows.filter(student_id=student_id)
    rows = rows.filter(decision="").order_by("at", "id") if waiting else rows.order_by("-at", "-id")
    return [
        Answer(
            answer_id=row.pk,
            student_id=row.student_id,
            student=row.student.name,
            guardian=row.guardian.name,
            date=row.date,
            at=row.at,
            reason_label=str(row.get_reason_display()),
            words=row.words,
            decision=row.decision,
            decision_label=str(row.get_decision_display()) if row.decision else "",
            decided_at=row.decided_at,
            decided_by=row.decided_by.name if row.decided_by else "",
        )
        for row in rows[:200]
    ]


@dataclass(frozen=True, slots=True)
class Absence:
    """One absence of one student, for the page on which a contact is written down."""

    mark_id: int
    student_id: int
    name: str
    section: str
    organization_id: int
    date: date
    status: str
    reason: str
    explanation: str
    explained_at: datetime | None


_ABSENCE = """
SELECT m.id, m.student_id, p.given_name || ' ' || p.family_name, s.name, m.organization_id, m.date, m.status,
       m.reason, m.explanation, m.explained_at
FROM attendance_attendancemark m
JOIN attendance_roll r ON r.id = m.roll_id
JOIN roster_section s ON s.id = r.section_id
JOIN roster_person p ON p.id = m.student_id
WHERE m.id = %(mark)s AND m.organization_id = ANY (%(orgs)s)
"""


def absence(scope: Scope, mark_id: int) -> Absence | None:
    """One mark with its student; None when there is none for this person."""
    rows = fetch(_ABSENCE, mark=mark_id, orgs=sorted(scope.org_ids))
    return Absence(*rows[0]) if rows else None


@dataclass(frozen=True, slots=True)
class Guardian:
    """Somebody of the family, also one who may not be contacted (then without a number)."""

    person_id: int
    name: str
    relation: str
    phone: str
    email: str
    language: str
    may_contact: bool
    doubtful_since: date | None


def guardians(scope: Scope, student_id: int, now: datetime) -> list[Guardian]:
    """A student's guardians in the family's order, with doubts about their numbers."""
    ties = list(roster.guardianships(scope, [student_id]))
    doubts = doubtful_numbers(scope, [tie.guardian_id for tie in ties], now)
    return [
        Guardian(
            person_id=tie.guardian_id,
            name=tie.guardian.name,
            relation=tie.relation,
            phone=tie.guardian.phone if tie.may_contact else "",
            email=tie.guardian.email if tie.may_contact else "",
            language=tie.guardian.language,
            may_contact=tie.may_contact,
            doubtful_since=doubts.get(tie.guardian_id),
        )
        for tie in ties
    ]


@dataclass(frozen=True, slots=True)
class Contacted:
    """One try to reach a family, in full."""

    day: date
    at: datetime
    by: str
    guardian: str
    outcome: str
    channel: str
    language: str
    interpreter: bool
    return_on: date | None
    note: str

    @property
    def outcome_label(self) -> str:
        return str(OUTCOMES[self.outcome])

    @property
    def channel_label(self) -> str:
        return str(WAYS[self.channel])


_CONTACTED = """
SELECT c.date, c.at, coalesce(b.given_name || ' ' || b.family_name, ''),
       coalesce(g.given_name || ' ' || g.family_name, ''), c.outcome, c.channel, c.language, c.interpreter,
       c.return_on, c.note
FROM attendance_familycontact c
LEFT JOIN roster_person b ON b.id = c.by_id
LEFT JOIN roster_person g ON g.id = c.guardian_id
WHERE c.student_id = %(student)s AND c.organization_id = ANY (%(orgs)s) AND c.at <= %(now)s
  AND c.date BETWEEN %(first)s AND %(last)s
ORDER BY c.at DESC, c.id DESC
"""


def contacts(scope: Scope, student_id: int, first: date, last: date, now: datetime) -> list[Contacted]:
    """Every try to reach a student's family about these days, the latest first."""
    values = {"student": student_id, "orgs": sorted(scope.org_ids), "first": first, "last": last, "now": now}
    return [Contacted(*row) for row in fetch(_CONTACTED, **values)]


@dataclass(frozen=True, slots=True)
class Day:
    """One school day of one student: present, absent, explained, part (absent from some rolls), or not_submitted."""

    date: date
    status: str
    reason: str
    explanation: str
    mark_id: int | None


# One row a day: a school with periods has several rolls, and the school's share decides when that is a day absent.
_DAYS = """
SELECT r.date,
       CASE WHEN count(m.id) = 0 THEN 'not_submitted'
            WHEN NOT attendance_absent_day(
                count(m.id) FILTER (WHERE m.status = 'absent'), count(m.id), coalesce(max(o.absent_share), 0.5)
            ) THEN CASE WHEN bool_or(m.status = 'absent') THEN 'part' ELSE 'present' END
            WHEN bool_or(m.reason = 'excused' OR m.explained_at <= %(now)s) THEN 'explained' ELSE 'absent' END,
       coalesce(max(m.reason) FILTER (WHERE m.status = 'absent'), ''),
       coalesce(max(m.explanation) FILTER (WHERE m.status = 'absent'), ''),
       min(m.id) FILTER (WHERE m.status = 'absent')
FROM roster_enrollment e
JOIN attendance_roll r ON r.section_id = e.section_id AND r.date >= e.begins AND (e.ends IS NULL OR r.date <= e.ends)
     AND r.date BETWEEN %(first)s AND %(last)s AND r.organization_id = ANY (%(orgs)s)
LEFT JOIN attendance_attendancemark m ON m.roll_id = r.id AND m.student_id = e.student_id AND r.submitted_at <= %(now)s
LEFT JOIN roster_rollpolicy o ON o.organization_id = r.organization_id
WHERE e.student_id = %(student)s
GROUP BY r.date ORDER BY r.date
"""


@dataclass(frozen=True, slots=True)
class Student:
    """One student's attendance in a session: every expected day, and what it adds up to."""

    student_id: int
    name: str
    grade: int | None
    sections: tuple[str, ...]
    organization_id: int
    first: date
    last: date
    days: tuple[Day, ...]

    def count(self, *statuses: str) -> int:
        return sum(day.status in statuses for day in self.days)

    @property
    def marked(self) -> int:
        return len(self.days) - self.count("not_submitted")

    @property
    def absent(self) -> int:
        return self.count("absent", "explained")

    @property
    def share(self) -> float | None:
        return self.absent / self.marked if self.marked else None

    @property
    def longest(self) -> int:
        """Most days absent in a row; days that nobody submitted neither count nor break the row."""
        longest = row = 0
        for day in self.days:
            if day.status in ("absent", "explained"):
                row += 1
                longest = max(longest, row)
            elif day.status != "not_submitted":
                row = 0
        return longest

    @property
    def by_weekday(self) -> tuple[tuple[int, int, int], ...]:
        """(weekday, days absent, days marked), Monday first."""
        marked = [d for d in self.days if d.status != "not_submitted"]
        return tuple(
            (
                weekday,
                sum(d.status in ("absent", "explained") for d in marked if d.date.weekday() == weekday),
                sum(d.date.weekday() == weekday for d in marked),
            )
            for weekday in sorted({d.date.weekday() for d in marked})
        )


_STUDENT = """
SELECT p.given_name || ' ' || p.family_name, p.grade, p.organization_id,
       (SELECT array_agg(DISTINCT s.name) FROM roster_enrollment e JOIN roster_section s ON s.id = e.section_id
        WHERE e.student_id = p.id AND e.begins <= %(last)s AND (e.ends IS NULL OR e.ends >= %(last)s))
FROM roster_person p
WHERE p.id = %(student)s AND p.kind = 'student' AND p.organization_id = ANY (%(orgs)s)
"""


def student(scope: Scope, student_id: int, first: date, now: datetime) -> Student | None:
    """One student from the first day of the session up to now; None when there is none for this person."""
    values = {"student": student_id, "orgs": sorted(scope.org_ids), "first": first, "last": now.date(), "now": now}
    rows = fetch(_STUDENT, **values)
    if not rows:
        return None
    name, grade, organization_id, sections = rows[0]
    days = tuple(Day(*row) for row in fetch(_DAYS, **values))
    return Student(student_id, name, grade, tuple(sorted(sections or ())), organization_id, first, now.date(), days)


@dataclass(frozen=True, slots=True)
class Summary:
    """Reminders, how many rolls came after one, and the middle number of minutes that took."""

    reminders: int
    came: int
    median_minutes: float | None


def summary(sent: list[Sent]) -> Summary:
    """Counts over reminders; a description, since a roll may have come without one."""
    minutes = [m for m in (s.minutes_until_it_came for s in sent) if m is not None]
    return Summary(len(sent), len(minutes), median(minutes) if minutes else None)


def outcomes() -> list[tuple[str, str]]:
    """The ways a call can go, with their words."""
    return [(str(value), str(label)) for value, label in FamilyContact.Outcome.choices]


def ways() -> list[tuple[str, str]]:
    """The ways of contacting a family, with their words."""
    return [(str(value), str(label)) for value, label in FamilyContact.Channel.choices]
