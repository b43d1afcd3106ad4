"""What a desk costs, without a clock: questions to the database, objects of the ORM, nodes of templates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.db.models import Model
from django.template.base import Node
from django.urls import reverse

from fairlead.apps.attendance.models import AttendanceMark, Roll
from tests.conftest import as_owner, max_queries


@dataclass
class Cost:
    models: int = 0
    nodes: int = 0


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cost]:
    """Counts the model instances made and the template nodes drawn in the block."""
    cost = Cost()
    make, draw = Model.__init__, Node.render_annotated

    def making(self: Any, *args: Any, **kwargs: Any) -> None:
        cost.models += 1
        make(self, *args, **kwargs)

    def drawing(self: Any, context: Any) -> Any:
        cost.nodes += 1
        return draw(self, context)

    with monkeypatch.context() as patch:
        patch.setattr(Model, "__init__", making)
        patch.setattr(Node, "render_annotated", drawing)
        yield cost


# person, page: at most so many queries, model instances (the account is one), template nodes
BUDGETS = {
    ("amara", "teacher:desk"): (9, 1, 150),
    ("luis", "office:desk"): (14, 1, 200),
    ("grace", "principal:desk"): (15, 1, 200),
    ("dana", "coach:desk"): (12, 1, 230),
    ("ines", "network:desk"): (11, 8, 120),
    ("marcus", "director:desk"): (15, 1, 400),
    ("tomas", "analyst:desk"): (8, 1, 250),
    ("ruth", "city:desk"): (10, 15, 200),
}


@pytest.mark.parametrize(("who", "page"), BUDGETS)
def test_a_desk_keeps_its_budget(
    november: Any, as_person: Any, monkeypatch: pytest.MonkeyPatch, who: str, page: str
) -> None:
    """With November's tables, which are the fullest: else what a desk costs would hang on the order of the tests."""
    queries, models, nodes = BUDGETS[who, page]
    client = as_person(who)
    client.get(reverse(page))  # what is drawn once is drawn
    with max_queries(queries), counted(monkeypatch) as cost:
        assert client.get(reverse(page)).status_code == 200
    assert (cost.models <= models, cost.nodes <= nodes) == (True, True), cost


def test_more_absences_draw_no_more(as_person: Any, seeded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row of the office's list costs no template and no object, however long the list is."""
    client = as_person("luis")
    client.get(reverse("office:desk"))
    with counted(monkeypatch) as before:
        few = client.get(reverse("office:desk")).context["count"].absent
    with as_owner():
        school, day = int(seeded.school_ids[0]), seeded.today
        roll = Roll.objects.filter(organization_id=school, date=day, submitted_at__lte=seeded.moment).first()
        AttendanceMark.objects.filter(roll=roll).update(status="absent")
    with counted(monkeypatch) as after:
        page = client.get(reverse("office:desk"))
    assert page.context["count"].absent > few + 5
    assert len(page.context["morning"].to_reach) > 5
    assert after.models == before.models
    assert after.nodes - before.nodes <= 12, "a sentence and a fold more, but nothing for each row"


def test_a_report_and_a_comparison_are_laid_out_once(as_person: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second reading of a run's report draws no chart and reads no result; nor does a city's comparison."""
    tomas, ruth = as_person("tomas"), as_person("ruth")
    report = re.search(r'href="([^"]*/runs/\d+/)"', tomas.get(reverse("analyst:desk")).content.decode())
    assert report is not None
    pages = [(tomas, report[1]), (ruth, reverse("city:desk"))]
    first = [client.get(address).content for client, address in pages]

    def never(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError("drawn again")

    monkeypatch.setattr("fairlead.desks.analyst.shown.build_report", never)
    monkeypatch.setattr("fairlead.desks.charts.figure", never)
    monkeypatch.setattr("fairlead.apps.places.selectors.compare_seats", never)
    again = [client.get(address) for client, address in pages]
    assert [page.status_code for page in again] == [200, 200]
    assert [len(page.content) for page in again] == [len(content) for content in first]
