"""The page of a plan's keys names every key that is read, and the page of study records every key of theirs."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from fairlead.science.impact import plan
from fairlead.science.impact.plan import DESIGNS, MATCHING, METHODS, SUMS

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"
PARTS = (
    plan.Plan, plan.Population, plan.Assignment, plan.Attrition, plan.Outcome, plan.Baseline, plan.Model, plan.Subgroup,
    plan.Matching, plan.Panel, plan.Costs, plan.Ingredient, plan.Limitation,
)  # fmt: skip


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_every_key_of_a_plan_is_on_its_page(part):
    page = (REFERENCE / "plan.md").read_text(encoding="utf-8")
    named = set(re.findall(r"[a-z_0-9]+", page))
    keys = {field.name for field in dataclasses.fields(part) if not field.name.endswith("_es")}
    assert keys <= named


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
