"""What a school knows this morning. The definitions stand here once; facts and indicators repeat them in SQL.

One unit is *a student on an expected roll*: an enrollment in force on the day, in a section that has a roll. Where rolls
are taken every period, the unit is *a student on a day*, however many rolls there are, and the day's status is that of
`attendance_absent_day`: absent when absent in at least the school's share (a half, unless it says otherwise) of the
periods submitted so far, else present; not submitted while no period's roll has come.

- `enrolled`: all such units;
- `present`, `absent`: units of that status;
- `not submitted`: units without a mark. Always `enrolled = present + absent + not submitted`;
- `coverage`: rolls submitted ÷ rolls expected. An absence is never shown without it;
- `days in a row`: the student's absent days since the last present one, up to the day (days that nobody submitted
  neither count nor break the row);
- `risk`: absent days ÷ days with a mark, in the session up to and with the day;
- `overdue`: the roll's deadline has passed and it has not been submitted.

Everything is *as of* a moment: a roll, call or explanation that came later is not there yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from fairlead.apps.access.asking import fetch
from fairlead.apps.access.scope import Scope
from fairlead.apps.attendance import periods
from fairlead.apps.attendance.models import SETTLED, FamilyContact, Reminder
from fairlead.apps.roster import selectors as roster


@dataclass(frozen=True, slots=True)
class MissingRoll:
    """An expected roll that has not come, and when its teacher was last reminded."""

    roll_id: int
    section: str
    teacher: str
    students: int
    due_at: datetime
    minutes_overdue: int
    reminded_at: datetime | None
    reminded_by: str
    reminders: int
    period: str = ""


@dataclass(frozen=True, slots=True)
class Guardian:
    """Somebody who may be called about a student."""

    person_id: int
    name: str
    relation: str
    phone: str
    language: str


@dataclass(frozen=True, slots=True)
class Call:
    """One try to reach a family."""

    at: datetime
    by: str
    outcome: str
    outcome_label: str
    note: str
    guardian: str


@dataclass(frozen=True, slots=True)
class AbsentStudent:
    """One absent student, with what decides the order of need and whom to call."""

    student_id: int
    mark_id: int
    name: str
    section: str
    grade: int | None
    born: date | None
    unexcused: bool
    days_in_a_row: int
    days_absent: int
    days_marked: int
    guardians: tuple[Guardian, ...]
    calls: tuple[Call, ...]
    reason: str
    explanation: str
    explained_at: datetime | None
    explained_by: str

    @property
    def settled(self) -> bool:
        """Whether the family knows, or has been left word."""
        return any(c.outcome in SETTLED for c in self.calls)

    @property
    def risk(self) -> float:
        """Share of days absent this session."""
        return self.days_absent / self.days_marked if self.days_marked else 0.0


@dataclass(frozen=True, slots=True)
class Count:
    """The numbers of one day with their coverage."""

    date: date
    as_of: datetime
    rolls_expected: int
    rolls_submitted: int
    enrolled: int
    present: int
    absent: int
    not_submitted: int

    @property
    def coverage(self) -> float | None:
        """Rolls submitted ÷ expected; None when none is expected."""
        return self.rolls_submitted / self.rolls_expected if self.rolls_expected else None

    @property
    def meets(self) -> bool:
        """Whether any roll is expected: on a weekend or holiday there is nothing to count."""
        return self.rolls_expected > 0


@dataclass(frozen=True, slots=True)
class Amendment:
    """One mark that a later submission changed: what the roll said first and what it says now."""

    section: str
    student: str
    was: str
    now: str
    at: datetime
    by: str
    roll_id: int


@dataclass(frozen=True, slots=True)
class Morning:
    """One school's morning as of a moment."""

    organization_id: int
    count: Count
    missing: tuple[MissingRoll, ...]
    to_reach: tuple[AbsentStudent, ...]
    reached: tuple[AbsentStudent, ...]
    explained: tuple[AbsentStudent, ...]
    amendments: tuple[Amendment, ...]

    @property
    def overdue(self) -> tuple[MissingRoll, ...]:
        return tuple(m for m in self.missing if m.minutes_overdue > 0)


