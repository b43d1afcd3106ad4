"""A teacher's own class report: a class of enough students with its intervals, and why nothing stands where they are few."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from fairlead.apps.instruments.models import Version
from fairlead.apps.surveys.models import Administration, ClassResult, Result
from fairlead.apps.surveys.reports import ClassLine
from fairlead.desks.surveys.classes import changed
from tests.access import survey_objects
from tests.conftest import as_owner, max_queries

MEASURES = 23


@pytest.fixture
def address(seeded: Any) -> str:
    return reverse(
        "surveys:class_report", args=[survey_objects.of_classes(seeded), survey_objects.amaras_class(seeded)]
    )


def tell(seeded: Any, survey: int, share: float) -> None:
    """Every number of Amara's class, and of her school, as if a whole school had answered."""
    with as_owner():
        told = {"state": "shown", "n": None, "share": share, "most": share, "low": share - 0.1, "high": share + 0.1}
        ClassResult.objects.filter(administration_id=survey, teacher_id=seeded.person["amara"]).update(**told)
        Result.objects.filter(administration_id=survey, organization_id=int(seeded.school_ids[0])).update(
            **told | {"share": 0.62, "most": 0.62}
        )


def test_the_class_beside_its_school(as_person: Any, seeded: Any, address: str) -> None:
    survey = survey_objects.of_classes(seeded)
    tell(seeded, survey, 0.71)
    client = as_person("amara")
    with max_queries(12):
        page = client.get(address)
    text = page.content.decode()
    assert text.count("<strong>71%</strong>") == MEASURES, "five domains and eighteen questions"
    assert text.count("<strong>62%</strong>") == MEASURES
    assert "Since" not in text, "there is no survey before it"
    assert "/technical" in text
    assert "Nothing of this class can be shown" not in text
    assert reverse("surveys:class_report", args=[survey, survey_objects.amaras_class(seeded)]) in client.get(
        reverse("surveys:mine")
    ).content.decode()  # fmt: skip


def test_a_small_class_is_told_why_nothing_stands(as_person: Any, seeded: Any, address: str) -> None:
    with as_owner():
        ClassResult.objects.filter(teacher_id=seeded.person["amara"]).update(
            state="few", n=None, share=None, most=None, low=None, high=None
        )
    text = as_person("amara").get(address).content.decode()
    assert "Fewer than 10 students answered" in text
    assert "too few, here or beside" in text


def before(survey: int, seeded: Any, name: str, version_id: int | None = None) -> None:
    """A survey of the spring in the same class, at 40 %."""
    with as_owner():
        former = Administration.objects.get(pk=survey)
        rows = list(ClassResult.objects.filter(administration=former, teacher_id=seeded.person["amara"]))
        former.pk, former.name = None, name
        former.version_id = version_id or former.version_id
        former.opens_on, former.closes_on = (
            former.opens_on - timedelta(days=200),
            former.closes_on - timedelta(days=200),
        )
        former.save()
        for row in rows:
            row.pk, row.administration, row.share, row.low, row.high = None, former, 0.4, 0.3, 0.5
        ClassResult.objects.bulk_create(rows)


def test_change_stands_only_within_a_version(as_person: Any, seeded: Any, address: str) -> None:
    survey = survey_objects.of_classes(seeded)
    tell(seeded, survey, 0.71)
    before(survey, seeded, "Another form", Version.objects.filter(instrument__key="what-we-hold-true")[0].pk)
    assert "points" not in as_person("amara").get(address).content.decode()
    before(survey, seeded, "In this class, spring")
    text = as_person("amara").get(address).content.decode()
    assert "Since “In this class, spring”" in text
    assert text.count("+31 points") == MEASURES


def test_change_of_what_is_not_exact_is_not_told() -> None:
    exact = ClassLine("item", "a", "shown", None, 0.7, 0.7, 0.6, 0.8)
    top = ClassLine("item", "a", "top", None, 0.9, 1.0, None, None)
    assert (changed(exact, top), changed(top, exact), changed(exact, None)) == ("", "", "")
    near = ClassLine("item", "a", "shown", None, 0.65, 0.65, 0.5, 0.75)
    assert "it may be chance" in changed(exact, near)
    assert changed(near, exact).startswith("−5 points")


def test_in_spanish(as_person: Any, address: str) -> None:
    text = as_person("amara").get(address, headers={"accept-language": "es"}).content.decode()
    assert "Lo que dice mi clase" in text
