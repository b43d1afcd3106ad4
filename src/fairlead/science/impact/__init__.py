"""Did it work, for whom, where, at what cost, and how sure are we?

A pure library: plans in TOML and tables in, frozen results out. No Django, clock, network, environment or
global randomness. The whole path is `analyse(plan, table, provenance=…)`.
"""

import importlib
from typing import Any

from fairlead.science.impact import claims, power
from fairlead.science.impact.claims import Accepted, Finding, Reason, Refused, finding
from fairlead.science.impact.claims import check as check_claim
from fairlead.science.impact.claims import suggest as suggest_claim
from fairlead.science.impact.estimate import Arm, Balance, Effect, Estimate, Term
from fairlead.science.impact.fixtures import star_first_grade, star_kindergarten
from fairlead.science.impact.lottery import Ticket, commit, draw, verify
from fairlead.science.impact.plan import (
    Assignment,
    Model,
    Outcome,
    Plan,
    Population,
    canonical_bytes,
    plan_hash,
)
from fairlead.science.impact.plan_file import load_plan, read_plan, shipped_plan, shipped_plan_text
from fairlead.science.impact.problems import DataError, EstimationError, ImpactError, PlanError, Problem
from fairlead.science.impact.report import FigureData, Report, Section, Table, build_report
from fairlead.science.impact.sample import Count, Dropped, Flow
from fairlead.science.impact.standards.attrition import AttritionResult, Reading, attrition
from fairlead.science.impact.standards.facts import Evidence, Sibling, evidence
from fairlead.science.impact.standards.rating import Verdict, verdict
from fairlead.science.impact.standards.rules import Line
from fairlead.science.impact.study import (
    ModelResult,
    Provenance,
    StudyResult,
    analyse,
    columns_used,
    data_hash,
)

__all__ = [
    "Accepted",
    "Arm",
    "Assignment",
    "AttritionResult",
    "Balance",
    "ComplierEffect",
    "Contrast",
    "Count",
    "DataError",
    "Dropped",
    "Effect",
    "Estimate",
    "EstimationError",
    "Evidence",
    "FigureData",
    "Finding",
    "Fit",
    "Flow",
    "ImpactError",
    "Line",
    "Model",
    "ModelResult",
    "Outcome",
    "Plan",
    "PlanError",
    "Population",
    "Problem",
    "Provenance",
    "RandomizationTest",
    "Reading",
    "Reason",
    "Refused",
    "Report",
    "Section",
    "Sibling",
    "Study",
    "StudyResult",
    "Table",
    "Term",
    "Ticket",
    "Translation",
    "Verdict",
    "analyse",
    "attrition",
    "build_report",
    "canonical_bytes",
    "check_claim",
    "claims",
    "columns_used",
    "commit",
    "complier_effect",
    "data_hash",
    "difference_in_means",
    "draw",
    "evidence",
    "finding",
    "interacted_regression",
    "least_squares",
    "load_plan",
    "plan_hash",
    "power",
    "randomization_test",
    "read_plan",
    "shipped_plan",
    "shipped_plan_text",
    "star_first_grade",
    "star_kindergarten",
    "suggest_claim",
    "translations",
    "verdict",
    "verify",
]

# Names whose modules load engines (Ibis, DuckDB, numba): found when they are first asked for, so that pages start quickly.
LAZY = {
    "Comparison": "matching",
    "ComplierEffect": "trials",
    "Contrast": "trials",
    "Costs": "costs",
    "Did": "panel",
    "Figure": "figure",
    "Ingredient": "costs",
    "MatchedEffect": "matching",
    "Moments": "moments",
    "MultilevelFit": "multilevel",
    "RandomizationTest": "trials",
    "RegressionFit": "regression",
    "Study": "notebook",
    "Translation": "translate",
    "cluster_bootstrap": "regression",
    "collect": "moments",
    "combine": "moments",
    "complier_effect": "trials",
    "cost_effect": "costs",
    "design_of": "moments",
    "difference_in_means": "trials",
    "group_time": "panel",
    "interacted_regression": "trials",
    "joint_test": "regression",
    "Fit": "regression.arrays",
    "least_squares": "regression.arrays",
    "leave_one_out": "regression",
    "linear_regression": "regression",
    "love_plot": "matching",
    "match": "matching",
    "multilevel_from_moments": "multilevel",
    "multilevel_model": "multilevel",
    "omitted_variable": "regression",
    "parse_formula": "formula",
    "permute_clusters": "regression",
    "randomization_test": "trials",
    "read_panel": "panel",
    "regression_from_moments": "regression",
    "robustness": "regression",
    "site_effects": "regression",
    "subgroup_effects": "regression",
    "synthesise": "synthesis",
    "translations": "translate",
    "wild_bootstrap": "regression",
}


def __getattr__(name: str) -> Any:
    if name not in LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{LAZY[name]}"), name)
