"""Contacts in full, doubtful numbers, who is calling now, why a family stands where it stands, one student's days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from fairlead.apps.attendance import families, family_services, selectors, services
from fairlead.apps.attendance.models import AttendanceMark, CallClaim, FamilyContact, Roll
from fairlead.apps.attendance.services import How
from fairlead.site.clock import held
from tests.conftest import as_owner


@pytest.fixture
def mark(absence: int) -> AttendanceMark:
    found = AttendanceMark.objects.select_related("student").get(pk=absence)
    found.student.guardianships.update(may_contact=True)
    return found


@pytest.fixture
def guardian(mark: AttendanceMark) -> Any:
    return mark.student.guardianships.order_by("rank")[0].guardian


def test_a_contact_in_full(mark: AttendanceMark, guardian: Any, seeded: Any, scope_of: Any) -> None:
    how = How("in_person", "vi", interpreter=True, return_on=seeded.today + timedelta(days=1))
    services.log_contact(scope_of("luis"), mark.pk, "reached", guardian_id=guardian.pk, note=" Fever ", how=how)
    (shown, *_) = families.contacts(scope_of("luis"), mark.student_id, seeded.today, seeded.today, seeded.moment)
    assert (shown.outcome, shown.channel, shown.language, shown.interpreter, shown.return_on, shown.note) == (
        "reached",
        "in_person",
        "vi",
        True,
        seeded.today + timedelta(days=1),
        "Fever",
    )
    assert (shown.guardian, shown.by) == (guardian.name, "Luis Ortega")


def test_two_taps_need_none_of_it(mark: AttendanceMark, scope_of: Any) -> None:
    contact = services.log_contact(scope_of("luis"), mark.pk, "reached")
    assert (contact.channel, contact.language, contact.interpreter, contact.return_on) == ("phone", "", False, None)


@pytest.mark.parametrize(
    "how",
    [
        How("pigeon"),
        How("link"),
        How("other"),
        How(return_on=date(2026, 11, 19)),
        How(return_on=date(2026, 11, 18)),
    ],
    ids=["no such way", "only a family uses its link", "another way, but how", "back today", "back yesterday"],
)
def test_what_is_refused(mark: AttendanceMark, scope_of: Any, how: How) -> None:
    scope, before = scope_of("luis"), FamilyContact.objects.count()
    with pytest.raises(services.AttendanceError):
        services.log_contact(scope, mark.pk, "reached", how=how)
    assert FamilyContact.objects.count() == before


def doubts(seeded: Any, scope: Any, guardian: Any, minutes: int = 60) -> dict[int, date]:
    return families.doubtful_numbers(scope, [guardian.pk], seeded.moment + timedelta(minutes=minutes))


def test_a_wrong_number_makes_it_doubtful(mark: AttendanceMark, guardian: Any, seeded: Any, scope_of: Any) -> None:
    scope = scope_of("luis")
    assert doubts(seeded, scope, guardian) == {}
    services.log_contact(scope, mark.pk, "wrong_number", guardian_id=guardian.pk)
    assert doubts(seeded, scope, guardian) == {guardian.pk: seeded.today}
    assert doubts(seeded, scope, guardian, minutes=-1) == {}, "not before it was known"
    assert families.doubtful_numbers(scope_of("owen"), [guardian.pk], seeded.moment) == {}
    shown = families.guardians(scope_of("luis"), mark.student_id, seeded.moment)
    assert [g.doubtful_since for g in shown if g.person_id == guardian.pk] == [seeded.today]


def test_reached_by_phone_ends_the_doubt_and_meeting_them_does_not(
    mark: AttendanceMark, guardian: Any, seeded: Any, scope_of: Any
) -> None:
    scope = scope_of("luis")
    services.log_contact(scope, mark.pk, "wrong_number", guardian_id=guardian.pk)
    with held(seeded.moment + timedelta(minutes=10)):
        services.log_contact(scope, mark.pk, "reached", guardian_id=guardian.pk, how=How("in_person"))
    assert doubts(seeded, scope, guardian) == {guardian.pk: seeded.today}
    with held(seeded.moment + timedelta(minutes=20)):
        services.log_contact(scope, mark.pk, "reached", guardian_id=guardian.pk)
    assert doubts(seeded, scope, guardian) == {}


def test_a_new_number_is_not_doubtful(mark: AttendanceMark, guardian: Any, seeded: Any, scope_of: Any) -> None:
    scope = scope_of("luis")
    services.log_contact(scope, mark.pk, "wrong_number", guardian_id=guardian.pk)
    with as_owner():
        type(guardian).objects.filter(pk=guardian.pk).update(phone="(555) 010-9999")
    assert doubts(seeded, scope, guardian) == {}


def test_one_clerk_calls_a_family(mark: AttendanceMark, seeded: Any, school: int, scope_of: Any) -> None:
    family_services.claim_call(scope_of("luis"), mark.pk)
    scope = scope_of("grace")
    with pytest.raises(services.AttendanceError, match="Luis Ortega is calling"):
        family_services.claim_call(scope, mark.pk)
    shown = families.claims(scope, school, seeded.today, seeded.moment)
    assert shown[mark.student_id].by == "Luis Ortega"
    assert shown[mark.student_id].until == seeded.moment + timedelta(minutes=10)
    assert family_services.release_call(scope, mark.pk) is False, "nobody gives back another's"
    with held(seeded.moment + timedelta(minutes=10)):
        assert families.claims(scope, school, seeded.today, seeded.moment + timedelta(minutes=10)) == {}
        assert family_services.claim_call(scope, mark.pk).by_id == seeded.person["grace"]


def test_claiming_again_extends_it_and_a_call_ends_it(mark: AttendanceMark, seeded: Any, scope_of: Any) -> None:
    scope = scope_of("luis")
    family_services.claim_call(scope, mark.pk)
    with held(seeded.moment + timedelta(minutes=4)):
        assert family_services.claim_call(scope, mark.pk).until == seeded.moment + timedelta(minutes=14)
        services.log_contact(scope, mark.pk, "no_answer")
    assert CallClaim.objects.count() == 0
    family_services.claim_call(scope, mark.pk)
    assert family_services.release_call(scope, mark.pk) is True
    assert CallClaim.objects.count() == 0


@pytest.mark.parametrize("key", ["amara", "owen", "marcus", "ines", "dana"])
def test_nobody_else_claims(mark: AttendanceMark, scope_of: Any, key: str) -> None:
    scope = scope_of(key)
    with pytest.raises(services.NotThere):
        family_services.claim_call(scope, mark.pk)
    with as_owner():
        assert CallClaim.objects.count() == 0


def student(**values: Any) -> selectors.AbsentStudent:
    usual = {
        "student_id": 1,
        "mark_id": 1,
        "name": "A",
        "section": "",
        "grade": 3,
        "born": date(2017, 5, 1),
        "unexcused": False,
        "days_in_a_row": 1,
        "days_absent": 2,
        "days_marked": 20,
        "guardians": (),
        "calls": (),
        "reason": "",
        "explanation": "",
        "explained_at": None,
        "explained_by": "",
    }
    return selectors.AbsentStudent(**(usual | values))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("above", "by"),
    [
        ({"unexcused": True}, "unexcused"),
        ({"days_in_a_row": 3}, "days_in_a_row"),
        ({"days_absent": 5}, "risk"),
        ({"born": date(2019, 1, 1)}, "younger"),
        ({}, "name"),
    ],
)
def test_why_one_stands_above_the_next(above: dict[str, Any], by: str) -> None:
    first, second = student(**above), student(name="B")
    assert selectors.need(first) < selectors.need(second)
    standing = families.standing(first, second)
    assert standing is not None
    assert standing.by == by
    assert families.standing(first, None) is None


def test_families_not_tried_come_first(seeded: Any) -> None:
    tried = student(unexcused=True, calls=(selectors.Call(seeded.moment, "L", "no_answer", "No answer", "", ""),))
    fresh = student(name="B")
    standing = families.standing(fresh, tried)
    assert selectors.need(fresh) < selectors.need(tried)
    assert standing is not None
    assert standing.by == "not_tried"


def test_one_student_s_days(mark: AttendanceMark, seeded: Any, scope_of: Any) -> None:
    with as_owner():
        marks = dict(AttendanceMark.objects.filter(student_id=mark.student_id).values_list("date", "status"))
        rolls = Roll.objects.filter(section__enrollments__student_id=mark.student_id, date__lte=seeded.today)
        expected = rolls.values_list("date", flat=True).distinct().count()
    found = families.student(scope_of("luis"), mark.student_id, date(2026, 8, 25), seeded.moment)
    assert found is not None
    assert len(found.days) == expected
    assert found.marked == len(marks)
    assert found.absent == sum(status == "absent" for status in marks.values())
    assert found.count("not_submitted") == expected - len(marks)
    assert sum(absent for _, absent, _ in found.by_weekday) == found.absent
    assert sum(of for *_, of in found.by_weekday) == found.marked
    assert families.student(scope_of("owen"), mark.student_id, date(2026, 8, 25), seeded.moment) is None


def test_days_in_a_row_skip_what_nobody_submitted() -> None:
    statuses = ["absent", "not_submitted", "explained", "present", "absent", "part", "absent"]
    days = tuple(families.Day(date(2026, 11, 2 + i), s, "", "", None) for i, s in enumerate(statuses))
    found = families.Student(1, "A", 3, (), 1, date(2026, 11, 2), date(2026, 11, 8), days)
    assert (found.longest, found.absent, found.marked) == (2, 4, 6)


def test_only_the_school_chooses_what_happens_by_itself(school: int, scope_of: Any) -> None:
    asked = {"remind_at_deadline": False, "message_families": True, "link_days": 3}
    for key in ("amara", "owen", "ines"):
        with pytest.raises(services.NotThere):
            family_services.choose(scope_of(key), school, **asked)
    with pytest.raises(services.AttendanceError, match="1 to 30"):
        family_services.choose(scope_of("grace"), school, **(asked | {"link_days": 31}))
    scope_of("grace")
    assert family_services.settings_for(school).pk is None, "nothing was saved"
    chosen = family_services.choose(scope_of("grace"), school, **asked)
    assert family_services.choose(scope_of("grace"), school, **asked).pk == chosen.pk
    assert family_services.settings_for(school).message_families is True
