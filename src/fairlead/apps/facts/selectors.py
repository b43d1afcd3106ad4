"""One function per measure. Desks and indicators that show the same thing call the same function.

Each answers a `Question` (which schools, which periods) with a `Count` per school and period. The
definitions of attendance are those of `fairlead.apps.attendance.selectors`, repeated over the views.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from fairlead.apps.access.purposes import allowed, purposes
from fairlead.apps.access.scope import Scope
from fairlead.apps.facts.rules import attendance_rule
from fairlead.apps.support.selectors import FEEDBACK_DUE_DAYS

FOUR_WEEKS = 28
MANY_CONTACTS = 4  # in four weeks: one a week
DAYS_A_MONTH = 30.4375


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A standard period: a calendar month or a week (Monday to Sunday), cut off at the last closed day."""

    begins: date
    ends: date
    kind: str

    @property
    def looks_back_to(self) -> date:
        """Where rare events begin to count: the month itself, or the four weeks up to the end of a week."""
        return self.begins if self.kind == "month" else self.ends - timedelta(days=FOUR_WEEKS - 1)


@dataclass(frozen=True, slots=True)
class Question:
    """Which schools, in which periods; `since` is the first day of the session, for what adds up over the year."""

    organization_ids: tuple[int, ...]
    periods: tuple[Period, ...]
    since: date

    @property
    def ends(self) -> date:
        return max(period.ends for period in self.periods)


@dataclass(frozen=True, slots=True)
class Count:
    """One school in one period.

    `n` is the size of the group that the number is about. `observed` of `expected` are the records on
    which it rests (equal where nothing says what to expect), `rows` how many rows of facts were read.
    """

    organization_id: int
    period: Period
    n: int
    numerator: float
    denominator: float
    observed: float
    expected: float
    rows: int


@dataclass(frozen=True, slots=True)
class GroupCount:
    """People with an attribute, in one category of one group at one school."""

    organization_id: int
    group: str
    category: str
    n: int
    numerator: int
    observed: float
    expected: float


GROUPS: dict[str, tuple[str, ...]] = {
    "race_ethnicity": ("asian", "black", "hispanic", "white", "two_or_more", "other", "not_stated"),
    "economically_disadvantaged": ("yes", "no", "not_stated"),
    "english_learner": ("yes", "no", "not_stated"),
    "disability": ("yes", "no", "not_stated"),
    "gender": ("female", "male", "nonbinary", "not_stated"),
}

_PERIOD = (
    "period AS (SELECT * FROM unnest(%(begins)s::date[], %(ends)s::date[], %(back)s::date[]) "
    "AS p (begins, ends, back)), "
    # days, so that a fact finds its period by equality: hashed, where a range would be compared with every period
    "day AS (SELECT begins, generate_series(begins, ends, interval '1 day')::date AS date FROM period)"
)


def attendance(scope: Scope, question: Question) -> list[Count]:
    """Average daily attendance: students present, of students with a mark, over all days."""
    return _counts(
        scope,
        question,
        """
        SELECT d.organization_id, p.begins, max(d.enrolled), sum(d.present), sum(d.present + d.absent),
               sum(d.present + d.absent), sum(d.enrolled), count(*)
        FROM facts_school_day d JOIN day p ON p.date = d.date
        WHERE d.organization_id = ANY (%(schools)s)
        GROUP BY d.organization_id, p.begins
        """,
    )


def rolls_on_time(scope: Scope, question: Question) -> list[Count]:
    """Rolls received by their deadline, of rolls expected."""
    return _counts(
        scope,
        question,
        """
        SELECT d.organization_id, p.begins, sum(d.expected_rolls), sum(d.on_time_rolls),
        sum(d.expected_rolls),
               sum(d.expected_rolls), sum(d.expected_rolls), count(*)
        FROM facts_school_day d JOIN day p ON p.date = d.date
        WHERE d.organization_id = ANY (%(schools)s)
        GROUP BY d.organization_id, p.begins
        """,
    )


