"""Effects and their errors: beside a second engine that solves the stacked equations with numerical derivatives."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.special import expit

from fairlead.science.impact import DataError, EstimationError
from fairlead.science.impact.matching import balance_table, effect, love_plot, match
from fairlead.science.impact.matching.entropy import entropy_weights
from fairlead.science.impact.matching.score import logit
from tests.plugins.skips import needs_data


def study(seed=0, n=240, schools=12):
    rng = np.random.default_rng(seed)
    school = rng.integers(0, schools, n)
    pre, age = rng.normal(size=n) + rng.normal(size=schools)[school] * 0.5, rng.normal(30, 5, n)
    t = (rng.random(n) < expit(-0.5 + 0.8 * pre)).astype(int)
    y = 1.5 * t + pre + 0.2 * age + rng.normal(size=schools)[school] + rng.normal(size=n)
    return pl.DataFrame({"t": t, "pre": pre, "age": age, "school": school, "y": y})


def numerical_stack(data, estimand, method, adjust, cluster):
    """The sandwich of the whole system: equations of the weights, then of the outcome, with a Jacobian by differences."""
    t, y = data["t"].to_numpy().astype(float), data["y"].to_numpy()
    x = data.select("pre", "age").to_numpy()
    z = np.column_stack([np.ones(t.size), x])
    design = np.column_stack([np.ones(t.size), t] + ([x] if adjust else []))

    def equations(theta):
        if method == "ipw":
            p = expit(z @ theta[:3])
            raw = t + (1 - t) * p / (1 - p) if estimand == "ATT" else t / p + (1 - t) / (1 - p)
            own = z * (t - p)[:, None]
            nuisance = 3
        else:
            raw = t + (1 - t) * np.exp((x - theta[2:4]) @ theta[:2])
            own = np.hstack([((1 - t) * raw)[:, None] * (x - theta[2:4]), t[:, None] * (x - theta[2:4])])
            nuisance = 4
        # weights average one in each arm: two more parameters
        one, two = theta[nuisance], theta[nuisance + 1]
        sizes = np.column_stack([t * (raw / one - 1), (1 - t) * (raw / two - 1)])
        w = raw * np.where(t == 1, 1 / one, 1 / two)
        residual = y - design @ theta[nuisance + 2 :]
        return np.hstack([own, sizes, design * (w * residual)[:, None]])

    if method == "ipw":
        b = logit(x, t == 1, ["pre", "age"]).coefficients
        p = expit(z @ b)
        raw = t + (1 - t) * p / (1 - p) if estimand == "ATT" else t / p + (1 - t) / (1 - p)
        start = [*b]
    else:
        m = x[t == 1].mean(axis=0)
        fit = entropy_weights(x[t == 0], m, x.std(axis=0), ["pre", "age"])
        raw = t + (1 - t) * np.exp((x - m) @ fit.multipliers)
        start = [*fit.multipliers, *m]
    sizes = [raw[t == 1].mean(), raw[t == 0].mean()]
    w = raw / np.where(t == 1, *sizes)
    gamma = np.linalg.solve(design.T @ (design * w[:, None]), design.T @ (w * y))
    theta = np.array([*start, *sizes, *gamma])
    assert np.abs(equations(theta).sum(axis=0)).max() < 1e-6 * t.size
    jacobian = np.empty((theta.size, theta.size))
    for j in range(theta.size):
        step = 1e-6 * max(1.0, abs(theta[j]))
        up, down = theta.copy(), theta.copy()
        up[j] += step
        down[j] -= step
        jacobian[:, j] = (equations(up).sum(axis=0) - equations(down).sum(axis=0)) / (2 * step)
    influence = np.linalg.solve(jacobian, equations(theta).T).T
    place = theta.size - design.shape[1] + 1
    own = influence[:, place]
    if cluster:
        codes = data["school"].to_numpy()
        sums = np.bincount(codes, weights=own)
        count = sums.size
        return theta[place], np.sqrt((sums**2).sum() * count / (count - 1))
    return theta[place], np.sqrt((own**2).sum() * t.size / (t.size - design.shape[1]))


@pytest.mark.parametrize(("method", "estimand"), [("ipw", "ATT"), ("ipw", "ATE"), ("ebal", "ATT")])
@pytest.mark.parametrize("adjust", [False, True])
@pytest.mark.parametrize("cluster", [False, True])
def test_stacked_errors_equal_the_second_engine(method, estimand, adjust, cluster):
    """Central differences are good to eight digits or so; six are asked for."""
    data = study()
    found = match(data, treated="t", on="pre + age", method=method, estimand=estimand, also=["y", "school"])
    told = effect(found, "y", adjust=adjust, cluster="school" if cluster else None)
    b, se = numerical_stack(data, estimand, method, adjust, cluster)
    assert told.estimate == pytest.approx(b, rel=1e-7)
    assert told.se == pytest.approx(se, rel=1e-6)
    assert (told.errors, told.weights_uncertainty) == ("stacked", "counted")
    naive = effect(found, "y", adjust=adjust, errors="HC1")
    assert naive.weights_uncertainty == "ignored"
    assert naive.se != pytest.approx(se, rel=1e-5)


def test_effects_scale_with_the_outcome():
    data = study().with_columns(far=1000 + 10 * pl.col("y"))
    for method in ("nearest", "cem", "ebal", "ipw"):
        found = match(data, treated="t", on="pre + age", method=method, also=["y", "far"])
        one, two = effect(found, "y"), effect(found, "far")
        assert two.estimate == pytest.approx(10 * one.estimate)
        assert two.se == pytest.approx(10 * one.se)
        assert two.p == pytest.approx(one.p)


def test_errors_follow_the_design():
    data = study()
    kinds = [
        ({}, ("CR2", "pair")),
        ({"ratio": 2}, ("CR2", "matched set")),
        ({"replace": True}, ("HC1", None)),
        ({"within": "school"}, ("CR2", "school")),
        ({"method": "cem", "bins": {"pre": 3, "age": 3}}, ("CR2", "cell")),
    ]
    for settings, (errors, by) in kinds:
        found = match(data, treated="t", on="pre + age", also=["y", "school"], **settings)
        told = effect(found, "y")
        assert (told.errors, told.clusters_by) == (errors, by), settings
        assert told.weights_uncertainty == "ignored"
        assert "weights_taken_as_given" in {n.code for n in told.notices}


def test_few_clusters_and_pairs_across_clusters_are_told():
    found = match(study(schools=6), treated="t", on="pre + age", also=["y", "school"])
    told = effect(found, "y", cluster="school")
    assert {"few_clusters", "pairs_across_clusters"} <= {n.code for n in told.notices}
    assert told.clusters == 6


def test_entropy_balance_is_exact_and_double_check_of_weights():
    found = match(study(), treated="t", on="pre + age", method="ebal")
    for b in found.balance:
        assert b.after.mean_treated == pytest.approx(b.after.mean_control, rel=1e-9)
    # the solution has the form exp(a + x'λ): log weights are linear in the covariates
    x = np.column_stack([np.ones(found.units.n), found.units.x])[~found.treated]
    logs = np.log(found.weights[~found.treated])
    fitted = x @ np.linalg.lstsq(x, logs, rcond=None)[0]
    np.testing.assert_allclose(fitted, logs, atol=1e-9)


def test_trimming_is_counted():
    found = match(study(), treated="t", on="pre + age", method="ipw", trim=0.2, estimand="ATE")
    off = next(d for d in found.dropped if d.reason == "off_support")
    assert off.n == ((found.score < 0.2) | (found.score > 0.8)).sum() > 0
    assert ((found.weights == 0) == ((found.score < 0.2) | (found.score > 0.8))).all()


def test_balance_counts_and_kolmogorov_by_hand():
    x = np.array([[1.0], [2.0], [3.0], [2.0], [2.0], [9.0]])
    t = np.array([True, True, True, False, False, False])
    (b,) = balance_table(x, ["x"], t, np.array([1, 1, 1, 1.5, 0, 1.5]), estimand="ATT")
    assert (b.before.mean_control, b.after.mean_control) == (13 / 3, 5.5)
    assert b.before.standardised == pytest.approx((2 - 13 / 3) / 1.0)
    assert b.before.ks == pytest.approx(1 / 3)
    assert b.after.ks == pytest.approx(1 / 2)
    assert b.before.standing == "fails"


def test_a_rare_level_that_one_arm_lacks_is_measured_by_its_share():
    """Cox's index of 0 against 1 in 1,000 is infinite; the shares are 0.045 standard deviations apart."""
    x = np.zeros((2000, 1))
    x[0] = 1.0
    t = np.arange(2000) < 1000
    (b,) = balance_table(x, ["rare"], t, np.ones(2000), estimand="ATT")
    assert b.before.effect_name == "hedges_g"
    assert b.before.effect == pytest.approx(0.001 / np.sqrt(0.001 * 0.999 / 2), rel=1e-3)
    assert b.before.standing == "satisfied"
    x[1500] = 1.0
    (b,) = balance_table(x, ["rare"], t, np.ones(2000), estimand="ATT")
    assert (b.before.effect_name, b.before.effect) == ("cox", 0.0)


