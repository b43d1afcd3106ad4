"""Randomized trials: what must hold for any lottery, and what is refused."""

from __future__ import annotations

import itertools

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.science.impact import ImpactError
from fairlead.science.impact.regression.arrays import least_squares
from fairlead.science.impact.trials import (
    complier_effect,
    difference_in_means,
    drawn,
    interacted_regression,
    randomization_test,
)
from tests.science.impact import battery


def blocked_rows() -> pl.DataFrame:
    rng = np.random.default_rng(3)
    block = np.repeat(np.arange(6), 8)
    arm = np.concatenate([rng.permutation([1, 1, 1, 0, 0, 0, 0, 0]) for _ in range(6)])
    x = rng.normal(size=48)
    took = np.where(rng.random(48) < 0.8, arm, 0)
    y = 1.5 * took + x + block + rng.normal(size=48)
    return pl.DataFrame({"y": y, "arm": arm, "block": [f"b{b}" for b in block], "x": x, "took": took})


def clustered_rows() -> pl.DataFrame:
    rng = np.random.default_rng(4)
    sizes = rng.integers(3, 9, 16)
    school = np.repeat(np.arange(16), sizes)
    arm = np.repeat(rng.permutation(np.repeat([0, 1], 8)), sizes)
    y = 2.0 * arm + rng.normal(size=16)[school] + rng.normal(size=school.size)
    return pl.DataFrame({"y": y, "arm": arm, "school": [f"s{s}" for s in school], "x": rng.normal(size=school.size)})


USUAL = {
    "no treated": lambda rows: rows.with_columns(arm=pl.lit(0)),
    "constant outcome": lambda rows: rows.with_columns(y=pl.lit(1.0)),
    "all missing": lambda rows: rows.with_columns(y=pl.lit(float("nan"))),
}


def _means(rows):
    found = difference_in_means(rows["y"], rows["arm"], blocks=rows["block"])
    return found.estimate, found.se


def _clusters(rows):
    found = difference_in_means(rows["y"], rows["arm"], clusters=rows["school"])
    return found.estimate, found.se


def _lin(rows):
    found = interacted_regression(rows["y"], rows["arm"], rows.select("x").to_numpy(), blocks=rows["block"])
    return found.estimate, found.se


def _compliers(rows):
    found = complier_effect(rows["y"], rows["took"], rows["arm"], covariates=rows["x"], blocks=rows["block"])
    return found.estimate, found.se


def _redraw(rows):
    test = randomization_test(
        rows["y"], rows["arm"], clusters=rows["school"], rng=np.random.default_rng(5), exact_up_to=20_000
    )
    assert test.exact
    return test.statistic, test.ci_low, test.ci_high


SUBJECTS = {
    "means": battery.Subject(blocked_rows, _means, "y", ("block",), USUAL),
    "clusters": battery.Subject(
        clustered_rows, _clusters, "y", ("school",),
        {**USUAL, "one cluster": lambda rows: rows.with_columns(school=pl.lit("one"))},
    ),
    "lin": battery.Subject(
        blocked_rows, _lin, "y", ("block",), {**USUAL, "collinear": lambda rows: rows.with_columns(x=pl.lit(1.0))}
    ),
    "compliers": battery.Subject(
        blocked_rows, _compliers, "y", ("block",),
        {**USUAL, "collinear": lambda rows: rows.with_columns(x=pl.col("arm").cast(pl.Float64))},
    ),
    "redraw": battery.Subject(clustered_rows, _redraw, "y", ("school",), USUAL, tolerance=1e-6),
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "check"), [(name, check) for name, subject in SUBJECTS.items() for check in battery.checks(subject)]
)
def test_battery(name, check):
    battery.run(SUBJECTS[name], check)


def test_neymans_error_is_hc2():
    """The two-variance error equals HC2 of the regression on the arm alone, an algebraic identity."""
    rows = blocked_rows()
    y, z = rows["y"].to_numpy(), rows["arm"].to_numpy()
    plain, lin = difference_in_means(y, z), interacted_regression(y, z, None)
    assert (lin.estimate, lin.se) == pytest.approx((plain.estimate, plain.se), rel=1e-12)


def test_clusters_are_cr2_and_single_members_are_individuals():
    rows = clustered_rows()
    found = difference_in_means(rows["y"], rows["arm"], clusters=rows["school"])
    fit = least_squares(
        rows["y"], rows["arm"].to_numpy()[:, None], names=("arm",), cluster=rows["school"].to_numpy(), errors="CR2"
    )
    assert found.se == pytest.approx(float(fit.standard_errors[0]), rel=1e-12)
    alone = difference_in_means(rows["y"], rows["arm"], clusters=np.arange(rows.height))
    plain = difference_in_means(rows["y"], rows["arm"])
    assert (alone.estimate, alone.se) == pytest.approx((plain.estimate, plain.se), rel=1e-10)


