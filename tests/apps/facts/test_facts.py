"""The views are what the catalogue says, stand behind the walls, and count as attendance counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Count

from fairlead.apps.access.scope import NOBODY
from fairlead.apps.attendance import selectors as attendance_selectors
from fairlead.apps.attendance.models import AttendanceMark, FamilyContact, Roll
from fairlead.apps.facts import selectors
from fairlead.apps.facts.absence import absence
from fairlead.apps.facts.catalogue import catalogue
from fairlead.apps.facts.rules import attendance_rule, attendance_rules
from fairlead.apps.facts.selectors import BY_GROUP, GROUPS, MEASURES, Period, Question
from tests.conftest import as_owner, use_app_login


def rows(sql: str, *args: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, args)
        return cursor.fetchall()


def whole(world: Any, *, last: date | None = None) -> Question:
    """All days with marks as one period, all schools."""
    ends = last or world.today - timedelta(days=1)
    return Question(tuple(map(int, world.school_ids)), (Period(world.dates[0], ends, "month"),), world.dates[0])


def test_catalogue_is_what_the_views_are(seeded: Any) -> None:
    found = rows(
        "SELECT table_name, array_agg(column_name::text ORDER BY ordinal_position) FROM information_schema.columns "
        "WHERE table_schema = 'public' AND table_name LIKE 'facts\\_%%' GROUP BY table_name"
    )
    assert dict(found) == {view.key: [column.key for column in view.columns] for view in catalogue().values()}
    for view in catalogue().values():
        assert view.texts["name_es"]
        assert view.texts["grain_es"]
        assert all(column.texts["meaning_es"] for column in view.columns)


@pytest.mark.parametrize("view", list(catalogue()))
def test_no_view_answers_nobody(view: str, seeded: Any) -> None:
    use_app_login()
    assert rows(f"SELECT count(*) FROM {view}") == [(0,)]


@pytest.mark.parametrize("view", list(catalogue()))
def test_a_principal_reads_facts_of_their_own_school_only(view: str, seeded: Any, scope_of: Any) -> None:
    scope = scope_of("owen")
    allowed = scope.up_org_ids if view == "facts_staff" else scope.org_ids
    assert {organization for (organization,) in rows(f"SELECT DISTINCT organization_id FROM {view}")} <= allowed


def test_coaching_gives_date_and_minutes_and_nothing_else() -> None:
    for key in ("facts_visit", "facts_contact", "facts_support", "facts_promise"):
        columns = {column.key for column in catalogue()[key].columns}
        assert not columns & {
            "note",
            "feedback",
            "answer",
            "level",
            "mean_level",
            "goal",
            "text",
            "because",
            "evidence",
        }


def test_research_scores_open_to_the_analyst_and_not_to_the_principal(seeded: Any, scope_of: Any) -> None:
    with as_owner():
        known = {subject for (subject,) in rows("SELECT DISTINCT subject_id FROM facts_research_score")}
    scope = scope_of("grace")
    assert selectors.research_scores(scope, list(known)) == []
    analyst = scope_of("tomas")
    assert {score.subject_id for score in selectors.research_scores(analyst, list(known))} == known
    assert rows("SELECT count(*) FROM instruments_visit") == [(0,)]  # the notes stay where they are


def test_a_school_day_adds_up(seeded: Any) -> None:
    days = rows(
        "SELECT enrolled, present, absent, not_submitted, expected_rolls, submitted_rolls, on_time_rolls "
        "FROM facts_school_day"
    )
    assert len(days) == len(seeded.school_ids) * len(seeded.dates)
    for enrolled, present, absent, missing, expected, submitted, on_time in days:
        assert enrolled == present + absent + missing
        assert on_time <= submitted <= expected
    assert any(missing for _, _, _, missing, *_ in days)


def test_terms_are_sums_of_days(seeded: Any) -> None:
    ((days, marked, absent),) = rows(
        "SELECT sum(days_expected), sum(days_marked), sum(days_absent) FROM facts_student_term"
    )
    assert [(days, marked, absent)] == rows(
        "SELECT count(*), count(*) FILTER (WHERE status <> 'not_submitted'), count(*) FILTER (WHERE status = 'absent') "
        "FROM facts_student_day"
    )


def test_facts_count_a_day_as_the_morning_does(seeded: Any, scope_of: Any) -> None:
    """A desk and an indicator that show the same thing must not differ."""
    scope = scope_of("grace")
    school, yesterday = int(seeded.school_ids[0]), seeded.dates[-2]
    count = attendance_selectors.count(scope, school, yesterday, seeded.moment)
    ((enrolled, present, absent, missing, expected, submitted),) = rows(
        "SELECT enrolled, present, absent, not_submitted, expected_rolls, submitted_rolls FROM facts_school_day "
        "WHERE organization_id = %s AND date = %s",
        school,
        yesterday,
    )
    assert (count.enrolled, count.present, count.absent, count.not_submitted) == (enrolled, present, absent, missing)
    assert (count.rolls_expected, count.rolls_submitted) == (expected, submitted)


@pytest.mark.parametrize("key", list(MEASURES))
def test_measures_answer_whole_shares_of_what_the_person_may_see(key: str, seeded: Any, scope_of: Any) -> None:
    scope = scope_of("ines")
    counts = MEASURES[key](scope, whole(seeded))
    assert counts
    for count in counts:
        assert count.numerator >= 0
        assert count.observed <= count.expected
        if key != "coaching_dose":
            assert count.numerator <= count.denominator
    assert MEASURES[key](NOBODY, whole(seeded)) == []


# A student's days from their marks, in the plainest way: one mark, or the marks of the day's periods.
DAYS = (
    "SELECT organization_id, student_id, date, 2 * count(*) FILTER (WHERE status = 'absent') >= count(*) AS absent "
    "FROM attendance_attendancemark GROUP BY 1, 2, 3"
)


def test_the_marks_of_periods_do_not_multiply_days(seeded: Any) -> None:
    """One school takes a roll every period this week; its students' days are what they were with one roll a day."""
    days = rows("SELECT student_id, days_marked, days_absent FROM facts_student_term ORDER BY student_id")
    counted = zip(seeded.student_ids, seeded.student_days_marked, seeded.student_days_absent, strict=True)
    assert days == [(int(pk), int(marked), int(absent)) for pk, marked, absent in counted]
    periods = rows("SELECT count(DISTINCT (student_id, date)), count(*) FROM attendance_attendancemark")[0]
    assert periods[0] < periods[1]