# Students with their days in each period; `upto` adds up from the beginning of the session.
_STUDENTS = """
    , during AS (
        SELECT d.organization_id, d.student_id, p.begins, count(*) AS expected,
               count(*) FILTER (WHERE d.status <> 'not_submitted') AS marked,
               count(*) FILTER (WHERE d.status = 'absent') AS absent
        FROM facts_student_day d JOIN day p ON p.date = d.date
        WHERE d.organization_id = ANY (%(schools)s)
        GROUP BY d.organization_id, d.student_id, p.begins
    ),
    upto AS (
        SELECT organization_id, student_id, begins, sum(expected) OVER so_far AS expected,
               sum(marked) OVER so_far AS marked, sum(absent) OVER so_far AS absent
        FROM during
        WINDOW so_far AS (PARTITION BY organization_id, student_id ORDER BY begins)
    )
"""
# As `science.attendance.chronic_absence`, which a test holds it to for every school.
_CHRONIC = """student AS (
        SELECT *, absent >= %(absent_share)s * CASE WHEN %(of_expected)s THEN expected ELSE marked END AS has
        FROM upto WHERE expected >= %(min_expected)s AND marked > 0
    )"""
_REGULAR = """student AS (
        SELECT *, marked - absent >= %(present_share)s * marked AS has FROM during WHERE marked > 0
    )"""
_COUNT_STUDENTS = """
    SELECT organization_id, begins, count(*), count(*) FILTER (WHERE has), count(*), sum(marked),
    sum(expected),
           sum(expected)
    FROM student GROUP BY organization_id, begins
"""


def chronic_absence(scope: Scope, question: Question) -> list[Count]:
    """Students absent on the rule's share of their days or more, from the session's first day to the period's end."""
    return _of_students(scope, question, _CHRONIC, from_since=True)


def regular_attendance(scope: Scope, question: Question) -> list[Count]:
    """Students present on the rule's share of their marked days in the period, or more."""
    return _of_students(scope, question, _REGULAR, from_since=False)


def _of_students(scope: Scope, question: Question, student: str, *, from_since: bool) -> list[Count]:
    asked = _from_since(question) if from_since else question
    found = _counts(scope, asked, _STUDENTS + ", " + student + _COUNT_STUDENTS, **_rule(question))
    return [count for count in found if count.period in question.periods]


def chronic_absence_by_group(scope: Scope, question: Question) -> list[GroupCount]:
    """The same students by group; one period."""
    return _by_group(scope, _from_since(question), question.periods[0], _CHRONIC)


def regular_attendance_by_group(scope: Scope, question: Question) -> list[GroupCount]:
    """The same students by group; one period."""
    return _by_group(scope, question, question.periods[0], _REGULAR)


def families_reached(scope: Scope, question: Question) -> list[Count]:
    """Absences that were explained, or about which the family was reached or left word on the day itself."""
    return _counts(
        scope,
        question,
        """
        SELECT d.organization_id, p.begins, count(DISTINCT d.student_id) FILTER (WHERE d.status = 'absent'),
               count(*) FILTER (WHERE d.status = 'absent' AND (d.explained OR COALESCE(c.settled, false))),
               count(*) FILTER (WHERE d.status = 'absent'),
               count(*) FILTER (WHERE d.status <> 'not_submitted'), count(*), count(*)
        FROM facts_student_day d
        JOIN day p ON p.date = d.date
        LEFT JOIN facts_family_contact c
          ON c.organization_id = d.organization_id AND c.student_id = d.student_id AND c.date = d.date
        WHERE d.organization_id = ANY (%(schools)s)
        GROUP BY d.organization_id, p.begins
        """,
    )


def feedback_in_time(scope: Scope, question: Question) -> list[Count]:
    """Classroom visits whose feedback was shared within two days, of those that are at least that old.

    Visits for research are left out: by their protocol nobody is told what was seen.
    """
    return _counts(
        scope,
        question,
        """
        SELECT v.organization_id, p.begins, count(*),
               count(*) FILTER (
                   WHERE LEAST(v.feedback_shared_on, v.feedback_closed_on) - v.date <= %(feedback_days)s
               ),
               count(*), count(*), count(*), count(*)
        FROM facts_visit v JOIN period p ON v.date BETWEEN p.back AND p.ends
        WHERE v.organization_id = ANY (%(schools)s) AND v.date + %(feedback_days)s <= %(last)s
          AND v.purpose = ANY (%(dose)s) AND v.purpose <> 'research'
        GROUP BY v.organization_id, p.begins
        """,
        feedback_days=FEEDBACK_DUE_DAYS,
    )


