"""Translations and costs: each conversion named, at its edges, with its interval; corrections by version."""

from __future__ import annotations

import csv
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.science import impact
from fairlead.science.impact import effects, translate
from fairlead.science.impact.costs import Costs, Ingredient, cost_effect
from tests.plugins.skips import needs_data


def reference(key: str) -> list[float]:
    with needs_data("eval", "reference_values.csv").open(encoding="utf-8") as file:
        value = next(row["value"] for row in csv.DictReader(file) if row["id"] == key)
    return [float(number) for number in re.findall(r"-?\d+\.\d+", value)]


def test_the_values_of_the_reference_list() -> None:
    """Half of the last digit given there."""
    assert effects.cluster_df(5, 100, 0.1) == pytest.approx(reference("wwc.h")[0], abs=5.1e-5)
    older = effects.corrections(0.25, 500, 500, rho=0.2, cluster_size=25)[0]
    t, corrected, h, p = reference("wwc.clust")
    assert older.version == "4.0"
    assert (older.t, older.corrected) == pytest.approx((t, corrected), abs=5.1e-6)
    assert older.h == pytest.approx(h, abs=5.1e-4)
    assert older.p == pytest.approx(p, abs=5.1e-7)


def test_the_vectors_of_the_standards_name_their_version() -> None:
    newer = effects.corrections(0.30, 200, 200, rho=0.2, cluster_size=20)[1]
    assert newer.version == "4.1"
    assert (newer.t, newer.corrected, newer.p) == pytest.approx((2.9833, 1.3486, 0.1788), abs=5.1e-5)
    assert newer.h == pytest.approx(231.66, abs=5.1e-3)


@given(st.integers(10, 500), st.integers(10, 500), st.integers(2, 8))
def test_without_clustering_the_corrections_vanish(clustered: int, other: int, size: int) -> None:
    shrink, inflate, h = effects.one_arm_clustered(clustered, other, size, 0.0)
    assert (shrink, inflate, h) == pytest.approx((1.0, 1.0, clustered + other - 2))
    assert effects.cox(0.6, 0.5, 200, rho=0.0, cluster_size=5) == pytest.approx(effects.cox(0.6, 0.5, 200))
    plain, grouped = (
        effects.cox_standard_error(0.6, 0.5, 100, 100, **o) for o in ({}, {"rho": 0.1, "cluster_size": 11})
    )
    assert plain is not None
    assert grouped is not None
    assert grouped == pytest.approx(plain * np.sqrt(2), rel=0.01)  # η = 2; ω differs in the third digit


def test_one_clustered_arm_beside_its_own_model() -> None:
    """20,000 draws of 10 groups of 5 whose members share ρ, beside 50 alone with the variance within groups, 1 − ρ: E[S²] is
    γ, the variance of the difference of means (1/n_T + 1/n_C)·η, and 2E²/Var of S² is h. Errors 0.1, 1 and 1.5 %."""
    rng = np.random.default_rng(2)
    rho, groups, size, alone = 0.3, 10, 5, 50
    shared = np.sqrt(rho) * rng.normal(size=(20_000, groups, 1))
    one = (shared + np.sqrt(1 - rho) * rng.normal(size=(20_000, groups, size))).reshape(20_000, -1)
    two = np.sqrt(1 - rho) * rng.normal(size=(20_000, alone))
    n = groups * size
    pooled = (one.var(axis=1, ddof=1) * (n - 1) + two.var(axis=1, ddof=1) * (alone - 1)) / (n + alone - 2)
    gamma, eta, h = effects.one_arm_clustered(n, alone, size, rho)
    assert pooled.mean() == pytest.approx(gamma, rel=0.004)
    assert (one.mean(axis=1) - two.mean(axis=1)).var() == pytest.approx((1 / n + 1 / alone) * eta, rel=0.04)
    assert 2 * pooled.mean() ** 2 / pooled.var() == pytest.approx(h, rel=0.06)


@pytest.mark.parametrize(
    ("g", "rank"), [(-0.08, 10), (-0.01, 20), (0.10, 50), (0.21, 70), (0.47, 90), (-1.0, 10), (3.0, 90)]
)
def test_ranks_at_the_published_percentiles(g: float, rank: float) -> None:
    assert translate.rank_among_published(g) == pytest.approx(rank)


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_a_larger_effect_never_ranks_lower(one: float, two: float) -> None:
    low, high = sorted((one, two))
    assert translate.rank_among_published(low) <= translate.rank_among_published(high)


def test_months_are_of_a_grade_and_subject_and_left_out_where_gains_are_small() -> None:
    assert translate.months_of_learning(0.60, "reading", "3") == pytest.approx(9.0)
    assert translate.months_of_learning(0.10, "math", "12") is None
    assert translate.months_of_learning(0.10, "math", "K") is None


def test_every_conversion_says_its_source_and_confidence() -> None:
    for key, body in translate.conversions().items():
        assert body["name"], key
        assert body["name_es"], key
        assert body["source"], key
        assert body["basis"] in ("V", "S", "R", "D"), key
        assert body["confidence"] in ("H", "M", "L"), key


def test_the_translations_of_a_study_keep_their_interval_and_the_native_unit() -> None:
    result = impact.analyse(
        impact.shipped_plan("star_kindergarten"),
        impact.star_kindergarten(),
        provenance=impact.Provenance(source="Project STAR"),
    )
    estimate = result.primary.estimate
    found = {t.key: t for t in impact.translations(estimate, result.plan.primary_outcome)}
    rank = found["rank"]
    assert rank.value is not None
    assert rank.low is not None
    assert rank.high is not None
    assert rank.low <= rank.value <= rank.high
    assert "Kraft" in rank.name
    assert estimate.unit == "points"


COSTS = Costs(
    (
        Ingredient("tutors", 3000, "hour", 28.0, "personnel", "district"),
        Ingredient("volunteers", 500, "hour", 28.0, "personnel", "volunteers"),
        Ingredient("rooms", 10, "month", 400.0, "facilities", "district"),
    ),
    students=200,
    price_year=2026,
)


def test_costs_by_ingredients() -> None:
    assert COSTS.total == 3000 * 28 + 500 * 28 + 4000
    assert COSTS.per_student == pytest.approx(510.0)
    assert COSTS.by("paid_by") == {"district": 88_000.0, "volunteers": 14_000.0}
    assert sum(COSTS.by("category").values()) == pytest.approx(COSTS.total)
    found = cost_effect(COSTS, 0.2, 0.1, 0.4)
    assert (found.per_tenth, found.low, found.high) == pytest.approx((255.0, 127.5, 510.0))


def test_an_effect_that_may_be_zero_has_no_highest_price_and_none_without_effect() -> None:
    assert cost_effect(COSTS, 0.2, -0.1, 0.4).high is None
    assert cost_effect(COSTS, -0.1, -0.3, 0.1).per_tenth is None
