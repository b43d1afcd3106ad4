"""Indicators and the theory of change are data that hangs together."""

from __future__ import annotations

import pytest

from fairlead.apps.progress.definitions import LEVELS, expectations, indicators, theory_of_change
from fairlead.apps.progress.sanity import check, check_sign, unsound

TEXTS = ("label", "says", "unit", "numerator", "denominator", "coverage")


@pytest.mark.parametrize("key", list(indicators()))
def test_every_indicator_says_what_it_is_in_both_languages(key: str) -> None:
    one = indicators()[key]
    for text in TEXTS:
        assert one.texts[text]
        assert one.texts[f"{text}_es"] != one.texts[text]
    if one.publish == "no":
        assert one.texts["because_unpublished_es"]
    assert one.source


def test_every_level_has_an_indicator() -> None:
    assert {one.level for one in indicators().values()} == set(LEVELS)


def test_every_indicator_stands_in_the_theory_and_every_arrow_has_a_source() -> None:
    theory = theory_of_change()
    assert {key for node in theory.nodes for key in node.indicators} == set(indicators())
    for node in theory.nodes:
        assert node.indicators or node.not_measured
    for arrow in theory.arrows:
        assert arrow.source
        assert bool(arrow.study) == (arrow.evidence == "study")


def test_a_definition_that_changes_changes_its_version() -> None:
    versions = {one.version for one in indicators().values()}
    assert len(versions) == len(indicators())


@pytest.mark.parametrize(
    ("key", "value", "standing"),
    [
        ("attendance", 0.94, "ok"),
        ("attendance", 0.921, "warn"),
        ("attendance", 0.919, "bad"),
        ("chronic_absence", 0.20, "ok"),
        ("chronic_absence", 0.25, "warn"),
        ("chronic_absence", 0.251, "bad"),
    ],
)
def test_standing_to_the_target(key: str, value: float, standing: str) -> None:
    assert indicators()[key].standing(value) == standing


@pytest.mark.parametrize(
    ("values", "coverage", "kinds"),
    [
        ([0.92, 0.93], 0.99, []),
        ([0.92, 1.02], 0.99, ["range", "jump"]),
        ([0.92, 0.80], 0.99, ["jump"]),
        ([0.92, None, 0.93], 0.90, ["coverage"]),
        ([], None, []),
    ],
)
def test_sanity_flags(values: list[float | None], coverage: float | None, kinds: list[str]) -> None:
    assert [flag.kind for flag in check(indicators()["attendance"], values, coverage)] == kinds


def test_a_mislabelled_field_shows_in_the_sign() -> None:
    """Chronic absence that grows with attendance: somebody swapped present and absent."""
    expectation = next(e for e in expectations() if e.sign < 0)
    attendance = {school: 0.9 + school / 100 for school in range(8)}
    right = {school: 0.4 - school / 50 for school in range(8)}
    wrong = {school: 0.2 + school / 50 for school in range(8)}
    assert check_sign(expectation, attendance, right)[1] is None
    correlation, flag = check_sign(expectation, attendance, wrong)
    assert correlation == pytest.approx(1)
    assert flag is not None
    assert check_sign(expectation, {1: 0.9}, {1: 0.1}) == (0.0, None)


def test_a_complement_is_not_published_and_says_why() -> None:
    """Chronic absence as one minus itself: it goes up with attendance, and neither of the pair is published."""
    attendance = {school: 0.85 + 0.01 * school for school in range(10)}
    chronic = {school: 3 * (1 - a) for school, a in attendance.items()}
    assert unsound({"attendance": attendance, "chronic_absence": chronic}) == {}
    wrong = {school: 1 - c for school, c in chronic.items()}
    found = unsound({"attendance": attendance, "chronic_absence": wrong, "rolls_on_time": {1: 0.9}})
    assert {key: other for key, (_flag, other) in found.items()} == {
        "attendance": "chronic_absence",
        "chronic_absence": "attendance",
    }
    assert found["chronic_absence"][0].evidence == "correlation +1.00 over 10 schools, expected below zero"


def test_a_value_that_cannot_be_is_not_published() -> None:
    found = unsound({"rolls_on_time": {1: 0.9, 2: 1.2}})
    flag, other = found["rolls_on_time"]
    assert (flag.kind, flag.evidence, other) == ("range", "1 of 2 values", "")
