"""The first page's table: what a person who reads nothing else must know, with what speaks against it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fairlead.science.impact.claims.check import shown
from fairlead.science.impact.report.document import Table
from fairlead.science.impact.standards.rating import RATINGS, TIERS
from fairlead.science.impact.translate import translations

if TYPE_CHECKING:
    from fairlead.science.impact.report.writer import Writer


def glance(writer: Writer) -> Table:
    """Effect, rating, who is in it, for whom, where, at what cost: one line each, and only what the study has."""
    return Table(
        "glance",
        writer.say("glance"),
        writer.head("glance_asked", "glance_found"),
        tuple((writer.say(key), text) for key, text in _lines(writer)),
    )


def _lines(writer: Writer) -> Iterator[tuple[str, str]]:
    main, verdict = writer.main, writer.main.verdict
    digits, unit = writer.finding.decimals, writer.finding.names(writer.language).unit
    estimate = main.estimate
    low, high = shown(estimate.ci_low, digits), shown(estimate.ci_high, digits)
    yield (
        "glance_effect",
        writer.say("glance_interval", value=shown(estimate.estimate, digits), unit=unit, low=low, high=high),
    )
    told = () if verdict.character == "uncertain" else translations(estimate, writer.plan.primary_outcome)
    for item in told:
        if item.key == "improvement_index" and item.value is not None:
            span = ""
            if item.low is not None and item.high is not None:
                span = writer.say("glance_span", low=f"{50 + item.low:.0f}", high=f"{50 + item.high:.0f}")
            yield "glance_median", writer.say("glance_percentile", value=f"{50 + item.value:.0f}", span=span)
    rating = RATINGS[verdict.rating][writer.place]
    key = "glance_provisional" if verdict.provisional else "glance_rated"
    yield "glance_rating", writer.say(key, rating=rating, version=verdict.version)
    yield "glance_tier", TIERS[verdict.essa][writer.place]
    flow, key = main.flow, "flow_summary" if writer.plan.randomized else "flow_summary_arms"
    yield (
        "glance_sample",
        writer.say(key, analysed=f"{flow.analysed.total:,}", assigned=f"{flow.assigned.total:,}"),
    )
    tested = [item for item in main.subgroups if not item.problem]
    if tested:
        differ = ", ".join(writer.of(item, "label") for item in tested if item.p < writer.plan.alpha)
        alike = writer.count("glance_alike", len(tested))
        yield "subgroups", writer.say("glance_differ", groups=differ) if differ else alike
    if main.sites is not None and main.sites.below is not None:
        share = f"{100 * main.sites.below:.0f}"
        yield "sites", writer.say("glance_sites", count=str(len(main.sites.sites)), share=share)
    if main.costs is not None:
        money = "$" if main.costs.currency == "USD" else f"{main.costs.currency} "
        yield "costs", writer.say("glance_cost", each=f"{money}{main.costs.each:,.0f}")
    failed = [writer.of(line, "text") for line in verdict.lines if line.outcome == "fail"]
    if failed:
        yield "glance_against", " ".join(dict.fromkeys(failed))
