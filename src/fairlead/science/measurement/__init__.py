"""How well an instrument measures: agreement, reliability, generalizability, and scores with their errors.

A pure library: arrays and tables in, frozen results out. Every name is found when it is first asked for, so that pages
start quickly. No function is called as its module.
"""

import importlib
from typing import Any

# name: its module
LAZY = {
    "Agreement": "agreement",
    "Answers": "answers",
    "BelowGrade": "assignments",
    "ClusteredShare": "clustered",
    "CronbachAlpha": "consistency",
    "Decision": "generalizability",
    "Drift": "severity",
    "FleissKappa": "agreement",
    "GStudy": "generalizability",
    "Growth": "growth",
    "Intraclass": "intraclass",
    "Kappa": "agreement",
    "KrippendorffAlpha": "krippendorff",
    "McDonaldOmega": "omega",
    "MeasurementError": "problems",
    "Needed": "generalizability",
    "PracticeChange": "practice",
    "Problem": "problems",
    "Ratio": "comparison",
    "Severity": "severity",
    "Block": "timeuse",
    "TimeAgreement": "timeuse",
    "TimeUntil": "waiting",
    "TimeUse": "timeuse",
    "Use": "generalizability",
    "answer_shares": "answers",
    "clustered_share": "clustered",
    "cronbach_alpha": "consistency",
    "decide": "generalizability",
    "exact_and_adjacent": "agreement",
    "fleiss_kappa": "agreement",
    "g_study": "generalizability",
    "growth_beyond_error": "growth",
    "hours_below_grade": "assignments",
    "intraclass_correlations": "intraclass",
    "kappa": "agreement",
    "kappa_of_table": "agreement",
    "krippendorff_alpha": "krippendorff",
    "mcdonald_omega": "omega",
    "needed": "generalizability",
    "needed_for_uses": "generalizability",
    "practice_change": "practice",
    "rater_drift": "severity",
    "rater_severity": "severity",
    "ratio_of_shares": "comparison",
    "time_agreement": "timeuse",
    "time_until": "waiting",
    "time_use": "timeuse",
    "wide": "ratings",
}

__all__ = sorted(LAZY)


def __getattr__(name: str) -> Any:
    if name not in LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{LAZY[name]}"), name)
