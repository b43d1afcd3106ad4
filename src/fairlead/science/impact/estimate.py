"""One estimate: the model of the plan on one analysed sample, in the outcome's own unit, with its effect
size beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy import stats

from fairlead.science.impact import effects
from fairlead.science.impact.ols import FEW_CLUSTERS, least_squares
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


def estimate(plan: Plan, outcome: Outcome, model: Model, sample: Analytic) -> Estimate:
    """Fit the plan's model for one outcome. Raises EstimationError with the columns by name when it
    cannot."""
    fit = least_squares(
        sample.y,
        sample.x,
        names=sample.names,
        absorb=sample.absorb,
        cluster=sample.cluster,
        errors=model.errors,
    )
    errors = fit.standard_errors
    if not errors[0] > 0:
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
    t = fit.coefficients / errors
    p = np.asarray(2 * stats.t.sf(np.abs(t), fit.df))
    half = float(stats.t.ppf(1 - plan.alpha / 2, fit.df[0]) * errors[0])
    b = float(fit.coefficients[0])
    warnings: list[str] = []
    if fit.clusters is not None and fit.clusters < FEW_CLUSTERS:
        warnings.append("few_clusters")
    if model.errors == "CR2" and fit.df[0] < 4:
        warnings.append("few_degrees_of_freedom")
    return Estimate(
        outcome=outcome.name,
        model=model.name,
        primary=model.primary,
        unit=outcome.unit,
        estimate=b,
        se=float(errors[0]),
        df=float(fit.df[0]),
        t=float(t[0]),
        p=float(p[0]),
        alpha=plan.alpha,
        ci_low=b - half,
        ci_high=b + half,
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
        ),
        intervention=_arm(sample.y[sample.treated]),
        comparison=_arm(sample.y[sample.contrast & ~sample.treated]),
        effect=_effect(plan, outcome, sample, b, float(errors[0]), float(t[0])),
        warnings=tuple(warnings),
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
    if plan.assignment.design != "randomized_cluster" or not plan.assignment.cluster:
        g = sign * effects.hedges_g(b, sd, total)
        return Effect("hedges_g", g, effects.g_standard_error(se, sd, g, total), sd, float(total - 2), None, "", None)
    labels = sample.frame[plan.assignment.cluster].cast(pl.String).to_numpy()[sample.contrast]
    clusters = np.unique(labels).size
    size = total / clusters
    rho, source = outcome.icc, "plan"
    if rho is None:
        rho, source = (
            effects.anova_icc(sample.y[sample.contrast], labels, sample.treated[sample.contrast]),
            "data",
        )
    if rho is None:
        rho, source = (0.20 if outcome.domain == "achievement" else 0.10), "default"
    g = sign * effects.hedges_g(b, sd, total, rho=rho, cluster_size=size)
    spread = effects.g_standard_error(se, sd, g, total, rho=rho, cluster_size=size)
    return Effect("hedges_g_clustered", g, spread, sd, effects.cluster_df(size, total, rho), rho, source, size)


def balance(plan: Plan, sample: Analytic, model: Model, outcome: Outcome) -> tuple[Balance, ...]:
    """Baseline differences on the analysed rows. Rows without the measure are counted, not hidden."""
    contrast = sample.frame.filter(pl.col(ARM).is_in(["i", "c"]))
    measures = [m for m in plan.baseline if not m.domains or outcome.domain in m.domains]
    return tuple(_balance(plan, contrast, model, measure) for measure in measures)


def _balance(plan: Plan, contrast: pl.DataFrame, model: Model, measure: Baseline) -> Balance:
    values = baseline_values(contrast, measure)
    present = np.isfinite(values)
    treated = (contrast[ARM] == "i").to_numpy()
    one, two = values[present & treated], values[present & ~treated]
    blocks = plan.assignment.blocks
    effect = sd = within = None
    name = "cox" if measure.kind == "binary" else "hedges_g"
    total = one.size + two.size
    if one.size > 1 and two.size > 1:
        sd = effects.pooled_sd(one, two)
        difference = float(one.mean() - two.mean())
        if measure.kind == "binary":
            effect = effects.cox(float(one.mean()), float(two.mean()), total)
        elif sd > 0:
            effect = effects.hedges_g(difference, sd, total)
        if blocks is not None and sd > 0:
            adjusted = _within_difference(
                values[present], treated[present], contrast[blocks].cast(pl.String).to_numpy()[present]
            )
            if adjusted is not None:
                base = float(two.mean())
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
        adjusted=measure.column in model.covariates,
        n_intervention=one.size,
        n_comparison=two.size,
        missing=int((~present).sum()),
        mean_intervention=float(one.mean()) if one.size else None,
        mean_comparison=float(two.mean()) if two.size else None,
        sd=sd,
        effect=effect,
        effect_name=name,
        within_blocks=within,
    )


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