@pytest.mark.parametrize(
    ("absent", "of", "share", "expected"),
    [(3, 6, "0.5", "absent"), (2, 6, "0.5", "present"), (1, 6, "0.1", "absent"), (5, 6, "1", "present"), (1, 1, "0.5", "absent"), (0, 0, "0.5", "not_submitted")],
)  # fmt: skip
def test_a_day_of_periods_has_one_status_by_the_schools_share(
    absent: int, of: int, share: str, expected: str, seeded: Any, scope_of: Any
) -> None:
    school, day = int(seeded.school_ids[3]), seeded.dates[-2]
    student = int(seeded.student_ids[seeded.student_school == 3][0])
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("UPDATE roster_rollpolicy SET absent_share = %s WHERE organization_id = %s", [share, school])
        AttendanceMark.objects.filter(student_id=student, date=day).delete()
        section = Roll.objects.filter(
            date=day, section__enrollments__student_id=student, period__isnull=False
        ).order_by("due_at")
        for i, roll in enumerate(section[:of]):
            AttendanceMark.objects.create(
                roll=roll, student_id=student, organization_id=school, date=day,
                status="absent" if i < absent else "present",
            )  # fmt: skip
        section.filter(pk__in=[r.pk for r in section]).update(submitted_at=seeded.moment)
    assert rows("SELECT status FROM facts_student_day WHERE student_id = %s AND date = %s", student, day) == [
        (expected,)
    ]
    before = rows("SELECT enrolled, present, absent FROM facts_school_day WHERE organization_id = %s AND date = %s", school, day)  # fmt: skip
    count = attendance_selectors.count(scope_of("ines"), school, day, seeded.moment)
    assert [(count.enrolled, count.present, count.absent)] == before


