"""The teacher's page and her roll: owner, stranger, bad id, wrong method, no-op; nobody is present by default."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from fairlead.apps.attendance.models import AttendanceMark, Roll
from fairlead.site.clock import move_demo
from tests.access import morning_objects
from tests.conftest import as_owner, max_queries


@pytest.fixture
def roll(seeded: Any) -> Roll:
    return Roll.objects.get(pk=morning_objects.own_roll(seeded))


@pytest.fixture
def students(roll: Roll) -> list[int]:
    return list(roll.section.enrollments.order_by("student__sort_name").values_list("student_id", flat=True))


def url(roll: Roll) -> str:
    return reverse("teacher:roll", args=[roll.pk])


def marks(students: list[int], *absent: int) -> dict[str, str]:
    return {f"student-{s}": "absent" if s in absent else "present" for s in students}


def saved() -> int:
    with as_owner():
        return AttendanceMark.objects.count()


def test_her_desk_shows_her_roll_and_no_other(as_person: Any, roll: Roll) -> None:
    client = as_person("amara")
    with max_queries(15):
        page = client.get(reverse("teacher:desk"))
    assert [r.roll_id for r in page.context["rolls"]] == [roll.pk]
    assert url(roll) in page.content.decode()
    assert "Overdue" in page.content.decode()


def test_before_the_deadline_it_is_not_overdue(as_person: Any, seeded: Any) -> None:
    move_demo(seeded.moment - timedelta(minutes=86))
    page = as_person("amara").get(reverse("teacher:desk")).content.decode()
    assert "Overdue" not in page
    assert "Not submitted yet" in page


def test_a_reminder_is_seen(as_person: Any, roll: Roll, seeded: Any) -> None:
    roll.reminders.create(
        organization_id=roll.organization_id, sent_at=seeded.moment, sent_by_id=seeded.person["luis"], channel="email"
    )
    assert "Luis Ortega asked for it at 9:31" in as_person("amara").get(reverse("teacher:desk")).content.decode()


def test_the_next_day_opens_itself(as_person: Any, seeded: Any) -> None:
    move_demo(seeded.moment + timedelta(days=1))
    page = as_person("amara").get(reverse("teacher:desk"))
    assert [r.date for r in page.context["rolls"]] == [seeded.today + timedelta(days=1)]


def test_on_saturday_nothing_is_expected(as_person: Any, seeded: Any) -> None:
    move_demo(seeded.moment + timedelta(days=2))
    page = as_person("amara").get(reverse("teacher:desk"))
    assert page.context["rolls"] == []
    assert "None of your classes meets today" in page.content.decode()


def test_everyone_starts_unmarked(as_person: Any, roll: Roll, students: list[int]) -> None:
    client = as_person("amara")
    with max_queries(15):
        page = client.get(url(roll))
    text = page.content.decode()
    assert [line.student_id for line in page.context["lines"]] == students
    assert len(re.findall(r'type="radio"', text)) == 2 * len(students)
    assert not re.search(r'type="radio"[^>]*checked', text)
    assert f"of {len(students)} marked" in text


def test_large_numbers_stay_numbers(as_person: Any, roll: Roll, students: list[int]) -> None:
    """A thousands separator inside a field's name would lose the mark."""
    one = roll.section.enrollments.get(student_id=students[0])
    person = one.student
    person.pk, person.sourced_id = 1_234_567, "student-1234567"
    person.save(force_insert=True)
    roll.section.enrollments.filter(pk=one.pk).update(student_id=1_234_567)
    page = as_person("amara").get(url(roll)).content.decode()
    assert page.count('name="student-1234567"') == 2


def test_all_present_is_for_review_and_saves_nothing(as_person: Any, roll: Roll, students: list[int]) -> None:
    client, before = as_person("amara"), saved()
    page = client.post(url(roll), {f"student-{students[1]}": "absent", "all_present": "1"})
    assert page.status_code == 200
    statuses = {line.student_id: line.status for line in page.context["lines"]}
    assert statuses == dict.fromkeys(students, "present") | {students[1]: "absent"}
    assert saved() == before
    assert not page.context["roll"].submitted


