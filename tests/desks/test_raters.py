"""Certificates of raters: own, everybody's, given, refused, taken back; and the form that asks for one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from fairlead.apps.instruments.models import Certificate, Instrument
from fairlead.apps.instruments.responding import certified_until
from fairlead.apps.roster.models import Organization
from tests.conftest import as_owner, max_queries

SignIn = Callable[[str | None], Client]
URL = "/coach/raters"


@pytest.fixture
def typed(seeded: Any) -> dict[str, str]:
    """Ines certifies Grace."""
    with as_owner():
        Certificate.objects.all().delete()
        rubric = Instrument.objects.get(key="a-years-teaching")
    return {
        "person": str(seeded.person["grace"]),
        "instrument": str(rubric.pk),
        "earned_on": "2026-09-01",
        "ground": "Two days of training, five scripts",
    }


def test_a_certificate_given_opens_the_instrument_until_it_ends(
    as_person: SignIn, seeded: Any, typed: dict[str, str]
) -> None:
    form = f"/coach/visit/new/{seeded.person['amara']}/appraisal"
    assert as_person("grace").get(form).context["version"] is None
    given = as_person("ines").post(URL, typed, follow=True)
    assert "Certified." in given.content.decode()
    assert "Grace" in given.content.decode()
    own = as_person("grace").get(URL)
    (row,) = own.context["own"]
    assert (row["state"], row["held"].until.isoformat()) == ("ok", "2027-09-01")
    assert own.context["everybody"] == []
    assert as_person("grace").get(form).context["version"].instrument.key == "a-years-teaching"
    pk = row["held"].pk
    taken = as_person("ines").post(f"{URL}/{pk}/end", follow=True).content.decode()
    assert "it ended yesterday" in taken
    assert "nothing changed" in as_person("ines").post(f"{URL}/{pk}/end", follow=True).content.decode()
    assert as_person("grace").get(form).context["version"] is None
    assert "ended on 11/18/2026" in as_person("grace").get(URL).content.decode()
    assert as_person("grace").post(f"{URL}/{pk}/end").status_code == 404


@pytest.mark.parametrize(
    ("earned", "state", "says"),
    [("2025-12-20", "warn", "ends soon: 12/20/2026"), ("2025-11-18", "none", "ended on 11/18/2026")],
)
def test_one_that_ends_soon_says_so(
    as_person: SignIn, typed: dict[str, str], earned: str, state: str, says: str
) -> None:
    as_person("ines").post(URL, typed | {"earned_on": earned})
    page = as_person("grace").get(URL)
    assert page.context["own"][0]["state"] == state
    assert says in page.content.decode()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"earned_on": "2026-11-20"}, "today or an earlier day"),
        ({"ground": " "}, "This field is required"),
        ({"person": "999999"}, "Select a valid choice"),
        ({"instrument": ""}, "This field is required"),
    ],
)
def test_what_is_missing_is_said(as_person: SignIn, typed: dict[str, str], change: dict[str, str], says: str) -> None:
    page = as_person("ines").post(URL, typed | change)
    assert page.status_code == 422
    assert says in page.content.decode()
    with as_owner():
        assert not Certificate.objects.exists()


def test_a_day_counts_once_and_nobody_certifies_themself(
    as_person: SignIn, seeded: Any, typed: dict[str, str]
) -> None:
    ines = as_person("ines")
    ines.post(URL, typed)
    again = ines.post(URL, typed)
    assert again.status_code == 422
    assert "of this day already" in again.content.decode()
    assert as_person("grace").post(URL, typed).status_code == 404
    assert ines.post(URL, typed | {"person": str(seeded.person["ines"])}).status_code == 422


def test_the_page_is_lean_and_in_spanish(as_person: SignIn, typed: dict[str, str]) -> None:
    ines = as_person("ines")
    ines.post(URL, typed)
    with max_queries(15):
        ines.get(URL)
    text = ines.get(URL, headers={"accept-language": "es"}).content.decode()
    for english in ("Certify", "certificates", "Earned on", "Ground", "Take it back"):
        assert english not in text


def test_nobody_reads_or_writes_anothers_certificate(
    seeded: Any, typed: dict[str, str], as_person: SignIn, scope_of: Callable[[str], Any]
) -> None:
    as_person("ines").post(URL, typed)
    others = ("amara", "yusuf", "owen")  # the wall is the organization: a coach of the whole network is inside it
    for key in others:
        scope_of(key)
        assert not Certificate.objects.filter(person_id=seeded.person["grace"]).exists(), key
        assert Certificate.objects.update(ends_on=None) == 0, key
    scope_of("grace")
    assert Certificate.objects.count() == 1, "one's own"
    scope_of("ines")
    assert Certificate.objects.count() == 1, "who runs instruments"


def test_a_certificate_does_not_hold_before_it_was_earned(
    seeded: Any, typed: dict[str, str], as_person: SignIn, scope_of: Callable[[str], Any]
) -> None:
    as_person("ines").post(URL, typed)
    grace, rubric = scope_of("grace"), int(typed["instrument"])
    assert certified_until(grace, rubric, date(2026, 9, 1)) == date(2027, 9, 1)
    assert certified_until(grace, rubric, date(2026, 8, 31)) is None, "it is dated back"


def test_another_networks_instruments_are_not_named(seeded: Any, typed: dict[str, str], as_person: SignIn) -> None:
    with as_owner():
        elsewhere = Organization.objects.create(sourced_id="net-elsewhere", name="Elsewhere", kind="network")
        rubric = Instrument.objects.get(pk=typed["instrument"])
        rubric.pk, rubric.key, rubric.name, rubric.organization = None, "elsewheres", "Elsewhere's own", elsewhere
        rubric.save()
    ines = as_person("ines")
    assert "Elsewhere" not in ines.get(URL).content.decode()
    assert ines.post(URL, {**typed, "instrument": str(rubric.pk)}).status_code == 422
    assert not Certificate.objects.exists()


def test_another_networks_certificate_of_the_same_day_is_a_refusal(
    as_person: SignIn, seeded: Any, typed: dict[str, str]
) -> None:
    with as_owner():
        elsewhere = Organization.objects.create(sourced_id="net-elsewhere", name="Elsewhere", kind="network")
        Certificate.objects.create(
            organization=elsewhere,
            person_id=seeded.person["grace"],
            instrument_id=int(typed["instrument"]),
            earned_on=typed["earned_on"],
        )
    answer = as_person("ines").post(URL, typed)
    assert answer.status_code == 422
    assert "of this day already" in answer.content.decode()
