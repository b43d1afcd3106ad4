"""Who stayed, moved and left: beside the same rule told in Python, and what is not known is not called left."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection

from fairlead.apps.access.scope import Scope
from fairlead.apps.facts import selectors as facts
from fairlead.apps.facts.selectors import Period, Question
from fairlead.apps.operations import counting
from fairlead.apps.roster.models import AcademicSession, Organization, Role
from fairlead.demo import staffing
from tests.conftest import as_owner

LAST, THIS = date(2025, 9, 30), date(2026, 9, 29)  # five weeks after each year begins


def staff_year(seeded: Any) -> dict[tuple[int, int, str], str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT organization_id, person_id, role, next_year FROM facts_staff_year WHERE school_year = 2025"
        )
        return {(school, person, role): what for school, person, role, what in cursor.fetchall()}


def everything(seeded: Any) -> Scope:
    schools = frozenset(int(pk) for pk in seeded.school_ids)
    return Scope(0, "", (), schools, schools)


def question(seeded: Any, ends: date) -> Question:
    week = Period(ends - timedelta(days=6), ends, "week")
    return Question(tuple(int(pk) for pk in seeded.school_ids), (week,), date(2026, 8, 25))


def told_in_python(seeded: Any) -> dict[tuple[int, int, str], str]:
    roles = list(
        Role.objects.filter(organization__kind="school").values(
            "person_id", "organization_id", "role", "begins", "ends"
        )
    )
    held: dict[int, set[int]] = {}
    for row in Role.objects.values("person_id", "organization_id", "begins", "ends"):
        if row["begins"] <= THIS and (row["ends"] is None or row["ends"] >= THIS):
            held.setdefault(row["person_id"], set()).add(row["organization_id"])
    found = {}
    for row in roles:
        if row["begins"] <= LAST and (row["ends"] is None or row["ends"] >= LAST):
            now = held.get(row["person_id"], set())
            what = "stayed" if row["organization_id"] in now else "moved" if now else "left"
            found[row["organization_id"], row["person_id"], row["role"]] = what
    return found


def test_the_view_is_the_rule(seeded: Any) -> None:
    found = staff_year(seeded)
    assert found == told_in_python(seeded)
    counts = Counter(what for (_s, _p, role), what in found.items() if role == "principal")
    assert counts == {"stayed": 2, "moved": 1, "left": 2}
    assert {"moved", "left"} <= {what for (_s, _p, role), what in found.items() if role == "teacher"}


def test_another_role_at_the_school_has_stayed_and_a_school_without_a_roster_is_unknown(seeded: Any) -> None:
    school = int(seeded.school_ids[0])
    teacher = int(seeded.section_teacher[seeded.section_school == 0][1])
    Role.objects.filter(person_id=teacher).update(ends=date(2026, 6, 30))
    assert staff_year(seeded)[school, teacher, "teacher"] == "left"
    Role.objects.create(person_id=teacher, organization_id=school, role="coach", begins=date(2026, 7, 1))
    assert staff_year(seeded)[school, teacher, "teacher"] == "stayed"
    Role.objects.filter(organization_id=school).update(ends=date(2026, 6, 30))
    assert {what for (s, _p, _r), what in staff_year(seeded).items() if s == school} == {"unknown"}
    counts = {c.organization_id: c for c in facts.teachers_stayed(everything(seeded), question(seeded, seeded.today))}
    assert (counts[school].n, counts[school].observed) == (0, 0)
    assert counts[school].expected > 0, "unknown lowers the coverage, and is not called left"


def test_nothing_is_counted_before_its_day(seeded: Any) -> None:
    scope = everything(seeded)
    assert facts.teachers_stayed(scope, question(seeded, THIS - timedelta(days=1))) == []
    counted = facts.teachers_stayed(scope, question(seeded, THIS))
    assert {c.organization_id for c in counted} == set(scope.org_ids)
    told = told_in_python(seeded)
    for count in counted:
        mine = [what for (s, _p, role), what in told.items() if s == count.organization_id and role == "teacher"]
        assert (count.numerator, count.denominator, count.n) == (mine.count("stayed"), len(mine), len(mine))


def test_without_a_next_year_all_is_unknown(seeded: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT next_year FROM facts_staff_year WHERE school_year = 2026")
        assert cursor.fetchall() == [("unknown",)]
    AcademicSession.objects.create(
        organization_id=seeded.network_id, name="2027-28", begins=date(2027, 8, 24), ends=date(2028, 6, 9)
    )
    scope = everything(seeded)
    later = Question(
        question(seeded, seeded.today).organization_ids,
        (Period(date(2027, 8, 24), date(2027, 8, 29), "week"),),
        date(2027, 8, 24),
    )
    assert facts.teachers_stayed(scope, later) == [], "its day has not come, whatever the open roles say"


def test_the_person_sees_their_own_years_and_nobody_elses(seeded: Any, scope_of: Any) -> None:
    mover = next(
        role.person_id for role in Role.objects.filter(role="teacher", ends=staffing.ENDED).order_by("pk")
        if Role.objects.filter(person_id=role.person_id, begins=staffing.MOVED).exists()
    )  # fmt: skip
    from fairlead.apps.roster.selectors import scope_for

    amara = facts.own_years(scope_of("amara"), seeded.today)
    assert [(y.school_year, y.next_year) for y in amara] == [(2026, "unknown"), (2025, "stayed")]
    scope = scope_for(mover, seeded.today)
    assert scope is not None
    assert [(y.school_year, y.next_year) for y in facts.own_years(scope, seeded.today)] == [
        (2026, "unknown"),
        (2025, "moved"),
    ]


@pytest.mark.parametrize("ends", [date(2026, 11, 8), date(2026, 11, 18)])
def test_solved_in_time_is_one_rule_for_indicator_and_page(seeded: Any, scope_of: Any, ends: date) -> None:
    """The page counts by the day of asking, the indicator by the day that was due: over requests due in four weeks they agree."""
    ines = scope_of("ines")
    counts = facts.requests_in_time(ines, question(seeded, ends))
    rows = counting.rows(ines, list(ines.org_ids), date(2025, 1, 1))
    due = [row for row in rows if ends - timedelta(days=27) <= row.solve_due <= ends]
    with as_owner():
        from fairlead.apps.operations.models import Request

        quiet = {r.asked_at for r in Request.objects.filter(purpose="safety")}
    kept = counting.all_together([row for row in due if row.asked_at not in quiet], seeded.moment).solve_kept
    assert (sum(c.numerator for c in counts), sum(c.denominator for c in counts)) == (kept.kept, kept.decided)
    assert kept.decided > 5


def test_requests_that_wait_by_hand(seeded: Any, scope_of: Any) -> None:
    ines, ends = scope_of("ines"), seeded.today - timedelta(days=1)
    counts = {c.organization_id: c for c in facts.requests_waiting(ines, question(seeded, ends))}
    for school in (int(pk) for pk in seeded.school_ids):
        rows = [
            r for r in counting.rows(ines, [school], date(2025, 1, 1))
            if r.asked_at.date() <= ends and (r.solved_at is None or r.solved_at.date() > ends)
        ]  # fmt: skip
        with as_owner():
            from fairlead.apps.operations.models import Request

            quiet = {r.asked_at for r in Request.objects.filter(purpose="safety")}
        rows = [r for r in rows if r.asked_at not in quiet]
        if rows:
            found = counts[school]
            assert (found.n, found.numerator) == (len(rows), sum(r.solve_due < ends for r in rows))
        else:
            assert school not in counts


def test_a_district_between_network_and_school_is_reached(seeded: Any) -> None:
    network = Organization.objects.get(pk=seeded.network_id)
    district = Organization.objects.create(name="East", kind="district", parent=network, sourced_id="east")
    before = staff_year(seeded)
    Organization.objects.filter(pk=int(seeded.school_ids[1])).update(parent=district)
    assert staff_year(seeded) == before
