"""What must hold of any multilevel model: parts that add, units, offsets, refusals, and what the terminal prints."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.cli import main
from fairlead.science.impact.formula import parse_formula
from fairlead.science.impact.moments import collect, design_of
from fairlead.science.impact.multilevel import (
    MultilevelFit,
    multilevel_from_moments,
    multilevel_model,
)
from fairlead.science.impact.problems import DataError, EstimationError

FORMULA = "math ~ pre * arm + (1 + pre | school)"


def students(seed: int = 1, schools: int = 30, size: int = 20) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(schools), rng.integers(size // 2, 2 * size, schools))
    n = school.size
    pre = rng.normal(50, 10, n)
    arm = rng.choice(["aide", "regular", "small"], schools)[school]
    math = 500 + 1.5 * pre + 6 * (arm == "small") + 12 * rng.normal(size=schools)[school]
    math += (pre - 50) * 0.4 * rng.normal(size=schools)[school] + 25 * rng.normal(size=n)
    return pl.DataFrame({"school": school, "arm": arm, "pre": pre, "math": math})


def same(one: MultilevelFit, two: MultilevelFit, tolerance: float = 1e-9) -> None:
    """Estimates, errors, freedom and variances agree, relative to each one's own error."""
    for a, b in zip(one.fixed, two.fixed, strict=True):
        assert a.term == b.term
        assert a.estimate == pytest.approx(b.estimate, abs=tolerance * a.se)
        assert (a.se, a.df) == pytest.approx((b.se, b.df), rel=100 * tolerance)
    size = max(abs(part.covariance) for part in one.random)
    assert [p.covariance for p in one.random] == pytest.approx(
        [p.covariance for p in two.random], rel=100 * tolerance, abs=100 * tolerance * size
    )
    assert one.residual_variance == pytest.approx(two.residual_variance, rel=tolerance)
    assert one.value == pytest.approx(two.value, rel=tolerance)


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 400), st.integers(0, 1000))
def test_two_halves_make_the_whole(cut: int, seed: int) -> None:
    """Moments of two halves, collected apart and added, give the whole's model."""
    table = students(seed)
    shuffled = table.sample(fraction=1, shuffle=True, seed=seed)
    design = design_of(parse_formula(FORMULA), table)
    halves = [collect(part, design, by=["school"], engine="memory") for part in (shuffled[:cut], shuffled[cut:])]
    same(multilevel_from_moments(halves[0] + halves[1], design), multilevel_model(table, FORMULA, engine="memory"))


def test_an_offset_of_a_million_loses_nothing() -> None:
    table = students()
    far = table.with_columns(pl.col("math") + 1e6, pl.col("pre") + 1e6)
    near, away = (multilevel_model(data, "math ~ pre * arm + (1 + pre | school)") for data in (table, far))
    for name in ("pre", "pre:arm=small"):
        assert away.term(name).estimate == pytest.approx(near.term(name).estimate, rel=1e-7)
        assert away.term(name).se == pytest.approx(near.term(name).se, rel=1e-7)
    assert away.value == pytest.approx(near.value, rel=1e-9)
    assert away.residual_variance == pytest.approx(near.residual_variance, rel=1e-8)
    assert away.variance("school", "pre") == pytest.approx(near.variance("school", "pre"), rel=1e-6)


@pytest.mark.parametrize("formula", [FORMULA, "math ~ 0 + arm + pre + (1 | school)", "math ~ pre + (pre || school)"])
def test_units_go_through(formula: str) -> None:
    """A column in other units changes its own coefficients and variances, and nothing else."""
    table = students()
    plain = multilevel_model(table, formula)
    scaled = multilevel_model(table.with_columns(pl.col("math") * 8, pl.col("pre") / 4), formula)
    for one, two in zip(plain.fixed, scaled.fixed, strict=True):
        factor = 32.0 if "pre" in one.term else 8.0
        assert two.estimate == pytest.approx(one.estimate * factor, rel=1e-8)
        assert two.se == pytest.approx(one.se * factor, rel=1e-8)
        assert two.df == pytest.approx(one.df, rel=1e-6)
    for a, b in zip(plain.random, scaled.random, strict=True):
        factor = 64.0 * 4 ** sum("pre" in term for term in (a.term1, a.term2))
        assert b.covariance == pytest.approx(a.covariance * factor, rel=1e-6)


