"""From a table to analysed rows: who was assigned, who left, by reason, for one outcome and one model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fairlead.science.impact.plan import Model, Outcome, Plan
from fairlead.science.impact.problems import DataError, Problem
from fairlead.science.impact.texts import broken, mostly_numbers, strays, told
from fairlead.science.impact.wording import counted

ARM = "__arm"
OUTCOME = "__outcome"


@dataclass(frozen=True, slots=True)
class Count:
    """Rows (or clusters) by arm of the contrast."""

    intervention: int
    comparison: int

    @property
    def total(self) -> int:
        return self.intervention + self.comparison


@dataclass(frozen=True, slots=True)
class Dropped:
    """Rows that left, with the first reason that applies, in the order the reasons are listed."""

    reason: str
    column: str
    intervention: int
    comparison: int
    other: int

    @property
    def n(self) -> int:
        return self.intervention + self.comparison + self.other


@dataclass(frozen=True, slots=True)
class Flow:
    """The sample flow of one analysis. `outside` are rows of the table that are not of the plan's population; `assigned` is
    the reference sample; clusters only where clusters were assigned."""

    rows: int
    unassigned: int
    assigned: Count
    other_assigned: int
    dropped: tuple[Dropped, ...]
    analysed: Count
    other_analysed: int
    clusters_assigned: Count | None
    clusters_analysed: Count | None
    assigned_in_kept_clusters: Count | None
    students: int | None
    sites: int | None
    providers: Count | None
    block_share_low: float | None
    block_share_high: float | None
    outside: tuple[Dropped, ...] = ()


@dataclass(frozen=True, slots=True)
class Analytic:
    """The rows of one analysis as arrays, with their flow. Not stored: the flow is."""

    frame: pl.DataFrame
    flow: Flow
    y: NDArray[np.float64]
    treated: NDArray[np.bool_]
    contrast: NDArray[np.bool_]
    x: NDArray[np.float64]
    names: tuple[str, ...]
    absorb: NDArray[Any] | None
    cluster: NDArray[Any] | None
    weights: NDArray[np.float64] | None = None


def check_table(plan: Plan, table: pl.DataFrame) -> None:
    """Refuse, all at once, a table that lacks columns, has texts where numbers must be, or lacks an arm."""
    problems: list[Problem] = []
    assignment = plan.assignment
    needed: dict[str, str] = {assignment.column: "assignment.column"}
    for key in ("blocks", "cluster", "provider", "site", "identifier"):
        if (column := getattr(assignment, key)) is not None:
            needed.setdefault(column, f"assignment.{key}")
    if plan.population.students is not None:
        needed.setdefault(plan.population.students, "population.students")
    for i, condition in enumerate(plan.population.where):
        needed.setdefault(condition.column, f"population.where[{i}].column")
    for i, measure in enumerate(plan.baseline):
        needed.setdefault(measure.column, f"baseline[{i}].column")
    for i, model in enumerate(plan.models):
        for column in (*model.covariates, *filter(None, (model.fixed_effects, model.cluster))):
            needed.setdefault(column, f"models[{i}]")
    numeric: dict[str, str] = {}
    if assignment.received is not None:
        needed.setdefault(assignment.received, "assignment.received")
    for i, subgroup in enumerate(plan.subgroups):
        needed.setdefault(subgroup.column, f"subgroups[{i}].column")
    for i, model in enumerate(plan.models):
        for column in named_in(plan, model):
            needed.setdefault(column, f"models[{i}].formula" if model.formula else "matching")
    if plan.panel is not None:
        for key in ("unit", "time", "cluster"):
            if (column := getattr(plan.panel, key)) is not None:
                needed.setdefault(column, f"panel.{key}")
    for i, outcome in enumerate(plan.outcomes):
        for column in outcome.columns:
            needed.setdefault(column, f"outcomes[{i}].columns")
            numeric[column] = f"outcomes[{i}].columns"
    numeric |= {m.column: f"baseline[{i}].column" for i, m in enumerate(plan.baseline) if m.kind == "continuous"}
    for column, where in needed.items():
        if column not in table.columns:
            problems.append(
                Problem(
                    where,
                    "the table has no such column",
                    repr(column),
                    ", ".join(table.columns),
                    "rename the column or change the plan",
                )
            )
    for column, where in numeric.items():
        if column in table.columns and not (table.schema[column].is_numeric() or table.schema[column] == pl.Boolean):
            problems.append(
                Problem(
                    where,
                    f"column {column!r} must be numeric",
                    told(strays(table[column])) if table.schema[column] == pl.String else str(table.schema[column]),
                    "integers, floats, booleans",
                    "turn it into numbers",
                )
            )
    texts = [name for name, kind in table.schema.items() if kind == pl.String and name not in numeric]
    for i, model in enumerate(plan.models):
        for column in (name for name in model.covariates if name in texts):
            if mostly_numbers(table[column].drop_nulls().unique().to_list()):
                problems += broken(f"models[{i}].covariates: {column}", strays(table[column])).problems
    if assignment.column in table.columns and assignment.design != "panel":
        values = table[assignment.column].cast(pl.String)
        for key in ("intervention", "comparison"):
            arm = getattr(assignment, key)
            if not (values == arm).any():
                seen = ", ".join(sorted(values.drop_nulls().unique().to_list())[:8]) or "no value at all"
                problems.append(
                    Problem(
                        f"assignment.{key}",
                        f"no row has {assignment.column} = {arm!r}",
                        f"0 rows; the column holds {seen}",
                        next="mend the plan's arm or the column",
                    )
                )
    identifier = assignment.identifier
    if identifier in table.columns and assignment.design != "panel":
        repeated = table.height - table[identifier].n_unique()
        if repeated:
            problems.append(
                Problem(
                    "assignment.identifier",
                    f"{identifier!r} must be different in every row",
                    f"{repeated} repeated",
                    next="one row per unit: remove or combine the repeated rows",
                )
            )
    clusters = assignment.cluster if assignment.clustered else None
    if clusters is not None and {clusters, assignment.column} <= set(table.columns):
        arms = (
            table.drop_nulls([clusters, assignment.column])
            .group_by(clusters)
            .agg(pl.col(assignment.column).n_unique())
        )
        split = arms.filter(pl.col(assignment.column) > 1).height
        if split:
            problems.append(
                Problem(
                    "assignment.cluster",
                    "clusters were assigned, yet some have rows in two arms",
                    f"{split} of {arms.height} clusters",
                    next="use the arm each cluster was assigned to",
                )
            )
    if problems:
        raise DataError(problems)


def named_in(plan: Plan, model: Model) -> tuple[str, ...]:
    """Columns that only a formula names: a multilevel model's, or what a match is on."""
    matched = plan.matching if model.method == "matched" else None
    if model.formula is None and matched is None:
        return ()
    from fairlead.science.impact.formula import parse_formula

    found: list[str] = []
    if model.formula is not None:
        parsed = parse_formula(model.formula)
        found += [v for v in (*parsed.variables, *parsed.groups) if v not in ("outcome", "treatment")]
    if matched is not None:
        found += [v for v in parse_formula(f"y ~ {matched.on}").variables if v != "y"]
        found += [*matched.exact, *filter(None, [matched.within]), *matched.hierarchical]
    return tuple(dict.fromkeys(found))


