"""Contacts' pages: two taps, with and without scripts, once from a device; promises on top; the other side answers."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from fairlead.apps.support.models import Contact, ContactPresence, ContactWords, Promise, PromiseWords
from tests.conftest import as_owner, max_queries

SignIn = Callable[[str | None], Client]
TOKEN = "5f8d3f6e-8a2b-4c1e-9d51-0e3f5a7b9c77"


def filled(page: Any) -> dict[str, Any]:
    """What a browser would send of the page's form, untouched."""
    form = page.context["form"]
    said = {n: form[n].value() for n in form.fields if not n.startswith("minutes_")}
    sent = {n: ("" if v is None else v) for n, v in said.items() if v is not False}
    sent["at"] = f"{sent['at']:%H:%M}"
    return sent | {"school": page.context["school_id"] or ""}


def test_one_tap_opens_and_one_tap_saves(as_person: SignIn, seeded: Any) -> None:
    marcus = as_person("marcus")
    school = int(seeded.school_ids[0])
    desk = marcus.get(reverse("director:desk")).content.decode()
    address = reverse("contacts:new_at", args=[school])
    assert f'href="{address}"' in desk
    page = marcus.get(address)
    assert page["X-Fairlead-Keep"] == "1"
    with as_owner():
        last = Contact.objects.filter(lead_id=seeded.person["marcus"], organization_id=school).latest("at")
    sent = filled(page)
    assert (sent["people"], sent["kind"], sent["minutes"]) == ([seeded.person["grace"]], last.kind, last.minutes)
    answer = marcus.post(reverse("contacts:new"), sent)
    assert answer.status_code == 302, answer.content
    with as_owner():
        made = Contact.objects.filter(lead_id=seeded.person["marcus"], organization_id=school).latest("id")
    assert (made.with_person_id, made.minutes, made.purpose) == (seeded.person["grace"], last.minutes, "supervision")
    assert made.support_id is not None, "it counts for the support that ties the two"
    marcus.post(reverse("contacts:new"), sent)
    with as_owner():
        assert Contact.objects.filter(token=made.token).count() == 1, "the same form again is the same contact"


def test_the_open_promise_stands_at_the_top_and_is_kept_with_evidence(as_person: SignIn, seeded: Any) -> None:
    dana, amara = as_person("dana"), seeded.person["amara"]
    page = dana.get(reverse("contacts:new") + f"?person={amara}")
    with as_owner():
        promise = Promise.objects.get(owner_id=seeded.person["dana"], made_to_id=amara, kept_at=None)
    shown = page.content.decode()
    assert shown.index("Open the lesson on unequal wholes") < shown.index('name="people"')
    sent = filled(page) | {f"outcome_{promise.pk}": "otherwise"}
    refused = dana.post(reverse("contacts:new"), sent)
    assert refused.status_code == 422
    assert "what you did instead" in refused.content.decode()
    sent |= {
        f"outcome_{promise.pk}": "kept",
        f"words_{promise.pk}": "https://docs.example.org/strips",
        "note": "Strips first.",
    }
    assert dana.post(reverse("contacts:new"), sent).status_code == 302
    with as_owner():
        assert PromiseWords.objects.get(promise=promise).evidence == "https://docs.example.org/strips"
    page = dana.get(reverse("contacts:promises")).content.decode()
    assert 'href="https://docs.example.org/strips"' in page


def test_a_leader_sees_the_dose_and_no_word(as_person: SignIn, seeded: Any) -> None:
    with as_owner():
        contact = Contact.objects.filter(lead_id=seeded.person["dana"], with_person_id=seeded.person["amara"], kind="planning").latest("at")  # fmt: skip
        words = ContactWords.objects.filter(contact=contact)[0].text
    address = reverse("contacts:contact", args=[contact.pk])
    assert words in as_person("amara").get(address).content.decode()
    for key in ("grace", "marcus", "ines", "tomas"):
        page = as_person(key).get(address).content.decode()
        assert words not in page
        assert "between those who were there" in page
        assert "60 minutes" in page
    assert as_person("owen").get(address).status_code == 404


def test_the_coachee_answers_and_says_how_long_it_was(as_person: SignIn, seeded: Any) -> None:
    with as_owner():
        contact = Contact.objects.filter(lead_id=seeded.person["dana"], with_person_id=seeded.person["amara"], kind="planning").latest("at")  # fmt: skip
    amara = as_person("amara")
    page = amara.get(reverse("contacts:contact", args=[contact.pk])).content.decode()
    assert "Purpose: Coaching" in page
    assert "only that it happened" in page, "who sees what is said exactly"
    amara.post(reverse("contacts:answer", args=[contact.pk]), {"text": "I bring two"})
    amara.post(reverse("contacts:minutes", args=[contact.pk]), {"minutes": "50"})
    with as_owner():
        assert ContactWords.objects.get(contact=contact, text="I bring two").reader_id == seeded.person["dana"]
        assert ContactPresence.objects.get(contact=contact, person_id=seeded.person["amara"]).said_minutes == 50
    page = as_person("dana").get(reverse("contacts:contact", args=[contact.pk])).content.decode()
    assert "I bring two" in page
    assert "60 were written" in page
    for words in ("abc", "-4", "9999"):
        assert (
            as_person("amara").post(reverse("contacts:minutes", args=[contact.pk]), {"minutes": words}).status_code
            == 422
        )
    assert as_person("amara").post(reverse("contacts:answer", args=[contact.pk]), {"text": " "}).status_code == 422


