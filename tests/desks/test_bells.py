"""Calendar and bells: the page and its two forms."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest
from django.urls import reverse

from fairlead.apps.access.models import Account
from fairlead.apps.roster.models import CalendarDay, RollPolicy
from tests.conftest import as_owner, max_queries, use_app_login

PAGE, DAY, DEADLINE = "office:bells", "office:change_day", "office:change_deadline"


@pytest.fixture
def at_period_school(seeded: Any) -> Any:
    """The office of the school that takes a roll every period."""
    from django.test import Client

    client = Client()
    client.force_login(Account.objects.create(email="office@period.example", person_id=seeded.person["office:3"]))
    use_app_login()
    return client


def test_the_page_of_a_day_school(as_person: Any, seeded: Any) -> None:
    client = as_person("luis")
    with max_queries(15):
        page = client.get(reverse(PAGE))
    assert page.context["policy"].due_at == time(9, 15)
    assert page.context["days"][0].date == seeded.today
    assert all(d.meets and d.usual for d in page.context["days"])


def test_the_bells_of_a_late_day(at_period_school: Any, seeded: Any) -> None:
    wednesday = seeded.today + timedelta(days=6)
    page = at_period_school.get(reverse(PAGE), {"day": wednesday.isoformat()})
    assert page.context["day"].schedule == "Late start"
    assert page.context["bells"][0].begins == time(9)
    assert page.context["policy"].by_period
    assert "Minutes after the period begins" in page.content.decode()


def test_the_desk_of_a_period_school_names_the_period(at_period_school: Any, seeded: Any) -> None:
    page = at_period_school.get(reverse("office:desk"))
    morning = page.context["morning"]
    assert morning.count.rolls_expected == 6 * int((seeded.section_school == 3).sum())
    assert {m.period for m in morning.missing} >= {"3", "4", "5", "6"}
    assert morning.count.enrolled == int((seeded.student_school == 3).sum())
    assert "still to come" in page.content.decode()


def test_minutes_of_a_period_school(at_period_school: Any, seeded: Any) -> None:
    at_period_school.post(reverse(DEADLINE), {"minutes": "5"})
    with as_owner():
        policy = RollPolicy.objects.get(organization_id=int(seeded.school_ids[3]))
        assert (policy.due_minutes, policy.mode) == (5, "period")


@pytest.mark.parametrize("body", [{}, {"due_at": "nine"}, {"due_at": "03:00"}, {"due_at": ""}])
def test_a_deadline_that_is_refused_changes_nothing(body: dict[str, str], as_person: Any) -> None:
    response = as_person("luis").post(reverse(DEADLINE), body, follow=True)
    assert [m.level_tag for m in response.context["messages"]] == ["error"]
    with as_owner():
        assert RollPolicy.objects.filter(organization__name="Harbor Point Elementary").count() == 0


def test_a_deadline_and_the_same_again(as_person: Any) -> None:
    client = as_person("luis")
    said = [
        [m.level_tag for m in client.post(reverse(DEADLINE), {"due_at": "09:20"}, follow=True).context["messages"]]
        for _ in range(2)
    ]
    assert said == [["success"], ["info"]]


def test_closing_tomorrow_and_taking_it_back(as_person: Any, seeded: Any) -> None:
    client, tomorrow = as_person("luis"), seeded.today + timedelta(days=1)
    client.post(reverse(DAY), {"day": tomorrow.isoformat(), "kind": "closed", "note": "Storm"})
    page = client.get(reverse(PAGE), {"day": tomorrow.isoformat()})
    assert not page.context["day"].meets
    assert "Storm" in page.content.decode()
    client.post(reverse(DAY), {"day": tomorrow.isoformat(), "kind": "network", "note": ""})
    with as_owner():
        assert not CalendarDay.objects.exists()


@pytest.mark.parametrize(
    "body",
    [{}, {"day": "soon", "kind": "closed"}, {"day": "2026-11-20", "kind": "shut"}, {"day": "2026-11-20", "kind": "network", "late": "an hour"},
     {"day": "2026-11-20", "kind": "network", "schedule": "7"}, {"day": "2026-11-18", "kind": "closed"}, {"day": "2026-11-19", "kind": "closed"}],
)  # fmt: skip
def test_a_day_that_is_refused_changes_nothing(body: dict[str, str], as_person: Any) -> None:
    response = as_person("luis").post(reverse(DAY), body, follow=True)
    assert [m.level_tag for m in response.context["messages"]] == ["error"]
    with as_owner():
        assert not CalendarDay.objects.exists()


@pytest.mark.parametrize("day", ["", "x", "2026-02-30", "0001-01-01", "9999-12-31"])
def test_any_day_in_the_address_is_a_page(day: str, as_person: Any) -> None:
    assert as_person("grace").get(reverse(PAGE), {"day": day}).status_code == 200


def test_a_stranger_changes_his_own_school_only(as_person: Any, seeded: Any) -> None:
    as_person("owen").post(reverse(DAY), {"day": "2026-11-20", "kind": "closed"})
    with as_owner():
        assert [d.organization_id for d in CalendarDay.objects.all()] == [int(seeded.school_ids[1])]


def test_wrong_methods(as_person: Any) -> None:
    client = as_person("luis")
    assert client.post(reverse(PAGE)).status_code == 405
    assert client.get(reverse(DAY)).status_code == 405
    assert client.get(reverse(DEADLINE)).status_code == 405
