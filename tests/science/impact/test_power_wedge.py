"""Stepped roll-outs against generalized least squares, Woertman's formula and a published run; what 18 schools can detect."""

from __future__ import annotations

import numpy as np
import pytest
import scipy
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.science import impact
from fairlead.science.impact import power


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 5), min_size=2, max_size=6), st.integers(0, 3), st.integers(1, 2), st.integers(2, 200),
    st.floats(0.005, 0.4), st.floats(0, 0.7), st.floats(0, 1),
)  # fmt: skip
def test_the_formula_is_generalized_least_squares(sizes, before, after, n, icc, r2, c):
    """Another engine: the inverse of X'V⁻¹X with period effects and exchangeable errors within clusters."""
    sizes = [*sizes, 2]
    periods = before + len(sizes) + after
    begins = np.repeat(np.arange(len(sizes)) + before, sizes)
    within = (1 - icc) * (1 - r2) / n
    own = icc * (1 - c) * np.eye(periods) + icc * c * np.ones((periods, periods))
    inverse = np.linalg.inv(within * np.eye(periods) + own)
    information = np.zeros((periods + 1, periods + 1))
    for start in begins:
        x = np.column_stack([np.arange(periods) >= start, np.eye(periods)]).astype(float)
        information += x.T @ inverse @ x
    variance = np.linalg.inv(information)[0, 0]
    found = power.stepped_wedge(n, sizes, before=before, after=after, icc=icc, r2=r2, autocorrelation=c)
    assert found.se**2 == pytest.approx(variance, rel=1e-7)
    assert found.df == sum(sizes) - 2


def test_a_published_run():
    """swCRTdesign's README: swPwr(swDsn(c(6,6,6,6)), "binomial", n=120, mu0=0.05, mu1=0.035, tau=0.01) is 0.7861896.

    It takes the normal distribution and σ² = μ̄(1 − μ̄); both tails count, of which the lower adds 1e-6.
    """
    mean = (0.05 + 0.035) / 2
    total = mean * (1 - mean) + 0.01**2
    found = power.stepped_wedge(120, (6, 6, 6, 6), icc=0.01**2 / total)
    z, critical = 0.015 / (found.se * total**0.5), scipy.stats.norm.ppf(0.975)
    assert scipy.stats.norm.cdf(z - critical) + scipy.stats.norm.cdf(-z - critical) == pytest.approx(
        0.7861896, abs=5e-8
    )


@pytest.mark.parametrize(("steps", "n", "icc"), [(3, 10, 0.05), (6, 25, 0.2), (4, 60, 0.01)])
def test_woertmans_design_effect(steps, n, icc):
    """Woertman et al. (2013), doi:10.1016/j.jclinepi.2013.01.009: the number of individuals against an individual trial."""
    clusters = 4 * steps
    effect = (
        (1 + icc * (steps * n + n - 1))
        / (1 + icc * (steps * n / 2 + n - 1))
        * 3
        * (1 - icc)
        / (2 * (steps - 1 / steps))
    )
    found = power.stepped_wedge(n, (4,) * steps, icc=icc)
    # (1 + steps) periods; an individual trial of N has variance 4/N
    assert found.se**2 == pytest.approx(4 * effect * (steps + 1) / (clusters * n * (steps + 1)), rel=1e-12)


def test_roll_outs_that_compare_nothing_are_refused():
    for sizes, before, after in (((18,), 1, 1), ((9, 0), 1, 0), ((9, 9), 0, 0), ((9, 9), -1, 3)):
        with pytest.raises(impact.DataError):
            power.stepped_wedge(50, sizes, before=before, after=after)
    with pytest.raises(impact.DataError):
        power.stepped_wedge(50, (9, 9), autocorrelation=1.1)


GUESSES = {"n": 100, "count": 18, "icc": 0.2, "r2": 0.5, "covariates": 1}


def test_eighteen_schools_can_detect_a_third_to_nearly_half_a_standard_deviation():
    """Nine and nine schools of 100 students, ICC 0.20 (the WWC's for achievement), last year's score explaining half of
    the variance within schools and three quarters, or half, of that between them, one covariate, α 0.05, power 0.80."""
    found = power.span("clusters", {"r2_cluster": 0.75}, {"r2_cluster": 0.5}, vary="count", wanted=0.2, **GUESSES)
    assert (round(found.hopeful.mdes, 2), round(found.cautious.mdes, 2)) == (0.33, 0.46)
    assert found.verdict == "too_few"
    assert found.needs == (45, 84)
    for count, guess in zip(found.needs, (0.75, 0.5), strict=True):
        enough = {**GUESSES, "count": count, "r2_cluster": guess}
        assert power.clusters(**enough).power_for(0.2) >= 0.8
        assert power.clusters(**{**enough, "count": count - 1}).power_for(0.2) < 0.8


def test_the_verdict_of_a_span():
    for wanted, verdict in ((0.5, "enough"), (0.4, "perhaps"), (0.3, "too_few"), (None, "open")):
        found = power.span(
            "clusters", {"r2_cluster": 0.75}, {"r2_cluster": 0.5}, vary="count", wanted=wanted, **GUESSES
        )
        assert found.verdict == verdict
    more_students = power.span("clusters", {"r2_cluster": 0.75}, {"r2_cluster": 0.5}, vary="n", wanted=0.2, **GUESSES)
    assert more_students.needs == (None, None)  # no number of students makes up for few schools
