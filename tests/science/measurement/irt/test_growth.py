"""Growth beyond measurement error, beside what chance gives."""

from __future__ import annotations

import numpy as np
import pytest

from fairlead.science.measurement import MeasurementError
from fairlead.science.measurement.irt import Calibration, Responses, Sitting, calibrate, growth, link, responses
from tests.science.measurement.irt.test_linking import stretched

ITEMS = np.linspace(-2, 2, 25)


def sat(rng: np.random.Generator, theta: np.ndarray, items: np.ndarray = ITEMS) -> Responses:
    right = rng.random((theta.size, items.size)) < 1 / (1 + np.exp(-(theta[:, None] - items)))
    return responses(right, persons=range(theta.size))


@pytest.fixture(scope="module")
def fit() -> Calibration:
    rng = np.random.default_rng(41)
    return calibrate(sat(rng, rng.normal(size=3000)))


def test_nobody_changed(fit: Calibration) -> None:
    rng = np.random.default_rng(42)
    theta = rng.normal(size=2000)
    pre, post = sat(rng, theta), sat(rng, theta)
    found = growth(Sitting(fit, pre), Sitting(fit, post))
    assert found.growers.by_chance == pytest.approx(50)
    assert found.growers.count == pytest.approx(50, abs=4 * 50**0.5)
    assert found.fallers.count == pytest.approx(50, abs=4 * 50**0.5)
    assert found.mean == pytest.approx(0, abs=3 * found.mean_se)
    assert found.sd_of_true_change is None or found.sd_of_true_change < 0.2
    assert found.change.std() == pytest.approx(np.sqrt((found.se**2).mean()), rel=0.05)
    assert not found.growers.beyond_chance


def test_a_third_grew_by_a_logit_and_a_half(fit: Calibration) -> None:
    rng = np.random.default_rng(43)
    theta, gain = rng.normal(size=1500), np.where(np.arange(1500) % 3 == 0, 1.5, 0.0)
    found = growth(Sitting(fit, sat(rng, theta)), Sitting(fit, sat(rng, theta + gain)))
    assert found.growers.beyond_chance
    assert not found.fallers.beyond_chance
    assert found.mean == pytest.approx(0.5, abs=3 * found.mean_se)
    assert found.sd_of_true_change == pytest.approx(gain.std(), abs=0.12)
    assert found.grew[gain > 0].mean() > 5 * found.grew[gain == 0].mean()
    assert found.growers.share.value == found.grew.mean()
    assert found.growers.share.low < found.growers.share.value < found.growers.share.high


def test_chance_by_simulation_knows_short_forms() -> None:
    """Six items: a person can only seem to grow by a few answers, so normal errors expect more than there are."""
    rng = np.random.default_rng(44)
    short = ITEMS[::4][:6]
    theta = rng.normal(size=400)
    pre, post = sat(rng, theta, short), sat(rng, theta, short)
    one = Sitting(calibrate(pre), pre)
    two = Sitting(one.fit, post)
    plain = growth(one, two)
    found = growth(one, two, rng=np.random.default_rng(1))
    assert (plain.chance, found.chance) == ("normal", "simulated")
    assert "fewer than 10 answers" in plain.warnings[0]
    assert not found.warnings
    assert found.growers.by_chance < plain.growers.by_chance
    assert found.growers.chance_low <= found.growers.count <= found.growers.chance_high
    again = growth(one, two, rng=np.random.default_rng(1))
    assert again.growers == found.growers


def test_through_a_link(fit: Calibration) -> None:
    """The second form's scale is another one; on the first's the change is what it was."""
    rng = np.random.default_rng(45)
    theta = rng.normal(size=400)
    pre, post = sat(rng, theta), sat(rng, theta + 0.5)
    here = growth(Sitting(fit, pre), Sitting(fit, post))
    other = stretched(fit, 1.0, -0.8)
    joined = link(other, fit)
    there = growth(Sitting(fit, pre), Sitting(other, post), joined)
    assert there.change == pytest.approx(here.change, abs=1e-6)
    assert there.link_se > 0
    assert there.mean_se > here.mean_se
    assert there.growers.linked_low < there.growers.count < there.growers.linked_high
    assert here.growers.linked_low == here.growers.count == here.growers.linked_high


def test_persons_are_matched_by_their_labels(fit: Calibration) -> None:
    rng = np.random.default_rng(46)
    theta = rng.normal(size=60)
    pre, post = sat(rng, theta), sat(rng, theta)
    order = rng.permutation(60)[:50]
    mixed = Responses(post.answers[order], post.items, tuple(int(i) for i in order))
    whole, part = growth(Sitting(fit, pre), Sitting(fit, post)), growth(Sitting(fit, pre), Sitting(fit, mixed))
    assert (part.only_first, part.only_second) == (10, 0)
    for label, change in zip(part.persons, part.change, strict=True):
        assert change == whole.change[whole.persons.index(label)]


def test_refusals(fit: Calibration) -> None:
    rng = np.random.default_rng(47)
    pre = sat(rng, rng.normal(size=10))
    one = Sitting(fit, pre)
    with pytest.raises(MeasurementError, match="labels are needed"):
        growth(one, Sitting(fit, responses(pre.answers)))
    with pytest.raises(MeasurementError, match="stands twice"):
        growth(one, Sitting(fit, responses(pre.answers, persons=[1] * 10)))
    with pytest.raises(MeasurementError, match="nobody has a score in both"):
        growth(one, Sitting(fit, responses(pre.answers, persons=range(20, 30))))
    with pytest.raises(MeasurementError, match="two scales"):
        growth(one, Sitting(stretched(fit, 1, 1), pre))
    with pytest.raises(MeasurementError, match=r"between 0.5 and 1"):
        growth(one, one, level=95)
