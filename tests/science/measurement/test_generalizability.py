"""Generalizability against Brennan's tables and lme4 (references/gstudy.R), and what it holds on any ratings.

Tolerances: half of the last printed digit for Brennan; 1e-5 of a variance against lme4, whose search, like ours, ends where
the criterion is flat to rounding (ours at 1e-5 of a standard error); the criterion itself agrees to 1e-11.
"""

from __future__ import annotations

import csv
from itertools import pairwise, product

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.science.measurement import (
    MeasurementError,
    decide,
    g_study,
    intraclass_correlations,
    needed,
    needed_for_uses,
)
from fairlead.science.measurement.generalizability import GStudy, reml
from tests.plugins.skips import needs_data
from tests.science.measurement import battery

# Brennan (2001), Generalizability Theory: scores of table 3.2 (synthetic data set 4, raters within tasks), a row a rater.
SET4 = [
    [5, 9, 3, 7, 9, 3, 7, 5, 9, 4], [6, 3, 4, 5, 2, 4, 3, 8, 9, 4], [5, 7, 3, 5, 9, 3, 7, 5, 8, 4],
    [5, 7, 3, 3, 7, 5, 7, 7, 8, 3], [5, 7, 5, 3, 7, 3, 7, 7, 6, 3], [3, 5, 3, 1, 7, 3, 5, 5, 6, 5],
    [4, 5, 3, 4, 3, 6, 5, 5, 6, 6], [5, 5, 5, 3, 7, 3, 7, 4, 5, 5], [6, 7, 6, 5, 2, 4, 5, 3, 5, 5],
    [7, 7, 5, 3, 7, 5, 5, 2, 8, 7], [3, 5, 1, 3, 5, 1, 5, 1, 1, 1], [3, 2, 6, 5, 3, 2, 4, 1, 1, 1],
]  # fmt: skip
# Table 3.1 (set 3, crossed): four items on the first occasion, then on the second.
SET3 = [
    [2, 4, 5, 5, 4, 4, 2, 3, 0, 6], [6, 5, 5, 9, 3, 4, 6, 4, 5, 8], [7, 6, 4, 8, 5, 4, 6, 4, 4, 7],
    [5, 7, 6, 6, 6, 7, 5, 5, 5, 6], [2, 6, 5, 5, 4, 6, 2, 6, 5, 6], [5, 7, 4, 7, 5, 4, 7, 6, 5, 8],
    [5, 5, 5, 7, 6, 7, 7, 6, 5, 8], [5, 7, 5, 6, 4, 8, 5, 4, 3, 6],
]  # fmt: skip
# The unbalanced example of chapter 7: 8 persons, items within categories of 2, 4 and 2.
UNBALANCED = [
    [4, 2, 2, 1, 3, 1, 3, 0], [5, 1, 4, 3, 3, 2, 5, 1], [3, 2, 4, 5, 6, 5, 6, 1], [3, 3, 7, 4, 7, 6, 8, 2],
    [5, 1, 6, 5, 5, 4, 6, 0], [4, 4, 5, 5, 7, 4, 7, 4], [5, 4, 8, 4, 8, 5, 7, 7], [7, 6, 7, 5, 9, 6, 8, 8],
]  # fmt: skip
CATEGORY = [0, 0, 1, 1, 1, 1, 2, 2]