@dataclass(frozen=True, slots=True)
class TeacherRoll:
    """One of a teacher's own rolls, for her list."""

    roll_id: int
    section: str
    date: date
    due_at: datetime
    submitted_at: datetime | None
    amended_at: datetime | None
    students: int
    present: int
    absent: int
    reminded_at: datetime | None
    reminded_by: str
    period: str = ""
    way: str = ""  # when it was not the teacher's own page: substitute, paper
    taken_by: str = ""

    @property
    def submitted(self) -> bool:
        return self.submitted_at is not None


@dataclass(frozen=True, slots=True)
class Line:
    """A student on a roll sheet; `status` is empty while unmarked."""

    student_id: int
    name: str
    status: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A roll as its teacher takes it."""

    roll: TeacherRoll
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Habits:
    """How a school's days went, from `first` to `last`: the three questions about attendance, in numbers."""

    first: date
    last: date
    days: int
    days_complete: int
    rolls_expected: int
    rolls_submitted: int
    rolls_on_time: int
    absences: int
    absences_followed_up: int

    @property
    def coverage(self) -> float | None:
        return self.rolls_submitted / self.rolls_expected if self.rolls_expected else None

    @property
    def on_time(self) -> float | None:
        return self.rolls_on_time / self.rolls_expected if self.rolls_expected else None

    @property
    def followed_up(self) -> float | None:
        return self.absences_followed_up / self.absences if self.absences else None


def count(scope: Scope, organization_id: int, day: date, now: datetime) -> Count:
    """Enrolled, present, absent, not submitted and coverage of one school on one day."""
    rolls = _rolls(scope, organization_id, day, now)
    return _count(rolls, day, now, _by_period(scope, organization_id, rolls, day, now))


def this_morning(scope: Scope, organization_id: int, now: datetime) -> Morning:
    """One school's morning: the count, missing rolls, and absent students in order of need."""
    day = now.date()
    rolls = _rolls(scope, organization_id, day, now)
    absent = _absent(scope, organization_id, day, now)
    unexplained = [a for a in absent if a.explained_at is None]
    return Morning(
        organization_id=organization_id,
        count=_count(rolls, day, now, _by_period(scope, organization_id, rolls, day, now)),
        missing=_missing(scope, rolls, now),
        to_reach=tuple(sorted((a for a in unexplained if not a.settled), key=need)),
        reached=tuple(sorted((a for a in unexplained if a.settled), key=lambda a: a.calls[-1].at)),
        explained=tuple(sorted((a for a in absent if a.explained_at is not None), key=lambda a: a.name)),
        amendments=_amendments(scope, organization_id, day, now),
    )


def need(a: AbsentStudent) -> tuple[Any, ...]:
    """The published order of calls: families not tried yet; then unexcused, days in a row, risk, youngest."""
    youngest = -(a.born or date.min).toordinal()
    return (bool(a.calls), not a.unexcused, -a.days_in_a_row, -a.risk, youngest, a.name)


# Whether one organization is within the scope is asked of the two values, not of each row's column: nothing of the list's
# length enters the plan's cost then, and PostgreSQL keeps one plan where it would make a new one each time.
_OF_SCHOOL = "r.organization_id = %(organization)s AND %(organization)s = ANY (%(orgs)s) AND r.date = %(day)s"
_OWN = "s.teacher_id = %(person)s AND r.organization_id = ANY (%(orgs)s)"
_ROLLS = """
SELECT r.id, s.name, t.given_name || ' ' || t.family_name, r.date, r.due_at,
       CASE WHEN r.submitted_at <= %(now)s THEN r.submitted_at END, CASE WHEN r.amended_at <= %(now)s THEN r.amended_at END,
       n.enrolled, n.present, n.absent,
       coalesce(b.name, ''), CASE WHEN r.submitted_at <= %(now)s AND r.source <> 'desk' THEN r.source ELSE '' END,
       CASE r.source WHEN 'substitute' THEN l.name ELSE coalesce(w.given_name || ' ' || w.family_name, '') END
FROM attendance_roll r
JOIN roster_section s ON s.id = r.section_id
JOIN roster_person t ON t.id = s.teacher_id
LEFT JOIN roster_period b ON b.id = r.period_id
LEFT JOIN attendance_substitutelink l ON l.id = r.substitute_id
LEFT JOIN roster_person w ON w.id = r.submitted_by_id AND r.source IN ('paper', 'file')
CROSS JOIN LATERAL (
    SELECT count(*) AS enrolled, count(*) FILTER (WHERE m.status = 'present') AS present,
           count(*) FILTER (WHERE m.status = 'absent') AS absent
    FROM roster_enrollment e
    LEFT JOIN attendance_attendancemark m
           ON m.roll_id = r.id AND m.student_id = e.student_id AND r.submitted_at <= %(now)s
    WHERE e.section_id = s.id AND e.begins <= r.date AND (e.ends IS NULL OR e.ends >= r.date)
) n
WHERE {which}
ORDER BY r.date DESC, s.name, b.position
"""