def teachers_visited(scope: Scope, question: Question) -> list[Count]:
    """Teachers in whose class somebody was at least once, of teachers; for purposes whose dose indicators may count."""
    return _counts(
        scope,
        question,
        """
        SELECT t.organization_id, p.begins, count(*), count(*) FILTER (WHERE v.visits > 0), count(*),
               count(*), count(*), sum(COALESCE(v.visits, 0)) + count(*)
        FROM (SELECT DISTINCT organization_id, person_id, begins, ends FROM facts_staff WHERE role =
        'teacher') t JOIN period p ON t.begins <= p.ends AND (t.ends IS NULL OR t.ends >= p.back)
        LEFT JOIN LATERAL (
            SELECT count(*) AS visits FROM facts_visit v
            WHERE v.organization_id = t.organization_id AND v.teacher_id = t.person_id
              AND v.date BETWEEN p.back AND p.ends AND v.purpose = ANY (%(dose)s)
        ) v ON true
        WHERE t.organization_id = ANY (%(schools)s)
        GROUP BY t.organization_id, p.begins
        """,
    )


def promises_kept(scope: Scope, question: Question) -> list[Count]:
    """Promises that fell due and were kept by their day, or done another way."""
    return _counts(
        scope,
        question,
        """
        SELECT m.organization_id, p.begins, count(*),
               count(*) FILTER (WHERE m.kept_on <= m.due OR m.done_another_way),
               count(*), count(*), count(*), count(*)
        FROM facts_promise m JOIN period p ON m.due BETWEEN p.back AND p.ends
        WHERE m.organization_id = ANY (%(schools)s)
        GROUP BY m.organization_id, p.begins
        """,
    )


def principals_supported(scope: Scope, question: Question) -> list[Count]:
    """Principals with whom a director or a coach of principals had a contact of any kind."""
    return _counts(
        scope,
        question,
        """
        SELECT t.organization_id, p.begins, count(*), count(*) FILTER (WHERE c.contacts > 0), count(*),
               count(*), count(*), sum(c.contacts) + count(*)
        FROM facts_staff t
        JOIN period p ON t.begins <= p.ends AND (t.ends IS NULL OR t.ends >= p.back)
        CROSS JOIN LATERAL (
            SELECT count(*) AS contacts FROM facts_contact c
            WHERE c.organization_id = t.organization_id AND c.person_id = t.person_id
              AND c.date BETWEEN p.back AND p.ends AND c.purpose = ANY (%(dose)s)
        ) c
        WHERE t.role = 'principal' AND t.organization_id = ANY (%(schools)s)
        GROUP BY t.organization_id, p.begins
        """,
    )


def coaching_dose(scope: Scope, question: Question) -> list[Count]:
    """Minutes of coaching given to teachers, of the minutes planned for the same days."""
    return _counts(
        scope,
        question,
        """
        SELECT s.organization_id, p.begins, count(*), sum(given.minutes),
               sum(s.planned_minutes_per_month / %(days_a_month)s * (LEAST(s.ends, p.ends) -
               GREATEST(s.begins, p.back) + 1)), count(*), count(*), sum(given.contacts) + count(*)
        FROM facts_support s
        JOIN period p ON s.begins <= p.ends AND (s.ends IS NULL OR s.ends >= p.back)
        CROSS JOIN LATERAL (
            SELECT COALESCE(sum(c.minutes), 0) AS minutes, count(*) AS contacts FROM facts_contact c
            WHERE c.support_id = s.support_id AND c.date BETWEEN p.back AND p.ends
        ) given
        WHERE s.kind = 'teacher_coaching' AND s.organization_id = ANY (%(schools)s)
        GROUP BY s.organization_id, p.begins
        """,
    )


def teachers_stayed(scope: Scope, question: Question) -> list[Count]:
    """Teachers of last year who hold a role at the same school this year, of those of whom this year is known."""
    return _stayed(scope, question, "teacher")


def principals_stayed(scope: Scope, question: Question) -> list[Count]:
    """Principals of last year who hold a role at the same school this year, of those of whom this year is known."""
    return _stayed(scope, question, "principal")


def _stayed(scope: Scope, question: Question, role: str) -> list[Count]:
    """From the day on which this year is counted; before it nobody has left. Who is unknown lowers the coverage only."""
    return _counts(
        scope,
        question,
        """
        SELECT f.organization_id, p.begins, count(*) FILTER (WHERE f.next_year <> 'unknown'),
               count(*) FILTER (WHERE f.next_year = 'stayed'), count(*) FILTER (WHERE f.next_year <> 'unknown'),
               count(*) FILTER (WHERE f.next_year <> 'unknown'), count(*), count(*)
        FROM facts_staff_year f JOIN period p ON f.next_counted_on BETWEEN %(since)s AND p.ends
        WHERE f.organization_id = ANY (%(schools)s) AND f.role = %(role)s
        GROUP BY f.organization_id, p.begins
        """,
        since=question.since,
        role=role,
    )


