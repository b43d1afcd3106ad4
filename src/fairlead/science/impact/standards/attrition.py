"""Attrition: overall and differential, judged against the published boundary under both of its
assumptions."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import scipy

from fairlead.science.impact.problems import DataError, Problem
from fairlead.science.impact.sample import Count

BOUNDARIES = ("cautious", "optimistic")
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Reading:
    """One boundary's answer. `limit` is None where no differential would be low. `between` = the rate lies
    between whole percents and the two neighbours disagree; the worse one is taken."""

    boundary: str
    limit: float | None
    low: bool
    between: bool


@dataclass(frozen=True, slots=True)
class AttritionResult:
    """Percent and percentage points, unrounded, and both readings."""

    overall: float
    intervention: float
    comparison: float
    differential: float
    cautious: Reading
    optimistic: Reading

    def reading(self, boundary: str) -> Reading:
        return self.cautious if boundary == "cautious" else self.optimistic


@cache
def table() -> dict[str, Any]:
    """The committed boundary table."""
    text = (resources.files("fairlead.science.impact.standards") / "attrition.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def attrition(assigned: Count, analysed: Count) -> AttritionResult:
    """Overall = 1 − analysed/assigned over everyone assigned; differential = |rate_i − rate_c|.

    Examples
    --------
    >>> result = attrition(Count(200, 200), Count(180, 170))
    >>> result.overall, round(result.differential, 6), result.cautious.low
    (12.5, 5.0, True)
    """
    problems = []
    for arm in ("intervention", "comparison"):
        before, after = getattr(assigned, arm), getattr(analysed, arm)
        if before <= 0:
            problems.append(Problem(f"assigned.{arm}", "nobody was assigned to this arm", str(before), "1 or more"))
        elif not 0 <= after <= before:
            problems.append(
                Problem(
                    f"analysed.{arm}",
                    "analysed must lie between 0 and assigned",
                    f"{after} of {before}",
                    next="count both on the same reference sample",
                )
            )
    if problems:
        raise DataError(problems)
    one = 100 * (assigned.intervention - analysed.intervention) / assigned.intervention
    two = 100 * (assigned.comparison - analysed.comparison) / assigned.comparison
    overall = 100 * (assigned.total - analysed.total) / assigned.total
    differential = abs(one - two)
    return AttritionResult(overall, one, two, differential, *(judge(overall, differential, b) for b in BOUNDARIES))


def judge(overall: float, differential: float, boundary: str) -> Reading:
    """Low if the differential is at most the limit, at both whole percents around the overall rate (the
    worse holds)."""
    limits = [
        _limit(percent, boundary) for percent in (math.floor(overall + _ROUNDING), math.ceil(overall - _ROUNDING))
    ]
    answers = [limit is not None and differential <= limit + _ROUNDING for limit in limits]
    known = [limit for limit in limits if limit is not None]
    return Reading(boundary, min(known) if len(known) == 2 else None, all(answers), answers[0] != answers[1])


def _limit(percent: int, boundary: str) -> float | None:
    column = table()[boundary]
    return float(column[percent]) if 0 <= percent < len(column) else None


def selection_bias(overall: float, differential: float, alpha_intervention: float, alpha_comparison: float) -> float:
    """Bias in SD under latent selection: α_t·λ(o + d/2) − α_c·λ(o − d/2), λ(a) = φ(Φ⁻¹(a))/(1 − a); rates
    in percent."""

    def shift(rate: float) -> float:
        return float(scipy.stats.norm.pdf(scipy.stats.norm.ppf(rate)) / (1 - rate)) if rate > 0 else 0.0

    return alpha_intervention * shift((overall + differential / 2) / 100) - alpha_comparison * shift(
        (overall - differential / 2) / 100
    )


def model_limit(overall: float, boundary: str) -> float:
    """The differential at which the selection model reaches its tolerance: a check of the table."""
    model = table()["model"]
    top = 2 * min(overall, 100 - overall) - 1e-6
    return float(
        scipy.optimize.brentq(lambda d: selection_bias(overall, d, *model[boundary]) - model["tolerance"], 0, top)
    )