def outcome_values(outcome: Outcome) -> pl.Expr:
    """The outcome from its columns; missing if any part is missing."""
    parts = [pl.col(column).cast(pl.Float64).fill_nan(None) for column in outcome.columns]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return (total / len(parts) if outcome.combine == "mean" else total).alias(OUTCOME)


def draw_sample(plan: Plan, table: pl.DataFrame, outcome: Outcome, model: Model) -> Analytic:
    """Rows of the plan's arms with nothing missing, and the account of all the others. The table is not
    changed."""
    assignment = plan.assignment
    arms = pl.col(assignment.column).cast(pl.String)
    coded = (
        pl.when(arms == assignment.intervention)
        .then(pl.lit("i"))
        .when(arms == assignment.comparison)
        .then(pl.lit("c"))
        .when(arms.is_in(list(assignment.other_arms)))
        .then(arms)
        .otherwise(None)
        .alias(ARM)
    )
    frame = table.with_columns(coded, outcome_values(outcome))
    rows = frame.height
    frame = frame.filter(pl.col(ARM).is_not_null())
    reference = frame
    cluster = model.cluster or assignment.cluster
    covariates = dict.fromkeys((*model.covariates, *named_in(plan, model)))
    steps = [("missing_outcome", OUTCOME), *(("missing_covariate", column) for column in covariates)]
    if model.method == "cace" and assignment.received is not None:
        steps.append(("missing_received", assignment.received))
    steps += [
        ("missing_group", column)
        for column in dict.fromkeys(
            filter(
                None,
                (
                    model.fixed_effects,
                    assignment.blocks,
                    cluster if model.errors != "HC1" else assignment.cluster,
                ),
            )
        )
    ]
    dropped: list[Dropped] = []
    for reason, column in steps:
        present = pl.col(column).is_not_null()
        if frame.schema[column].is_float():
            present &= pl.col(column).is_not_nan()
        left = frame.filter(~present)
        frame = frame.filter(present)
        if left.height:
            gone = _count(left)
            shown = " + ".join(outcome.columns) if column == OUTCOME else column
            dropped.append(Dropped(reason, shown, gone.intervention, gone.comparison, left.height - gone.total))
    if model.method == "difference" and assignment.blocks is not None:
        frame, gone_with = _both_arms(frame, assignment.blocks)
        dropped += gone_with
    _check_numbers(frame, outcome, model)
    analysed = _count(frame)
    if not analysed.intervention or not analysed.comparison:
        raise DataError(
            [
                Problem(
                    f"outcomes.{outcome.name}",
                    "no row is left in one arm of the contrast",
                    f"{analysed.intervention} intervention, {analysed.comparison} comparison",
                    next="; ".join(f"{counted(d.n, 'row')} dropped: {d.reason} {d.column}" for d in dropped)
                    or "look at the assignment column",
                )
            ]
        )
    flow = _flow(plan, rows, reference, frame, dropped)
    names, x = _design(plan, frame, model)
    arm = frame[ARM].to_numpy()
    return Analytic(
        frame=frame,
        flow=flow,
        y=frame[OUTCOME].to_numpy(),
        treated=arm == "i",
        contrast=(arm == "i") | (arm == "c"),
        x=x,
        names=names,
        absorb=_labels(frame, model.fixed_effects),
        cluster=_labels(frame, cluster) if model.errors != "HC1" else None,
    )


