"""`fairlead impact match`: what it prints, and with which exit code it ends."""

from __future__ import annotations

import json

import polars as pl
import pytest

from fairlead.cli import main
from fairlead.science.impact.matching import METHODS
from tests.science.impact.matching.test_matching_battery import students


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "students.parquet"
    students().write_parquet(path)
    return path


def asked(capsys, *arguments):
    assert main(["impact", "match", *map(str, arguments)]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("method", METHODS)
def test_the_record(data, capsys, method):
    out = asked(capsys, data, "--treat", "t", "--on", "pre+age", "--method", method, "--outcome", "y", "--json")
    record = json.loads(out)
    assert {"estimate", "se", "df", "p", "ci_low", "ci_high", "errors", "weights_uncertainty"} <= set(record["att"])
    assert {"measure", "before", "after", "standing"} <= set(record["balance"][0])
    assert record["settings"]["ratio"] == 1
    weights = record["weights"]
    assert sum(w["weight"] for w in weights if w["treated"]) == pytest.approx(record["matched"]["treated"])
    assert sum(w["weight"] for w in weights if not w["treated"]) == pytest.approx(record["matched"]["control"])
    if method in ("nearest", "mahalanobis"):
        assert len(record["pairs"]) == record["matched"]["control"]
    assert record["love"]["alt"]


def test_a_person_reads_a_table(data, capsys, tmp_path):
    out = asked(
        capsys,
        *(data, "--treat", "t", "--on", "pre + age", "--caliper", "0.1", "--caliper", "age=0.5", "--ratio", "2"),
        *("--exact", "school", "--outcome", "y", "--adjust", "--love", tmp_path / "love.json"),
    )
    for words in (
        "rows with all values",
        "left out",
        "standardised differences",
        "effect on y (ATT",
        "95% interval",
        "note:",
    ):
        assert words in out
    assert json.loads((tmp_path / "love.json").read_text())["description"]


def test_rows_of_no_known_arm_are_shown(data, capsys):
    rows = students()
    rows = rows.with_columns(
        t=pl.when(pl.int_range(pl.len()) < 3).then(None).otherwise(pl.col("t")), y=pl.col("y") + 9 * pl.col("t")
    )
    rows.write_parquet(data)
    out = asked(capsys, data, "--treat", "t", "--on", "pre+age", "--outcome", "y")
    assert "lacks a value (t), of no known arm 3" in out
    assert "p below 0.001" in out
    assert "error" in out


def test_whole_schools_weights_and_a_random_order(data, capsys):
    rows = students().with_columns(t=students()["school"].is_in(["s0", "s1", "s2", "s3"]))
    rows.write_parquet(data)
    base = [data, "--treat", "t", "--on", "pre+age", "--json"]
    groups = json.loads(asked(capsys, *base, "--method", "mahalanobis", "--hierarchical", "school", "--outcome", "y"))
    assert len(groups["groups"]) == 4
    assert groups["att"]["clusters_by"] == "matched school"
    assert "few_clusters" in {notice["code"] for notice in groups["att"]["notices"]}
    ate = json.loads(asked(capsys, *base, "--method", "ipw", "--estimand", "ATE", "--trim", "0.05", "--outcome", "y"))
    assert "ate" in ate
    one, two, other = (
        json.loads(asked(capsys, *base, "--order", "random", "--seed", seed))["pairs"] for seed in (1, 1, 2)
    )
    assert one == two != other


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        (["--caliper", "wide"], "caliper"),
        (["--bins", "pre"], "bins"),
        (["--adjust"], "adjust"),
        (["--method", "ebal", "--ratio", "2"], "method"),
        (["--exact", "shoe"], "shoe"),
    ],
)
def test_refusals(data, capsys, arguments, where):
    assert main(["impact", "match", str(data), "--treat", "t", "--on", "pre+age", "--json", *arguments]) == 2
    assert json.loads(capsys.readouterr().out)["problems"][0]["where"] == where
