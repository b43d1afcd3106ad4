"""Staggered adoption as one outcome of a plan: group-time effects, summed as the plan says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import scipy

from fairlead.science.impact import effects
from fairlead.science.impact.differences import FEWEST, GroupEffect, SubgroupResult, no_answer, not_estimable
from fairlead.science.impact.estimate import Balance, Solved, told
from fairlead.science.impact.estimators import Adoption, Draft, Point
from fairlead.science.impact.plan import Baseline, Model, Outcome, Plan, Subgroup
from fairlead.science.impact.problems import DataError, ImpactError, Problem
from fairlead.science.impact.sample import ARM, OUTCOME, Analytic, Count, Dropped, Flow, outcome_values
from fairlead.science.impact.trials import Orders, RandomizationTest, stepped_test
from fairlead.science.impact.wording import counted

if TYPE_CHECKING:
    from fairlead.science.impact.panel import Did

NORMAL = 1e6  # degrees of freedom: intervals are normal, by influence functions of many clusters
GAIN = 0.60  # pre–post correlation from which a difference of differences counts as adjusting for its own pretest


def adoption(plan: Plan, table: pl.DataFrame, outcome: Outcome, model: Model, orders: object = None) -> Draft:
    """Units that adopted beside units that had not, with balance on the first period. `orders`: of the lottery that drew when."""
    chosen = plan.panel
    assert chosen is not None
    when, unit, time = plan.assignment.column, chosen.unit, chosen.time
    rows = table.with_columns(outcome_values(outcome))
    found = _effects(plan, rows)
    summary = getattr(found, chosen.summary).overall
    first, last = found.periods[0], found.periods[-1]
    never = pl.col(when).cast(pl.Float64).fill_nan(None).fill_null(0.0)
    rows = rows.with_columns(
        pl.when((never > 0) & (never <= last)).then(pl.lit("i")).otherwise(pl.lit("c")).alias(ARM)
    )
    units = rows.unique(unit, keep="first", maintain_order=True)
    # whoever adopted by the first period has nothing before it, and is left out by the method
    early = units.filter((never > 0) & (never <= first))
    kept = rows.join(early.select(unit), on=unit, how="anti").drop_nulls(OUTCOME)
    # where all adopt in the end, periods without anybody left to compare with are not among the estimator's
    kept = kept.filter(pl.col(time).cast(pl.Float64).is_in([float(p) for p in found.periods]))
    whole = kept.group_by(unit).len().filter(pl.col("len") == len(found.periods))
    kept = kept.join(whole.select(unit), on=unit, how="semi")
    if whole.is_empty():
        what = "no unit has the outcome in every period"
        next_ = "leave out periods in which nothing was measured"
        raise DataError([Problem(outcome.name, what, f"0 of {units.height}", next=next_)])
    start = kept.filter(pl.col(time) == first).sort(unit)
    end = kept.filter(pl.col(time) == last).sort(unit)
    assigned, analysed = _count(units), _count(start)
    dropped = [Dropped("adopted_first", when, early.height, 0, 0)] if early.height else []
    missing = (
        assigned.intervention - early.height - analysed.intervention,
        assigned.comparison - analysed.comparison,
    )
    if any(missing):
        dropped.append(Dropped("missing_period", outcome.name, *missing, 0))
    students = plan.population.students
    flow = Flow(
        rows=table.height,
        unassigned=0,
        assigned=assigned,
        other_assigned=0,
        dropped=tuple(dropped),
        analysed=analysed,
        other_analysed=0,
        clusters_assigned=None,
        clusters_analysed=None,
        assigned_in_kept_clusters=None,
        students=None if students is None else int(start[students].cast(pl.Float64).fill_nan(None).sum()),
        sites=None if plan.assignment.site is None else start[plan.assignment.site].n_unique(),
        providers=analysed,
        block_share_low=None,
        block_share_high=None,
    )
    treated = (start[ARM] == "i").to_numpy()
    y = end[OUTCOME].to_numpy().astype(float)
    sample = Analytic(
        frame=start,
        flow=flow,
        y=y,
        treated=treated,
        contrast=np.ones(y.size, dtype=bool),
        x=treated.astype(float)[:, None],
        names=(f"{when}: adopted",),
        absorb=None,
        cluster=None,
    )
    se = float(summary.se or 0.0)
    solved = Solved(
        b=summary.estimate,
        se=se,
        df=NORMAL,
        errors="influence functions",
        n=analysed.total,
        n_clusters=found.clusters,
        warnings=() if found.clusters >= 10 else ("few_clusters",),
        converged=found.converged,
    )
    others = tuple(
        (key, float(value.estimate), float(value.se or 0.0))
        for key in ("simple", "dynamic", "group", "calendar")
        if key != chosen.summary
        for value in [getattr(found, key).overall]
    )
    told_of = Adoption(
        summary=chosen.summary,
        others=others,
        points=tuple(Point(float(p.at or 0.0), p.estimate, p.low, p.high) for p in found.dynamic.points),
        pretrend_p=None if found.pretrend is None else found.pretrend.p,
        two_way=None if found.two_way is None else found.two_way.coefficient.estimate,
        two_way_se=None if found.two_way is None else found.two_way.coefficient.se,
        notices=tuple(notice.text for notice in found.warnings),
        notices_es=tuple(notice.text_es for notice in found.warnings),
    )
    return Draft(
        flow,
        _balance(plan, outcome, model, start, end),
        told(plan, outcome, model, sample, solved),
        sample,
        adoption=told_of,
        redraw=_drawn_again(plan, rows, model, orders) if model.permutations else None,
        subgroups=tuple(_by_group(plan, kept, item) for item in plan.subgroups) if model.primary else (),
    )


def _drawn_again(plan: Plan, rows: pl.DataFrame, model: Model, orders: object) -> RandomizationTest:
    """The order drawn again, over the units with an outcome in every period that anybody has one in."""
    chosen, when = plan.panel, plan.assignment.column
    assert chosen is not None
    if not isinstance(orders, Orders):
        what = "an order is drawn again from the record of the lottery that drew it"
        raise DataError([Problem("models.permutations", what, "no record", "0", "open the study from its lottery")])
    known = rows.drop_nulls(OUTCOME)
    periods = sorted(known[chosen.time].unique().to_list())
    whole = known.group_by(chosen.unit).len().filter(pl.col("len") == len(periods))
    known = known.join(whole.select(chosen.unit), on=chosen.unit, how="semi").sort(chosen.unit, chosen.time)
    units = known.unique(chosen.unit, keep="first").sort(chosen.unit)
    began = units[when].cast(pl.Float64).fill_nan(None).fill_null(0.0).to_numpy()
    return stepped_test(
        known[OUTCOME].to_numpy().astype(float).reshape(units.height, len(periods)),
        np.where(began > 0, began, np.inf),
        periods,
        orders.of(units[orders.column].cast(pl.String).to_list())[: model.permutations],
        alpha=plan.alpha,
    )


def _effects(plan: Plan, rows: pl.DataFrame) -> Did:
    from fairlead.science.impact.panel import group_time

    chosen = plan.panel
    assert chosen is not None
    return group_time(
        rows, outcome=OUTCOME, unit=chosen.unit, time=chosen.time, cohort=plan.assignment.column,
        control=chosen.control, covariates=chosen.covariates, cluster=chosen.cluster, anticipation=chosen.anticipation,
        empty_cohort="never", level=1 - plan.alpha,
    )  # fmt: skip


def _by_group(plan: Plan, rows: pl.DataFrame, item: Subgroup) -> SubgroupResult:
    """The plan's summary in each group by itself. Groups share no unit and no cluster, so that their estimates are
    independent, and the test of their difference is a normal one (Wald's where there are more than two)."""
    chosen = plan.panel
    assert chosen is not None
    rows = rows.with_columns(pl.col(item.column).cast(pl.String).replace("NaN", None).alias("__group"))
    units = rows.unique([chosen.unit, "__group"])
    known = units.drop_nulls("__group")
    missing = units[chosen.unit].n_unique() - known[chosen.unit].n_unique()
    if known[chosen.unit].is_duplicated().any():
        return no_answer(item, "group_changes", missing, ())
    wanted = list(item.levels) or sorted(known["__group"].unique().to_list())
    counts = {level: _count(known.filter(pl.col("__group") == level)) for level in wanted}
    small = tuple(level for level in wanted if min(counts[level].intervention, counts[level].comparison) < FEWEST)
    levels = [level for level in wanted if level not in small]
    if len(levels) < 2:
        return no_answer(item, "few_in_groups", missing, small)
    among = known.filter(pl.col("__group").is_in(levels))
    if chosen.cluster and among.unique([chosen.cluster, "__group"])[chosen.cluster].is_duplicated().any():
        return no_answer(item, "clusters_across", missing, small)
    try:
        found = [
            getattr(_effects(plan, rows.filter(pl.col("__group") == level)), chosen.summary).overall
            for level in levels
        ]
    except ImpactError as error:
        return no_answer(item, not_estimable(error), missing, small)
    if any(not value.se for value in found):
        return no_answer(item, "not_estimable", missing, small)
    reach = float(scipy.stats.norm.ppf(1 - plan.alpha / 2))
    effects_of = tuple(
        GroupEffect(
            level, counts[level].intervention, counts[level].comparison, value.estimate, value.se, NORMAL,
            float(2 * scipy.stats.norm.sf(abs(value.estimate / value.se))), value.estimate - reach * value.se,
            value.estimate + reach * value.se,
        )
        for level, value in zip(levels, found, strict=True)
    )  # fmt: skip
    b, variance = np.array([value.estimate for value in found]), np.array([value.se**2 for value in found])
    if len(levels) == 2:
        difference, se = float(b[1] - b[0]), float(np.sqrt(variance.sum()))
        p = float(2 * scipy.stats.norm.sf(abs(difference / se)))
        return SubgroupResult(
            item.name, item.label, item.label_es, effects_of, difference, se, NORMAL, p, None, missing, small
        )
    mean = float(np.average(b, weights=1 / variance))
    q = float(((b - mean) ** 2 / variance).sum())
    p = float(scipy.stats.chi2.sf(q, len(levels) - 1))
    return SubgroupResult(
        item.name, item.label, item.label_es, effects_of, None, None, NORMAL, p, q / (len(levels) - 1), missing, small
    )


def _count(frame: pl.DataFrame) -> Count:
    return Count(int((frame[ARM] == "i").sum()), int((frame[ARM] == "c").sum()))


def _balance(
    plan: Plan, outcome: Outcome, model: Model, start: pl.DataFrame, end: pl.DataFrame
) -> tuple[Balance, ...]:
    """The outcome itself in the first period, and the plan's measures then. A difference of differences adjusts for its
    own pretest where the two are of one scale and correlate at 0.60 or more."""
    pre, post = start[OUTCOME].to_numpy().astype(float), end[OUTCOME].to_numpy().astype(float)
    r = float(np.corrcoef(pre, post)[0, 1]) if np.ptp(pre) and np.ptp(post) else 0.0
    words = set(plan.panel.covariates.replace("+", " ").split()) if plan.panel else set()
    treated = (start[ARM] == "i").to_numpy()
    told = (
        f"{outcome.label} ({counted(start.height, 'unit')}, r = {r:.2f})",
        f"{outcome.label_es} ({start.height:,} unidades, r = {r:.2f})",
    )
    rows = [_gap(told, outcome, pre, treated, True, r >= GAIN)]
    for measure in plan.baseline:
        if measure.domains and outcome.domain not in measure.domains:
            continue
        from fairlead.science.impact.estimate import baseline_values

        values = baseline_values(start, measure)
        rows.append(
            _gap(
                (measure.label, measure.label_es), measure, values, treated, measure.required, measure.column in words
            )
        )
    return tuple(rows)


def _gap(
    label: tuple[str, str],
    of: Outcome | Baseline,
    values: np.ndarray,
    treated: np.ndarray,
    required: bool,
    adjusted: bool,
) -> Balance:
    known = np.isfinite(values)
    one, two = values[known & treated], values[known & ~treated]
    total = one.size + two.size
    sd = effects.pooled_sd(one, two) if min(one.size, two.size) > 1 else None
    kind = of.kind
    effect = None
    if kind == "binary" and one.size and two.size:
        effect = effects.cox(float(one.mean()), float(two.mean()), total)
    elif sd:
        effect = effects.hedges_g(float(one.mean() - two.mean()), sd, total)
    return Balance(
        measure=of.name, label=label[0], label_es=label[1], kind=kind, required=required, adjusted=adjusted,
        n_intervention=one.size, n_comparison=two.size, missing=int((~known).sum()),
        mean_intervention=float(one.mean()) if one.size else None,
        mean_comparison=float(two.mean()) if two.size else None, sd=sd, effect=effect,
        effect_name="cox" if kind == "binary" else "hedges_g", within_blocks=None,
    )  # fmt: skip
