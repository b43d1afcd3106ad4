"""The whole path on invented lotteries: teachers within schools, and their students; and every way a table can fail."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.science import impact

FOLDER = Path(__file__).parent
TEACHERS = impact.load_plan(FOLDER / "teachers.toml")
STUDENTS = impact.load_plan(FOLDER / "students.toml")
ORIGIN = impact.Provenance(source="invented", registered="2025-08-15", outcomes_from="2026-05-01")


def teachers(seed: int = 1, effect: float = 0.3, schools: int = 18, each: int = 7) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    n = schools * each
    school = np.repeat(np.arange(schools), each)
    names = [f"T{place}" for place in range(n)]
    arm = [ticket.selected for ticket in impact.draw(names, [str(s) for s in school], 0.5, str(seed))]
    fall = 2.5 + 0.2 * rng.normal(size=schools)[school] + 0.4 * rng.normal(size=n)
    spring = 0.6 * fall + 1.0 + effect * np.array(arm) + 0.3 * rng.normal(size=n)
    return pl.DataFrame(
        {
            "teacher": names, "school": [f"S{s}" for s in school], "arm": np.where(arm, "coaching", "usual"),
            "practice": spring, "practice_fall": fall, "students": rng.integers(15, 28, n),
        }
    )  # fmt: skip


def students(seed: int = 1, effect: float = 3.0) -> pl.DataFrame:
    rng = np.random.default_rng(seed + 99)
    rows = teachers(seed)
    per = rows["students"].to_numpy()
    table = rows.select("teacher", "school", "arm")[np.repeat(np.arange(rows.height), per)]
    shared = rng.normal(scale=4, size=rows.height)[np.repeat(np.arange(rows.height), per)]
    fall = 200 + shared + rng.normal(scale=10, size=table.height)
    treated = (table["arm"] == "coaching").to_numpy()
    spring = 20 + 0.9 * fall + effect * treated + 0.3 * shared + rng.normal(scale=6, size=table.height)
    return table.with_columns(
        student=pl.Series([f"P{place}" for place in range(table.height)]),
        score_fall=pl.Series(fall),
        score_spring=pl.Series(spring),
    )


@pytest.fixture(scope="module")
def result() -> impact.StudyResult:
    return impact.analyse(TEACHERS, teachers(), provenance=ORIGIN)


def test_the_teachers_lottery(result):
    main = result.primary
    assert main.estimate.n == 126
    assert main.estimate.absorbed_groups == 18
    assert main.verdict.rating == "MWOR"
    assert main.flow.students > 350
    assert result.timing == "prospective"
    assert main.estimate.ci_low < 0.3 < main.estimate.ci_high


def test_the_students_of_the_lottery():
    found = impact.analyse(STUDENTS, students(), provenance=ORIGIN).primary
    assert found.estimate.n_clusters == 126
    assert found.estimate.errors == "CR2"
    assert 60 < found.estimate.df < 126  # Satterthwaite, not the number of students
    assert found.estimate.effect.name == "hedges_g_clustered"
    assert found.estimate.effect.icc_from == "data"
    assert found.verdict.rating == "MWOR"
    assert found.estimate.ci_low < 3.0 < found.estimate.ci_high


def test_storage_report_and_claim(result):
    assert impact.StudyResult.from_json(result.to_json()) == result
    for language in ("en", "es"):
        report = impact.build_report(result, language)
        assert [section.id for section in report.sections] == [
            "question", "answer", "sample", "balance", "estimates", "verdict", "translations", "limits", "provenance",
        ]  # fmt: skip
        for section in report.sections:
            for table in section.tables:
                assert all(len(row) == len(table.columns) for row in table.rows)
        found = impact.finding(result)
        text = impact.suggest_claim(found, result.primary.verdict, language)
        assert text in report.section("answer").paragraphs
        assert impact.check_claim(text, found, result.primary.verdict, language).accepted


def test_registered_on_the_day_of_the_first_outcome_is_retrospective():
    assert replace(ORIGIN, registered="2026-05-01").timing == "retrospective"
    assert replace(ORIGIN, registered=None).timing == "retrospective"


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000))
def test_order_of_rows_and_columns_and_more_columns_change_nothing(seed):
    table = teachers(3)
    before = table.clone()
    first = impact.analyse(TEACHERS, table, provenance=ORIGIN)
    mixed = (
        table.sample(fraction=1.0, shuffle=True, seed=seed).select(sorted(table.columns, key=hash)).with_columns(x=1)
    )
    again = impact.analyse(TEACHERS, mixed, provenance=ORIGIN)
    assert table.equals(before)
    assert again.data_hash == first.data_hash
    assert again.primary.flow == first.primary.flow
    assert again.primary.estimate.estimate == pytest.approx(first.primary.estimate.estimate, rel=1e-9)
    assert again.primary.estimate.se == pytest.approx(first.primary.estimate.se, rel=1e-9)


def test_the_data_hash_sees_one_changed_value(result):
    table = teachers()
    table[5, "practice"] = table[5, "practice"] + 1e-9
    assert impact.analyse(TEACHERS, table, provenance=ORIGIN).data_hash != result.data_hash


def test_new_labels_for_schools_and_teachers_change_nothing(result):
    renamed = teachers().with_columns(pl.col("school").str.reverse() + "x", pl.col("teacher") + "y")
    again = impact.analyse(TEACHERS, renamed, provenance=ORIGIN).primary.estimate
    assert again.estimate == pytest.approx(result.primary.estimate.estimate, rel=1e-9)
    assert again.se == pytest.approx(result.primary.estimate.se, rel=1e-9)


def test_scaling_the_outcome_scales_the_estimate_and_leaves_g(result):
    scaled = impact.analyse(
        TEACHERS, teachers().with_columns(pl.col("practice") * 40), provenance=ORIGIN
    ).primary.estimate
    assert scaled.estimate == pytest.approx(40 * result.primary.estimate.estimate, rel=1e-9)
    assert scaled.effect.value == pytest.approx(result.primary.estimate.effect.value, rel=1e-9)
    assert scaled.p == pytest.approx(result.primary.estimate.p, rel=1e-7)


def test_missing_values_are_counted_by_their_first_reason():
    table = teachers().with_columns(
        practice=pl.when(pl.int_range(pl.len()) < 4).then(float("nan")).otherwise(pl.col("practice")),
        practice_fall=pl.when(pl.int_range(pl.len()).is_between(2, 9)).then(None).otherwise(pl.col("practice_fall")),
    )
    flow = impact.analyse(TEACHERS, table, provenance=ORIGIN).primary.flow
    assert [(item.reason, item.column, item.n) for item in flow.dropped] == [
        ("missing_outcome", "practice", 4), ("missing_covariate", "practice_fall", 6),
    ]  # fmt: skip
    assert flow.analysed.total == 126 - 10


def failing(table: pl.DataFrame, kind: type[impact.ImpactError] = impact.DataError) -> impact.Problem:
    with pytest.raises(kind) as caught:
        impact.analyse(TEACHERS, table, provenance=ORIGIN)
    return caught.value.problems[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.drop("practice"), "no such column"),
        (lambda t: t.with_columns(pl.col("practice").cast(pl.String)), "must be numeric"),
        (lambda t: t.filter(pl.col("arm") == "usual"), "no row has arm = 'coaching'"),
        (lambda t: t.with_columns(arm=pl.lit(None, pl.String)), "no row has arm"),
        (lambda t: t.with_columns(practice=pl.lit(None, pl.Float64)), "no row is left in one arm"),
        (lambda t: t.with_columns(practice=pl.lit(float("inf"))), "infinite"),
        (lambda t: pl.concat([t, t.head(1)]), "different in every row"),
    ],
)
def test_tables_that_cannot_answer(change, words):
    problem = failing(change(teachers()))
    assert words in problem.what
    assert problem.where
    assert problem.next or problem.allowed


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.with_columns(practice=pl.lit(2.0)), "does not vary"),
        (lambda t: t.with_columns(practice_fall=pl.lit(2.0)), "does not vary in the analysed rows"),
        (lambda t: t.with_columns(practice_fall=(pl.col("arm") == "coaching").cast(pl.Float64)), "collinear"),
        (lambda t: t.with_columns(practice_fall=pl.col("practice")), "reproduces the outcome exactly"),
        (lambda t: t.with_columns(school=pl.col("arm")), "between the fixed effects"),
    ],
)
def test_numbers_that_cannot_answer(change, words):
    problem = failing(change(teachers()), impact.EstimationError)
    assert words in problem.what
    assert problem.where.startswith("outcome practice, model adjusted")


def test_a_cluster_in_two_arms_is_refused():
    table = students()
    table[0, "arm"] = "usual" if table[0, "arm"] == "coaching" else "coaching"
    with pytest.raises(impact.DataError, match="rows in two arms"):
        impact.analyse(STUDENTS, table, provenance=ORIGIN)


def test_one_cluster_is_refused():
    alone = replace(
        TEACHERS, models=(replace(TEACHERS.primary_model, errors="CR1", cluster="network", fixed_effects=None),)
    )
    with pytest.raises(impact.EstimationError, match="at least two clusters"):
        impact.analyse(alone, teachers().with_columns(network=pl.lit("one")), provenance=ORIGIN)


def test_few_clusters_warn():
    few = replace(TEACHERS, models=(replace(TEACHERS.primary_model, errors="CR2", cluster="school"),))
    table = teachers(schools=6, each=20)
    estimate = impact.analyse(few, table, provenance=ORIGIN).primary.estimate
    assert "few_clusters" in estimate.warnings


def test_a_binary_outcome_gets_cox():
    outcome = replace(TEACHERS.primary_outcome, kind="binary", unit="share", columns=("met",))
    table = teachers().with_columns(met=(pl.col("practice") > 2.6).cast(pl.Int8))
    found = impact.analyse(replace(TEACHERS, outcomes=(outcome,)), table, provenance=ORIGIN).primary.estimate
    assert found.effect.name == "cox"
    assert found.effect.value > 0
    assert found.effect.se == pytest.approx(found.effect.value / found.t)
    with pytest.raises(impact.DataError, match="only 0 and 1"):
        impact.analyse(
            replace(TEACHERS, outcomes=(replace(outcome, columns=("practice",)),)), teachers(), provenance=ORIGIN
        )
