"""Who is in the study by the plan's own conditions, and for whom a staggered adoption worked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.science import impact
from fairlead.science.impact.population import in_population
from tests.plugins.skips import needs_data

EXAMPLES = Path(__file__).parents[3] / "examples"
STAR = impact.shipped_plan_text("star_kindergarten")


def star(conditions: str) -> impact.Plan:
    head, rest = STAR.split("\n[assignment]", 1)
    return impact.read_plan(f"{head}\n{conditions}\n[assignment]{rest}")


def condition(column: str, operator: str, values: str) -> str:
    return f'[[population.where]]\ncolumn = "{column}"\noperator = "{operator}"\nvalues = {values}\n'


HOLDS = {
    "in": lambda x, v: x in v, "not_in": lambda x, v: x not in v, "at_least": lambda x, v: x >= v[0],
    "at_most": lambda x, v: x <= v[0], "above": lambda x, v: x > v[0], "below": lambda x, v: x < v[0],
}  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    operator=st.sampled_from(sorted(HOLDS)),
    values=st.lists(st.integers(0, 6), min_size=1, max_size=3),
    whole=st.booleans(),
)
def test_conditions_are_what_they_say(seed: int, operator: str, values: list[int], whole: bool) -> None:
    """By hand, row by row; a row that lacks the value is outside and counted apart; nobody is lost."""
    values = values if operator in ("in", "not_in") else values[:1]
    rng = np.random.default_rng(seed)
    grade = pl.Series(rng.integers(0, 6, 50)).set(pl.Series(rng.random(50) < 0.1), None)
    table = pl.DataFrame({"grade": grade if whole else grade.cast(pl.Float64), "sex": rng.choice(["f", "m"], 50)})
    plan = star(condition("sex", "in", '["f"]') + condition("grade", operator, str(values)))
    inside = [row for row in table.rows() if row[1] == "f" and row[0] is not None and HOLDS[operator](row[0], values)]
    if not inside:
        with pytest.raises(impact.DataError, match="no row is in the population"):
            in_population(plan, table)
        return
    kept, outside = in_population(plan, table)
    assert kept.rows() == inside
    assert table.height == kept.height + sum(item.n for item in outside)
    lacks = sum(1 for row in table.rows() if row[1] == "f" and row[0] is None)
    assert sum(item.n for item in outside if item.reason == "population_unknown") == lacks


def test_those_outside_are_no_attrition() -> None:
    """The study of one sex is the study on the rows of that sex; the report says how many others the table held."""
    table = impact.star_kindergarten()
    source = impact.Provenance(source="Project STAR")
    whole = impact.analyse(star(condition("gender", "in", '["female"]')), table, provenance=source)
    part = impact.analyse(star(""), table.filter(pl.col("gender") == "female"), provenance=source)
    assert whole.primary.estimate == part.primary.estimate
    assert whole.primary.verdict == part.primary.verdict
    flow = whole.primary.flow
    assert flow.rows == table.height
    assert flow.assigned == part.primary.flow.assigned
    assert [item.column for item in flow.outside if item.reason == "outside_population"] == ["gender = female"]
    assert impact.StudyResult.from_json(whole.to_json()) == whole
    assert "Not of the population: only gender = female" in str(impact.build_report(whole).section("sample").tables)


def test_a_plan_without_conditions_keeps_its_hash() -> None:
    assert star("").hash == impact.shipped_plan("star_kindergarten").hash
    assert star(condition("gender", "in", '["female"]')).hash != star("").hash


@pytest.mark.parametrize(
    ("conditions", "where", "what"),
    [
        (condition("gender", "is", '["female"]'), "population.where[0].operator", "not one of the choices"),
        (condition("gender", "in", "[]"), "population.where[0].values", "a list of values"),
        (condition("gender", "in", '"female"'), "population.where[0].values", "a list of values"),
        (condition("teacher_experience", "above", '["many"]'), "population.where[0].values", "one number"),
        (condition("teacher_experience", "above", "[1, 2]"), "population.where[0].values", "one number"),
        (condition("reading", "above", "[400]"), "population.where[0].column", "after the assignment"),
        (condition("class_type", "in", '["small"]'), "population.where[0].column", "the arms are named"),
        ('[[population.where]]\ncolum = "gender"\nvalues = [1]\n', "population.where[0].colum", "not a key"),
    ],
)
def test_a_wrong_condition_is_named(conditions: str, where: str, what: str) -> None:
    with pytest.raises(impact.PlanError) as refused:
        star(conditions)
    assert any(p.where == where and what in p.what for p in refused.value.problems), refused.value


@pytest.mark.parametrize(
    ("conditions", "what"),
    [
        (condition("nowhere", "in", "[1]"), "no such column"),
        (condition("gender", "above", "[1]"), "only numbers have an order"),
        (condition("teacher_experience", "in", '["many"]'), "the column holds numbers"),
        (condition("gender", "in", '["girl"]'), "no row is in the population"),
    ],
)
def test_a_condition_that_does_not_fit_the_table_is_named(conditions: str, what: str) -> None:
    with pytest.raises(impact.DataError, match=what) as refused:
        impact.analyse(star(conditions), impact.star_kindergarten(), provenance=impact.Provenance("x"))
    assert refused.value.problems[0].where.startswith("population.where")


@pytest.fixture(scope="module")
def counties() -> pl.DataFrame:
    rows = pl.read_csv(needs_data("eval", "mpdta_did.csv"), infer_schema_length=None)
    size = rows["lpop"].rank() / rows.height
    return rows.with_columns(
        big=(size > 0.5).cast(pl.String), third=(size * 3).ceil().clip(1, 3).cast(pl.Int8),
        moving=pl.col("year").cast(pl.String), state=pl.col("countyreal") % 60,
    )  # fmt: skip


def adoption(subgroup: str, **more: Any) -> impact.Plan:
    text = (EXAMPLES / "staggered_adoption" / "plan.toml").read_text(encoding="utf-8")
    for old, new in more.items():
        text = text.replace(f"[{old}]", f"[{old}]\n{new}")
    return impact.read_plan(f'{text}\n[[subgroups]]\nname = "{subgroup}"\nlabel = "{subgroup}"\n')


def test_a_panel_has_planned_subgroups(counties: pl.DataFrame) -> None:
    """Each group's effect is that of a study of that group alone; two groups by z, three by Wald's test."""
    source = impact.Provenance(source="mpdta")
    result = impact.analyse(adoption("big"), counties, provenance=source)
    found = result.primary.subgroups[0]
    alone = [
        impact.analyse(adoption("third"), counties.filter(pl.col("big") == level), provenance=source).primary.estimate
        for level in ("false", "true")
    ]
    assert [(e.estimate, e.se) for e in found.effects] == [(e.estimate, e.se) for e in alone]
    assert found.difference == pytest.approx(alone[1].estimate - alone[0].estimate)
    assert found.difference_se == pytest.approx(np.hypot(alone[0].se, alone[1].se))
    three = impact.analyse(adoption("third"), counties, provenance=source).primary.subgroups[0]
    assert len(three.effects) == 3
    assert three.f is not None
    b, w = np.array([e.estimate for e in three.effects]), np.array([e.se**-2 for e in three.effects])
    assert three.f * 2 == pytest.approx((w * b**2).sum() - (w * b).sum() ** 2 / w.sum())
    assert "subgroups" in {section.id for section in impact.build_report(result, "es").sections}


def test_what_a_panel_cannot_say_is_said(counties: pl.DataFrame) -> None:
    source = impact.Provenance(source="mpdta")
    plan = adoption("moving", assignment='site = "state"')
    result = impact.analyse(plan, counties, provenance=source)
    report = impact.build_report(result)
    assert "change group over time" in "".join(report.section("subgroups").paragraphs)
    assert "not given for staggered adoption" in "".join(report.section("sites").paragraphs)
    assert "belong to one regression" in "".join(report.section("sensitivity").paragraphs)
    across = impact.analyse(adoption("big", panel='cluster = "state"'), counties, provenance=source)
    assert across.primary.subgroups[0].problem == "clusters_across"
    few = counties.with_columns(big=pl.when(pl.col("countyreal") < 8100).then(pl.lit("few")).otherwise(pl.col("big")))
    left = impact.analyse(adoption("big"), few, provenance=source).primary.subgroups[0]
    assert left.small == ("few",)
    assert len(left.effects) == 2


def test_weighted_rows_have_no_subgroups_but_a_reason() -> None:
    text = (EXAMPLES / "lalonde" / "plan.toml").read_text(encoding="utf-8")
    text = text.replace('method = "nearest"', 'method = "ebal"').replace("caliper = 0.2\n", "")
    plan = impact.read_plan(text + '\n[[subgroups]]\nname = "married"\nlabel = "married"\n')
    rows = pl.read_csv(needs_data("eval", "lalonde_matchit.csv"), infer_schema_length=None)
    result = impact.analyse(plan, rows, provenance=impact.Provenance("x"))
    assert result.primary.subgroups[0].problem == "weighted_rows"
    report = impact.build_report(result)
    assert "unequal weights" in "".join(report.section("subgroups").paragraphs)
    assert "these have weights" in "".join(report.section("sensitivity").paragraphs)
