"""For whom, where, and how sure: planned subgroups, sites, and what would change the answer. On the analysed rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import scipy

from fairlead.science.impact.plan import Model, Plan, Subgroup
from fairlead.science.impact.problems import ImpactError
from fairlead.science.impact.sample import Analytic

if TYPE_CHECKING:
    from fairlead.science.impact.regression import RegressionFit

FEWEST = 10  # rows of each arm that a group needs
MOST_BENCHMARKS = 8


@dataclass(frozen=True, slots=True)
class GroupEffect:
    """The effect in one group."""

    level: str
    intervention: int
    comparison: int
    estimate: float
    se: float
    df: float
    p: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True, slots=True)
class SubgroupResult:
    """Effects in the groups of one planned question, and the test of their difference, which is the answer to it.

    difference : of the last group less the first, where there are two; with more, `f` tests that all are equal.
    missing : analysed rows (in a panel: units) whose group is not known.
    small : groups left out because an arm has fewer than ten.
    problem : why there is no answer: a key of the report's words, and after a colon what the method said.
    """

    name: str
    label: str
    label_es: str
    effects: tuple[GroupEffect, ...]
    difference: float | None
    difference_se: float | None
    df: float
    p: float
    f: float | None
    missing: int
    small: tuple[str, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class SiteEffect:
    """The effect at one site, and the same drawn toward the mean by how little is known of it."""

    site: str
    rows: int
    estimate: float
    low: float
    high: float
    shrunken: float


@dataclass(frozen=True, slots=True)
class SiteResult:
    """Effects by site, least first, and their distribution: see `regression.site_effects`."""

    column: str
    sites: tuple[SiteEffect, ...]
    mean: float
    mean_se: float
    sd: float
    q_p: float
    below: float | None
    below_se: float | None
    estimates_below: float
    lost: int


@dataclass(frozen=True, slots=True)
class Benchmark:
    """What the estimate would be with an unmeasured variable `times` as strong as a covariate."""

    name: str
    times: float
    r2_treatment: float
    r2_outcome: float
    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Robustness values (shares of residual variance), bounds by covariates, and the estimate without each cluster."""

    partial_r2: float
    robustness: float
    robustness_alpha: float
    benchmarks: tuple[Benchmark, ...]
    left_by: str | None
    left_count: int
    left_low: float | None
    left_high: float | None
    left_most: str | None
    left_most_estimate: float | None
    same_sign: bool | None


def subgroups(plan: Plan, model: Model, sample: Analytic) -> tuple[SubgroupResult, ...]:
    """Each planned subgroup by the model's covariates, fixed effects and clusters, with the arm's effect apart by group.

    Whatever the model's method: a linear regression, so that differences can be tested on one footing.
    """
    return tuple(_subgroup(plan, model, sample, item) for item in plan.subgroups)


def _subgroup(plan: Plan, model: Model, sample: Analytic, item: Subgroup) -> SubgroupResult:
    from fairlead.science.impact.regression import joint_test

    labels = sample.frame[item.column].cast(pl.String)
    if sample.frame.schema[item.column].is_float():
        labels = labels.replace("NaN", None)
    wanted = list(item.levels) or sorted(labels.drop_nulls().unique().to_list())
    group = labels.to_numpy()
    treated, contrast = sample.treated, sample.contrast

    def count(level: str) -> tuple[int, int]:
        here = (group == level) & contrast
        return int((here & treated).sum()), int((here & ~treated).sum())

    small = tuple(level for level in wanted if min(count(level)) < FEWEST)
    levels = [level for level in wanted if level not in small]
    missing = int(labels.is_null().sum())

    if sample.weights is not None and np.ptp(sample.weights) > 1e-9:
        return no_answer(item, "weighted_rows", missing, small)
    if len(levels) < 2:
        return no_answer(item, "few_in_groups", missing, small)
    keep = np.isin(group, levels)
    columns = {f"t{i}": ((group == level) & treated).astype(float) for i, level in enumerate(levels)}
    columns |= {f"g{i}": (group == level).astype(float) for i, level in enumerate(levels) if i}
    columns |= {  # a covariate that is the subgroup itself is in the model already
        f"x{j}": sample.x[:, j] for j in range(1, sample.x.shape[1]) if sample.names[j].split("=")[0] != item.column
    }
    try:
        fit = _fit(model, sample, columns, keep)
        pieces = [fit.term(f"t{i}") for i in range(len(levels))]
        contrasts = np.zeros((len(levels) - 1, len(fit.names)))
        for i in range(1, len(levels)):
            contrasts[i - 1, fit.place(f"t{i}")], contrasts[i - 1, fit.place("t0")] = 1.0, -1.0
        tests = [fit.contrast(row, "difference") for row in contrasts]
    except ImpactError as error:
        return no_answer(item, not_estimable(error), missing, small)
    found = []
    for level, piece in zip(levels, pieces, strict=True):
        half = float(scipy.stats.t.ppf(1 - plan.alpha / 2, piece.df)) * piece.se
        found.append(
            GroupEffect(
                level, *count(level), piece.estimate, piece.se, piece.df, piece.p, piece.estimate - half,
                piece.estimate + half,
            )
        )  # fmt: skip
    df = min(test.df for test in tests)
    if len(tests) == 1:
        only = tests[0]
        return SubgroupResult(
            item.name,
            item.label,
            item.label_es,
            tuple(found),
            only.estimate,
            only.se,
            df,
            only.p,
            None,
            missing,
            small,
        )
    test = joint_test(fit, contrasts)
    f, p, df = test.statistic, test.p, test.df2
    return SubgroupResult(item.name, item.label, item.label_es, tuple(found), None, None, df, p, f, missing, small)


