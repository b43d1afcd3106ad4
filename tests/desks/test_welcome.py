"""The first page: the story in the demo on this machine; elsewhere sign-in, or the person's own desk."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import NoReverseMatch, reverse

from fairlead.demo.cast import BY_KEY
from fairlead.desks.welcome.stops import OWEN, STOPS
from tests.conftest import max_queries

PEOPLE = [who for stop in STOPS for who in stop.people] + [OWEN]


def test_there_are_seven_stops_and_their_people_are_the_cast() -> None:
    assert len(STOPS) == 7
    assert {w.key for w in PEOPLE} == set(BY_KEY)
    for who in PEOPLE:
        member = BY_KEY[who.key]
        assert (who.name, who.role, who.page) == (member.name, member.role, member.desk)


def test_one_click_makes_you_amara(as_person: Any) -> None:
    client = as_person(None)
    page = client.get("/").content.decode()
    assert "Amara Okafor" in page
    client.post(reverse("demo_become"), {"person": "amara", "next": "/"})
    again = client.get("/").content.decode()
    assert "Be Amara" not in again
    assert f'href="{reverse("teacher:desk")}">Open<' in again


def test_from_another_machine_there_is_no_story(as_person: Any) -> None:
    response = as_person(None).get("/", REMOTE_ADDR="192.0.2.7")
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("who", PEOPLE, ids=lambda w: w.key)
def test_outside_the_demo_everybody_lands_on_their_own_desk(who: Any, as_person: Any, settings: Any) -> None:
    settings.DEMO = False
    response = as_person(who.key).get("/")
    if _exists(who.page):
        assert response["Location"] == reverse(who.page)
    else:
        assert response.status_code == 200


def test_only_reading(as_person: Any) -> None:
    assert as_person("amara").post("/").status_code == 405


def test_few_queries(as_person: Any) -> None:
    client = as_person("amara")
    with max_queries(15):
        client.get("/")


def _exists(name: str) -> bool:
    try:
        reverse(name)
    except NoReverseMatch:
        return False
    return True
