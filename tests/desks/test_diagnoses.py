"""The pages of diagnoses, as those who use them: what waits, rating alone, the talk, the page of a year, counts of schools."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from fairlead.apps.diagnostics.models import Diagnosis, Evidence, NextStep, Rater
from fairlead.apps.instruments.models import Answer, Response, Version
from fairlead.apps.support.models import PromiseWords
from tests.access.objects import diagnosis_of_harbor_point, rating_now
from tests.conftest import as_owner, max_queries

SignIn = Callable[[str | None], Client]


def page(name: str, *args: Any) -> str:
    return reverse(f"diagnostics:{name}", args=args)


def said(client: Client, address: str) -> str:
    return client.get(address).content.decode()


@pytest.fixture
def now(seeded: Any) -> int:
    """Harbor Point's diagnosis, in which each rates alone."""
    with as_owner():
        return rating_now(seeded)


def levels(pk: int, level: int, **more: str) -> dict[str, str]:
    """A form filled in with one level throughout, and words to each."""
    with as_owner():
        version = Diagnosis.objects.get(pk=pk).version
        items = list(version.items.filter(kind="rating").values_list("pk", flat=True))
    return {f"level_{i}": str(level) for i in items} | {f"words_{i}": "Seen in every room." for i in items} | more


def test_what_waits_stands_first(as_person: SignIn, now: int) -> None:
    client = as_person("grace")
    with max_queries(12):
        home = client.get(page("home"))
    assert [row.pk for row in home.context["waiting"]] == [now]
    assert "Waits for you" in home.content.decode()
    assert "Begin one" in home.content.decode()
    teacher = said(as_person("amara"), page("home"))
    assert "Waits for you" in teacher
    assert "Begin one" not in teacher
    assert "No diagnosis yet" in said(as_person("dana"), page("home"))


def test_the_page_of_ratings_shows_nobody_elses(as_person: SignIn, seeded: Any, now: int) -> None:
    with as_owner():
        others = Rater.objects.filter(diagnosis_id=now, given_at__isnull=False)
        words = "planted in another's words"
        for response in Response.objects.filter(pk__in=list(others.values_list("response_id", flat=True))):
            Answer.objects.filter(response=response, not_observed=False).update(level=4)
            response.notes.update(text=words)
    for who in ("grace", "amara"):
        client = as_person(who)
        for name in ("rate", "diagnosis"):
            shown = client.get(page(name, now))
            assert words not in shown.content.decode()
            assert all(not rung.alone for c in shown.context["told"].conditions for rung in c.rungs)


def test_levels_are_kept_given_and_given_anew(as_person: SignIn, seeded: Any, now: int) -> None:
    client = as_person("grace")
    sent = levels(now, 3)
    missing = {k: v for k, v in sent.items() if not k.startswith("words_")}
    refused = client.post(page("rate", now), missing | {"give": "1"})
    assert refused.status_code == 422
    assert "Say what the level rests on" in refused.content.decode()
    kept = client.post(page("rate", now), missing | {"keep": "1"}, follow=True)
    assert "Kept." in kept.content.decode()
    assert client.get(page("rate", now)).context["form"].rows()[0].options[2]["checked"]
    given = client.post(page("rate", now), sent | {"give": "1"}, follow=True)
    assert "Given." in given.content.decode()
    client.post(page("rate", now), levels(now, 2) | {"give": "1"})
    with as_owner():
        mine = Rater.objects.get(diagnosis_id=now, person_id=seeded.person["grace"])
        assert mine.response_id is not None
        assert set(Answer.objects.filter(response_id=mine.response_id).values_list("level", flat=True)) == {2}


