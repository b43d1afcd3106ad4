"""Refits from cluster sums beside the same done the long way, on rows."""

from __future__ import annotations

import itertools

import numpy as np
import polars as pl
import pytest

from fairlead.science.impact.formula import parse_formula
from fairlead.science.impact.moments import Design, Moments, collect, design_of
from fairlead.science.impact.problems import EstimationError
from fairlead.science.impact.regression import (
    cluster_bootstrap,
    leave_one_out,
    linear_regression,
    permute_clusters,
    wild_bootstrap,
)


def sample(groups: int = 9, seed: int = 1, effect: float = 1.0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(groups), rng.integers(6, 20, groups))
    treat = (g % 2).astype(float)
    pre = rng.normal(size=g.size) + 3
    y = effect * treat + 0.5 * pre + 0.5 * rng.normal(size=groups)[g] + rng.normal(size=g.size) * (1 + treat)
    return pl.DataFrame({"y": y, "treat": treat, "pre": pre, "g": g, "block": g // 4})


def collected(table: pl.DataFrame, formula: str) -> tuple[Moments, Design]:
    design = design_of(parse_formula(formula), table)
    return collect(table, design, by=["g", "block"], engine="memory"), design


def wild_the_long_way(table: pl.DataFrame, value: float) -> float:
    """All signs, on rows: restricted fit, new outcomes, refit, CR1 t."""
    y, g = table["y"].to_numpy(), table["g"].to_numpy()
    x = np.column_stack([np.ones(y.size), table["treat"], table["pre"]])
    bread = np.linalg.inv(x.T @ x)

    def t(outcome: np.ndarray, null: float) -> float:
        b = bread @ x.T @ outcome
        e = outcome - x @ b
        scores = np.array([x[g == c].T @ e[g == c] for c in np.unique(g)])
        return float((b[1] - null) / np.sqrt((bread @ scores.T @ scores @ bread)[1, 1]))

    kept = x[:, [0, 2]]
    b = np.linalg.lstsq(kept, y - value * x[:, 1], rcond=None)[0]
    fitted = kept @ b + value * x[:, 1]
    observed = t(y, value)
    drawn = [
        t(fitted + np.array(signs)[g] * (y - fitted), value)
        for signs in itertools.product([-1.0, 1.0], repeat=int(g.max()) + 1)
    ]
    return float(np.mean(np.abs(drawn) >= abs(observed) * (1 - 1e-9)))


@pytest.mark.parametrize("value", [0.0, 0.7, -3.0])
def test_wild_bootstrap_equals_the_long_way(value: float) -> None:
    """All 2⁸ signs, so nothing is left to chance."""
    table = sample(8)
    fit = linear_regression(table, "y ~ treat + pre", cluster="g", engine="memory")
    found = wild_bootstrap(
        fit, "treat", rng=np.random.default_rng(1), value=value, weights="rademacher", interval=False
    )
    assert found.exact
    assert found.draws == 256
    assert found.p == pytest.approx(wild_the_long_way(table, value), abs=1e-12)


def test_the_interval_holds_what_is_not_rejected() -> None:
    fit = linear_regression(sample(16), "y ~ treat + pre", cluster="g", engine="memory")
    found = wild_bootstrap(fit, "treat", rng=np.random.default_rng(1), draws=1999)
    assert found.low is not None
    assert found.high is not None
    for end, side in ((found.low, -1), (found.high, 1)):
        out, inside = (
            wild_bootstrap(
                fit, "treat", rng=np.random.default_rng(1), draws=1999, value=end + step * found.estimate / 50,
                interval=False,
            ).p
            for step in (side, -side)
        )  # fmt: skip
        assert out <= 0.05 < inside
    assert found.weights == "rademacher"
    assert found.warnings == ()


def test_few_clusters_take_six_points_and_say_so() -> None:
    fit = linear_regression(sample(6), "y ~ treat + pre", cluster="g", engine="memory")
    found = wild_bootstrap(fit, "treat", rng=np.random.default_rng(1), draws=999)
    assert found.weights == "webb"
    assert any("6 clusters" in text and "permute_clusters" in text for text in found.warnings)


def test_fixed_effects_within_clusters_need_nothing_more() -> None:
    """Absorbing a factor that lies within clusters equals writing its dummies."""
    table = sample(12).with_columns(half=pl.col("g") * 2 + pl.int_range(pl.len()) % 2, dose=pl.col("pre") ** 2)
    one = linear_regression(table, "y ~ dose + pre", cluster="g", absorb="half", errors="CR1", small_sample="all")
    two = linear_regression(table, "y ~ dose + pre + C(half)", cluster="g", errors="CR1")
    p = [wild_bootstrap(fit, "dose", rng=np.random.default_rng(2), draws=499).p for fit in (one, two)]
    assert p[0] == p[1]
    moved = [leave_one_out(fit, "dose") for fit in (one,)]
    assert moved[0].lost == 0


@pytest.mark.parametrize("absorb", [None, "half"])
def test_leave_one_out_equals_refits(absorb: str | None) -> None:
    table = sample(9).with_columns(half=pl.col("g") * 2 + pl.int_range(pl.len()) % 2, dose=pl.col("pre") ** 2)
    term = "treat" if absorb is None else "dose"
    formula = f"y ~ {term} + pre"
    fit = linear_regression(table, formula, cluster="g", absorb=absorb, errors="CR2", engine="memory")
    found = leave_one_out(fit, term)
    assert abs(found.without[0].share or 0) == max(abs(item.share or 0) for item in found.without)
    for item in found.without:
        rest = table.filter(pl.col("g") != item.cluster[0])
        again = linear_regression(rest, formula, cluster="g", absorb=absorb, errors="CR1", engine="memory").term(term)
        assert (item.estimate, item.se, item.p) == pytest.approx((again.estimate, again.se, again.p), rel=1e-8)


def test_a_cluster_that_alone_carries_the_coefficient_is_told() -> None:
    table = sample(6).with_columns(treat=(pl.col("g") == 2).cast(pl.Float64))
    found = leave_one_out(linear_regression(table, "y ~ treat + pre", cluster="g"), "treat")
    assert (found.lost, found.without[0].cluster, found.without[0].estimate) == (1, (2,), None)


def test_cluster_bootstrap_is_near_the_sandwich() -> None:
    """With sixty clusters of like size two estimates of one error; within a tenth, as 3,999 draws allow."""
    fit = linear_regression(sample(60, seed=3), "y ~ treat + pre", cluster="g", engine="memory")
    found = cluster_bootstrap(fit, "treat", rng=np.random.default_rng(1), draws=3999)
    assert found.se == pytest.approx(fit.term("treat").se, rel=0.1)
    assert found.low < found.estimate < found.high
    assert found.lost == 0


@pytest.mark.parametrize("formula", ["y ~ treat", "y ~ treat + pre", "y ~ treat * pre", "y ~ 0 + treat + pre"])
@pytest.mark.parametrize("statistic", ["estimate", "t"])
def test_permutation_equals_refits_on_rows(formula: str, statistic: str) -> None:
    table = sample(6)
    moments, design = collected(table, formula)
    found = permute_clusters(moments, design, "treat", cluster="g", rng=np.random.default_rng(1), statistic=statistic)
    assert (found.exact, found.draws) == (True, 20)
    drawn = []
    for chosen in itertools.combinations(range(6), 3):
        moved = table.with_columns(treat=pl.col("g").is_in(chosen).cast(pl.Float64))
        again = linear_regression(moved, formula, cluster="g", errors="CR0", engine="memory").term("treat")
        drawn.append(again.estimate if statistic == "estimate" else again.t)
    np.testing.assert_allclose(np.sort(found.drawn), np.sort(drawn), rtol=1e-8, atol=1e-10)
    own = linear_regression(table, formula, cluster="g", errors="CR0", engine="memory").term("treat")
    assert found.estimate == pytest.approx(own.estimate, rel=1e-9)
    assert found.p == pytest.approx(np.mean(np.abs(drawn) >= abs(found.observed) * (1 - 1e-9)))


def test_permutation_within_blocks_takes_their_effects_out() -> None:
    table = sample(8)
    moments, design = collected(table, "y ~ treat + pre")
    found = permute_clusters(
        moments, design, "treat", cluster="g", within="block", absorb="block", rng=np.random.default_rng(1)
    )
    assert found.draws == 6**2
    drawn = []
    for parts in itertools.product(*(itertools.combinations(range(4 * d, 4 * d + 4), 2) for d in range(2))):
        moved = table.with_columns(treat=pl.col("g").is_in([g for part in parts for g in part]).cast(pl.Float64))
        fit = linear_regression(moved, "y ~ treat + pre", absorb="block", errors="classical", engine="memory")
        drawn.append(fit.term("treat").estimate)
    np.testing.assert_allclose(np.sort(found.drawn), np.sort(drawn), rtol=1e-8, atol=1e-10)


@pytest.mark.prove
def test_a_null_that_is_true_is_rarely_rejected() -> None:
    """Of 100 trials without an effect about five fall below 0.05; more than 14 would be a chance of 1 in 10,000."""
    rng = np.random.default_rng(5)
    low = 0
    for seed in range(100):
        moments, design = collected(sample(12, seed=seed, effect=0.0), "y ~ treat + pre")
        low += permute_clusters(moments, design, "treat", cluster="g", rng=rng, draws=199).p <= 0.05
    assert low <= 14


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"treatment": "pre"}, "same for all rows"),
        ({"treatment": "year"}, "holds no such treatment"),
        ({"statistic": "z"}, "unknown statistic"),
        ({"table": sample().with_columns(treat=pl.col("treat") * 2)}, "0 or 1"),
    ],
)
def test_what_cannot_be_permuted_is_refused(change: dict[str, object], words: str) -> None:
    table = change.pop("table", sample())
    assert isinstance(table, pl.DataFrame)
    moments, design = collected(table, "y ~ treat + pre")
    treatment = str(change.pop("treatment", "treat"))
    with pytest.raises(EstimationError, match=words):
        permute_clusters(moments, design, treatment, cluster="g", rng=np.random.default_rng(1), **change)  # type: ignore[arg-type]


def test_effects_across_clusters_are_refused() -> None:
    table = sample(8).with_columns(year=pl.int_range(pl.len()) % 3)
    fit = linear_regression(table, "y ~ treat + pre", cluster="g", absorb="year", errors="CR1")
    for ask in (wild_bootstrap, cluster_bootstrap):
        with pytest.raises(EstimationError, match="across them"):
            ask(fit, "treat", rng=np.random.default_rng(1))
    with pytest.raises(EstimationError, match="needs clusters"):
        leave_one_out(linear_regression(table, "y ~ treat"), "treat")
