"""Where an outbox sends: owner, stranger, another person, nobody, bad message, wrong method, no-op; one error shape."""

from __future__ import annotations

import json
from datetime import timedelta
from importlib import import_module
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from fairlead.apps.attendance.models import Arrival, AttendanceMark, Roll
from fairlead.site import offline
from tests.access import morning_objects
from tests.conftest import as_owner, max_queries

URL = "/teacher/rolls/arrivals"


@pytest.fixture
def roll(seeded: Any) -> Roll:
    return Roll.objects.get(pk=morning_objects.own_roll(seeded))


@pytest.fixture
def event(roll: Roll, seeded: Any) -> dict[str, Any]:
    students = roll.section.enrollments.order_by("pk").values_list("student_id", flat=True)
    return {
        "id": str(uuid4()),
        "person": int(seeded.person["amara"]),
        "device": str(uuid4()),
        "roll": roll.pk,
        "taken_at": (seeded.moment - timedelta(minutes=40)).isoformat(),
        "now": seeded.moment.isoformat(),
        "marks": {str(s): "absent" if i == 0 else "present" for i, s in enumerate(students)},
    }


def post(client: Any, event: Any) -> Any:
    body = event if isinstance(event, str) else json.dumps(event)
    return client.post(URL, body, content_type="application/json")


def refused(answer: Any, status: int, code: str) -> None:
    """Every refusal has one shape, and quotes nothing that was sent."""
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/json"
    said = answer.json()
    assert set(said) == {"error"}
    assert set(said["error"]) == {"code", "what", "next"}
    assert said["error"]["code"] == code
    assert said["error"]["what"]
    assert said["error"]["next"]


def nothing_was_written() -> None:
    with as_owner():
        assert not Arrival.objects.exists()


def test_the_owner_s_roll_arrives(as_person: Any, roll: Roll, event: Any, seeded: Any) -> None:
    client = as_person("amara")
    with max_queries(16):
        answer = post(client, event)
    assert answer.status_code == 200
    said = answer.json()
    assert (said["id"], said["roll"], said["outcome"]) == (event["id"], roll.pk, "applied")
    assert said["changed"] == len(event["marks"])
    with as_owner():
        assert AttendanceMark.objects.filter(roll=roll, status="absent").count() == 1
    page = client.get(reverse("teacher:roll", args=[roll.pk])).content.decode()
    assert "received at 9:31" in page
    assert "taken at 8:51" in page


def test_again_is_the_same_answer_and_changes_nothing(as_person: Any, roll: Roll, event: Any) -> None:
    client = as_person("amara")
    first = post(client, event)
    assert post(client, event).json() == first.json()
    with as_owner():
        assert Roll.objects.get(pk=roll.pk).amended_at is None
        assert Arrival.objects.count() == 1


def test_nobody_signed_in_is_told_to_sign_in(as_person: Any, event: Any) -> None:
    refused(post(as_person(None), event), 401, "sign_in")
    nothing_was_written()


@pytest.mark.parametrize("person", ["luis", "grace", "owen", "tomas"])
def test_another_s_event_is_never_taken_in(as_person: Any, event: Any, person: str) -> None:
    refused(post(as_person(person), event), 409, "other_person")
    nothing_was_written()


@pytest.mark.parametrize("person", ["luis", "grace", "owen", "tomas"])
def test_a_stranger_finds_no_roll(as_person: Any, event: Any, seeded: Any, person: str) -> None:
    refused(post(as_person(person), event | {"person": int(seeded.person[person])}), 404, "not_there")
    nothing_was_written()


def test_another_teacher_s_roll_is_not_there(as_person: Any, event: Any, seeded: Any) -> None:
    foreign = morning_objects.missing_roll(seeded)
    client = as_person("amara")
    refused(post(client, event | {"roll": foreign}), 404, "not_there")
    refused(post(client, event | {"roll": 2**62}), 404, "not_there")
    nothing_was_written()


@pytest.mark.parametrize(
    "change",
    [
        {"id": "no-uuid"},
        {"id": None},
        {"person": "1"},
        {"person": True},
        {"roll": -1},
        {"roll": 2**63},
        {"roll": 1.0},
        {"device": ""},
        {"taken_at": "yesterday"},
        {"taken_at": "2026-11-19T09:31:00"},
        {"taken_at": "2026-13-45T00:00:00Z"},
        {"taken_at": "0001-01-01T00:00:00+14:00"},
        {"now": None},
        {"marks": []},
        {"marks": {"x": "present"}},
        {"marks": {"²": "present"}},
        {"marks": {"1": None}},
        {"marks": {"1": "p" * 1000}},
        {"marks": {"9" * 40: "present"}},
        {"marks": {str(i): "present" for i in range(501)}},
    ],
    ids=lambda change: str(change)[:40],
)
def test_a_malformed_event_is_refused(as_person: Any, event: Any, change: dict[str, Any]) -> None:
    answer = post(as_person("amara"), event | change)
    refused(answer, 400, "malformed")
    assert next(iter(change)) in answer.json()["error"]["what"]
    nothing_was_written()


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"event"', "[" * 100_000, "\x00"])
def test_what_is_no_event_is_refused(as_person: Any, body: str) -> None:
    refused(post(as_person("amara"), body), 400, "malformed")
    nothing_was_written()


