"""Before and after: the list, the order, one comparison beside chance, one's own scores."""

from __future__ import annotations

from typing import Any

from fairlead.apps.growth.models import Comparison
from tests.access.growth_objects import of_the_autumn
from tests.conftest import as_owner, max_queries


def page_of(client: Any, address: str, **asked: Any) -> str:
    found = client.get(address, **asked)
    assert found.status_code == 200
    return str(found.content.decode())


def test_one_comparison_stands_beside_chance_and_its_instruments(seeded: Any, as_person: Any) -> None:
    with as_owner():
        pk = of_the_autumn(seeded)
    client = as_person("ines")
    with max_queries(15):
        page = page_of(client, f"/growth/{pk}/")
    assert "By chance" in page
    assert "too few to learn how hard each question is" in page
    assert "/instruments/teaching-number/1/technical/" in page
    assert "/instruments/teaching-number/2/technical/" in page
    assert "not enough people" in page, "schools of four teachers are not told"
    assert "Amara" not in page
    assert "Por azar" in page_of(client, f"/growth/{pk}/", headers={"accept-language": "es"})


def test_a_principal_reads_her_school_and_the_whole_alone(seeded: Any, as_person: Any) -> None:
    with as_owner():
        pk = of_the_autumn(seeded)
    page = page_of(as_person("grace"), f"/growth/{pk}/")
    assert "Harbor Point Elementary" in page
    assert "Ridgeline" not in page


def test_ones_own_scores_are_on_ones_own_page(seeded: Any, as_person: Any) -> None:
    amara = page_of(as_person("amara"), "/growth/mine/")
    assert "Knowing number in order to teach it" in amara
    assert "±" in amara
    assert "There is nothing of yours yet." in page_of(as_person("ines"), "/growth/mine/")


def test_an_order_that_makes_no_sense_is_refused(seeded: Any, as_person: Any) -> None:
    with as_owner():
        known = Comparison.objects.get(pk=of_the_autumn(seeded))
        before, after = known.before_id, known.after_id
        many = Comparison.objects.count()
    client = as_person("ines")
    assert client.post("/growth/new", {"before": after, "after": before}).status_code == 422
    again = client.post("/growth/new", {"before": before, "after": after})
    assert (again.status_code, again["Location"]) == (302, f"/growth/{known.pk}/"), "it is the one there is"
    assert client.post("/growth/new", {"before": "x", "after": after}).status_code == 404
    assert client.get("/growth/new").status_code == 405
    with as_owner():
        assert Comparison.objects.count() == many


def test_the_surveys_pages_lead_there(seeded: Any, as_person: Any) -> None:
    assert "/growth/" in page_of(as_person("ines"), "/surveys/")
    assert "/growth/mine/" in page_of(as_person("amara"), "/surveys/mine/")
