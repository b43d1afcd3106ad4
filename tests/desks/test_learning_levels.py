"""Five levels side by side and cost: what is not measured says so, what is chance is not paid for, kinds can be switched off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.test import Client
from django.urls import reverse

from fairlead.apps.learning.models import Attendance, Ingredient, Measured
from tests.access import learning_objects
from tests.conftest import as_owner

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


def test_student_outcomes_are_findings_only(as_person: SignIn, seeded: Any) -> None:
    client, tie = as_person("ines"), _page("tie", seeded)
    offered = client.get(_page("levels", seeded)).context["choices"]
    assert all(value.startswith("finding:") for value, _label in offered[5])
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
    cost = client.get(_page("cost", seeded)).context["cost"]
    assert cost.total == f"${total:,.0f}"
    assert cost.people == people
    assert abs(int(cost.each[1:].replace(",", "")) - total / people) <= 0.5, "rounded to a dollar"
    assert cost.per_hour == f"${total / hours:,.0f}"
    kinds = [key for key, _name, _on, _amount in cost.kinds if key != "salary"]
    without = client.get(_page("cost", seeded), {"shown": "1", "with": kinds})
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
