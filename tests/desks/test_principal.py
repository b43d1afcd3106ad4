"""The principal's page: the office's numbers, the last school day, three questions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from fairlead.apps.attendance import selectors
from fairlead.site.clock import move_demo
from tests.conftest import max_queries


def test_the_same_numbers_as_the_office(as_person: Any, seeded: Any) -> None:
    client = as_person("grace")
    with max_queries(15):
        page = client.get(reverse("principal:desk"))
    assert page.context["count"] == client.get(reverse("office:desk")).context["count"]
    assert page.context["morning"].organization_id == int(seeded.school_ids[0])


def test_the_last_school_day(as_person: Any, seeded: Any) -> None:
    page = as_person("grace").get(reverse("principal:desk"))
    yesterday = page.context["yesterday"]
    assert yesterday.date == seeded.dates[-2]
    assert f"{yesterday.rolls_submitted} of {yesterday.rolls_expected} rolls came" in page.content.decode()


def test_three_questions(as_person: Any, seeded: Any, scope_of: Any) -> None:
    text = as_person("grace").get(reverse("principal:desk")).content.decode()
    for question in (
        "how many students are absent?",
        "processes in place to call families?",
        "submit attendance on time?",
    ):
        assert question in text
    habits = selectors.habits(scope_of("grace"), int(seeded.school_ids[0]), seeded.today)
    assert habits is not None
    assert f"On {habits.days_complete} of the last 10 school days every roll came" in text
    assert f"{habits.rolls_on_time} of {habits.rolls_expected} rolls" in text
    assert f"{habits.absences_followed_up} of {habits.absences} absences" in text


def test_on_saturday(as_person: Any, seeded: Any) -> None:
    move_demo(seeded.moment + timedelta(days=2))
    page = as_person("grace").get(reverse("principal:desk"))
    assert "School does not meet today" in page.content.decode()
    assert page.context["yesterday"].date == seeded.today


def test_before_any_school_day(as_person: Any, seeded: Any) -> None:
    move_demo(seeded.moment.replace(year=2026, month=8, day=24))
    page = as_person("grace").get(reverse("principal:desk"))
    assert page.status_code == 200
    assert page.context["habits"] is None


def test_owen_sees_his_own_school(as_person: Any, seeded: Any) -> None:
    page = as_person("owen").get(reverse("principal:desk"))
    assert page.context["morning"].organization_id == int(seeded.school_ids[1])
    assert "Harbor Point" not in page.content.decode()


@pytest.mark.parametrize("person", ["amara", "luis", "marcus", "ines"])
def test_a_stranger_finds_nothing(as_person: Any, person: str) -> None:
    assert as_person(person).get(reverse("principal:desk")).status_code == 404


def test_wrong_method(as_person: Any) -> None:
    assert as_person("grace").post(reverse("principal:desk")).status_code == 405


def test_in_spanish(as_person: Any) -> None:
    client = as_person("grace")
    client.cookies.load({"django_language": "es"})
    page = client.get(reverse("principal:desk")).content.decode()
    for english in (
        "This morning",
        "overdue",
        "Enrolled",
        " rolls",
        "Three questions",
        "families",
        "last school day",
    ):
        assert english not in page, english
