"""Designs against PowerUpR 1.1.0, the search for a sample, priors, and the command."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.cli import main
from fairlead.science.impact import DataError, power


@pytest.mark.parametrize(
    ("name", "options", "mdes"),
    [
        # reference_values.csv, pw.*; half of the last digit given there
        ("individual", {"n": 250}, 0.355775),
        ("blocked_random", {"n": 15, "blocks": 20, "icc": 0.17, "omega": 0.5}, 0.3655854),
        ("clusters", {"n": 60, "count": 40, "icc": 0.2, "r2": 0.5, "r2_cluster": 0.5, "covariates": 1}, 0.297201),
        ("clusters3", {"n": 15, "middle": 3, "count": 60, "icc": 0.06, "icc_middle": 0.17}, 0.2691084),
    ],
)
def test_powerup(name: str, options: dict[str, float], mdes: float) -> None:
    assert power.design(name, **options).mdes == pytest.approx(mdes, abs=5.1e-7)


def test_powerup_power() -> None:
    design = power.clusters(20, 40, icc=0.2, r2_cluster=0.5, r2=0.5, covariates=1)
    assert design.power_for(0.25) == pytest.approx(0.6036279, abs=5.1e-8)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.1, 0.6), st.sampled_from(["individual", "blocked", "clusters", "clusters3"]), st.floats(0.6, 0.95))
def test_the_needed_sample_is_the_smallest(effect: float, name: str, wanted: float) -> None:
    sizes = {"individual": {}, "blocked": {"n": 12}, "clusters": {"n": 20}, "clusters3": {"n": 10, "middle": 3}}[name]
    vary = {"individual": "n", "blocked": "blocks"}.get(name, "count")
    found = power.needed(name, effect, vary=vary, power=wanted, **sizes)
    assert found.power >= wanted
    if found.value > 5:
        assert power.design(name, **sizes, **{vary: found.value - 1}).power_for(effect) < wanted


def test_three_levels_with_one_classroom_each_are_two() -> None:
    three = power.clusters3(20, 1, 40, icc=0.2, icc_middle=0.0)
    assert three.se == pytest.approx(power.clusters(20, 40, icc=0.2).se)
    with pytest.raises(DataError, match="reach 1"):
        power.clusters3(20, 2, 40, icc=0.6, icc_middle=0.5)


def test_more_students_in_the_same_schools_do_not_help_beyond_a_point() -> None:
    with pytest.raises(DataError, match="no number of these is enough"):
        power.needed("clusters", 0.1, vary="n", count=10, icc=0.2)


@pytest.mark.prove
def test_power_in_simulated_school_trials() -> None:
    """2,000 trials of 20 schools of 3 classrooms of 8 students; the promised power of 0.8 within 3 errors (0.027)."""
    from scipy import stats

    design = power.clusters3(8, 3, 20, icc=0.15, icc_middle=0.1)
    rng = np.random.default_rng(1)
    school = rng.normal(size=(2000, 20)) * np.sqrt(0.15)
    rooms = rng.normal(size=(2000, 20)) * np.sqrt(0.1 / 3)
    students = rng.normal(size=(2000, 20)) * np.sqrt(0.75 / 24)
    means = school + rooms + students
    means[:, :10] += design.mdes
    p = stats.ttest_ind(means[:, :10], means[:, 10:], axis=1).pvalue
    assert np.mean(p < 0.05) == pytest.approx(design.power_for(design.mdes), abs=0.027)


def test_priors_carry_their_source_and_confidence() -> None:
    for prior in power.priors():
        assert 0 <= prior.low <= prior.high < 1
        assert prior.source
        assert prior.basis in ("V", "S", "R")
        assert prior.confidence in ("H", "M", "L")
        assert all(prior.low <= value <= prior.high for _, value in prior.by_grade)
    assert power.prior("icc_school_reading").at("10") == 0.183
    with pytest.raises(DataError, match="no value for this grade"):
        power.prior("icc_school_reading").at("12")


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["impact", "power", "--design", "clusters3", "--n", "15", "--middle", "3", "--icc", "0.06"]
    asked += ["--icc-middle", "0.17"]
    assert main([*asked, "--count", "60", "--json", "--sd", "40"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["mdes"] == pytest.approx(0.2691084, abs=5.1e-8)
    assert record["mdes_native"] == pytest.approx(40 * record["mdes"])
    assert len(record["curve"]) == 25
    assert record["plot"]["alt"]
    assert main([*asked, "--effect", "0.25", "--vary", "count"]) == 0
    assert "needed for an effect of 0.25: count = 7" in capsys.readouterr().out
    assert main([*asked, "--omega", "0.5", "--count", "60"]) == 2
    assert "has no such number" in capsys.readouterr().err
    assert main(["impact", "power", "--design", "individual"]) == 2
    assert "needs it" in capsys.readouterr().err
