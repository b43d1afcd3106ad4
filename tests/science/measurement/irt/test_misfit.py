"""Item fit: deviates at known places, and S-X² by counting every pattern."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scipy import stats

from fairlead.science.measurement.irt import calibrate, item_fit, responses
from fairlead.science.measurement.irt.misfit import _mean_squares
from tests.science.measurement.irt.samples import simulated
from tests.science.measurement.irt.test_likelihood import by_hand


def test_deviates_are_standard_where_everything_is_known() -> None:
    """400 Rasch items with the right difficulties, 300 persons at their true places: mean squares 1 on average, deviates of mean
    0 and standard deviation 1, within three of their errors."""
    rng = np.random.default_rng(71)
    b, theta = rng.normal(0, 1, 400), rng.normal(0, 1, 300)
    right = (rng.random((300, 400)) < 1 / (1 + np.exp(-(theta[:, None] - b)))).astype(np.int8)
    fit = calibrate(responses(right[:, :4]))
    items = tuple(
        replace(fit.items[0], name=str(j), intercepts=(-b[j],), difficulties=(b[j],), levels=(0, 1))
        for j in range(400)
    )
    found = np.array(_mean_squares(replace(fit, items=items), right, theta))
    n, infit, infit_z, outfit, outfit_z = found.T
    assert (n == 300).all()
    for square, z in ((infit, infit_z), (outfit, outfit_z)):
        assert square.mean() == pytest.approx(1, abs=3 * square.std() / 20)
        assert z.mean() == pytest.approx(0, abs=3 / 20)
        assert z.std() == pytest.approx(1, abs=3 / 800**0.5 + 0.03)  # the cube root is nearly normal, not quite


@pytest.mark.prove
def test_s_x2_by_counting_patterns() -> None:
    """Four items have 16 patterns: the share right at each number right by adding up their probabilities."""
    answers, _, _ = simulated(np.random.default_rng(72), 3000, 4)
    fit = calibrate(answers, "2pl")
    found = item_fit(fit, answers)
    assert found.complete == 3000
    slopes = np.array([item.slope for item in fit.items])
    intercepts = [np.array(item.intercepts) for item in fit.items]
    rows = list(product((0, 1), repeat=4))
    chance = {row: np.exp(by_hand("2pl", responses([row]), 1.0, slopes, intercepts)) for row in rows}
    assert sum(chance.values()) == pytest.approx(1, abs=1e-9)
    totals = answers.answers.sum(axis=1)
    for j, item in enumerate(found.items):
        value = 0.0
        for s in (1, 2, 3):
            expected = sum(p for row, p in chance.items() if sum(row) == s and row[j]) / sum(
                p for row, p in chance.items() if sum(row) == s
            )
            here = totals == s
            seen = answers.answers[here, j].mean()
            value += here.sum() * (seen - expected) ** 2 / (expected * (1 - expected))
        assert item.s_x2 == pytest.approx(value, rel=1e-6)
        assert item.df == 1  # three numbers right less two parameters
        assert item.p == pytest.approx(stats.chi2.sf(value, 1), rel=1e-5)
