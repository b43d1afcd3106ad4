"""The page of a plan's keys names every key that is read, and the page of study records every key of theirs."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from fairlead.science import impact
from fairlead.science.impact import plan
from fairlead.science.impact.plan import DESIGNS, MATCHING, METHODS, SUMS

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"
PARTS = (
    plan.Plan, plan.Population, plan.Assignment, plan.Attrition, plan.Outcome, plan.Baseline, plan.Model, plan.Subgroup,
    plan.Matching, plan.Panel, plan.Costs, plan.Ingredient, plan.Limitation,
)  # fmt: skip


SECTIONS = {
    "Plan": "The top of the file", "Population": "[population]", "Assignment": "[assignment]", "Attrition": "[attrition]",
    "Outcome": "[[outcomes]]", "Baseline": "[[baseline]]", "Model": "[[models]]", "Subgroup": "[[subgroups]]",
    "Matching": "[matching]", "Panel": "[panel]", "Costs": "[costs]", "Ingredient": "[costs]", "Limitation": "[[limitations]]",
}  # fmt: skip


def section(page: str, title: str) -> str:
    (found,) = [part for part in page.split("\n## ") if part.replace("`", "").startswith(title)]
    return found


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_every_key_of_a_plan_is_explained_in_its_section(part):
    page = (REFERENCE / "plan.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.*?) \|", section(page, SECTIONS[part.__name__]), re.MULTILINE)
    named = {key for row in rows for key in re.findall(r"`(\w+)`", row)}
    assert {field.name for field in dataclasses.fields(part) if not field.name.endswith("_es")} <= named


def test_the_plan_to_begin_with_reads_and_runs():
    page = (REFERENCE.parent / "how-to" / "write-a-plan.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    begun = impact.read_plan(text)
    rng = np.random.default_rng(7)
    fall = rng.normal(50, 10, 90)
    offered = rng.permutation(np.repeat([0, 1], 45))
    spring = 10 + 0.8 * fall + 4 * offered + rng.normal(0, 5, 90)
    rows = pl.DataFrame({"offered": offered, "reading_fall": fall, "reading_spring": spring})
    result = impact.analyse(begun, rows, provenance=impact.Provenance("drawn"))
    assert result.primary.verdict.rating == "MWOR"
    assert result.primary.estimate.n == 90


def test_every_design_and_method_is_on_the_page():
    page = (REFERENCE / "plan.md").read_text(encoding="utf-8")
    assert all(f"| `{word}` |" in page for word in (*DESIGNS, *METHODS))
    assert MATCHING
    assert SUMS


def test_every_key_of_a_study_record_is_on_its_page():
    source = (REFERENCE.parents[1] / "src/fairlead/science/impact/standards/hand.py").read_text(encoding="utf-8")
    page = (REFERENCE / "study-record.md").read_text(encoding="utf-8")
    keys = set(re.findall(r'(?:reader|top|clusters)\.(?:text|choice|flag|number|table|tables)\(\s*"(\w+)"', source))
    assert len(keys) > 20
    assert {key for key in keys if not re.search(rf"\b{key}\b", page)} <= {"title"}