def requests_in_time(scope: Scope, question: Question) -> list[Count]:
    """Requests that were to be solved by a day of the period, and were; not those that the school did itself in time."""
    return _counts(
        scope,
        question,
        """
        SELECT r.organization_id, p.begins, count(*), count(*) FILTER (WHERE r.solved_on <= r.solve_due AND NOT r.by_school),
               count(*), count(*), count(*), count(*)
        FROM facts_request r JOIN period p ON r.solve_due BETWEEN p.back AND p.ends
        WHERE r.organization_id = ANY (%(schools)s) AND r.purpose = ANY (%(dose)s)
          AND NOT (r.by_school AND r.solved_on <= r.solve_due)
        GROUP BY r.organization_id, p.begins
        """,
    )


def requests_waiting(scope: Scope, question: Question) -> list[Count]:
    """Requests open at the end of the period that were to be solved before, of those open: what weighs on a school."""
    return _counts(
        scope,
        question,
        """
        SELECT r.organization_id, p.begins, count(*), count(*) FILTER (WHERE r.solve_due < p.ends), count(*),
               count(*), count(*), count(*)
        FROM facts_request r JOIN period p ON r.asked_on <= p.ends AND (r.solved_on IS NULL OR r.solved_on > p.ends)
        WHERE r.organization_id = ANY (%(schools)s) AND r.purpose = ANY (%(dose)s)
        GROUP BY r.organization_id, p.begins
        """,
    )


def contact_load(scope: Scope, question: Question) -> list[Count]:
    """Teachers with four or more contacts of any kind (visits among them) in four weeks, of teachers in post."""
    return _counts(
        scope,
        question,
        """
        SELECT t.organization_id, p.begins, count(*), count(*) FILTER (WHERE c.contacts >= %(many)s), count(*),
               count(*), count(*), sum(COALESCE(c.contacts, 0)) + count(*)
        FROM (SELECT DISTINCT organization_id, person_id, begins, ends FROM facts_staff WHERE role = 'teacher') t
        JOIN period p ON t.begins <= p.ends AND (t.ends IS NULL OR t.ends >= p.back)
        LEFT JOIN (
            SELECT c.organization_id, c.person_id, q.begins, count(*) AS contacts
            FROM facts_contact c JOIN period q ON c.date BETWEEN q.back AND q.ends
            WHERE c.purpose = ANY (%(dose)s) GROUP BY c.organization_id, c.person_id, q.begins
        ) c ON c.organization_id = t.organization_id AND c.person_id = t.person_id AND c.begins = p.begins
        WHERE t.organization_id = ANY (%(schools)s)
        GROUP BY t.organization_id, p.begins
        """,
        many=MANY_CONTACTS,
    )


@dataclass(frozen=True, slots=True)
class OwnYear:
    """One of the asking person's own school years: where, as what, and what came after."""

    school: str
    role: str
    school_year: int
    next_year: str

    @property
    def label(self) -> str:
        """As it is written: 2026-27."""
        return f"{self.school_year}-{(self.school_year + 1) % 100:02d}"


def own_years(scope: Scope, on: date) -> list[OwnYear]:
    """The asking person's own years, the latest first; what came after is unknown until the next year is counted."""
    with connection.cursor() as cursor:
        cursor.execute(_OWN_YEARS, {"person": scope.person_id, "on": on})
        return [OwnYear(*row) for row in cursor.fetchall()]


# A school that the person has left shows them nobody's roles any more, so the view cannot know; their own roles do.
_OWN_YEARS = """
SELECT o.name, f.role, f.school_year, CASE
    WHEN f.next_counted_on IS NULL OR f.next_counted_on > %(on)s THEN 'unknown'
    WHEN f.next_year = 'unknown' AND EXISTS (
        SELECT FROM facts_staff s WHERE s.person_id = f.person_id AND s.begins <= f.next_counted_on
        AND (s.ends IS NULL OR s.ends >= f.next_counted_on)
    ) THEN 'moved' ELSE f.next_year END
FROM facts_staff_year f JOIN roster_organization o ON o.id = f.organization_id
WHERE f.person_id = %(person)s AND f.counted_on <= %(on)s ORDER BY f.school_year DESC, o.name, f.role
"""


@dataclass(frozen=True, slots=True)
class ResearchScore:
    """One observation made for a registered study: its mean level, and how many items that rests on."""

    subject_id: int
    organization_id: int
    date: date
    version_id: int
    mean: float
    items: int