def test_from_rating_to_a_published_page_with_a_promise(as_person: SignIn, seeded: Any, now: int) -> None:
    grace = as_person("grace")
    grace.post(page("rate", now), levels(now, 3) | {"give": "1"})
    grace.post(page("stage", now), {"to": "consensus"})
    form = grace.get(page("consensus", now))
    assert any(rung.alone for _row, c in form.context["rows"] if c for rung in c.rungs)
    assert "pairs of levels given alone" in said(grace, page("diagnosis", now))
    late = as_person("amara").get(page("rate", now))
    assert (late.status_code, late["Location"]) == (302, page("diagnosis", now))
    grace = as_person("grace")
    without = grace.post(page("consensus", now), levels(now, 3, publish="1"))
    assert without.status_code == 422
    assert "How many minutes" in without.content.decode()
    done = grace.post(page("consensus", now), levels(now, 3, publish="1", minutes="70"), follow=True)
    assert "Published." in done.content.decode()
    with as_owner():
        item = Version.objects.get(instrument__key="what-makes-it-stick", number=1).items.get(key="few")
    promised = {"item": str(item.pk), "text": "The reading fair goes.", "due": "2026-12-18"}
    assert "The reading fair goes." in grace.post(page("promise", now), promised, follow=True).content.decode()
    assert "The reading fair goes." in said(as_person("amara"), page("diagnosis", now))
    assert as_person("amara").post(page("stage", now), {"to": "consensus"}).status_code == 404


def test_a_promise_is_settled_by_its_owner_once(as_person: SignIn, seeded: Any) -> None:
    with as_owner():
        step = NextStep.objects.filter(promise__owner_id=seeded.person["grace"]).select_related("promise").first()
        assert step is not None
        promise = step.promise
        promise.kept_at = None
        promise.save()
        words = PromiseWords.objects.get(promise=promise).text
    settle = page("settle", step.diagnosis_id, promise.pk)
    assert as_person("amara").post(settle, {"kept": "1"}).status_code == 404
    grace = as_person("grace")
    assert words in said(grace, page("home"))
    empty = grace.post(settle, {"because": " "}, follow=True).content.decode()
    assert "what you did instead" in empty
    assert "Settled." in grace.post(settle, {"because": "We moved it."}, follow=True).content.decode()
    assert "nothing changed" in grace.post(settle, {"kept": "1"}, follow=True).content.decode()
    assert words not in said(grace, page("home"))


def test_a_year_stands_beside_the_last_within_one_version(as_person: SignIn, seeded: Any) -> None:
    with as_owner():
        pk = Diagnosis.objects.get(
            organization_id=int(seeded.school_ids[1]), year=2026, instrument__key="what-makes-it-stick"
        ).pk
    client = as_person("owen")
    with max_queries(15):
        shown = client.get(page("diagnosis", pk))
    told = shown.context["told"]
    assert told.earlier.year == 2025
    assert {c.how.value for c in told.conditions} == {"same_version"}
    assert all(c.moved == c.agreed.level - c.then.level for c in told.conditions)
    assert any(c.pieces_then for c in told.conditions)
    assert "Not the same version" not in shown.content.decode()


def test_another_version_is_refused_with_its_reason(as_person: SignIn, seeded: Any) -> None:
    with as_owner():
        pk = Diagnosis.objects.get(
            organization_id=int(seeded.school_ids[3]), year=2026, instrument__key="what-makes-it-stick"
        ).pk
    shown = as_person("ines").get(page("diagnosis", pk))
    text = shown.content.decode()
    assert "2025-26 was rated with version 1, this year with version 2" in text
    told = shown.context["told"]
    refused = [c.item.key for c in told.conditions if c.how.value == "other_words"]
    assert refused == ["materials", "assessment", "follow-the-aims"]
    assert all(c.moved is None and c.then is None for c in told.conditions if c.item.key in refused)
    assert text.count("other words than last time: not compared") == 3
    assert text.count("these words are the same in both") == 6


