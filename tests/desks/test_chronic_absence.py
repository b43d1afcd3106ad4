"""Chronic absence at one's own school: tiers with names for its office and principal, and for nobody else."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.urls import reverse

from fairlead.apps.facts.absence import absence
from tests.conftest import as_owner, max_queries

URL = "/principal/chronic-absence"


def test_the_page_has_one_address() -> None:
    assert reverse("principal:chronic_absence") == URL


@pytest.mark.parametrize("person", ["grace", "luis"])
def test_tiers_by_name_as_counted(person: str, as_person: Any, seeded: Any, scope_of: Any) -> None:
    client = as_person(person)
    with max_queries(15):
        response = client.get(URL)
    found = absence(scope_of(person), int(seeded.school_ids[0]), seeded.dates[0], seeded.today - timedelta(days=1))
    assert response.status_code == 200
    for tier, rows in ((3, response.context["tier_3"]), (2, response.context["tier_2"])):
        assert {row.student_id for row in rows} == set(found.student[found.triggers.tier == tier].tolist())
        assert [row.absent for row in rows] == sorted((row.absent for row in rows), reverse=True)
    page = response.content.decode()
    named = response.context["tier_2"] + response.context["tier_3"]
    assert named
    for row in named:
        assert row.name in page
    text = re.sub(r"\s+", " ", page)
    assert f"{found.chronic.chronic} of {found.chronic.counted} students" in text
    assert "DataQuest" in text
    assert "Attendance Works" in text


def test_every_student_of_the_school_is_in_one_tier(as_person: Any, seeded: Any) -> None:
    found = as_person("grace").get(URL).context["found"]
    triggers = found.triggers
    assert triggers.students == triggers.unknown + triggers.tier_1 + triggers.tier_2 + triggers.tier_3
    own = {int(s) for s in seeded.student_ids[seeded.student_school == 0]}
    assert set(found.student.tolist()) <= own
    assert np.isin(list(own), found.student).mean() > 0.9


def test_another_principal_sees_her_own_students_only(as_person: Any, seeded: Any) -> None:
    response = as_person("owen").get(URL)
    own = {int(s) for s in seeded.student_ids[seeded.student_school == 1]}
    assert set(response.context["found"].student.tolist()) <= own


@pytest.mark.parametrize("person", ["amara", "dana", "marcus", "ines", "tomas", "ruth"])
def test_to_others_it_is_not_there(person: str, as_person: Any) -> None:
    assert as_person(person).get(URL).status_code == 404


def test_it_is_only_read(as_person: Any) -> None:
    assert as_person("grace").post(URL).status_code == 405


def test_in_spanish(as_person: Any) -> None:
    page = as_person("grace").get(URL, headers={"accept-language": "es"}).content.decode()
    assert "Ausentismo crónico" in page
    assert "Chronic absence" not in page


def test_before_the_rule_can_say_anything_the_triggers_do(as_person: Any, seeded: Any, monkeypatch: Any) -> None:
    """Thirty expected days: nobody is counted, and the page says so instead of showing a share of few days."""
    from fairlead.desks.principal import absence as view

    day = seeded.dates[30]
    monkeypatch.setattr(view.clock, "today", lambda: day)
    response = as_person("grace").get(URL)
    assert response.context["found"].chronic.counted == 0
    assert response.context["share"] is None
    assert "Too early to say" in response.content.decode()
    assert response.context["found"].triggers.tier_2 > 0


def test_a_school_without_a_day_says_what_to_do(as_person: Any, seeded: Any) -> None:
    from fairlead.apps.attendance.models import AttendanceMark, Roll

    with as_owner():
        AttendanceMark.objects.all().delete()
        Roll.objects.all().delete()
    response = as_person("grace").get(URL)
    assert response.status_code == 200
    assert response.context["found"].chronic.students == 0


def test_the_rules_page_shows_every_pack_with_its_source(as_person: Any) -> None:
    client = as_person("amara")
    with max_queries(6):
        response = client.get(reverse("network:attendance_rules"))
    page = re.sub(r"\s+", " ", response.content.decode())
    for word in ("California (CALPADS)", "Plain 10 %", "Early triggers", "Structural, new, occasional", "DataQuest"):
        assert word in page
    assert page.count("Provisional") == 2
    evenly, few = response.context["schools"]
    assert evenly["average"] == few["average"] == 0.95
    assert (evenly["chronic"].chronic, few["chronic"].chronic, few["chronic"].counted) == (0, 4, 20)
