"""One outcome under one model by whichever method the plan names, with what the method alone can say beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from fairlead.science.impact import estimate as estimation
from fairlead.science.impact.differences import SubgroupResult
from fairlead.science.impact.estimate import Balance, Estimate, Solved, Term, told
from fairlead.science.impact.plan import Model, Outcome, Plan
from fairlead.science.impact.problems import DataError, Problem
from fairlead.science.impact.sample import ARM, OUTCOME, Analytic, Dropped, Flow, draw_sample
from fairlead.science.impact.trials import (
    ComplierEffect,
    Contrast,
    Orders,
    RandomizationTest,
    Redraws,
    complier_effect,
    difference_in_means,
    interacted_regression,
    randomization_test,
)

TREATMENT = "treatment"


@dataclass(frozen=True, slots=True)
class Matched:
    """How a matched comparison came about. `effective`: what the weights are worth, by arm."""

    method: str
    estimand: str
    on: str
    effective_intervention: float
    effective_comparison: float
    naive: float
    naive_se: float
    notices: tuple[str, ...]
    notices_es: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Point:
    """A point of an event study: periods since adoption, effect, and its interval."""

    at: float
    estimate: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Adoption:
    """What staggered adoption shows besides its one number."""

    summary: str
    others: tuple[tuple[str, float, float], ...]  # other summaries: key, estimate, error
    points: tuple[Point, ...]
    pretrend_p: float | None
    two_way: float | None
    two_way_se: float | None
    notices: tuple[str, ...]
    notices_es: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """An estimate before it is rated. `sample` is not stored."""

    flow: Flow
    balance: tuple[Balance, ...]
    estimate: Estimate
    sample: Analytic | None = None
    before: tuple[Balance, ...] = ()
    compliers: ComplierEffect | None = None
    redraw: RandomizationTest | None = None
    matched: Matched | None = None
    adoption: Adoption | None = None
    subgroups: tuple[SubgroupResult, ...] = ()


def draft(
    plan: Plan,
    table: pl.DataFrame,
    outcome: Outcome,
    model: Model,
    rng: np.random.Generator,
    redraws: Redraws | Orders | None = None,
) -> Draft:
    """Draw the sample and estimate. `redraws`: other draws of the lottery, for models that draw it again."""
    if model.method == "panel":
        from fairlead.science.impact.estimators_panel import adoption

        return adoption(plan, table, outcome, model, redraws)
    sample = draw_sample(plan, table, outcome, model)
    if model.method == "matched":
        return _matched(plan, outcome, model, sample, rng)
    compliers: ComplierEffect | None = None
    if model.method == "regression":
        found = estimation.estimate(plan, outcome, model, sample)
    elif model.method == "multilevel":
        found = told(plan, outcome, model, sample, _multilevel(model, sample))
    else:
        sample = _contrast_only(sample)
        if model.method == "cace":
            compliers = _compliers(plan, model, sample)
            solved = _of_compliers(compliers)
        else:
            solved = _of_contrast(_by_design(plan, model, sample))
        solved = replace(solved, absorbed=plan.assignment.blocks)
        found = told(plan, outcome, model, sample, solved)
    if isinstance(redraws, Orders):
        what = "the lottery drew an order, and this model compares two groups"
        raise DataError([Problem("redraws", what, model.method, "panel", 'write design = "panel"')])
    redraw = _redraw(plan, model, sample, rng, redraws) if model.permutations else None
    balance = estimation.balance(plan, sample, model, outcome)
    return Draft(sample.flow, balance, found, sample, compliers=compliers, redraw=redraw)


def _contrast_only(sample: Analytic) -> Analytic:
    """Without the other arms, which a lottery's own comparison does not need."""
    if sample.contrast.all():
        return sample
    keep = sample.contrast
    return replace(
        sample,
        frame=sample.frame.filter(pl.Series(keep)),
        y=sample.y[keep],
        treated=sample.treated[keep],
        x=sample.x[keep],
        contrast=keep[keep],
        absorb=None if sample.absorb is None else sample.absorb[keep],
        cluster=None if sample.cluster is None else sample.cluster[keep],
    )


