"""Paper rolls: sheets to print, and typing them in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from fairlead.apps.attendance.models import Roll
from fairlead.apps.attendance.services import submit_roll
from fairlead.apps.roster.models import Enrollment
from tests.access import morning_objects
from tests.conftest import as_owner, max_queries


@pytest.fixture
def roll(seeded: Any) -> int:
    return morning_objects.own_roll(seeded)


def everybody(roll: int, status: str = "present") -> dict[int, str]:
    with as_owner():
        students = Enrollment.objects.filter(section__in=Roll.objects.filter(pk=roll).values("section"))
        return dict.fromkeys(students.values_list("student_id", flat=True), status)


def form(marks: dict[int, str], **more: str) -> dict[str, str]:
    return {f"student-{pk}": mark for pk, mark in marks.items()} | more


def test_the_list_shows_what_has_not_come(as_person: Any, seeded: Any, roll: int) -> None:
    client = as_person("luis")
    with max_queries(15):
        page = client.get(reverse("office:paper"))
    assert roll in {r.roll_id for r in page.context["missing"]}
    assert all(not r.submitted and r.date < seeded.today for r in page.context["before"])


def test_a_sheet_names_everyone_the_roll_the_day_and_the_deadline(as_person: Any, roll: int, seeded: Any) -> None:
    client = as_person("luis")
    with max_queries(15):
        page = client.get(reverse("office:paper_sheets"), {"roll": roll})
    ((_sheet, lines),) = page.context["sheets"]
    assert {line.student_id for line in lines} == set(everybody(roll))
    text = page.content.decode()
    for piece in (f"roll {roll}", "9:15", "November 19, 2026", "Amara Okafor", lines[0].name):
        assert piece in text
    assert text.count("☐") == 2 * len(lines)
    everything = client.get(reverse("office:paper_sheets"))
    assert roll in {r.roll_id for r, _ in everything.context["sheets"]}
    assert all(not r.submitted for r, _ in everything.context["sheets"])


def test_typed_in_it_is_received_now_and_was_taken_then(as_person: Any, roll: int, seeded: Any) -> None:
    client = as_person("luis")
    address = reverse("office:type_in", args=[roll])
    assert client.get(address).status_code == 200
    assert client.post(address, form(everybody(roll), taken="08:50")).status_code == 302
    with as_owner():
        found = Roll.objects.get(pk=roll)
        assert (found.source, found.submitted_by_id, found.submitted_at) == ("paper", seeded.person["luis"], seeded.moment)  # fmt: skip
        assert found.taken_at == seeded.moment - timedelta(minutes=41)
        assert found.marks.count() == len(everybody(roll))
    page = as_person("amara").get(reverse("teacher:roll", args=[roll])).content.decode()
    assert "Typed in from paper by Luis Ortega" in page


def test_after_the_teachers_own_it_is_an_amendment_and_the_same_again_nothing(
    as_person: Any, roll: int, seeded: Any, scope_of: Any
) -> None:
    marks = everybody(roll)
    submit_roll(scope_of("amara"), roll, marks)
    client, address = as_person("luis"), reverse("office:type_in", args=[roll])
    client.post(address, form(marks))
    with as_owner():
        assert Roll.objects.get(pk=roll).amended_at is None
    client.post(address, form(marks | {min(marks): "absent"}))
    with as_owner():
        found = Roll.objects.get(pk=roll)
        assert (found.source, found.amended_source, found.amended_by_id) == ("desk", "paper", seeded.person["luis"])
        assert found.submitted_by_id == seeded.person["amara"]


@pytest.mark.parametrize(
    ("drop", "taken", "said"), [(True, "", "no mark yet"), (False, "25:00", "Write the time"), (False, "10:40", "cannot have been taken")]
)  # fmt: skip
def test_what_is_refused_is_said_and_kept_on_the_page(
    drop: bool, taken: str, said: str, as_person: Any, roll: int
) -> None:
    marks = everybody(roll, "absent")
    if drop:
        marks.pop(max(marks))
    response = as_person("luis").post(reverse("office:type_in", args=[roll]), form(marks, taken=taken))
    assert response.status_code == 422
    assert said in response.content.decode()
    assert response.context["form"].marked == len(marks)
    with as_owner():
        assert Roll.objects.get(pk=roll).submitted_at is None


def test_an_old_roll_is_not_typed_in(as_person: Any, roll: int, seeded: Any) -> None:
    with as_owner():
        old = Roll.objects.filter(section__teacher_id=seeded.person["amara"]).earliest("date")
        Roll.objects.filter(pk=old.pk).update(date=seeded.today - timedelta(days=60))
        marks = everybody(old.pk)
    response = as_person("luis").post(reverse("office:type_in", args=[old.pk]), form(marks))
    assert response.status_code == 422
    assert "21 days" in response.content.decode()


def test_everyone_present_is_looked_through_first(as_person: Any, roll: int) -> None:
    response = as_person("luis").post(reverse("office:type_in", args=[roll]), {"all_present": "1"})
    assert response.status_code == 200
    assert response.context["form"].marked == len(everybody(roll))
    with as_owner():
        assert Roll.objects.get(pk=roll).submitted_at is None


@pytest.mark.parametrize("key", ["owen", "amara", "marcus", "ines"])
def test_a_stranger_gets_nothing(key: str, as_person: Any, roll: int) -> None:
    client = as_person(key)
    assert client.get(reverse("office:type_in", args=[roll])).status_code == 404
    assert client.post(reverse("office:type_in", args=[roll]), form(everybody(roll))).status_code == 404
    assert client.get(reverse("office:paper_sheets"), {"roll": roll}).status_code == 404
    with as_owner():
        assert Roll.objects.get(pk=roll).submitted_at is None


@pytest.mark.parametrize("bad", [0, 10**12])
def test_what_is_not_there(bad: int, as_person: Any) -> None:
    client = as_person("luis")
    assert client.get(reverse("office:type_in", args=[bad])).status_code == 404
    assert client.get(reverse("office:paper_sheets"), {"roll": bad}).status_code == 404
    assert client.get(reverse("office:paper_sheets"), {"roll": "9" * 30}).status_code == 404


def test_wrong_methods(as_person: Any, roll: int) -> None:
    client = as_person("luis")
    assert client.post(reverse("office:paper")).status_code == 405
    assert client.post(reverse("office:paper_sheets")).status_code == 405
    assert client.put(reverse("office:type_in", args=[roll])).status_code == 405
