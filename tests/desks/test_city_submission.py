"""Do schools submit on time, and measures checked: the two pages of a city's published records."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from django.urls import reverse

from fairlead.apps.attendance import measures, school_days
from tests.conftest import as_owner, max_queries

URL, MEASURES = reverse("city:submission"), reverse("city:measures")


@pytest.fixture
def city(seeded: Any, tmp_path: Any) -> Any:
    """Three schools over forty days: one never submits, one stops in the last twenty, one always submits."""
    days = [date(2016, 1, 4) + timedelta(days=i) for i in range(60) if (i % 7) < 5][:40]
    late = {"A": lambda i: True, "B": lambda i: i >= 20, "C": lambda i: False}
    rows = [(d, s, None if f(i) else 92.5, f(i)) for s, f in late.items() for i, d in enumerate(days)]
    path = tmp_path / "days.parquet"
    columns = ["date", "dbn", "attendance_pct", "not_submitted"]
    pl.DataFrame(rows, schema=columns, orient="row").write_parquet(path)
    about = school_days.About("example-city", "Example City", "Example Department", seeded.network_id)
    school_days.load(path, about, names={"A": "Alpha"}, totals=dict.fromkeys(days, 91.0))
    return seeded


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<svg.*?</svg>", "", response.content.decode(), flags=re.DOTALL))


def test_without_a_city_the_page_says_how_to_add_one(as_person: Any) -> None:
    page = text(as_person("ruth").get(URL))
    assert "No city's school-days are loaded here" in page
    assert "fairlead import school-days" in page


def test_the_page_shows_kinds_with_intervals_first(city: Any, as_person: Any) -> None:
    client = as_person("ruth")
    with max_queries(15):
        response = client.get(URL)
    page = text(response)
    assert "of 120 school-days, 60 were not submitted" in page
    assert {kind: n for kind, _, n in response.context["kinds"]} == {
        "structural": 1, "new": 1, "occasional": 0, "never": 1, "too_few": 0,
    }  # fmt: skip
    assert [row["school"].code for row in response.context["structural"]] == ["A"]
    assert [row["school"].code for row in response.context["new"]] == ["B"]
    assert page.index("Could be by chance") < page.index("20 of 40")
    assert "0 of 3 values lie outside what is possible" in page or "0 of 2 values lie outside" in page
    assert response.context["rows_by_year"][0][0].share == pytest.approx(60 / 120)


def test_a_year_that_is_not_there(city: Any, as_person: Any) -> None:
    client = as_person("ruth")
    assert client.get(URL, {"year": "2015"}).status_code == 200
    assert client.get(URL, {"year": "1999"}).status_code == 404
    assert client.get(URL, {"year": "x"}).status_code == 404


@pytest.mark.parametrize("url", [URL, MEASURES])
def test_they_are_only_read_and_only_by_who_signed_in(url: str, as_person: Any) -> None:
    assert as_person("ines").post(url).status_code == 405
    assert as_person(None).get(url).status_code == 302


def test_in_spanish(city: Any, as_person: Any) -> None:
    page = text(as_person("ines").get(URL, headers={"accept-language": "es"}))
    assert "¿Envían las escuelas a tiempo?" in page
    assert "Structural" not in page


def test_a_refused_measure_stands_there_with_its_evidence(seeded: Any, as_person: Any, tmp_path: Any) -> None:
    attendance = [0.8 + 0.004 * i for i in range(40)]
    frame = pl.DataFrame(
        {
            "dbn": [f"S{i}" for i in range(40)],
            "attendance": attendance,
            "chronic_absent": [3 * a - 2 for a in attendance],
        }
    )
    frame.write_csv(tmp_path / "trap.csv")
    with as_owner():
        measures.load(tmp_path / "trap.csv", "chronic_absent", seeded.network_id, "Example Department")
    client = as_person("tomas")
    with max_queries(8):
        page = text(client.get(MEASURES))
    assert "Do not quote: not loaded" in page
    assert "It behaves like: Students who attend 90 % of days or more." in page
    assert "+1.00" in page
    assert "expected below zero" in page
    spanish = text(client.get(MEASURES, headers={"accept-language": "es"}))
    assert "se esperaba por debajo de cero" in spanish


def test_without_measures_the_page_says_what_to_do(as_person: Any) -> None:
    assert "fairlead import measures" in text(as_person("ruth").get(MEASURES))
