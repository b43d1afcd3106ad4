"""Does a 95 % interval hold the truth in 95 of 100 lotteries? The table of bands was fixed before the first run.

2,000 lotteries per row. The simulation's own standard error at 0.95 is 0.0049, so the band 0.935 to 0.965 is three of
them on each side: an honest method fails it once in some 400 runs; with the seed fixed, never by chance twice.
Known failure, kept in the table as such: CR1 where blocks use up many clusters (6 teachers in each of 18 schools) is too
narrow, which is why the students' plan of the coaching lottery asks for CR2.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from fairlead.science.impact import least_squares
from fairlead.science.impact.regression import linear_regression

REPETITIONS = 2000
BAND = (0.935, 0.965)


def teachers(rng):
    """18 schools of 6 or 7 teachers, half drawn (unequal shares), unequal noise, effect that differs by school."""
    sizes = rng.integers(6, 8, 18)
    school = np.repeat(np.arange(18), sizes)
    treated = np.concatenate([rng.permutation(np.arange(size) < size // 2) for size in sizes]).astype(float)
    noise = rng.normal(size=school.size) * (0.5 + treated + school / 18)
    fall = rng.normal(size=school.size)
    y = 0.4 * treated + 0.5 * fall + school / 9 + noise
    return y, np.column_stack([treated, fall]), school, None, 0.4


def students(rng):
    """The same teachers with 10 to 30 students each, a shared classroom shock (ICC about 0.15)."""
    sizes = rng.integers(6, 8, 18)
    school_of = np.repeat(np.arange(18), sizes)
    treated_of = np.concatenate([rng.permutation(np.arange(size) < size // 2) for size in sizes]).astype(float)
    count = rng.integers(10, 31, school_of.size)
    teacher = np.repeat(np.arange(school_of.size), count)
    shock = rng.normal(scale=0.4, size=school_of.size) * (1 + 0.5 * treated_of)
    fall = rng.normal(size=teacher.size)
    y = 0.2 * treated_of[teacher] + 0.6 * fall + shock[teacher] + rng.normal(size=teacher.size)
    return y, np.column_stack([treated_of[teacher], fall]), school_of[teacher], teacher, 0.2


def coverage(make, errors: str, seed: int) -> tuple[float, float]:
    """Share of intervals that hold the truth, and mean standard error over the estimates' true spread."""
    from scipy import stats

    rng = np.random.default_rng(seed)
    held, estimates, ses = 0, [], []
    for _ in range(REPETITIONS):
        y, x, school, cluster, truth = make(rng)
        fit = least_squares(y, x, names=("treated", "fall"), absorb=school, cluster=cluster, errors=errors)
        half = stats.t.ppf(0.975, fit.df[0]) * fit.standard_errors[0]
        held += abs(fit.coefficients[0] - truth) <= half
        estimates.append(fit.coefficients[0])
        ses.append(fit.standard_errors[0])
    assert np.mean(estimates) == pytest.approx(truth, abs=4 * np.std(estimates) / np.sqrt(REPETITIONS))
    return held / REPETITIONS, float(np.mean(ses) / np.std(estimates))


@pytest.mark.prove
@pytest.mark.parametrize(
    ("make", "errors", "low", "high"),
    [
        (teachers, "HC1", *BAND),
        (students, "CR2", *BAND),
        (students, "CR1", 0.90, 0.95),  # the known failure: too narrow when blocks absorb the clusters' freedom
    ],
)
def test_coverage(make, errors, low, high):
    covered, ratio = coverage(make, errors, seed=20260)
    assert low <= covered <= high, (covered, ratio)


def test_the_known_failure_is_told_of():
    """By the regression of rows; a plan's report says the same (`cr1_with_blocks`)."""
    y, x, school, teacher, _ = students(np.random.default_rng(1))
    rows = pl.DataFrame({"y": y, "treated": x[:, 0], "fall": x[:, 1], "school": school, "teacher": teacher})
    fit = linear_regression(rows, "y ~ treated + fall", absorb="school", cluster="teacher", errors="CR1")
    assert "CR1 is too small there" in " ".join(fit.warnings)
    fit = linear_regression(rows, "y ~ treated + fall", absorb="school", cluster="teacher", errors="CR2")
    assert "CR1" not in " ".join(fit.warnings)


def test_every_table_of_bands_has_two_thousand_repetitions_a_row():
    """The lotteries', the matched comparisons', the multilevel models', the panels', the regressions' and the syntheses'."""
    from tests.science.impact.matching import test_matching_simulation as matching
    from tests.science.impact.multilevel import test_simulation as multilevel
    from tests.science.impact.panel import test_simulation as panel
    from tests.science.impact.regression import test_simulation as regression
    from tests.science.impact.synthesis import test_synthesis as synthesis

    modules = (matching, multilevel, panel, regression, synthesis)
    assert min(REPETITIONS, *(module.REPETITIONS for module in modules)) >= 2_000
