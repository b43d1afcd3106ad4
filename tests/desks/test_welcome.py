"""The first page: the story in the demo on this machine; elsewhere sign-in, or the person's own desk."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.urls import NoReverseMatch, reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from fairlead.demo.cast import BY_KEY
from fairlead.desks.welcome import sample
from fairlead.desks.welcome.stops import HELEN, OWEN, PRIYA, STOPS, YUSUF
from fairlead.desks.welcome.tasks import load_grand_bend
from tests.conftest import as_owner, max_queries

PEOPLE = [who for stop in STOPS for who in stop.people] + [OWEN, PRIYA, YUSUF, HELEN]


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


def test_yusuf_has_a_roll_every_period(as_person: Any) -> None:
    client = as_person("yusuf")
    page = client.get(reverse("teacher:desk"))
    assert page.status_code == 200
    assert [roll.period for roll in page.context["rolls"]] == ["1", "2", "3", "4", "5", "6"]


def test_helen_sees_the_whole_log(as_person: Any) -> None:
    page = as_person("helen").get(reverse("records:audit"))
    assert "reads" in page.context
    assert "reads" not in as_person("marcus").get(reverse("records:audit")).context


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


# ---- the Grand Bend sample -------------------------------------------------------------------------------------------------

HERE = pytest.mark.skipif(
    not (sample.folder() / "Student.xml.gz").is_file(), reason=f"needs the Grand Bend sample in {sample.folder()}"
)


def _queued() -> int:
    with as_owner():
        return ProcrastinateJob.objects.filter(task_name=sample.LOAD).count()


@HERE
def test_one_click_queues_the_sample_once(as_person: Any) -> None:
    client = as_person(None)
    assert "Load Grand Bend" in client.get("/").content.decode()
    for _ in range(2):
        response = client.post(reverse("welcome:load_sample"))
        assert (response.status_code, response["Location"]) == (302, "/#grand-bend")
    assert _queued() == 1
    page = client.get("/").content.decode()
    assert "Being loaded" in page
    assert "Load Grand Bend" not in page


def test_of_two_clicks_at_the_same_moment_the_second_finds_it_under_way(as_person: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(sample, "state", lambda: sample.OFFERED)  # as both saw it
    client = as_person(None)
    for _ in range(2):
        response = client.post(reverse("welcome:load_sample"))
        assert (response.status_code, response["Location"]) == (302, "/#grand-bend")
    assert _queued() == 1


def test_from_another_machine_or_outside_the_demo_nothing_is_loaded(as_person: Any, settings: Any) -> None:
    client = as_person("ines")
    assert client.post(reverse("welcome:load_sample"), REMOTE_ADDR="192.0.2.7").status_code == 404
    settings.DEMO = False
    assert client.post(reverse("welcome:load_sample")).status_code == 404
    assert client.get(reverse("welcome:load_sample")).status_code == 405
    assert _queued() == 0


def test_without_the_data_the_card_says_where_it_belongs(as_person: Any, settings: Any, tmp_path: Any) -> None:
    settings.SHARED_DATA = tmp_path
    client = as_person(None)
    page = client.get("/").content.decode()
    assert "edfi_grand_bend_ds5_2" in page
    assert "Load Grand Bend" not in page
    client.post(reverse("welcome:load_sample"))
    assert _queued() == 0


@pytest.mark.prove
@HERE
def test_the_worker_loads_it_under_its_own_login(as_person: Any) -> None:
    client = as_person(None)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE fairlead_worker")
        load_grand_bend()
        cursor.execute("RESET ROLE")
        cursor.execute(
            "SELECT p.kind, count(*) FROM roster_person p JOIN roster_personidentifier i ON i.person_id = p.id "
            "WHERE i.source LIKE '%%:ed-fi' GROUP BY 1 ORDER BY 1"
        )
        assert dict(cursor.fetchall()) == {"guardian": 1872, "staff": 68, "student": 960}
    assert "Loaded" in client.get("/").content.decode()