def test_an_incomplete_roll_comes_back_with_what_is_missing(as_person: Any, roll: Roll, students: list[int]) -> None:
    client, before = as_person("amara"), saved()
    page = client.post(url(roll), marks(students[2:], students[2]))
    text = page.content.decode()
    assert page.status_code == 422
    assert page.context["missing"] == set(students[:2])
    assert "2 students have no mark yet" in text
    assert text.count("no mark yet</span>") == 2
    assert f'href="#line-{students[0]}"' in text
    assert len(re.findall(r'type="radio"[^>]*checked', text)) == len(students) - 2, "what was marked is kept"
    assert saved() == before


def test_a_submitted_roll_gives_a_receipt(as_person: Any, roll: Roll, students: list[int], seeded: Any) -> None:
    client = as_person("amara")
    with max_queries(25):
        answer = client.post(url(roll), marks(students, students[0]))
    assert (answer.status_code, answer["Location"]) == (302, url(roll))
    with max_queries(15):
        page = client.get(url(roll))
    assert "received at 9:31" in page.content.decode()
    assert [line.student_id for line in page.context["absent"]] == [students[0]]
    assert (page.context["roll"].present, page.context["roll"].absent) == (len(students) - 1, 1)
    with as_owner():
        assert Roll.objects.get(pk=roll.pk).submitted_at == seeded.moment


def test_amending_starts_from_what_was_submitted(as_person: Any, roll: Roll, students: list[int]) -> None:
    client = as_person("amara")
    client.post(url(roll), marks(students, students[0]))
    page = client.get(url(roll) + "?amend=1")
    assert {line.student_id for line in page.context["lines"] if line.status == "absent"} == {students[0]}
    assert "Save the amendment" in page.content.decode()
    client.post(url(roll), marks(students))
    assert "amended at 9:31" in client.get(url(roll)).content.decode()


def test_the_same_again_is_no_amendment(as_person: Any, roll: Roll, students: list[int]) -> None:
    client = as_person("amara")
    for _ in range(2):
        assert client.post(url(roll), marks(students)).status_code == 302
    with as_owner():
        assert Roll.objects.get(pk=roll.pk).amended_at is None


@pytest.mark.parametrize(
    "body", [{"student-x": "present"}, {"student-²": "present"}, {"student-" + "9" * 400: "absent"}]
)
def test_nonsense_in_the_form_is_not_a_mark(as_person: Any, roll: Roll, body: dict[str, str]) -> None:
    before = saved()
    assert as_person("amara").post(url(roll), body).status_code == 422
    assert saved() == before


def test_an_unknown_mark_is_refused(as_person: Any, roll: Roll, students: list[int]) -> None:
    before = saved()
    page = as_person("amara").post(url(roll), dict.fromkeys(marks(students), "late"))
    assert page.status_code == 422
    assert "present or absent" in page.content.decode()
    assert saved() == before


def test_another_teacher_s_roll_is_not_there(as_person: Any, seeded: Any) -> None:
    foreign = reverse("teacher:roll", args=[morning_objects.missing_roll(seeded)])
    client, before = as_person("amara"), saved()
    assert client.get(foreign).status_code == 404
    assert client.post(foreign, {}).status_code == 404
    assert saved() == before


@pytest.mark.parametrize("person", ["luis", "grace", "owen"])
def test_a_stranger_finds_nothing(as_person: Any, roll: Roll, students: list[int], person: str) -> None:
    client, before = as_person(person), saved()
    assert client.get(url(roll)).status_code == 404
    assert client.post(url(roll), marks(students)).status_code == 404
    assert saved() == before


@pytest.mark.parametrize("roll_id", [0, 10**12, 10**30])
def test_a_roll_that_is_not_there(as_person: Any, roll_id: int) -> None:
    assert as_person("amara").get(f"/teacher/rolls/{roll_id}").status_code == 404


def test_wrong_methods(as_person: Any, roll: Roll) -> None:
    client = as_person("amara")
    assert client.post(reverse("teacher:desk")).status_code == 405
    assert client.put(url(roll)).status_code == 405
    assert client.delete(url(roll)).status_code == 405


def test_in_spanish(as_person: Any, roll: Roll) -> None:
    client = as_person("amara")
    client.cookies.load({"django_language": "es"})
    for address in (reverse("teacher:desk"), url(roll)):
        page = client.get(address).content.decode()
        assert '<html lang="es"' in page
        for english in ("My classes", "Submit", "Present<", "Absent", " marked", "due at"):
            assert english not in page, english