def test_attendance_is_present_of_marked(seeded: Any, scope_of: Any) -> None:
    scope = scope_of("ines")
    question = whole(seeded)
    by_hand = rows(
        f"SELECT organization_id, count(*) FILTER (WHERE NOT absent), count(*) FROM ({DAYS}) d "
        "WHERE date <= %s GROUP BY organization_id ORDER BY 1",
        question.ends,
    )
    counts = sorted(selectors.attendance(scope, question), key=lambda c: c.organization_id)
    assert [(c.organization_id, c.numerator, c.denominator) for c in counts] == by_hand


def test_chronic_absence_is_the_rule_of_ten_percent(seeded: Any, scope_of: Any) -> None:
    scope = scope_of("ines")
    question = whole(seeded)
    students = rows(
        "SELECT e.student_id, count(DISTINCT r.date), count(DISTINCT d.date), "
        "count(DISTINCT d.date) FILTER (WHERE d.absent) "
        "FROM attendance_roll r JOIN roster_enrollment e ON e.section_id = r.section_id AND e.begins <= r.date "
        "AND (e.ends IS NULL OR e.ends >= r.date) "
        f"LEFT JOIN ({DAYS}) d ON d.student_id = e.student_id AND d.date = r.date "
        "WHERE r.date <= %s GROUP BY 1",
        question.ends,
    )
    counted = [
        (student, 10 * absent >= expected)
        for student, expected, marked, absent in students
        if expected > 30 and marked
    ]
    counts = selectors.chronic_absence(scope, question)
    assert sum(c.n for c in counts) == len(counted)
    assert sum(c.numerator for c in counts) == sum(chronic for _, chronic in counted) > 0


@pytest.mark.parametrize(("absent", "chronic"), [(3, 0), (4, 1)])
def test_a_tenth_of_the_days_is_chronic(absent: int, chronic: int, seeded: Any, scope_of: Any) -> None:
    """Four days of thirty-nine are over the rule's tenth, three are not."""
    first = seeded.dates[:-1]
    with as_owner():
        full = (
            AttendanceMark.objects.filter(date__in=first)
            .values("student_id")
            .annotate(n=Count("id"))
            .filter(n=len(first))
        )
        student = full.order_by("student_id").first()["student_id"]
        marks = AttendanceMark.objects.filter(student_id=student, date__in=first)
        school = marks[0].organization_id
        AttendanceMark.objects.filter(date__in=first, organization_id=school).update(
            status="present", reason="", explanation="", explained_at=None
        )
        days = list(marks.order_by("date").values_list("id", flat=True))[:absent]
        AttendanceMark.objects.filter(id__in=days).update(status="absent", reason="unexcused")
    scope = scope_of("ines")
    (count,) = selectors.chronic_absence(
        scope, Question((school,), (Period(first[0], first[-1], "month"),), first[0])
    )
    assert count.numerator == chronic


def test_chronic_absence_adds_up_from_the_first_day(seeded: Any, scope_of: Any) -> None:
    """Asked for the last week alone, the year's days before it still count."""
    scope = scope_of("ines")
    question = whole(seeded)
    last = Period(question.ends - timedelta(days=3), question.ends, "week")
    alone = selectors.chronic_absence(scope, Question(question.organization_ids, (last,), question.since))
    both = selectors.chronic_absence(scope, question)
    assert {c.organization_id: (c.n, c.numerator) for c in alone} == {
        c.organization_id: (c.n, c.numerator) for c in both
    }


@pytest.mark.parametrize("key", list(BY_GROUP))
def test_groups_divide_everybody_once(key: str, seeded: Any, scope_of: Any) -> None:
    scope = scope_of("ines")
    question = whole(seeded)
    total = {c.organization_id: (c.n, int(c.numerator)) for c in MEASURES[key](scope, question)}
    found = BY_GROUP[key](scope, question)
    assert {c.category for c in found if c.group != "all"} <= {c for group in GROUPS.values() for c in group}
    for group in ("all", *GROUPS):
        for school, (n, numerator) in total.items():
            cells = [c for c in found if c.group == group and c.organization_id == school]
            assert (sum(c.n for c in cells), sum(c.numerator for c in cells)) == (n, numerator)


