"""The page behind a family's link: outside sign-in, in the guardian's language, one answer; a stranger's token tells nothing."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from fairlead.apps.attendance.models import AttendanceMark, FamilyAnswer, FamilyLink
from fairlead.site.clock import move_demo
from tests.access import family_objects, morning_objects
from tests.conftest import as_owner, max_queries

TOKEN = "token-of-this-test"
ADDRESS = f"/f/{TOKEN}"
SAID = {"reason": "illness", "words": "Fiebre"}


@pytest.fixture(autouse=True)
def _nothing_counted(seeded: Any) -> None:
    cache.clear()
    FamilyLink.objects.all().delete()


def answers() -> list[FamilyAnswer]:
    with as_owner():
        return list(FamilyAnswer.objects.all())


def test_it_shows_a_first_name_and_a_day(as_person: Any, seeded: Any) -> None:
    link = family_objects.link(seeded, language="en")
    student, guardian = link.student, link.guardian
    client = as_person(None)
    with max_queries(3):
        page = client.get(ADDRESS)
    text = page.content.decode()
    assert f"{student.given_name} was not at school on Thursday, November 19" in text
    for secret in (
        student.family_name,
        guardian.given_name,
        guardian.phone,
        "Harbor Point",
        str(student.pk),
        "grade",
    ):
        assert secret not in text, secret
    assert "<script" not in text
    assert (page["Cache-Control"], page["Referrer-Policy"], page["X-Robots-Tag"]) == (
        "no-store",
        "no-referrer",
        "noindex, nofollow",
    )
    assert not page.cookies, "no cookie is needed, and none is set"


def test_ask_confirm_send(as_person: Any, seeded: Any) -> None:
    family_objects.link(seeded, language="es")
    client = Client(enforce_csrf_checks=True)
    as_person(None)
    assert "¿Por qué no estuvo" in client.get(ADDRESS).content.decode()
    confirm = client.post(ADDRESS, {**SAID, "in": "es", "step": "confirm"}).content.decode()
    assert "¿Es correcto?" in confirm
    assert "Enfermedad" in confirm
    assert "Fiebre" in confirm
    assert answers() == [], "nothing is sent before it is confirmed"
    change = client.post(ADDRESS, {**SAID, "in": "es", "step": "change"}).content.decode()
    assert re.search(r'value="illness"[^>]*checked', change)
    assert ">\nFiebre</textarea>" in change
    done = client.post(ADDRESS, {**SAID, "in": "es", "step": "send"})
    assert (done.status_code, done["Location"]) == (302, "/f/thanks?in=es")
    assert "Gracias" in client.get(done["Location"]).content.decode()
    (found,) = answers()
    assert (found.reason, found.words, found.decision) == ("illness", "Fiebre", "")
    with as_owner():
        assert AttendanceMark.objects.get(pk=morning_objects.absence(seeded)).explained_at is None


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"step": "confirm"}, "Please choose a reason"),
        ({"step": "send"}, "Please choose a reason"),
        ({"step": "send", "reason": "truancy"}, "valid choice"),
        ({"step": "send", "reason": "illness", "words": "x" * 301}, "at most 300"),
        ({**SAID}, "Why was your child"),
        ({**SAID, "step": "steal"}, "Why was your child"),
    ],
)
def test_what_is_not_an_answer_sends_nothing(as_person: Any, seeded: Any, body: Any, says: str) -> None:
    family_objects.link(seeded, language="en")
    page = as_person(None).post(ADDRESS, body)
    assert page.status_code == 200
    assert says in page.content.decode()
    assert answers() == []


def shut(page: Any) -> tuple[int, str]:
    return page.status_code, page.content.decode()


def test_unknown_used_expired_and_withdrawn_look_the_same(as_person: Any, seeded: Any) -> None:
    moment = seeded.moment
    family_objects.link(seeded, "used", used_at=moment)
    family_objects.link(seeded, "expired", expires_at=moment)
    family_objects.link(seeded, "withdrawn", revoked_at=moment)
    client = as_person(None)
    expected = shut(client.get("/f/nobody-ever-made-this-one"))
    assert expected[0] == 404
    assert "This link does not open" in expected[1]
    for token in ("used", "expired", "withdrawn"):
        assert shut(client.get(f"/f/{token}")) == expected, token
        assert shut(client.post(f"/f/{token}", {**SAID, "step": "send"})) == expected, token
    assert answers() == []


def test_twice_is_once(as_person: Any, seeded: Any) -> None:
    family_objects.link(seeded)
    client = as_person(None)
    assert client.post(ADDRESS, {**SAID, "step": "send"}).status_code == 302
    assert client.post(ADDRESS, {**SAID, "step": "send"}).status_code == 404
    assert len(answers()) == 1


@pytest.mark.parametrize("person", ["luis", "owen", "ruth"])
def test_who_is_signed_in_makes_no_difference(as_person: Any, seeded: Any, person: str) -> None:
    family_objects.link(seeded, language="en")
    page = as_person(person).get(ADDRESS).content.decode()
    assert "Why was your child" in page
    assert "Ortega" not in page


@pytest.mark.parametrize(
    ("guardian", "phone", "asked", "lang", "note"),
    [
        ("en", "es", "", "en", False),
        ("es", "en", "", "es", False),
        ("es", "en", "en", "en", False),
        ("vi", "en", "", "en", True),
        ("vi", "es-MX", "", "es", True),
        ("vi", "vi", "", "en", True),
    ],
)
def test_in_which_language(
    as_person: Any, seeded: Any, guardian: str, phone: str, asked: str, lang: str, note: bool
) -> None:
    family_objects.link(seeded, language=guardian)
    query = {"in": asked} if asked else {}
    page = as_person(None).get(ADDRESS, query, headers={"Accept-Language": phone})
    text = page.content.decode()
    assert f'<html lang="{lang}">' in text
    assert page["Content-Language"] == lang
    words = {"en": "not available in your language yet", "es": "aún no está disponible en su idioma"}
    assert (words[lang] in text) == note


def test_too_many_that_do_not_open(as_person: Any, seeded: Any) -> None:
    family_objects.link(seeded)
    client = as_person(None)
    statuses = [client.get(f"/f/guess-{i}").status_code for i in range(32)]
    assert statuses == [404] * 30 + [429] * 2
    assert client.get(ADDRESS).status_code == 429, "a good one looks the same, so that guessing tells nothing"
    assert client.get(ADDRESS, REMOTE_ADDR="192.0.2.7").status_code == 200, "for others it opens"
    move_demo(seeded.moment + timedelta(minutes=10))
    assert client.get(ADDRESS).status_code == 200, "and soon again from here"


def test_wrong_methods(as_person: Any, seeded: Any) -> None:
    family_objects.link(seeded)
    client = as_person(None)
    assert client.put(ADDRESS).status_code == 405
    assert client.delete(ADDRESS).status_code == 405
    assert client.post("/f/thanks").status_code == 405
    assert client.head(ADDRESS).status_code == 200


def test_thanks_knows_nothing(as_person: Any) -> None:
    client = as_person(None)
    assert "Thank you" in client.get("/f/thanks").content.decode()
    assert "Gracias" in client.get("/f/thanks?in=es").content.decode()
    assert "Thank you" in client.get("/f/thanks?in=xx").content.decode()
