"""The director's pages: owner, stranger, bad id, wrong method, no-op; and what they must show."""

import re

import pytest
from django.db.models import F
from django.urls import reverse

from fairlead.apps.caseload import tasks
from fairlead.apps.caseload.models import CaseloadAssignment, CaseloadPlan, NeedScore
from tests.conftest import as_owner, as_worker, max_queries

DESK, CASELOAD, OPTIMISE = (reverse(f"director:{name}") for name in ("desk", "caseload", "optimise"))
RECIPE, AGAIN = (reverse(f"director:{name}", args=["example"]) for name in ("recipe", "recompute"))


def text(response):
    """A page's words, without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.fixture
def marcus(as_person):
    return as_person("marcus")


def own_schools(seeded):
    with as_owner():
        return set(
            CaseloadAssignment.objects.filter(plan__status="chosen", director_id=seeded.person["marcus"]).values_list(
                "organization__name", flat=True
            )
        )


def listed(client, names):
    """Those of `names` that the desk lists, in its order."""
    page = text(client.get(DESK)).split("In order of need", 1)[1].split("Promised to you", 1)[0]
    return sorted((n for n in names if n in page), key=page.find)


def test_the_desk_shows_own_schools_and_no_others_in_order_of_need(marcus, seeded):
    with as_owner():
        CaseloadAssignment.objects.filter(
            plan__status="chosen", organization_id__in=seeded.school_ids[:3].tolist()
        ).update(director_id=seeded.person["marcus"])
    mine = own_schools(seeded)
    assert 3 <= len(mine) < len(seeded.school_ids)
    with as_owner():
        latest = NeedScore.objects.filter(as_of=seeded.dates[-2], recipe="example")
        ranks = dict(latest.values_list("organization__name", "rank"))
    assert listed(marcus, ranks) == sorted(mine, key=ranks.get)
    page = text(marcus.get(DESK))
    for name in mine:
        assert f"rank {ranks[name]} of {len(ranks)}" in page
    with as_owner():
        latest.update(rank=len(ranks) + 1 - F("rank"))
    assert listed(marcus, ranks) == sorted(mine, key=ranks.get, reverse=True)


def test_the_desk_needs_few_queries(marcus):
    marcus.get(DESK)  # the chart is drawn once
    with max_queries(15):
        assert marcus.get(DESK).status_code == 200


def test_the_caseload_needs_few_queries(marcus):
    marcus.get(CASELOAD)
    with max_queries(15):
        assert marcus.get(CASELOAD).status_code == 200


def test_the_recipe_needs_few_queries(marcus):
    with max_queries(15):
        assert marcus.get(RECIPE).status_code == 200


def test_a_new_plan_stands_beside_the_others_and_changes_no_caseload(marcus, seeded):
    before = own_schools(seeded)
    asked = marcus.post(OPTIMISE, {"load": "5"})
    as_worker(tasks.solve, int(re.search(r"/asked/(\d+)/", asked["Location"])[1]))
    assert "Alternative 1 is made. Nobody’s caseload has changed." in text(marcus.get(asked["Location"]))
    assert own_schools(seeded) == before
    assert "Alternative 1" in text(marcus.get(DESK))
    again = marcus.post(OPTIMISE, {"load": "5"}, follow=True)
    assert "That plan was there already: Alternative 1." in text(again)
    with as_owner():
        assert CaseloadPlan.objects.filter(status="alternative", name="").count() == 1


def test_a_director_may_keep_only_own_schools(marcus, seeded):
    with as_owner():
        foreign = (
            CaseloadAssignment.objects.filter(plan__status="chosen")
            .exclude(director_id=seeded.person["marcus"])
            .values_list("organization_id", flat=True)[0]
        )
    assert marcus.post(OPTIMISE, {"load": "5", "keep": str(foreign)}).status_code == 422
    assert marcus.post(OPTIMISE, {"load": "7"}).status_code == 422
    assert marcus.get(OPTIMISE).status_code == 405


def test_a_bad_plan_id_is_not_there(marcus, seeded):
    with as_owner():
        last = CaseloadPlan.objects.get(status="last_year").pk
    for bad in ("0", "999999", "x", "9" * 30, str(last)):
        assert marcus.get(CASELOAD, {"plan": bad}).status_code == 404


def test_a_principal_is_not_let_in_but_may_read_the_recipe(as_person, seeded):
    owen = as_person("owen")
    for url in (DESK, CASELOAD):
        assert owen.get(url).status_code == 404
    assert owen.post(AGAIN).status_code == 404
    page = text(owen.get(RECIPE))
    assert "Ridgeline Elementary" in page
    assert "Harbor Point Elementary" not in page
    assert "These weights are examples." in page
    with as_owner():
        place = CaseloadAssignment.objects.select_related("director").get(
            plan__status="chosen", organization_id=int(seeded.school_ids[1])
        )
    assert f"{place.director.name} serves it, {place.minutes_per_month} minutes a month" in page


def test_the_city_reads_the_recipe_without_schools(as_person):
    page = text(as_person("ruth").get(RECIPE))
    assert "Students chronically absent" in page
    assert "No need has been worked out that you may see." in page


def test_need_can_be_worked_out_again(as_person, seeded):
    ines = as_person("ines")
    response = ines.post(AGAIN, follow=True)
    assert "Need worked out as of Nov. 18, 2026." in text(response)
    assert ines.get(AGAIN).status_code == 405


def test_everything_is_there_in_spanish(as_person, seeded):
    client = as_person("marcus")
    client.cookies["django_language"] = "es"
    for url, words in (
        (DESK, "Mis escuelas"),
        (CASELOAD, "Cartera junto a la necesidad"),
        (RECIPE, "Índice de necesidad de ejemplo"),
    ):
        page = text(client.get(url))
        assert words in page
        for english in ("Need as of", "Minutes", "nobody", "Optimise", " schools ", "Every school", "weights"):
            assert english not in page


def test_no_plan_yet_says_what_to_do(marcus, seeded):
    with as_owner():
        CaseloadPlan.objects.all().delete()
        NeedScore.objects.all().delete()
    assert "No plan gives you schools yet." in text(marcus.get(DESK))
    assert marcus.get(CASELOAD).status_code == 200
    response = marcus.post(OPTIMISE, {"load": "5"}, follow=True)
    assert "There is no need index yet." in text(response)
