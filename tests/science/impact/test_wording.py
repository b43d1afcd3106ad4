"""Numbers agree with their nouns, in what the terminal prints."""

from __future__ import annotations

import re

import numpy as np
import polars as pl
import pytest

from fairlead.cli import main
from fairlead.science.impact.wording import counted

WRONG = re.compile(
    r"\b1 (\w+s)\b|\b(?!1\b)[\d,]+ (school|class|district|row|cluster|group|step|model|outcome|unit)\b"
)


@pytest.mark.parametrize(
    ("n", "noun", "said"),
    [
        (0, "row", "0 rows"), (1, "class", "1 class"), (2, "class", "2 classes"), (1200, "city", "1,200 cities"),
        (3, "key", "3 keys"), (2, "district", "2 districts"), (2, "class:school", "2 groups of class:school"),
        (1, "school_id", "1 group of school_id"),
    ],
)  # fmt: skip
def test_counted(n: int, noun: str, said: str) -> None:
    assert counted(n, noun) == said


def test_what_the_terminal_prints(tmp_path, capsys) -> None:
    rng = np.random.default_rng(1)
    school = np.repeat(np.arange(30), 10)
    table = pl.DataFrame(
        {
            "school": school, "class": school * 2 + np.tile([0, 1], 150), "treat": school % 2,
            "pre": rng.normal(size=300), "y": rng.normal(size=30)[school] + rng.normal(size=300),
        }
    )  # fmt: skip
    table[0, "pre"] = None
    table.write_parquet(tmp_path / "rows.parquet")
    printed = []
    for options in (
        ["model", "--formula", "y ~ pre + (1 | school)"],
        ["model", "--formula", "y ~ pre + (1 | school/class)"],
        ["model", "--formula", "y ~ treat + pre", "--cluster", "school"],
        ["match", "--treat", "treat", "--on", "pre", "--method", "nearest", "--outcome", "y", "--within", "school"],
        ["match", "--treat", "treat", "--on", "pre", "--method", "cem", "--outcome", "y"],
    ):
        main(["impact", options[0], str(tmp_path / "rows.parquet"), *options[1:]])
        printed.append("".join(capsys.readouterr()))
    assert "299 rows, 30 schools;" in printed[0]
    assert "60 groups of class:school" in printed[1]
    assert "299 rows, 30 clusters of school" in printed[2]
    for text in printed:
        assert not WRONG.search(text), WRONG.search(text)
