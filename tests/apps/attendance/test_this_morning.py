"""What a school knows: three values that never collapse, need in its published order, everything as of a moment."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairlead.apps.attendance import selectors
from fairlead.apps.attendance.models import AttendanceMark, FamilyContact, Roll
from fairlead.apps.attendance.selectors import AbsentStudent, Call, Count
from tests.conftest import as_owner

EARLY = timedelta(hours=-1, minutes=-26)  # 9:31 → 8:05


def test_the_count_by_hand(school: int, seeded: Any, scope_of: Any) -> None:
    """The same numbers, counted again from the tables in the plainest way."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, section_id FROM attendance_roll WHERE organization_id=%s AND date=%s AND submitted_at IS NOT NULL",
            [school, seeded.today],
        )
        submitted = dict(cursor.fetchall())
        cursor.execute("SELECT count(*) FROM roster_enrollment WHERE organization_id=%s", [school])
        (enrolled,) = cursor.fetchone()
        cursor.execute(
            "SELECT count(*) FROM roster_enrollment WHERE section_id = ANY (%s)", [list(submitted.values())]
        )
        (on_submitted,) = cursor.fetchone()
        cursor.execute(
            "SELECT count(*) FROM attendance_attendancemark WHERE roll_id = ANY (%s) AND status='absent'",
            [list(submitted)],
        )
        (absent,) = cursor.fetchone()
    found = selectors.count(scope_of("luis"), school, seeded.today, seeded.moment)
    assert (found.enrolled, found.absent, found.present) == (enrolled, absent, on_submitted - absent)
    assert found.not_submitted == enrolled - on_submitted > 0
    assert found.rolls_submitted == len(submitted) < found.rolls_expected
    assert found.coverage == len(submitted) / found.rolls_expected


def test_not_submitted_is_neither_present_nor_absent(roll: int, school: int, seeded: Any, scope_of: Any) -> None:
    before = selectors.count(scope_of("luis"), school, seeded.today, seeded.moment)
    with as_owner():
        students = list(Roll.objects.get(pk=roll).section.enrollments.values_list("student_id", flat=True))
        assert not AttendanceMark.objects.filter(roll_id=roll).exists()
        Roll.objects.filter(pk=roll).update(submitted_at=seeded.moment, source="desk")
        AttendanceMark.objects.bulk_create(
            AttendanceMark(roll_id=roll, student_id=s, organization_id=school, date=seeded.today, status="present" if i else "absent")
            for i, s in enumerate(students)
        )  # fmt: skip
    after = selectors.count(scope_of("luis"), school, seeded.today, seeded.moment)
    assert before.not_submitted - after.not_submitted == len(students)
    assert (after.present - before.present, after.absent - before.absent) == (len(students) - 1, 1)
    assert after.enrolled == before.enrolled


def test_before_the_deadline_nothing_is_overdue_and_nothing_is_known(school: int, seeded: Any, scope_of: Any) -> None:
    morning = selectors.this_morning(scope_of("luis"), school, seeded.moment + EARLY)
    assert morning.overdue == ()
    assert len(morning.missing) == morning.count.rolls_expected
    assert (morning.count.present, morning.count.absent) == (0, 0)
    assert morning.count.not_submitted == morning.count.enrolled
    assert (morning.to_reach, morning.reached, morning.explained) == ((), (), ())


def test_minutes_overdue(missing_roll: int, school: int, seeded: Any, scope_of: Any) -> None:
    morning = selectors.this_morning(scope_of("luis"), school, seeded.moment)
    assert {m.minutes_overdue for m in morning.missing} == {16}
    assert missing_roll in {m.roll_id for m in morning.overdue}
    at_due = selectors.this_morning(scope_of("luis"), school, seeded.moment - timedelta(minutes=16))
    assert missing_roll not in {m.roll_id for m in at_due.overdue}


def test_on_a_weekend_nothing_is_expected(school: int, seeded: Any, scope_of: Any) -> None:
    morning = selectors.this_morning(scope_of("luis"), school, seeded.moment + timedelta(days=2))
    assert not morning.count.meets
    assert morning.count.coverage is None
    assert morning.count.enrolled == 0


def test_another_school_s_morning_is_empty(seeded: Any, scope_of: Any) -> None:
    morning = selectors.this_morning(scope_of("luis"), int(seeded.school_ids[1]), seeded.moment)
    assert not morning.count.meets
    assert morning.to_reach == ()


