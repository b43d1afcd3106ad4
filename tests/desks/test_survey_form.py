"""The form of a survey says what it refuses, where, and what would do."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.urls import reverse

from fairlead.apps.instruments.selectors import current_version
from tests.access.objects import OBJECTS
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


def test_who_reads_in_spanish_answers_in_spanish_whatever_the_roster_says(
    as_person: Callable[[str], Any], seeded: Any
) -> None:
    with as_owner():
        survey = OBJECTS["survey_open"](seeded)
    amara = as_person("amara")
    amara.cookies["django_language"] = "es"
    questions = amara.post(reverse("surveys:enter", args=[survey]), follow=True)
    assert questions.status_code == 200
    assert '<html lang="es"' in questions.content.decode()


def test_slips_name_the_last_day_in_both_languages(as_person: Callable[[str], Any], seeded: Any) -> None:
    with as_owner():
        survey, school = OBJECTS["survey_open"](seeded), OBJECTS["harbor_point"](seeded)
    slips = as_person("ines").post(reverse("surveys:slips", args=[survey, school])).content.decode()
    english, spanish = (
        re.search(r"until (\w+ \d+, \d{4})\.", slips),
        re.search(r"hasta el (\d+ de \w+ de \d{4})\.", slips),
    )
    assert english, "the last day in English"
    assert spanish, "the last day in Spanish"
