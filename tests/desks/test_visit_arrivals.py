"""A visit that waited on a device: taken in once, as its form would have been, for the person who wrote it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from fairlead.apps.instruments.models import Answer, Instrument, Item, Note, Response, Version, Visit
from fairlead.apps.support.models import Contact
from tests.conftest import as_owner

SignIn = Callable[[str | None], Client]
TOKEN = "6f8d3f6e-8a2b-4c1e-9d51-0e3f5a7b9c21"
LINE = "0b7cf0de-31f4-4a8e-8f0e-5d2f4a6b8c10"


@pytest.fixture
def event(seeded: Any) -> dict[str, Any]:
    """What Dana's phone sends of twelve minutes with Amara's class."""
    version = Version.objects.filter(instrument__key="twelve-minutes").order_by("-number")[0]
    items = list(Item.objects.filter(version=version).order_by("position"))
    fields = {
        "token": TOKEN,
        "teacher": str(seeded.person["amara"]),
        "purpose": "coaching",
        "version": str(version.pk),
        "day": "2026-11-19",
        "at": "09:12",
        "minutes": "12",
        "section": str(int(seeded.section_ids[0])),
        "note": "Comparing thirds.",
        "feedback": "Nine of ten pairs began at once.",
        "promise": "",
        "due": "",
        f"item_{items[0].pk}": "3",
        "script-TOTAL_FORMS": "3",
        "script-INITIAL_FORMS": "0",
        "script-0-id": LINE,
        "script-0-at": "09:14",
        "script-0-text": "Asked three students to explain",
        "script-0-tags": items[0].key,
        "script-1-id": "",
        "script-1-at": "09:20",
        "script-1-text": "Four pairs drew strips",
        "script-2-id": "",
        "script-2-at": "",
        "script-2-text": " ",
        "done": "keep",
    }
    return {
        "id": TOKEN,
        "person": seeded.person["dana"],
        "device": str(uuid.UUID(int=7)),
        "taken_at": "2026-11-19T09:25:00-05:00",
        "now": "2026-11-19T09:30:00-05:00",
        "fields": [[name, value] for name, value in fields.items()],
    }


def changed(event: dict[str, Any], **fields: str) -> dict[str, Any]:
    told = dict(map(tuple, event["fields"])) | {name.replace("__", "-"): value for name, value in fields.items()}
    return event | {"fields": [[name, value] for name, value in told.items()]}


def send(client: Client, event: Any) -> Any:
    return client.post(reverse("coach:arrive"), json.dumps(event), content_type="application/json")


def test_it_is_recorded_as_its_form_would_have_been(as_person: SignIn, event: dict[str, Any], seeded: Any) -> None:
    dana = as_person("dana")
    answer = send(dana, event)
    assert answer.status_code == 200, answer.content
    with as_owner():
        visit = Visit.objects.get(token=TOKEN)
        response = Response.objects.get(pk=TOKEN)
        notes = list(Note.objects.filter(response=response).order_by("at"))
        assert (visit.minutes, visit.purpose, visit.shared_at) == (12, "coaching", None)
        assert Contact.objects.get(visit=visit).minutes == 12
        assert Answer.objects.filter(response=response, level=3).count() == 1
    assert [(n.text, len(n.tags)) for n in notes] == [
        ("Asked three students to explain", 1),
        ("Four pairs drew strips", 0),
    ]
    assert str(notes[0].pk) == LINE
    assert f"{notes[0].at:%H:%M}" in ("09:14", "14:14")
    page = dana.get(answer.json()["page"]).content.decode()
    assert "The script: 2 notes in their order" in page
    assert "09:14 – Asked three students to explain" in page


def test_arriving_again_it_is_the_same_visit(as_person: SignIn, event: dict[str, Any]) -> None:
    dana = as_person("dana")
    first, second = send(dana, event).json(), send(dana, changed(event, note="Changed on the way")).json()
    assert first["visit"] == second["visit"]
    with as_owner():
        assert Visit.objects.filter(token=TOKEN).count() == 1
        assert Note.objects.filter(response_id=TOKEN).count() == 2


def test_shared_when_it_was_finished_so(as_person: SignIn, event: dict[str, Any]) -> None:
    assert send(as_person("dana"), changed(event, done="share")).status_code == 200
    assert "Nine of ten pairs" in as_person("amara").get("/teacher/").content.decode()


def test_never_taken_in_under_another_name(as_person: SignIn, event: dict[str, Any], seeded: Any) -> None:
    refused = send(as_person("grace"), event)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "other_person")
    nobody = send(as_person(None), event)
    assert (nobody.status_code, nobody.json()["error"]["code"]) == (401, "sign_in")
    # and somebody else's visit is not answered for, nor overwritten
    assert send(as_person("dana"), event).status_code == 200
    same_number = send(as_person("grace"), event | {"person": seeded.person["grace"]})
    assert (same_number.status_code, same_number.json()["error"]["code"]) == (409, "id_used")
    with as_owner():
        assert Visit.objects.get(token=TOKEN).visitor_id == seeded.person["dana"]


def test_a_line_under_a_used_number_is_refused(as_person: SignIn, event: dict[str, Any]) -> None:
    dana, other = as_person("dana"), str(uuid.UUID(int=99))
    send(dana, event)
    refused = send(dana, changed(event, token=other) | {"id": other})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "id_used")
    with as_owner():
        assert not Visit.objects.filter(token=other).exists()


def test_a_clock_that_was_ahead_moves_everything_back_together(as_person: SignIn, event: dict[str, Any]) -> None:
    late = changed(event, at="10:12", script__0__at="10:14", script__1__at="10:20")
    assert send(as_person("dana"), late).status_code == 200
    with as_owner():
        visit = Visit.objects.get(token=TOKEN)
        first, last = Note.objects.filter(response_id=TOKEN).order_by("at").values_list("at", flat=True)
    assert first is not None
    assert last is not None
    assert (last - visit.recorded_at).total_seconds() == 0
    assert ((last - first).total_seconds(), (first - visit.began_at).total_seconds()) == (360, 120)


def test_the_draft_keeps_its_version_while_it_may_be_used(as_person: SignIn, event: dict[str, Any]) -> None:
    dana = as_person("dana")
    version = int(dict(map(tuple, event["fields"]))["version"])
    with as_owner():
        newer = Version.objects.create(
            instrument=Version.objects.get(pk=version).instrument, number=99, published_at=None
        )
        Version.objects.filter(pk=newer.pk).update(published_at="2026-11-19T08:00:00-05:00")
    fresh = dana.get(reverse("coach:visit_form", args=[dict(map(tuple, event["fields"]))["teacher"], "coaching"]))
    assert fresh.context["version"].pk == newer.pk
    assert send(dana, event).status_code == 200
    with as_owner():
        assert Visit.objects.get(token=TOKEN).version_id == version


def test_a_version_that_is_no_longer_in_use_is_refused_by_name(as_person: SignIn, event: dict[str, Any]) -> None:
    dana = as_person("dana")
    with as_owner():
        Instrument.objects.filter(key="twelve-minutes").update(retired_at="2026-11-18T08:00:00-05:00")
    refused = send(dana, event)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "version")
    fields = dict(map(tuple, event["fields"]))
    page = dana.get(
        reverse("coach:visit_version", args=[fields["teacher"], "coaching", fields["version"]]) + "?from=x"
    )
    assert (page.status_code, page["Location"]) == (302, f"/coach/visit/new/{fields['teacher']}/coaching?from=x")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"minutes": "0"}, 422, "invalid"),
        ({"teacher": "999999"}, 422, "not_allowed"),
        ({"purpose": "appraisal"}, 422, "not_allowed"),
        ({"purpose": "gossip"}, 422, "not_allowed"),
        ({"script__0__tags": "not-an-item"}, 422, "invalid"),
        ({"script__0__at": "99:99"}, 422, "invalid"),
        ({"done": "share", "feedback": " "}, 422, "refused"),
        ({"token": "another"}, 400, "malformed"),
    ],
)
def test_what_cannot_be_recorded_stays_on_the_device(
    as_person: SignIn, event: dict[str, Any], change: dict[str, str], status: int, code: str
) -> None:
    refused = send(as_person("dana"), changed(event, **change))
    assert (refused.status_code, refused.json()["error"]["code"]) == (status, code)
    assert "Comparing thirds" not in refused.content.decode()
    with as_owner():
        assert not Visit.objects.filter(token=TOKEN).exists()


@pytest.mark.parametrize(
    "body",
    ["", "[]", "{}", '{"id": 1}', json.dumps({"fields": [["a"]]}), "[" * 100_000],
)
def test_a_message_of_another_shape_is_said_to_be_one(as_person: SignIn, body: str) -> None:
    answer = as_person("dana").post(reverse("coach:arrive"), body, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "malformed")


def test_only_by_post(as_person: SignIn) -> None:
    assert as_person("dana").get(reverse("coach:arrive")).status_code == 405


def test_who_visits_no_class_sends_no_visit(as_person: SignIn, event: dict[str, Any], seeded: Any) -> None:
    refused = send(as_person("amara"), event | {"person": seeded.person["amara"]})
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "not_there")


def test_the_plain_form_takes_a_script_too_and_gives_more_lines(
    as_person: SignIn, event: dict[str, Any], seeded: Any
) -> None:
    dana = as_person("dana")
    fields = {name: value for name, value in event["fields"] if name != "done"}
    url = reverse("coach:visit_version", args=[fields["teacher"], "coaching", fields["version"]])
    more = dana.post(url, fields | {"more": "1"})
    assert more.status_code == 200
    assert 'name="script-TOTAL_FORMS" value="6"' in more.content.decode()
    assert "Four pairs drew strips" in more.content.decode()
    assert "Not saved yet" not in more.content.decode()
    assert dana.post(url, fields | {"keep": "1"}).status_code == 302
    with as_owner():
        assert Note.objects.filter(response_id=TOKEN).count() == 2


def test_the_teacher_may_be_chosen_in_the_form(as_person: SignIn, event: dict[str, Any], seeded: Any) -> None:
    dana = as_person("dana")
    page = dana.get(reverse("coach:visit_form", args=[0, "coaching"]))
    assert page["X-Fairlead-Keep"] == "1"
    assert f'<option value="{seeded.person["amara"]}">' in page.content.decode()
    fields = {name: value for name, value in event["fields"] if name != "done"}
    missing = dana.post(reverse("coach:visit_form", args=[0, "coaching"]), fields | {"teacher": "", "keep": "1"})
    assert missing.status_code == 422
    assert "Choose whom you visit" in missing.content.decode()
    assert dana.post(reverse("coach:visit_form", args=[0, "coaching"]), fields | {"keep": "1"}).status_code == 302


def test_a_script_without_an_instrument_becomes_the_note(
    as_person: SignIn, event: dict[str, Any], seeded: Any
) -> None:
    grace = as_person("grace")
    with as_owner():
        Instrument.objects.update(retired_at="2026-11-18T08:00:00-05:00")
    own = changed(event, purpose="appraisal", version="", script__0__tags="") | {"person": seeded.person["grace"]}
    own["fields"] = [pair for pair in own["fields"] if not pair[0].startswith(("item_", "script-0-tags"))]
    assert send(grace, own).status_code == 200
    with as_owner():
        note = Visit.objects.get(token=TOKEN).note
    assert note.splitlines() == [
        "Comparing thirds.",
        "09:14 – Asked three students to explain",
        "09:20 – Four pairs drew strips",
    ]


def test_feedback_is_drafted_from_the_evidence_item_by_item(as_person: SignIn, event: dict[str, Any]) -> None:
    dana = as_person("dana")
    with as_owner():
        items = list(
            Item.objects.filter(version_id=dict(map(tuple, event["fields"]))["version"]).order_by("position")
        )
    told = changed(event, feedback="", script__1__tags=items[1].key)
    told["fields"].append(["script-1-tags", items[0].key])
    page = dana.get(send(dana, told).json()["page"])
    assert page.context["share"].initial["words"] == (
        f"{items[0].name}\n09:14 – Asked three students to explain\n09:20 – Four pairs drew strips\n\n"
        f"{items[1].name}\n09:20 – Four pairs drew strips"
    )
    assert "Drafted from your notes" in page.content.decode()


@pytest.mark.parametrize(
    ("ended", "day", "status"),
    [
        ("2026-11-18", "2026-11-18", 200),  # its last day; the visit arrives the day after
        ("2026-11-17", "2026-11-18", 422),  # made when it had ended
        ("2026-11-18", "2026-11-19", 422),
        ("2026-11-01", "2026-10-30", 422),  # a day so long ago that the device is not believed
    ],
)
def test_a_certificate_is_asked_for_on_the_day_of_the_visit(
    as_person: SignIn, event: dict[str, Any], seeded: Any, ended: str, day: str, status: int
) -> None:
    from fairlead.apps.instruments.models import Certificate

    rubric = Version.objects.filter(instrument__key="a-years-teaching").order_by("-number")[0]
    Certificate.objects.filter(person_id=seeded.person["grace"]).update(earned_on="2026-01-05", ends_on=ended)
    grace = {"person": seeded.person["grace"]}
    told = changed(event | grace, purpose="appraisal", version=str(rubric.pk), day=day)
    kept = [
        [name, value] for name, value in told["fields"] if not name.startswith(("item_", "script-0-tags"))
    ]  # of another rubric
    answer = send(as_person("grace"), told | {"fields": kept})
    assert answer.status_code == status, answer.content