def test_blocks_by_hand():
    """Two blocks of 4 and 8: differences 2 and 1, weights 1/3 and 2/3."""
    y = [3.0, 5.0, 1.0, 3.0, 4.0, 4.0, 5.0, 5.0, 3.0, 3.0, 4.0, 4.0]
    z = [1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0]
    found = difference_in_means(y, z, blocks=[1] * 4 + [2] * 8)
    assert found.estimate == pytest.approx(2 / 3 + 2 / 3)
    assert found.se == pytest.approx(np.sqrt((1 / 9) * (2 / 2 + 2 / 2) + (4 / 9) * 2 * (1 / 3) / 4))
    assert found.df == 12 - 4


def test_the_error_by_design_is_the_spread_over_all_lotteries_when_the_effect_is_constant():
    """Eight units, 70 lotteries: the mean of the estimated variances is the variance of the estimates (Neyman 1923)."""
    base = np.array([1.0, 4.0, 2.0, 8.0, 5.0, 7.0, 3.0, 6.0])
    estimates, variances = [], []
    for winners in itertools.combinations(range(8), 4):
        z = np.isin(np.arange(8), winners).astype(float)
        found = difference_in_means(base + 2 * z, z)
        estimates.append(found.estimate)
        variances.append(found.se**2)
    assert np.mean(estimates) == pytest.approx(2.0)
    assert np.mean(variances) == pytest.approx(np.var(estimates))


@pytest.mark.parametrize("kind", ["individual", "blocked", "paired", "cluster", "blocked cluster", "covariates"])
def test_every_redraw_is_a_regression(kind):
    """Exact p against least squares fitted anew to every assignment, one by one."""
    rng = np.random.default_rng(11)
    blocks = clusters = x = None
    z = np.array([1, 0, 1, 0, 0, 1, 0, 1])
    if kind in ("blocked", "covariates"):
        blocks = np.repeat([0, 1], 4)
    if kind == "paired":
        blocks = np.repeat(np.arange(4), 2)
    if "cluster" in kind:
        clusters = np.repeat(np.arange(8), [1, 2, 3, 1, 2, 2, 1, 3])
        z = z[clusters]
        blocks = np.array([0, 0, 0, 0, 1, 1, 1, 1])[clusters] if "blocked" in kind else None
    y = rng.normal(size=z.size) + z
    if kind == "covariates":
        x = rng.normal(size=(z.size, 2))
    found = randomization_test(y, z, blocks=blocks, clusters=clusters, covariates=x, rng=rng)
    design = drawn(z, blocks=blocks, clusters=clusters)
    choices = [
        [np.flatnonzero(design.block == b)[list(c)] for c in itertools.combinations(range(int(k)), int(w))]
        for b, (k, w) in enumerate(zip(design.sizes, design.winners, strict=True))
    ]
    fitted = []
    for picks in itertools.product(*choices):
        won = np.zeros(design.units)
        won[np.concatenate(picks)] = 1.0
        columns = won[design.unit][:, None] if x is None else np.column_stack([won[design.unit], x])
        names = tuple(str(i) for i in range(columns.shape[1]))
        fitted.append(float(least_squares(y, columns, names=names, absorb=blocks).coefficients[0]))
    own = np.column_stack([z] if x is None else [z, x]).astype(float)
    observed = least_squares(y, own, names=tuple(str(i) for i in range(own.shape[1])), absorb=blocks).coefficients[0]
    assert found.exact
    assert found.draws == len(fitted) == design.assignments
    assert found.statistic == pytest.approx(float(observed), rel=1e-10)
    assert found.p == pytest.approx(np.mean(np.abs(fitted) >= abs(observed) - 1e-10))


def test_drawn_assignments_agree_with_all_of_them():
    """20,000 draws beside the 12,870 that exist: the error of a share is at most 0.0035, so four of them."""
    rows = clustered_rows()
    y, z, school = (
        rows["y"].to_numpy() - 1.6 * rows["arm"].to_numpy(),
        rows["arm"].to_numpy(),
        rows["school"].to_numpy(),
    )
    whole = randomization_test(y, z, clusters=school, rng=np.random.default_rng(1))
    part = randomization_test(y, z, clusters=school, rng=np.random.default_rng(1), draws=20_000, exact_up_to=0)
    assert whole.exact
    assert not part.exact
    assert 0.05 < whole.p < 0.95
    assert part.p == pytest.approx(whole.p, abs=0.014)
    assert (part.ci_low, part.ci_high) == pytest.approx((whole.ci_low, whole.ci_high), abs=0.15)


def test_the_same_seed_gives_the_same_p():
    rows = blocked_rows()
    one, two = (
        randomization_test(rows["y"], rows["arm"], blocks=rows["block"], rng=np.random.default_rng(9), draws=500)
        for _ in range(2)
    )
    assert one == two


def test_the_interval_holds_what_is_not_rejected():
    rows = blocked_rows()
    y, z = rows["y"].to_numpy(), rows["arm"].to_numpy()

    def p(effect):
        return randomization_test(y - effect * z, z, rng=np.random.default_rng(2), draws=2000).p

    found = randomization_test(y, z, rng=np.random.default_rng(2), draws=2000)
    assert p(found.ci_low + 1e-6) > 0.05 >= p(found.ci_low - 1e-3)
    assert p(found.ci_high - 1e-6) > 0.05 >= p(found.ci_high + 1e-3)


