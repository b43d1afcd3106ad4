"""The technical page: what an instrument may be used for and how well it measures; every result links to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from fairlead.apps.access.purposes import purposes
from fairlead.apps.instruments import measuring, policy
from fairlead.apps.instruments.models import Instrument, TechnicalResult, Version
from fairlead.apps.instruments.standards import standards
from tests.access.objects import visit_to_amara
from tests.apps.instruments.test_measuring import rated
from tests.conftest import as_owner, max_queries

SignIn = Callable[[str | None], Client]
PAGE = "/instruments/twelve-minutes/1/technical/"


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def stored(seeded: Any, found: dict[str, Any]) -> None:
    """A result as the night's work would have stored it."""
    whole = {
        "counted": {"responses": 800, "answers": 3200}, "purposes": ["research"],
        "left_out": {"other_purpose": 3, "not_observed": 41}, **found,
    }  # fmt: skip
    version = Version.objects.get(instrument__key="twelve-minutes", number=1)
    TechnicalResult.objects.create(
        organization_id=seeded.network_id, version=version, day=seeded.today, computed_at=seeded.moment, found=whole
    )


@pytest.fixture(scope="module")
def studied() -> dict[str, Any]:
    return measuring.visits(rated()[0], standards())


def test_the_answer_comes_first(as_person: SignIn, seeded: Any, studied: dict[str, Any]) -> None:
    stored(seeded, {"visits": studied})
    amara = as_person("amara")
    with max_queries(15):
        page = text_of(amara.get(PAGE))
    own = [row for row in studied["needed"] if row["use"] == "research" and row["visits"]]
    visits, raters = min((row["visits"], row["raters"]) for row in own)
    answer = f"A teacher&#x27;s score needs {visits} visits by {raters} raters before people may be compared"
    today = "Today the median visited teacher has 4 within twelve months."
    assert page.index(answer) < page.index(today) < page.index("What it may be used for")
    assert page.count("No, however many visits") == 1, "this rubric is not for decisions about one person"
    for row in studied["needed"]:
        assert ("not within 60" if row["visits"] is None else f"{row['visits']} visits") in page
    drawn = page[page.index('<div class="figure__chart">') :]
    drawn = drawn[: drawn.index("</svg>")]
    assert "How reliable a score is" in drawn
    assert "style=" not in drawn
    for row in studied["curve"]:
        assert f"<td>{row['value']:.2f}</td>" in page, "the table beneath the chart has every point"


def test_small_counts_are_told_to_those_who_may_ask_only(as_person: SignIn, seeded: Any) -> None:
    stored(seeded, {"visits": {"has": {}, "waiting": measuring.waiting("teachers", 3, 20)}})
    tomas, amara = text_of(as_person("tomas").get(PAGE)), text_of(as_person("amara").get(PAGE))
    assert "Not enough yet: 3 of 20 teachers visited." in tomas
    assert "3 responses of a purpose that does not allow this" in tomas
    assert "Not enough yet: fewer than 10 of 20 teachers visited." in amara
    assert "fewer than 10 responses of a purpose that does not allow this" in amara
    assert "41 answers" in amara
    assert "Compute it now" in tomas
    assert "Compute it now" not in amara
    assert "How reliable a score is" not in tomas


def test_a_search_that_did_not_end_is_said(as_person: SignIn, seeded: Any, studied: dict[str, Any]) -> None:
    stored(seeded, {"visits": studied | {"converged": False}})
    assert "did not end: take none of them for settled" in text_of(as_person("amara").get(PAGE))


def test_it_reads_spanish(as_person: SignIn, seeded: Any, studied: dict[str, Any]) -> None:
    stored(seeded, {"visits": studied, "agreement": {"refused": "no complete pair"}})
    amara = as_person("amara")
    page = text_of(amara.get(PAGE, headers={"Accept-Language": "es"}))
    assert "El puntaje de una o un docente necesita" in page
    assert "Qué tan confiable es un puntaje" in page
    assert "All else" not in page
    assert "0,90" in page or "0.90" in page


def test_the_worker_is_asked_by_who_may(as_person: SignIn, seeded: Any) -> None:
    url = PAGE.replace("technical/", "measure")
    ines = as_person("ines")
    assert ines.post(url)["Location"] == PAGE
    assert ines.post(url)["Location"] == PAGE, "asked twice, it waits once"
    with as_owner():
        pk = Version.objects.get(instrument__key="twelve-minutes", number=1).pk
        asked = [
            job.args
            for job in ProcrastinateJob.objects.filter(task_name="instruments.measure", queueing_lock__contains=":")
        ]
    assert asked == [{"network_id": seeded.network_id, "version_id": pk}]
    assert ines.get(url).status_code == 405
    assert ines.post(url.replace("/1/", "/9/")).status_code == 404


def test_it_says_for_every_purpose_whether_and_why(as_person: SignIn) -> None:
    amara = as_person("amara")
    with max_queries(15):
        page = amara.get(PAGE)
    rubric = Instrument.objects.get(key="twelve-minutes")
    told = {use.purpose.key: use.why_not for use in page.context["uses"]}
    assert set(told) == set(purposes())
    assert {key for key, why in told.items() if not why} == {*policy.purposes_of(rubric), policy.PRACTICE}
    assert told["appraisal"].startswith("One short visit says too little about a person")
    assert told["appraisal"] in text_of(page)


def test_the_items_of_an_assessment_are_named_to_those_who_build_only(as_person: SignIn) -> None:
    known = Instrument.objects.get(kind="knowledge")
    url = f"/instruments/{known.key}/1/technical/"
    item = known.versions.get(number=1).items.first()
    assert item is not None
    name = str(item).replace("'", "&#x27;")
    assert name in text_of(as_person("tomas").get(url))
    page = text_of(as_person("amara").get(url))
    assert name not in page
    assert known.licence in page


def test_each_version_leads_to_its_own_page(as_person: SignIn) -> None:
    known = next(i for i in Instrument.objects.all() if i.versions.count() > 1)
    first, second = (v.number for v in known.versions.order_by("number")[:2])
    page = text_of(as_person("amara").get(f"/instruments/{known.key}/{first}/technical/"))
    assert f'href="/instruments/{known.key}/{second}/technical/"' in page
    assert f'href="/instruments/{known.key}/{first}/technical/"' not in page


def test_levels_stand_beside_the_link(as_person: SignIn, seeded: Any) -> None:
    visit = visit_to_amara(seeded)
    for key, name in (("dana", "coach:visit"), ("amara", "teacher:feedback_visit")):
        assert f'href="{PAGE}"' in as_person(key).get(reverse(name, args=[visit])).content.decode(), name
    assert f'href="{PAGE}"' in as_person("ines").get("/instruments/twelve-minutes/").content.decode()


def test_it_can_only_be_read(as_person: SignIn) -> None:
    assert as_person("amara").post(PAGE).status_code == 405
