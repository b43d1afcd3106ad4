"""One estimate: the model of the plan on one analysed sample, in the outcome's own unit, with its effect
size beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import polars as pl
import scipy

from fairlead.science.impact import effects
from fairlead.science.impact.clusters import BLOCKS_PER_CLUSTER, FEW_CLUSTERS
from fairlead.science.impact.plan import Baseline, Model, Outcome, Plan
from fairlead.science.impact.problems import EstimationError, Problem
from fairlead.science.impact.sample import ARM, Analytic


@dataclass(frozen=True, slots=True)
class Term:
    """One coefficient of the regression."""

    name: str
    estimate: float
    se: float
    df: float
    p: float


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm's outcome, unadjusted. For a binary outcome `mean` is a proportion."""

    n: int
    mean: float
    sd: float


@dataclass(frozen=True, slots=True)
class Effect:
    """The standardised effect, favourable = positive, and what it was computed with."""

    name: str
    value: float
    se: float | None
    sd: float | None
    df: float
    icc: float | None
    icc_from: str
    cluster_size: float | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """The intervention's coefficient in the outcome's native unit, and everything needed to judge it."""

    outcome: str
    model: str
    primary: bool
    unit: str
    estimate: float
    se: float
    df: float
    t: float
    p: float
    alpha: float
    ci_low: float
    ci_high: float
    errors: str
    n: int
    n_clusters: int | None
    absorbed: str | None
    absorbed_groups: int
    rank: int
    r2: float
    terms: tuple[Term, ...]
    intervention: Arm
    comparison: Arm
    effect: Effect | None
    warnings: tuple[str, ...]
    method: str = "regression"
    converged: bool = True

    @property
    def significant(self) -> bool:
        return self.p < self.alpha


@dataclass(frozen=True, slots=True)
class Balance:
    """A baseline measure on the analysed rows of the contrast."""

    measure: str
    label: str
    label_es: str
    kind: str
    required: bool
    adjusted: bool
    n_intervention: int
    n_comparison: int
    missing: int
    mean_intervention: float | None
    mean_comparison: float | None
    sd: float | None
    effect: float | None
    effect_name: str
    within_blocks: float | None


@dataclass(frozen=True, slots=True)
class Solved:
    """What a method found, before it is told as an `Estimate`. `p`, `ci`: instead of those of the t distribution."""

    b: float
    se: float
    df: float
    errors: str
    n: int
    n_clusters: int | None = None
    absorbed: str | None = None
    absorbed_groups: int = 0
    rank: int = 2
    r2: float = 0.0
    terms: tuple[Term, ...] = ()
    warnings: tuple[str, ...] = ()
    converged: bool = True


def estimate(plan: Plan, outcome: Outcome, model: Model, sample: Analytic) -> Estimate:
    """Fit the plan's regression for one outcome. Raises EstimationError with the columns by name when it
    cannot."""
    from fairlead.science.impact.regression.arrays import least_squares

    fit = least_squares(
        sample.y,
        sample.x,
        names=sample.names,
        absorb=sample.absorb,
        cluster=sample.cluster,
        errors=model.errors,
    )
    errors = fit.standard_errors
    p = np.asarray(2 * scipy.stats.t.sf(np.abs(fit.coefficients / np.where(errors > 0, errors, np.nan)), fit.df))
    warnings: list[str] = []
    if fit.clusters is not None and fit.clusters < FEW_CLUSTERS:
        warnings.append("few_clusters")
    if model.errors == "CR1" and BLOCKS_PER_CLUSTER * (fit.clusters or 0) < fit.absorbed < (fit.clusters or 0):
        warnings.append("cr1_with_blocks")
    if model.errors == "CR2" and fit.df[0] < 4:
        warnings.append("few_degrees_of_freedom")
    solved = Solved(
        b=float(fit.coefficients[0]),
        se=float(errors[0]),
        df=float(fit.df[0]),
        errors=model.errors,
        n=fit.n,
        n_clusters=fit.clusters,
        absorbed=model.fixed_effects,
        absorbed_groups=fit.absorbed if model.fixed_effects else 0,
        rank=fit.rank,
        r2=fit.r2,
        terms=tuple(
            Term(name, float(fit.coefficients[j]), float(errors[j]), float(fit.df[j]), float(p[j]))
            for j, name in enumerate(fit.names)
            if errors[j] > 0
        ),
        warnings=tuple(warnings),
    )
    return told(plan, outcome, model, sample, solved)


