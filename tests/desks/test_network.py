"""Ines's desk: the picture, the indicators, the published tables; and what Ruth, of the city, does not get."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.urls import reverse

from fairlead.apps.access.purposes import readable_purposes
from fairlead.apps.facts.catalogue import catalogue
from fairlead.apps.facts.selectors import GROUPS
from fairlead.apps.progress.definitions import indicators, theory_of_change
from fairlead.apps.progress.models import GroupReading, PublishedTable
from fairlead.apps.support.models import Contact
from fairlead.desks.network.picture import spark_points
from tests.conftest import as_owner, max_queries


@pytest.fixture
def published(november: Any, seeded: Any) -> Any:
    """November's tables, in a test's transaction."""
    return seeded


def table_of(key: str) -> str:
    return reverse("network:published_table", args=[key, 2026, 11])


def test_desk_shows_the_theory_with_every_indicator_and_arrow(published: Any, as_person: Any) -> None:
    client = as_person("ines")
    with max_queries(15):
        page = client.get(reverse("network:desk"))
    text = html.unescape(page.content.decode())
    theory = theory_of_change()
    for key, one in indicators().items():
        assert text.count(reverse("network:indicator", args=[key])) >= 3  # wide picture, narrow picture, table
        assert one.label in text
    for number, arrow in enumerate(theory.arrows, start=1):
        assert f'id="arrow-{number}"' in text
        assert text.count(f'href="#arrow-{number}"') == 2
        assert arrow.source.split(",")[0] in text
    assert reverse("analyst:study", args=["coaching-lottery"]) in text
    assert "registered, not run yet" in text
    assert "style=" not in text  # the content policy forbids it


def test_desk_before_anything_is_counted_says_so(seeded: Any, as_person: Any) -> None:
    client = as_person("ines")
    with as_owner():
        from fairlead.apps.progress.models import PublishedTable, Reading

        Reading.objects.all().delete()
        PublishedTable.objects.all().delete()
    page = client.get(reverse("network:desk"))
    assert page.status_code == 200
    assert "Nothing has been counted yet" in page.content.decode()


@pytest.mark.parametrize("key", list(indicators()))
def test_indicator_opens_to_formula_facts_and_schools_by_name(key: str, published: Any, as_person: Any) -> None:
    client = as_person("ines")
    with max_queries(15):
        page = client.get(reverse("network:indicator", args=[key]))
    text = html.unescape(page.content.decode())
    one = indicators()[key]
    for said in (one.numerator, one.denominator, one.view.key, one.version):
        assert said in text
    names = [school.name for school in page.context["schools"]]
    assert names == sorted(names)
    assert len(names) >= 1
    if one.publish == "groups":
        assert page.context["lattice"].unsuppressed


def test_indicator_divides_by_the_group_that_is_asked_for(published: Any, as_person: Any) -> None:
    client = as_person("ines")
    url = reverse("network:indicator", args=["chronic_absence"])
    for group in GROUPS:
        assert client.get(url, {"group": group}).context["lattice"].group == group
    assert client.get(url, {"group": "shoe_size"}).status_code == 404


def test_no_free_filter(published: Any, as_person: Any) -> None:
    """The lattice is fixed: whatever else is asked for in the address changes nothing."""
    client = as_person("ruth")
    plain = client.get(table_of("chronic_absence")).content.split(b"<tbody>")[1]
    asked = client.get(
        table_of("chronic_absence"), {"grade": "3", "school": "1", "gender": "nonbinary"}
    ).content.split(b"<tbody>")[1]
    assert plain == asked


@pytest.mark.parametrize("group", list(GROUPS))
def test_the_city_never_gets_a_small_count(group: str, published: Any, as_person: Any) -> None:
    with as_owner():
        small = GroupReading.objects.filter(table__indicator="chronic_absence", n__gt=0, n__lt=10).count()
    assert small > 0
    client = as_person("ruth")
    with max_queries(15):
        page = client.get(table_of("chronic_absence"), {"group": group})
    assert page.status_code == 200
    body = page.content.decode().split("<tbody>")[1].split("</tbody>")[0]
    sizes = [int(n.replace(",", "")) for n in re.findall(r'<span class="quiet">([\d,]+)</span>', body)]
    assert sizes
    assert [n for n in sizes if 0 < n < 10] == []
    assert "withheld" in body
    assert "†" not in body


def test_the_network_lead_gets_the_same_table_unsuppressed_and_marked(published: Any, as_person: Any) -> None:
    body = (
        as_person("ines").get(table_of("chronic_absence")).content.decode().split("<tbody>")[1].split("</tbody>")[0]
    )
    assert "withheld" not in body
    assert "†" in body


def test_the_city_sees_why_it_may_read(published: Any, as_person: Any) -> None:
    client = as_person("ruth")
    text = client.get(reverse("network:published")).content.decode()
    assert "An agreement with Tidewater Schools" in text
    assert table_of("chronic_absence") in text


def test_an_indicator_that_was_not_published_is_named_with_the_reason(published: Any, as_person: Any) -> None:
    client, label = as_person("ruth"), str(indicators()["chronic_absence"].label)

    def withheld() -> str:
        page = html.unescape(client.get(reverse("network:published")).content.decode())
        return (
            page.partition('id="m-2026-11"')[2]
            .partition("</section>")[0]
            .partition("Not published for this month")[2]
        )

    assert label not in withheld(), "it was published"
    with as_owner():
        PublishedTable.objects.filter(indicator="chronic_absence").delete()
    assert label in withheld()


@pytest.mark.parametrize(
    ("key", "year", "month"), [("happiness", 2026, 11), ("attendance", 2026, 11), ("chronic_absence", 1999, 1)]
)
def test_a_table_that_is_not_there(key: str, year: int, month: int, published: Any, as_person: Any) -> None:
    assert as_person("ruth").get(reverse("network:published_table", args=[key, year, month])).status_code == 404


@pytest.mark.parametrize("person", ["grace", "amara", "dana", "owen", "luis"])
def test_a_table_is_not_there_for_others(person: str, published: Any, as_person: Any) -> None:
    assert as_person(person).get(table_of("chronic_absence")).status_code == 404


@pytest.mark.parametrize("name", ["network:desk", "network:facts", "network:published"])
def test_pages_only_read(name: str, seeded: Any, as_person: Any) -> None:
    assert as_person("ines").post(reverse(name)).status_code == 405


def test_the_catalogue_stands_on_its_page(seeded: Any, as_person: Any) -> None:
    client = as_person("dana")
    with max_queries(15):
        text = client.get(reverse("network:facts")).content.decode()
    for view in catalogue().values():
        assert f'id="{view.key}"' in text
    assert reverse("network:indicator", args=["attendance"]) not in text  # no link to a page she may not open


@pytest.mark.parametrize("path", ["network:desk", "network:published", "network:facts"])
def test_spanish(path: str, published: Any, as_person: Any) -> None:
    text = as_person("ines").get(reverse(path), headers={"accept-language": "es"}).content.decode()
    for english in ("Theory of change", "Published tables", "Below target", "Shown elsewhere", "Coverage", "Meaning"):
        assert english not in text


def test_a_wobble_is_not_drawn_as_a_landslide() -> None:
    line, _ = spark_points([0.900, 0.901, 0.900], 100, 26)
    heights = [float(point.split(",")[1]) for point in line.split()]
    assert max(heights) - min(heights) <= 1.0
    assert spark_points([0.5], 100, 26) == ("", (0.0, 0.0))


@pytest.mark.parametrize("key", ["ines", "tomas"])
def test_how_long_feedback_takes_stands_beside_its_indicator(as_person: Any, seeded: Any, key: str) -> None:
    """Open visits are counted, at every school that the reader's purpose of dose opens, and nowhere else."""
    client = as_person(key)
    dose = readable_purposes(frozenset({"network_lead" if key == "ines" else "analyst"}), "dose")
    with as_owner():
        visits = Contact.objects.filter(kind="visit", visit__isnull=False, purpose__in=dose)
        open_now = visits.filter(feedback_closed_at=None)
        ungiven = open_now.filter(feedback_shared_at=None).count()
        total = open_now.count()
    assert total > ungiven > 0
    with max_queries(15):
        text = " ".join(client.get(reverse("network:indicator", args=["feedback_in_time"])).content.decode().split())
    assert f"Open now: {total:,}. Not yet given: {ungiven:,};" in text
    assert "Kaplan–Meier" in text
    assert "Kaplan–Meier" not in client.get(reverse("network:indicator", args=["chronic_absence"])).content.decode()
