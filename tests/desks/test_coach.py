"""The coach's pages, view by view: owner, stranger, bad id, wrong method, bad input, nothing to do."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from fairlead.apps.instruments.models import Certificate, Instrument, Item, Visit
from fairlead.apps.support.models import Contact, Promise
from tests.access.objects import promise_to_amara, visit_to_amara
from tests.conftest import as_owner, max_queries

SignIn = Callable[[str | None], Client]


@pytest.fixture
def typed(seeded: Any) -> dict[str, Any]:
    """What Dana types in the hallway."""
    items = list(Item.objects.filter(version__instrument__key="twelve-minutes").order_by("position"))
    return {
        "token": str(uuid.UUID(int=42)),
        "day": "2026-11-19",
        "at": "09:19",
        "minutes": "12",
        "section": str(int(seeded.section_ids[0])),
        "note": "Comparing thirds.",
        "feedback": "Nine of ten pairs began at once.",
        "promise": "Bring paper strips",
        "due": "2026-11-26",
        f"item_{items[0].pk}": "3",
        f"saw_{items[0].pk}": "Four pairs explained",
        f"item_{items[1].pk}": "not_seen",
        f"item_{items[3].pk}": "We compare.",
        "keep": "1",
    }


@pytest.fixture
def form_url(seeded: Any) -> str:
    return f"/coach/visit/new/{seeded.person['amara']}/coaching"


def test_the_desk_shows_what_waits_and_whom_to_visit(as_person: SignIn) -> None:
    dana = as_person("dana")
    with max_queries(15):
        page = dana.get("/coach/")
    assert page.status_code == 200
    assert "Open the lesson on unequal wholes" in page.content.decode()
    teachers = page.context["teachers"]
    days = [float("inf") if days is None else days for _coached, days in teachers]  # None: never yet
    assert "Amara Okafor" in [coached.name for coached, _days in teachers]
    assert page.content.decode().count("?teacher=") == len(teachers)
    assert days == sorted(days, reverse=True), "longest without contact first"


def test_an_empty_desk_says_what_to_do(as_person: SignIn, seeded: Any) -> None:
    from fairlead.apps.support.models import Support

    Promise.objects.filter(owner_id=seeded.person["dana"]).delete()
    Visit.objects.filter(visitor_id=seeded.person["dana"]).delete()
    Support.objects.filter(lead_id=seeded.person["dana"]).delete()
    page = as_person("dana").get("/coach/").content.decode()
    for words in ("All feedback is shared.", "No open promises.", "You lead no coaching yet."):
        assert words in page


def test_step_one_asks_for_the_purpose_before_the_form_opens(as_person: SignIn, seeded: Any) -> None:
    dana, amara = as_person("dana"), seeded.person["amara"]
    with max_queries(15):
        page = dana.get("/coach/visit/new", {"teacher": amara})
    text = page.content.decode()
    assert "stays between coach and teacher" in text
    assert f'<option value="{amara}" selected>' in text
    assert 'value="appraisal"' not in text, "a coach does not appraise"
    refused = dana.get("/coach/visit/new", {"teacher": amara, "go": "1"})
    assert refused.status_code == 422
    assert "it says who will see this visit" in refused.content.decode()
    assert f'<option value="{amara}" selected>' in refused.content.decode()
    opened = dana.get("/coach/visit/new", {"teacher": amara, "purpose": "coaching", "go": "1"})
    assert (opened.status_code, opened["Location"]) == (302, f"/coach/visit/new/{amara}/coaching")


def test_step_one_offers_another_schools_teachers(as_person: SignIn, seeded: Any) -> None:
    last = int(seeded.section_teacher[-1])
    dana = as_person("dana")
    assert f'value="{last}"' not in dana.get("/coach/visit/new").content.decode()
    assert f'value="{last}"' in dana.get("/coach/visit/new", {"school": int(seeded.school_ids[-1])}).content.decode()
    assert dana.get("/coach/visit/new", {"school": "nonsense"}).status_code == 200


def test_a_principal_appraises_without_the_short_rubric(as_person: SignIn, seeded: Any) -> None:
    with as_owner():
        Certificate.objects.all().delete()
    grace = as_person("grace")
    url = f"/coach/visit/new/{seeded.person['amara']}/appraisal"
    page = grace.get(url)
    assert page.status_code == 200
    assert page.context["version"] is None
    assert "needs a rater&#x27;s certificate" in page.content.decode()
    with as_owner():
        rubric = Instrument.objects.get(key="a-years-teaching")
        Certificate.objects.create(
            person_id=seeded.person["grace"],
            organization_id=int(seeded.school_ids[0]),
            instrument=rubric,
            earned_on="2026-01-10",
        )
    assert grace.get(url).context["version"].instrument == rubric, "and no other: the short rubric says too little"
    assert grace.get(url).context["ready"].others == []
    with as_owner():
        Instrument.objects.filter(kind="appraisal").update(retired_at="2026-11-18T08:00:00-05:00")
    without = grace.get(url)
    assert without.context["version"] is None
    assert "too little about a person" in without.content.decode()


def test_the_form_is_ready_for_twelve_minutes(as_person: SignIn, form_url: str) -> None:
    dana = as_person("dana")
    with max_queries(15):
        page = dana.get(form_url)
    text = page.content.decode()
    assert 'value="12"' in text
    assert 'value="09:19"' in text
    assert text.count('value="not_seen" checked') == 5
    assert "Who can see this" in text


@pytest.mark.parametrize("path", ["/coach/visit/new/999999/coaching", "/coach/visit/new/{amara}/gossip"])
def test_the_form_of_nobody_or_of_no_purpose_is_not_there(as_person: SignIn, seeded: Any, path: str) -> None:
    assert as_person("dana").get(path.format(**seeded.person)).status_code == 404


def test_one_entry_shows_up_in_four_places(
    as_person: SignIn, seeded: Any, form_url: str, typed: dict[str, Any]
) -> None:
    dana = as_person("dana")
    saved = dana.post(form_url, typed | {"share": "1"})
    assert saved.status_code == 302
    with max_queries(15):
        page = dana.get(saved["Location"])
    text = page.content.decode()
    assert "Four pairs explained" in text
    assert "12 minutes" in text
    assert page.context["in_classrooms"].visits >= 3
    assert "Nine of ten pairs began at once." in text
    assert "Bring paper strips" in text
    desk = as_person("amara").get("/teacher/").content.decode()
    assert "Nine of ten pairs began at once." in desk
    assert "Bring paper strips" in desk
    dose = as_person("grace").get("/principal/support")
    (line,) = [d for d in dose.context["dose"] if d.name == "Amara Okafor" and d.purpose == "coaching"]
    with as_owner():
        minutes = [c.minutes for c in Contact.objects.filter(with_person_id=seeded.person["amara"], purpose="coaching")
                   if c.at.date().isoformat() >= "2026-08-25"]  # fmt: skip
    assert (line.contacts, line.minutes) == (len(minutes), sum(minutes))
    for words in ("Nine of ten", "Four pairs", "Bring paper strips", "Comparing thirds"):
        assert words not in dose.content.decode()


def test_pressing_twice_saves_once(as_person: SignIn, form_url: str, typed: dict[str, Any]) -> None:
    dana = as_person("dana")
    first, second = dana.post(form_url, typed), dana.post(form_url, typed)
    assert first["Location"] == second["Location"]
    with as_owner():
        assert Visit.objects.filter(token=typed["token"]).count() == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"minutes": "a lot"}, "whole number"),
        ({"minutes": "0"}, "greater than or equal to 1"),
        ({"day": "2026-11-20"}, "cannot begin in the future"),
        ({"at": ""}, "This field is required"),
        ({"due": ""}, "Say by when"),
        ({"due": "2026-11-01"}, "today or a later day"),
        ({"feedback": " ", "share": "1"}, "a sentence or two before you share"),
        ({"item": "9"}, "one of the levels"),
        ({"token": "not-a-token"}, "UUID"),
    ],
)
def test_bad_input_keeps_everything_typed_and_says_what_to_mend(
    as_person: SignIn, form_url: str, typed: dict[str, Any], change: dict[str, str], says: str
) -> None:
    if "item" in change:
        change = {next(k for k in typed if k.startswith("item_")): change["item"]}
    dana = as_person("dana")
    page = dana.post(form_url, typed | change)
    text = page.content.decode()
    assert page.status_code == 422
    assert says in text
    assert "Not saved yet" in text
    for kept in ("Comparing thirds.", "Four pairs explained", "Bring paper strips", "We compare."):
        assert kept in text
    if "item" not in str(change):
        assert 'value="3" checked' in text
    with as_owner():
        assert not Visit.objects.filter(note="Comparing thirds.").exists()


def test_a_visit_is_its_authors(as_person: SignIn, seeded: Any) -> None:
    pk = visit_to_amara(seeded)
    dana = as_person("dana")
    with max_queries(15):
        assert dana.get(f"/coach/visit/{pk}").status_code == 200
    assert dana.get("/coach/visit/999999").status_code == 404
    assert dana.post(f"/coach/visit/{pk}").status_code == 405
    assert as_person("grace").get(f"/coach/visit/{pk}").status_code == 404, (
        "her principal, and still not hers to read"
    )


def test_sharing_needs_words_and_happens_once(as_person: SignIn, form_url: str, typed: dict[str, Any]) -> None:
    dana = as_person("dana")
    visit = dana.post(form_url, typed | {"feedback": ""})["Location"]
    refused = dana.post(f"{visit}/share", {"share-words": " "})
    assert refused.status_code == 422
    assert "a sentence or two before you share" in refused.content.decode()
    assert dana.post(f"{visit}/share", {"share-words": "Pairs began at once."}).status_code == 302
    assert "Pairs began at once." in dana.get(visit).content.decode()
    again = dana.post(f"{visit}/share", {"share-words": "Something else"}, follow=True).content.decode()
    assert "nothing changed" in again
    assert "Something else" not in again
    assert dana.get(f"{visit}/share").status_code == 405
    assert dana.post("/coach/visit/999999/share", {"share-words": "x"}).status_code == 404


def test_given_another_way_needs_a_because(as_person: SignIn, form_url: str, typed: dict[str, Any]) -> None:
    dana = as_person("dana")
    visit = dana.post(form_url, typed)["Location"]
    assert dana.post(f"{visit}/close", {"close-words": ""}).status_code == 422
    assert (
        "We talked on the stairs"
        in dana.post(f"{visit}/close", {"close-words": "We talked on the stairs"}, follow=True).content.decode()
    )
    assert "nothing changed" in dana.post(f"{visit}/close", {"close-words": "Again"}, follow=True).content.decode()
    assert dana.get(f"{visit}/close").status_code == 405


def test_a_promise_is_settled_once(as_person: SignIn, seeded: Any) -> None:
    pk = promise_to_amara(seeded)
    dana = as_person("dana")
    with max_queries(15):
        assert dana.get(f"/coach/promise/{pk}").status_code == 200
    refused = dana.post(f"/coach/promise/{pk}", {"otherwise": "1", "words": ""})
    assert refused.status_code == 422
    assert "what you did instead" in refused.content.decode()
    assert "Settled" in dana.post(f"/coach/promise/{pk}", {"kept": "1"}, follow=True).content.decode()
    assert "nothing changed" in dana.post(f"/coach/promise/{pk}", {"kept": "1"}, follow=True).content.decode()
    assert dana.get("/coach/promise/999999").status_code == 404


def test_what_was_promised_to_me_is_not_mine_to_settle(as_person: SignIn, seeded: Any) -> None:
    to_grace = Promise.objects.filter(made_to_id=seeded.person["grace"]).exclude(owner_id=seeded.person["grace"])
    pk = to_grace.values_list("pk", flat=True)[0]
    grace = as_person("grace")
    assert grace.get(f"/coach/promise/{pk}").status_code == 404
    assert grace.post(f"/coach/promise/{pk}", {"kept": "1"}).status_code == 404


def test_spanish_all_the_way(as_person: SignIn, seeded: Any, form_url: str) -> None:
    dana = as_person("dana")
    for path in ("/coach/", "/coach/visit/new", form_url, f"/coach/visit/{visit_to_amara_as_owner(seeded)}"):
        text = dana.get(path, headers={"accept-language": "es"}).content.decode()
        for english in (
            "Who can see",
            "Feedback to share",
            "Record a visit",
            "Purpose",
            "Minutes",
            "Not seen",
            "Save",
        ):
            assert english not in text, f"{english} on {path}"


def visit_to_amara_as_owner(world: Any) -> int:
    with as_owner():
        return visit_to_amara(world)
