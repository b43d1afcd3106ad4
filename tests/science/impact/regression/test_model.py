"""Regression on moments beside the one on rows, and its own algebra."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.science.impact.formula import parse_formula
from fairlead.science.impact.moments import collect, combine, design_of
from fairlead.science.impact.problems import EstimationError
from fairlead.science.impact.regression import (
    RegressionFit,
    leave_one_out,
    linear_regression,
    omitted_variable,
    regression_from_moments,
    wild_bootstrap,
)
from tests.science.impact.regression.test_arrays import second_engine


def sample(seed: int, n: int = 160, *, nested: bool = True) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    cluster = rng.integers(0, 24, n)
    block = cluster % 7 if nested else rng.integers(0, 7, n)
    treat = (rng.permutation(24) % 2)[cluster].astype(float)
    pre = rng.normal(size=n) + 0.3 * block
    y = 2 * treat + pre + block + rng.normal(size=24)[cluster] + rng.normal(size=n) * (1 + treat)
    year = rng.integers(0, 5, n)
    dose = treat + 0.2 * rng.normal(size=n)
    return pl.DataFrame(
        {"y": y, "treat": treat, "pre": pre, "block": block, "g": cluster, "year": year, "dose": dose}
    )


def numbers(fit: RegressionFit) -> np.ndarray:
    return np.array([[c.estimate, c.se, c.df] for c in fit.coefficients])


@pytest.mark.parametrize("errors", ["HC1", "CR1", "CR2"])
@pytest.mark.parametrize("absorb", [None, "block", "g"])
@pytest.mark.parametrize("nested", [True, False])
def test_equals_the_regression_on_rows(errors: str, absorb: str | None, nested: bool) -> None:
    """A dummy for every group, lstsq, and the sandwich written out; 1e-9 leaves room for the order of sums only."""
    table = sample(3, nested=nested)
    fit = linear_regression(table, "y ~ dose + pre", cluster="g", absorb=absorb, errors=errors, small_sample="all")
    beta, covariance, df = second_engine(
        table["y"].to_numpy(),
        table.select("dose", "pre").to_numpy(),
        None if absorb is None else table[absorb].to_numpy(),
        table["g"].to_numpy(),
        errors,
    )
    got = numbers(fit)[0 if absorb else 1 :]
    np.testing.assert_allclose(got, np.column_stack([beta, np.sqrt(np.diag(covariance)), df]), rtol=1e-9)


def long_way(table: pl.DataFrame, keys: tuple[str, ...], errors: str) -> tuple[float, float]:
    """Dummies for every level of both factors, and the sandwich written out."""
    y = table["y"].to_numpy()
    x = table.select("dose", "pre").to_numpy()
    dummies = [(table[key].to_numpy()[:, None] == np.unique(table[key])[None, :]).astype(float) for key in keys]
    full = np.hstack([x, *dummies])
    bread = np.linalg.pinv(full.T @ full)
    e = y - full @ (bread @ full.T @ y)
    cluster = table["g"].to_numpy()
    scores = np.array([full[cluster == g].T @ e[cluster == g] for g in np.unique(cluster)])
    covariance = bread @ scores.T @ scores @ bread
    rank = np.linalg.matrix_rank(full)
    count, n = scores.shape[0], y.size
    if errors == "CR1":
        covariance = covariance * count / (count - 1) * (n - 1) / (n - rank)
    if errors == "classical":
        covariance = bread * (e @ e) / (n - rank)
    return float((bread @ full.T @ y)[0]), float(np.sqrt(covariance[0, 0]))


@pytest.mark.parametrize("errors", ["CR0", "CR1", "classical"])
@pytest.mark.parametrize("keys", [("g", "year"), ("year", "g"), ("block", "year")])
def test_two_factors_equal_their_dummies(errors: str, keys: tuple[str, str]) -> None:
    table = sample(4, nested=False)
    fit = linear_regression(table, "y ~ dose + pre", cluster="g", absorb=keys, errors=errors, small_sample="all")
    assert (fit.term("dose").estimate, fit.term("dose").se) == pytest.approx(long_way(table, keys, errors), rel=1e-9)


def test_factors_that_fall_into_parts_count_their_rank_once() -> None:
    table = sample(5).with_columns(year=pl.col("g") // 8 * 10 + pl.col("year"))
    fit = linear_regression(table, "y ~ dose + pre", cluster="g", absorb=("g", "year"), small_sample="all")
    assert (fit.term("dose").estimate, fit.term("dose").se) == pytest.approx(
        long_way(table, ("g", "year"), "CR1"), rel=1e-9
    )
    assert fit.rank == 2 + 24 + 15 - 3


def test_a_balanced_panel_and_a_sparse_system_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows in each cell take the closed form; a general solve of the same cells must agree."""
    from fairlead.science.impact.regression import absorb

    rng = np.random.default_rng(1)
    unit, year = (a.ravel() for a in np.meshgrid(np.repeat(np.arange(30), 2), np.arange(6), indexing="ij"))
    values = rng.normal(size=(unit.size, 2)) + unit[:, None] + year[:, None] ** 2
    weights = np.ones(unit.size)
    cells = unit * 6 + year
    means = np.column_stack([np.bincount(cells, values[:, j]) / 2 for j in range(2)])
    factors = [np.repeat(np.arange(30), 6), np.tile(np.arange(6), 30)]
    closed = absorb.absorb(means, np.full(180, 2.0), factors)
    rows = absorb.absorb(values, weights, [unit, year])
    monkeypatch.setattr(absorb, "DENSE", 0)
    sparse = absorb.absorb(values, weights, [unit, year])
    assert (closed.how, rows.how, sparse.how) == ("balanced", "dense", "sparse")
    assert closed.rank == rows.rank == sparse.rank == 35
    np.testing.assert_allclose(sparse.means, rows.means, atol=1e-10)
    np.testing.assert_allclose(
        np.column_stack([np.bincount(cells, rows.means[:, j]) / 2 for j in range(2)]), closed.means, atol=1e-10
    )


