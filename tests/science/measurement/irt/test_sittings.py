"""Forms before and after: which method carries the people there are, what each says, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fairlead.science.measurement import MeasurementError, cronbach_alpha
from fairlead.science.measurement.irt import BeforeAfter, Form, before_and_after, part

SHARED, OWN = 10, 6


def form(rng: np.random.Generator, theta: np.ndarray, own: str, first: int = 0) -> Form:
    """Ten shared items and six of the form's own, between −1.5 and 1.5."""
    names = tuple(f"s{j}" for j in range(SHARED)) + tuple(f"{own}{j}" for j in range(OWN))
    hard = np.concatenate([np.linspace(-1.5, 1.5, SHARED), np.linspace(-1.2, 1.2, OWN)])
    right = rng.random((theta.size, hard.size)) < 1 / (1 + np.exp(-(theta[:, None] - hard)))
    return Form(right.astype(float), names, (1.0,) * hard.size, tuple(range(first, first + theta.size)))


def sat(n: int, gain: np.ndarray | float, seed: int = 5) -> BeforeAfter:
    rng = np.random.default_rng(seed)
    theta = rng.normal(size=n)
    return before_and_after(form(rng, theta, "b"), form(rng, theta + gain, "a"), rng=rng)


def test_enough_people_are_put_on_one_scale_by_a_model() -> None:
    gain = np.where(np.arange(260) % 2 == 0, 1.6, 0.0)
    found = sat(260, gain)
    assert (found.method, found.why_points, found.unit, found.chance) == ("rasch", "", "logits", "simulated")
    assert len(found.shared) == SHARED
    assert found.mean == pytest.approx(0.8, abs=3 * found.mean_se)
    assert found.growers.beyond_chance
    assert not found.fallers.beyond_chance
    assert found.link_se > 0
    assert found.growers.count == int(found.grew.sum()) == int((found.after - found.before > 1.959964 * np.hypot(found.se_before, found.se_after)).sum())  # fmt: skip


@pytest.mark.prove
def test_where_nobody_grew_the_count_is_that_of_chance() -> None:
    found = sat(300, 0.0, seed=8)
    assert found.growers.chance_low <= found.growers.count <= found.growers.chance_high


def test_few_people_get_shares_of_points_with_the_error_of_alpha() -> None:
    rng = np.random.default_rng(6)
    theta = rng.normal(size=40)
    one, two = form(rng, theta, "b"), form(rng, theta + 1.0, "a")
    found = before_and_after(one, two, rng=rng)
    assert (found.method, found.why_points, found.unit) == ("points", "few persons", "points")
    shared = one.scores[:, :SHARED]
    alpha = cronbach_alpha(shared).value
    assert found.reliability_before == pytest.approx(alpha, rel=1e-12)
    assert found.se_before[0] == pytest.approx(shared.mean(axis=1).std(ddof=1) * (1 - alpha) ** 0.5, rel=1e-12)
    assert found.mean == pytest.approx((two.scores - one.scores)[:, :SHARED].mean(), rel=1e-12)
    assert found.growers.by_chance == pytest.approx(40 * 0.025)


def test_points_are_taken_where_they_are_asked_for() -> None:
    rng = np.random.default_rng(15)
    theta = rng.normal(size=150)
    found = before_and_after(form(rng, theta, "b"), form(rng, theta, "a"), by_points=True, rng=rng)
    assert (found.method, found.why_points) == ("points", "asked")


def test_a_model_that_does_not_converge_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    from fairlead.science.measurement.irt import sittings

    true = sittings.calibrate

    def stuck(sat: object, model: str) -> object:
        fit = true(sat, model)  # type: ignore[arg-type]
        return replace(fit, convergence=replace(fit.convergence, converged=False))

    monkeypatch.setattr(sittings, "calibrate", stuck)
    found = sat(120, 0.5)
    assert (found.method, found.why_points) == ("points", "not converged")


def test_everybody_is_accounted_for() -> None:
    rng = np.random.default_rng(9)
    one = form(rng, rng.normal(size=30), "b")  # 0..29
    two = form(rng, rng.normal(size=30), "a", first=10)  # 10..39
    one.scores[3] = np.nan  # sat nothing
    one.scores[12, 1:] = np.nan  # one answer: no score by points
    found = before_and_after(one, two, rng=rng)
    assert (found.seated_before, found.seated_after, found.only_before, found.only_after, found.unscored) == (29, 30, 9, 10, 1)  # fmt: skip
    assert len(found.persons) == 19


@pytest.mark.prove
def test_a_drifted_item_is_named() -> None:
    rng = np.random.default_rng(11)
    theta = rng.normal(size=400)
    two = form(rng, theta, "a")
    two.scores[:, 4] = rng.random(400) < 0.97  # it was taught word by word
    found = before_and_after(form(rng, theta, "b"), two, rng=rng)
    worst = max(found.shared, key=lambda item: abs(item.z or 0.0))
    assert (worst.item, worst.drifted) == ("s4", True)


def test_ratings_with_levels() -> None:
    rng = np.random.default_rng(12)
    theta = rng.normal(size=150)

    def rated(at: np.ndarray) -> Form:
        cuts = np.array([-1.0, 0.0, 1.0])
        scores = sum((at[:, None] + rng.logistic(size=(150, 8)) > cut).astype(float) for cut in cuts)
        return Form(np.asarray(scores), tuple("abcdefgh"), (3.0,) * 8, tuple(range(150)))

    found = before_and_after(rated(theta), rated(theta + 0.7), rng=rng)
    assert found.method == "partial credit"
    assert found.mean > 2 * found.mean_se


def test_the_error_of_the_mean_knows_schools() -> None:
    rng = np.random.default_rng(13)
    theta, school = rng.normal(size=60), np.repeat(np.arange(6), 10)
    gain = np.array([0.0, 0.2, 2.0, 2.4, 0.1, 1.9])[school]
    one, two = form(rng, theta, "b"), form(rng, theta + gain, "a")
    alone = before_and_after(one, two, rng=rng)
    found = before_and_after(one, two, cluster=[int(label) for label in school], rng=rng)
    assert found.mean == alone.mean
    assert found.mean_se > 1.3 * alone.mean_se


def test_a_part_has_its_share_beside_its_chance() -> None:
    found = sat(200, np.where(np.arange(200) < 50, 2.0, 0.0))
    flags = np.array([label < 50 for label in found.persons])
    taught, others = part(found, flags), part(found, ~flags)
    assert taught.grew + others.grew == found.growers.count
    assert taught.by_chance + others.by_chance == pytest.approx(found.growers.by_chance)
    assert taught.grew > taught.chance_high
    assert taught.mean > others.mean
    with pytest.raises(MeasurementError):
        part(found, np.zeros(200, dtype=bool))


@pytest.mark.parametrize("case", ["no shared items", "nobody twice", "twice in one", "all alike"])
def test_refused(case: str) -> None:
    rng = np.random.default_rng(14)
    one, two = form(rng, rng.normal(size=12), "b"), form(rng, rng.normal(size=12), "a")
    if case == "no shared items":
        two = replace(two, items=tuple(f"x{j}" for j in range(len(two.items))))
    elif case == "nobody twice":
        two = replace(two, persons=tuple(range(100, 112)))
    elif case == "twice in one":
        two = replace(two, persons=(0, 0, *range(2, 12)))
    else:
        two = replace(two, scores=np.ones_like(two.scores))
    with pytest.raises(MeasurementError) as caught:
        before_and_after(one, two, rng=rng)
    assert caught.value.problems[0].what