def research_scores(scope: Scope, person_ids: Sequence[int]) -> list[ResearchScore]:
    """Observations of these people for research, oldest first; the wall of scores decides who may read them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT subject_id, organization_id, date, version_id, mean_level, items FROM facts_research_score "
            "WHERE subject_id = ANY (%s) AND organization_id = ANY (%s) ORDER BY date, visit_id",
            [list(person_ids), sorted(scope.org_ids)],
        )
        return [ResearchScore(*row) for row in cursor.fetchall()]


def coaching_minutes(scope: Scope, person_ids: Sequence[int], after: date) -> dict[int, int]:
    """Minutes of contacts for coaching, after a day, by person; people without any are left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT person_id, sum(minutes) FROM facts_contact WHERE purpose = 'coaching' AND date > %s "
            "AND person_id = ANY (%s) AND organization_id = ANY (%s) GROUP BY person_id",
            [after, list(person_ids), sorted(scope.org_ids)],
        )
        return {person: int(minutes) for person, minutes in cursor.fetchall()}


MEASURES: dict[str, Callable[[Scope, Question], list[Count]]] = {
    measure.__name__: measure
    for measure in (
        attendance,
        chronic_absence,
        regular_attendance,
        families_reached,
        rolls_on_time,
        feedback_in_time,
        teachers_visited,
        promises_kept,
        principals_supported,
        coaching_dose,
        teachers_stayed,
        principals_stayed,
        requests_in_time,
        requests_waiting,
        contact_load,
    )
}
BY_GROUP: dict[str, Callable[[Scope, Question], list[GroupCount]]] = {
    "chronic_absence": chronic_absence_by_group,
    "regular_attendance": regular_attendance_by_group,
}


def _from_since(question: Question) -> Question:
    """Put the days before the first period in front, so that sums from the session's first day are whole."""
    first = min(question.periods)
    if first.begins <= question.since:
        return question
    before = Period(question.since, first.begins - timedelta(days=1), "before")
    return Question(question.organization_ids, (before, *question.periods), question.since)


def _rule(question: Question) -> dict[str, Any]:
    rule = attendance_rule(question.ends)
    return {
        # Decimals: a tenth of thirty days is three days, and not a little more
        "absent_share": Decimal(str(rule.chronic.share)),
        "of_expected": rule.chronic.of == "expected",
        "min_expected": rule.chronic.min_expected,
        "present_share": Decimal(str(rule.present_share)),
    }


def _parameters(scope: Scope, question: Question) -> dict[str, Any]:
    return {
        "schools": sorted(set(question.organization_ids) & scope.org_ids),
        "begins": [period.begins for period in question.periods],
        "ends": [period.ends for period in question.periods],
        "back": [period.looks_back_to for period in question.periods],
        "last": question.ends,
        "days_a_month": DAYS_A_MONTH,
        "dose": [p for p in purposes() if all(allowed(p, "dose", reader) for reader in ("network", "analyst"))],
    }


def _rows(sql: str, parameters: dict[str, Any]) -> list[Sequence[Any]]:
    with connection.cursor() as cursor:
        cursor.execute("WITH " + _PERIOD + sql, parameters)
        return cursor.fetchall()


def _counts(scope: Scope, question: Question, sql: str, **more: Any) -> list[Count]:
    by_begin = {period.begins: period for period in question.periods}
    return [
        Count(
            organization_id=school,
            period=by_begin[begins],
            n=int(n),
            numerator=float(numerator),
            denominator=float(denominator),
            observed=float(observed),
            expected=float(expected),
            rows=int(rows),
        )
        for school, begins, n, numerator, denominator, observed, expected, rows in _rows(
            sql, {**_parameters(scope, question), **more}
        )
    ]


def _by_group(scope: Scope, question: Question, period: Period, student: str) -> list[GroupCount]:
    names = ", ".join(f"('{group}', f.{group})" for group in GROUPS)
    sql = f"""
        {_STUDENTS}, {student}
        SELECT s.organization_id, g.name, g.category, count(*), count(*) FILTER (WHERE s.has), sum(s.marked),
               sum(s.expected)
        FROM student s
        JOIN facts_student f ON f.student_id = s.student_id
        CROSS JOIN LATERAL (VALUES ('all', 'all'), {names}) AS g (name, category)
        WHERE s.begins = %(wanted)s
        GROUP BY s.organization_id, g.name, g.category
    """  # noqa: S608  (column names from GROUPS, a constant)
    found = _rows(sql, {**_parameters(scope, question), **_rule(question), "wanted": period.begins})
    return [
        GroupCount(school, group, category, n, numerator, float(observed), float(expected))
        for school, group, category, n, numerator, observed, expected in found
    ]
