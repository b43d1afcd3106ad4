"""The form of a survey says what it refuses, where, and what would do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.urls import reverse

from fairlead.apps.instruments.selectors import current_version
from tests.conftest import as_owner


def test_a_purpose_that_the_instrument_is_not_made_for_names_those_that_it_is(
    as_person: Callable[[str], Any], seeded: Any
) -> None:
    with as_owner():
        version = current_version("work-worth-doing")
    assert version is not None
    sent = {
        "version_id": version.pk, "name": "Our assignments", "purpose": "survey", "mode": "confidential", "asked": "staff",
        "opens_on": "2026-11-20", "closes_on": "2026-12-04", "schools": [int(seeded.school_ids[0])],
    }  # fmt: skip
    page = as_person("ines").post(reverse("surveys:new"), sent)
    assert page.status_code == 422
    assert f"{version} may be used for: Research, Improvement." in page.content.decode()
