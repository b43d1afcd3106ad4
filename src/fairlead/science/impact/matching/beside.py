"""Several ways to match, side by side on one question: an answer that only one of them gives is no answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairlead.science.impact.matching.comparison import Comparison
from fairlead.science.impact.matching.effect import MatchedEffect, effect
from fairlead.science.impact.matching.match import match


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What one way of matching says: its comparison, and the effect without and with adjustment for the covariates."""

    name: str
    comparison: Comparison
    plain: MatchedEffect
    adjusted: MatchedEffect


def beside(
    data: Any, *, treated: str, on: str, outcome: str, ways: Mapping[str, Mapping[str, Any]]
) -> tuple[Answer, ...]:
    """Answer one question in several ways.

    Parameters
    ----------
    data, treated, on : as for `match`.
    outcome : a column; rows without it are left out before matching, and counted.
    ways : for each name the options of `match`.
    """
    answers = []
    for name, options in ways.items():
        also = (outcome, *options.get("also", ()))
        found = match(data, treated=treated, on=on, **{**options, "also": also})
        answers.append(Answer(name, found, effect(found, outcome), effect(found, outcome, adjust=True)))
    return tuple(answers)


def table_of(answers: tuple[Answer, ...]) -> str:
    """As a table in Markdown: before matching first, then each way. Differences are those of the standards (Hedges' g,
    Cox's index), the largest over the covariates."""
    first = answers[0]
    before = first.comparison
    lines = [
        "| | treated | controls | worth | largest difference | baseline | effect | adjusted |",
        "|---|---:|---:|---:|---:|---|---:|---:|",
        f"| no matching | {before.complete.intervention} | {before.complete.comparison} | {before.complete.comparison} | "
        f"{before.worst('before'):.2f} | {before.standing('before')} | {first.plain.naive:,.0f} ({first.plain.naive_se:,.0f}) | |",
    ]
    for answer in answers:
        found = answer.comparison
        told = " | ".join(f"{e.estimate:,.0f} ({e.se:,.0f})" for e in (answer.plain, answer.adjusted))
        lines.append(
            f"| {answer.name} | {found.compared.intervention} | {found.compared.comparison} | {found.effective[1]:.0f} | "
            f"{found.worst():.2f} | {found.standing()} | {told} |"
        )
    return "\n".join(lines)
