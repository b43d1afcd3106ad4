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
from typing import Any

from fairlead.science.impact.record import to_plain

FORMAT = "fairlead-plan-1"
FORMAT_2 = "fairlead-plan-2"
RANDOMIZED = ("randomized_individual", "randomized_blocked", "randomized_cluster", "randomized_paired")
DESIGNS = (*RANDOMIZED, "matched", "panel", "qed")
ERRORS = ("HC1", "CR1", "CR2")
BY_METHOD = "by_method"
METHODS = ("regression", "difference", "lin", "cace", "multilevel", "matched", "panel")
MATCHING = ("nearest", "mahalanobis", "cem", "ebal", "ipw")
ORDERED = ("at_least", "at_most", "above", "below")
OPERATORS = ("in", "not_in", *ORDERED)
SUMS = ("simple", "dynamic", "group", "calendar")
VERSIONS = ("4.1", "5.0")
RELIABILITY = ("standardised", "internal_consistency", "test_retest", "inter_rater", "unknown")
GRADES = ("PK", "K", *(str(grade) for grade in range(1, 13)))


@dataclass(frozen=True, slots=True)
class Condition:
    """What a row must hold to be of the population."""

    column: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Population:
    """Whom the study is about: the words a claim may use, and nothing wider. `where`: which rows of a larger table."""

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
    where: tuple[Condition, ...] = ()


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
    received: str | None = None
    received_value: str | None = None

    @property
    def clustered(self) -> bool:
        """Whether clusters were drawn, by themselves or in pairs."""
        paired = self.design == "randomized_paired"
        return self.cluster is not None and (self.design == "randomized_cluster" or paired)


ACHIEVEMENT = "achievement"  # the domain of outcomes for which months, ranks and shares of a year were published


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

    @property
    def is_achievement(self) -> bool:
        """Whether the plan's domain turns on what was published for achievement only."""
        return self.domain == ACHIEVEMENT

    @property
    def usual_icc(self) -> float:
        """The intraclass correlation where neither the plan nor the data says one: the WWC's defaults."""
        return 0.20 if self.is_achievement else 0.10


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
    method: str = "regression"
    formula: str | None = None
    adjust: bool = False
    permutations: int = 0


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
class Subgroup:
    """A planned question of for whom: a column from before the assignment, whose groups' effects are compared."""

    name: str
    label: str
    label_es: str
    column: str
    levels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ingredient:
    """Something that the intervention used and the comparison did not: how much of it, at which price."""

    name: str
    name_es: str
    category: str
    quantity: float
    unit: str
    price: float
    per: str
    source: str


@dataclass(frozen=True, slots=True)
class Costs:
    """What the intervention cost beyond the comparison, by ingredients. `served`: participants, where the analysed rows
    are not all of them."""

    currency: str
    year: str
    perspective: str
    served: int | None
    ingredients: tuple[Ingredient, ...]


@dataclass(frozen=True, slots=True)
class Matching:
    """How comparison units are chosen in a matched comparison; the words are those of `fairlead impact match`."""

    method: str
    on: str
    estimand: str
    ratio: int
    replace: bool
    exact: tuple[str, ...]
    within: str | None
    caliper: float | None
    hierarchical: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """How a staggered adoption is read: the assignment's column is the period in which a unit adopted (0: never)."""

    unit: str
    time: str
    control: str
    covariates: str
    cluster: str | None
    anticipation: float
    summary: str


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
    subgroups: tuple[Subgroup, ...] = ()
    costs: Costs | None = None
    matching: Matching | None = None
    panel: Panel | None = None
    rationale: str = ""

    @property
    def hash(self) -> str:
        """The registration hash, see `plan_hash`."""
        return plan_hash(self)

    @property
    def second_format(self) -> bool:
        """Whether the plan uses anything of the second format; others keep their hash and the report they had."""
        return canonical_bytes(self).startswith(FORMAT_2.encode())

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


_LATER: dict[str, dict[str, Any]] = {
    "plan": {"subgroups": [], "costs": None, "matching": None, "panel": None, "rationale": ""},
    "population": {"where": []},
    "assignment": {"received": None, "received_value": None},
    "model": {"method": "regression", "formula": None, "adjust": False, "permutations": 0},
}


def canonical_bytes(plan: Plan) -> bytes:
    """The plan as one unambiguous byte string: format name, then JSON with sorted keys and every default
    filled in.

    A plan that uses nothing of the second format is written in the first, so that it keeps the hash it had before there
    was a second.
    """
    body = to_plain(plan)
    parts = [(body, "plan"), *((body[kind], kind) for kind in ("population", "assignment"))]
    parts += [(model, "model") for model in body["models"]]
    later = any(part[key] != value for part, kind in parts for key, value in _LATER[kind].items())
    if not later:
        for part, kind in parts:
            for key in _LATER[kind]:
                del part[key]
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return f"{FORMAT_2 if later else FORMAT}\n{text}".encode()


def plan_hash(plan: Plan) -> str:
    """SHA-256 of `canonical_bytes`: what is registered. Key order, spacing and comments do not change it.

    Examples
    --------
    >>> from fairlead.science.impact import shipped_plan, plan_hash
    >>> len(plan_hash(shipped_plan("star_kindergarten")))
    64
    """
    return hashlib.sha256(canonical_bytes(plan)).hexdigest()
