"""The sections that plans of the second format add: for whom, where, what would change the answer, and what it cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from fairlead.science.impact.claims.check import shown, shown_p
from fairlead.science.impact.costs import SOCIETY
from fairlead.science.impact.differences import Sensitivity, SiteResult, SubgroupResult
from fairlead.science.impact.fixed_words import words
from fairlead.science.impact.methods import Method
from fairlead.science.impact.methods import methods as registry
from fairlead.science.impact.methods_of_plan import methods_used
from fairlead.science.impact.report.document import FigureData, Section, Table
from fairlead.science.impact.spending import CostResult

if TYPE_CHECKING:
    from fairlead.science.impact.report.writer import Writer
    from fairlead.science.impact.study import ModelResult


def sections(writer: Writer) -> Iterator[Section]:
    """Those that the primary result has something for."""
    main = writer.main
    if main.adoption is not None and main.adoption.points:
        yield adoption(writer)
    if main.subgroups:
        yield subgroups(writer, main.subgroups)
    why_not = "panel" if main.adoption is not None else "weighted" if main.matched is not None else ""
    if main.sites is not None:
        yield sites(writer, main.sites)
    elif why_not and writer.plan.assignment.site is not None:
        yield Section("sites", writer.say("sites"), (writer.say(f"no_sites_{why_not}"),))
    if main.sensitivity is not None:
        yield sensitivity(writer, main.sensitivity)
    elif why_not:
        yield Section("sensitivity", writer.say("sensitivity"), (writer.say(f"no_bounds_{why_not}"),))


def _number(writer: Writer, value: float | None) -> str:
    return "–" if value is None else shown(value, writer.finding.decimals)


def beside(writer: Writer) -> Iterator[str]:
    """What single methods add to the table of estimates: take-up, redrawn lotteries, matches, other summaries."""
    for item in writer.result.results:
        if item.outcome != writer.main.outcome:
            continue
        yield from _compliers(writer, item)
        yield from _redraw(writer, item)
        yield from _matched(writer, item)
        yield from _adoption(writer, item)
    notices: dict[str, None] = {}
    for item in writer.result.results:
        if item.outcome == writer.main.outcome:
            for source in (item.matched, item.adoption):
                if source is not None:  # results stored before notices had a Spanish form have the English one only
                    own = source.notices_es if writer.place and source.notices_es else source.notices
                    notices |= dict.fromkeys(own)
    yield from (writer.say("careful", text=text.rstrip(".")) for text in notices)


def _compliers(writer: Writer, item: ModelResult) -> Iterator[str]:
    found = item.compliers
    if found is None:
        return
    region = found.anderson_rubin
    low, high = _number(writer, region.low), _number(writer, region.high)
    span = writer.say(f"region_{region.shape}", low=low, high=high)
    f = "∞" if found.f is None else f"{found.f:,.0f}" if found.f >= 100 else f"{found.f:.1f}"
    yield writer.say(
        "compliers", model=writer.model_label(item), take_up=f"{100 * found.take_up:.0f}", f=f, span=span
    )


def _redraw(writer: Writer, item: ModelResult) -> Iterator[str]:
    found = item.redraw
    if found is None:
        return
    key = "redraw_exact" if found.exact else "redraw_limits" if found.under_limits else "redraw"
    low, high = _number(writer, found.ci_low), _number(writer, found.ci_high)
    yield writer.say(
        key, model=writer.model_label(item), draws=f"{found.draws:,}", p=shown_p(found.p), low=low, high=high,
        seed=str(writer.result.seed),
    )  # fmt: skip


def _matched(writer: Writer, item: ModelResult) -> Iterator[str]:
    found = item.matched
    if found is None:
        return
    yield writer.say(
        "matched", model=writer.model_label(item), method=writer.of(registry()[f"matching.{found.method}"], "name"), on=found.on,
        one=f"{item.flow.analysed.intervention:,}", two=f"{item.flow.analysed.comparison:,}",
        worth=f"{found.effective_comparison:,.0f}", naive=_number(writer, found.naive),
    )  # fmt: skip


def _adoption(writer: Writer, item: ModelResult) -> Iterator[str]:
    found = item.adoption
    if found is None:
        return
    said = "; ".join(
        f"{writer.say(f'summary_{key}')} {_number(writer, value)} ({_number(writer, se)})"
        for key, value, se in found.others
    )
    yield writer.say("adoption", summary=writer.say(f"summary_{found.summary}"), others=said)
    if found.two_way is not None:
        yield writer.say("two_way", value=_number(writer, found.two_way), se=_number(writer, found.two_way_se))


def adoption(writer: Writer) -> Section:
    """The event study."""
    found = writer.main.adoption
    assert found is not None
    rows = tuple((f"{point.at:+.0f}", point.estimate, point.low, point.high) for point in found.points)
    before = [point for point in found.points if point.at < 0]
    told = [writer.say("event_intro")]
    if found.pretrend_p is not None and before:
        told.append(writer.say("pretrend", p=shown_p(found.pretrend_p)))
    last = found.points[-1]
    summary = writer.say("event_summary", at=f"{last.at:+.0f}", estimate=_number(writer, last.estimate),
                         unit=writer.finding.names(writer.language).unit)  # fmt: skip
    head = (writer.say("since"), writer.say("estimate"), *writer.head("low", "high"))
    figure = FigureData("event", "forest", writer.say("event"), summary, head, rows)
    return Section("event", writer.say("event"), tuple(told), (), (figure,))


def subgroups(writer: Writer, found: tuple[SubgroupResult, ...]) -> Section:
    """Effects by group, and the test that is the answer: whether they differ."""
    told = [writer.count("subgroups_intro", len(found))]
    rows, drawn = [], []
    for item in found:
        label = writer.of(item, "label")
        if item.problem:
            key, _, why = item.problem.partition(": ")
            if key not in words():  # a result stored before reasons had keys
                key, why = "not_estimable", item.problem
            more = f" ({why})" if why and not writer.place else ""
            told.append(writer.say("subgroup_problem", label=label, problem=writer.say(key) + more))
            continue
        for effect in item.effects:
            span = f"[{_number(writer, effect.ci_low)}, {_number(writer, effect.ci_high)}]"
            rows.append((f"{label}: {effect.level}", _number(writer, effect.estimate), _number(writer, effect.se), span,
                         f"{effect.intervention:,}", f"{effect.comparison:,}"))  # fmt: skip
            drawn.append((f"{label}: {effect.level}", effect.estimate, effect.ci_low, effect.ci_high))
        different = writer.say("differ" if item.p < writer.plan.alpha else "differ_not")
        if item.difference is not None:
            told.append(writer.say("subgroup_two", label=label, one=item.effects[-1].level, two=item.effects[0].level,
                                   difference=_number(writer, item.difference), se=_number(writer, item.difference_se),
                                   p=shown_p(item.p), different=different))  # fmt: skip
        else:
            told.append(
                writer.say("subgroup_many", label=label, f=f"{item.f:.2f}", p=shown_p(item.p), different=different)
            )
        if item.missing or item.small:
            told.append(
                writer.say(
                    "subgroup_left", label=label, missing=f"{item.missing:,}", small=", ".join(item.small) or "–"
                )
            )
    columns = (*writer.head("group", "estimate", "se", "ci", "intervention", "comparison"),)
    table = Table("subgroups", writer.say("subgroups_caption"), columns, tuple(rows), (1, 2, 3, 4, 5))
    figures = ()
    if drawn:
        unit = writer.finding.names(writer.language).unit
        least, most = min(drawn, key=lambda d: d[1]), max(drawn, key=lambda d: d[1])
        summary = writer.say("subgroups_summary", one=least[0], low=_number(writer, least[1]), two=most[0],
                             high=_number(writer, most[1]), unit=unit)  # fmt: skip
        head = (writer.say("group"), writer.say("estimate"), *writer.head("low", "high"))
        figures = (FigureData("subgroups", "forest", writer.say("subgroups"), summary, head, tuple(drawn)),)  # type: ignore[assignment]
    return Section("subgroups", writer.say("subgroups"), tuple(told), (table,) if rows else (), figures)


def sites(writer: Writer, found: SiteResult) -> Section:
    """The distribution of effects over sites; no ranking: sites are numbered by their effect, not named first."""
    unit = writer.finding.names(writer.language).unit
    told = [writer.say("sites_intro", count=str(len(found.sites)), mean=_number(writer, found.mean),
                       se=_number(writer, found.mean_se), sd=_number(writer, found.sd), unit=unit, p=shown_p(found.q_p))]  # fmt: skip
    if found.below is not None and found.below_se is not None:
        told.append(writer.say("sites_below", share=f"{100 * found.below:.0f}", se=f"{100 * found.below_se:.0f}",
                               naive=f"{100 * found.estimates_below:.0f}"))  # fmt: skip
    if found.lost:
        told.append(writer.count("sites_lost", found.lost))
    rows = tuple((item.site, item.estimate, item.low, item.high) for item in found.sites)
    summary = writer.say("sites_summary", low=_number(writer, found.sites[0].estimate),
                         high=_number(writer, found.sites[-1].estimate), mean=_number(writer, found.mean), unit=unit)  # fmt: skip
    head = (writer.say("site"), writer.say("estimate"), *writer.head("low", "high"))
    figure = FigureData("sites", "forest", writer.say("sites"), summary, head, rows)
    return Section("sites", writer.say("sites"), tuple(told), (), (figure,))


def sensitivity(writer: Writer, found: Sensitivity) -> Section:
    """What an unmeasured variable would have to be, and whether one cluster carries the answer."""
    key = "robust" if writer.main.estimate.p < writer.plan.alpha else "robust_not"
    told = [writer.say(key, rv=f"{100 * found.robustness:.1f}", rva=f"{100 * found.robustness_alpha:.1f}",
                       partial=f"{100 * found.partial_r2:.1f}")]  # fmt: skip
    told.append(writer.say("robust_lottery" if writer.plan.randomized else "robust_observed"))
    if found.left_by is not None:
        told.append(writer.say(
            "left_out", by=found.left_by, count=str(found.left_count), low=_number(writer, found.left_low),
            high=_number(writer, found.left_high), most=found.left_most or "–",
            estimate=_number(writer, found.left_most_estimate),
            sign=writer.say("sign_same" if found.same_sign else "sign_changes"),
        ))  # fmt: skip
    rows = tuple(
        (item.name, f"{item.times:g}", f"{100 * item.r2_treatment:.2f}", f"{100 * item.r2_outcome:.2f}",
         _number(writer, item.estimate), f"[{_number(writer, item.low)}, {_number(writer, item.high)}]")
        for item in found.benchmarks
    )  # fmt: skip
    columns = (*writer.head("as_strong", "times", "r2_treatment", "r2_outcome", "estimate", "ci"),)
    tables = (Table("omitted", writer.say("omitted_caption"), columns, rows, (1, 2, 3, 4, 5)),) if rows else ()
    return Section("sensitivity", writer.say("sensitivity"), tuple(told), tables)


def costs(writer: Writer, found: CostResult) -> Section:
    """Ingredients, in all and each; and what a tenth of a standard deviation costs."""
    money = "$" if found.currency == "USD" else f"{found.currency} "

    def price(value: float, digits: int = 0) -> str:
        return f"{money}{value:,.{digits}f}"

    told = [writer.say("costs_intro", total=price(found.total), count=f"{found.participants:,}", each=price(found.each),
               perspective=writer.say("perspective_society") if found.perspective == SOCIETY else found.perspective, year=found.year or "–")]  # fmt: skip
    if found.tenth is not None:
        high = price(found.tenth_high) if found.tenth_high is not None else writer.say("no_limit")
        low = price(found.tenth_low) if found.tenth_low is not None else "–"
        told.append(writer.say("tenth", tenth=price(found.tenth), low=low, high=high))
    else:
        told.append(writer.say("tenth_none"))
    rows = tuple(
        (writer.of(item, "name"), f"{item.quantity:g} {item.unit}", price(item.price), writer.say(f"per_{item.per}"),
         price(item.total), price(item.each), item.source)
        for item in found.spent
    )  # fmt: skip
    columns = (*writer.head("ingredient", "quantity", "price", "for_whom", "total", "each", "rule_source"),)
    table = Table("costs", writer.say("costs_caption"), columns, rows, (1, 2, 4, 5))
    return Section("costs", writer.say("costs"), tuple(told), (table,))


def methods(writer: Writer) -> Section:
    """What each method assumes, and what it was held against."""
    known = registry()
    rows = tuple(
        (_method(writer, known[key], models),
         "; ".join(known[key].assumptions_es if writer.place else known[key].assumptions),
         writer.of(known[key], "against"), known[key].source)
        for key, models in methods_used(writer.plan).items()
    )  # fmt: skip
    columns = writer.head("method", "assumptions", "against", "rule_source")
    table = Table("methods", writer.say("methods_caption"), columns, rows)
    return Section("methods", writer.say("methods"), (writer.say("methods_intro"),), (table,))


def _method(writer: Writer, method: Method, models: Sequence[str]) -> str:
    """A method with its standing and the models that use it, by the names they have in the table of estimates."""
    labels = [writer.of(model, "label") for model in writer.plan.models if model.name in models]
    return f"{writer.of(method, 'name')} ({writer.say(method.status)}): {'; '.join(labels)}"
