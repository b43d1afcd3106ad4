"""Scores of different versions are never averaged, by any road to a number."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from fairlead import clock
from fairlead.apps.evidence import extracts
from fairlead.apps.evidence.models import Study
from fairlead.apps.instruments.models import Answer, Item, Response, Version, Visit
from fairlead.apps.support.models import Contact
from fairlead.science import impact
from tests.conftest import as_owner


def a_research_visit(key: str) -> None:
    """Another visit to a teacher of the lottery, with another instrument; as the owner."""
    like = Visit.objects.filter(purpose="research").order_by("-began_at")[0]
    item = Item.objects.filter(version__instrument__key=key, kind="rating").select_related("version").first()
    assert item is not None
    who = {"organization_id": like.organization_id, "purpose": "research", "subject_id": like.subject_id}
    visit = Visit.objects.create(
        **who, visitor_id=like.visitor_id, began_at=like.began_at + timedelta(minutes=40), minutes=5,
        version=item.version, recorded_at=clock.now(),
    )  # fmt: skip
    rated = {**who, "author_id": like.visitor_id}
    response = Response.objects.create(
        **rated, id=visit.token, visit=visit, version=item.version, day=like.began_at.date()
    )
    Answer.objects.create(**rated, response=response, item=item, level=1)
    Contact.objects.create(
        organization_id=like.organization_id, purpose="research", visit=visit, lead_id=like.visitor_id,
        with_person_id=like.subject_id, at=visit.began_at, minutes=5, kind="visit",
    )  # fmt: skip


def test_an_extract_refuses_to_average_two_versions(seeded: Any, scope_of: Callable[[str], Any]) -> None:
    study = Study.objects.get(key="coaching-lottery")
    tomas = scope_of("tomas")
    assert extracts.extract_of(tomas, study).table["practice"].count() > 0
    with as_owner():
        a_research_visit("school-walk")
        assert Version.objects.filter(pk__in=Visit.objects.filter(purpose="research").values("version")).count() == 2
    with pytest.raises(impact.DataError, match="never averaged"):
        extracts.extract_of(tomas, study)
