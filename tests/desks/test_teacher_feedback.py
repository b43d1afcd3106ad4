"""Feedback on the teacher's page: read by her, answered once, closed by the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.test import Client

from fairlead.apps.support.models import Contact
from tests.access.objects import visit_to_amara
from tests.conftest import as_owner, max_queries

SignIn = Callable[[str | None], Client]


def test_the_desk_shows_what_waits_with_its_promise(as_person: SignIn) -> None:
    amara = as_person("amara")
    with max_queries(15):
        page = amara.get("/teacher/")
    text = page.content.decode()
    assert "You let two students disagree" in text
    assert "Open the lesson on unequal wholes" in text
    assert "stays between coach and teacher" in text


def test_all_that_was_shared(as_person: SignIn) -> None:
    amara = as_person("amara")
    with max_queries(15):
        text = amara.get("/teacher/feedback").content.decode()
    assert "You let two students disagree" in text
    assert "Eighteen of twenty-two" in text


def test_one_visit_says_who_can_see_it(as_person: SignIn, seeded: Any) -> None:
    pk = visit_to_amara(seeded)
    amara = as_person("amara")
    with max_queries(15):
        page = amara.get(f"/teacher/feedback/{pk}")
    text = page.content.decode()
    assert "Who can see this" in text
    assert "only that it happened: date and minutes" in text
    assert len(page.context["ratings"]) == 5
    assert amara.get("/teacher/feedback/999999").status_code == 404
    assert amara.post(f"/teacher/feedback/{pk}").status_code == 405


def test_an_answer_closes_it_once(as_person: SignIn, seeded: Any) -> None:
    pk = visit_to_amara(seeded)
    amara = as_person("amara")
    url = f"/teacher/feedback/{pk}/answer"
    refused = amara.post(url, {"answer": " "})
    assert refused.status_code == 422
    assert "Write a word or two" in refused.content.decode()
    long = amara.post(url, {"answer": "x" * 2001})
    assert long.status_code == 422
    assert "x" * 2001 in long.content.decode(), "what was typed is kept"
    assert "feedback is closed" in amara.post(url, {"answer": "I tried it."}, follow=True).content.decode()
    assert "nothing changed" in amara.post(url, {"answer": "Again"}, follow=True).content.decode()
    assert amara.get(url).status_code == 405
    with as_owner():
        assert Contact.objects.get(visit_id=pk).feedback_closed_at is not None
    assert "I tried it." in as_person("dana").get(f"/coach/visit/{pk}").content.decode()


def test_read_thank_you_is_one_tap(as_person: SignIn, seeded: Any) -> None:
    pk = visit_to_amara(seeded)
    amara = as_person("amara")
    page = amara.post(f"/teacher/feedback/{pk}/answer", {"answer": "", "read": "1"}, follow=True).content.decode()
    assert "Read, thank you." in page


def test_what_is_not_shared_is_not_there(as_person: SignIn, seeded: Any) -> None:
    from fairlead.apps.instruments.models import Visit

    pk = visit_to_amara(seeded)
    Visit.objects.filter(pk=pk).update(shared_at=None)
    amara = as_person("amara")
    assert amara.get(f"/teacher/feedback/{pk}").status_code == 404
    assert amara.post(f"/teacher/feedback/{pk}/answer", {"answer": "Early"}).status_code == 404
    assert "You let two students disagree" not in amara.get("/teacher/").content.decode()


def test_the_principal_sees_the_dose_of_her_school_only(as_person: SignIn, seeded: Any) -> None:
    grace = as_person("grace")
    with max_queries(15):
        page = grace.get("/principal/support")
    names = {d.name for d in page.context["dose"]}
    assert "Amara Okafor" in names
    assert "You let two students" not in page.content.decode()
    owen = as_person("owen").get("/principal/support")
    assert "Amara Okafor" not in {d.name for d in owen.context["dose"]}
