"""A study run: plan → sample → balance → estimates → verdicts, as one frozen result that can be stored and
read back."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl
import scipy

from fairlead.science.impact import record
from fairlead.science.impact.differences import (
    Sensitivity,
    SiteResult,
    SubgroupResult,
    sensitivity,
    sites,
    subgroups,
)
from fairlead.science.impact.estimate import Balance, Estimate
from fairlead.science.impact.estimators import Adoption, Draft, Matched, draft
from fairlead.science.impact.methods_of_plan import experimental
from fairlead.science.impact.plan import Model, Outcome, Plan, plan_hash
from fairlead.science.impact.population import in_population
from fairlead.science.impact.problems import DataError, EstimationError, ImpactError, Problem
from fairlead.science.impact.sample import Flow, check_table, named_in
from fairlead.science.impact.spending import CostResult, cost
from fairlead.science.impact.standards.facts import Sibling, evidence
from fairlead.science.impact.standards.rating import Verdict, verdict
from fairlead.science.impact.trials import ComplierEffect, Orders, RandomizationTest, Redraws

RESULT_FORMAT = 1
SEED = 20260901
ENGINE = "0.1.0"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the table came from. Dates (ISO) decide the label: prospective if registered before any outcome
    existed."""

    source: str
    registered: str | None = None
    outcomes_from: str | None = None
    note: str = ""

    @property
    def timing(self) -> str:
        if self.registered is None or self.outcomes_from is None:
            return "retrospective"
        before = date.fromisoformat(self.registered) < date.fromisoformat(self.outcomes_from)
        return "prospective" if before else "retrospective"


@dataclass(frozen=True, slots=True)
class Versions:
    """What computed the result."""

    engine: str
    numpy: str
    scipy: str
    polars: str


@dataclass(frozen=True, slots=True)
class ModelResult:
    """One outcome under one model: flow, balance, estimate and verdict."""

    outcome: str
    model: str
    primary: bool
    flow: Flow
    balance: tuple[Balance, ...]
    estimate: Estimate
    verdict: Verdict
    before: tuple[Balance, ...] = ()
    compliers: ComplierEffect | None = None
    redraw: RandomizationTest | None = None
    matched: Matched | None = None
    adoption: Adoption | None = None
    subgroups: tuple[SubgroupResult, ...] = ()
    sites: SiteResult | None = None
    sensitivity: Sensitivity | None = None
    costs: CostResult | None = None


@dataclass(frozen=True, slots=True)
class StudyResult:
    """Everything a report, a claim or a later reader needs. `from_json(to_json())` gives an equal result."""

    format: int
    plan: Plan
    plan_hash: str
    data_hash: str
    provenance: Provenance
    timing: str
    versions: Versions
    results: tuple[ModelResult, ...]
    seed: int | None = None

    @property
    def converged(self) -> bool:
        """Whether every model came to its end; one that did not is named among its warnings."""
        return all(item.estimate.converged for item in self.results)

    @property
    def primary(self) -> ModelResult:
        """The primary outcome under the primary model: the answer to the plan's question."""
        return self.result(self.plan.primary_outcome.name, self.plan.primary_model.name)

    def result(self, outcome: str, model: str) -> ModelResult:
        for item in self.results:
            if (item.outcome, item.model) == (outcome, model):
                return item
        known = ", ".join(f"{item.outcome} × {item.model}" for item in self.results)
        raise ImpactError(
            [Problem("result", "no such outcome and model in this study", f"{outcome} × {model}", known)]
        )

    def to_json(self, *, indent: int | None = None) -> str:
        return record.to_json(self, indent=indent)

    @staticmethod
    def from_json(text: str) -> StudyResult:
        return record.from_json(StudyResult, text)


def analyse(
    plan: Plan,
    table: pl.DataFrame,
    *,
    provenance: Provenance,
    seed: int = SEED,
    allow_experimental: bool = False,
    redraws: Redraws | Orders | None = None,
) -> StudyResult:
    """Run the plan on a table with one row per unit of analysis. Deterministic; the table is not changed.

    Parameters
    ----------
    plan : from `read_plan` or `load_plan`.
    table : carries the plan's columns; missing values are nulls (or NaN). More columns do no harm.
    provenance : source and, where known, the dates of registration and of the first outcome.
    seed : of what is drawn at random (randomization inference); kept in the result.
    allow_experimental : run methods that are not validated, too; else they are refused.
    redraws : other draws of the lottery that assigned the arms, from its record; for models with `permutations`.

    Raises
    ------
    DataError, EstimationError
        With every problem: a missing column, an absent arm, a collinear covariate by name, one cluster.

    Examples
    --------
    >>> from fairlead.science import impact
    >>> plan, table = impact.shipped_plan("star_kindergarten"), impact.star_kindergarten()
    >>> result = impact.analyse(plan, table, provenance=impact.Provenance(source="Project STAR (AER)"))
    >>> round(result.primary.estimate.estimate, 2), round(result.primary.estimate.se, 2)
    (15.93, 2.24)
    """
    if not allow_experimental and (unproven := experimental(plan)):
        raise EstimationError(unproven)
    whole = table
    table, outside = in_population(plan, table)
    check_table(plan, table)
    rng = np.random.default_rng(seed)
    drafts = []
    for model in plan.models:
        for name in model.outcomes or tuple(outcome.name for outcome in plan.outcomes):
            outcome = plan.outcome(name)
            made = _estimate(plan, table, outcome, model, rng.spawn(1)[0], redraws)
            made = replace(made, flow=replace(made.flow, rows=whole.height, outside=outside))
            drafts.append((outcome, model, made))
    siblings = _siblings(plan, [(outcome, made.estimate) for outcome, model, made in drafts if model.primary])
    results = tuple(_rated(plan, outcome, model, made, siblings) for outcome, model, made in drafts)
    return StudyResult(
        format=RESULT_FORMAT,
        plan=plan,
        plan_hash=plan_hash(plan),
        data_hash=data_hash(whole, columns_used(plan)),
        provenance=provenance,
        timing=provenance.timing,
        versions=Versions(ENGINE, np.__version__, scipy.__version__, pl.__version__),
        results=results,
        seed=seed,
    )