def test_a_covariate_may_be_called_score():
    found = match(study().rename({"pre": "score"}), treated="t", on="score + age")
    assert [(b.measure, b.kind) for b in found.balance] == [
        ("propensity score", "score"),
        ("score", "continuous"),
        ("age", "continuous"),
    ]
    assert found.worst("before") == max(abs(b.before.effect) for b in found.balance[1:])


def test_the_love_plot_has_its_data_and_a_text():
    found = match(study(), treated="t", on="pre + age", method="ebal")
    plot = love_plot(found)
    assert [row[0] for row in plot.rows[::2]] == ["pre", "age"]
    assert "pre" in plot.alt
    assert "None is beyond 0.25 any more" in plot.alt
    assert plot.spec["description"] == plot.alt


@pytest.mark.parametrize(
    ("outcome", "options", "error", "words"),
    [
        ("shoe", {}, DataError, "do not have this column"),
        ("name", {}, DataError, "not a number"),
        ("holes", {}, DataError, "missing or infinite"),
        ("still", {"errors": "HC1"}, EstimationError, "does not vary"),
        ("y", {"errors": "HC9"}, EstimationError, "unknown kind"),
        ("y", {"cluster": "one"}, EstimationError, "at least two clusters"),
    ],
)
@pytest.mark.parametrize("method", ["nearest", "ipw"])
def test_refusals_of_effects(outcome, options, error, words, method):
    data = study().with_columns(
        name=pl.lit("a"), still=pl.lit(1.0), one=pl.lit(1), holes=pl.lit(float("inf"), dtype=pl.Float64)
    )
    found = match(data, treated="t", on="pre + age", method=method, also=["y", "name", "still", "one", "holes"])
    with pytest.raises(error, match=words):
        effect(found, outcome, **options)


def test_the_logit_solves_its_equations():
    """Σx(t − p) = 0 to rounding, and the scores of lalonde's first rows are those of R's glm (MatchIt 4.5.1, 12 digits)."""
    data = study(3, 60)
    t = data["t"].to_numpy()
    fit = logit(data.select("pre", "age").to_numpy(), t == 1, ["pre", "age"])
    z = np.column_stack([np.ones(60), data.select("pre", "age").to_numpy()])
    assert np.abs(z.T @ (t - fit.probability)).max() < 1e-9
    found = match(
        needs_data("eval", "lalonde_matchit.csv"),
        treated="treat",
        on="age + educ + race + married + nodegree + re74 + re75",
    )
    r = [0.638769933297, 0.22463424157, 0.678243879538, 0.776324081158]
    np.testing.assert_allclose(found.score[:4], r, atol=2e-8)  # glm stops at a relative deviance of 1e-8