def test_a_family_that_was_reached_counts_on_that_day(seeded: Any) -> None:
    """One call about one absence moves the measure by one."""
    world = seeded
    day = world.dates[-2]
    from fairlead.apps.roster.selectors import scope_for

    scope = scope_for(world.person["ines"], world.today)
    mark = (
        AttendanceMark.objects.filter(date=day, status="absent", explained_at__isnull=True, reason="unexcused")
        .exclude(student_id__in=FamilyContact.objects.filter(date=day).values("student_id"))
        .first()
    )
    assert mark is not None
    question = Question((mark.organization_id,), (Period(day, day, "week"),), world.dates[0])
    before = selectors.families_reached(scope, question)[0]
    FamilyContact.objects.create(
        student_id=mark.student_id, organization_id=mark.organization_id, date=day, at=world.moment,
        by_id=world.person["luis"], outcome="left_message",
    )  # fmt: skip
    after = selectors.families_reached(scope, question)[0]
    assert (after.numerator - before.numerator, after.denominator) == (1, before.denominator)


def test_late_rolls_are_not_on_time(seeded: Any, scope_of: Any) -> None:
    with as_owner():
        roll = Roll.objects.filter(date=seeded.dates[-2], submitted_at__isnull=False).earliest("submitted_at")
        question = Question((roll.organization_id,), (Period(roll.date, roll.date, "week"),), seeded.dates[0])
    scope = scope_of("ines")
    before = selectors.rolls_on_time(scope, question)[0]
    with as_owner():
        Roll.objects.filter(pk=roll.pk).update(due_at=roll.submitted_at - timedelta(seconds=1))
    after = selectors.rolls_on_time(scope, question)[0]
    assert after.numerator == before.numerator - 1


def test_rules_are_dated() -> None:
    assert [rule.begins for rule in attendance_rules()] == sorted(rule.begins for rule in attendance_rules())
    with pytest.raises(LookupError, match="no attendance rule"):
        attendance_rule(date(1999, 1, 1))


def test_a_month_looks_back_to_its_first_day_and_a_week_four_weeks() -> None:
    look: Callable[[str], date] = lambda kind: Period(date(2026, 9, 28), date(2026, 10, 4), kind).looks_back_to  # noqa: E731
    assert (look("month"), look("week")) == (date(2026, 9, 28), date(2026, 9, 7))


def test_desk_indicator_and_pure_function_agree_at_every_school(seeded: Any, scope_of: Any) -> None:
    """The desk counts with `science.attendance`, the indicator in SQL: the same numbers, every school and every week."""
    scope = scope_of("ines")
    weeks = [Period(d - timedelta(days=d.weekday()), d, "week") for d in seeded.dates[30:-1] if d.weekday() == 4]
    question = Question(tuple(int(s) for s in seeded.school_ids), (*weeks,), seeded.dates[0])
    counts = {(c.organization_id, c.period): c for c in selectors.chronic_absence(scope, question)}
    averages = {(c.organization_id, c.period.ends): c for c in _since_the_first_day(scope, question)}
    assert len(counts) == len(weeks) * len(seeded.school_ids) > 5
    for (school, week), count in counts.items():
        desk = absence(scope, school, seeded.dates[0], week.ends)
        assert (count.n, count.numerator) == (desk.chronic.counted, desk.chronic.chronic)
        assert (count.observed, count.expected) == (desk.chronic.marked_days, desk.chronic.expected_days)
        assert desk.triggers.students == desk.chronic.students == len(desk.student)
        average = averages[school, week.ends]
        assert (average.numerator, average.denominator) == (desk.daily.present_days, desk.daily.marked_days)
    assert sum(c.numerator for c in counts.values()) > 0


def _since_the_first_day(scope: Any, question: Question) -> list[Any]:
    return [
        count
        for week in question.periods
        for count in selectors.attendance(
            scope,
            Question(question.organization_ids, (Period(question.since, week.ends, "year"),), question.since),
        )
    ]
