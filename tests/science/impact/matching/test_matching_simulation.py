"""Do the intervals hold the truth when treatment is confounded? The table of bands was fixed before the first run.

2,000 studies a row (1,000 until the bands were first met): the simulation's own error of a coverage of 0.95 is 0.005, and the
bands are four of them and more on each side; errors that take pairs as given may be too wide (Abadie & Spiess 2022), so those rows have room above. Bias is
in standard deviations of the estimate, so 0.15 moves a coverage of 0.95 by less than 0.003.
"""

from __future__ import annotations

import functools

import numpy as np
import polars as pl
import pytest
from scipy.special import expit

from fairlead.science.impact.matching import effect, match

REPETITIONS = 2000


def students(rng, n=400):
    """Weaker students are likelier to be tutored, tutoring helps the stronger more, and noise differs by arm."""
    pre, age = rng.normal(size=n), rng.normal(size=n)
    t = rng.random(n) < expit(-1.0 - 0.6 * pre + 0.4 * age)
    gain = 1 + 0.5 * pre
    y = gain * t + pre + 0.5 * age + rng.normal(size=n) * (1 + 0.5 * t)
    return pl.DataFrame({"t": t, "pre": pre, "age": age, "y": y, "gain": gain})


def in_schools(rng, schools=24):
    """Schools that do well tutor more; how well they do is not among the covariates."""
    sizes = rng.integers(10, 31, schools)
    school = np.repeat(np.arange(schools), sizes)
    climate = rng.normal(size=schools)
    pre = rng.normal(size=school.size)
    t = rng.random(school.size) < expit(-0.8 + 0.8 * climate[school] - 0.4 * pre)
    y = 1.0 * t + pre + climate[school] + rng.normal(size=school.size)
    return pl.DataFrame({"t": t, "pre": pre, "y": y, "school": school, "gain": np.ones(school.size)})


def whole_schools(rng, schools=60):
    """Schools decide, weaker ones rather; what they decide by is what was measured of their students."""
    sizes = rng.integers(8, 20, schools)
    school = np.repeat(np.arange(schools), sizes)
    level, shock = rng.normal(size=schools), 0.7 * rng.normal(size=schools)
    pre = level[school] + rng.normal(size=school.size)
    chosen = rng.random(schools) < expit(-1.0 - 0.5 * level)
    chosen[:2] = True, False
    t = chosen[school]
    y = 1.0 * t + pre + shock[school] + rng.normal(size=school.size)
    return pl.DataFrame({"t": t, "pre": pre, "y": y, "school": school, "gain": np.ones(school.size)})


# (study, matching, outcome model, bias within, coverage from, to)
TABLE = {
    "ebal": (students, {"method": "ebal"}, {}, 0.15, 0.93, 0.97),
    "ipw ATT": (students, {"method": "ipw"}, {}, 0.15, 0.93, 0.97),
    "ipw ATE": (students, {"method": "ipw", "estimand": "ATE"}, {}, 0.15, 0.925, 0.97),
    "nearest, adjusted": (students, {"method": "nearest"}, {"adjust": True, "errors": "CR1"}, 0.25, 0.93, 0.99),
    "mahalanobis, adjusted": (
        students,
        {"method": "mahalanobis"},
        {"adjust": True, "errors": "CR1"},
        0.25,
        0.93,
        0.99,
    ),
    "nearest with replacement, adjusted": (
        students,
        {"method": "nearest", "replace": True, "ratio": 2},
        {"adjust": True},
        0.25,
        0.91,
        0.98,
    ),
    # the truth is that of the treated who were kept, study by study; the error also counts how they were drawn
    "cem": (students, {"method": "cem"}, {}, 0.25, 0.93, 0.985),
    "schools first": (
        whole_schools,
        {"method": "mahalanobis", "hierarchical": ["school"]},
        {"adjust": True},
        0.25,
        0.91,
        0.985,
    ),
    "within school": (in_schools, {"method": "nearest", "within": "school"}, {"adjust": True}, 0.25, 0.92, 0.98),
    "within school, 10 schools": (
        functools.partial(in_schools, schools=10),
        {"method": "nearest", "within": "school"},
        {"adjust": True},
        0.25,
        0.91,
        0.985,
    ),
    "within school, 40 schools": (
        functools.partial(in_schools, schools=40),
        {"method": "nearest", "within": "school"},
        {"adjust": True},
        0.25,
        0.92,
        0.98,
    ),
}