@pytest.mark.parametrize("absorb", [None, "block", ("block", "year")])
def test_halves_add_to_the_whole(absorb: Any) -> None:
    table = sample(6)
    design = design_of(parse_formula("y ~ dose * pre"), table)
    by = ["g", "block", "year"]
    halves = combine([collect(part, design, by=by, engine="memory") for part in (table[:70], table[70:])])
    fit = regression_from_moments(halves, design, cluster="g", absorb=absorb, errors="CR1")
    whole = linear_regression(table, "y ~ dose * pre", cluster="g", absorb=absorb, errors="CR1")
    np.testing.assert_allclose(numbers(fit), numbers(whole), rtol=1e-9)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), errors=st.sampled_from(["CR0", "CR1", "CR2", "classical"]))
def test_row_order_and_labels_do_not_matter(seed: int, errors: str) -> None:
    table = sample(seed)
    other = table.sample(fraction=1.0, shuffle=True, seed=seed).with_columns(
        g=pl.format("c{}", 99 - pl.col("g")), block=pl.format("s{}", 9 - pl.col("block"))
    )
    first, again = (
        linear_regression(rows, "y ~ dose + pre", cluster="g", absorb="block", errors=errors, engine="memory")
        for rows in (table, other)
    )
    np.testing.assert_allclose(numbers(again), numbers(first), rtol=1e-8)


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    scale=st.floats(1e-4, 1e4),
    shift=st.floats(-1e6, 1e6),
    errors=st.sampled_from(["HC1", "CR1", "CR2"]),
)
def test_scaling_and_shifting_the_outcome(seed: int, scale: float, shift: float, errors: str) -> None:
    """Estimates scale with the outcome; t and df do not move. A shift of a million leaves ten of sixteen digits."""
    table = sample(seed)
    moved = table.with_columns(y=scale * (pl.col("y") + shift))
    first, other = (
        linear_regression(rows, "y ~ treat + pre", cluster="g", errors=errors, engine="memory")
        for rows in (table, moved)
    )
    a, b = numbers(first)[1:], numbers(other)[1:]
    np.testing.assert_allclose(b[:, 0], scale * a[:, 0], rtol=1e-6, atol=scale * 1e-8)
    np.testing.assert_allclose(b[:, 1:], a[:, 1:] * [scale, 1], rtol=1e-6)


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    shift=st.sampled_from([-1e6, 30.0, 1e6]),
    errors=st.sampled_from(["HC1", "CR1", "CR2"]),
    engine=st.sampled_from([None, "memory"]),
)
def test_an_offset_of_a_million_loses_nothing_of_an_interaction(
    seed: int, shift: float, errors: str, engine: str | None
) -> None:
    """What does not depend on where zero lies stays: the slopes, their errors, the fit, and the effect at the old zero."""
    table = sample(seed)
    moved = table.with_columns(pre=pl.col("pre") + shift)
    first, other = (
        linear_regression(rows, "y ~ treat * pre + dose", cluster="g", errors=errors, engine=engine)
        for rows in (table, moved)
    )
    same = [first.names.index(name) for name in ("pre", "treat:pre", "dose")]
    np.testing.assert_allclose(numbers(other)[same], numbers(first)[same], rtol=1e-7)
    back = other.contrast([0, 1, *(shift if name == "treat:pre" else 0 for name in other.names[2:])])
    old = first.term("treat")
    assert (back.estimate, back.df) == pytest.approx((old.estimate, old.df), rel=1e-6)
    assert back.se == pytest.approx(
        old.se, rel=1e-4
    )  # a contrast of variances of 1e12: twelve of sixteen digits cancel
    assert other.residual_variance == pytest.approx(first.residual_variance, rel=1e-9)


