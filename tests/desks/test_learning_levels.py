"""Five levels side by side and cost: what is not measured says so, what is chance is not paid for, kinds can be switched off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.test import Client
from django.urls import reverse

from fairlead import clock
from fairlead.apps.learning.models import Attendance, Counted, Ingredient, Measured
from tests.access import learning_objects
from tests.conftest import as_owner, max_queries

SignIn = Callable[[str | None], Client]


def _page(name: str, world: Any, *args: Any) -> str:
    with as_owner():
        return reverse(f"learning:{name}", args=[learning_objects.programme(world), *args])


def test_each_level_has_a_source_or_says_that_nobody_has_measured_it(as_person: SignIn, seeded: Any) -> None:
    shown = as_person("ines").get(_page("levels", seeded))
    levels = shown.context["levels"]
    assert [level.number for level in levels] == [1, 2, 3, 4, 5]
    assert [bool(level.sources) for level in levels] == [False, True, True, True, False]
    text = shown.content.decode()
    assert text.count("not measured") == 2
    grew = levels[1].sources[0]
    assert grew.version is not None
    assert grew.numbers
    assert f"/{grew.version.instrument.key}/{grew.version.number}/technical/" in text


def test_student_outcomes_are_findings_or_where_schools_stand_now(as_person: SignIn, seeded: Any) -> None:
    client, tie = as_person("ines"), _page("tie", seeded)
    offered = {level.number: choices for level, choices in client.get(tie).context["levels"]}
    assert {value.split(":")[0] for value, _label in offered[5]} <= {"finding", "indicator"}
    assert "indicator:coaching_dose" not in dict(offered[5]), "it is no outcome of students"
    client.post(tie, {"level": "5", "what": "indicator:chronic_absence"})
    (source,) = client.get(_page("levels", seeded)).context["levels"][4].sources
    (now,) = source.numbers
    assert now.interval
    assert "nothing of what the programme did" in source.note
    with as_owner():
        Measured.objects.filter(level=5).delete()
    growth = offered[2][0][0]
    client.post(tie, {"level": "5", "what": growth})
    with as_owner():
        assert not Measured.objects.filter(level=5).exists()
    survey = offered[1][0][0]
    client.post(tie, {"level": "1", "what": survey})
    with as_owner():
        made = Measured.objects.get(level=1)
    assert client.get(_page("levels", seeded)).context["levels"][0].sources
    client.post(tie, {"away": made.pk})
    with as_owner():
        assert not Measured.objects.filter(level=1).exists()


def test_cost_is_quantity_times_price_and_hours_come_from_sign_ins(as_person: SignIn, seeded: Any) -> None:
    client = as_person("ines")
    with as_owner():
        pk = learning_objects.programme(seeded)
        there = Attendance.objects.filter(session__programme_id=pk, not_there_at=None).exclude(
            session__begins_at__date="2026-11-19"  # it is not over
        )
        hours = sum(a.minutes for a in there) / 60
        people = there.values("person").distinct().count()
        used = list(Ingredient.objects.filter(programme_id=pk))
        total = sum((hours if i.quantity is None else float(i.quantity)) * float(i.price) for i in used)
        steps = sum(float(i.quantity or 0) * float(i.price) for i in used if i.kind == "salary")
    kinds = sorted({i.kind for i in used})
    cost = client.get(_page("cost", seeded), {"shown": "1", "with": kinds}).context["cost"]
    assert cost.total == f"${total:,.0f}"
    assert cost.people == people
    assert abs(int(cost.each[1:].replace(",", "")) - total / people) <= 0.5, "rounded to a dollar"
    assert cost.per_hour == f"${total / hours:,.0f}"
    without = client.get(_page("cost", seeded))  # salary steps are off until somebody asks for them
    assert without.context["cost"].total == f"${total - steps:,.0f}"
    assert "are left out" in without.content.decode()
    assert steps > 0


def test_per_teacher_who_grew_is_told_or_not_estimable_and_never_without_chance(
    as_person: SignIn, seeded: Any
) -> None:
    grew = as_person("tomas").get(_page("cost", seeded)).context["cost"].grew
    assert grew
    for one in grew:
        assert one.each == "not estimable" or (one.reach and one.expected != "–")
        assert one.each != "not estimable" or one.why


def test_an_ingredient_is_added_by_who_makes_the_programme(as_person: SignIn, seeded: Any) -> None:
    address = _page("cost", seeded)
    said = {"kind": "travel", "name": "Bus", "unit": "trip", "price": "90", "paid_by": "grant", "quantity_source": "bills",
            "price_source": "bills", "priced_on": "2026-09-01", "quantity": ""}  # fmt: skip
    client = as_person("ines")
    refused = client.post(address, said)
    assert refused.status_code == 422
    assert "Say how much" in refused.content.decode()
    client.post(address, said | {"quantity": "3"})
    with as_owner():
        made = Ingredient.objects.get(name="Bus")
    assert as_person("tomas").post(address, said | {"quantity": "3"}).status_code == 404
    client.post(_page("drop", seeded, made.pk))
    with as_owner():
        assert not Ingredient.objects.filter(name="Bus").exists()


def _practice(world: Any, **found: Any) -> None:
    with as_owner():
        known = Measured.objects.get(source="visits")
        told = {
            "came": 60, "out": [[["never"], 12]], "why": "", "state": "shown", "n": 48, "share": 0.25, "most": 0.25,
            "low": 0.15, "high": 0.39, "by_chance": 0.025, "mean": 0.3, "mean_low": 0.1, "mean_high": 0.5,
            "threshold": 0.7, "visits": [3.0, 2.5], "raters": 6, "level": 0.95, "if_nobody": 0.0,
        }  # fmt: skip
        Counted.objects.update_or_create(
            programme_id=known.programme_id, what="practice", reference=str(known.pk),
            defaults={"organization_id": known.organization_id, "counted_at": clock.now(), "found": told | found},
        )  # fmt: skip


def test_five_levels_and_the_cost_of_one_who_grew_stand_on_one_page(as_person: SignIn, seeded: Any) -> None:
    client = as_person("ines")
    _practice(seeded)
    with max_queries(24):  # six sources of five apps, each read by its own app
        page = client.get(_page("levels", seeded))
    cost, use = page.context["cost"], page.context["levels"][3].sources[0]
    assert [number.value for number in use.numbers] == ["25%", "+0.30"]
    assert use.numbers[0].chance == "2.5%"
    assert "0.70 levels" in use.note
    assert "Of 60 teachers who came, out are: 12: not seen with this rubric." in use.note
    practice = next(one for one in cost.grew if one.measure.startswith("Practice"))
    each = float(cost.each[1:].replace(",", ""))
    told = float(practice.each[1:].replace(",", ""))
    assert abs(told - each / (0.25 - 0.025)) < 4, "rounded to a dollar, and divided"
    assert practice.reach
    assert practice.each in page.content.decode()


def test_a_share_that_chance_could_bring_buys_nothing(as_person: SignIn, seeded: Any) -> None:
    client = as_person("tomas")
    _practice(seeded, share=0.06, most=0.06, low=0.02, high=0.17)
    page = client.get(_page("levels", seeded))
    practice = next(one for one in page.context["cost"].grew if one.measure.startswith("Practice"))
    assert (practice.each, practice.reach) == ("not estimable", "")
    assert "by chance alone" in page.context["levels"][3].sources[0].note


def test_visits_for_research_are_told_to_whom_the_purpose_opens_them(as_person: SignIn, seeded: Any) -> None:
    client = as_person("marcus")
    _practice(seeded)
    page = client.get(_page("levels", seeded))
    (use,) = page.context["levels"][3].sources
    assert use.numbers == ()
    assert "Nothing published is open to you" in use.note
    assert "cost" not in page.context


def test_visits_stand_for_use_with_two_times_that_do_not_overlap(as_person: SignIn, seeded: Any) -> None:
    client, tie = as_person("ines"), _page("tie", seeded)
    with as_owner():
        was = Measured.objects.get(source="visits")
        what = f"visits:{was.reference}"
        _practice(seeded)
    client.post(tie, {"away": was.pk})
    with as_owner():
        assert not Counted.objects.filter(what="practice").exists(), "what was counted goes with it"
    for until, since in (("", ""), ("2026-11-02", "2026-11-02"), ("2026-11-02", "2026-08-30")):
        client.post(tie, {"level": "4", "what": what, "until": until, "since": since})
        with as_owner():
            assert not Measured.objects.filter(source="visits").exists()
    client.post(tie, {"level": "4", "what": what, "until": "2026-08-30", "since": "2026-11-02"})
    with as_owner():
        made = Measured.objects.get(source="visits")
        assert (str(made.until), str(made.since)) == ("2026-08-30", "2026-11-02")
    assert "being worked out" in client.get(_page("levels", seeded)).context["levels"][3].sources[0].note
