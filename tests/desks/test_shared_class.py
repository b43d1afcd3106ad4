"""A class on shared devices: a code for a day, each form by one unused invitation, and only how many have finished."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.urls import reverse

from fairlead.apps.surveys import links, sessions
from fairlead.apps.surveys.models import Administration, Ballot, ClassSession, Invitation, Receipt
from tests.access import survey_objects
from tests.conftest import as_owner, max_queries

CODE = "reef-2468"
ADDRESS = f"/a/class/{CODE}/"


@pytest.fixture(autouse=True)
def _no_misses() -> None:
    cache.clear()


def asked(seeded: Any) -> tuple[int, int]:
    """The survey and the class that are open."""
    with as_owner():
        return survey_objects.students_now(seeded), survey_objects.amaras_class(seeded)


def counts(seeded: Any) -> dict[str, int]:
    known, section = asked(seeded)
    with as_owner():
        mine = Invitation.objects.filter(administration_id=known, section_id=section)
        states = {state: mine.filter(state=state).count() for state in ("waiting", "answered", "declined")}
        return states | {"ballots": Ballot.objects.filter(administration_id=known).count()}


def an_item(seeded: Any) -> str:
    with as_owner():
        version = Administration.objects.get(pk=asked(seeded)[0]).version_id
        return f"item_{links.questions(version)[0].pk}"


def test_without_scripts_from_the_start_to_the_next_student(as_person: Any, seeded: Any) -> None:
    client, before, item = as_person(None), counts(seeded), an_item(seeded)
    with max_queries(10):
        start = client.get(ADDRESS)
    assert (start["Cache-Control"], bool(start.cookies)) == ("no-store", False)
    first = client.get(ADDRESS + "?step=first&in=es").content.decode()
    assert "¿Quieres participar?" in first
    assert 'lang="es" dir="ltr" data-panel="first-es">' in first, "this step is seen, the others are hidden"
    assert client.post(ADDRESS, {"in": "en"}).status_code == 422, "nothing is answered yet"
    receipt = str(uuid4())
    sent = client.post(ADDRESS, {"in": "en", "receipt": receipt, item: "4"})
    assert (sent.status_code, sent["Location"]) == (302, ADDRESS + "?step=done&in=en")
    again = client.post(ADDRESS, {"in": "en", "receipt": receipt, item: "4"}, headers={"accept": "application/json"})
    assert again.json()["state"] == "again", "sent twice, it counts once"
    after = counts(seeded)
    assert (after["answered"], after["ballots"]) == (before["answered"] + 1, before["ballots"] + 1)


def test_a_no_is_counted_and_nothing_else_is_kept(as_person: Any, seeded: Any) -> None:
    client, before, item = as_person(None), counts(seeded), an_item(seeded)
    client.post(ADDRESS, {"in": "en", item: "4", "decline": "1"})
    after = counts(seeded)
    assert (after["declined"], after["ballots"]) == (before["declined"] + 1, before["ballots"])


def test_the_teacher_sees_how_many_and_no_more_answer_than_are_asked(as_person: Any, seeded: Any) -> None:
    anybody, item = as_person(None), an_item(seeded)
    before = counts(seeded)
    for _nth in range(before["waiting"]):
        sent = anybody.post(ADDRESS, {"in": "en", item: "2"}, headers={"accept": "application/json"})
        assert sent.json()["state"] == "sent"
    full = anybody.post(ADDRESS, {"in": "en", item: "2"}, headers={"accept": "application/json"})
    assert (full.status_code, full.json()["state"]) == (422, "none")
    with as_owner():
        assert Receipt.objects.count() == before["waiting"], "who found no place leaves no receipt"
    known, section = asked(seeded)
    client = as_person("amara")
    with max_queries(12):
        text = client.get(reverse("surveys:class_session", args=[known, section])).content.decode()
    everybody = before["waiting"] + before["answered"] + before["declined"]
    assert f"{everybody} of {everybody}" in text
    assert "declined" not in text


def test_closed_it_takes_what_still_waits_and_shows_no_question(as_person: Any, seeded: Any) -> None:
    known, section = asked(seeded)
    teacher, item = as_person("amara"), an_item(seeded)
    assert teacher.post(reverse("surveys:class_session", args=[known, section]), {"close": "1"}).status_code == 302
    anybody = as_person(None)
    assert anybody.get(ADDRESS).status_code == 410
    late = anybody.post(ADDRESS, {"in": "en", item: "2"}, headers={"accept": "application/json"})
    assert late.json()["state"] == "sent", "a device that had no network for a minute"
    assert anybody.get("/a/class/aaaa-bbbb/").status_code == 404
    with as_owner():
        ClassSession.objects.update(day="2026-11-18")
    assert anybody.post(ADDRESS, {"in": "en", item: "2"}).status_code == 410, "its day is over"


def test_opened_again_it_has_another_code_and_the_door_knows_it(as_person: Any, seeded: Any) -> None:
    known, section = asked(seeded)
    address = reverse("surveys:class_session", args=[known, section])
    office = as_person("luis")  # for a substitute
    office.post(address, {"close": "1"})
    office.post(address, {"open": "1"})
    with as_owner():
        code = ClassSession.objects.get(closed_at=None).code
    assert code != CODE.replace("-", "")
    sent = as_person(None).post(reverse("answering:door"), {"code": code.upper()})
    assert sent["Location"].startswith(f"/a/class/{code[:4]}-{code[4:]}")


def test_in_a_confidential_survey_a_slip_opens_it_and_only_in_its_class(
    as_person: Any, seeded: Any, scope_of: Any
) -> None:
    known, section = asked(seeded)
    with as_owner(), connection.cursor() as cursor:  # as if it had been so from the start
        cursor.execute("ALTER TABLE surveys_administration DISABLE TRIGGER USER")
        cursor.execute("UPDATE surveys_administration SET mode = 'confidential' WHERE id = %s", [known])
        cursor.execute("ALTER TABLE surveys_administration ENABLE TRIGGER USER")
    item, anybody = an_item(seeded), as_person(None)
    slip = sessions.slips(scope_of("amara"), known, section)[0]
    for code, status in (
        ("", 422),
        ("aaaa-bbbb-cccc", 422),
        (links.written(slip.secret).upper(), 200),
        (slip.secret, 422),
    ):
        sent = anybody.post(ADDRESS, {"in": "en", "slip": code, item: "2"}, headers={"accept": "application/json"})
        assert sent.status_code == status, code


def test_a_student_by_link_is_asked_whether_first(as_person: Any, seeded: Any, scope_of: Any) -> None:
    known, section = asked(seeded)
    slip = sessions.slips(scope_of("amara"), known, section)[0]
    client, item, before = as_person(None), an_item(seeded), counts(seeded)
    address = reverse("answering:answer", args=[slip.secret])
    first = client.get(address).content.decode()
    assert "Do you want to take part?" in first
    assert 'type="radio"' not in first
    assert "Do you want to take part?" in client.post(address, {item: "3"}).content.decode(), (
        "without a yes nothing is sent"
    )
    assert counts(seeded) == before
    assert 'type="radio"' in client.get(address + "?yes=1").content.decode()
    assert client.post(address, {item: "3", "yes": "1"}).status_code == 302
    assert counts(seeded)["answered"] == before["answered"] + 1