@pytest.fixture
def event(seeded: Any) -> dict[str, Any]:
    """What Dana's phone sends of a call with Amara."""
    fields = {
        "token": TOKEN, "plan": "", "people": str(seeded.person["amara"]), "purpose": "coaching", "kind": "call",
        "day": "2026-11-19", "at": "09:05", "minutes": "15", "note": "Strips first.", "promise": "", "due": "", "school": "",
    }  # fmt: skip
    return {
        "id": TOKEN, "person": seeded.person["dana"], "device": str(uuid.UUID(int=7)),
        "taken_at": "2026-11-19T09:20:00-05:00", "now": "2026-11-19T09:30:00-05:00",
        "fields": [[name, value] for name, value in fields.items()],
    }  # fmt: skip


def send(client: Client, event: Any) -> Any:
    return client.post(reverse("contacts:arrive"), json.dumps(event), content_type="application/json")


def test_a_contact_of_a_device_arrives_once_and_for_its_writer_only(
    as_person: SignIn, event: dict[str, Any], seeded: Any
) -> None:
    assert send(as_person("grace"), event).json()["error"]["code"] == "other_person"
    dana = as_person("dana")
    first, again = send(dana, event), send(dana, event)
    assert first.status_code == again.status_code == 200, first.content
    assert first.json()["page"] == again.json()["page"]
    with as_owner():
        made = Contact.objects.get(token=TOKEN)
        assert (made.kind, made.minutes, made.lead_id) == ("call", 15, seeded.person["dana"])
        assert ContactWords.objects.filter(contact=made).count() == 1
    assert send(as_person(None), event).status_code == 401


def test_a_device_whose_clock_is_ahead_loses_nothing(as_person: SignIn, event: dict[str, Any]) -> None:
    event["fields"] = [[n, "23:50" if n == "at" else v] for n, v in event["fields"]]
    assert send(as_person("dana"), event).status_code == 200


def test_what_is_wrong_is_said_field_by_field_and_never_quoted(as_person: SignIn, event: dict[str, Any]) -> None:
    event["fields"] = [[n, "ten thousand" if n == "minutes" else v] for n, v in event["fields"]]
    told = send(as_person("dana"), event)
    assert told.status_code == 422
    assert "Minutes" in told.json()["error"]["what"]
    assert "ten thousand" not in told.content.decode()
    event["fields"] = [[n, v] for n, v in event["fields"] if n != "token"]
    assert send(as_person("dana"), event).json()["error"]["code"] == "malformed"


def test_a_person_of_another_school_cannot_be_reached_by_address(as_person: SignIn, seeded: Any) -> None:
    grace = as_person("grace")
    far = int(seeded.section_teacher[[int(s) for s in seeded.section_school].index(1)])
    assert grace.get(reverse("contacts:new") + f"?person={far}").status_code == 404
    assert grace.get(reverse("contacts:new_at", args=[int(seeded.school_ids[1])])).status_code == 404


def test_a_week_adds_up(as_person: SignIn, seeded: Any) -> None:
    page = as_person("dana").get(reverse("contacts:week"))
    led = page.context["led"]
    assert led
    assert sum(t for _n, _c, t in page.context["by_kind"]) == sum(c.minutes for c in led)
    assert sum(t for _n, _c, t in page.context["by_school"]) == page.context["minutes"]
    assert page.context["after"] is None
    before = as_person("dana").get(reverse("contacts:week") + "?week=2026-11-04")
    assert (str(before.context["first"]), str(before.context["last"])) == ("2026-11-02", "2026-11-08")
    assert as_person("dana").get(reverse("contacts:week") + "?week=2026-02-31").status_code == 200
    teacher = as_person("amara").get(reverse("contacts:week"))
    assert re.search(r"/contacts/\d+/", teacher.content.decode()), "the coachee finds what was written to them"


def test_a_coach_prepares_with_what_is_between_the_two_and_nothing_else(as_person: SignIn, seeded: Any) -> None:
    amara = seeded.person["amara"]
    address = reverse("contacts:prepare_person", args=[amara])
    dana = as_person("dana")
    assert f'href="{address}"' in dana.get(reverse("coach:desk")).content.decode()
    assert f'href="{address}"' in dana.get(reverse("contacts:plan")).content.decode()
    with max_queries(15):
        page = dana.get(address)
    text = page.content.decode()
    assert "Open the lesson on unequal wholes" in text, "the promise between them"
    assert "We chose the comparing task for Thursday." in text, "what was said between them"
    assert page.context["visits"]
    grace = as_person("grace").get(address)
    assert grace.status_code == 200
    assert "Open the lesson on unequal wholes" not in grace.content.decode()
    assert "We chose the comparing task" not in grace.content.decode()
    assert all("grace" in (c.lead + c.with_name).lower() for c in grace.context["contacts"])
    assert as_person("owen").get(address).status_code == 404


def test_a_teacher_finds_the_minutes_of_classroom_visits_on_their_own_list(as_person: SignIn, seeded: Any) -> None:
    page = as_person("amara").get(reverse("contacts:week"))
    visits = [c for c in page.context["received"] if c.visit_id]
    assert visits
    assert all(c.minutes > 0 for c in visits)
    assert page.context["received_minutes"] == sum(c.minutes for c in page.context["received"])
