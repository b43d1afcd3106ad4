"""One service fills in every form: whatever it is about, each answer is one that its item allows, or nothing is kept."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from fairlead import clock
from fairlead.apps.instruments.models import Answer, Certificate, Domain, Instrument, Item, Note, Response, Version
from fairlead.apps.instruments.responding import Filled, Given, record
from tests.conftest import as_owner

FOUR = [{"name": str(n), "name_es": str(n)} for n in range(4)]


@pytest.fixture
def items(seeded: Any) -> dict[str, Item]:
    """A version with an item of every kind, published."""
    instrument = Instrument.objects.create(key="every-kind", kind="conditions", name="Every kind", licence="Ours")
    version = Version.objects.create(instrument=instrument, number=1)
    domain = Domain.objects.create(version=version, key="all", position=1, name="All")
    kinds = {
        "rating": {"anchors": [{**row, "text": "", "text_es": ""} for row in FOUR], "required": True},
        "choice": {"options": FOUR, "correct": [2]},
        "multiple": {"options": FOUR},
        "likert": {"options": FOUR, "may_be_unseen": False},
        "number": {"minimum": 0.0, "maximum": 40.0},
        "text": {},
    }
    made = {
        kind: Item.objects.create(version=version, domain=domain, key=kind, kind=kind, position=n, name=kind, **more)
        for n, (kind, more) in enumerate(kinds.items(), start=1)
    }
    version.published_at = clock.now()
    version.save()
    return made


@pytest.fixture
def filled(seeded: Any, items: dict[str, Item]) -> Filled:
    return Filled(
        id=uuid.UUID(int=11),
        version_id=items["rating"].version_id,
        organization_id=int(seeded.school_ids[0]),
        purpose="improvement",
        day=clock.today(),
        submitted_at=clock.now(),
        answers={
            items["rating"].pk: Given(level=3, evidence="Minutes of three meetings"),
            items["choice"].pk: Given(level=1),
            items["multiple"].pk: Given(chosen=(4, 2, 2)),
            items["likert"].pk: Given(),
            items["number"].pk: Given(number=22),
            items["text"].pk: Given(text=" On Tuesdays. "),
        },
    )


def test_every_kind_of_answer_is_kept_once(scope_of: Callable[[str], Any], filled: Filled, items: Any) -> None:
    grace = scope_of("grace")
    response = record(grace, filled)
    assert record(grace, filled).pk == response.pk == filled.id
    answers = {a.item_id: (a.level, a.chosen, a.number) for a in Answer.objects.filter(response=response)}
    assert answers == {
        items["rating"].pk: (3, None, None),
        items["choice"].pk: (1, None, None),
        items["multiple"].pk: (None, [2, 4], None),
        items["number"].pk: (None, None, 22.0),
    }
    words = {(n.item_id, tuple(n.tags), n.text) for n in Note.objects.filter(response=response)}
    assert words == {
        (None, ("rating",), "Minutes of three meetings"),
        (items["text"].pk, ("text",), "On Tuesdays."),
    }


@pytest.mark.parametrize(
    ("kind", "given", "said"),
    [
        ("rating", Given(level=5), "Choose one of the levels"),
        ("rating", Given(level=0), "Choose one of the levels"),
        ("rating", Given(), "needs an answer"),
        ("rating", Given(text="Words", level=1), "not answered in words"),
        ("choice", Given(level=9), "Choose one of the answers"),
        ("multiple", Given(chosen=(1, 5)), "Choose from the answers"),
        ("multiple", Given(level=1), "Choose one of the answers"),
        ("likert", Given(not_observed=True), "cannot be left as not seen"),
        ("number", Given(number=41), "From 0 to 40"),
        ("number", Given(number=float("nan")), "Write a number"),
        ("choice", Given(number=1), "Write a number"),
        ("text", Given(text="x" * 4001), "At most 4000"),
    ],
)
def test_an_answer_that_its_item_does_not_allow_leaves_nothing(
    scope_of: Callable[[str], Any], filled: Filled, items: dict[str, Item], kind: str, given: Given, said: str
) -> None:
    grace, pk = scope_of("grace"), items[kind].pk
    with pytest.raises(ValidationError) as error:
        record(grace, replace(filled, answers={**filled.answers, pk: given}))
    assert said in error.value.message_dict[f"item_{pk}"][0]
    assert not Response.objects.filter(pk=filled.id).exists()


def test_a_draft_may_lack_what_is_required(scope_of: Callable[[str], Any], filled: Filled) -> None:
    assert record(scope_of("grace"), replace(filled, submitted_at=None, answers={})).submitted_at is None


def test_it_is_refused_for_another_purpose_or_when_retired(scope_of: Callable[[str], Any], filled: Filled) -> None:
    grace = scope_of("grace")
    with pytest.raises(ValidationError, match="not made for that purpose"):
        record(grace, replace(filled, purpose="appraisal"))
    with as_owner():
        Instrument.objects.filter(key="every-kind").update(retired_at=clock.now())
    with pytest.raises(ValidationError, match="no longer in use"):
        record(grace, filled)


def test_a_certificate_is_asked_for(scope_of: Callable[[str], Any], filled: Filled, seeded: Any) -> None:
    Instrument.objects.filter(key="every-kind").update(restrictions={"certificate_months": 12})
    instrument = Instrument.objects.get(key="every-kind")
    grace = scope_of("grace")
    with pytest.raises(ValidationError, match="needs a rater's certificate"):
        record(grace, filled)
    with as_owner():
        Certificate.objects.create(
            organization_id=filled.organization_id, person_id=grace.person_id, instrument=instrument,
            earned_on=clock.today().replace(year=clock.today().year - 2),
        )  # fmt: skip
    with pytest.raises(ValidationError, match="ended on"):
        record(grace, filled)
    with as_owner():
        Certificate.objects.create(
            organization_id=filled.organization_id, person_id=grace.person_id, instrument=instrument,
            earned_on=clock.today(),
        )  # fmt: skip
    assert record(grace, filled).pk


def test_an_anonymous_response_cannot_keep_a_link(seeded: Any, items: dict[str, Item]) -> None:
    who = {"organization_id": int(seeded.school_ids[0]), "purpose": "survey", "day": clock.today()}
    base = {**who, "version_id": items["rating"].version_id, "anonymous": True}
    Response.objects.create(**base)
    for link in ({"author_id": seeded.person["amara"]}, {"subject_id": seeded.person["amara"]},
                 {"submitted_at": clock.now()}):  # fmt: skip
        with pytest.raises(IntegrityError, match="keeps_no_link"), transaction.atomic():
            Response.objects.create(**base, **link)
