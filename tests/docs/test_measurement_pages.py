"""The pages on agreement, reliability and generalizability say what the code says."""

from __future__ import annotations

import doctest
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from fairlead.science.measurement import (
    cronbach_alpha,
    decide,
    g_study,
    intraclass_correlations,
    krippendorff_alpha,
    mcdonald_omega,
)
from tests.plugins.skips import needs_data
from tests.science.measurement.test_agreement import SHROUT_FLEISS
from tests.science.measurement.test_generalizability import set3, set4
from tests.science.measurement.test_omega_krippendorff import CANONICAL

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "explanation"


def text(page: str) -> str:
    return (FOLDER / f"{page}.md").read_text(encoding="utf-8")


def rows_after(page: str, mark: str) -> list[str]:
    return text(page).split(f"<!-- {mark} -->\n")[1].split("\n\n")[0].splitlines()[2:]


@pytest.mark.parametrize(("page", "least"), [("agreement", 6), ("reliability", 12), ("generalizability", 12)])
def test_examples(page: str, least: int) -> None:
    failed, tried = doctest.testfile(str(FOLDER / f"{page}.md"), module_relative=False)
    assert tried >= least
    assert failed == 0


def test_krippendorff() -> None:
    rows = []
    for metric in ("nominal", "ordinal", "interval", "ratio"):
        found = krippendorff_alpha(CANONICAL, metric=metric, rng=np.random.default_rng(1))
        rows.append(f"| {metric} | {found.value:.3f} | {found.low:.3f} to {found.high:.3f} |")
    assert rows_after("agreement", "krippendorff") == rows


def test_shrout_and_fleiss() -> None:
    forms = intraclass_correlations(SHROUT_FLEISS).forms
    rows = [f"| {one.name} | {one.value:.2f} | {one.low:.2f} to {one.high:.2f} | {one.text} |" for one in forms]
    assert rows_after("agreement", "icc") == rows


def test_holzinger() -> None:
    table = pl.read_csv(needs_data("eval", "holzinger1939_lavaan.csv"), null_values="NA")
    scales = {
        "all nine": (1, 9),
        "visual (x1 to x3)": (1, 3),
        "verbal (x4 to x6)": (4, 6),
        "speed (x7 to x9)": (7, 9),
    }
    rows = []
    for name, (first, last) in scales.items():
        x = table.select(f"x{i}" for i in range(first, last + 1)).to_numpy()
        alpha, omega = cronbach_alpha(x), mcdonald_omega(x)
        rmsea = "always, with three" if omega.fit.rmsea is None else f"{omega.fit.rmsea:.2f}"
        rows.append(
            f"| {name} | {alpha.value:.2f} | {alpha.low:.2f} to {alpha.high:.2f} | {omega.value:.2f} | {rmsea} |"
        )
    assert rows_after("reliability", "holzinger") == rows
    doubled = 2 * (visual := cronbach_alpha(table.select("x1", "x2", "x3").to_numpy()).value) / (1 + visual)
    assert f"Doubling a scale of {visual:.2f} gives {doubled:.2f}" in text("reliability")


def test_brennan() -> None:
    rows = []
    for name, study, sizes in (
        (
            "synthetic set 3, persons × items × occasions",
            g_study(set3(), facets=["occasion", "item"]),
            {"item": 4, "occasion": 2},
        ),
        (
            "synthetic set 4, persons × (raters in tasks)",
            g_study(set4(), facets=["task", "rater"], nested={"rater": "task"}),
            {"task": 3, "rater": 4},
        ),
    ):
        found = decide(study, sizes)
        parts = ", ".join(f"{one.name} {one.variance:.4f}" for one in study.components)
        rows.append(f"| {name} | {parts} | {found.rho2.value:.2f} | {found.phi.value:.2f} |")
    assert rows_after("generalizability", "brennan") == rows