def test_neither_order_nor_labels_of_rows_matter() -> None:
    table = students()
    other = table.sample(fraction=1, shuffle=True, seed=3).with_columns(
        school=pl.format("S{}", (pl.col("school") * 7919) % 101)
    )
    same(multilevel_model(table, FORMULA), multilevel_model(other, FORMULA))


def test_the_dense_likelihood_is_the_same() -> None:
    """−2 log L from the whole covariance matrix, written out, at the estimate: nothing of ours in it."""
    table = students(schools=8, size=8)
    for reml in (True, False):
        fit = multilevel_model(table, "math ~ pre + (1 + pre | school)", reml=reml)
        y, pre, school = (table[name].to_numpy().astype(float) for name in ("math", "pre", "school"))
        x = np.column_stack([np.ones(y.size), pre])
        names = ("(Intercept)", "pre")
        cov = np.array([[fit.variance("school", one, two) for two in names] for one in names])
        v = (x @ cov @ x.T) * (school[:, None] == school) + fit.residual_variance * np.eye(y.size)
        inverse = np.linalg.inv(v)
        info = x.T @ inverse @ x
        beta = np.linalg.solve(info, x.T @ inverse @ y)
        left = y - x @ beta
        value = np.linalg.slogdet(v)[1] + left @ inverse @ left
        value += np.linalg.slogdet(info)[1] + (y.size - 2) * np.log(2 * np.pi) if reml else y.size * np.log(2 * np.pi)
        assert fit.value == pytest.approx(value, rel=1e-11)
        assert [effect.estimate for effect in fit.fixed] == pytest.approx(beta, rel=1e-8)
        assert fit.covariance == pytest.approx(np.linalg.inv(info), rel=1e-7)


def test_a_zero_of_symmetry_is_left_behind() -> None:
    """At θ = 0 the gradient in θ vanishes whatever the data say; the search must not end there."""
    from fairlead.science.impact.multilevel import newton

    fit = multilevel_model(students(), "math ~ pre + (1 | school)")
    state = fit.state
    criterion = newton.Criterion(state.pieces, fit.n, reml=True)
    shape = state.shape
    start = shape.start
    try:
        object.__setattr__(shape, "start", lambda: np.zeros(1))
        point, _, told = newton.minimise(criterion, shape)
    finally:
        object.__setattr__(shape, "start", start)
    assert told.converged
    assert point.theta == pytest.approx(state.point.theta, rel=1e-8)