def test_a_message_that_is_too_long(as_person: Any, settings: Any) -> None:
    refused(post(as_person("amara"), " " * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)), 413, "too_big")


def test_a_refused_roll_is_kept_and_refused_again_alike(as_person: Any, event: Any) -> None:
    client = as_person("amara")
    event["marks"].popitem()
    for _ in range(2):
        refused(post(client, event), 422, "incomplete")
    with as_owner():
        assert Arrival.objects.get().payload == event["marks"]


def test_one_id_for_two_rolls(as_person: Any, event: Any) -> None:
    client = as_person("amara")
    post(client, event)
    refused(post(client, event | {"marks": dict.fromkeys(event["marks"], "present")}), 409, "id_used")


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_wrong_methods(as_person: Any, method: str) -> None:
    answer = getattr(as_person("amara"), method)(URL)
    refused(answer, 405, "method")
    assert answer["Allow"] == "POST"


def test_without_a_token_it_is_refused_in_the_same_shape(as_person: Any, event: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies = as_person("amara").cookies
    refused(post(client, event), 403, "csrf")
    nothing_was_written()
    token = client.get(reverse("outbox_who")).cookies["csrftoken"].value
    answer = client.post(URL, json.dumps(event), content_type="application/json", headers={"x-csrftoken": token})
    assert answer.status_code == 200
    page = client.post(reverse("teacher:roll", args=[event["roll"]]))
    assert page.status_code == 403
    assert "This form was open too long" in page.content.decode(), "people get a page"


def test_who_is_signed_in(as_person: Any, seeded: Any) -> None:
    answer = as_person("amara").get(reverse("outbox_who"))
    assert answer.json()["person"] == int(seeded.person["amara"])
    assert answer["Cache-Control"] == "no-store"
    nobody = as_person(None).get(reverse("outbox_who")).json()
    assert (nobody["person"], nobody["keys"]) == (0, [])


def test_each_person_has_a_key_of_their_own_and_older_secrets_still_open(as_person: Any, settings: Any) -> None:
    keys = {key: as_person(key).get(reverse("outbox_who")).json()["keys"] for key in ("amara", "dana")}
    assert len(keys["amara"]) == 1
    assert keys["amara"] != keys["dana"]
    assert keys["amara"] == as_person("amara").get(reverse("outbox_who")).json()["keys"]
    offline = import_module("fairlead.site.offline")
    with override_settings(SECRET_KEY="renewed", SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]):
        renewed = offline._keys(1)
    assert renewed[1] == offline._keys(1)[0]
    assert renewed[0] != renewed[1]


def test_pages_say_whose_they_are_and_which_may_be_kept(as_person: Any, roll: Roll, seeded: Any) -> None:
    yesterday = Roll.objects.filter(section=roll.section, date__lt=roll.date).order_by("-date")[0]
    client = as_person("amara")
    own = str(seeded.person["amara"])
    for url, kept in [
        (reverse("teacher:desk"), True),
        (reverse("teacher:roll", args=[roll.pk]), True),
        (reverse("teacher:roll", args=[yesterday.pk]), False),
        (reverse("outbox"), False),
        ("/about/looks", False),
    ]:
        page = client.get(url)
        assert page["X-Fairlead-Person"] == own, url
        assert page.has_header("X-Fairlead-Keep") is kept, url
    assert as_person(None).get("/")["X-Fairlead-Person"] == "0"
    luis = as_person("luis").get(reverse("office:desk"))
    assert not luis.has_header("X-Fairlead-Keep"), "the office's page is not kept on any device"


def test_the_shell_holds_nobody(as_person: Any) -> None:
    page = as_person(None).get(reverse("outbox") + "?shell=1")
    assert not page.has_header("X-Fairlead-Person")
    assert 'data-person=""' in page.content.decode()
    assert 'data-shell="1"' in page.content.decode()


def test_the_service_worker_sends_from_itself_only_where_the_browser_can_wake_it(as_person: Any) -> None:
    client = as_person(None)
    plain, waking = (client.get(address).content.decode() for address in ("/sw.js", "/sw.js?sync=1"))
    assert 'import { sendInBackground } from "/static/fairlead/outbox/sync.js";' in waking
    assert "import " not in "\n".join(line for line in plain.splitlines() if not line.startswith("//"))
    assert "const sendInBackground = () => undefined;" in plain


def test_the_service_worker_is_at_the_root_and_changes_with_its_files(as_person: Any, monkeypatch: Any) -> None:
    client = as_person(None)
    answer = client.get("/sw.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Cache-Control"] == "no-cache"
    before = answer.content
    assert before.startswith(b"const BUILD = ")
    text = offline._text
    monkeypatch.setattr(offline, "_text", lambda name: text(name) + (b"//" if name == "teacher/roll.js" else b""))
    offline.build.cache_clear()
    assert client.get("/sw.js").content != before
    monkeypatch.undo()
    offline.build.cache_clear()
    assert client.get("/sw.js").content == before