def siblings_of(plan: Plan, results: tuple[ModelResult, ...]) -> tuple[Sibling, ...]:
    """The main findings of a stored study: one an outcome, by the primary model."""
    named = plan.primary_model.name
    return _siblings(plan, [(plan.outcome(r.outcome), r.estimate) for r in results if r.model == named])


def _siblings(plan: Plan, findings: list[tuple[Outcome, Estimate]]) -> tuple[Sibling, ...]:
    return tuple(
        Sibling(outcome.name, outcome.domain, estimate.p, (estimate.estimate >= 0) == outcome.higher_is_better)
        for outcome, estimate in findings
    )


def _rated(plan: Plan, outcome: Outcome, model: Model, made: Draft, siblings: tuple[Sibling, ...]) -> ModelResult:
    """A draft with its verdict; for the primary model also by subgroup, with what would change it."""
    answer = verdict(evidence(plan, outcome, made.flow, made.balance, made.estimate, siblings))
    second = plan.second_format and model.primary and model.method != "panel" and made.sample is not None
    favourable = (made.estimate.estimate >= 0) == outcome.higher_is_better
    return ModelResult(
        outcome=outcome.name,
        model=model.name,
        primary=model.primary and outcome.primary,
        flow=made.flow,
        balance=made.balance,
        estimate=made.estimate,
        verdict=answer,
        before=made.before,
        compliers=made.compliers,
        redraw=made.redraw,
        matched=made.matched,
        adoption=made.adoption,
        subgroups=subgroups(plan, model, made.sample) if second and made.sample else made.subgroups,
        sites=sites(plan, made.sample) if second and made.sample else None,
        sensitivity=sensitivity(plan, model, made.sample) if second and made.sample else None,
        costs=(
            cost(plan.costs, made.flow.analysed.intervention, made.estimate, favourable=favourable)
            if plan.costs is not None and model.primary
            else None
        ),
    )


def _estimate(
    plan: Plan,
    table: pl.DataFrame,
    outcome: Outcome,
    model: Model,
    rng: np.random.Generator,
    redraws: Redraws | Orders | None,
) -> Draft:
    try:
        return draft(plan, table, outcome, model, rng, redraws)
    except ImpactError as error:
        place = f"outcome {outcome.name}, model {model.name}"
        raise type(error)(
            [replace(problem, where=f"{place}: {problem.where}") for problem in error.problems]
        ) from error


def columns_used(plan: Plan) -> tuple[str, ...]:
    """Every column the plan reads, sorted: what an extract for this study must carry, and all it may
    carry."""
    assignment = plan.assignment
    named = [
        assignment.column,
        assignment.blocks,
        assignment.cluster,
        assignment.provider,
        assignment.site,
        assignment.identifier,
        assignment.received,
        plan.population.students,
    ]
    named += [condition.column for condition in plan.population.where]
    named += [column for outcome in plan.outcomes for column in outcome.columns]
    named += [measure.column for measure in plan.baseline]
    named += [column for model in plan.models for column in (*model.covariates, model.fixed_effects, model.cluster)]
    named += [subgroup.column for subgroup in plan.subgroups]
    named += [column for model in plan.models for column in named_in(plan, model)]
    if plan.panel is not None:
        named += [plan.panel.unit, plan.panel.time, plan.panel.cluster]
        named += [word for word in re.findall(r"[A-Za-z_]\w*", plan.panel.covariates) if word != "C"]
    return tuple(sorted({column for column in named if column is not None}))


def data_hash(table: pl.DataFrame, columns: tuple[str, ...]) -> str:
    """SHA-256 of the rows' values in these columns, whatever the order of rows and columns."""
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise DataError(
            [Problem("columns", "the table has no such column", ", ".join(missing), ", ".join(table.columns))]
        )
    texts = table.select(sorted(columns)).with_columns(pl.all().cast(pl.String).fill_null("\x00"))
    lines = sorted("\x1f".join(row) for row in texts.iter_rows())
    return hashlib.sha256("\x1e".join([*sorted(columns), *lines]).encode()).hexdigest()
