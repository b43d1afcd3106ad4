"""The technical page: what an instrument may be used for and how well it measures; every result links to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.test import Client
from django.urls import reverse

from fairlead.apps.access.purposes import purposes
from fairlead.apps.instruments import policy
from fairlead.apps.instruments.models import Instrument
from tests.access.objects import visit_to_amara
from tests.conftest import max_queries

SignIn = Callable[[str | None], Client]
PAGE = "/instruments/twelve-minutes/1/technical/"


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def test_it_says_for_every_purpose_whether_and_why(as_person: SignIn) -> None:
    amara = as_person("amara")
    with max_queries(15):
        page = amara.get(PAGE)
    rubric = Instrument.objects.get(key="twelve-minutes")
    told = {use.purpose.key: use.why_not for use in page.context["uses"]}
    assert set(told) == set(purposes())
    assert {key for key, why in told.items() if not why} == set(policy.purposes_of(rubric))
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
