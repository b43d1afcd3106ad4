"""The city lead's desk: owner, stranger, bad id, wrong method, no-op; and what stands on its pages."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.urls import reverse

from fairlead.apps.places import los_angeles
from fairlead.apps.places.models import City, Investment, SeatCell, SeatTable
from tests.conftest import as_owner, max_queries

DESK = "/city/"
WITH_RECORDS = los_angeles.present(settings.SHARED_DATA / "schools" / "la")
records = pytest.mark.skipif(
    not WITH_RECORDS, reason=f"needs Los Angeles' public records in {settings.SHARED_DATA / 'schools' / 'la'}"
)


def text(response) -> str:
    """The page's words: tags away, blanks as one."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def replica() -> Investment:
    with as_owner():
        return Investment.objects.select_related("place").get(purpose="replicate")


@pytest.fixture
def ruth(as_person):
    return as_person("ruth")


def test_the_desk_says_the_published_numbers(ruth):
    page = text(ruth.get(DESK))
    for rule in ("standard-in-both", "growth-and-presence"):
        total = SeatCell.objects.get(table__rule=rule, table__city__slug="harborview", place=None, band="all")
        assert f"{total.quality:,}" in page
        assert f"{total.gap:,}" in page
    assert "Invented" in page
    assert "withheld" in page, "Gull Island's small bands"


def test_the_desk_needs_few_queries(ruth):
    ruth.get(DESK)
    with max_queries(15):
        assert ruth.get(DESK).status_code == 200


def test_the_desk_reads_no_student(ruth):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        ruth.get(DESK)
    read = " ".join(q["sql"] for q in captured)
    for table in ("roster_enrollment", "roster_demographics", "attendance_mark", "roster_section"):
        assert table not in read


@pytest.mark.parametrize("person", ["grace", "ines", "amara"])
def test_strangers_do_not_find_the_desk_nor_its_money(as_person, person):
    client = as_person(person)
    url = reverse("city:investment", args=[replica().pk])
    assert client.get(DESK).status_code == 404
    assert client.get(url).status_code == client.get(reverse("city:investment", args=[10**9])).status_code == 404


def test_denied_and_absent_look_alike(as_person):
    client = as_person("ines")
    denied = client.get(reverse("city:investment", args=[replica().pk]))
    absent = client.get(reverse("city:investment", args=[10**9]))
    assert text(denied) == text(absent)


@pytest.mark.parametrize("url", ["/city/", "/city/los-angeles/", "/city/rules/", "/city/rules/standard-in-both/"])
@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_pages_that_are_read_only(ruth, url, method):
    assert getattr(ruth, method)(url).status_code == 405


def test_wrong_methods_of_an_investment(ruth):
    url = reverse("city:investment", args=[replica().pk])
    assert ruth.put(url).status_code == 405
    assert ruth.delete(url).status_code == 405


def test_a_pair_that_nobody_published_falls_back(ruth):
    assert text(ruth.get(DESK, {"first": "no-such-rule"})) == text(ruth.get(DESK))
    swapped = ruth.get(DESK, {"first": "growth-and-presence", "second": "standard-in-both"})
    assert swapped.context["comparison"].first.rule.key == "growth-and-presence"


def test_without_a_table_the_desk_says_what_to_do(ruth):
    with as_owner():
        SeatTable.objects.filter(city__slug="harborview").delete()
    response = ruth.get(DESK)
    assert response.status_code == 200
    assert "No table of seats is published yet" in text(response)


def test_without_a_city_the_desk_says_what_to_do(ruth):
    with as_owner():
        City.objects.filter(slug="harborview").update(organization=None)
    assert "Your organization has no city here yet" in text(ruth.get(DESK))


def test_an_investment_shows_seats_cost_and_verdicts(ruth):
    page = text(ruth.get(reverse("city:investment", args=[replica().pk])))
    for words in ("$12,292", "$8,194", "240 of 360", "A quotient, not an effect", "Quality seats", "Not rated"):
        assert words in page
    assert "120 of 360" in page, "what it said before"


def test_saying_how_many_seats_are_open(ruth):
    url = reverse("city:investment", args=[replica().pk])
    page = ruth.post(url, {"seats_opened": 300}, follow=True)
    assert "Saved." in text(page)
    assert replica().seats_opened == 300
    assert "240 of 360" in text(page)


