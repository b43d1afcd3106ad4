"""Writes the report of a study: its numbers into one language's words, section by section."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.science.impact.claims.check import figures, shown, shown_p
from fairlead.science.impact.claims.finding import finding
from fairlead.science.impact.claims.suggest import suggest
from fairlead.science.impact.fixed_words import errors_label, words
from fairlead.science.impact.report import detail
from fairlead.science.impact.report.balance import balance
from fairlead.science.impact.report.document import FigureData, Report, Section, Table
from fairlead.science.impact.report.glance import glance
from fairlead.science.impact.standards.rating import RATINGS, TIERS
from fairlead.science.impact.standards.rules import rules
from fairlead.science.impact.study import ModelResult, StudyResult
from fairlead.science.impact.translate import translations


def build_report(result: StudyResult, language: str = "en") -> Report:
    """Write the report of a study in English or Spanish. The words are fixed; nothing is estimated here."""
    writer = Writer(result, language)
    plan = result.plan
    return Report(
        title=plan.title_es if language == "es" else plan.title,
        language=language,
        timing=result.timing,
        provisional=result.primary.verdict.provisional,
        sections=tuple(writer.sections()),
    )


LOST = ("attrition", "attrition.clusters", "attrition.individuals")


class Writer:
    """Puts one study's numbers into one language's words."""

    def __init__(self, result: StudyResult, language: str):
        self.result, self.plan, self.main = result, result.plan, result.primary
        self.place = {"en": 0, "es": 1}[language]
        self.language = language
        self.finding = finding(result)

    def say(self, key: str, **fields: str) -> str:
        return words()[key][self.place].format(**fields)

    def count(self, key: str, n: int, **fields: str) -> str:
        """The words for one, or those for several."""
        return self.say(f"{key}_one" if n == 1 else key, count=f"{n:,}", **fields)

    def of(self, thing: object, name: str) -> str:
        """The attribute of a plan's part in this language."""
        return str(getattr(thing, f"{name}_es" if self.place else name))

    def head(self, *keys: str) -> tuple[str, ...]:
        return tuple(self.say(key) for key in keys)

    def sections(self) -> Iterator[Section]:
        yield self.question()
        yield self.answer()
        yield self.sample()
        yield balance(self)
        yield self.estimates()
        yield from detail.sections(self)
        yield self.verdict()
        yield self.translations()
        if self.main.costs is not None:
            yield detail.costs(self, self.main.costs)
        yield self.limits()
        if self.plan.second_format:
            yield detail.methods(self)
        yield self.provenance()

    def question(self) -> Section:
        plan, names = self.plan, self.finding.names(self.language)
        compares = self.say("compares", intervention=names.intervention, comparison=names.comparison,
                            who=names.who[:1].upper() + names.who[1:], place=names.place, period=self.finding.period)  # fmt: skip
        return Section(
            "question", self.say("question"), (self.say("asks", question=self.of(plan, "question")), compares)
        )

    def answer(self) -> Section:
        estimate, unit, digits = self.main.estimate, self.finding.names(self.language).unit, self.finding.decimals
        told = [suggest(self.finding, self.main.verdict, self.language)]
        one, two = (shown(arm.mean, digits) for arm in (estimate.intervention, estimate.comparison))
        told.append(self.say("unadjusted", one=one, two=two, unit=unit))
        smallest = self.plan.smallest_effect
        if smallest is not None:
            beyond = (
                min(abs(estimate.ci_low), abs(estimate.ci_high)) > smallest and estimate.ci_low * estimate.ci_high > 0
            )
            relation = self.say("above" if beyond else "holds")
            told.append(self.say("small_effect", value=f"{smallest:g}", unit=unit, relation=relation))
        cost = self.plan.cost_per_participant
        if cost is not None and self.main.verdict.character == "positive":
            told.append(
                self.say("cost", cost=f"${cost:,.0f}", unit=unit, per=f"${cost / abs(estimate.estimate):,.2f}")
            )
        return Section("answer", self.say("answer"), tuple(told), (glance(self),))

    def sample(self) -> Section:
        flow = self.main.flow
        start = "assigned" if self.plan.randomized else "in_arms"
        gone: list[list[tuple[str, int | None, int | None, int | None]]] = [
            [(self.say(d.reason, column=d.column), d.intervention, d.comparison, d.other) for d in some]
            for some in (flow.outside, flow.dropped)
        ]
        assigned = (self.say(start), flow.assigned.intervention, flow.assigned.comparison, flow.other_assigned)
        steps = [*gone[0], assigned, *gone[1]]
        steps.append(
            (self.say("analysed"), flow.analysed.intervention, flow.analysed.comparison, flow.other_analysed)
        )
        for key, pair in (
            ("clusters_assigned", flow.clusters_assigned),
            ("clusters_analysed", flow.clusters_analysed),
        ):
            if pair is not None:
                steps.append((self.say(key), pair.intervention, pair.comparison, None))
        width = 4 if self.plan.assignment.other_arms else 3
        rows = tuple(
            tuple("—" if x is None else f"{x:,}" if isinstance(x, int) else x for x in step[:width]) for step in steps
        )
        table = Table("flow", self.say("flow_caption"), self.head("step", "intervention", "comparison", "other")[:width],
                      rows, tuple(range(1, width)))  # fmt: skip
        said = (
            self.say("flow_intro"),
            f"{self.say('rows')}: {flow.rows:,}. {self.say('unassigned')}: {flow.unassigned:,}.",
            *(self.of(line, "text") for line in self.main.verdict.lines if line.rule in LOST),
        )
        summary = self.say(
            "flow_summary" if self.plan.randomized else "flow_summary_arms",
            analysed=f"{flow.analysed.total:,}",
            assigned=f"{flow.assigned.total:,}",
        )
        counts = ((self.say(start), flow.assigned), (self.say("analysed"), flow.analysed))
        figure = FigureData("flow", "flow", self.say("flow"), summary, self.head("step", "intervention", "comparison"),
                            tuple((label, float(pair.intervention), float(pair.comparison)) for label, pair in counts))  # fmt: skip
        return Section("sample", self.say("sample"), said, (table,), (figure,))

    def estimates(self) -> Section:
        rows, drawn = [], []
        several = len(self.plan.outcomes) > 1
        for item in self.result.results:
            measure, estimate = self.plan.outcome(item.outcome), item.estimate
            printed = figures(finding(self.result, item.outcome, item.model))
            label = self.model_label(item)
            unit = f" {self.of(measure, 'unit')}" if several else ""
            rows.append((*((self.of(measure, "label"),) if several else ()), label, printed.estimate + unit,
                         printed.se, f"[{printed.low}, {printed.high}]", printed.p, printed.n,
                         errors_label(estimate.errors, self.language), item.verdict.rating))  # fmt: skip
            if item.outcome == self.main.outcome:
                drawn.append((label, estimate.estimate, estimate.ci_low, estimate.ci_high))
        columns = (*self.head("model", "estimate", "se", "ci"), "p", *self.head("n", "errors", "rating"))
        only = self.plan.primary_outcome
        caption = "estimates_caption" if several else "estimates_of"
        title = self.say(caption, outcome=self.of(only, "label"), unit=self.of(only, "unit"))
        columns = (self.say("outcome"), *columns) if several else columns
        table = Table("estimates", title, columns, tuple(rows), tuple(range(1 + several, 6 + several)))
        main, digits = self.main.estimate, self.finding.decimals
        summary = self.say("forest_summary", model=self.model_label(self.main), estimate=shown(main.estimate, digits),
                           unit=self.finding.names(self.language).unit, low=shown(main.ci_low, digits),
                           high=shown(main.ci_high, digits))  # fmt: skip
        figure = FigureData("forest", "forest", self.say("forest"), summary, (*self.head("model", "estimate", "low", "high"),),
                            tuple(drawn))  # fmt: skip
        told = (self.say("estimates_intro"), *self.counted(), *detail.beside(self), self.say("ratings"))
        return Section("estimates", self.say("estimates"), told, (table,), (figure,))

    def counted(self) -> Iterator[str]:
        """Why a model may have more rows than the two groups."""
        own = [item for item in self.result.results if item.outcome == self.main.outcome]
        if any(item.estimate.n > item.flow.analysed.total for item in own) and self.plan.assignment.other_arms:
            yield self.say("rows_of_others")

    def model_label(self, item: ModelResult) -> str:
        model = next(model for model in self.plan.models if model.name == item.model)
        label = self.of(model, "label")
        return label[:1].upper() + label[1:] + (f" ({self.say('primary')})" if model.primary else "")

    def verdict(self) -> Section:
        verdict = self.main.verdict
        told = [self.say("verdict_intro", rating=RATINGS[verdict.rating][self.place], version=verdict.version,
                         character=self.say(verdict.character), essa=TIERS[verdict.essa][self.place])]  # fmt: skip
        if verdict.provisional:
            told.append(self.say("provisional", rules=", ".join(self.of_rule(rule) for rule in verdict.rests_on)))
        told.append(self.say("tags"))
        rows = tuple(
            (self.of(line, "title"), self.of(line, "text"), self.say(line.outcome), line.tag, line.source)
            for line in verdict.lines
        )
        columns = self.head("rule", "reason", "result", "tag", "rule_source")
        return Section(
            "verdict",
            self.say("verdict"),
            tuple(told),
            (Table("verdict", self.say("verdict_caption"), columns, rows),),
        )

    def of_rule(self, rule: str) -> str:
        """A rule's title, as a name inside a sentence."""
        title = str(rules(self.plan.standards)[rule]["title_es" if self.place else "title"])
        return f"«{title}»" if self.place else f"“{title}”"

    def translations(self) -> Section:
        measure = self.plan.primary_outcome
        rows = []
        effect = self.main.estimate.effect
        if effect is not None:
            span = (
                ""
                if effect.se is None
                else f"[{shown(effect.value - 1.96 * effect.se, 2)}, {shown(effect.value + 1.96 * effect.se, 2)}]"
            )
            name = "Cox" if effect.name == "cox" else "Hedges’ g"
            rows.append((name, shown(effect.value, 2), span, "", ""))
        for item in translations(self.main.estimate, measure):
            few = 2 if item.key == "hill" else 0 if item.key in ("eef", "rank") else 1
            value = (
                self.of(item, "word") if item.value is None else f"{shown(item.value, few)} {self.of(item, 'unit')}"
            )
            span = (
                "" if item.low is None or item.high is None else f"[{shown(item.low, few)}, {shown(item.high, few)}]"
            )
            rows.append((self.of(item, "name"), value, span, f"{item.basis}·{item.confidence}", item.source))
        columns = self.head("conversion", "value", "ci", "tag", "rule_source")
        table = Table("translations", self.say("translations_caption"), columns, tuple(rows), (1, 2))
        return Section("translations", self.say("translations"), (self.say("translations_intro"),), (table,))

    def limits(self) -> Section:
        told = []
        if self.result.timing == "retrospective":
            told.append(self.say("retrospective"))
        told += [self.of(item, "text") for item in self.plan.limitations]
        told += [self.say(warning) for warning in self.main.estimate.warnings]
        others = [item.estimate for item in self.result.results
                  if item.outcome == self.main.outcome and item.model != self.main.model]  # fmt: skip
        if others:
            digits = self.finding.decimals
            told.append(self.say("sensitive", low=shown(min(e.estimate for e in others), digits),
                                 high=shown(max(e.estimate for e in others), digits),
                                 unit=self.finding.names(self.language).unit, p=shown_p(max(e.p for e in others))))  # fmt: skip
        told.append(self.say(f"evaluator_{self.plan.evaluator}"))
        return Section("limits", self.say("limits"), tuple(told))

    def provenance(self) -> Section:
        result, origin = self.result, self.result.provenance
        told = [self.say("source", source=(origin.source or self.plan.source).rstrip("."))]
        if result.timing == "prospective":
            told.append(
                self.say("prospective", registered=origin.registered or "", outcomes=origin.outcomes_from or "")
            )
        told.append(self.say("hashes", plan=result.plan_hash, data=result.data_hash))
        versions = result.versions
        told.append(self.say("versions", engine=versions.engine, numpy=versions.numpy, scipy=versions.scipy,
                             polars=versions.polars))  # fmt: skip
        return Section("provenance", self.say("provenance"), tuple(told))