def test_an_edge_along_which_the_root_can_turn_is_reached() -> None:
    """Intercepts hardly differ, slopes do: Λ can turn there without changing the model. Found by trying many; the search
    once followed the turn for a hundred steps."""
    rng = np.random.default_rng(180)
    groups = int(rng.integers(4, 15))
    n = int(rng.integers(groups * 3, groups * 8))
    school, _ = rng.integers(0, groups, n), rng.integers(0, 3, n)
    pre = rng.normal(rng.choice([0, 50]), 1, n)
    math = pre + rng.choice([0, 0.2, 1, 5]) * rng.normal(size=groups)[school]
    math = math + rng.choice([0, 0.3, 2]) * rng.normal(size=groups)[school] * (pre - pre.mean()) + rng.normal(size=n)
    fit = multilevel_model(
        pl.DataFrame({"school": school, "pre": pre, "math": math}), "math ~ pre + (1 + pre | school)"
    )
    assert fit.converged
    assert fit.singular
    assert fit.convergence.iterations < 25
    assert fit.convergence.slope > -1e-6


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("math ~ pre", "at least one random part"),
        ("math ~ pre + (1 | school) + (1 + pre | school)", "cannot be told apart"),
        ("math ~ pre + (1 | school) + (1 | arm2)", "crossed"),
        ("math ~ pre + (1 | school) + (1 | twin)", "the same groups"),
        ("math ~ pre + (1 | a/b/c)", "at most two"),
        ("math ~ pre + twice + (1 | school)", "twice: the column is determined"),
        ("math ~ pre + one + (1 | school)", "one: the column is determined"),
        ("one ~ pre + (1 | school)", "does not vary"),
        ("math ~ pre + (1 | one)", "one group"),
        ("math ~ pre + (1 | row)", "as many random effects as rows"),
        ("exact ~ pre + (1 | school)", "exactly"),
        ("math ~ pre + empty + (1 | school)", "no row"),
        ("math ~ pre + absent + (1 | school)", "no such column"),
    ],
)
def test_what_cannot_be_estimated_is_refused(formula: str, words: str) -> None:
    table = students().with_row_index("row")
    table = table.with_columns(
        twin=pl.col("school") + 100,
        arm2=pl.col("row") % 3,
        twice=2 * pl.col("pre") + 1,
        one=pl.lit(1.0),
        exact=3 * pl.col("pre") + 1,
        empty=pl.lit(None, dtype=pl.Float64),
        a=pl.col("school") // 10,
        b=pl.col("school") // 2,
        c=pl.col("school"),
    )
    before = table.clone()
    with pytest.raises((EstimationError, DataError), match=words) as refused:
        multilevel_model(table, formula)
    assert refused.value.problems[0].where
    assert table.equals(before)


def test_rows_left_out_are_counted() -> None:
    table = students().with_row_index("row")
    holes = table.with_columns(pre=pl.when(pl.col("row") % 10 == 0).then(None).otherwise(pl.col("pre")))
    fit = multilevel_model(holes, "math ~ pre + (1 | school)")
    assert {gone.column: gone.rows for gone in fit.left} == {"pre": holes["pre"].null_count()}
    same(fit, multilevel_model(holes.drop_nulls(), "math ~ pre + (1 | school)"))


def test_few_groups_are_warned_of() -> None:
    fit = multilevel_model(students(schools=6, size=40), "math ~ pre + (1 | school)")
    assert any("6 groups" in warning for warning in fit.warnings)


def test_the_terminal_prints_what_others_rely_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "students.parquet"
    students().write_parquet(path)
    answers = {}
    for engine in ("duckdb", "memory"):
        assert main(["impact", "model", str(path), "--formula", FORMULA, "--engine", engine, "--json"]) == 0
        answers[engine] = json.loads(capsys.readouterr().out)
    answer = answers["duckdb"]
    keys = {"criterion", "value", "fixed", "random", "residual_variance", "n", "groups", "converged"}
    assert keys <= set(answer)
    assert (answer["criterion"], answer["converged"], answer["groups"]) == ("REML", True, {"school": 30})
    assert {"term", "estimate", "se", "df", "p"} <= set(answer["fixed"][0])
    assert {"group", "term1", "term2", "covariance"} <= set(answer["random"][0])
    assert answer["value"] == pytest.approx(answers["memory"]["value"], rel=1e-12)
    assert main(["impact", "model", str(path), "--formula", FORMULA, "--ml", "--explained", "--effects"]) == 0
    text = capsys.readouterr().out
    for words in ("arm=small", "residual", "deviance", "ICC", "reliability"):
        assert words in text
    assert (
        main(["impact", "model", str(path), "--formula", "math ~ pre + (1 | school) + (pre | school)", "--json"]) == 2
    )
    assert json.loads(capsys.readouterr().out)["problems"][0]["where"] == "formula"
    assert main(["impact", "model", str(path), "--formula", FORMULA, "--engine", "postgres"]) == 2
    assert "postgres" in capsys.readouterr().err
