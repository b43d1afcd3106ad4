"""No estimator without the battery: a walk of the registry of methods and of everything the packages offer.

A method or function that is new fails here until somebody has put it into the battery, or has written why it is none.
"""

from __future__ import annotations

import importlib
import inspect

import numpy as np
import polars as pl
import pytest

from fairlead.science.impact import ImpactError, least_squares
from fairlead.science.impact.matching import effect, match
from fairlead.science.impact.methods import methods
from fairlead.science.impact.panel import event_study, read_panel, treated_coefficient
from tests.science.impact import battery
from tests.science.impact.matching import test_matching_battery as matching
from tests.science.impact.multilevel import test_battery as multilevel
from tests.science.impact.panel import test_group_time as panel
from tests.science.impact.regression import test_battery as regression
from tests.science.impact.synthesis import test_synthesis as synthesis
from tests.science.impact.trials import test_trials as trials


def whole_schools() -> pl.DataFrame:
    """Thirty schools, of which a dozen decided to begin."""
    rng = np.random.default_rng(4)
    school = np.repeat(np.arange(30), rng.integers(6, 14, 30))
    level = rng.normal(size=30)
    t = (level + rng.normal(size=30) < -0.2)[school].astype(int)
    pre, age = level[school] + rng.normal(size=school.size), rng.normal(size=school.size)
    y = t + pre + 0.5 * rng.normal(size=30)[school] + rng.normal(size=school.size)
    return pl.DataFrame({"t": t, "pre": pre, "age": age, "school": [f"s{s:02}" for s in school], "y": y})


def schools_first(rows: pl.DataFrame) -> tuple[float, ...]:
    found = match(
        rows, treated="t", on="pre + age", method="mahalanobis", hierarchical=["school"], order="largest", also=["y"]
    )
    told = effect(found, "y", adjust=True)
    return told.estimate, told.se


def by_rows(rows: pl.DataFrame) -> tuple[float, ...]:
    if rows["y"].null_count():
        rows = rows.drop_nulls("y")
    x = rows.select("arm", "pre").to_numpy()
    fit = least_squares(rows["y"], x, names=("arm", "pre"), cluster=rows["g"], errors="CR2")
    return float(fit.coefficients[0]), float(fit.standard_errors[0])


def two_way(rows: pl.DataFrame) -> tuple[float, ...]:
    found = treated_coefficient(read_panel(rows, cluster="district", **panel.COLUMNS))
    return float(found.estimate[0]), float(found.se[0])


def by_event_time(rows: pl.DataFrame) -> tuple[float, ...]:
    found = event_study(read_panel(rows, cluster="district", **panel.COLUMNS))
    return (*found.estimate.tolist(), *found.se.tolist())


# Two-way regressions are shown beside group-time effects, which refuse the rest first.
BESIDE = {name: panel.BROKEN[name] for name in ("no treated", "everything treated", "all missing")}
SUBJECTS = {
    "schools first": battery.Subject(whole_schools, schools_first, "y", ("school",), matching.BROKEN, tolerance=1e-7),
    "least squares of rows": battery.Subject(regression.trial, by_rows, "y", ("g",), regression.BROKEN),
    "two-way of a panel": battery.Subject(panel.rows, two_way, "score", ("school", "district"), BESIDE),
    "event study": battery.Subject(panel.rows, by_event_time, "score", ("school", "district"), BESIDE),
    "improved": battery.Subject(
        panel.rows,
        lambda rows: panel.numbers(panel.fit(rows, cluster="district", covariates="size", estimator="improved")),
        "score",
        ("school", "district"),
        {**panel.BROKEN, "collinear": lambda rows: rows.with_columns(size=pl.lit(3.0))},
    ),
    "redraw of clusters": battery.Subject(
        trials.clustered_rows,
        trials._redraw,
        "y",
        ("school",),
        {**trials.USUAL, "one cluster": lambda rows: rows.with_columns(school=pl.lit("one"))},
        tolerance=1e-6,
    ),
}


@pytest.mark.parametrize(
    ("name", "check"), [(name, check) for name, subject in SUBJECTS.items() for check in battery.checks(subject)]
)
def test_battery(name: str, check: str) -> None:
    battery.run(SUBJECTS[name], check)


