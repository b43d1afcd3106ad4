"""DIF against base R, and what it must see and not see."""

from __future__ import annotations

import csv

import numpy as np
import polars as pl
import pytest

from fairlead.science.measurement import MeasurementError
from fairlead.science.measurement.irt import Dif, calibrate, logistic_dif, mantel_haenszel, responses, score
from tests.plugins.skips import needs_data
from tests.science.measurement.irt.samples import LEVELS, REFERENCES, verbal

RNG = np.random.default_rng(3)


def given() -> dict[str, dict[str, float]]:
    with (REFERENCES / "dif.csv").open(encoding="utf-8") as rows:
        return {row.pop("item"): {key: float(value) for key, value in row.items()} for row in csv.DictReader(rows)}


def genders() -> list[str]:
    rows = pl.read_csv(needs_data("eval", "verbagg_lme4.csv"))
    return rows.unique("id", keep="first", maintain_order=True)["Gender"].to_list()


def test_mantel_haenszel_by_r() -> None:
    """mantelhaen.test: the odds ratio, the corrected χ², and the error that its interval comes from."""
    found = mantel_haenszel(verbal("r2", {"N": 0, "Y": 1}), genders(), reference="F", purify=False)
    assert found.groups == {"F": 243, "M": 73}
    reference = given()
    assert len(reference) == 24
    for item in found.items:
        row = reference[item.item]
        assert item.odds_ratio == pytest.approx(row["odds"], rel=1e-7)
        assert item.chi2 == pytest.approx(row["chi2"], rel=1e-7)
        assert item.delta == pytest.approx(-2.35 * np.log(row["odds"]), rel=1e-6, abs=1e-7)
        assert item.delta_se == pytest.approx(2.35 * row["log_se"], rel=1e-7)


@pytest.mark.parametrize(("column", "codes", "prefix"), [("r2", {"N": 0, "Y": 1}, ""), ("resp", LEVELS, "levels_")])
def test_logistic_regression_by_r(column: str, codes: dict[str, int], prefix: str) -> None:
    """glm for two levels; polr for three, whose search stops some 1e-7 below the top."""
    found = logistic_dif(verbal(column, codes), genders(), reference="F", purify=False)
    for item in found.items:
        row = given()[item.item]
        tolerance = {"abs": 1e-5 if prefix else 1e-7}
        assert item.uniform_chi2 == pytest.approx(row[f"{prefix}uniform"], **tolerance)
        assert item.nonuniform_chi2 == pytest.approx(row[f"{prefix}nonuniform"], **tolerance)
        assert item.r2_uniform == pytest.approx(row[f"{prefix}r2_uniform"], abs=1e-7)
        assert item.r2 == pytest.approx(row[f"{prefix}r2"], abs=1e-7)


def unequal(persons: int = 1500, items: int = 12, apart: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Items 1 and 2 are a logit harder for group b, whose mean may differ."""
    group = np.repeat(["a", "b"], persons // 2)
    rng = np.random.default_rng(4)
    theta = rng.normal(np.where(group == "b", apart, 0.0))[:, None]
    hard = np.linspace(-1, 1, items) + np.outer(group == "b", [1.0, 1.0] + [0.0] * (items - 2))
    return (rng.random((persons, items)) < 1 / (1 + np.exp(-(theta - hard)))).astype(int), group


@pytest.mark.parametrize("method", [mantel_haenszel, logistic_dif])
def test_what_is_there_is_seen_and_a_difference_of_groups_is_not(method) -> None:  # type: ignore[no-untyped-def]
    answers, group = unequal(apart=-0.8)
    found: Dif = method(responses(answers), group, reference="a")
    small = [item.p for item in found.items]
    assert max(small[:2]) < 1e-4
    assert sum(p < 0.01 for p in small[2:]) <= 1
    assert found.tested == 12
    assert found.expected_below == pytest.approx(0.6)


def test_items_with_large_dif_leave_the_match() -> None:
    answers, group = unequal()
    found = mantel_haenszel(responses(answers), group, reference="a")
    assert set(found.matched_without) == {"1", "2"}
    plain = mantel_haenszel(responses(answers), group, reference="a", purify=False)
    rest = [np.mean([item.delta for item in one.items[2:]]) for one in (found, plain)]
    assert abs(rest[0]) < abs(rest[1])  # without purification the others seem easier for b


def test_items_missing_by_design_are_matched_by_a_score() -> None:
    answers, group = unequal(4000)
    answers[np.arange(4000) % 2 == 0, :4] = -1
    answers[np.arange(4000) % 2 == 1, 8:] = -1
    with pytest.raises(MeasurementError, match="give their scores as match"):
        mantel_haenszel(responses(answers), group)
    table = responses(answers)
    found = mantel_haenszel(table, group, match=score(calibrate(table), table).theta, reference="a")
    assert found.item("1").size == "C"
    assert found.item("5").size == "A"
    assert found.left_out == 0


def test_groups_change_sides() -> None:
    answers, group = unequal()
    one = mantel_haenszel(responses(answers), group, reference="a", purify=False)
    two = mantel_haenszel(responses(answers), group, reference="b", purify=False)
    for here, there in zip(one.items, two.items, strict=True):
        assert here.delta == pytest.approx(-there.delta)
        assert (here.chi2, here.size) == (pytest.approx(there.chi2), there.size)


def test_what_cannot_be_compared_is_said_by_name() -> None:
    answers, group = unequal(400)
    answers[:, 5] = 1
    found = mantel_haenszel(responses(answers), [None, *group[1:]], reference="a")
    assert found.item("6").p is None
    assert found.item("6").reason
    assert any(warning.startswith("6: not compared") for warning in found.warnings)
    assert found.left_out == 1
    assert logistic_dif(responses(answers), group).item("6").reason == "all answers are the same"
    apart = np.column_stack([group == "a", *answers[:, 1:5].T]).astype(int)
    assert "did not converge" in logistic_dif(responses(apart), group, purify=False).item("1").reason


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"group": ["a"] * 400}, "two groups"),
        ({"group": ["a"]}, "one label a person"),
        ({"reference": "z"}, "no such group"),
        ({"match": [1.0]}, "one number a person"),
    ],
)
@pytest.mark.parametrize("method", [mantel_haenszel, logistic_dif])
def test_refusals(method, change, words) -> None:  # type: ignore[no-untyped-def]
    answers, group = unequal(400)
    asked = {"group": group, **change}
    with pytest.raises(MeasurementError, match=words):
        method(responses(answers), **asked)


def test_ratings_and_three_groups_are_not_for_mantel_haenszel() -> None:
    ratings = responses(RNG.integers(0, 3, (300, 5)))
    with pytest.raises(MeasurementError, match="logistic_dif"):
        mantel_haenszel(ratings, ["a", "b"] * 150)
    with pytest.raises(MeasurementError, match="3 groups"):
        mantel_haenszel(responses(RNG.integers(0, 2, (300, 5))), ["a", "b", "c"] * 100)
    assert logistic_dif(ratings, ["a", "b", "c"] * 100).items[0].df == 4