def _rolls(scope: Scope, organization_id: int, day: date, now: datetime) -> list[tuple[Any, ...]]:
    sql = _ROLLS.format(which=_OF_SCHOOL)
    return fetch(sql, organization=organization_id, day=day, now=now, orgs=sorted(scope.org_ids))


def _by_period(
    scope: Scope, organization_id: int, rolls: list[tuple[Any, ...]], day: date, now: datetime
) -> tuple[Any, ...] | None:
    """Enrolled, present and absent students of a day with periods; None where a roll is taken once a day."""
    if not any(row[10] for row in rolls):
        return None
    return periods.students(scope, organization_id, day, now)


def _count(rolls: list[tuple[Any, ...]], day: date, now: datetime, students: tuple[Any, ...] | None = None) -> Count:
    enrolled, present, absent = students or (sum(r[i] for r in rolls) for i in (7, 8, 9))
    return Count(
        date=day,
        as_of=now,
        rolls_expected=len(rolls),
        rolls_submitted=sum(r[5] is not None for r in rolls),
        enrolled=enrolled,
        present=present,
        absent=absent,
        not_submitted=enrolled - present - absent,
    )


def _missing(scope: Scope, rolls: list[tuple[Any, ...]], now: datetime) -> tuple[MissingRoll, ...]:
    open_rolls = [r for r in rolls if r[5] is None]
    sent = _reminders(scope, [r[0] for r in open_rolls], now)
    missing = []
    for roll_id, section, teacher, _, due_at, _, _, students, _, _, period, *_way in open_rolls:
        own = sent.get(roll_id, [])
        missing.append(
            MissingRoll(
                roll_id=roll_id,
                section=section,
                teacher=teacher,
                students=students,
                due_at=due_at,
                minutes_overdue=max(0, int((now - due_at).total_seconds() // 60)),
                reminded_at=own[-1][0] if own else None,
                reminded_by=own[-1][1] if own else "",
                reminders=len(own),
                period=period,
            )
        )
    return tuple(sorted(missing, key=lambda m: (-m.minutes_overdue, m.due_at, m.section)))


_REMINDERS = """
SELECT m.roll_id, m.sent_at, coalesce(p.given_name || ' ' || p.family_name, %(nobody)s)
FROM attendance_reminder m
LEFT JOIN roster_person p ON p.id = m.sent_by_id
WHERE m.roll_id = ANY (%(rolls)s) AND m.organization_id = ANY (%(orgs)s) AND m.sent_at <= %(now)s
ORDER BY m.sent_at, m.id
"""


def _reminders(scope: Scope, roll_ids: list[int], now: datetime) -> dict[int, list[tuple[datetime, str]]]:
    """When each roll was asked for and by whom, in order."""
    found: dict[int, list[tuple[datetime, str]]] = {}
    if roll_ids:
        values = {"rolls": roll_ids, "orgs": sorted(scope.org_ids), "now": now, "nobody": Reminder.NOBODY}
        for roll_id, sent_at, by in fetch(_REMINDERS, **values):
            found.setdefault(roll_id, []).append((sent_at, by))
    return found


# One index range of (student, date) for each absent student: their session so far, then the present row of absences.
# Several rolls a day are one day first. Of a day's absent marks the explained one speaks for the day, else the first.
_ABSENT = """
WITH mark AS (
    SELECT DISTINCT ON (m.student_id) m.*, r.section_id, share.absent AS share
    FROM attendance_roll r
    JOIN attendance_attendancemark m ON m.roll_id = r.id AND m.status = 'absent'
    CROSS JOIN (
        SELECT coalesce((SELECT absent_share FROM roster_rollpolicy WHERE organization_id = %(organization)s), 0.5)
               AS absent
    ) share
    CROSS JOIN LATERAL (
        SELECT count(*) AS submitted, count(*) FILTER (WHERE h.status = 'absent') AS absent
        FROM attendance_attendancemark h JOIN attendance_roll k ON k.id = h.roll_id
        WHERE r.period_id IS NOT NULL AND h.student_id = m.student_id AND h.date = m.date AND k.submitted_at <= %(now)s
    ) today
    WHERE r.organization_id = %(organization)s AND r.date = %(day)s AND %(organization)s = ANY (%(orgs)s)
      AND r.submitted_at <= %(now)s
      AND (r.period_id IS NULL OR attendance_absent_day(today.absent, today.submitted, share.absent))
    ORDER BY m.student_id, (m.explained_at IS NULL), r.due_at, m.id
),
student AS MATERIALIZED (
    SELECT m.id, m.student_id, m.date, m.share, y.begins, m.reason, m.explanation, m.explained_at,
           p.given_name || ' ' || p.family_name AS name, s.name AS section, p.grade, p.born,
           coalesce(x.given_name || ' ' || x.family_name, '') AS explained_by
    FROM mark m
    JOIN roster_section s ON s.id = m.section_id
    JOIN roster_academicsession y ON y.id = s.session_id
    JOIN roster_person p ON p.id = m.student_id
    LEFT JOIN roster_person x ON x.id = m.explained_by_id
    WHERE EXISTS (
        SELECT FROM roster_enrollment e WHERE e.section_id = m.section_id AND e.student_id = m.student_id
           AND e.begins <= m.date AND (e.ends IS NULL OR e.ends >= m.date)
    )
)
SELECT m.id, m.student_id, m.name, m.section, m.grade, m.born, coalesce(run.unexcused, false), run.days, year.absent,
       year.days, m.reason, m.explanation, m.explained_at, m.explained_by
FROM student m
CROSS JOIN LATERAL (
    SELECT count(*) AS days, count(*) FILTER (WHERE d.absent) AS absent,
           coalesce(max(d.date) FILTER (WHERE NOT d.absent), m.begins - 1) AS last_present
    FROM (
        SELECT h.date, attendance_absent_day(count(*) FILTER (WHERE h.status = 'absent'), count(*), m.share) AS absent
        FROM attendance_attendancemark h WHERE h.student_id = m.student_id AND h.date BETWEEN m.begins AND m.date
        GROUP BY h.date
    ) d
) year
CROSS JOIN LATERAL (
    SELECT count(DISTINCT h.date) AS days, bool_or(h.reason = 'unexcused') AS unexcused
    FROM attendance_attendancemark h
    WHERE h.student_id = m.student_id AND h.date > year.last_present AND h.date <= m.date AND h.status = 'absent'
) run
"""


def _absent(scope: Scope, organization_id: int, day: date, now: datetime) -> list[AbsentStudent]:
    rows = fetch(_ABSENT, organization=organization_id, day=day, now=now, orgs=sorted(scope.org_ids))
    students = [row[1] for row in rows]
    guardians: dict[int, list[Guardian]] = {}
    calls: dict[int, list[Call]] = {}
    if students:
        for student, person, name, relation, phone, language in roster.to_call(scope, students):
            guardians.setdefault(student, []).append(Guardian(person, name, relation, phone, language))
        outcomes = dict(FamilyContact.Outcome.choices)
        values = {"organization": organization_id, "day": day, "now": now, "orgs": sorted(scope.org_ids)}
        for student, at, by, outcome, note, guardian in fetch(_CALLS, **values, students=students):
            call = Call(at, by, outcome, str(outcomes.get(outcome, outcome)), note, guardian)
            calls.setdefault(student, []).append(call)
    return [_absent_student(row, guardians, calls, now) for row in rows]


_CALLS = """
SELECT c.student_id, c.at, b.given_name || ' ' || b.family_name, c.outcome, c.note,
       coalesce(g.given_name || ' ' || g.family_name, '')
FROM attendance_familycontact c
JOIN roster_person b ON b.id = c.by_id
LEFT JOIN roster_person g ON g.id = c.guardian_id
WHERE c.organization_id = %(organization)s AND %(organization)s = ANY (%(orgs)s) AND c.date = %(day)s
  AND c.student_id = ANY (%(students)s) AND c.at <= %(now)s
ORDER BY c.at, c.id
"""


def _absent_student(
    row: tuple[Any, ...], guardians: dict[int, list[Guardian]], calls: dict[int, list[Call]], now: datetime
) -> AbsentStudent:
    mark_id, student_id, name, section, grade, born, unexcused, in_a_row, absent, marked, *told = row
    reason, explanation, explained_at, explained_by = told
    if explained_at is not None and explained_at > now:
        reason, explanation, explained_at, explained_by = "", "", None, ""
    return AbsentStudent(
        student_id=student_id,
        mark_id=mark_id,
        name=name,
        section=section,
        grade=grade,
        born=born,
        unexcused=unexcused,
        days_in_a_row=in_a_row,
        days_absent=absent,
        days_marked=marked,
        guardians=tuple(guardians.get(student_id, ())),
        calls=tuple(calls.get(student_id, ())),
        reason=reason,
        explanation=explanation,
        explained_at=explained_at,
        explained_by=explained_by,
    )


# What each amended mark said at the first submission (its oldest kept row), beside what it says now.
_AMENDMENTS = """
SELECT s.name || coalesce(' · ' || k.name, ''), p.given_name || ' ' || p.family_name, was.status, m.status, r.amended_at,
       coalesce(b.given_name || ' ' || b.family_name, l.name, ''), r.id
FROM attendance_roll r
JOIN roster_section s ON s.id = r.section_id
LEFT JOIN roster_period k ON k.id = r.period_id
JOIN attendance_attendancemark m ON m.roll_id = r.id
JOIN roster_person p ON p.id = m.student_id
LEFT JOIN roster_person b ON b.id = r.amended_by_id
LEFT JOIN attendance_substitutelink l ON l.id = r.substitute_id AND r.amended_source = 'substitute'
CROSS JOIN LATERAL (
    SELECT v.status FROM attendance_attendancemarkevent v WHERE v.pgh_obj_id = m.id ORDER BY v.pgh_id LIMIT 1
) was
WHERE r.organization_id = %(organization)s AND r.date = %(day)s AND %(organization)s = ANY (%(orgs)s)
  AND r.amended_at <= %(now)s AND was.status <> m.status
ORDER BY r.amended_at DESC, p.sort_name
"""


def _amendments(scope: Scope, organization_id: int, day: date, now: datetime) -> tuple[Amendment, ...]:
    rows = fetch(_AMENDMENTS, organization=organization_id, day=day, now=now, orgs=sorted(scope.org_ids))
    return tuple(Amendment(*row) for row in rows)


def own_rolls(scope: Scope, now: datetime) -> list[TeacherRoll]:
    """The asking teacher's rolls of today, in the order in which they are due."""
    sql = _ROLLS.format(which=f"{_OWN} AND r.date = %(day)s")
    rows = fetch(sql, person=scope.person_id, day=now.date(), now=now, orgs=sorted(scope.org_ids))
    return sorted(_teacher_rolls(scope, rows, now), key=lambda r: (r.due_at, r.section))


def sheet(scope: Scope, roll_id: int, now: datetime) -> Sheet | None:
    """One of the asking teacher's own rolls with its students and their marks; None when there is no such roll."""
    sql = _ROLLS.format(which=f"{_OWN} AND r.id = %(roll)s")
    rows = fetch(sql, person=scope.person_id, roll=roll_id, now=now, orgs=sorted(scope.org_ids))
    found = _teacher_rolls(scope, rows, now)
    if not found:
        return None
    return Sheet(found[0], lines(scope, [roll_id], now)[roll_id])


_LINES = """
SELECT r.id, p.id, p.given_name || ' ' || p.family_name, coalesce(m.status, '')
FROM attendance_roll r
JOIN roster_enrollment e ON e.section_id = r.section_id AND e.begins <= r.date AND (e.ends IS NULL OR e.ends >= r.date)
JOIN roster_person p ON p.id = e.student_id
LEFT JOIN attendance_attendancemark m
       ON m.roll_id = r.id AND m.student_id = e.student_id AND r.submitted_at <= %(now)s
WHERE r.id = ANY (%(rolls)s) AND r.organization_id = ANY (%(orgs)s)
ORDER BY r.id, p.sort_name
"""


def lines(scope: Scope, roll_ids: Sequence[int], now: datetime) -> dict[int, tuple[Line, ...]]:
    """The students of each roll by name, with the marks that have come."""
    found: dict[int, list[Line]] = {roll_id: [] for roll_id in roll_ids}
    for roll_id, *line in fetch(_LINES, rolls=list(roll_ids), orgs=sorted(scope.org_ids), now=now):
        found[roll_id].append(Line(*line))
    return {roll_id: tuple(own) for roll_id, own in found.items()}


def _teacher_rolls(scope: Scope, rows: list[tuple[Any, ...]], now: datetime) -> list[TeacherRoll]:
    sent = _reminders(scope, [row[0] for row in rows if row[5] is None], now)
    return [
        TeacherRoll(
            roll_id=roll_id,
            section=f"{section} · {period}" if period else section,
            date=day,
            due_at=due_at,
            submitted_at=submitted_at,
            amended_at=amended_at,
            students=students,
            present=present,
            absent=absent,
            reminded_at=sent[roll_id][-1][0] if roll_id in sent else None,
            reminded_by=sent[roll_id][-1][1] if roll_id in sent else "",
            period=period,
            way=way,
            taken_by=by or "",
        )
        for roll_id, section, _, day, due_at, submitted_at, amended_at, students, present, absent, period, way, by in rows
    ]


# One pass over the last days that had rolls, one over their absences.
_HABITS = """
WITH day AS (
    SELECT date, count(*) AS expected, count(submitted_at) AS submitted,
           count(*) FILTER (WHERE submitted_at <= due_at) AS on_time, bool_and(submitted_at IS NOT NULL) AS complete
    FROM attendance_roll
    WHERE organization_id = %(organization)s AND %(organization)s = ANY (%(orgs)s) AND date < %(before)s
    GROUP BY date ORDER BY date DESC LIMIT %(days)s
),
by_period AS (
    SELECT DISTINCT r.date, coalesce(p.absent_share, 0.5) AS share
    FROM attendance_roll r LEFT JOIN roster_rollpolicy p ON p.organization_id = r.organization_id
    WHERE r.organization_id = %(organization)s AND %(organization)s = ANY (%(orgs)s) AND r.period_id IS NOT NULL
      AND r.date BETWEEN (SELECT min(date) FROM day) AND (SELECT max(date) FROM day)
),
absence AS (
    SELECT count(*) AS absences, count(*) FILTER (
        WHERE a.explained OR EXISTS (
            SELECT FROM attendance_familycontact c
            WHERE c.student_id = a.student_id AND c.date = a.date AND c.outcome = ANY (%(settled)s)
        )
    ) AS followed_up
    FROM (
        SELECT m.student_id, m.date, bool_or(m.explained_at IS NOT NULL) AS explained, count(*) AS periods
        FROM attendance_attendancemark m
        WHERE m.organization_id = %(organization)s AND %(organization)s = ANY (%(orgs)s) AND m.status = 'absent'
          AND m.date BETWEEN (SELECT min(date) FROM day) AND (SELECT max(date) FROM day)
        GROUP BY m.student_id, m.date
    ) a
    LEFT JOIN by_period b ON b.date = a.date
    WHERE b.date IS NULL OR attendance_absent_day(a.periods, (
        SELECT count(*) FROM attendance_attendancemark t WHERE t.student_id = a.student_id AND t.date = a.date
    ), b.share)
)
SELECT min(date), max(date), count(*), count(*) FILTER (WHERE complete), sum(expected)::bigint, sum(submitted)::bigint,
       sum(on_time)::bigint, (SELECT absences FROM absence), (SELECT followed_up FROM absence)
FROM day
"""


def habits(scope: Scope, organization_id: int, before: date, days: int = 10) -> Habits | None:
    """How the last school days before a day went at one school; None when there were none.

    A day is complete when every expected roll came. An absence is followed up when the family explained it, was
    reached, or was left word about that day. A roll is on time when it came by its deadline.
    """
    values = {"organization": organization_id, "orgs": sorted(scope.org_ids), "before": before, "days": days}
    row = fetch(_HABITS, **values, settled=list(SETTLED))[0]
    return Habits(*row) if row[2] else None