def _both_arms(frame: pl.DataFrame, blocks: str) -> tuple[pl.DataFrame, list[Dropped]]:
    """Without the blocks in which one arm of the contrast is empty: a difference within them does not exist."""
    arms = frame.filter(pl.col(ARM).is_in(["i", "c"])).group_by(blocks).agg(pl.col(ARM).n_unique().alias("arms"))
    whole = arms.filter(pl.col("arms") == 2)[blocks]
    keep = pl.col(blocks).is_in(whole.implode())
    left = frame.filter(~keep)
    if not left.height:
        return frame, []
    gone = _count(left)
    lost = Dropped("block_one_arm", blocks, gone.intervention, gone.comparison, left.height - gone.total)
    return frame.filter(keep), [lost]


def _flow(plan: Plan, rows: int, reference: pl.DataFrame, frame: pl.DataFrame, dropped: list[Dropped]) -> Flow:
    assignment = plan.assignment
    contrast = frame.filter(pl.col(ARM).is_in(["i", "c"]))
    assigned, analysed = _count(reference), _count(frame)
    before = after = kept = None
    if assignment.clustered and assignment.cluster:
        before, after = _count(reference.unique(assignment.cluster)), _count(frame.unique(assignment.cluster))
        kept = _count(reference.join(frame.select(assignment.cluster).unique(), on=assignment.cluster, how="semi"))
    students: int | None = None
    if plan.population.students is not None:
        students = int(contrast[plan.population.students].cast(pl.Float64).fill_nan(None).sum())
    elif plan.population.rows == "student":
        students = contrast.height
    provider = assignment.provider or assignment.cluster
    low, high = _block_shares(plan, reference)
    return Flow(
        rows=rows,
        unassigned=rows - reference.height,
        assigned=assigned,
        other_assigned=reference.height - assigned.total,
        dropped=tuple(dropped),
        analysed=analysed,
        other_analysed=frame.height - analysed.total,
        clusters_assigned=before,
        clusters_analysed=after,
        assigned_in_kept_clusters=kept,
        students=students,
        sites=contrast[assignment.site].drop_nulls().n_unique() if assignment.site else None,
        providers=_count(contrast.drop_nulls(provider).unique([provider, ARM])) if provider else None,
        block_share_low=low,
        block_share_high=high,
    )


