"""What every estimator must hold, for each method of matching."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.special import expit

from fairlead.science.impact.matching import effect, match
from fairlead.science.impact.methods import methods
from tests.science.impact import battery

WAYS = {
    "nearest": {"method": "nearest", "order": "largest"},
    "mahalanobis": {"method": "mahalanobis", "order": "largest"},
    "within": {"method": "nearest", "within": "school", "order": "largest"},
    "cem": {"method": "cem", "bins": {"pre": 4, "age": 3}},
    "ebal": {"method": "ebal"},
    "ipw": {"method": "ipw"},
}


def students():
    rng = np.random.default_rng(11)
    n = 240
    school = rng.integers(0, 12, n)
    pre, age = rng.normal(size=n), rng.normal(size=n)
    t = (rng.random(n) < expit(-0.7 + 0.5 * pre)).astype(int)
    y = t + pre + rng.normal(size=n) + 0.3 * rng.normal(size=12)[school]
    return pl.DataFrame({"t": t, "pre": pre, "age": age, "school": [f"s{s}" for s in school], "y": y})


BROKEN = {
    "one cluster": lambda rows: rows.with_columns(school=pl.lit("s1")),
    "no treated": lambda rows: rows.with_columns(t=pl.lit(0)),
    "constant outcome": lambda rows: rows.with_columns(y=pl.lit(3.0)),
    "all missing": lambda rows: rows.with_columns(pre=pl.lit(None, dtype=pl.Float64)),
    "collinear": lambda rows: rows.with_columns(age=2 * pl.col("pre") + 1),
}


def subject(way):
    def fit(rows):
        cluster = {"cluster": "school"}
        found = match(rows, treated="t", on="pre + age", also=["y", "school"], **WAYS[way])
        told = effect(found, "y", adjust=True, **cluster)
        return told.estimate, told.se, told.ci_low - told.estimate

    # cells know no covariance, so that a repeated covariate only cuts the same cells again; the outcome model refuses it
    return battery.Subject(rows=students, fit=fit, outcome="y", labels=("school",), broken=BROKEN, tolerance=1e-7)


@pytest.mark.parametrize(("way", "check"), [(way, check) for way in WAYS for check in battery.checks(subject(way))])
def test_battery(way, check):
    battery.run(subject(way), check)


def test_each_method_says_what_it_is_worth():
    known = {key.removeprefix("matching.") for key in methods() if key.startswith("matching.")}
    assert known == {"nearest", "mahalanobis", "hierarchical", "cem", "ebal", "ipw"}
