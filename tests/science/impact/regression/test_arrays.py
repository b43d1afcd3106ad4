"""Least squares against a second engine (dummies and a hand-written sandwich), published values, and its own algebra."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg

from fairlead.science.impact import EstimationError, least_squares
from tests.plugins.skips import needs_data


def second_engine(y, x, absorb, cluster, errors, weights=None):
    """The same regression the long way: a dummy for every group, lstsq, and the sandwich written out."""
    groups = np.zeros(y.size) if absorb is None else absorb
    dummies = (groups[:, None] == np.unique(groups)[None, :]).astype(float)
    full = np.hstack([x, dummies])
    if weights is not None:
        y, full = np.sqrt(weights) * y, np.sqrt(weights)[:, None] * full
    beta = np.linalg.lstsq(full, y, rcond=None)[0]
    e = y - full @ beta
    n, p = full.shape
    bread = np.linalg.inv(full.T @ full)
    k = x.shape[1]
    if errors == "HC1":
        meat = full.T @ (full * (e**2)[:, None]) * n / (n - p)
        return beta[:k], (bread @ meat @ bread)[:k, :k], np.full(k, n - p)
    names = np.unique(cluster)
    g = names.size
    meat = np.zeros((p, p))
    annihilator = np.eye(n) - full @ bread @ full.T
    vectors = []
    for name in names:
        rows = cluster == name
        block = full[rows]
        if errors == "CR1":
            score = block.T @ e[rows]
        else:
            values, axes = linalg.eigh(annihilator[np.ix_(rows, rows)])
            root = axes @ np.diag([v**-0.5 if v > 1e-9 else 0.0 for v in values]) @ axes.T
            score = block.T @ root @ e[rows]
            vectors.append(annihilator[:, rows] @ root @ block @ bread)
        meat += np.outer(score, score)
    covariance = bread @ meat @ bread
    if errors == "CR1":
        return beta[:k], covariance[:k, :k] * g / (g - 1) * (n - 1) / (n - p), np.full(k, g - 1)
    df = []
    for j in range(k):
        parts = np.column_stack([v[:, j] for v in vectors])
        inner = parts.T @ parts
        df.append(np.trace(inner) ** 2 / (inner**2).sum())
    return beta[:k], covariance[:k, :k], np.array(df)


def sample(seed, n=160, blocks=7, clusters=24, nested=True):
    rng = np.random.default_rng(seed)
    cluster = rng.integers(0, clusters, n)
    block = cluster % blocks if nested else rng.integers(0, blocks, n)
    treated = (rng.permutation(clusters) % 2)[cluster].astype(float)
    x = np.column_stack([treated, rng.normal(size=n) + 0.3 * block])
    y = 2 * treated + x[:, 1] + block + rng.normal(size=clusters)[cluster] + rng.normal(size=n) * (1 + treated)
    return y, x, block, cluster


@pytest.mark.parametrize("errors", ["HC1", "CR1", "CR2"])
@pytest.mark.parametrize("absorb", [True, False])
@pytest.mark.parametrize("nested", [True, False])
def test_equals_the_second_engine(errors, absorb, nested):
    """Two routes through the same algebra in double precision: 1e-9 relative leaves room for the order of sums only."""
    y, x, block, cluster = sample(3, nested=nested)
    fit = least_squares(y, x, names=("t", "pre"), absorb=block if absorb else None, cluster=cluster, errors=errors)
    beta, covariance, df = second_engine(y, x, block if absorb else None, cluster, errors)
    np.testing.assert_allclose(fit.coefficients, beta, rtol=1e-9)
    np.testing.assert_allclose(fit.covariance, covariance, rtol=1e-9)
    np.testing.assert_allclose(fit.df, df, rtol=1e-9)


@pytest.mark.parametrize("errors", ["HC1", "CR1", "CR2"])
@pytest.mark.parametrize("absorb", [True, False])
def test_weights_equal_the_second_engine(errors, absorb):
    """Rows multiplied by the roots of their weights; the same tolerance as without weights."""
    y, x, block, cluster = sample(4)
    weights = np.random.default_rng(4).uniform(0.2, 5, y.size)
    absorbed = block if absorb else None
    fit = least_squares(y, x, names=("t", "pre"), absorb=absorbed, cluster=cluster, errors=errors, weights=weights)
    beta, covariance, df = second_engine(y, x, absorbed, cluster, errors, weights)
    np.testing.assert_allclose(fit.coefficients, beta, rtol=1e-9)
    np.testing.assert_allclose(fit.covariance, covariance, rtol=1e-9)
    np.testing.assert_allclose(fit.df, df, rtol=1e-9)


@pytest.mark.parametrize("weights", [np.zeros(160), np.ones(3), np.full(160, np.nan)])
def test_weights_that_are_none_are_refused(weights):
    with pytest.raises(EstimationError, match="positive, finite weight"):
        least_squares(Y, X, names=("t", "pre"), weights=weights)


@pytest.mark.parametrize("errors", ["CR1", "CR2"])
def test_groups_inside_clusters_equal_the_second_engine(errors):
    """Fixed effects that a cluster uses up entirely (schools absorbed, schools clustered)."""
    y, x, block, _ = sample(5, nested=False)
    rng = np.random.default_rng(1)
    x = np.column_stack([rng.integers(0, 2, y.size).astype(float), x[:, 1]])
    fit = least_squares(y, x, names=("t", "pre"), absorb=block, cluster=block, errors=errors)
    beta, covariance, df = second_engine(y, x, block, block, errors)
    np.testing.assert_allclose(fit.coefficients, beta, rtol=1e-9)
    np.testing.assert_allclose(fit.covariance, covariance, rtol=1e-8)
    np.testing.assert_allclose(fit.df, df, rtol=1e-8)


def test_cr2_equals_clubsandwich_on_achievement_awards():
    """R clubSandwich 0.5.8, girls of 2001, Bagrut on treatment and covariates, clustered by school; digits as printed."""
    rows = pl.read_csv(
        needs_data("eval", "achievementawardsrct_clubSandwich.csv"), null_values=["NA", ""], infer_schema_length=None
    ).filter((pl.col("year").cast(pl.String) == "2001") & (pl.col("sex") == "Girl"))
    covariates = ["father_ed", "mother_ed", "immigrant", "siblings"]
    rows = rows.drop_nulls(["Bagrut_status", "treated", "school_type", "qrtl", *covariates])
    names, columns = ["treated", *covariates], [rows[name].cast(pl.Float64) for name in ("treated", *covariates)]
    for column in ("school_type", "qrtl"):
        values = rows[column].cast(pl.String)
        for level in sorted(values.unique())[1:]:
            names.append(f"{column}={level}")
            columns.append((values == level).cast(pl.Float64))
    fit = least_squares(
        rows["Bagrut_status"].to_numpy(),
        np.column_stack(columns),
        names=tuple(names),
        cluster=rows["school_id"].to_numpy(),
        errors="CR2",
    )
    assert fit.coefficients[0] == pytest.approx(0.0998235, abs=5e-8)
    assert fit.standard_errors[0] == pytest.approx(0.0471727, abs=5e-8)
    assert fit.df[0] == pytest.approx(20.843, abs=5e-4)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), errors=st.sampled_from(["HC1", "CR1", "CR2"]))
def test_row_order_and_labels_do_not_matter(seed, errors):
    y, x, block, cluster = sample(seed)
    order = np.random.default_rng(seed).permutation(y.size)
    first = least_squares(y, x, names=("t", "pre"), absorb=block, cluster=cluster, errors=errors)
    again = least_squares(
        y[order],
        x[order],
        names=("t", "pre"),
        absorb=np.array([f"s{99 - value}" for value in block[order]]),
        cluster=np.array([f"c{-value}" for value in cluster[order]]),
        errors=errors,
    )
    np.testing.assert_allclose(again.coefficients, first.coefficients, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(again.covariance, first.covariance, rtol=1e-8, atol=1e-14)
    np.testing.assert_allclose(again.df, first.df, rtol=1e-8)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    scale=st.floats(1e-4, 1e4),
    shift=st.floats(-1e6, 1e6),
    errors=st.sampled_from(["HC1", "CR1", "CR2"]),
)
def test_scaling_and_shifting_the_outcome(seed, scale, shift, errors):
    """Estimates scale with the outcome; t and df do not move. Offsets of a million cost no more than seven digits."""
    y, x, block, cluster = sample(seed)
    first = least_squares(y, x, names=("t", "pre"), absorb=block, cluster=cluster, errors=errors)
    other = least_squares(scale * (y + shift), x, names=("t", "pre"), absorb=block, cluster=cluster, errors=errors)
    np.testing.assert_allclose(other.coefficients, scale * first.coefficients, rtol=1e-7, atol=scale * 1e-9)
    np.testing.assert_allclose(other.standard_errors, scale * first.standard_errors, rtol=1e-7)
    np.testing.assert_allclose(other.df, first.df, rtol=1e-7)


def test_inputs_are_not_changed_and_results_are_read_only():
    y, x, block, cluster = sample(1)
    copies = [array.copy() for array in (y, x, block, cluster)]
    fit = least_squares(y, x, names=("t", "pre"), absorb=block, cluster=cluster, errors="CR2")
    for before, after in zip(copies, (y, x, block, cluster), strict=True):
        np.testing.assert_array_equal(before, after)
    with pytest.raises(ValueError, match="read-only"):
        fit.coefficients[0] = 1.0


Y, X, BLOCK, CLUSTER = sample(2)


@pytest.mark.parametrize(
    ("change", "where", "words"),
    [
        ({"y": np.full(Y.size, 3.0)}, "outcome", "does not vary"),
        ({"y": BLOCK.astype(float)}, "outcome", "within the fixed effects"),
        ({"y": np.full(Y.size, np.nan)}, "y", "missing or infinite"),
        ({"x": np.column_stack([X[:, 1], 2 * X[:, 1] + 1])}, "pre", "collinear with others"),
        ({"x": np.column_stack([np.zeros(Y.size), X[:, 1]])}, "t", "does not vary in the analysed rows"),
        ({"x": np.column_stack([BLOCK % 2, X[:, 1]]).astype(float)}, "t", "only between the fixed effects"),
        ({"x": np.column_stack([X[:, 0], Y])}, "residuals", "exactly"),
        ({"cluster": np.zeros(Y.size)}, "cluster", "at least two"),
        ({"cluster": None}, "cluster", "need clusters"),
        ({"errors": "HC9"}, "errors", "unknown kind"),
        ({"absorb": np.arange(Y.size)}, "outcome", "within the fixed effects"),
        ({"absorb": np.arange(3)}, "labels", "one label per row"),
    ],
)
def test_refusals_name_the_place(change, where, words):
    arguments = {"y": Y, "x": X, "absorb": BLOCK, "cluster": CLUSTER, "errors": "CR1", **change}
    y, x = arguments.pop("y"), arguments.pop("x")
    with pytest.raises(EstimationError, match=words) as caught:
        least_squares(y, x, names=("t", "pre"), **arguments)
    assert caught.value.problems[0].where == where


def test_too_few_rows():
    with pytest.raises(EstimationError, match="too few rows"):
        least_squares([1.0, 2.0], [[0.0], [1.0]], names=("t",))
