"""A word in a column of numbers is refused with the word; it never becomes a column for each number."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from fairlead.cli import main
from fairlead.science import impact

PLAN = """
title = "Tutoring"
question = "Did it work?"
intervention = "tutoring"
comparison = "no tutoring"
[population]
who = "children"
place = "Harborview"
period = "2025"
participants = "children"
[assignment]
design = "randomized_individual"
unit = "child"
column = "treat"
intervention = "1"
comparison = "0"
[[outcomes]]
name = "y"
label = "reading"
domain = "reading"
columns = ["y"]
unit = "points"
primary = true
[[models]]
name = "main"
label = "with the pretest"
covariates = ["pre"]
errors = "HC1"
primary = true
"""


@pytest.fixture
def rows() -> pl.DataFrame:
    n = 60
    return pl.DataFrame(
        {
            "school": [f"s{i % 6}" for i in range(n)],
            "grade": [("K", "1", "2", "3", "4", "5")[i % 6] for i in range(n)],
            "treat": [i // 6 % 2 for i in range(n)],
            "pre": [str(40 + i * 7 % 31) for i in range(n - 1)] + ["n/a"],
            "y": [50.0 + i * 5 % 23 for i in range(n)],
            "e": [str(i * 11 % 37) for i in range(n - 2)] + ["absent", "moved"],
        }
    )


COMMANDS = {
    "model": ["--formula", "y ~ pre + treat + (1 | school)"],
    "least squares": ["--formula", "y ~ pre + treat"],
    "outcome": ["--formula", "e ~ treat"],
    "match": ["--treat", "treat", "--on", "pre"],
    "meta": ["--effect", "e", "--variance", "y"],
    "did": ["--outcome", "e", "--unit", "school", "--time", "treat", "--cohort", "treat"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_word_among_numbers_is_named(
    name: str, rows: pl.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    rows.write_csv(tmp_path / "rows.csv")
    command = "model" if name in ("least squares", "outcome") else name
    assert main(["impact", command, str(tmp_path / "rows.csv"), *COMMANDS[name]]) == 2
    told = capsys.readouterr().err
    assert "'n/a'" in told or "'absent', 'moved'" in told
    assert "Traceback" not in told


def test_a_plans_covariate_of_numbers_with_a_word_is_refused(rows: pl.DataFrame) -> None:
    """Without this the pretest became thirty indicators, and the answer 240 rows with four degrees of freedom."""
    with pytest.raises(impact.DataError, match=r"models\[0\].covariates: pre: a column of numbers holds text.*'n/a'"):
        impact.analyse(impact.read_plan(PLAN), rows, provenance=impact.Provenance("test"))


def test_grades_are_groups(rows: pl.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows.write_csv(tmp_path / "rows.csv")
    assert main(["impact", "model", str(tmp_path / "rows.csv"), "--formula", "y ~ grade + treat"]) == 0
    assert "grade=K" in capsys.readouterr().out


def test_empty_files_and_near_names_are_told(
    rows: pl.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "none.csv").write_text("")
    formula = ["--formula", "y ~ treet + (1 | school)"]
    assert main(["impact", "model", str(tmp_path / "none.csv"), *formula]) == 2
    assert "the file is empty" in capsys.readouterr().err
    (tmp_path / "head.csv").write_text("y,treet,school\n")
    assert main(["impact", "model", str(tmp_path / "head.csv"), *formula]) == 2
    assert "the column has no value" in capsys.readouterr().err
    rows.write_csv(tmp_path / "rows.csv")
    assert main(["impact", "model", str(tmp_path / "rows.csv"), *formula]) == 2
    assert "did you mean 'treat'?" in capsys.readouterr().err


def test_a_refusal_reads_line_by_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "plan.toml").write_text(PLAN.replace("randomized_individual", "RCT"))
    assert main(["impact", "plan", "check", str(tmp_path / "plan.toml")]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "assignment.design: is not one of the choices",
        "  got:     'RCT'",
        "  allowed: randomized_individual, randomized_blocked, randomized_cluster, randomized_paired, matched, panel,",
        "           qed",
        "  next:    use one of the allowed names",
    ]