def test_two_pairs_cannot_reject():
    found = randomization_test([9.0, 1.0, 8.0, 2.0], [1, 0, 1, 0], blocks=[1, 1, 2, 2], rng=np.random.default_rng(1))
    assert found.p == 0.5
    assert found.ci_low is None
    assert found.ci_high is None


def test_full_compliance_gives_the_effect_of_the_draw():
    rows = blocked_rows()
    found = complier_effect(rows["y"], rows["arm"], rows["arm"], blocks=rows["block"])
    assert found.take_up == pytest.approx(1.0)
    assert (found.estimate, found.se) == pytest.approx((found.assigned, found.assigned_se), rel=1e-10)
    assert found.anderson_rubin.low == pytest.approx(found.ci_low, rel=1e-9)


def test_the_anderson_rubin_set_is_what_the_reduced_form_does_not_reject():
    """At its edge the draw's t on y − b·d is the critical one."""
    rows = blocked_rows()
    y, d, z = (rows[c].to_numpy().astype(float) for c in ("y", "took", "arm"))
    found = complier_effect(y, d, z, blocks=rows["block"])
    assert found.anderson_rubin.shape == "interval"
    for edge in (found.anderson_rubin.low, found.anderson_rubin.high):
        fit = least_squares(y - edge * d, z[:, None], names=("z",), absorb=rows["block"].to_numpy())
        from scipy import stats

        assert abs(fit.coefficients[0] / fit.standard_errors[0]) == pytest.approx(stats.t.ppf(0.975, fit.df[0]))


def test_a_lottery_that_hardly_moved_take_up_warns_and_says_everything_is_possible():
    rng = np.random.default_rng(8)
    z = np.tile([0, 1], 60)
    d = (rng.random(120) < 0.5).astype(float)
    found = complier_effect(rng.normal(size=120) + d, d, z)
    assert found.f < 10
    assert "weak_instrument" in found.warnings
    assert found.anderson_rubin.shape in ("everything", "outside")


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000))
def test_the_order_of_rows_does_not_matter(seed):
    rows = clustered_rows()
    mixed = rows.sample(fraction=1.0, shuffle=True, seed=seed)
    one, two = _clusters(rows), _clusters(mixed)
    assert one == pytest.approx(two, rel=1e-10)
    assert _redraw(rows) == pytest.approx(_redraw(mixed), rel=1e-6)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: drawn([0, 1, 2]), "only 0 and 1"),
        (lambda: drawn([1, 0], clusters=["a", "a"]), "both arms"),
        (lambda: drawn([1, 0, 0], clusters=["a", "b", "b"], blocks=[1, 1, 2]), "two blocks"),
        (lambda: drawn([1, 0], blocks=[1]), "one label a row"),
        (lambda: difference_in_means([1.0, 2.0, 3.0], [1, 0, 0]), "single unit"),
        (lambda: difference_in_means([1, 2, 3, 4, 5.0], [1, 0, 0, 1, 0], blocks=[1, 1, 1, 2, 2]), "single unit in one arm"),
        (lambda: difference_in_means([1, 2, 3.0, 5], [1, 0, 1, 0], blocks=[1, 2, 3, 4]), "no block has both arms"),
        (lambda: difference_in_means([1, 2, 3.0, 5], [1, 0, 1, 0], clusters=[1, 2, 3, 4], variance="pooled"), "one variance"),
        (lambda: complier_effect([1, 2, 3.0, 5], [1, 1, 1, 1], [1, 0, 1, 0]), "does not vary"),
        (lambda: complier_effect([1, 2, 3.0, 5], [1, 1, 0, 0], [1, 0, 1, 0]), "did not move take-up"),
        (lambda: randomization_test([1, 2.0], [1, 0], blocks=[1, 2], rng=np.random.default_rng(1)), "one way only"),
        (lambda: randomization_test([1, 2.0], [1, 0], rng=np.random.default_rng(1), draws=0), "at least one draw"),
    ],
)  # fmt: skip
def test_refusals_say_what(call, words):
    with pytest.raises(ImpactError, match=words):
        call()


@pytest.mark.prove
def test_levels_over_two_thousand_lotteries():
    """Without an effect 5 % of tests reject: 2,000 lotteries, so within 3.5 to 6.5 % (three errors of 0.5 points).

    Twenty clusters of unequal size and arms of unequal variance for the difference by CR2; 200 redraws each for the test.
    """
    rng = np.random.default_rng(2026)
    design, redrawn = [], []
    for _ in range(2000):
        sizes = rng.integers(4, 20, 20)
        school = np.repeat(np.arange(20), sizes)
        arm = np.repeat(rng.permutation(np.repeat([0, 1], 10)), sizes)
        y = rng.normal(size=20)[school] + rng.normal(size=school.size)
        design.append(difference_in_means(y, arm, clusters=school).p)
        redrawn.append(randomization_test(y, arm, clusters=school, rng=rng, draws=199, exact_up_to=0).p)
    assert 0.035 <= np.mean(np.array(design) < 0.05) <= 0.065
    assert 0.035 <= np.mean(np.array(redrawn) <= 0.05) <= 0.065
