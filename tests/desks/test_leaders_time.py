"""The pages of a leader's time, as those who use them: typing under a thumb, the shadowed week, own years, all together."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.test import Client
from django.urls import reverse

from fairlead.apps.operations.models import ShadowWeek, TimeBlock
from tests.access import request_objects
from tests.conftest import as_owner, max_queries

SignIn = Callable[[str | None], Client]


def page(name: str, *args: Any) -> str:
    return reverse(f"time:{name}", args=args)


def said(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def filled(text: str) -> dict[str, str]:
    """The form of a block as it stands, with its own number."""
    (pk,) = re.findall(r'name="id" value="([^"]+)"', text)
    return {"id": pk, "day": "2026-11-18", "at": "06:30", "minutes": "15"}


def test_a_tap_keeps_what_is_missing_and_coverage_stands_beside_it(as_person: SignIn, seeded: Any) -> None:
    client = as_person("grace")
    with max_queries(15):
        home = client.get(page("home"))
    text = home.content.decode()
    assert "of 40 hours are known" in text
    assert "The rest is unknown, not idle." in text
    assert "10.3102/0013189X13510020" in text
    sent = filled(text)
    kept = client.post(page("home"), sent | {"category": "families"}, follow=True)
    assert "Kept." in kept.content.decode()
    before, after = home.context["week"].known_hours, kept.context["week"].known_hours
    assert round((after - before) * 60) == 15
    client.post(page("home"), sent | {"category": "families"})
    with as_owner():
        assert TimeBlock.objects.filter(pk=sent["id"]).count() == 1
    gone = client.post(page("take_back", sent["id"]), follow=True)
    assert "Taken back." in gone.content.decode()
    refused = client.post(page("home"), sent)
    assert refused.status_code == 422
    assert "Choose what it was." in refused.content.decode()
    assert client.get(page("home") + "?week=2026-11-04").context["week"].begins.isoformat() == "2026-11-02"
    assert client.get(page("home") + "?week=never").status_code == 200


def test_who_leads_nothing_has_load_and_years_and_types_nothing(as_person: SignIn) -> None:
    client = as_person("amara")
    text = said(client, page("home"))
    assert "My load and my years" in text
    assert "here the year after, too" in text
    assert "Type in what is missing" not in text
    assert client.post(page("home"), {"category": "own"}).status_code == 404


def test_a_coach_has_a_week_out_of_contacts_and_types_nothing(as_person: SignIn) -> None:
    client = as_person("dana")
    with max_queries(15):
        home = client.get(page("home"))
    assert home.context["week"].known_hours > 0
    assert "Type in what is missing" not in home.content.decode()
    assert client.post(page("home"), {"category": "own"}).status_code == 404


def test_the_shadow_writes_and_the_leader_sees_both(as_person: SignIn, seeded: Any) -> None:
    with as_owner():
        week = request_objects.shadowed_week(seeded)
    dana = as_person("dana")
    assert "You shadow Grace Lindqvist" in said(dana, page("home"))
    text = said(dana, page("week", week))
    assert "no names" in text
    wrong = dana.post(page("week", week), filled(text) | {"category": "own"})
    assert wrong.status_code == 422
    assert "day of the week that is shadowed" in wrong.content.decode()
    right = dana.post(page("week", week), filled(text) | {"day": "2026-11-06", "category": "own"}, follow=True)
    assert "Kept." in right.content.decode()
    grace = as_person("grace")
    with max_queries(14):
        beside = grace.get(page("week", week))
    assert "your own records know" in beside.content.decode()
    assert beside.context["other_total"] == 5 * 510 + 15
    assert grace.post(page("week", week), filled(text) | {"category": "own"}).status_code == 404


def test_a_director_sees_that_it_took_place_and_more_when_shown(as_person: SignIn, seeded: Any) -> None:
    with as_owner():
        week = request_objects.shadowed_week(seeded)
    hidden = said(as_person("marcus"), page("home"))
    assert "Grace Lindqvist" in hidden
    assert "min watched" not in hidden
    shown = as_person("grace").post(page("share", week), {}, follow=True)
    assert "Marcus Bell sees the minutes by category" in shown.content.decode()
    assert "min watched" in said(as_person("marcus"), page("home"))
    as_person("grace").post(page("share", week), {"back": "1"})
    assert "min watched" not in said(as_person("marcus"), page("home"))


def test_a_leader_plans_a_week(as_person: SignIn, seeded: Any) -> None:
    client = as_person("owen")
    assert "Plan a shadowed week" in said(client, page("plan"))
    nobody = client.post(page("plan"), {"shadow": "", "begins": "2026-11-23"})
    assert nobody.status_code == 422
    made = client.post(page("plan"), {"shadow": seeded.person["dana"], "begins": "2026-11-23"}, follow=True)
    assert "Nothing written down yet" in made.content.decode()
    with as_owner():
        assert ShadowWeek.objects.get(leader_id=seeded.person["owen"]).shadow_id == seeded.person["dana"]
    with as_owner():
        week = ShadowWeek.objects.get(leader_id=seeded.person["owen"]).pk
    assert "It begins on" in said(as_person("dana"), page("week", week))


def test_few_principals_are_not_told_of(as_person: SignIn) -> None:
    text = said(as_person("ines"), page("network"))
    assert "Withheld: something is known of fewer than 10 of 5 principals." in text
    assert "Mean of" not in text
