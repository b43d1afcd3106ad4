"""From rows to the engine and back: the design of a lottery, its record, and what it could find."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import pstdev
from typing import Any

from django.utils.translation import gettext as _

from fairlead.apps.lotteries.eligible import Candidate
from fairlead.apps.lotteries.models import Entry, Lottery
from fairlead.science.impact import DataError, Problem, power
from fairlead.science.impact.lottery import Drawing, Rehearsal, record_of
from fairlead.science.impact.lottery.design import Design, Limit
from fairlead.science.impact.lottery.design import Entry as Drawn
from fairlead.science.impact.power import Power, Span
from fairlead.science.impact.study import ENGINE


def said(problem: Problem) -> str:
    """What the engine refuses, for the person who plans; the sentences that this page can meet are translated."""
    words = {
        "too few draws keep these limits: they would decide, and no longer chance": _(
            "Too few draws keep these limits: they would decide, and no longer chance"
        ),
        "under these rules the group of some entries is known before the draw": _(
            "Under these rules the group of some is known before the draw"
        ),
        "a lottery needs at least two entries": _("A lottery needs at least two on its list"),
        "with a place for all, or for none, there is nothing to draw": _(
            "With a place for all, or for none, there is nothing to draw"
        ),
        "each step needs an entry": _("Each step needs somebody on the list"),
        "must lie strictly between 0 and 1": _("A share must lie between 0 and 1, such as 1/2"),
    }
    got = f" ({problem.got})" if problem.got else ""
    return f"{words.get(problem.what, problem.what)}{got}."


def bounds_of(limits: Iterable[dict[str, str]], found: Sequence[Candidate]) -> list[dict[str, str]]:
    """Limits in standard deviations of the list, told in each covariate's own unit (four decimals)."""
    told = []
    for limit in limits:
        known = [v for one in found if (v := one.values.get(limit["covariate"])) is not None]
        spread = pstdev(known) if len(known) > 1 else 0.0
        told.append({"covariate": limit["covariate"], "most": f"{float(limit['sd']) * spread:.4f}"})
    return told


def values_of(limits: Iterable[dict[str, str]], one: Candidate) -> list[str]:
    """A candidate's values, in the order of the limits, as the record writes them; empty where one is not known."""
    known = [one.values.get(limit["covariate"]) for limit in limits]
    return [] if None in known else [f"{value:.4f}".rstrip("0").rstrip(".") for value in known if value is not None]


def design_of(lottery: Lottery, entries: Iterable[Entry]) -> Design:
    """The design of a closed list: members with one `entry_key` are drawn as one."""
    members: dict[str, list[Entry]] = {}
    for one in entries:
        members.setdefault(one.entry_key, []).append(one)
    drawn = []
    for key, inside in members.items():
        first = next(one for one in inside if one.key == key)
        drawn.append(Drawn(key, first.stratum, len(inside), tuple(first.values)))
    return Design(
        kind=lottery.kind,
        entries=tuple(drawn),
        share=lottery.share or None,
        places=lottery.places,
        steps=tuple(lottery.steps),
        limits=tuple(Limit(bound["covariate"], bound["most"]) for bound in lottery.bounds),
        public=lottery.public_source,
    )


def record(lottery: Lottery, entries: Sequence[Entry]) -> dict[str, Any]:
    """The record of a lottery as it stands: what it promised, and once it is drawn what came out."""
    design = design_of(lottery, entries)
    by_key = {one.key: one for one in entries}
    ordered = [by_key[entry.key] for entry in design.ordered]
    rehearsal = Rehearsal(lottery.tried, lottery.accepted, tuple(tuple(one.chances) for one in ordered), 0.0, 0, None)
    drawing = None
    if lottery.drawn_at is not None and lottery.attempt is not None:
        groups = tuple(int(one.group or 0) for one in ordered)
        drawing = Drawing(groups, tuple(one.waiting for one in ordered), lottery.attempt)

    def moment(at: Any) -> str:
        return at.isoformat(timespec="seconds") if at else ""

    told = record_of(
        design,
        rehearsal,
        title=lottery.title,
        unit=lottery.unit,
        version=ENGINE,
        frozen_at=moment(lottery.frozen_at),
        commitment=lottery.commitment,
        committed_at=moment(lottery.committed_at),
        seed=lottery.seed,
        salt=lottery.salt,
        public_result=lottery.public_result,
        drawn_at=moment(lottery.drawn_at),
        drawing=drawing,
    )
    return {**told, "format": lottery.format}


def step_sizes(design: Design) -> list[int]:
    """How many begin with each step of a roll-out."""
    n = len(design.entries)
    return [n // design.groups + (i < n % design.groups) for i in range(design.groups)]


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What nobody knows before the data, under a hopeful and a cautious guess; shown beside every answer."""

    per_unit: float  # students measured of each school
    icc: float = 0.20
    within: float = 0.5
    hopeful: float = 0.75
    cautious: float = 0.5
    stays: tuple[float, float] = (0.95, 0.80)  # of a school's own level, in the correlation from one step to the next


@dataclass(frozen=True, slots=True)
class Precision:
    """What a lottery could find. `span` for places; `hopeful` and `cautious` of a roll-out."""

    assumptions: Assumptions
    hopeful: Power
    cautious: Power
    span: Span | None


def precision(design: Design, students: float, wanted: float | None) -> Precision | None:
    """What a design could find, in standard deviations; None where it is too small to compare anything.

    Schools: students in clusters, by `power.clusters`, or by `power.stepped_wedge` where all begin by turns (one period a
    step, and one before). Teachers: one measure each, of which the measure from before explains a share.
    """
    n, told = len(design.entries), Assumptions(students)
    share = float(design.total / sum(design.stratum_sizes)) if design.kind == "places" else 0.5
    try:
        if design.kind == "steps":
            best, worst = (
                power.stepped_wedge(
                    max(1.0, students), step_sizes(design), icc=told.icc, r2=told.within, autocorrelation=stays
                )
                for stays in told.stays
            )
            return Precision(told, best, worst, None)
        if students:
            span = power.span(
                "clusters", {"r2_cluster": told.hopeful}, {"r2_cluster": told.cautious}, vary="count", wanted=wanted,
                n=max(1.0, students), count=n, icc=told.icc, r2=told.within, covariates=1, share=share,
            )  # fmt: skip
        else:
            span = power.span(
                "individual",
                {"r2": told.within},
                {"r2": 0.0},
                vary="n",
                wanted=wanted,
                n=n,
                covariates=1,
                share=share,
            )
    except DataError:
        return None
    return Precision(told, span.hopeful, span.cautious, span)
