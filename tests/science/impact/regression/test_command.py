"""`fairlead impact model` without a random part is least squares, with the errors that are asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fairlead.science.impact.command import main
from fairlead.science.impact.regression import linear_regression
from tests.science.impact.regression.test_model import sample


@pytest.fixture
def path(tmp_path: Path) -> str:
    sample(1).write_parquet(tmp_path / "rows.parquet")
    return str(tmp_path / "rows.parquet")


def run(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = main(arguments, lambda _: None)
    return code, capsys.readouterr().out


def test_it_answers_as_the_function_does(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(
        ["model", path, "--formula", "y ~ dose + pre", "--cluster", "g", "--errors", "CR2", "--json"], capsys
    )
    found = json.loads(out)
    fit = linear_regression(sample(1), "y ~ dose + pre", cluster="g", errors="CR2")
    assert (code, found["criterion"], found["errors"], found["n"]) == (0, "OLS", "CR2", 160)
    assert (found["groups"], found["converged"], found["random"]) == ({"g": 24}, True, [])
    term = next(item for item in found["fixed"] if item["term"] == "dose")
    own = fit.term("dose")
    assert (term["estimate"], term["se"], term["df"], term["p"]) == pytest.approx(
        (own.estimate, own.se, own.df, own.p), rel=1e-9
    )


def test_two_fixed_effects_as_a_table(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(["model", path, "--formula", "y ~ dose", "--absorb", "g,year", "--cluster", "g"], capsys)
    assert code == 0
    assert "fixed effects of g and year taken out" in out
    assert "24 clusters of g; CR1 errors" in out


@pytest.mark.parametrize(
    ("formula", "option", "word"),
    [("y ~ dose + (1 | g)", ["--errors", "CR2"], "--errors"), ("y ~ dose", ["--ml"], "--ml")],
)
def test_options_that_mean_nothing_are_refused(
    path: str, capsys: pytest.CaptureFixture[str], formula: str, option: list[str], word: str
) -> None:
    code, out = run(["model", path, "--formula", formula, *option, "--json"], capsys)
    assert code == 2
    assert json.loads(out)["problems"][0]["where"] == word
