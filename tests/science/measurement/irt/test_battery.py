"""What every model must hold: names and order are nothing to it, and what it cannot use it names."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.science.measurement import MeasurementError
from fairlead.science.measurement import irt as package
from fairlead.science.measurement.irt import (
    Calibration,
    Responses,
    calibrate,
    item_fit,
    responses,
    responses_from_long,
)
from tests.science.measurement.irt.samples import simulated

MODELS = {
    "rasch": (2, "steps"),
    "2pl": (2, "steps"),
    "graded": (4, "cumulative"),
    "partial credit": (3, "steps"),
    "generalized partial credit": (3, "steps"),
}


def sample(model: str, persons: int = 500) -> Responses:
    levels, family = MODELS[model]
    return simulated(np.random.default_rng(51), persons, 5, levels=levels, family=family, missing=0.15)[0]


def of(fit: Calibration) -> np.ndarray:
    """All numbers, items by their names."""
    found = [fit.loglik, fit.sd]
    for item in sorted(fit.items, key=lambda item: item.name):
        found += [item.slope, *item.intercepts, *item.intercept_ses, *item.difficulties, *item.difficulty_ses]
    return np.array(found)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("change", ["rows", "columns", "names", "unused item", "person without answers"])
def test_nothing_changes(model: str, change: str) -> None:
    answers = sample(model)
    before = answers.answers.copy()
    plain = calibrate(answers, model)
    assert plain.converged
    rng = np.random.default_rng(52)
    table, items = answers.answers, answers.items
    if change == "rows":
        other = responses(table[rng.permutation(table.shape[0])])
    elif change == "columns":
        order = rng.permutation(5)
        other = responses(np.ascontiguousarray(table[:, order]), items=[items[j] for j in order])
    elif change == "names":
        other = responses(table, items=[f"item {name}" for name in items])
    elif change == "unused item":
        empty = np.full((table.shape[0], 1), -1, dtype=np.int8)
        other = responses(np.hstack([empty, table, empty]), items=["before", *items, "after"])
    else:
        other = responses(np.vstack([table, np.full((3, 5), -1, dtype=np.int8)]))
    found = calibrate(other, model)
    assert of(found) == pytest.approx(of(plain), rel=1e-6, abs=1e-7)
    if change == "unused item":
        assert [(gone.item, gone.reason) for gone in found.left_out] == [
            ("before", "nobody answered it"),
            ("after", "nobody answered it"),
        ]
    if change == "person without answers":
        assert found.unanswered == plain.unanswered + 3
    assert (answers.answers == before).all()


@pytest.mark.parametrize("model", MODELS)
def test_an_item_that_all_got_right_is_left_out_by_name(model: str) -> None:
    answers = sample(model)
    top = np.full((500, 1), 1, dtype=np.int8)
    found = calibrate(responses(np.hstack([answers.answers, top]), items=[*answers.items, "easy"]), model)
    assert [gone.item for gone in found.left_out] == ["easy"]
    assert "all answers are 1" in found.left_out[0].reason
    assert of(found) == pytest.approx(of(calibrate(answers, model)), rel=1e-6, abs=1e-7)
    assert "left out: easy" in str(found)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ("one item", "items whose answers differ"),
        ("one person", "items whose answers differ"),
        ("constant", "items whose answers differ"),
        ("all missing", "items whose answers differ"),
    ],
)
def test_refuses(model: str, broken: str, words: str) -> None:
    table = sample(model).answers
    table = {
        "one item": table[:, :1],
        "one person": table[:1],
        "constant": np.ones_like(table),
        "all missing": np.full_like(table, -1),
    }[broken]
    with pytest.raises(MeasurementError, match=words) as refused:
        calibrate(responses(np.ascontiguousarray(table)), model)
    assert all(problem.where and problem.what and problem.next for problem in refused.value.problems)


def test_a_level_that_nobody_chose_is_closed_up_by_name() -> None:
    table = sample("graded").answers.copy()
    table[table == 2] = 1
    gap = calibrate(responses(table), "graded")
    assert "1: nobody chose 2; the levels beside it are taken as neighbours" in gap.warnings
    assert gap.items[0].levels == (0, 1, 3)
    closed = calibrate(responses(np.where(table == 3, 2, table).astype(np.int8)), "graded")
    assert of(gap) == pytest.approx(of(closed), rel=1e-9)
    assert gap.probabilities("1", 0.3).sum() == pytest.approx(1)


def test_turned_items_and_blocks_without_a_link_are_named() -> None:
    table = sample("2pl", 600).answers.copy()
    table[:, 4] = np.where(table[:, 4] < 0, -1, 1 - table[:, 4])
    assert any("5: the slope is negative" in warning for warning in calibrate(responses(table), "2pl").warnings)
    table[:300, :2] = table[300:, 2:] = -1
    found = calibrate(responses(table), "rasch")
    assert any("no person links (1, 2) with (3, 4, 5)" in warning for warning in found.warnings)


def test_answers_that_do_not_hang_together() -> None:
    """Persons who got one right got the others wrong: the standard deviation of θ is at its edge, zero, and that is said;
    easiness is then the logit of the share."""
    table = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1]] * 20, dtype=np.int8)
    found = calibrate(responses(table), "rasch")
    assert found.converged
    assert found.sd == pytest.approx(0, abs=1e-4)
    share = table.mean(axis=0)
    assert [item.intercepts[0] for item in found.items] == pytest.approx(np.log(share / (1 - share)), abs=1e-6)
    assert any("standard deviation of θ is zero" in warning for warning in found.warnings)


def test_what_cannot_be_determined_is_not_called_converged() -> None:
    """Two items of three are the same question: their slope runs off to infinity."""
    rng = np.random.default_rng(53)
    one = rng.integers(0, 2, 300)
    table = np.stack([one, one, rng.integers(0, 2, 300)], axis=1).astype(np.int8)
    found = calibrate(responses(table), "2pl")
    assert any("nearly a step" in warning for warning in found.warnings)
    assert not found.converged
    assert found.warnings[0].startswith("not converged: ")
    assert "NOT CONVERGED" in str(found)


def test_few_nodes_are_noticed() -> None:
    answers, _, _ = simulated(np.random.default_rng(54), 400, 30)
    coarse = calibrate(answers, "2pl", nodes=15)
    assert any("raise nodes" in warning for warning in coarse.warnings)
    fine = calibrate(answers, "2pl")
    assert not any("nodes" in warning for warning in fine.warnings)
    assert calibrate(answers, "2pl", nodes=121).loglik == pytest.approx(fine.loglik, abs=1e-6)


def test_errors_by_cross_products_are_near_those_observed() -> None:
    """Equal in the long run where the model holds; with 4,000 persons within a tenth."""
    answers, _, _ = simulated(np.random.default_rng(55), 4000, 6)
    one, two = calibrate(answers, "2pl"), calibrate(answers, "2pl", errors="crossed")
    assert (one.errors, two.errors) == ("observed information", "cross-products of scores")
    for here, there in zip(one.items, two.items, strict=True):
        assert here.slope_se == pytest.approx(there.slope_se, rel=0.1)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"model": "3pl"}, "rasch, 2pl, graded"),
        ({"errors": "sandwich"}, "automatic, observed, crossed"),
        ({"nodes": 3}, "5 to 401"),
    ],
)
def test_refused_options(asked: dict[str, object], words: str) -> None:
    with pytest.raises(MeasurementError, match=words):
        calibrate(sample("rasch"), **asked)  # type: ignore[arg-type]


def test_ratings_are_not_for_models_of_right_and_wrong() -> None:
    with pytest.raises(MeasurementError, match="knows 0 and 1 only"):
        calibrate(sample("graded"), "rasch")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ([["a", "b"]], "numbers"),
        ([[0.5, 1]], "counted from 0"),
        ([[-3, 1]], "counted from 0"),
        ([[200, 1]], "counted from 0"),
        ([1, 0], "a table of persons by items"),
        ([[np.inf, 1]], "infinity"),
    ],
)
def test_answers_that_are_none(table: list[object], words: str) -> None:
    with pytest.raises(MeasurementError, match=words):
        responses(table)  # type: ignore[arg-type]


def test_names_of_answers() -> None:
    with pytest.raises(MeasurementError, match="stands twice"):
        responses([[1, 0]], items=["a", "a"])
    with pytest.raises(MeasurementError, match="one name a column"):
        responses([[1, 0]], items=["a"])
    with pytest.raises(MeasurementError, match="one label a row"):
        responses([[1, 0]], persons=["a", "b"])
    with pytest.raises(MeasurementError, match="1 answers beyond the first"):
        responses_from_long(["p", "p"], ["a", "a"], [1, 0])


@settings(max_examples=20, deadline=None)
@given(
    cells=st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 4), st.integers(0, 3)),
        min_size=1,
        max_size=30,
        unique_by=lambda c: c[:2],
    ),
    seed=st.integers(0, 99),
)
def test_long_and_wide_are_the_same(cells: list[tuple[int, int, int]], seed: int) -> None:
    mixed = [cells[i] for i in np.random.default_rng(seed).permutation(len(cells))]
    found = responses_from_long(*zip(*mixed, strict=True))
    assert found.persons is not None
    assert {
        (found.persons[i], int(found.items[j]), int(found.answers[i, j]))
        for i, j in zip(*np.nonzero(found.answered), strict=True)
    } == set(cells)


def test_item_fit_without_complete_persons() -> None:
    answers, _, _ = simulated(np.random.default_rng(56), 300, 6, missing=0.5)
    found = item_fit(calibrate(answers), answers)
    assert found.tested == 0
    assert "3.1 items on average" in found.warnings[0]
    assert "S-X² needs" in found.warnings[1]
    assert all(0.5 < item.infit < 1 for item in found.items)


@pytest.mark.parametrize("name", package.__all__)
def test_public_names(name: str) -> None:
    assert getattr(package, name).__name__ == name