def test_saying_the_same_again_changes_nothing(ruth):
    url = reverse("city:investment", args=[replica().pk])
    before = replica().as_of
    assert "Nothing changed" in text(ruth.post(url, {"seats_opened": 240}, follow=True))
    assert replica().as_of == before


@pytest.mark.parametrize("value", ["-5", "many", "", "1000001"])
def test_numbers_that_cannot_be_are_refused(ruth, value):
    response = ruth.post(reverse("city:investment", args=[replica().pk]), {"seats_opened": value})
    assert response.status_code == 400
    assert response.context["form"].errors["seats_opened"]
    assert replica().seats_opened == 240


def test_recording_an_investment(ruth):
    place = replica().place
    data = {
        "name": "A second campus", "purpose": "create", "amount": "1500000", "begins": "2026-09-01",
        "place": place.pk, "band": "k_5", "school_name": "Drydock Elementary", "seats_planned": "200", "source": "",
    }  # fmt: skip
    page = ruth.post(reverse("city:new_investment"), data, follow=True)
    assert "Recorded." in text(page)
    with as_owner():
        entry = Investment.objects.get(name="A second campus")
    assert entry.organization_id == City.objects.get(slug="harborview").organization_id
    assert "no seat is open" in text(page)
    assert "$7,500" in text(page)


def test_an_investment_without_a_name_is_refused(ruth):
    response = ruth.post(reverse("city:new_investment"), {"purpose": "create", "amount": "-1"})
    assert response.status_code == 400
    assert {"name", "amount", "begins"} <= set(response.context["form"].errors)
    with as_owner():
        assert Investment.objects.count() == 3


def test_a_place_of_another_city_is_refused(ruth):
    with as_owner():
        other = City.objects.create(slug="elsewhere", name="Elsewhere", invented=True)
        place = other.places.create(kind="zip", code="34399")
    data = {
        "name": "x", "purpose": "create", "amount": "1", "begins": "2026-09-01", "place": place.pk, "band": "all",
        "seats_planned": "0",
    }  # fmt: skip
    assert "place" in ruth.post(reverse("city:new_investment"), data).context["form"].errors


def test_rules_are_open_to_everyone_who_is_signed_in(as_person):
    client = as_person("amara")
    response = client.get(reverse("city:rule", args=["growth-and-presence"]))
    page = text(response)
    assert "at least 50" in page
    assert "at most 0.15" in page
    assert "Invented rule" in page
    assert response.context["tables"] == [], "another city's table is not hers to see"


def test_spanish(ruth):
    ruth.cookies["django_language"] = "es"
    page = text(ruth.get(DESK))
    assert "Cupos de calidad en Harborview" in page
    assert "En el estándar o por encima en ambas" in page
    for english in ("Quality", "Gap", "Children", "seats", "School year"):
        assert not re.search(rf"\b{english}\b", page), english


@records
def test_los_angeles_is_labelled_real_with_its_totals(ruth):
    page = text(ruth.get(reverse("city:los_angeles")))
    for words in ("161,428", "31,785", "4,436", "10,773", "Real records", "LAUSD Open Data", "206"):
        assert words in page


@records
def test_los_angeles_needs_few_queries(ruth):
    ruth.get(reverse("city:los_angeles"))
    with max_queries(15):
        ruth.get(reverse("city:los_angeles"))


@records
def test_los_angeles_under_another_pair(ruth):
    response = ruth.get(reverse("city:los_angeles"), {"first": "high-in-both", "second": "standard-in-both"})
    comparison = response.context["comparison"]
    assert (comparison.total.first.quality_offers, comparison.total.second.quality_offers) == (4_275, 4_436)


def test_without_records_the_page_says_how_to_add_them(ruth):
    with as_owner():
        City.objects.filter(slug=los_angeles.SLUG).delete()
    page = text(ruth.get(reverse("city:los_angeles")))
    assert "not loaded here" in page
    assert los_angeles.OFFERS_FILE in page
    assert "FAIRLEAD_SHARED_DATA" in page
    assert "how to add it" in text(ruth.get(DESK))
