"""What a learning cycle is about: written by its lead, beside the days of its subtopics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from fairlead.apps.cycles import content, selectors
from fairlead.apps.cycles.models import CycleContent
from fairlead.apps.reviews.models import Framework, Standard
from tests.access.objects import learning_cycle_of_harbor_point
from tests.conftest import as_owner, max_queries

ScopeOf = Callable[[str], Any]
SAID = {
    "content-subject": "Mathematics", "content-grade_low": "3", "content-grade_high": "4",
    "content-standards": "3.NF.A.2, 9.XX.1,3.NF.A.2",
    "content-name_0": "Planted topic", "content-materials_0": "Planted unit", "content-name_1": "Another topic",
    "content-materials_1": "",
}  # fmt: skip


def cycle_at_harbor_point(seeded: Any) -> int:
    with as_owner():
        return learning_cycle_of_harbor_point(seeded)


def test_subtopics_take_three_weeks_each_and_follow_one_another(seeded: Any, scope_of: ScopeOf) -> None:
    support = selectors.line(scope_of("grace"), cycle_at_harbor_point(seeded), seeded.today)
    assert support is not None
    first, second = content.content(support).subtopics
    assert first.begins == support.begins
    assert (first.ends - first.begins).days == 20
    assert (second.begins - first.ends).days == 1
    assert (second.ends - second.begins).days == 20
    assert first.name
    assert first.materials


def test_the_lead_says_what_it_is_about_and_others_read_it(
    as_person: Callable[[str | None], Client], seeded: Any
) -> None:
    pk = cycle_at_harbor_point(seeded)
    with as_owner():
        framework = Framework.objects.create(
            identifier="7c1f3f64-7c5c-4e0e-9d3c-7d1f5a1f0001", title="Planted framework"
        )
        Standard.objects.create(
            framework=framework, identifier="7c1f3f64-7c5c-4e0e-9d3c-7d1f5a1f0002", code="3.NF.A.2",
            statement="Planted statement of a standard.", position=1,
        )  # fmt: skip
    client, page, write = (
        as_person("dana"),
        reverse("cycles:support", args=[pk]),
        reverse("cycles:write", args=[pk, "content"]),
    )
    refused = client.post(write, SAID | {"content-grade_high": "2"})
    assert refused.status_code == 422
    assert "Planted unit" in refused.content.decode(), "what was typed stays"
    assert client.post(write, SAID | {"content-name_1": ""}).status_code == 422
    assert client.post(write, SAID).status_code == 302
    with as_owner():
        assert CycleContent.objects.get(support_id=pk).standards == ["3.NF.A.2", "9.XX.1"]
    reader = as_person("grace")
    with max_queries(15):
        text = reader.get(page).content.decode()
    for said in (
        "Planted topic",
        "Another topic",
        "Planted unit",
        "Planted statement of a standard.",
        "no framework that is loaded",
    ):
        assert said in text
    assert as_person("grace").post(write, SAID).status_code == 404, "only who leads it writes"


def test_only_a_learning_cycle_has_it_and_only_its_lead_writes(seeded: Any, scope_of: ScopeOf) -> None:
    pk = cycle_at_harbor_point(seeded)
    said = {
        "subject": "S",
        "grade_low": None,
        "grade_high": None,
        "standards": [],
        "subtopics": [("a", ""), ("b", "")],
    }
    grace = scope_of("grace")
    support = selectors.line(grace, pk, seeded.today)
    assert support is not None
    with pytest.raises(ValidationError, match="Only who leads"):
        content.write(grace, support, **said)
    with pytest.raises(IntegrityError, match="only the lead"), transaction.atomic():
        CycleContent.objects.filter(support_id=pk).update(subject="Otherwise")
    dana = scope_of("dana")
    with pytest.raises(ValidationError, match="at most 12"):
        content.write(dana, support, **(said | {"standards": [str(n) for n in range(13)]}))
    scope_of("owen")
    assert not CycleContent.objects.filter(support_id=pk).exists()
