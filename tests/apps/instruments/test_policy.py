"""Licences and restrictions are data, and one module answers for them; scores are worked out, and of one version only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from fairlead.apps.access.purposes import purposes
from fairlead.apps.instruments import policy, scoring
from fairlead.apps.instruments.models import Instrument, Item


@dataclass
class Held:
    kind: str = "observation"
    restrictions: dict[str, Any] = field(default_factory=dict)


def test_every_kind_is_for_some_purpose_and_knows_only_purposes() -> None:
    assert set(policy.PURPOSES_OF_KIND) == set(Instrument.Kind)
    for kind, allowed in policy.PURPOSES_OF_KIND.items():
        assert allowed, kind
        assert allowed <= set(purposes())


@pytest.mark.parametrize("kind", list(Instrument.Kind))
def test_no_high_stakes_refuses_every_decision_about_a_person(kind: str) -> None:
    held = Held(kind, {"no_high_stakes": True})
    for purpose in policy.HIGH_STAKES:
        assert policy.why_not(held, purpose) != ""
        assert purpose not in policy.purposes_of(held)


def test_a_restriction_narrows_and_never_widens() -> None:
    assert policy.purposes_of(Held("student_survey", {"purposes": ["appraisal", "survey"]})) == ["survey"]
    assert "not made for" in policy.why_not(Held("student_survey", {"purposes": ["appraisal"]}), "appraisal")
    said = Held(
        restrictions={"purposes": ["coaching"], "because": "Promised to the staff.", "because_es": "Prometido."}
    )
    assert policy.why_not(said, "research") == "Promised to the staff."
    assert policy.why_not(said, "coaching") == ""


@pytest.mark.parametrize(
    "raw",
    [
        {"purposes": []},
        {"purposes": ["gossip"]},
        {"purposes": "coaching"},
        {"no_highstakes": True},
        {"no_high_stakes": 1},
        {"certificate_months": 0},
        {"certificate_months": True},
        {"minimum_group": 2.5},
        {"because": 7},
    ],
)
def test_a_restriction_that_nobody_could_keep_is_refused(raw: dict[str, Any]) -> None:
    with pytest.raises(policy.Misread, match=next(iter(raw))):
        policy.read(raw)


def test_a_certificate_ends_after_its_months_or_earlier_when_said() -> None:
    held = Held(restrictions={"certificate_months": 12})
    assert policy.certificate_ends(held, date(2024, 2, 29)) == date(2025, 2, 28)
    assert policy.certificate_ends(held, date(2025, 8, 31), date(2025, 9, 1)) == date(2025, 9, 1)
    assert policy.certificate_ends(Held(), date(2025, 8, 31)) is None
    assert policy.certificate_ends(Held(restrictions={"certificate_months": 6}), date(2025, 8, 31)) == date(
        2026, 2, 28
    )


def test_who_may_rate() -> None:
    held = Held(restrictions={"certificate_months": 12})
    day = date(2026, 11, 19)
    assert policy.why_not_rate(Held(), None, day) == ""
    assert "needs a rater's certificate" in policy.why_not_rate(held, None, day)
    assert "2026-11-18" in policy.why_not_rate(held, date(2026, 11, 18), day)
    assert policy.why_not_rate(held, day, day) == ""


def test_a_group_is_never_smaller_than_the_kinds_least() -> None:
    assert policy.least_group(Held("student_survey")) == 10
    assert policy.least_group(Held("student_survey", {"minimum_group": 3})) == 10
    assert policy.least_group(Held("student_survey", {"minimum_group": 25})) == 25
    assert policy.least_group(Held()) == 1


def test_what_belongs_to_a_publisher_does_not_leave() -> None:
    assert policy.why_not_exported(Held()) == ""
    assert "belongs to its publisher" in policy.why_not_exported(Held(restrictions={"importable_only": True}))
    assert policy.counts_shown(Held())
    assert not policy.counts_shown(Held(restrictions={"no_raw_counts": True}))


FIVE = [{"name": str(n)} for n in range(5)]


@pytest.mark.parametrize(
    ("item", "given", "expected"),
    [
        (Item(kind="rating", anchors=FIVE), {"level": 3}, 3.0),
        (Item(kind="rating", anchors=FIVE), {}, None),
        (Item(kind="likert", options=FIVE), {"level": 2}, 2.0),
        (Item(kind="likert", options=FIVE, reverse=True), {"level": 2}, 4.0),
        (Item(kind="choice", options=FIVE, correct=[2]), {"level": 2}, 1.0),
        (Item(kind="choice", options=FIVE, correct=[2]), {"level": 3}, 0.0),
        (Item(kind="choice", options=FIVE), {"level": 3}, None),
        (Item(kind="multiple", options=FIVE, correct=[1, 4]), {"chosen": [4, 1]}, 1.0),
        (Item(kind="multiple", options=FIVE, correct=[1, 4]), {"chosen": [1]}, 0.0),
        (Item(kind="multiple", options=FIVE, correct=[1, 4]), {}, None),
        (Item(kind="number"), {"number": 22.0}, 22.0),
        (Item(kind="text"), {"level": 3}, None),
    ],
)
def test_what_an_answer_is_worth(item: Item, given: dict[str, Any], expected: float | None) -> None:
    assert scoring.score(item, **given) == expected


def test_scores_of_different_versions_are_never_averaged() -> None:
    assert scoring.mean({7: [1.0, 2.0], 8: []}) == 1.5
    assert scoring.mean({7: []}) is None
    with pytest.raises(scoring.VersionsDiffer, match="7, 8"):
        scoring.mean({7: [1.0], 8: [2.0]})
