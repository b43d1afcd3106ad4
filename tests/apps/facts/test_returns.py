"""What followed absences: the SQL against the same rule in plain Python, over the whole small network."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection

from fairlead.apps.attendance.models import AttendanceMark, FamilyContact, Roll
from fairlead.apps.facts.returns import after_contact
from fairlead.science.returns import Returns, returns
from tests.conftest import as_owner, max_queries

BEGINS, ENDS = date(2026, 11, 2), date(2026, 11, 30)


def by_hand(school: int, begins: date, ends: date, as_of: date) -> dict[tuple[str, bool], Returns]:
    """The same groups, student by student."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT student_id, date, status = 'present', explained FROM facts_student_day "
            "WHERE organization_id = %s AND status <> 'not_submitted' AND date BETWEEN %s AND %s ORDER BY 1, 2",
            [school, begins - timedelta(days=14), as_of],
        )
        days: dict[int, list[tuple[date, bool, bool]]] = {}
        for student, day, present, explained in cursor.fetchall():
            days.setdefault(student, []).append((day, present, explained))
        cursor.execute(
            "SELECT c.student_id, c.date FROM attendance_familycontact c JOIN roster_organization o ON o.id = c.organization_id "
            "WHERE c.outcome <> 'no_answer' AND c.outcome <> 'wrong_number' AND (c.at AT TIME ZONE o.time_zone)::date <= c.date"
        )
        contacted = set(cursor.fetchall())
    rows: dict[tuple[str, bool], list[tuple[int | None, int]]] = {}
    for student, own in days.items():
        for i, (day, present, explained) in enumerate(own):
            if present or not begins <= day <= ends or day == as_of:
                continue
            group = "explained" if explained else "contact" if (student, day) in contacted else "none"
            later = [p for _, p, _ in own[i + 1 :]]
            row = (later.index(True) + 1 if True in later else None, len(later))
            rows.setdefault((group, False), []).append(row)
            if i == 0 or own[i - 1][1]:
                rows.setdefault((group, True), []).append(row)
    return {key: returns([d for d, _ in of], [f for _, f in of]) for key, of in rows.items()}


@pytest.mark.parametrize("position", [0, 1, 2])
def test_the_same_as_by_hand(seeded: Any, scope_of: Any, position: int) -> None:
    school = int(seeded.school_ids[position])
    begins = seeded.dates[0] if position == 2 else BEGINS  # with and without a day before to look back at
    expected = by_hand(school, begins, ENDS, seeded.today)
    assert sum(r.absences for (_, first), r in expected.items() if not first) > 5
    scope = scope_of("ines")
    with max_queries(2):
        found = after_contact(scope, school, begins, ENDS, seeded.today)
    for group in ("contact", "explained", "none"):
        empty = returns([], [])
        assert found.all_days[group] == expected.get((group, False), empty)
        assert found.first_days[group] == expected.get((group, True), empty)
    assert found.ends == seeded.today - timedelta(days=1)
    assert found.coverage is not None
    assert 0.8 < found.coverage <= 1


def one_student(seeded: Any, statuses: str) -> tuple[int, list[date]]:
    """A student at Harbor Point whose last days are as said (P, A, or - for a roll that never came)."""
    school = int(seeded.school_ids[0])
    mark = AttendanceMark.objects.filter(organization_id=school, date=seeded.dates[-3]).order_by("pk")[0]
    section = mark.roll.section_id
    days = seeded.dates[-len(statuses) - 1 : -1]
    FamilyContact.objects.filter(organization_id=school).delete()
    AttendanceMark.objects.filter(organization_id=school).update(
        status="present", reason="", explanation="", explained_at=None
    )
    for day, status in zip(days, statuses, strict=True):
        roll = Roll.objects.get(section_id=section, date=day)
        if status == "-":
            AttendanceMark.objects.filter(roll=roll, student_id=mark.student_id).delete()
        else:
            AttendanceMark.objects.update_or_create(
                roll=roll,
                student_id=mark.student_id,
                defaults={"status": "absent" if status == "A" else "present", "organization_id": school, "date": day},
            )
    return mark.student_id, days


def asked(seeded: Any, scope_of: Any) -> Any:
    return after_contact(scope_of("luis"), int(seeded.school_ids[0]), BEGINS, ENDS, seeded.today)


def test_days_that_nobody_submitted_neither_count_nor_break_a_row(seeded: Any, scope_of: Any) -> None:
    one_student(seeded, "PA-AP")
    found = asked(seeded, scope_of)
    assert (found.all_days["none"].absences, found.all_days["none"].within_1, found.all_days["none"].within_2) == (
        2,
        1,
        1,
    )
    assert (found.first_days["none"].absences, found.first_days["none"].within_2) == (1, 1)


@pytest.mark.parametrize(("later", "group"), [(0, "contact"), (2, "none")], ids=["that day", "two days later"])
def test_a_call_counts_for_the_day_itself_and_not_when_it_came_later(
    seeded: Any, scope_of: Any, later: int, group: str
) -> None:
    student, days = one_student(seeded, "PAPPP")
    with as_owner():
        FamilyContact.objects.create(
            student_id=student,
            organization_id=int(seeded.school_ids[0]),
            date=days[1],
            at=seeded.moment.replace(year=days[1].year, month=days[1].month, day=days[1].day) + timedelta(days=later),
            by_id=seeded.person["luis"],
            outcome="reached",
        )
    found = asked(seeded, scope_of)
    assert {g: r.absences for g, r in found.all_days.items() if r.absences} == {group: 1}


def test_another_school_s_are_not_there(seeded: Any, scope_of: Any) -> None:
    found = after_contact(scope_of("owen"), int(seeded.school_ids[0]), BEGINS, ENDS, seeded.today)
    assert sum(r.absences for r in found.all_days.values()) == 0
    assert (found.student_days, found.coverage) == (0, None)