def _drawn_in(plan: Plan, sample: Analytic) -> dict[str, np.ndarray | None]:
    """Blocks and clusters as the lottery was drawn."""
    blocks, cluster = plan.assignment.blocks, plan.assignment.cluster
    return {
        "blocks": None if blocks is None else sample.frame[blocks].cast(pl.String).to_numpy(),
        "clusters": sample.frame[cluster].cast(pl.String).to_numpy()
        if plan.assignment.clustered and cluster
        else None,
    }


def _covariates(model: Model, sample: Analytic) -> np.ndarray:
    """The covariates' columns, without the arms."""
    arms = sample.x.shape[1] - sum(1 for name in sample.names if name.split("=")[0] in model.covariates)
    return sample.x[:, arms:]


def _by_design(plan: Plan, model: Model, sample: Analytic) -> Contrast:
    drawn = _drawn_in(plan, sample)
    if model.method == "lin":
        return interacted_regression(sample.y, sample.treated, _covariates(model, sample), alpha=plan.alpha, **drawn)
    return difference_in_means(
        sample.y, sample.treated, blocks=drawn["blocks"], clusters=drawn["clusters"], alpha=plan.alpha
    )


def _of_contrast(found: Contrast) -> Solved:
    return Solved(
        b=found.estimate,
        se=found.se,
        df=found.df,
        errors=found.variance,
        n=found.n,
        n_clusters=found.units if "cluster" in found.design else None,
        absorbed_groups=found.blocks,
        warnings=found.warnings,
    )


def _compliers(plan: Plan, model: Model, sample: Analytic) -> ComplierEffect:
    received = plan.assignment.received
    assert received is not None
    series = sample.frame[received]
    value = plan.assignment.received_value
    if value is not None:
        dose = (series.cast(pl.String) == value).cast(pl.Float64)
    elif series.dtype.is_numeric() or series.dtype == pl.Boolean:
        dose = series.cast(pl.Float64)
    else:
        seen = ", ".join(sorted(series.cast(pl.String).drop_nulls().unique().to_list())[:6])
        what = f"{received!r} holds words; say which of them means that it was received"
        raise DataError([Problem("assignment.received_value", what, seen, next='add received_value = "…"')])
    drawn = _drawn_in(plan, sample)
    clusters = drawn["clusters"] if sample.cluster is None else sample.cluster
    return complier_effect(
        sample.y, dose, sample.treated, covariates=_covariates(model, sample), blocks=drawn["blocks"],
        clusters=clusters, alpha=plan.alpha,
    )  # fmt: skip


def _of_compliers(found: ComplierEffect) -> Solved:
    return Solved(
        b=found.estimate,
        se=found.se,
        df=found.df,
        errors=found.errors,
        n=found.n,
        n_clusters=found.clusters,
        rank=found.rank,
        warnings=found.warnings,
    )


def _multilevel(model: Model, sample: Analytic) -> Solved:
    from fairlead.science.impact.multilevel import multilevel_model

    assert model.formula is not None
    rows = sample.frame.filter(pl.Series(sample.contrast)).with_columns(
        (pl.col(ARM) == "i").cast(pl.Float64).alias(TREATMENT), pl.col(OUTCOME).alias("outcome")
    )
    fit = multilevel_model(rows, model.formula)
    effect = fit.term(TREATMENT)
    warnings = [] if fit.converged else ["not_converged"]
    if fit.singular:
        warnings.append("on_the_boundary")
    if TREATMENT in dict(fit.differing):
        warnings.append("effect_differs_by_group")
    return Solved(
        b=effect.estimate,
        se=effect.se,
        df=effect.df,
        errors=f"{fit.criterion}, {fit.df_method.title()}",
        n=fit.n,
        n_clusters=min(fit.groups.values()),
        rank=len(fit.fixed),
        terms=tuple(Term(item.term, item.estimate, item.se, item.df, item.p) for item in fit.fixed),
        warnings=tuple(warnings),
        converged=fit.converged,
    )