def test_days_in_a_row_skip_days_that_nobody_submitted(absence: int, school: int, seeded: Any, scope_of: Any) -> None:
    mark = AttendanceMark.objects.get(pk=absence)
    year = AttendanceMark.objects.filter(student_id=mark.student_id, date__lt=mark.date).order_by("-date")
    dates = list(year.values_list("date", flat=True)[:4])
    year.filter(date__in=dates[:2]).update(status="absent")
    year.filter(date=dates[0]).update(reason="unexcused")
    year.filter(date=dates[3]).update(status="present", reason="", explanation="", explained_at=None)
    year.filter(date=dates[2]).delete()  # nobody submitted that day
    found = _find(selectors.this_morning(scope_of("luis"), school, seeded.moment), absence)
    assert found.days_in_a_row == 3
    assert found.unexcused
    with as_owner():
        AttendanceMark.objects.filter(student_id=mark.student_id, date=dates[0]).update(status="present", reason="")
    assert _find(selectors.this_morning(scope_of("luis"), school, seeded.moment), absence).days_in_a_row == 1


def test_risk_is_the_share_of_days_absent_this_session(absence: int, school: int, seeded: Any, scope_of: Any) -> None:
    student = AttendanceMark.objects.get(pk=absence).student_id
    statuses = list(AttendanceMark.objects.filter(student_id=student).values_list("status", flat=True))
    found = _find(selectors.this_morning(scope_of("luis"), school, seeded.moment), absence)
    assert (found.days_absent, found.days_marked) == (statuses.count("absent"), len(statuses))
    assert found.risk == statuses.count("absent") / len(statuses)


def test_only_guardians_who_may_be_contacted(absence: int, school: int, seeded: Any, scope_of: Any) -> None:
    student = AttendanceMark.objects.get(pk=absence).student
    ties = list(student.guardianships.order_by("rank"))
    assert ties
    student.guardianships.update(may_contact=False)
    found = _find(selectors.this_morning(scope_of("luis"), school, seeded.moment), absence)
    assert found.guardians == ()
    with as_owner():
        student.guardianships.filter(pk=ties[0].pk).update(may_contact=True)
    found = _find(selectors.this_morning(scope_of("luis"), school, seeded.moment), absence)
    assert [g.person_id for g in found.guardians] == [ties[0].guardian_id]
    assert found.guardians[0].phone


def test_explained_and_reached_are_no_alarm(absence: int, school: int, seeded: Any, scope_of: Any) -> None:
    mark = AttendanceMark.objects.get(pk=absence)
    contact = FamilyContact.objects.create(
        student_id=mark.student_id, organization_id=school, date=mark.date, at=seeded.moment, by_id=seeded.person["luis"],
        outcome="no_answer",
    )  # fmt: skip
    scope = scope_of("luis")
    tried = selectors.this_morning(scope, school, seeded.moment)
    assert _find(tried, absence) in tried.to_reach
    assert tried.to_reach[-1].calls or len(tried.to_reach) == 1  # tried families come after those not tried
    FamilyContact.objects.filter(pk=contact.pk).update(outcome="left_message")
    assert _find(selectors.this_morning(scope, school, seeded.moment), absence) is not None
    assert absence in {a.mark_id for a in selectors.this_morning(scope, school, seeded.moment).reached}
    AttendanceMark.objects.filter(pk=absence).update(
        reason="excused", explained_at=seeded.moment, explanation="Fever"
    )
    morning = selectors.this_morning(scope, school, seeded.moment)
    assert absence in {a.mark_id for a in morning.explained}
    assert absence not in {a.mark_id for a in (*morning.to_reach, *morning.reached)}
    earlier = selectors.this_morning(scope, school, seeded.moment - timedelta(minutes=1))
    assert absence in {a.mark_id for a in earlier.to_reach}, "a minute before, nobody had explained it"


def test_a_student_who_has_left_is_not_counted(absence: int, school: int, seeded: Any, scope_of: Any) -> None:
    mark = AttendanceMark.objects.get(pk=absence)
    before = selectors.count(scope_of("luis"), school, seeded.today, seeded.moment)
    with as_owner():
        mark.student.enrollments.update(ends=seeded.today - timedelta(days=1))
    morning = selectors.this_morning(scope_of("luis"), school, seeded.moment)
    assert (morning.count.enrolled, morning.count.absent) == (before.enrolled - 1, before.absent - 1)
    assert absence not in {a.mark_id for a in morning.to_reach}


def _find(morning: Any, mark_id: int) -> AbsentStudent:
    return next(a for a in (*morning.to_reach, *morning.reached, *morning.explained) if a.mark_id == mark_id)


ROLLS = st.lists(
    st.tuples(st.booleans(), st.integers(0, 40), st.integers(0, 40), st.integers(0, 40)), min_size=0, max_size=30
)


@given(ROLLS)
def test_enrolled_is_present_absent_and_not_submitted(rolls: list[tuple[bool, int, int, int]]) -> None:
    """Whatever comes: also a roll whose students joined after it was submitted."""
    at = datetime(2026, 11, 19, 9, 31)  # noqa: DTZ001
    rows = [
        (i, "", "", at.date(), at, at if sent else None, None, present + absent + late if sent else late, present if sent else 0, absent if sent else 0)
        for i, (sent, present, absent, late) in enumerate(rolls)
    ]  # fmt: skip
    found = selectors._count(rows, at.date(), at)
    assert found.enrolled == found.present + found.absent + found.not_submitted
    assert found.not_submitted == sum(late for _, _, _, late in rolls) >= 0
    assert (found.coverage is None) == (not rolls)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)  # rolled back below