def set4() -> dict[str, list]:
    rows = [(p, r // 4, r % 4, float(SET4[r][p])) for r in range(12) for p in range(10)]
    return dict(zip(("person", "task", "rater", "score"), map(list, zip(*rows, strict=True)), strict=True))


def set3() -> dict[str, list]:
    rows = [(p, c // 4, c % 4, float(SET3[c][p])) for c in range(8) for p in range(10)]
    return dict(zip(("person", "occasion", "item", "score"), map(list, zip(*rows, strict=True)), strict=True))


def unbalanced() -> dict[str, list]:
    rows = [(p, CATEGORY[i], i, float(UNBALANCED[i][p])) for i in range(8) for p in range(8)]
    return dict(zip(("person", "category", "item", "score"), map(list, zip(*rows, strict=True)), strict=True))


def variances(study: GStudy) -> dict[str, float]:
    return {one.name: one.variance for one in study.components}


@pytest.mark.parametrize("method", ["reml", "moments"])
def test_brennans_raters_within_tasks(method: str) -> None:
    study = g_study(set4(), facets=["task", "rater"], nested={"rater": "task"}, method=method)
    published = {"person": 0.4731, "task": 0.3252, "task:rater": 0.6475, "person:task": 0.5596, "residual": 2.3802}
    assert variances(study) == pytest.approx(published, abs=1e-4)  # the book rounds mean squares first
    found = decide(study, {"task": 3, "rater": 4})
    assert (found.rho2.value, found.phi.value) == pytest.approx((0.55, 0.46), abs=0.005)


@pytest.mark.parametrize("method", ["reml", "moments"])
def test_brennans_persons_by_items_by_occasions(method: str) -> None:
    study = g_study(set3(), facets=["occasion", "item"], method=method)
    published = {
        "person": 0.5528, "item": 0.4417, "occasion": 0.0074, "person:item": 0.5750, "person:occasion": 0.1009,
        "occasion:item": 0.1565, "residual": 0.9352,
    }  # fmt: skip
    assert variances(study) == pytest.approx(published, abs=1e-4)
    found = decide(study, {"item": 4, "occasion": 2})
    # the tables of these data give .64 and .55
    assert (found.rho2.value, found.phi.value) == pytest.approx((0.64, 0.55), abs=0.0075)


def test_brennans_unbalanced_example() -> None:
    """His analogous T terms are Henderson's method I."""
    study = g_study(unbalanced(), facets=["category", "item"], nested={"item": "category"}, method="moments")
    published = {
        "person": 1.2014,
        "category": 2.9161,
        "category:item": 0.2946,
        "person:category": 0.9913,
        "residual": 0.8429,
    }
    assert variances(study) == pytest.approx(published, abs=2e-4)  # as printed; the exact p:h is 0.99143


@pytest.fixture(scope="module")
def verbal() -> pl.DataFrame:
    """Verbal aggression, made unbalanced by the rule of references/gstudy.R."""
    table = pl.read_csv(needs_data("eval", "verbagg_lme4.csv")).with_row_index("row")
    row = pl.col("row").cast(pl.Int64)
    table = table.filter(((row * 7 + row // 11) % 5 != 0) & (pl.col("id") % 3 != 0))
    return table.with_columns(score=pl.col("resp").replace_strict({"no": 1.0, "perhaps": 2.0, "yes": 3.0}))


def test_persons_by_items_as_lme4(verbal: pl.DataFrame) -> None:
    study = g_study(verbal, object="id", facets=["item"])
    assert study.n == 4051
    assert variances(study) == pytest.approx(
        {"id": 0.1408817627250, "item": 0.0960890683405, "residual": 0.3964429681203}, rel=1e-5
    )
    assert study.deviance == pytest.approx(8271.88206214803, rel=1e-11)
    assert (study.mean, study.mean_se) == pytest.approx((1.6909972318046, 0.0690625810049), rel=1e-5)
    assert study.converged


def test_high_school_and_beyond() -> None:
    """Students within schools, 14 to 67 of each: Raudenbush & Bryk (2002), table 4.2, and the list of reference values."""
    table = pl.read_csv(needs_data("eval", "hsb82_mlmRev.csv")).with_row_index("student")
    study = g_study(table, score="mAch", object="school", facets=["student"], nested={"student": "school"})
    with needs_data("eval", "reference_values.csv").open(encoding="utf-8") as file:
        given = {row["id"]: row["value"] for row in csv.DictReader(file)}
    assert study.component("school").variance == pytest.approx(float(given["hsb.null.tau"]), rel=2e-6)
    assert study.component("residual").variance == pytest.approx(float(given["hsb.null.s2"]), rel=2e-6)
    assert study.mean == pytest.approx(float(given["hsb.null.g00"]), abs=1e-6)
    # the mean of 30 students of a school tells schools apart with
    assert decide(study, {"student": 30}).rho2.value == pytest.approx(
        8.614025 / (8.614025 + 39.148322 / 30), abs=1e-5
    )


def test_six_components_as_lme4(verbal: pl.DataFrame) -> None:
    study = g_study(
        verbal,
        object="id",
        facets=["btype", "situ", "item"],
        nested={"item": ("btype", "situ")},
        components=["id", "btype", "situ", "item", "btype:id", "id:situ"],
    )
    expected = {
        "id": 0.0983301858931, "btype": 0.0687212559500, "situ": 0.0576690462014, "id:btype": 0.0697672373974,
        "id:situ": 0.0461251075203, "btype:situ:item": 0.0184661223049, "residual": 0.3228267630246,
    }  # fmt: skip
    assert variances(study) == pytest.approx(expected, rel=3e-5)
    assert study.deviance == pytest.approx(8005.58781930921, rel=1e-11)
    effects = {one.label: one.effect for one in study.effects("btype:situ:item")}
    assert effects["shout", "other", "S1DoShout"] == pytest.approx(-0.088702507539, rel=1e-4)


def test_restricted_likelihood_by_brute_force() -> None:
    """The criterion is −2 log of the restricted likelihood, here from its n by n definition, and lowest at the estimate."""
    study = g_study(unbalanced(), facets=["category", "item"], nested={"item": "category"})
    data = {key: np.array(value) for key, value in unbalanced().items()}
    y, n = data["score"], len(data["score"])
    codes = {
        "person": data["person"], "category": data["category"], "category:item": data["item"],
        "person:category": data["person"] * 10 + data["category"],
    }  # fmt: skip

    def criterion(values: dict[str, float]) -> float:
        v = values["residual"] * np.eye(n)
        for name, code in codes.items():
            v += values[name] * (code[:, None] == code[None, :])
        inverse = np.linalg.inv(v)
        x = inverse.sum()
        rest = y - inverse.sum(axis=0) @ y / x
        return (n - 1) * np.log(2 * np.pi) + np.linalg.slogdet(v)[1] + np.log(x) + rest @ inverse @ rest

    found = variances(study)
    assert study.deviance == pytest.approx(criterion(found), rel=1e-12)
    for name in found:
        for factor in (0.97, 1.03):
            assert criterion({**found, name: found[name] * factor}) > study.deviance


def test_errors_are_the_curvature_of_the_criterion_of_balanced_data() -> None:
    """Of persons by raters the variance of the residual's estimate is known: 2σ⁴ ÷ (n − 1)(k − 1)."""
    study = g_study(crossed(40, 6, seed=3), facets=["rater"])
    residual = study.component("residual")
    assert residual.se == pytest.approx(residual.variance * np.sqrt(2 / (39 * 5)), rel=1e-6)


def crossed(persons: int, raters: int, seed: int, spread: float = 0.5) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    person, rater = np.repeat(np.arange(persons), raters), np.tile(np.arange(raters), persons)
    noise = rng.normal(size=persons * raters)
    score = 3 + rng.normal(size=persons)[person] + spread * rng.normal(size=raters)[rater] + noise
    return {"person": person, "rater": rater, "score": score}


def negative() -> dict[str, list]:
    """Raters who differ by less than chance would have them differ: a negative component by moments."""
    table = [[1, 3, 2], [4, 2, 3], [2, 3, 4], [5, 4, 3], [3, 4, 4]]
    rows = [(p, r, float(table[p][r])) for p, r in product(range(5), range(3))]
    return dict(zip(("person", "rater", "score"), map(list, zip(*rows, strict=True)), strict=True))


def test_negative_components_are_told() -> None:
    moments = g_study(negative(), facets=["rater"], method="moments")
    reml_ = g_study(negative(), facets=["rater"])
    assert moments.component("rater").variance < 0
    assert any("rater: the estimate is negative" in warning for warning in moments.warnings)
    assert decide(moments, {"rater": 2}).zeroed == ("rater",)
    rater = reml_.component("rater")
    assert (rater.variance, rater.edge, rater.se) == (0, True, None)
    assert rater.moments == pytest.approx(moments.component("rater").variance)
    assert any("rater: estimated at zero" in warning and "moments gives -" in warning for warning in reml_.warnings)
    # with the component at zero, what is left is a one-way analysis of variance
    person, residual = reml_.component("person").variance, reml_.component("residual").variance
    icc = intraclass_correlations(np.array(negative()["score"]).reshape(5, 3)).form("ICC(1)")
    assert person / (person + residual) == pytest.approx(icc.value, abs=1e-6)


def test_intraclass_correlations_are_its_special_case() -> None:
    data = crossed(30, 4, seed=8)
    study = g_study(data, facets=["rater"])
    icc = intraclass_correlations(data["score"].reshape(30, 4))
    assert decide(study, {"rater": 1}).phi.value == pytest.approx(icc.form("ICC(A,1)").value, abs=1e-6)
    assert decide(study, {"rater": 4}).rho2.value == pytest.approx(icc.form("ICC(C,k)").value, abs=1e-6)


def test_how_many_visits() -> None:
    study = g_study(set4(), facets=["task", "rater"], nested={"rater": "task"})
    v = variances(study)
    found = needed(study, "task", 0.8, sizes={"rater": 4})
    per_task = v["task"] + v["person:task"] + (v["task:rater"] + v["residual"]) / 4
    by_hand = int(np.ceil(per_task / v["person"] * 0.8 / 0.2))
    assert found.n == by_hand
    assert found.reached is not None
    assert found.reached.phi.value >= 0.8 > decide(study, {"task": by_hand - 1, "rater": 4}).phi.value
    never = needed(study, "rater", 0.9, sizes={"task": 3})
    assert (never.n, never.reached) == (None, None)
    assert "not reachable" in never.text
    assert never.limit == pytest.approx(v["person"] / (v["person"] + (v["task"] + v["person:task"]) / 3), abs=1e-6)
    far = needed(study, "task", 0.999, sizes={"rater": 4}, most=100)
    assert far.n is None
    assert "with up to 100" in far.text
    uses = needed_for_uses(study, "task", sizes={"rater": 4})
    assert [one.use for one in uses][-1] == "a decision about one person"
    assert all(a.n < b.n for a, b in pairwise(uses))


def test_another_rater_at_each_visit_averages_raters_out() -> None:
    study = g_study(set3(), facets=["occasion", "item"])
    same = decide(study, {"occasion": 4, "item": 2})
    other = decide(study, {"occasion": 4, "item": 2}, nested={"item": "occasion"})
    assert other.parts["item"] == pytest.approx(same.parts["item"] / 4)
    assert other.phi.value > same.phi.value


def test_raters_of_ones_own_do_not_cancel() -> None:
    """Another rater at each visit of each teacher: their severity is relative error, too."""
    rng = np.random.default_rng(9)
    teacher, visit = np.repeat(np.arange(40), 9), np.repeat(np.arange(120), 3)
    rater = rng.integers(0, 8, 120)[visit]
    score = rng.normal(size=40)[teacher] + 0.5 * rng.normal(size=8)[rater] + 0.4 * rng.normal(size=120)[visit]
    data = {"person": teacher, "rater": rater, "visit": visit, "score": score + 0.5 * rng.normal(size=360)}
    study = g_study(
        data,
        facets=["rater", "visit"],
        nested={"visit": ("person", "rater")},
        components=["person", "rater", "visit"],
    )
    v = variances(study)
    own = decide(study, {"visit": 4, "rater": 1}, nested={"rater": "visit"})
    everybodys = decide(study, {"visit": 4, "rater": 1})
    assert own.relative == own.absolute == pytest.approx((v["rater"] + v["person:rater:visit"] + v["residual"]) / 4)
    assert everybodys.absolute - everybodys.relative == pytest.approx(v["rater"])


def test_fixed_items_belong_to_the_score() -> None:
    """Brennan (2001), section 4.3: with items fixed, what they do to persons is universe score."""
    study = g_study(set3(), facets=["occasion", "item"])
    v = variances(study)
    found = decide(study, {"occasion": 2, "item": 4}, fixed=["item"])
    assert found.universe == pytest.approx(v["person"] + v["person:item"] / 4)
    assert found.relative == pytest.approx(v["person:occasion"] / 2 + v["residual"] / 8)
    assert "item" not in found.parts


def test_what_the_ratings_cannot_tell_apart_is_said() -> None:
    """Each person has raters of his own: how severe one is cannot be told from how he sees this person."""
    data = crossed(20, 3, seed=1)
    data["rater"] = data["person"] * 3 + data["rater"]
    twice = {key: np.concatenate([value, value]) for key, value in data.items()}
    twice["score"] = twice["score"] + np.random.default_rng(0).normal(size=120)
    study = g_study(twice, facets=["rater"])
    assert [one.name for one in study.components] == ["person", "person:rater", "residual"]
    assert any("person:rater contains rater" in warning for warning in study.warnings)


def test_what_is_wrong_with_a_call_is_said() -> None:
    data = set4()
    for options, message in (
        ({"facets": ["task", "judge"]}, "judge: the ratings have no such column"),
        ({"facets": ["rater"], "nested": {"rater": "school"}}, "nested: no such facet; got 'school'"),
        ({"facets": ["task", "rater"], "nested": {"rater": "task", "task": "rater"}}, "within itself"),
        ({"facets": ["rater"], "components": ["person:tusk"]}, "no such facet; got tusk"),
        ({"facets": ["rater"], "method": "bayes"}, "unknown method"),
    ):
        with pytest.raises(MeasurementError, match=message):
            g_study(data, **options)
    study = g_study(data, facets=["task", "rater"], nested={"rater": "task"})
    with pytest.raises(MeasurementError) as wrong:
        decide(study, {"task": 0, "judge": 2})
    assert len(wrong.value.problems) == 3


def test_non_convergence_is_not_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reml, "MOST_STEPS", 1)
    data = {key: value[:-23] for key, value in crossed(60, 7, seed=4).items()}
    study = g_study(data, facets=["rater"])
    assert not study.converged
    assert any("did not converge in 1 steps" in warning for warning in study.warnings)


# -- the battery -------------------------------------------------------------------------------------------------------


def _rows() -> pl.DataFrame:
    data = crossed(25, 5, seed=6, spread=0.8)
    return pl.DataFrame(data).filter(pl.int_range(pl.len()) % 6 != 4)


def _fit(method: str):
    def fit(rows: pl.DataFrame) -> tuple[float, ...]:
        study = g_study(rows, facets=["rater"], method=method)
        found = decide(study, {"rater": 3})
        assert study.converged
        return (*(one.share for one in study.components), found.rho2.value, found.phi.value)

    return fit


BROKEN = {
    "all equal": lambda rows: rows.with_columns(score=pl.lit(3.0)),
    "one rater": lambda rows: rows.with_columns(rater=pl.lit(1)),
    "one person": lambda rows: rows.with_columns(person=pl.lit(1)),
    "all missing": lambda rows: rows.with_columns(score=pl.lit(None, dtype=pl.Float64)),
    "one rating each": lambda rows: rows.group_by("person").first(),
    "a rater each": lambda rows: rows.with_columns(rater=pl.col("person")),
}
SUBJECTS = {
    method: battery.Subject(
        rows=_rows, fit=_fit(method), labels=("person", "rater"), scored="score", broken=BROKEN, tolerance=2e-6
    )
    for method in ("reml", "moments")
}


@pytest.mark.parametrize(("name", "check"), battery.checks(SUBJECTS))
def test_battery(name: str, check: str) -> None:
    battery.run(SUBJECTS[name], check)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(6, 14), st.integers(3, 5), st.floats(0.5, 0.95))
def test_coefficients_of_any_pattern(seed: int, persons: int, raters: int, share: float) -> None:
    data = crossed(persons, raters, seed)
    keep = np.random.default_rng(seed).random(data["score"].size) < share
    keep[:: raters + 1] = True
    try:
        study = g_study({key: value[keep] for key, value in data.items()}, facets=["rater"])
        sizes = [decide(study, {"rater": n}) for n in (1, 2, 8)]
    except MeasurementError:
        return  # too thin, or no variance between persons: refused in words
    assert study.converged or any("the search did not end" in warning for warning in study.warnings)
    assert all(one.variance >= 0 for one in study.components)
    for found in sizes:
        assert 0 < found.phi.value <= found.rho2.value <= 1
    assert sizes[0].phi.value <= sizes[1].phi.value <= sizes[2].phi.value
    assert sum(one.share for one in study.components) == pytest.approx(1)