def _redraw(
    plan: Plan, model: Model, sample: Analytic, rng: np.random.Generator, redraws: Redraws | None
) -> RandomizationTest:
    sample = _contrast_only(sample)
    drawn = _drawn_in(plan, sample)
    if redraws is not None:
        labels = sample.frame[redraws.column].cast(pl.String).to_numpy()
        if drawn["clusters"] is None and np.unique(labels).size < labels.size:
            drawn["clusters"] = labels  # teams that were drawn as one
    units = None if redraws is None else labels if drawn["clusters"] is None else np.unique(drawn["clusters"])
    return randomization_test(
        sample.y, sample.treated, rng=rng, covariates=_covariates(model, sample), draws=model.permutations,
        exact_up_to=max(20_000, model.permutations), alpha=plan.alpha,
        redraws=None if redraws is None or units is None else redraws.of(units)[: model.permutations], **drawn,
    )  # fmt: skip


def _matched(plan: Plan, outcome: Outcome, model: Model, sample: Analytic, rng: np.random.Generator) -> Draft:
    from fairlead.science.impact.matching import effect, match

    chosen = plan.matching
    assert chosen is not None
    rows = sample.frame.filter(pl.Series(sample.contrast)).with_columns((pl.col(ARM) == "i").alias(TREATMENT))
    also = [OUTCOME, *filter(None, [model.cluster])]
    found = match(
        rows, treated=TREATMENT, on=chosen.on, method=chosen.method, estimand=chosen.estimand, ratio=chosen.ratio,
        replace=chosen.replace, exact=chosen.exact, within=chosen.within, caliper=chosen.caliper,
        hierarchical=chosen.hierarchical, also=also, rng=rng,
    )  # fmt: skip
    answer = effect(
        found, OUTCOME, adjust=model.adjust, cluster=model.cluster,
        errors=None if model.errors == "by_method" else model.errors, alpha=plan.alpha,
    )  # fmt: skip
    before = estimation.balance(plan, replace(_contrast_only(sample)), model, outcome)
    kept = found.kept
    frame = rows[found.rows[kept]]
    treated = (frame[ARM] == "i").to_numpy()
    gone = [int((rows[ARM] == arm).sum()) - int((frame[ARM] == arm).sum()) for arm in ("i", "c")]
    lost = [Dropped("unmatched", chosen.method, gone[0], gone[1], 0)]
    compared = replace(
        sample.flow,
        dropped=(*sample.flow.dropped, *(item for item in lost if item.n)),
        analysed=type(sample.flow.analysed)(int(treated.sum()), int((~treated).sum())),
        students=None if sample.flow.students is None else _students(plan, frame),
        other_analysed=0,
    )
    matched = Analytic(
        frame=frame,
        flow=compared,
        y=frame[OUTCOME].to_numpy(),
        treated=treated,
        contrast=np.ones(frame.height, dtype=bool),
        x=treated.astype(float)[:, None],
        names=sample.names[:1],
        absorb=None,
        cluster=None,
        weights=found.weights[kept],
    )
    solved = Solved(
        b=answer.estimate,
        se=answer.se,
        df=answer.df,
        errors=answer.errors,
        n=frame.height,
        n_clusters=answer.clusters,
        rank=1 + len(answer.adjusted_for),
    )
    description = Matched(
        method=found.method,
        estimand=answer.estimand,
        on=found.on,
        effective_intervention=float(found.effective[0]),
        effective_comparison=float(found.effective[1]),
        naive=answer.naive,
        naive_se=answer.naive_se,
        notices=tuple(notice.text for notice in (*found.notices, *answer.notices)),
        notices_es=tuple(notice.text_es for notice in (*found.notices, *answer.notices)),
    )
    balance = estimation.balance(plan, matched, model, outcome)
    return Draft(
        compared, balance, told(plan, outcome, model, matched, solved), matched, before=before, matched=description
    )


def _students(plan: Plan, frame: pl.DataFrame) -> int:
    column = plan.population.students
    return frame.height if column is None else int(frame[column].cast(pl.Float64).fill_nan(None).sum())
