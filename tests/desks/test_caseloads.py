"""Recipes that a network owns, why a school moved, scenarios, and the plan that is chosen."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import ProgrammingError
from django.urls import reverse

from fairlead.apps.caseload import making, own_recipes, selectors, solving
from fairlead.apps.caseload.models import CaseloadPlan, NeedRecipe, NeedScore
from fairlead.desks.caseload.forms import RecipeForm
from tests.access.caseload_objects import caseload_alternative, caseload_scenario
from tests.conftest import as_owner, as_worker, max_queries

HOME, NEW, MOVED, SCENARIOS = (reverse(f"caseloads:{n}") for n in ("home", "new", "moved", "scenarios"))


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.fixture
def ines(as_person: Any) -> Any:
    return as_person("ines")


def drafted(client: Any) -> tuple[int, dict[str, Any]]:
    made = client.post(NEW, {"from": "example"})
    pk = int(made["Location"].rstrip("/").rsplit("/", 1)[1])
    row = NeedRecipe.objects.get(pk=pk)
    return pk, {k: "" if v is None else v for k, v in RecipeForm.shown(row.label, row.content).items()}


def test_a_recipe_goes_from_copy_to_published_and_is_final(ines: Any, seeded: Any, as_person: Any) -> None:
    pk, told = drafted(ines)
    address = reverse("caseloads:draft", args=[pk])
    with max_queries(15):
        assert "0 schools would be in another tier" in text(ines.get(address))
    told |= {"label": "Newcomers first", "chronic_absence-weight": 5, "english_learner-weight": 80}
    assert ines.post(address, told).status_code == 302
    page = text(ines.get(address))
    assert "Newcomers first" in page
    moves = int(re.search(r"(\d+) schools? would be", page)[1])  # type: ignore[index]
    assert moves > 0
    published = ines.post(reverse("caseloads:publish", args=[pk]), {"because": "We voted"}, follow=True)
    page = text(published)
    assert "Version 1 is published" in page
    assert "We voted" in page
    assert "These weights are examples" not in page
    key = NeedRecipe.objects.get(pk=pk).key
    assert NeedScore.objects.filter(recipe=key).count() == len(seeded.school_ids)
    assert ines.post(address, told).status_code == 404
    with as_owner():
        row = NeedRecipe.objects.get(pk=pk)
        row.label = "Otherwise"
        with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
            row.save()
    assert "Newcomers first" in text(as_person("grace").get(reverse("director:recipe", args=[key])))


def test_what_is_wrong_with_a_recipe_is_said_and_nothing_is_kept(ines: Any) -> None:
    pk, told = drafted(ines)
    told |= {"intensive-share": 90, "chronic_absence-cap": "", "chronic_absence-normalisation": "zscore"}
    answer = ines.post(reverse("caseloads:draft", args=[pk]), told)
    assert answer.status_code == 422
    assert "these add up to 168 %" in text(answer)
    assert "stand for 100 points" in text(answer)
    assert ines.post(reverse("caseloads:publish", args=[pk]), {"because": " "}).status_code == 422
    assert NeedRecipe.objects.get(pk=pk).published_at is None


def test_a_second_draft_of_the_same_recipe_is_the_first(ines: Any) -> None:
    with as_owner():
        key = NeedRecipe.objects.filter(published_at__isnull=False)[0].key
    first, second = (ines.post(NEW, {"from": key})["Location"] for _ in range(2))
    assert first == second
    assert ines.post(NEW, {"from": "no-such"}).status_code == 404


def test_the_published_page_shows_the_version_that_is_asked_for(as_person: Any) -> None:
    with as_owner():
        row = NeedRecipe.objects.filter(number=1, published_at__isnull=False).get()
    address = reverse("director:recipe", args=[row.key])
    client = as_person("ines")
    assert "Version 2." in text(client.get(address))
    assert "Version 1." in text(client.get(f"{address}?version=1"))
    assert client.get(f"{address}?version=9").status_code == 404


def test_why_a_school_moved_adds_up(ines: Any, seeded: Any, scope_of: Any) -> None:
    with max_queries(12):
        assert "Ask" in text(ines.get(MOVED))
    scope = scope_of("ines")
    days = selectors.need_days(scope)
    after = next(one for one in days if one[0] != "example")
    before = next(one for one in days if one[0] == "example" and one[2] == after[2])
    school = int(seeded.school_ids[0])
    assert after[1] == "2"
    told = own_recipes.moved(scope, school, before, after)
    assert told is not None
    assert told.moved.from_data is not None
    assert told.moved.from_recipe is not None
    stored = [
        next(n for n in selectors.needs_of(scope, *one) if n.organization_id == school) for one in (before, after)
    ]
    change = stored[1].value - stored[0].value  # type: ignore[operator]
    assert told.moved.from_data == pytest.approx(0, abs=1e-6)
    assert told.moved.from_data + told.moved.from_recipe == pytest.approx(change, abs=1e-6)
    assert sum(p.from_data for p in told.moved.parts) == pytest.approx(told.moved.from_data, abs=1e-6)
    asked = {"school": school, "from": "|".join([*before[:2], before[2].isoformat()]),
             "to": "|".join([*after[:2], after[2].isoformat()])}  # fmt: skip
    page = text(ines.get(MOVED, asked))
    assert "from data" in page
    assert "from the recipe" in page
    assert ines.get(MOVED, asked | {"from": "x"}).status_code == 404


def scenario(seeded: Any, **more: Any) -> dict[str, Any]:
    from fairlead.apps.roster.models import Role

    with as_owner():
        roles = Role.objects.filter(role="director", organization_id=seeded.network_id)
        fte = {f"fte-{r.person_id}": r.fte for r in roles}
    costs = {"break_continuity": 120, "grade_mismatch": 15, "travel": 1, "deep_shortfall": 2,
             "language_mismatch": 60, "expertise_mismatch": 30}  # fmt: skip
    return {"recipe": "example", "load": 5, **fte, **{f"cost-{k}": v for k, v in costs.items()}} | more


def worked_out(client: Any, asked: dict[str, Any]) -> Any:
    """The page of what was asked, after the worker."""
    address = client.post(SCENARIOS, asked)["Location"]
    as_worker(solving.solve, int(address.rstrip("/").rsplit("/", 1)[1]))
    return client.get(address)


def test_a_director_is_added_and_compared(ines: Any, seeded: Any) -> None:
    ines.get(SCENARIOS)
    with max_queries(15):
        page = text(ines.get(SCENARIOS))
    assert "One more director" in page
    assert "Two more is made" in text(worked_out(ines, scenario(seeded, name="Two more", added=1, added_too=0.5)))
    plan = CaseloadPlan.objects.get(name="Two more")
    assert plan.settings["directors"]["-2"] == 0.5
    director = next(k for k in plan.settings["directors"] if int(k) > 0)
    less = worked_out(ines, scenario(seeded, name="Less", load=10, **{f"fte-{director}": 0}))
    assert "Less is made" in text(less)
    assert director not in CaseloadPlan.objects.get(name="Less").settings["directors"]


def test_what_was_logged_stands_beside_the_plan_and_names_no_director(
    ines: Any, seeded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fairlead.apps.support.models import Contact

    address = reverse("caseloads:five_to_one")
    ines.get(address)
    with max_queries(15):
        page = text(ines.get(address))
    with as_owner():
        directors = [seeded.person[key] for key in ("marcus", "joan", "sofia", "kwame")]
        begins = seeded.today.replace(day=1)
        mine = Contact.objects.filter(lead_id__in=directors, at__date__gte=begins, at__date__lte=seeded.today)
        minutes, schools = sum(c.minutes for c in mine), len({c.organization_id for c in mine})
    assert f"{schools} of {len(seeded.school_ids)} schools" in page
    assert f"{minutes:,}" in page
    assert "Marcus Bell" not in page.split("Is 5:1 real, and", 1)[1]
    own = NeedRecipe.objects.filter(published_at__isnull=False)[0].key
    assert text(ines.get(address, {"recipe": own})).count("of 18 schools") == page.count("of 18 schools")
    monkeypatch.setattr("fairlead.apps.support.selectors.minutes_of_leads", lambda *a, **k: [])
    assert "Fewer than two directors have logged" in text(ines.get(address))


def test_a_contact_that_somebody_else_led_counts_by_presence(seeded: Any, scope_of: Any) -> None:
    from fairlead.apps.support import selectors as support
    from fairlead.apps.support.models import Contact

    scope, school, marcus = scope_of("ines"), int(seeded.school_ids[0]), seeded.person["marcus"]
    when = (scope, [school], [marcus], seeded.dates[0], seeded.today)
    led, present = support.minutes_of_leads(*when), support.minutes_of_leads(*when, present=True)
    with as_owner():
        coach = seeded.person["dana"]
        Contact.objects.create(
            organization_id=school, lead_id=coach, with_person_id=marcus, at=seeded.moment, minutes=35,
            kind="meeting", purpose="leadership",
        )  # fmt: skip
    assert support.minutes_of_leads(*when) == led
    assert sorted(support.minutes_of_leads(*when, present=True)) == sorted(
        [*present, (school, seeded.today, 35, marcus)]
    )


def test_what_directors_bring_is_said_on_a_page_and_counted_by_the_next_plan(
    ines: Any, as_person: Any, seeded: Any, scope_of: Any
) -> None:
    page = reverse("caseloads:directors")
    ines.get(page)
    with max_queries(15):
        assert "What directors bring" in text(ines.get(page))
    director, school = seeded.person["marcus"], int(seeded.school_ids[0])
    say = reverse("caseloads:say_strengths", args=[director])
    refused = ines.post(say, {"low": 8, "high": 3})
    assert (refused.status_code, "The lowest grade comes first." in text(refused)) == (422, True)
    told = {"low": 0, "high": 5, "languages": ["es", "en"], "knows": ["disability"], "apart": [school]}
    assert "The next plan counts it." in text(ines.post(say, told, follow=True))
    reader = text(as_person("marcus").get(page))
    assert "Spanish" in reader
    assert "Knows this work well Students with disabilities" in reader
    problem = making.prepare(scope_of("ines"), seeded.network_id, on=seeded.today).problem
    mine = next(d for d in problem.directors if d.key == str(director))
    assert (mine.grades, mine.languages, mine.expertise) == ((0, 5), ("en", "es"), ("disability",))
    assert (str(school), str(director)) in problem.conflicts
    asked = {s.key: (s.language, s.expertise) for s in problem.schools}
    spoken = [one for one in selectors.spoken(scope_of("ines"), seeded.today) if one.school_id == school]
    most = max((one for one in spoken if one.language != "en"), key=lambda one: one.students)
    assert asked[str(school)][0] == (most.language if most.share >= 0.2 else None)
    leads = max(
        next(n for n in selectors.needs(scope_of("ines"), seeded.today) if n.organization_id == school).contributions,
        key=lambda c: c["amount"],
    )
    assert asked[str(school)][1] == leads["indicator"]


def test_a_lock_against_a_conflict_is_named(ines: Any, seeded: Any) -> None:
    school, marcus = int(seeded.school_ids[0]), seeded.person["marcus"]  # Harbor Point is his
    ines.post(reverse("caseloads:say_strengths", args=[marcus]), {"low": 0, "high": 8, "apart": [school]})
    answer = text(worked_out(ines, scenario(seeded, keep=[school])))
    assert "Harbor Point Elementary stays with Marcus Bell." in answer
    assert "Harbor Point Elementary may not be served by Marcus Bell." in answer


def test_rules_that_clash_are_named_with_what_to_relax(ines: Any, seeded: Any) -> None:
    answer = worked_out(ines, scenario(seeded, load=1))
    assert "these rules cannot all hold" in text(answer)
    assert "Schools that Marcus Bell serves: at most 1." in text(answer)


def test_a_plan_is_chosen_with_a_reason_from_a_day_on(ines: Any, seeded: Any, scope_of: Any) -> None:
    with as_owner():
        pk, imagined = caseload_alternative(seeded), caseload_scenario(seeded)
    address, begins = reverse("caseloads:choose", args=[pk]), seeded.today + timedelta(days=7)
    assert ines.post(address, {"because": "", "begins": begins.isoformat()}).status_code == 422
    past = ines.post(address, {"because": "Yes", "begins": "2020-01-01"})
    assert (past.status_code, "today or later" in text(past)) == (422, True)
    refused = ines.post(reverse("caseloads:choose", args=[imagined]), {"because": "x", "begins": begins.isoformat()})
    assert "Change the roster first" in text(refused)
    scope = scope_of("ines")
    former = next(p for p in selectors.plans(scope, seeded.today) if p.status == "chosen").pk
    assert ines.post(address, {"because": "Fewer far below", "begins": begins.isoformat()}).status_code == 302
    in_force = {
        day: next(p for p in selectors.plans(scope, day) if p.status == "chosen").pk
        for day in (seeded.today, begins - timedelta(days=1), begins)
    }
    assert list(in_force.values()) == [former, former, pk]
    served = selectors.serves(scope, int(seeded.school_ids[0]), begins)
    assert served is not None
    assert served.plan_id == pk
    assert "chosen from" in text(ines.get(SCENARIOS))


def test_an_assignment_is_a_person_or_an_added_director(seeded: Any) -> None:
    with as_owner():
        place = CaseloadPlan.objects.get(pk=caseload_alternative(seeded)).assignments.first()
        assert place is not None
        place.director = None
        with pytest.raises(IntegrityError, match="a_person_or_an_added_director"), transaction.atomic():
            place.save()


def test_a_plan_is_shown_against_the_recipe_it_was_made_by(ines: Any, seeded: Any) -> None:
    with as_owner():
        own = NeedRecipe.objects.filter(published_at__isnull=False).latest("number")
        pk = caseload_scenario(seeded)
    caseload = reverse("director:caseload")
    assert f"({own.label})" in text(ines.get(caseload, {"plan": pk}))
    assert "(Example need index)" in text(ines.get(caseload))