def _block_shares(plan: Plan, reference: pl.DataFrame) -> tuple[float | None, float | None]:
    """Lowest and highest share assigned to the intervention in a block: unequal chances must be modelled."""
    assignment = plan.assignment
    if assignment.blocks is None:
        return None, None
    units = reference.filter(pl.col(ARM).is_in(["i", "c"])).drop_nulls(assignment.blocks)
    if assignment.clustered:
        units = units.unique(assignment.cluster)
    shares = units.group_by(assignment.blocks).agg((pl.col(ARM) == "i").mean().alias("share"))["share"]
    return (float(shares.min()), float(shares.max())) if shares.len() else (None, None)  # type: ignore[arg-type]


def _count(frame: pl.DataFrame) -> Count:
    return Count(int((frame[ARM] == "i").sum()), int((frame[ARM] == "c").sum()))


def _labels(frame: pl.DataFrame, column: str | None) -> NDArray[Any] | None:
    return None if column is None else frame[column].cast(pl.String).to_numpy()


def _design(plan: Plan, frame: pl.DataFrame, model: Model) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Columns: the intervention, other arms, then covariates (texts as indicators against their first
    level)."""
    names = [f"{plan.assignment.column}={plan.assignment.intervention}"]
    columns = [(frame[ARM] == "i").to_numpy().astype(float)]
    for other in plan.assignment.other_arms:
        if (frame[ARM] == other).any():
            names.append(f"{plan.assignment.column}={other}")
            columns.append((frame[ARM] == other).to_numpy().astype(float))
    for column in model.covariates:
        series = frame[column]
        if series.dtype.is_numeric() or series.dtype == pl.Boolean:
            names.append(column)
            columns.append(series.cast(pl.Float64).to_numpy())
        else:
            values = series.cast(pl.String)
            for level in sorted(values.unique().to_list())[1:]:
                names.append(f"{column}={level}")
                columns.append((values == level).to_numpy().astype(float))
    return tuple(names), np.column_stack(columns)


def _check_numbers(frame: pl.DataFrame, outcome: Outcome, model: Model) -> None:
    problems = []
    for column in (OUTCOME, *model.covariates):
        if frame.schema[column].is_float() and not frame[column].is_finite().all():
            shown = " + ".join(outcome.columns) if column == OUTCOME else column
            problems.append(
                Problem(
                    shown,
                    "holds infinite values",
                    "infinity",
                    "finite numbers, or missing",
                    "find where the division by zero came from",
                )
            )
    if outcome.kind == "binary" and not frame[OUTCOME].is_in([0.0, 1.0]).all():
        problems.append(
            Problem(
                f"outcomes.{outcome.name}",
                "a binary outcome holds only 0 and 1",
                f"values such as {frame.filter(~pl.col(OUTCOME).is_in([0.0, 1.0]))[OUTCOME][0]:g}",
                "0, 1, missing",
                'recode it, or write kind = "continuous"',
            )
        )
    if problems:
        raise DataError(problems)