def told(plan: Plan, outcome: Outcome, model: Model, sample: Analytic, solved: Solved) -> Estimate:
    """What a method found as an estimate, with the arms and the effect size beside it."""
    if not solved.se > 0:
        raise EstimationError(
            [
                Problem(
                    sample.names[0],
                    "the error of the estimate is zero",
                    "0",
                    next="look at the number of clusters in each arm",
                )
            ]
        )
    t = solved.b / solved.se
    half = float(scipy.stats.t.ppf(1 - plan.alpha / 2, solved.df) * solved.se)
    return Estimate(
        outcome=outcome.name,
        model=model.name,
        primary=model.primary,
        unit=outcome.unit,
        estimate=solved.b,
        se=solved.se,
        df=solved.df,
        t=t,
        p=float(2 * scipy.stats.t.sf(abs(t), solved.df)),
        alpha=plan.alpha,
        ci_low=solved.b - half,
        ci_high=solved.b + half,
        errors=solved.errors,
        n=solved.n,
        n_clusters=solved.n_clusters,
        absorbed=solved.absorbed,
        absorbed_groups=solved.absorbed_groups,
        rank=solved.rank,
        r2=solved.r2,
        terms=solved.terms,
        intervention=_arm(sample.y[sample.treated]),
        comparison=_arm(sample.y[sample.contrast & ~sample.treated]),
        effect=_effect(plan, outcome, sample, solved.b, solved.se, t),
        warnings=solved.warnings,
        method=model.method,
        converged=solved.converged,
    )


def _arm(values: np.ndarray) -> Arm:
    return Arm(int(values.size), float(values.mean()), float(values.std(ddof=1)) if values.size > 1 else 0.0)


def _effect(plan: Plan, outcome: Outcome, sample: Analytic, b: float, se: float, t: float) -> Effect | None:
    """Hedges' g (Cox for a binary outcome), with the cluster corrections where clusters were assigned."""
    one, two = sample.y[sample.treated], sample.y[sample.contrast & ~sample.treated]
    total = one.size + two.size
    if total < 4:
        return None
    sign = 1.0 if outcome.higher_is_better else -1.0
    if outcome.kind == "binary":
        share = float(two.mean())
        d = effects.cox(min(max(share + b, 0.0), 1.0), share, total)
        if d is None:
            return None
        return Effect("cox", sign * d, abs(d / t) if t else None, None, float(total - 2), None, "", None)
    sd = float(two.std(ddof=1)) if outcome.standardiser == "comparison" else effects.pooled_sd(one, two)
    if sd == 0:
        return None
    cluster = plan.assignment.cluster
    if cluster is None or not plan.assignment.clustered:
        g = sign * effects.hedges_g(b, sd, total)
        return Effect("hedges_g", g, effects.g_standard_error(se, sd, g, total), sd, float(total - 2), None, "", None)
    labels = sample.frame[cluster].cast(pl.String).to_numpy()[sample.contrast]
    clusters = np.unique(labels).size
    size = total / clusters
    rho, source = outcome.icc, "plan"
    if rho is None:
        rho, source = (
            effects.anova_icc(sample.y[sample.contrast], labels, sample.treated[sample.contrast]),
            "data",
        )
    if rho is None:
        rho, source = outcome.usual_icc, "default"
    g = sign * effects.hedges_g(b, sd, total, rho=rho, cluster_size=size)
    spread = effects.g_standard_error(se, sd, g, total, rho=rho, cluster_size=size)
    return Effect("hedges_g_clustered", g, spread, sd, effects.cluster_df(size, total, rho), rho, source, size)