# known failures: what the table says must go wrong, and what the engine tells the person who does it
KNOWN = {
    "pairs across schools, errors as if students were alone": (
        in_schools,
        {"method": "nearest"},
        {"adjust": True, "errors": "HC1"},
        0.80,
    ),
    "errors by pair where whole schools were treated": (
        whole_schools,
        {"method": "mahalanobis"},
        {"adjust": True, "errors": "CR1"},
        0.85,
    ),
    "errors by school do not mend a confounding by school": (
        in_schools,
        {"method": "nearest"},
        {"adjust": True, "cluster": "school"},
        0.85,
    ),
}


def run(name):
    """Bias in standard deviations, coverage, and the last effect."""
    make, matching, outcome = {**TABLE, **KNOWN}[name][:3]
    seed = 41 if name in TABLE else 43
    rng = np.random.default_rng(seed)
    big = make(np.random.default_rng(99), 1_000_000) if make is students else None
    if matching.get("estimand") == "ATE" or big is None:
        truth = 1.0
    else:
        truth = float(big.filter("t")["gain"].mean())
    missed, held, told = [], 0, None
    for _ in range(REPETITIONS):
        data = make(rng)
        also = [name for name in ("y", outcome.get("cluster")) if name]
        on = "pre + age" if make is students else "pre"
        found = match(data, treated="t", on=on, also=also, **matching)
        if matching["method"] == "cem":
            truth = float(data["gain"].to_numpy()[found.rows[found.kept & found.treated]].mean())
        told = effect(found, "y", **outcome)
        missed.append(told.estimate - truth)
        held += told.ci_low <= truth <= told.ci_high
    return np.mean(missed) / np.std(missed), held / REPETITIONS, told


def as_the_page_says(name, coverage):
    """Seeds are fixed, but another processor may round a study to the other side: a quarter of a percent is five studies."""
    from tests.docs.test_matched_comparison import NAMES, said  # which imports this module

    told = next(said()[row] for row, (_, key) in NAMES.items() if key == name)
    assert 100 * coverage == pytest.approx(told, abs=0.3)


@pytest.mark.prove
@pytest.mark.parametrize("name", TABLE)
def test_bias_and_coverage(name):
    bias_within, low, high = TABLE[name][3:]
    bias, coverage, _ = run(name)
    print(f"{name}: bias {bias:.3f} sd, coverage {coverage:.3f}")
    assert abs(bias) <= bias_within
    assert low <= coverage <= high
    as_the_page_says(name, coverage)


@pytest.mark.prove
@pytest.mark.parametrize("name", KNOWN)
def test_known_failures_still_fail(name):
    below = KNOWN[name][3]
    bias, coverage, _ = run(name)
    print(f"{name}: bias {bias:.3f} sd, coverage {coverage:.3f}")
    assert coverage < below
    as_the_page_says(name, coverage)


@pytest.mark.parametrize("name", KNOWN)
def test_known_failures_are_told_of(name):
    """Whoever does it reads what is wrong with it, in each of ten studies."""
    make, matching, outcome, _ = KNOWN[name]
    rng = np.random.default_rng(43)
    for _ in range(10):
        found = match(make(rng), treated="t", on="pre", also=["y", "school"], **matching)
        told = {notice.code for notice in effect(found, "y", **outcome).notices}
        assert ("pairs_across_clusters" if "cluster" in outcome else "no_cluster_named") in told