def test_begin_gather_and_take_back(as_person: SignIn, seeded: Any) -> None:
    school = int(seeded.school_ids[1])
    with as_owner():
        Diagnosis.objects.filter(organization_id=school, year=2026).delete()
        version = Version.objects.get(instrument__key="what-makes-it-stick", number=2)
        teacher = int(seeded.section_teacher[seeded.section_school == 1][0])
    owen = as_person("owen")
    assert owen.get(page("new") + f"?of={seeded.school_ids[0]}").status_code == 404
    sent = {"version": version.pk, "raters": [seeded.person["owen"]]}
    assert "At least 2 people" in owen.post(page("new"), sent).content.decode()
    begun = owen.post(page("new"), sent | {"raters": [seeded.person["owen"], teacher]})
    pk = int(begun["Location"].split("/")[-2])
    assert (
        "There is one of 2026-27 already"
        in owen.post(page("new"), sent | {"raters": [seeded.person["owen"], teacher]}).content.decode()
    )
    piece = {"text": "Four of five named reading.", "items": ["few"], "source": "Talks", "dated": "2026-11-02"}
    future = owen.post(page("evidence", pk), piece | {"dated": "2026-12-01"})
    assert future.status_code == 422
    assert "an earlier day" in future.content.decode()
    assert "there is none" in owen.post(page("stage", pk), {"to": "rate"}, follow=True).content.decode()
    assert "Four of five named reading." in owen.post(page("evidence", pk), piece, follow=True).content.decode()
    with as_owner():
        made = Evidence.objects.get(diagnosis_id=pk).pk
    assert "Taken back." in owen.post(page("withdraw", pk, made), follow=True).content.decode()
    assert owen.post(page("withdraw", pk, made)).status_code == 404
    raters = {"raters": [seeded.person["owen"], teacher], "named": "on"}
    assert "Saved." in owen.post(page("raters", pk), raters, follow=True).content.decode()
    with as_owner():
        assert Diagnosis.objects.get(pk=pk).named
    assert as_person("grace").get(page("diagnosis", pk)).status_code == 404


def test_looking_back(as_person: SignIn, seeded: Any) -> None:
    with as_owner():
        pk = Diagnosis.objects.get(
            organization_id=int(seeded.school_ids[1]), year=2025, instrument__key="what-makes-it-stick"
        ).pk
    owen = as_person("owen")
    assert owen.post(page("review", pk), {"review": " "}).status_code == 422
    text = owen.post(page("review", pk), {"review": "Held until February."}, follow=True).content.decode()
    assert "Held until February." in text
    again = owen.post(page("review", pk), {"review": "Once more."}, follow=True).content.decode()
    assert "another stage" in again
    assert "Once more." not in again


def test_counts_of_schools_by_version_and_no_school_by_name(as_person: SignIn, seeded: Any) -> None:
    client = as_person("ines")
    with max_queries(12):
        shown = client.get(page("schools", "what-makes-it-stick"))
    tables = {(t.year, t.version.number): t for t in shown.context["tables"]}
    assert set(tables) == {("2025-26", 1), ("2026-27", 1), ("2026-27", 2)}
    with as_owner():
        of = Diagnosis.objects.filter(instrument__key="what-makes-it-stick", year=2025).count()
    assert {row.n for row in tables["2025-26", 1].rows} == {of}
    assert {row.n for row in tables["2026-27", 2].rows} == {1}
    assert "Ridgeline" not in shown.content.decode()
    assert client.get(page("schools", "no-such")).status_code == 404
    assert client.get(page("schools", "twelve-minutes")).status_code == 404


def test_the_city_reads_its_own_and_no_schools(as_person: SignIn, seeded: Any) -> None:
    client = as_person("ruth")
    (row,) = client.get(page("home")).context["rows"]
    assert row.organization == "City of Harborview"
    assert client.get(page("diagnosis", row.pk)).status_code == 200
    with as_owner():
        assert client.get(page("diagnosis", diagnosis_of_harbor_point(seeded))).status_code == 404


def test_in_spanish(as_person: SignIn, now: int) -> None:
    client = as_person("grace")
    client.cookies["django_language"] = "es"
    assert "Valorar por separado" in said(client, page("rate", now))
    assert "reunir evidencia" in said(client, page("diagnosis", now))


def test_the_facilitator_hands_the_diagnosis_to_another(as_person: SignIn, now: int, seeded: Any) -> None:
    grace = as_person("grace")
    with max_queries(15):
        assert "Hand over to somebody else" in said(grace, page("diagnosis", now))
    assert grace.post(page("hand_over", now), {"to": seeded.person["amara"]}).status_code == 422
    assert "You facilitate" in said(grace, page("diagnosis", now)), "a teacher does not facilitate"
    assert grace.post(page("hand_over", now), {"to": seeded.person["marcus"]}).status_code == 302
    assert "You facilitate" not in said(grace, page("diagnosis", now))
    assert "You facilitate" in said(as_person("marcus"), page("diagnosis", now))
