"""The calendar feed: only what its person may see, no word of notes, closed by a new secret; correct by a second reader."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from fairlead import clock
from fairlead.apps.support import planning
from fairlead.apps.support.models import CalendarFeed, ContactWords, PlannedContact, PromiseWords
from tests.conftest import as_owner, max_queries

SignIn = Callable[[str | None], Client]


def address_of(client: Client) -> str:
    page = client.post(reverse("contacts:feed_renew"))
    found = re.search(r'value="(https?://[^"]+\.ics)"', page.content.decode())
    assert found is not None
    return urlsplit(found[1]).path


def events(body: bytes) -> dict[str, Any]:
    return {str(e["uid"]): e for e in Calendar.from_ical(body).walk("VEVENT")}


def test_the_secret_is_kept_as_a_hash_and_opens_without_a_session(as_person: SignIn, seeded: Any) -> None:
    path = address_of(as_person("dana"))
    with as_owner():
        kept = CalendarFeed.objects.get(person_id=seeded.person["dana"], revoked_at=None)
    assert kept.token_hash not in path
    assert len(kept.token_hash) == 64
    answer = as_person(None).get(path)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-cache" in answer["Cache-Control"]
    assert events(answer.content)


def test_it_tells_what_its_person_may_see_and_no_word_of_it(as_person: SignIn, seeded: Any) -> None:
    body = as_person(None).get(address_of(as_person("amara"))).content
    text = body.replace(b"\r\n ", b"").decode()
    with as_owner():
        mine = {f"{t}@fairlead" for t in PlannedContact.objects.filter(with_person_id=seeded.person["amara"]).values_list("token", flat=True)}  # fmt: skip
        words = [*ContactWords.objects.values_list("text", flat=True), *PromiseWords.objects.values_list("text", flat=True)]  # fmt: skip
    assert {uid for uid in events(body) if not uid.startswith("promise-")} == mine
    assert "Dana Whitfield" in text
    assert not [w for w in words if w in text]


def test_rules_of_outlook_google_and_apple(as_person: SignIn, scope_of: Any, seeded: Any) -> None:
    path = address_of(as_person("dana"))
    body = as_person(None).get(path).content
    assert body.startswith(b"BEGIN:VCALENDAR\r\n")
    assert body.endswith(b"END:VCALENDAR\r\n")
    assert all(len(line) <= 75 for line in body.split(b"\r\n")), "folded"
    assert b"\n" not in body.replace(b"\r\n", b"")
    assert b"DTSTART;TZID=America/New_York:" in body
    assert b"BEGIN:VTIMEZONE" in body
    plan = next(e for uid, e in events(body).items() if not uid.startswith("promise-"))
    assert plan["dtstart"].dt.tzinfo is not None
    assert plan["dtend"].dt > plan["dtstart"].dt
    due = next(e for uid, e in events(body).items() if uid.startswith("promise-"))
    assert due["dtend"].dt - due["dtstart"].dt == timedelta(days=1), "a whole day, its end exclusive"


def test_a_moved_plan_keeps_its_uid_and_counts_up_and_one_called_off_is_cancelled(
    as_person: SignIn, scope_of: Any, seeded: Any
) -> None:
    path = address_of(as_person("dana"))
    with as_owner():
        plan = PlannedContact.objects.filter(lead_id=seeded.person["dana"], at__gt=clock.now()).latest("at")
    uid = f"{plan.token}@fairlead"
    assert int(events(as_person(None).get(path).content)[uid]["sequence"]) == 0
    planning.move(scope_of("dana"), plan.pk, plan.at + timedelta(days=1), 45)
    moved = events(as_person(None).get(path).content)[uid]
    assert int(moved["sequence"]) == 1
    assert moved["dtend"].dt - moved["dtstart"].dt == timedelta(minutes=45)
    planning.call_off(scope_of("dana"), plan.pk)
    off = events(as_person(None).get(path).content)[uid]
    assert (str(off["status"]), int(off["sequence"])) == ("CANCELLED", 2)


def test_an_unchanged_feed_is_not_sent_again(as_person: SignIn) -> None:
    path = address_of(as_person("dana"))
    first = as_person(None).get(path)
    again = as_person(None).get(path, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    assert "GMT" in first["Last-Modified"]
    assert as_person(None).get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_new_address_closes_the_old_and_closing_closes(as_person: SignIn) -> None:
    old = address_of(as_person("dana"))
    new = address_of(as_person("dana"))
    assert as_person(None).get(old).status_code == 404
    assert as_person(None).get(new).status_code == 200
    as_person("dana").post(reverse("contacts:feed_revoke"))
    assert as_person(None).get(new).status_code == 404
    assert "No address is open" in as_person("dana").get(reverse("contacts:feed")).content.decode()


def test_guessing_has_to_wait(as_person: SignIn) -> None:
    path = address_of(as_person("dana"))
    client = as_person(None)
    for n in range(30):
        assert client.get(reverse("contacts:calendar", args=[f"guess-{n}"])).status_code == 404
    assert client.get(reverse("contacts:calendar", args=["one-more"])).status_code == 429
    assert client.get(path).status_code == 429, "whoever guesses waits, with a right one too"


def test_names_with_commas_and_long_lines_are_escaped_and_folded(as_person: SignIn, seeded: Any) -> None:
    from fairlead.apps.roster.models import Person

    with as_owner():
        Person.objects.filter(pk=seeded.person["grace"]).update(family_name="Lindqvist; y Órtiz, de la Very Long Name " + "ñ" * 20)  # fmt: skip
    path = address_of(as_person("marcus"))
    body = as_person(None).get(path).content
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    assert b"Lindqvist\\; y" in body.replace(b"\r\n ", b"")
    assert any("Lindqvist; y Órtiz, de" in str(e["summary"]) for e in events(body).values())


def test_planning_by_the_page_and_logging_from_the_plan(as_person: SignIn, seeded: Any) -> None:
    dana = as_person("dana")
    day = clock.today() + timedelta(days=6)
    said = {"person": seeded.person["amara"], "purpose": "coaching", "kind": "planning", "day": str(day), "at": "13:15", "minutes": 40}  # fmt: skip
    assert dana.post(reverse("contacts:plan"), said).status_code == 302
    assert dana.post(reverse("contacts:plan"), said | {"day": "2026-11-01"}).status_code == 422
    with as_owner():
        plan = PlannedContact.objects.latest("id")
    page = dana.get(reverse("contacts:new") + f"?plan={plan.pk}")
    form = page.context["form"]
    assert (form["minutes"].value(), form["kind"].value(), form["plan"].value()) == (40, "planning", plan.pk)
    sent = {
        "token": form["token"].value(), "plan": plan.pk, "school": int(seeded.school_ids[0]), "people": [seeded.person["amara"]], "purpose": "coaching",
        "kind": "planning", "day": str(clock.today()), "at": "09:00", "minutes": 40,
    }  # fmt: skip
    assert dana.post(reverse("contacts:new"), sent).status_code == 302
    with as_owner():
        assert PlannedContact.objects.get(pk=plan.pk).became is not None
    assert dana.get(reverse("contacts:move", args=[plan.pk])).status_code == 404, "it is not to come any more"


@pytest.mark.parametrize(("key", "status"), [("grace", 200), ("marcus", 200), ("ines", 200), ("owen", 404)])
def test_the_sheet_shows_no_coaching_words_in_few_queries(
    as_person: SignIn, seeded: Any, key: str, status: int
) -> None:
    client, address = as_person(key), reverse("contacts:prepare", args=[int(seeded.school_ids[0])])
    with as_owner():
        secret = [*ContactWords.objects.filter(purpose="coaching").values_list("text", flat=True), *PromiseWords.objects.filter(purpose="coaching").values_list("text", flat=True)]  # fmt: skip
    client.get(address)
    with max_queries(15):
        page = client.get(address)
    assert page.status_code == status
    if status == 200:
        text = page.content.decode()
        own = {p.text for p in page.context["promises"]}
        assert not [w for w in secret if w in text and w not in own]
        assert all(p.purpose != "coaching" or p.mine for p in page.context["promises"])
        assert page.context["ask"]
        assert "coverage" in text
