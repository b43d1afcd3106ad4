"""The office loads what a teacher's device could not send: once, under the office's name, conflicts told."""

# ruff: noqa: F811 (fixtures are parameters)
from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from fairlead.apps.attendance.models import Arrival, AttendanceMark, Roll
from fairlead.apps.attendance.services import submit_roll
from tests.conftest import as_owner
from tests.desks.test_teacher_arrivals import event, post, roll  # noqa: F401 (fixtures)

URL = "/office/paper/file"


def exported(*events: Any, **more: Any) -> SimpleUploadedFile:
    """As static/fairlead/outbox/page.js writes it: an event without the moment of sending."""
    kept = [{k: v for k, v in e.items() if k != "now"} | {"who": "Amara Okafor"} for e in events]
    said = {"fairlead": "outbox", "version": 1, "events": kept} | more
    return SimpleUploadedFile("fairlead.json", json.dumps(said).encode(), content_type="application/json")


def load(client: Any, file: Any) -> list[tuple[str, str]]:
    page = client.post(URL, {"file": file} if file else {}, follow=True)
    return [(m.level_tag, str(m)) for m in page.context["messages"]]


def test_it_is_loaded_once_under_the_offices_name(as_person: Any, roll: Roll, event: Any, seeded: Any) -> None:
    client = as_person("luis")
    assert reverse("office:load_outbox") == URL
    ((level, text),) = load(client, exported(event))
    assert (level, "loaded from the file" in text) == ("success", True)
    with as_owner():
        roll.refresh_from_db()
        arrival = Arrival.objects.get(pk=event["id"])
        assert (roll.source, roll.submitted_by_id) == ("file", seeded.person["luis"])
        assert roll.taken_at == arrival.taken_at == seeded.moment - timedelta(minutes=40)
        assert (arrival.person_id, arrival.loaded_by_id) == (seeded.person["amara"], seeded.person["luis"])
        assert roll.submitted_at == seeded.moment, "received is when it was loaded"
        assert AttendanceMark.objects.filter(roll=roll, status="absent").count() == 1
        Arrival.objects.filter(pk=arrival.pk).update(received_at=seeded.moment - timedelta(minutes=1))
    assert [level for level, _text in load(client, exported(event))] == ["info"]
    receipt = as_person("amara").get(reverse("teacher:roll", args=[roll.pk])).content.decode()
    assert "Loaded from a file by Luis Ortega." in receipt


def test_what_the_device_sends_later_is_the_same_event(as_person: Any, event: Any, roll: Roll) -> None:
    load(as_person("luis"), exported(event))
    said = post(as_person("amara"), event).json()
    assert (said["id"], said["outcome"]) == (event["id"], "applied")
    with as_owner():
        assert Arrival.objects.count() == 1


def test_what_the_device_sent_before_is_not_loaded_again(as_person: Any, event: Any, roll: Roll) -> None:
    assert post(as_person("amara"), event).status_code == 200
    ((level, text),) = load(as_person("luis"), exported(event))
    assert (level, "had come already" in text) == ("info", True)
    with as_owner():
        roll.refresh_from_db()
        assert roll.source == "desk"


def test_a_later_taking_stands_and_the_office_is_told(
    as_person: Any,
    event: Any,
    roll: Roll,
    scope_of: Any,
    seeded: Any,
) -> None:
    marks = dict.fromkeys(map(int, event["marks"]), "present")
    submit_roll(scope_of("amara"), roll.pk, marks)
    client = as_person("luis")
    ((level, text),) = load(client, exported(event))
    assert (level, "1 mark differs" in text) == ("warning", True)
    desk = client.get(reverse("office:desk")).content.decode()
    assert "Came after a later one; kept beside it" in desk
    assert "Loaded from a file by Luis Ortega." in desk
    with as_owner():
        assert not AttendanceMark.objects.filter(roll=roll, status="absent").exists()


def test_paper_typed_in_meanwhile_is_amended(as_person: Any, event: Any, roll: Roll) -> None:
    client = as_person("luis")
    typed = {f"student-{pk}": "present" for pk in event["marks"]}
    client.post(reverse("office:type_in", args=[roll.pk]), typed, follow=True)
    ((level, text),) = load(client, exported(event))
    assert (level, "1 mark changed" in text) == ("success", True)
    assert "Amended after submission" in client.get(reverse("office:desk")).content.decode()


def test_another_schools_office_and_another_teachers_roll(
    as_person: Any, event: Any, roll: Roll, seeded: Any
) -> None:
    for person, told in (("owen", event), ("luis", event | {"person": seeded.person["grace"]})):
        ((level, text),) = load(as_person(person), exported(told))
        assert (level, "There is no such roll of this teacher at your school." in text) == ("error", True)
    with as_owner():
        assert not Arrival.objects.exists()


def test_one_bad_roll_does_not_keep_the_others_out(as_person: Any, event: Any, roll: Roll) -> None:
    few = dict(list(event["marks"].items())[1:])
    bad = event | {"id": "00000000-0000-4000-8000-000000000001", "marks": few}
    assert [level for level, _text in load(as_person("luis"), exported(bad, event))] == ["error", "success"]


@pytest.mark.parametrize(
    "file",
    [
        None,
        SimpleUploadedFile("a.json", b"not json"),
        SimpleUploadedFile("a.json", b"[]"),
        exported(),
        exported({"id": "x"}),
        exported(fairlead="inbox"),
    ],
)
def test_a_file_that_is_none_is_refused_whole(file: Any, as_person: Any) -> None:
    ((level, text),) = load(as_person("luis"), file)
    assert (level, "Nothing was loaded." in text) == ("error", True)
    with as_owner():
        assert not Arrival.objects.exists()
