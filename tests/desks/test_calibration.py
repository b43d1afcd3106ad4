"""A calibration from making the set to the certificate: who sees what, when; what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from fairlead.apps.instruments.models import Answer, Certificate, Version
from fairlead.apps.raters import judging
from fairlead.apps.raters.models import Attempt, CalibrationCase, CalibrationSet
from tests.conftest import as_owner, max_queries

SignIn = Callable[[str | None], Client]


def agreed_levels(of: CalibrationSet) -> dict[tuple[int, int], int]:
    with as_owner():
        cases = {case.standard_id: case.pk for case in of.cases.all()}
        return {(cases[a.response_id], a.item_id): a.level or 0 for a in Answer.objects.filter(response_id__in=cases)}


def rate_all(client: Client, url: str, attempt_id: int, levels: dict[tuple[int, int], int], off: int = 0) -> None:
    """Rate every case over its page; the first `off` levels one away."""
    with as_owner():
        cases = list(Attempt.objects.get(pk=attempt_id).calibration_set.cases.all())
    for case in cases:
        typed = {}
        for (of, item), level in levels.items():
            if of == case.pk:
                off -= 1
                typed[f"item_{item}"] = str(level if off < 0 else level - 1 if level > 1 else 2)
        assert client.post(f"{url}/{case.position}", typed).status_code == 302


def begin(client: Client, seeded: Any) -> int:
    version = Version.objects.get(instrument__key="twelve-minutes", number=1)
    answer = client.post(f"/raters/begin/{version.pk}")
    assert answer.status_code == 302
    return int(answer["Location"].rsplit("/", 1)[1])


def test_a_second_try_is_a_fresh_set_and_a_pass_certifies(as_person: SignIn, seeded: Any) -> None:
    dana = as_person("dana")
    home = dana.get("/raters/").content.decode()
    assert "Begin anew" in home
    assert "ends soon" in home, "her certificate of December"
    first = begin(dana, seeded)
    assert begin(dana, seeded) == first, "an open attempt is gone on with"
    with as_owner():
        attempt = Attempt.objects.select_related("calibration_set").get(pk=first)
    url = f"/raters/attempt/{first}"
    assert dana.post(url, follow=True).content.decode().count("not rated yet") == 1
    levels = agreed_levels(attempt.calibration_set)
    rate_all(dana, url, first, levels, off=4)
    page = dana.get(url).content.decode()
    assert "Send in" in page
    assert "What came of it" not in page
    assert "It is held against" in dana.post(url, follow=True).content.decode()
    assert "nothing changed" in dana.post(url, follow=True).content.decode()
    assert dana.post(f"{url}/1", {}).status_code == 422
    with as_owner():
        assert judging.judge(first) is True
        assert judging.judge(first) is None, "once"
        held = Certificate.objects.get(person_id=seeded.person["dana"], earned_on=seeded.today)
    assert held.ends_on == date(2027, 11, 19)
    assert held.ground.endswith(": 80%")
    page = dana.get(url).content.decode()
    assert "You are certified" in page
    assert "Level by level" not in page, "the set is used again"
    assert begin(as_person("dana"), seeded) != first
    with as_owner():
        again = Attempt.objects.filter(person_id=seeded.person["dana"]).order_by("-pk")[0]
    assert again.calibration_set_id != attempt.calibration_set_id, "the one that was tried least"


def test_who_does_not_pass_learns_domains_and_waits(as_person: SignIn, seeded: Any) -> None:
    dana = as_person("dana")
    pk = begin(dana, seeded)
    url = f"/raters/attempt/{pk}"
    with as_owner():
        attempt = Attempt.objects.select_related("calibration_set").get(pk=pk)
    rate_all(dana, url, pk, agreed_levels(attempt.calibration_set), off=15)
    dana.post(url)
    with as_owner():
        assert judging.judge(pk) is False
        assert not Certificate.objects.filter(person_id=seeded.person["dana"], earned_on=seeded.today).exists()
    page = dana.get(url).content.decode()
    assert "Not yet:" in page
    assert "mostly lower than agreed" in page
    home = dana.get("/raters/")
    assert home.context["offers"][0].from_day == seeded.today + timedelta(days=7)
    assert "again from" in home.content.decode()
    version = Version.objects.get(instrument__key="twelve-minutes", number=1)
    refused = dana.post(f"/raters/begin/{version.pk}", follow=True)
    assert "2026-11-26" in refused.content.decode()


def test_the_agreed_levels_are_behind_the_wall_also_in_sql(seeded: Any, scope_of: Callable[[str], Any]) -> None:
    scope_of("dana")
    assert CalibrationCase.objects.filter(standard__isnull=False).exists()
    assert not Answer.objects.filter(response__part="standard").exists()
    assert set(Answer.objects.filter(response__part="calibration").values_list("author_id", flat=True)) == {
        seeded.person["dana"]
    }
    scope_of("ines")
    assert Answer.objects.filter(response__part="standard").exists()
    assert set(Attempt.objects.values_list("person_id", flat=True)) > {seeded.person["dana"]}
    scope_of("marcus")
    assert not Attempt.objects.exists(), "a director trains no raters"


def test_another_persons_attempt_is_not_there(as_person: SignIn, seeded: Any) -> None:
    with as_owner():
        other = Attempt.objects.exclude(person_id=seeded.person["dana"]).first()
    assert other is not None
    for key in ("dana", "ines"):
        client = as_person(key)
        assert client.get(f"/raters/attempt/{other.pk}").status_code == 404
        assert client.post(f"/raters/attempt/{other.pk}").status_code == 404
        assert client.get(f"/raters/attempt/{other.pk}/1").status_code == 404


NEW = {"name": "Two more", "name_es": "Dos más", "exact": "60", "adjacent": "", "domain_exact": "", "kappa": "",
       "wait_days": "0", "months": "6"}  # fmt: skip


def test_a_set_is_made_published_and_final(as_person: SignIn, seeded: Any) -> None:
    version = Version.objects.get(instrument__key="twelve-minutes", number=1)
    ines = as_person("ines")
    made = ines.post("/raters/sets/", {**NEW, "version": version.pk})
    assert made.status_code == 302
    where = made["Location"].rsplit("/case/", 1)[0]
    form = ines.get(f"{where}/case/0").context["form"]
    items = [item.pk for item in form.items]
    typed = {"title": "A case", "script": "9:00 They count."}
    for n in (1, 2, 3):
        levels = {f"item_{pk}": str(n) for pk in items} | {f"why_{pk}": "Because." for pk in items}
        assert ines.post(f"{where}/case/0", {**typed, **levels}).status_code == 302
    unsaid = ines.post(f"{where}/case/0", {**typed, **{f"item_{pk}": "1" for pk in items}})
    assert unsaid.status_code == 422
    assert "Say why" in unsaid.content.decode()
    assert CalibrationCase.objects.filter(title="A case").count() == 3, "what was refused left nothing"
    changed = {f"item_{pk}": "4" for pk in items} | {f"why_{pk}": "More." for pk in items}
    assert ines.post(f"{where}/case/3", {**typed, **changed}).status_code == 302
    assert ines.get(f"{where}/case/3").context["form"][f"item_{items[0]}"].value() == "4"
    assert ines.post(f"{where}/", {"publish": "1"}).status_code == 302
    assert ines.post(f"{where}/case/3", {**typed, **changed}).status_code == 422, "final"
    assert ines.get(f"{where}/case/0").status_code == 404
    with max_queries(15):
        ines.get(f"{where}/")
    made_set = CalibrationSet.objects.get(name="Two more")
    dana = as_person("dana")
    assert begin(dana, seeded)
    with as_owner():
        assert Attempt.objects.get(person_id=seeded.person["dana"], submitted_at=None).calibration_set == made_set
    ines = as_person("ines")
    assert ines.post(f"{where}/", {"retire": "1"}).status_code == 302
    assert "No longer offered." in ines.get(f"{where}/").content.decode()


def test_a_set_that_could_tell_nothing_is_not_published(as_person: SignIn, seeded: Any) -> None:
    version = Version.objects.get(instrument__key="twelve-minutes", number=1)
    ines = as_person("ines")
    where = ines.post("/raters/sets/", {**NEW, "version": version.pk})["Location"].rsplit("/case/", 1)[0]
    assert "at least 3 cases" in ines.post(f"{where}/", {"publish": "1"}).content.decode()
    items = [item.pk for item in ines.get(f"{where}/case/0").context["form"].items]
    levels = {f"item_{pk}": "2" for pk in items} | {f"why_{pk}": "Because." for pk in items}
    for _ in range(3):
        ines.post(f"{where}/case/0", {"title": "A case", "script": "They count.", **levels})
    answer = ines.post(f"{where}/", {"publish": "1"})
    assert (answer.status_code, "are the same" in answer.content.decode()) == (422, True)


@pytest.mark.parametrize("change", [{"name": " "}, {"exact": ""}, {"exact": "120"}, {"version": "0"}])
def test_what_a_set_lacks_is_said(as_person: SignIn, seeded: Any, change: dict[str, str]) -> None:
    version = Version.objects.get(instrument__key="twelve-minutes", number=1)
    ines = as_person("ines")
    assert ines.post("/raters/sets/", {**NEW, "version": version.pk, **change}).status_code == 422
    assert not CalibrationSet.objects.filter(name_es="Dos más").exists()


def test_nobody_writes_their_own_certificate(seeded: Any, scope_of: Callable[[str], Any]) -> None:
    from django.db import InternalError, ProgrammingError, transaction

    scope_of("dana")
    assert Certificate.objects.filter(person_id=seeded.person["dana"]).exists()
    with pytest.raises((InternalError, ProgrammingError), match="nobody certifies themself"), transaction.atomic():
        Certificate.objects.filter(person_id=seeded.person["dana"]).update(ends_on=None)
    with pytest.raises((InternalError, ProgrammingError), match="nobody certifies themself"), transaction.atomic():
        Certificate.objects.filter(person_id=seeded.person["dana"]).delete()
    held = set(Certificate.objects.values_list("person_id", flat=True))
    assert held == {seeded.person["dana"]}, "a coach of the whole network reads no other's"


def test_the_rater_pages_are_lean_and_in_spanish(as_person: SignIn, seeded: Any) -> None:
    dana = as_person("dana")
    with max_queries(15):
        dana.get("/raters/")
    pk = begin(dana, seeded)
    with max_queries(15):
        dana.get(f"/raters/attempt/{pk}/1")
    for page in ("/raters/", f"/raters/attempt/{pk}", f"/raters/attempt/{pk}/1"):
        text = dana.get(page, headers={"accept-language": "es"}).content.decode()
        for english in ("How I rate", "Calibration", "Begin anew", "Cases", "Save and go on", "What passes"):
            assert english not in text, (page, english)