@given(data=st.data())
def test_the_sum_holds_whatever_happens_to_a_school(data: st.DataObject, school_session: Any) -> None:
    """Rolls taken back, marks turned, students gone, any moment: the sum holds and absences are never more than marks."""
    seeded, scope, school = school_session
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SAVEPOINT s")
        for roll in Roll.objects.filter(organization_id=school, date=seeded.today):
            act = data.draw(st.sampled_from(["keep", "take back", "turn", "leave"]))
            if act == "take back":
                roll.marks.all().delete()
                Roll.objects.filter(pk=roll.pk).update(submitted_at=None)
            elif act == "turn":
                roll.marks.filter(status="present").update(status="absent")
            elif act == "leave":
                roll.section.enrollments.filter(pk__in=list(roll.section.enrollments.values_list("pk", flat=True)[:3])).update(ends=date(2026, 9, 1))  # fmt: skip
    moment = seeded.moment + timedelta(minutes=data.draw(st.integers(-120, 300)))
    morning = selectors.this_morning(scope, school, moment)
    c: Count = morning.count
    assert c.enrolled == c.present + c.absent + c.not_submitted
    assert min(c.present, c.absent, c.not_submitted) >= 0
    assert c.absent == len(morning.to_reach) + len(morning.reached) + len(morning.explained)
    assert len(morning.missing) == c.rolls_expected - c.rolls_submitted
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("ROLLBACK TO SAVEPOINT s")


@pytest.fixture
def school_session(seeded: Any, scope_of: Any, school: int) -> Any:
    return seeded, scope_of("luis"), school


def student(**changes: Any) -> AbsentStudent:
    values: dict[str, Any] = {
        "student_id": 1, "mark_id": 1, "name": "A", "section": "K-A", "grade": 0, "born": date(2020, 1, 1),
        "unexcused": False, "days_in_a_row": 1, "days_absent": 1, "days_marked": 20, "guardians": (), "calls": (),
        "reason": "", "explanation": "", "explained_at": None, "explained_by": "",
    }  # fmt: skip
    return AbsentStudent(**{**values, **changes})


TRIED = (Call(datetime(2026, 11, 19, 9, 20), "L", "no_answer", "No answer", "", ""),)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (student(), student(calls=TRIED, unexcused=True)),
        (student(unexcused=True), student(days_in_a_row=9)),
        (student(days_in_a_row=2), student(days_absent=19)),
        (student(days_absent=2), student(born=date(2021, 1, 1))),
        (student(born=date(2021, 1, 1)), student(name="0")),
        (student(born=date(2021, 1, 1)), student(born=None)),
    ],
    ids=["not tried yet", "unexcused", "days in a row", "risk", "youngest", "no birthday is oldest"],
)
def test_the_order_of_need(first: AbsentStudent, second: AbsentStudent) -> None:
    assert sorted([second, first], key=selectors.need) == [first, second]


def test_habits_are_the_numbers_of_the_tables(school: int, seeded: Any, scope_of: Any) -> None:
    days = seeded.dates[-6:-1]
    rolls = Roll.objects.filter(organization_id=school, date__in=days)
    marks = AttendanceMark.objects.filter(organization_id=school, date__in=days, status="absent")
    settled = {
        (c.student_id, c.date)
        for c in FamilyContact.objects.filter(date__in=days)
        if c.outcome not in ("no_answer", "wrong_number")
    }
    followed = sum(m.explained_at is not None or (m.student_id, m.date) in settled for m in marks)
    expected = (
        rolls.count(), rolls.filter(submitted_at__isnull=False).count(), marks.count(), followed,
        sum(r.submitted_at is not None and r.submitted_at <= r.due_at for r in rolls),
        sum(not rolls.filter(date=d, submitted_at__isnull=True).exists() for d in days),
    )  # fmt: skip
    found = selectors.habits(scope_of("grace"), school, seeded.today, days=5)
    assert found is not None
    assert expected == (
        found.rolls_expected, found.rolls_submitted, found.absences, found.absences_followed_up, found.rolls_on_time,
        found.days_complete,
    )  # fmt: skip
    assert (found.first, found.last, found.days) == (days[0], days[-1], 5)
    assert selectors.habits(scope_of("grace"), school, seeded.dates[0]) is None
    assert selectors.habits(scope_of("owen"), school, seeded.today) is None


def test_one_student_s_year_is_read_from_an_index(absence: int, school: int, seeded: Any, scope_of: Any) -> None:
    scope = scope_of("luis")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN " + selectors._ABSENT,
            {"organization": school, "day": seeded.today, "now": seeded.moment, "orgs": sorted(scope.org_ids)},
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Only Scan using mark_student_date" in plan
    assert "Seq Scan on attendance_attendancemark" not in plan
    assert "roll_organization_date" in plan
