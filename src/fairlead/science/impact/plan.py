"""The plan: what is asked, of whom, measured how, written down before the answer. TOML by hand, hashed when
registered.

A plan is read with `load_plan` (file) or `read_plan` (text). Everything wrong with it is reported at once
as a `PlanError`. `plan_hash` is its registration: the same plan with other comments, spacing or key order
has the same hash.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from fairlead.science.impact.record import to_plain

FORMAT = "fairlead-plan-1"
RANDOMIZED = ("randomized_individual", "randomized_blocked", "randomized_cluster", "randomized_paired")
DESIGNS = (*RANDOMIZED, "matched", "panel", "qed")
ERRORS = ("HC1", "CR1", "CR2")
VERSIONS = ("4.1", "5.0")
RELIABILITY = ("standardised", "internal_consistency", "test_retest", "inter_rater", "unknown")
GRADES = ("PK", "K", *(str(grade) for grade in range(1, 13)))


@dataclass(frozen=True, slots=True)
class Population:
    """Whom the study is about: the words a claim may use, and nothing wider."""

    who: str
    place: str
    period: str
    grades: tuple[str, ...]
    participants: str
    who_es: str
    place_es: str
    participants_es: str
    rows: str
    students: str | None


@dataclass(frozen=True, slots=True)
class Assignment:
    """How units came to their arms, and the columns that say so."""

    design: str
    unit: str
    column: str
    intervention: str
    comparison: str
    other_arms: tuple[str, ...]
    blocks: str | None
    cluster: str | None
    provider: str | None
    site: str | None
    identifier: str | None
    analysed_as: str
    exclusions_after_assignment: bool
    joiners: str
    confound: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """One outcome in its native unit, with what the standards ask about it."""

    name: str
    label: str
    label_es: str
    domain: str
    unit: str
    unit_es: str
    columns: tuple[str, ...]
    combine: str
    kind: str
    higher_is_better: bool
    primary: bool
    standardiser: str
    subject: str | None
    grade: str | None
    icc: float | None
    face_valid: bool
    over_aligned: bool
    same_collection: bool
    reliability_kind: str
    reliability: float | None
    independent: bool | None


@dataclass(frozen=True, slots=True)
class Baseline:
    """A measure from before the assignment. `required` ones decide baseline equivalence in their domains."""

    name: str
    label: str
    label_es: str
    column: str
    kind: str
    level: str | None
    domains: tuple[str, ...]
    required: bool


@dataclass(frozen=True, slots=True)
class Model:
    """One regression: outcome on arm indicators and covariates, with at most one set of absorbed fixed
    effects."""

    name: str
    label: str
    label_es: str
    outcomes: tuple[str, ...]
    covariates: tuple[str, ...]
    fixed_effects: str | None
    errors: str
    cluster: str | None
    primary: bool


@dataclass(frozen=True, slots=True)
class Attrition:
    """Which attrition boundary the protocol chose, and why."""

    boundary: str
    reason: str


@dataclass(frozen=True, slots=True)
class Limitation:
    """Something a reader must know that the numbers cannot show."""

    text: str
    text_es: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole study as intended. Frozen: a changed plan is another plan with another hash."""

    title: str
    title_es: str
    question: str
    question_es: str
    intervention: str
    intervention_es: str
    comparison: str
    comparison_es: str
    standards: str
    alpha: float
    smallest_effect: float | None
    missing: str
    multiplicity: str
    cost_per_participant: float | None
    evaluator: str
    source: str
    population: Population
    assignment: Assignment
    outcomes: tuple[Outcome, ...]
    baseline: tuple[Baseline, ...]
    models: tuple[Model, ...]
    attrition: Attrition
    limitations: tuple[Limitation, ...]

    @property
    def hash(self) -> str:
        """The registration hash, see `plan_hash`."""
        return plan_hash(self)

    @property
    def randomized(self) -> bool:
        return self.assignment.design in RANDOMIZED

    @property
    def primary_outcome(self) -> Outcome:
        return next(outcome for outcome in self.outcomes if outcome.primary)

    @property
    def primary_model(self) -> Model:
        return next(model for model in self.models if model.primary)

    def outcome(self, name: str) -> Outcome:
        return next(outcome for outcome in self.outcomes if outcome.name == name)


def canonical_bytes(plan: Plan) -> bytes:
    """The plan as one unambiguous byte string: format name, then JSON with sorted keys and every default
    filled in."""
    body = json.dumps(to_plain(plan), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return f"{FORMAT}\n{body}".encode()


def plan_hash(plan: Plan) -> str:
    """SHA-256 of `canonical_bytes`: what is registered. Key order, spacing and comments do not change it.

    Examples
    --------
    >>> from fairlead.science.impact import shipped_plan, plan_hash
    >>> len(plan_hash(shipped_plan("star_kindergarten")))
    64
    """
    return hashlib.sha256(canonical_bytes(plan)).hexdigest()