def test_what_asks_one_coefficient_asks_the_one_in_its_own_units() -> None:
    """Products are summed about a middle; the treatment's own coefficient is still that at zero, in every further question."""
    table = sample(4).with_columns(pre=pl.col("pre") + 3)
    by_hand = table.with_columns(both=pl.col("treat") * pl.col("pre"))
    one, two = (
        linear_regression(table, "y ~ treat * pre", cluster="g"),
        linear_regression(by_hand, "y ~ treat + pre + both", cluster="g"),
    )
    assert collect(table, design_of(parse_formula("y ~ treat * pre"), table)).less.any()
    told = [
        (
            omitted_variable(fit, "treat", benchmarks=["pre"], times=[1]),
            wild_bootstrap(fit, "treat", rng=np.random.default_rng(3), draws=99),
            leave_one_out(fit, "treat"),
        )
        for fit in (one, two)
    ]
    (bias, wild, left), (bias2, wild2, left2) = told
    assert (bias.robustness.robustness, bias.classical_se) == pytest.approx(
        (bias2.robustness.robustness, bias2.classical_se), rel=1e-9
    )
    assert bias.bounds[0].estimate == pytest.approx(bias2.bounds[0].estimate, rel=1e-9)
    assert (wild.p, wild.low, wild.high) == pytest.approx((wild2.p, wild2.low, wild2.high), rel=1e-6)
    assert (left.low, left.high) == pytest.approx((left2.low, left2.high), rel=1e-9)


def test_a_contrast_has_its_own_degrees_of_freedom() -> None:
    """Writing the model in a + b and b makes the contrast a coefficient."""
    table = sample(7).with_columns(both=pl.col("treat") + pl.col("pre"))
    fit = linear_regression(table, "y ~ treat + pre", cluster="g")
    again = linear_regression(table, "y ~ both + pre", cluster="g").term("pre")
    found = fit.contrast([0, -1, 1])
    assert (found.estimate, found.se, found.df) == pytest.approx((again.estimate, again.se, again.df), rel=1e-9)


def test_without_an_intercept() -> None:
    table = sample(8)
    fit = linear_regression(table, "y ~ 0 + treat + pre", cluster="g", errors="CR2")
    x = table.select("treat", "pre").to_numpy()
    np.testing.assert_allclose(numbers(fit)[:, 0], np.linalg.lstsq(x, table["y"].to_numpy(), rcond=None)[0])


@pytest.mark.parametrize(
    ("change", "where", "words"),
    [
        ({"table": sample(2).with_columns(y=pl.lit(3.0))}, "y", "does not vary"),
        ({"table": sample(2).with_columns(y=pl.col("block").cast(pl.Float64))}, "y", "within the fixed effects"),
        ({"table": sample(2).with_columns(pre=2 * pl.col("dose") + 1)}, "pre", "collinear with others"),
        ({"table": sample(2).with_columns(dose=pl.lit(0.0))}, "dose", "does not vary in the analysed rows"),
        ({"table": sample(2).with_columns(dose=pl.col("block") * 2.0)}, "dose", "only between the fixed effects"),
        ({"table": sample(2).with_columns(pre=pl.col("y") * 2)}, "residuals", "exactly"),
        ({"table": sample(2).with_columns(g=pl.lit(1))}, "cluster", "at least two"),
        ({"table": sample(2)[:3], "absorb": None}, "rows", "too few rows"),
        ({"cluster": None}, "cluster", "need clusters"),
        ({"errors": "HC9"}, "errors", "unknown kind"),
        ({"absorb": ("block", "year"), "errors": "CR2"}, "errors", "one absorbed factor"),
        ({"absorb": ("block", "year"), "errors": "HC2"}, "errors", "leverages"),
        ({"absorb": ("block", "year", "g")}, "absorb", "at most two"),
        ({"small_sample": "stata"}, "small_sample", "unknown convention"),
        ({"formula": "y ~ dose + (1 | g)"}, "formula", "no random part"),
    ],
)
def test_refusals_name_the_place(change: dict[str, Any], where: str, words: str) -> None:
    arguments: dict[str, Any] = {
        "table": sample(2),
        "formula": "y ~ dose + pre",
        "absorb": "block",
        "cluster": "g",
        "errors": "CR1",
        **change,
    }
    table, formula = arguments.pop("table"), arguments.pop("formula")
    with pytest.raises(EstimationError, match=words) as refused:
        linear_regression(table, formula, engine="memory", **arguments)
    assert refused.value.problems[0].where == where


def test_moments_refuse_errors_by_row() -> None:
    table = sample(2)
    design = design_of(parse_formula("y ~ dose"), table)
    with pytest.raises(EstimationError, match="each row's own residual"):
        regression_from_moments(collect(table, design, by=["g"]), design, errors="HC1")


def test_few_clusters_are_warned_of() -> None:
    table = sample(2).filter(pl.col("g") < 8)
    told = linear_regression(table, "y ~ dose + pre", cluster="g").warnings
    assert any("8 clusters" in text and "wild_bootstrap" in text for text in told)
    assert any(
        "CR0 is too small" in text
        for text in linear_regression(table, "y ~ dose", cluster="g", errors="CR0").warnings
    )


def test_the_table_is_not_changed_and_results_are_read_only() -> None:
    table = sample(1)
    before = table.clone()
    fit = linear_regression(table, "y ~ dose + pre", cluster="g")
    assert table.equals(before)
    with pytest.raises(ValueError, match="read-only"):
        fit.covariance[0, 0] = 1.0
    assert "24 clusters of g; CR2 errors" in str(fit)
