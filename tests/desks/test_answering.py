"""Answering a survey by a link: outside sign-in, in the language asked for, once; a stranger's link tells nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.urls import reverse

from fairlead.apps.surveys import links, services
from fairlead.apps.surveys.models import Administration, Ballot, Invitation
from tests.access import survey_objects
from tests.conftest import as_owner, max_queries


@pytest.fixture
def secret(seeded: Any) -> str:
    cache.clear()
    return survey_objects.secret(seeded)


@pytest.fixture
def address(secret: str) -> str:
    return reverse("answering:answer", args=[links.written(secret)])


def ballots() -> int:
    with as_owner():
        return Ballot.objects.count()


def first_item(secret: str) -> str:
    found = links.look(secret)
    assert found is not None
    return f"item_{links.questions(found.version_id)[0].pk}"


def test_it_says_first_who_sees_what_and_names_nobody(as_person: Any, address: str) -> None:
    client = as_person(None)
    with max_queries(6):
        page = client.get(address)
    text = page.content.decode()
    assert text.index("Your answers are confidential") < text.index('type="radio"')
    assert "Results are about groups of 5 or more people" in text
    assert "Amara" not in text
    assert "Okafor" not in text
    assert "<script" not in text
    assert (page["Cache-Control"], page["Referrer-Policy"], page["X-Robots-Tag"]) == (
        "no-store", "no-referrer", "noindex, nofollow",
    )  # fmt: skip
    assert not page.cookies, "no cookie is needed, and none is set"


def test_it_is_answered_once_and_says_so_the_second_time(as_person: Any, address: str, secret: str) -> None:
    client, before = as_person(None), ballots()
    name = first_item(secret)
    sent = client.post(address, {name: "4"})
    assert (sent.status_code, sent["Location"]) == (302, "/a/thanks/?in=en&how=sent")
    assert ballots() == before + 1
    for again in (client.get(address), client.post(address, {name: "2"})):
        assert again.status_code == 410
        assert "This link has been used" in again.content.decode()
    assert ballots() == before + 1


def test_an_empty_form_and_a_wrong_answer_are_given_back_and_kept_nowhere(
    as_person: Any, address: str, secret: str
) -> None:
    client, before, name = as_person(None), ballots(), first_item(secret)
    empty = client.post(address, {"in": "en"})
    assert (empty.status_code, "Nothing is answered yet" in empty.content.decode()) == (422, True)
    wrong = client.post(address, {name: "77"})
    assert (wrong.status_code, "Choose one of the answers." in wrong.content.decode()) == (422, True)
    assert client.post(address, {name: "rubbish"}).status_code == 422
    assert ballots() == before
    assert client.get(address).status_code == 200, "the link still opens"


def test_spanish(as_person: Any, address: str) -> None:
    text = as_person(None).get(address, {"in": "es"}).content.decode()
    assert '<html lang="es">' in text
    assert "Sus respuestas son confidenciales" in text
    assert "Who sees what" not in text


def test_not_taking_part_is_an_answer_too(as_person: Any, address: str, seeded: Any) -> None:
    client, before = as_person(None), ballots()
    done = client.post(address, {"decline": "1", "in": "es"})
    assert done["Location"] == "/a/thanks/?in=es&how=declined"
    assert "Queda anotado que no participa" in client.get(done["Location"]).content.decode()
    with as_owner():
        assert Invitation.objects.filter(person_id=seeded.person["amara"], state="declined").count() == 1
    assert ballots() == before


def test_a_secret_that_is_none_is_like_any_unknown_address(as_person: Any, secret: str) -> None:
    client = as_person(None)
    unknown, nowhere = client.get("/a/aaaa-bbbb-cccc/"), client.get("/no-such-page/")
    assert unknown.status_code == nowhere.status_code == 404
    assert "This page is not here" in unknown.content.decode()


def test_trying_codes_is_slowed_down(as_person: Any, address: str) -> None:
    client = as_person(None)
    for nth in range(30):
        assert client.get(f"/a/aaaa-bbbb-{nth:04d}/").status_code == 404
    assert client.get(address).status_code == 429


def test_a_closed_survey_says_that_it_is(as_person: Any, address: str, seeded: Any) -> None:
    Administration.objects.filter(closed_at=None).update(closed_at=seeded.moment)
    page = as_person(None).get(address)
    assert (page.status_code, "This survey is not open" in page.content.decode()) == (410, True)


def test_the_code_of_a_slip_may_be_typed_in_any_way(as_person: Any, secret: str) -> None:
    found = as_person(None).post("/a/", {"code": f"  {links.written(secret).upper()} "})
    assert found["Location"] == f"/a/{links.written(secret)}/"


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_wrong_method(as_person: Any, address: str, method: str) -> None:
    assert getattr(as_person(None), method)(address).status_code == 405


def test_whoever_is_signed_in_is_not_noted(as_person: Any, address: str, secret: str, seeded: Any) -> None:
    as_person("luis").post(address, {first_item(secret): "4"})
    with as_owner():
        ballot = Ballot.objects.get(invitation__person_id=seeded.person["amara"])
    assert str(seeded.person["luis"]) not in str(ballot.answers)


def test_an_anonymous_answer_leaves_no_link(as_person: Any, seeded: Any) -> None:
    from fairlead.apps.roster.selectors import scope_for
    from tests.apps.surveys import making

    known = making.opened(
        scope_for(seeded.person["ines"], seeded.today), seeded, making.students(seeded, grade_low=3)
    )
    invitation = Invitation.objects.filter(administration=known)[0]
    one = services.renew(invitation.pk)
    client = as_person(None)
    page = client.get(reverse("answering:answer", args=[one]) + "?yes=1").content.decode()
    assert "Your answers are anonymous" in page
    assert "About your class" in page
    client.post(reverse("answering:answer", args=[one]), {first_item(one): "4", "yes": "1"})
    with as_owner():
        ballot = Ballot.objects.get(administration=known)
    assert (ballot.invitation_id, ballot.anonymous) == (None, True)


def test_whoever_answers_is_told_where_a_leader_is_appraised_with_it(
    as_person: Any, address: str, secret: str, seeded: Any
) -> None:
    client, looked = as_person(None), links.look(secret)
    assert looked is not None
    assert "appraisal of its leader" not in client.get(address).content.decode()
    with as_owner():
        known = Administration.objects.get(pk=looked.administration_id)
        instrument = known.version.instrument
        instrument.restrictions = instrument.restrictions | {
            "purposes": ["survey", "leadership"],
            "no_high_stakes": False,
        }
        instrument.save(update_fields=["restrictions"])
    page = client.get(address).content.decode()
    assert "appraisal of its leader" in page
    assert "nothing that is about one person" not in page
