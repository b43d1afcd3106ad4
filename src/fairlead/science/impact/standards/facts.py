"""What the rules look at, for one finding."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.science.impact.estimate import Balance, Estimate
from fairlead.science.impact.plan import Assignment, Outcome, Plan
from fairlead.science.impact.sample import Flow


@dataclass(frozen=True, slots=True)
class Sibling:
    """A main finding of the same study, as far as the multiplicity rule and ESSA's overriding rule need
    it."""

    outcome: str
    domain: str
    p: float
    favourable: bool


@dataclass(frozen=True, slots=True)
class Mismatch:
    """What clusters do to a finding whose study left them out of its errors, by the formula of 4.1 (with g²/2N) and by
    the older one (without): t, the corrected t, its degrees of freedom h, and p."""

    icc: float
    icc_from: str
    cluster_size: float
    t: float
    corrected: float
    h: float
    p: float
    older_t: float
    older_corrected: float
    older_h: float
    older_p: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the rules look at, for one finding."""

    version: str
    assignment: Assignment
    outcome: Outcome
    flow: Flow
    balance: tuple[Balance, ...]
    estimate: Estimate
    boundary: str
    multiplicity: str
    siblings: tuple[Sibling, ...]
    mismatch: Mismatch | None = None
    evaluator: str = "unknown"
    rationale: str = ""


def evidence(
    plan: Plan,
    outcome: Outcome,
    flow: Flow,
    balance: tuple[Balance, ...],
    estimate: Estimate,
    siblings: tuple[Sibling, ...] = (),
) -> Evidence:
    """Gather what `verdict` needs from a plan and one estimate."""
    own = Sibling(outcome.name, outcome.domain, estimate.p, (estimate.estimate >= 0) == outcome.higher_is_better)
    return Evidence(
        plan.standards,
        plan.assignment,
        outcome,
        flow,
        balance,
        estimate,
        plan.attrition.boundary,
        plan.multiplicity,
        siblings or (own,),
        None,
        plan.evaluator,
        plan.rationale,
    )