def balance(plan: Plan, sample: Analytic, model: Model, outcome: Outcome) -> tuple[Balance, ...]:
    """Baseline differences on the analysed rows. Rows without the measure are counted, not hidden."""
    contrast = sample.frame.filter(pl.col(ARM).is_in(["i", "c"]))
    measures = [m for m in plan.baseline if not m.domains or outcome.domain in m.domains]
    weights = np.ones(contrast.height) if sample.weights is None else sample.weights
    return tuple(_balance(plan, contrast, model, measure, weights) for measure in measures)


def _balance(plan: Plan, contrast: pl.DataFrame, model: Model, measure: Baseline, weights: np.ndarray) -> Balance:
    """On weighted rows means are weighted, as the impact is; the standard deviation is that of the rows."""
    values = baseline_values(contrast, measure)
    present = np.isfinite(values)
    treated = (contrast[ARM] == "i").to_numpy()
    one, two = values[present & treated], values[present & ~treated]
    means = [
        float(np.average(values[arm], weights=weights[arm])) if arm.any() else None
        for arm in (present & treated, present & ~treated)
    ]
    blocks = plan.assignment.blocks
    effect = sd = within = None
    name = "cox" if measure.kind == "binary" else "hedges_g"
    total = one.size + two.size
    if one.size > 1 and two.size > 1 and means[0] is not None and means[1] is not None:
        sd = effects.pooled_sd(one, two)
        difference = means[0] - means[1]
        if measure.kind == "binary":
            effect = effects.cox(means[0], means[1], total)
        elif sd > 0:
            effect = effects.hedges_g(difference, sd, total)
        if blocks is not None and sd > 0:
            adjusted = _within_difference(
                values[present], treated[present], contrast[blocks].cast(pl.String).to_numpy()[present]
            )
            if adjusted is not None:
                base = means[1]
                within = (
                    effects.cox(min(max(base + adjusted, 0.0), 1.0), base, total)
                    if measure.kind == "binary"
                    else effects.hedges_g(adjusted, sd, total)
                )
    return Balance(
        measure=measure.name,
        label=measure.label,
        label_es=measure.label_es,
        kind=measure.kind,
        required=measure.required,
        adjusted=holds(plan, model, measure),
        n_intervention=one.size,
        n_comparison=two.size,
        missing=int((~present).sum()),
        mean_intervention=means[0],
        mean_comparison=means[1],
        sd=sd,
        effect=effect,
        effect_name=name,
        within_blocks=within,
    )


def holds(plan: Plan, model: Model, measure: Baseline) -> bool:
    """Whether the model adjusts for the measure: as a covariate, in its formula, or in the outcome model of a match."""
    words = model.formula or ""
    if model.method == "matched" and model.adjust and plan.matching is not None:
        words = plan.matching.on
    return measure.column in model.covariates or measure.column in re.findall(r"[A-Za-z_]\w*", words)


def baseline_values(frame: pl.DataFrame, measure: Baseline) -> np.ndarray:
    """The measure as floats, NaN where missing; a binary measure is 1 at its level (default: the last in
    order)."""
    series = frame[measure.column]
    if measure.kind == "continuous" or (measure.level is None and series.dtype.is_numeric()):
        return series.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    text = series.cast(pl.String)
    levels = sorted(text.drop_nulls().unique().to_list())
    level = measure.level if measure.level is not None else (levels[-1] if levels else "")
    return (text == level).cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _within_difference(values: np.ndarray, treated: np.ndarray, blocks: np.ndarray) -> float | None:
    """The arms' difference with block effects taken out; None when no block has both arms."""
    codes = np.unique(blocks, return_inverse=True)[1]
    sizes = np.bincount(codes).astype(float)
    z = treated - (np.bincount(codes, weights=treated) / sizes)[codes]
    spread = float(z @ z)
    return float(z @ values) / spread if spread > 1e-9 else None