def no_answer(item: Subgroup, problem: str, missing: int, small: tuple[str, ...]) -> SubgroupResult:
    """A planned question that the data cannot answer, and why."""
    return SubgroupResult(
        item.name, item.label, item.label_es, (), None, None, 0.0, 1.0, None, missing, small, problem
    )


def not_estimable(error: ImpactError) -> str:
    """The reason of `no_answer` where a method refused."""
    return "not_estimable: " + "; ".join(problem.what for problem in error.problems)


def sites(plan: Plan, sample: Analytic) -> SiteResult | None:
    """The effect at each site, where sites held both arms; None where whole sites were assigned, or rows are weighted."""
    from fairlead.science.impact.regression import site_effects

    column = plan.assignment.site
    if column is None or plan.assignment.clustered or sample.weights is not None:
        return None
    columns = {"t": sample.treated.astype(float), **{f"x{j}": sample.x[:, j] for j in range(1, sample.x.shape[1])}}
    frame = pl.DataFrame({"y": sample.y, **columns}).with_columns(sample.frame[column].cast(pl.String).alias("site"))
    try:
        found = site_effects(frame, "y ~ " + " + ".join(columns), "t", "site", engine="memory")
    except ImpactError:
        return None
    return SiteResult(
        column=column,
        sites=tuple(SiteEffect(s.site, s.rows, s.estimate, s.low, s.high, s.shrunken) for s in found.sites),
        mean=found.mean,
        mean_se=found.mean_se,
        sd=found.sd,
        q_p=found.q_p,
        below=found.below,
        below_se=found.below_se,
        estimates_below=found.estimates_below,
        lost=len(found.lost),
    )


def sensitivity(plan: Plan, model: Model, sample: Analytic) -> Sensitivity | None:
    """How strong an unmeasured variable would have to be, and whether one cluster carries the answer; None where the
    rows are weighted or the model cannot be written as one regression."""
    from fairlead.science.impact.regression import leave_one_out, omitted_variable

    if sample.weights is not None and np.ptp(sample.weights) > 1e-9:
        return None
    names = {j: name for j, name in enumerate(sample.names) if j and name.split("=")[0] in model.covariates}
    columns = {"t": sample.treated.astype(float), **{f"x{j}": sample.x[:, j] for j in range(1, sample.x.shape[1])}}
    everybody = np.ones(sample.y.size, dtype=bool)
    benchmarks = {name: (f"x{j}",) for j, name in list(names.items())[:MOST_BENCHMARKS]}
    try:
        fit = _fit(model, sample, columns, everybody)
        found = omitted_variable(fit, "t", benchmarks=benchmarks, times=(1.0, 2.0, 3.0), alpha=plan.alpha)
    except ImpactError:
        return None
    by = _leave_by(plan, model, sample)
    left = None
    if by is not None:
        try:
            refit = _fit(model, sample, columns, everybody, cluster=by)
            left = leave_one_out(refit, "t")
        except ImpactError:
            left = None
    most = left.without[0] if left is not None and left.without else None
    return Sensitivity(
        partial_r2=found.robustness.partial_r2,
        robustness=found.robustness.robustness,
        robustness_alpha=found.robustness.robustness_alpha,
        benchmarks=tuple(
            Benchmark(b.benchmark, b.times, b.r2_treatment, b.r2_outcome, b.estimate, b.low, b.high)
            for b in found.bounds
        ),
        left_by=by if left is not None else None,
        left_count=len(left.without) if left is not None else 0,
        left_low=left.low if left is not None else None,
        left_high=left.high if left is not None else None,
        left_most="/".join(map(str, most.cluster)) if most is not None else None,
        left_most_estimate=most.estimate if most is not None else None,
        same_sign=left.same_sign if left is not None else None,
    )


def _leave_by(plan: Plan, model: Model, sample: Analytic) -> str | None:
    """The column whose groups are left out in turn: clusters, else sites, else blocks; fixed effects must lie within."""
    for column in (model.cluster, plan.assignment.cluster, plan.assignment.site, plan.assignment.blocks):
        if column is not None and 3 <= sample.frame[column].n_unique() <= sample.frame.height / 2:
            return column
    return None


def _fit(
    model: Model, sample: Analytic, columns: dict[str, np.ndarray], keep: np.ndarray, cluster: str | None = None
) -> RegressionFit:
    """The model's regression with these columns instead of the arm's, on some of the rows."""
    from fairlead.science.impact.regression import linear_regression

    frame = pl.DataFrame({"y": sample.y, **columns}).with_columns(
        *([pl.Series("fe", sample.absorb)] if sample.absorb is not None else []),
    )
    own = sample.frame[cluster].cast(pl.String) if cluster is not None else None
    if own is None and sample.cluster is not None and model.errors != "HC1":
        own = pl.Series(sample.cluster)
    if own is not None:
        frame = frame.with_columns(own.alias("cl"))
    errors = "CR1" if cluster is not None else model.errors
    if errors not in ("HC1", "CR1", "CR2"):
        errors = "HC1" if own is None else "CR2"
    return linear_regression(
        frame.filter(pl.Series(keep)), "y ~ " + " + ".join(columns), cluster="cl" if own is not None else None,
        absorb="fe" if sample.absorb is not None else None, errors=errors, small_sample="all", engine="memory",
    )  # fmt: skip
