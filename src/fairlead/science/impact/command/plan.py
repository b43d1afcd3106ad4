"""`fairlead impact plan check|power PLAN.toml`: what is wrong with a plan, its registration, and its power."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from fairlead.science.impact.command import Answer
from fairlead.science.impact.plan import Outcome, Plan
from fairlead.science.impact.plan_file import load_plan
from fairlead.science.impact.problems import DataError, Problem
from fairlead.science.impact.wording import counted

R2 = (0.0, 0.25, 0.5)


def add(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("action", choices=["check", "power"])
    parser.add_argument("plan", type=Path, help="a plan in TOML")
    power = parser.add_argument_group("power", "before the outcomes exist: guesses, which the answer repeats")
    power.add_argument("--units", type=int, help="how many are assigned (clusters, where clusters are)")
    power.add_argument(
        "--per-cluster", type=float, help="individuals in a cluster; must be said where clusters are drawn"
    )
    power.add_argument("--blocks", type=int, default=0, help="blocks, if the primary model takes them out")
    power.add_argument("--share", type=float, default=0.5, help="the share that gets the intervention")
    power.add_argument(
        "--icc",
        type=float,
        help="share of variance between clusters (default: the range that was published) or between blocks (default: 0)",
    )
    power.add_argument("--r2", type=float, help="what covariates explain; default: a few guesses side by side")
    power.add_argument("--r2-cluster", type=float, help="the same, between clusters (default: as much as within)")
    power.add_argument("--sd", type=float, help="the outcome's standard deviation, for its own unit")
    power.add_argument("--power", type=float, default=0.8, help="power wanted (default: %(default)s)")


def run(chosen: argparse.Namespace, say: Callable[[str], None]) -> Answer:
    """Read the plan; a plan with problems is refused with all of them."""
    plan = load_plan(chosen.plan)
    return _power(plan, chosen) if chosen.action == "power" else _check(plan)


def _check(plan: Plan) -> Answer:
    primary = plan.primary_outcome
    return Answer(
        {"title": plan.title, "hash": plan.hash, "design": plan.assignment.design, "primary": primary.name},
        f"{plan.title}\n  design       {plan.assignment.design}\n  primary      {primary.name}, in {primary.unit}\n"
        f"{''.join(map(_domain, plan.outcomes))}  registration {plan.hash}",
    )


def _domain(outcome: Outcome) -> str:
    """What the plan says by an outcome's domain, without another word."""
    turned_on = "not translated into months, ranks or shares of a year"
    if outcome.is_achievement:
        turned_on = "translated into months and a rank among published effects"
        if outcome.subject is not None and outcome.grade is not None:
            turned_on += f", and into a share of a year of {outcome.subject} in grade {outcome.grade}"
    rho = f"icc {outcome.usual_icc:.2f} where the data give none"
    if outcome.icc is not None:
        rho = f"icc {outcome.icc:g}, as the plan says"
    return f"  domain       {outcome.domain} ({outcome.name}): {turned_on}; {rho}\n"


def _power(plan: Plan, chosen: argparse.Namespace) -> Answer:
    from fairlead.science.impact.power import plan_power

    if chosen.units is None:
        what = f"say how many units ({plan.assignment.unit}) are to be assigned"
        raise DataError([Problem("--units", what, "nothing", "a whole number", "--units 120")])
    clustered = plan.assignment.clustered
    if clustered and chosen.per_cluster is None:
        what = f"say how many individuals a cluster ({plan.assignment.unit}) has"
        raise DataError([Problem("--per-cluster", what, "nothing", "1 or more", "--per-cluster 60")])
    effect, unit = plan.smallest_effect, plan.primary_outcome.unit
    shares, told = _shares(clustered, chosen.icc)
    rows = []
    for icc in shares:
        for r2 in R2 if chosen.r2 is None else (chosen.r2,):
            between = r2 if chosen.r2_cluster is None else chosen.r2_cluster
            found = plan_power(
                plan, units=chosen.units, blocks=chosen.blocks, per_cluster=chosen.per_cluster or 1, share=chosen.share,
                icc=icc, r2=r2, r2_cluster=between, power=chosen.power, sd=chosen.sd,
            )  # fmt: skip
            reached = None if effect is None else found.power_for_native(effect)
            rows.append(
                {"icc": icc, "r2": r2, "r2_cluster": between if clustered else None, "mdes": found.mdes,
                 "mdes_native": found.mdes_native, "df": found.df, "power_for_smallest_effect": reached}
            )  # fmt: skip
    asked = f"{counted(chosen.units, 'unit')} ({plan.assignment.unit}), power {chosen.power:g}, alpha {plan.alpha:g}"
    head = f"  {'ICC':>6}{'R²':>7}{'MDES (SD)':>12}{f'MDES ({unit})':>24}{'power':>9}"
    text = [plan.title, f"  {asked}", *told, "", head]
    for row in rows:
        native, reached = row["mdes_native"], row["power_for_smallest_effect"]
        text.append(
            f"  {row['icc']:>6.2f}{row['r2']:>7.2f}{row['mdes']:>12.3f}"
            f"{'give --sd' if native is None else f'{native:.3f}':>24}{'–' if reached is None else f'{reached:.2f}':>9}"
        )
    if effect is not None:
        text.append(f"\n  power: to find the smallest effect of interest, {effect:g} {unit}")
    record = {"design": plan.assignment.design, "units": chosen.units, "smallest_effect": effect}
    return Answer({**record, "guesses": rows}, "\n".join(text))


def _shares(clustered: bool, icc: float | None) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """The intraclass correlations to show, and where they come from: none is never a guess where clusters are drawn."""
    from fairlead.science.impact.power import prior

    if icc is not None or not clustered:
        return (icc or 0.0,), ()
    other, achievement = prior("icc_default_other"), prior("icc_school_achievement")
    told = (
        f"  ICC was not given: {other.low:g} is what {other.source} takes for other outcomes; {achievement.low:g} to "
        f"{achievement.high:g}: {achievement.source}",
    )
    return (other.low, achievement.low, achievement.high), told
