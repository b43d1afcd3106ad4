"""A finding: what may be said, in the numbers and names that a sentence is held against."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from fairlead.science.impact.record import from_json, to_json
from fairlead.science.impact.standards.attrition import attrition
from fairlead.science.impact.study import StudyResult
from fairlead.science.impact.translate import translations


@dataclass(frozen=True, slots=True)
class Names:
    """The plan's words in one language. Inside a sentence they are names, and are not read for
    overclaiming."""

    intervention: str
    comparison: str
    outcome: str
    unit: str
    who: str
    place: str
    participants: str
    title: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One estimate in its native unit with its sample. Self-contained: it can be stored with the claim."""

    plan_hash: str
    outcome: str
    model: str
    english: Names
    spanish: Names
    period: str
    grades: tuple[str, ...]
    timing: str
    higher_is_better: bool
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    p: float
    alpha: float
    n: int
    counts: tuple[int, ...]
    means: tuple[float, ...]
    smallest_effect: float | None
    percents: tuple[float, ...]
    attrition: float | None
    effect: float | None
    effect_se: float | None
    improvement_index: float | None
    months: float | None
    share_of_year: float | None
    context: tuple[float, ...]

    def names(self, language: str) -> Names:
        return self.spanish if language == "es" else self.english

    @property
    def significant(self) -> bool:
        return self.p < self.alpha

    @property
    def decimals(self) -> int:
        """Enough to show two digits of the standard error, and no more."""
        return max(0, 1 - math.floor(math.log10(self.se))) if self.se > 0 else 2

    def to_json(self) -> str:
        return to_json(self)

    @staticmethod
    def from_json(text: str) -> Finding:
        return from_json(Finding, text)


def finding(result: StudyResult, outcome: str | None = None, model: str | None = None) -> Finding:
    """The finding of one outcome under one model of a study; by default the primary ones."""
    plan = result.plan
    item = result.result(outcome or plan.primary_outcome.name, model or plan.primary_model.name)
    measure, estimate, flow = plan.outcome(item.outcome), item.estimate, item.flow
    lost = attrition(flow.assigned, flow.analysed) if plan.randomized else None
    values = {translation.key: translation.value for translation in translations(estimate, measure)}
    effect = estimate.effect
    counts = {flow.rows, estimate.n, flow.analysed.total, flow.analysed.intervention, flow.analysed.comparison}
    counts |= {flow.assigned.total, flow.assigned.intervention, flow.assigned.comparison, flow.other_analysed}
    counts |= {dropped.n for dropped in flow.dropped} | {flow.assigned.total - flow.analysed.total}
    for extra in (flow.students, flow.sites, estimate.n_clusters):
        counts |= {extra} if extra is not None else set()
    for pair in (flow.clusters_assigned, flow.clusters_analysed, flow.providers):
        counts |= {pair.total, pair.intervention, pair.comparison} if pair is not None else set()
    population = plan.population
    texts = (plan.title, plan.intervention, plan.comparison, population.who, population.place, population.period,
             measure.label, plan.standards)  # fmt: skip
    context = {float(number) for text in texts for number in re.findall(r"\d+(?:\.\d+)?", text)}
    return Finding(
        plan_hash=result.plan_hash,
        outcome=item.outcome,
        model=item.model,
        english=Names(plan.intervention, plan.comparison, measure.label, measure.unit, population.who,
                      population.place, population.participants, plan.title),
        spanish=Names(plan.intervention_es, plan.comparison_es, measure.label_es, measure.unit_es, population.who_es,
                      population.place_es, population.participants_es, plan.title_es),
        period=population.period,
        grades=population.grades,
        timing=result.timing,
        higher_is_better=measure.higher_is_better,
        estimate=estimate.estimate,
        se=estimate.se,
        ci_low=estimate.ci_low,
        ci_high=estimate.ci_high,
        p=estimate.p,
        alpha=estimate.alpha,
        n=flow.analysed.total,
        counts=tuple(sorted(counts)),
        means=(estimate.intervention.mean, estimate.comparison.mean),
        smallest_effect=plan.smallest_effect,
        percents=() if lost is None else (lost.overall, lost.differential, lost.intervention, lost.comparison),
        attrition=None if lost is None else lost.overall,
        effect=None if effect is None else effect.value,
        effect_se=None if effect is None else effect.se,
        improvement_index=values.get("improvement_index"),
        months=values.get("eef"),
        share_of_year=values.get("hill"),
        context=tuple(sorted(context)),
    )  # fmt: skip