USUAL = {"one cluster", "no treated", "constant outcome", "all missing", "collinear"}
ROOMS = {
    "regression": regression.SUBJECTS,
    "panel": panel.SUBJECTS | {name: SUBJECTS[name] for name in ("two-way of a panel", "event study", "improved")},
    "synthesis": synthesis.SUBJECTS,
    "trials": trials.SUBJECTS | {"redraw of clusters": SUBJECTS["redraw of clusters"]},
    "multilevel": {"two": multilevel.TWO, "three": multilevel.THREE},
    "matching": {way: matching.subject(way) for way in matching.WAYS} | {"schools first": SUBJECTS["schools first"]},
}
# method: its subjects, and which of the usual ways of breaking the rows mean nothing for it, and why
METHODS: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "matching.nearest": (("nearest", "within"), {}),
    "matching.mahalanobis": (("mahalanobis",), {}),
    "matching.hierarchical": (("schools first",), {}),
    "matching.cem": (("cem",), {}),
    "matching.ebal": (("ebal",), {}),
    "matching.ipw": (("ipw",), {}),
    "multilevel.two_levels": (("two",), {}),
    "multilevel.three_levels": (("three",), {}),
    "panel.group_time": (("means", "not yet treated", "doubly robust", "improved"), {}),
    "panel.two_way_event_study": (
        ("two-way of a panel", "event study"),
        {
            "collinear": "no covariates",
            "one cluster": "refused by group_time, which alone shows it",
            "constant outcome": "refused by group_time, which alone shows it",
        },
    ),
    "regression.least_squares": (("classical", "HC1", "HC3", "CR0", "CR1", "CR2", "one-way"), {}),
    "regression.two_way_fixed_effects": (("two-way",), {}),
    "regression.wild_bootstrap": (("wild",), {}),
    "regression.permutation": (("permutation",), {}),
    "regression.refits": (("bootstrap", "leave one out"), {}),
    "regression.subgroups": (("subgroups",), {}),
    "regression.sites": (("sites",), {}),
    "regression.omitted_variable": (("omitted variable",), {}),
    "synthesis.random_effects": (
        ("random effects",),
        {
            "one cluster": "no clusters",
            "no treated": "no arms",
            "constant outcome": "studies that agree are an answer",
            "collinear": "no covariates",
        },
    ),
    "synthesis.nested": (
        ("three levels", "both"),
        {
            "no treated": "no arms",
            "constant outcome": "studies that agree are an answer",
            "collinear": "no covariates",
        },
    ),
    "trials.difference_in_means": (("means", "clusters"), {"collinear": "no covariates"}),
    "trials.interacted_regression": (
        ("lin",),
        {"one cluster": "refused where the lottery is read (drawn), as for means"},
    ),
    "trials.compliers": (("compliers",), {"one cluster": "refused where the lottery is read (drawn), as for means"}),
    "trials.randomization_test": (("redraw", "redraw of clusters"), {"collinear": "no covariates in the statistic"}),
}
WITHOUT_ROWS = {"power.designs": "computed before there are rows; tests/science/impact/test_power_designs.py"}


def test_every_method_of_the_registry_is_in_the_battery() -> None:
    assert set(METHODS) | set(WITHOUT_ROWS) == set(methods())
    for key, (names, excused) in METHODS.items():
        room = ROOMS[key.partition(".")[0]]
        broken = {way for name in names for way in room[name].broken}
        assert broken >= USUAL - set(excused), f"{key}: nobody breaks the rows by {USUAL - set(excused) - broken}"
        assert not broken & set(excused), f"{key}: {broken & set(excused)} are excused and done"


# function of the packages: the method under which it is, or why it estimates nothing from rows
FUNCTIONS = {
    "matching": {
        "match": "matching.nearest", "effect": "matching.nearest", "beside": "matching.nearest",
        "balance_table": "describes", "effective_size": "describes", "love_plot": "draws", "table_of": "prints",
        "entropy_weights": "matching.ebal", "logit": "matching.ipw", "nearest": "matching.nearest",
    },
    "multilevel": {
        "multilevel_model": "multilevel.two_levels", "multilevel_from_moments": "multilevel.two_levels",
        "split_uncorrelated": "rewrites a formula",
    },
    "panel": {
        "group_time": "panel.group_time", "event_study": "panel.two_way_event_study",
        "treated_coefficient": "panel.two_way_event_study", "read_panel": "reads",
    },
    "regression": {
        "linear_regression": "regression.least_squares", "regression_from_moments": "regression.least_squares",
        "wild_bootstrap": "regression.wild_bootstrap", "permute_clusters": "regression.permutation",
        "cluster_bootstrap": "regression.refits", "leave_one_out": "regression.refits",
        "subgroup_effects": "regression.subgroups", "joint_test": "regression.subgroups",
        "site_effects": "regression.sites", "omitted_variable": "regression.omitted_variable",
        "robustness": "regression.omitted_variable",
    },
    "synthesis": {
        "synthesise": "synthesis.random_effects", "fit_random_effects": "synthesis.random_effects",
        "fit_nested": "synthesis.nested", "fit_many_nested": "synthesis.nested",
    },
    "trials": {
        "difference_in_means": "trials.difference_in_means", "interacted_regression": "trials.interacted_regression",
        "complier_effect": "trials.compliers", "randomization_test": "trials.randomization_test", "drawn": "reads",
        "stepped_test": "trials.randomization_test",
    },
}  # fmt: skip
NONE = {"describes", "draws", "prints", "reads", "rewrites a formula"}


@pytest.mark.parametrize("room", FUNCTIONS)
def test_every_function_is_under_a_method(room: str) -> None:
    module = importlib.import_module(f"fairlead.science.impact.{room}")
    offered = {name for name in module.__all__ if inspect.isfunction(getattr(module, name))}
    assert offered == set(FUNCTIONS[room])
    for name, method in FUNCTIONS[room].items():
        assert method in METHODS or method in NONE, name


def test_a_lottery_of_one_cluster_is_refused_wherever_it_is_read() -> None:
    from fairlead.science.impact.trials import complier_effect, interacted_regression

    rows = trials.clustered_rows()
    y, arm, one = rows["y"], rows["arm"], np.zeros(rows.height)
    with pytest.raises(ImpactError):
        interacted_regression(y, arm, rows["y"].to_numpy()[:, None] ** 2, clusters=one)
    with pytest.raises(ImpactError):
        complier_effect(y, arm, arm, clusters=one)
