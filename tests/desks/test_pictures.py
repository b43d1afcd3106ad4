"""Pictures of a visit: added on its page or sent by a device, shown with words, behind the wall of notes, gone when removed."""

from __future__ import annotations

import json
import uuid
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from fairlead.apps.instruments import attaching
from fairlead.apps.instruments.models import Attachment, Item, Version, Visit
from tests.access.objects import visit_to_amara
from tests.access.picture_objects import PNG, picture_of_amara
from tests.apps.instruments.test_attaching import GPS, jpeg
from tests.conftest import as_owner

SignIn = Callable[[str | None], Client]


@pytest.fixture
def visit(seeded: Any) -> Visit:
    return Visit.objects.get(pk=visit_to_amara(seeded))


def upload(client: Client, visit: Visit, content: bytes, words: str = "The board", **fields: str) -> Any:
    data = {"picture-file": SimpleUploadedFile("IMG_0001.jpg", content), "picture-text": words, **fields}
    return client.post(reverse("coach:picture_add", args=[visit.pk]), data)


def kept(visit: Visit) -> list[Attachment]:
    with as_owner():
        return list(Attachment.objects.filter(response_id=visit.token).order_by("name"))


def test_a_picture_is_added_shown_and_removed(as_person: SignIn, visit: Visit) -> None:
    dana = as_person("dana")
    answer = upload(dana, visit, jpeg(6))
    assert answer["Location"] == reverse("coach:visit", args=[visit.pk]) + "#pictures"
    (picture,) = kept(visit)
    assert GPS not in bytes(picture.content)
    where = reverse("coach:picture", args=[picture.pk])
    page = dana.get(reverse("coach:visit", args=[visit.pk])).content.decode()
    assert f'<img src="{where}" alt="The board"' in page
    assert 'capture="environment"' in page
    assert dana.get(where).content == bytes(picture.content)
    gone = dana.post(reverse("coach:picture_remove", args=[picture.pk]))
    assert gone.status_code == 302
    assert kept(visit) == []
    assert dana.post(reverse("coach:picture_remove", args=[picture.pk])).status_code == 404


def test_it_is_served_as_what_it_is_and_kept_nowhere(as_person: SignIn, seeded: Any) -> None:
    picture = picture_of_amara(seeded)
    for key, road in (("dana", "coach:picture"), ("amara", "teacher:feedback_picture")):
        answer = as_person(key).get(reverse(road, args=[picture]))
        assert answer.content == PNG
        assert answer["Content-Type"] == "image/png"
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Cache-Control"] == "private, no-store"
        assert answer["Content-Disposition"].startswith("inline; filename=")
        assert "X-Fairlead-Keep" not in answer
    with as_owner():
        Attachment.objects.filter(pk=picture).update(media_type="application/pdf")
    answer = as_person("dana").get(reverse("coach:picture", args=[picture]))
    assert answer["Content-Disposition"].startswith("attachment"), "what a browser might run is saved and not shown"


def test_the_teacher_sees_pictures_once_they_are_shared(as_person: SignIn, visit: Visit, seeded: Any) -> None:
    picture = picture_of_amara(seeded)
    where = reverse("teacher:feedback_picture", args=[picture])
    page = as_person("amara").get(reverse("teacher:feedback_visit", args=[visit.pk])).content.decode()
    assert f'<img src="{where}" alt="The board"' in page
    assert "coach/pictures" not in page
    with as_owner():
        Visit.objects.filter(pk=visit.pk).update(shared_at=None)
    assert as_person("amara").get(where).status_code == 404


@pytest.mark.parametrize(
    ("content", "words", "said"),
    [
        (b"GIF89a not a photo", "The board", "JPEG or PNG"),
        (b"\xff\xd8\xff\xe0 broken", "The board", "damaged"),
        (PNG, " ", "what it shows"),
        (b"", "The board", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(attaching.LARGEST), "The board", "At most 8 MB"),
    ],
)
def test_what_cannot_be_kept_is_refused_on_the_page(
    as_person: SignIn, visit: Visit, content: bytes, words: str, said: str
) -> None:
    answer = upload(as_person("dana"), visit, content, words)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert kept(visit) == []


def test_an_item_that_asks_for_a_picture_gets_it(as_person: SignIn, visit: Visit) -> None:
    with as_owner():
        version = Version.objects.get(instrument__key="school-walk", number=1)
        photo = Item.objects.get(version=version, kind="photo")
        other = Item.objects.filter(version=version).exclude(kind="photo")[0]
        Visit.objects.filter(pk=visit.pk).update(version=version)
        visit.responses.update(version=version)
    dana = as_person("dana")
    assert upload(dana, visit, PNG, **{"picture-item": other.key}).status_code == 422
    assert upload(dana, visit, PNG, **{"picture-item": photo.key}).status_code == 302
    assert [p.item_id for p in kept(visit)] == [photo.pk]
    assert f"<strong>{photo}</strong>: The board" in dana.get(reverse("coach:visit", args=[visit.pk])).content.decode()


def test_a_visit_without_an_instrument_has_no_place_for_pictures(as_person: SignIn, visit: Visit) -> None:
    with as_owner():
        visit.responses.all().delete()
        Visit.objects.filter(pk=visit.pk).update(version=None)
    dana = as_person("dana")
    assert "Add a picture" not in dana.get(reverse("coach:visit", args=[visit.pk])).content.decode()
    assert upload(dana, visit, PNG).status_code == 404


def event(seeded: Any, about: Visit, **other: Any) -> dict[str, Any]:
    told = {
        "id": str(uuid.UUID(int=11)),
        "person": seeded.person["dana"],
        "device": str(uuid.UUID(int=7)),
        "taken_at": "2026-11-19T09:25:00-05:00",
        "visit": str(about.token),
        "item": "",
        "text": "The board",
        "content": b64encode(PNG).decode(),
    }
    return told | other


def send(client: Client, told: Any) -> Any:
    return client.post(reverse("coach:arrive_picture"), json.dumps(told), content_type="application/json")


def test_a_device_sends_a_picture_and_again_it_is_the_same(as_person: SignIn, seeded: Any, visit: Visit) -> None:
    dana = as_person("dana")
    for _time in range(2):
        answer = send(dana, event(seeded, visit))
        assert answer.status_code == 200, answer.content
        assert answer.json()["id"] == str(uuid.UUID(int=11))
    assert [(p.name, bytes(p.content)) for p in kept(visit)] == [("The board", PNG)]


@pytest.mark.parametrize(
    ("key", "other", "status", "code"),
    [
        ("grace", {}, 409, "other_person"),
        ("dana", {"visit": str(uuid.UUID(int=99))}, 422, "no_visit"),
        ("dana", {"content": "not base64!"}, 400, "malformed"),
        ("dana", {"text": 7}, 400, "malformed"),
        ("dana", {"content": b64encode(b"GIF89a").decode()}, 422, "refused"),
        ("dana", {"item": "thinking"}, 422, "refused"),
        ("dana", {"content": "A" * 3_000_000}, 413, "too_big"),
    ],
)
def test_what_a_device_may_not_send(
    as_person: SignIn, seeded: Any, visit: Visit, key: str, other: Any, status: int, code: str
) -> None:
    answer = send(as_person(key), event(seeded, visit, **other))
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert kept(visit) == []


def test_nobody_adds_a_picture_to_anothers_visit(as_person: SignIn, seeded: Any, visit: Visit) -> None:
    grace = as_person("grace")
    assert upload(grace, visit, PNG).status_code == 404
    answer = send(grace, event(seeded, visit, person=seeded.person["grace"]))
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "no_visit")
    assert kept(visit) == []
