"""`fairlead impact plan check|power PLAN.toml`: what is wrong with a plan, its registration, and its power."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from fairlead.science.impact.command import Answer
from fairlead.science.impact.plan import Plan
from fairlead.science.impact.plan_file import load_plan
from fairlead.science.impact.problems import DataError, Problem

R2 = (0.0, 0.25, 0.5)


def add(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("action", choices=["check", "power"])
    parser.add_argument("plan", type=Path, help="a plan in TOML")
    power = parser.add_argument_group("power", "before the outcomes exist: guesses, which the answer repeats")
    power.add_argument("--units", type=int, help="how many are assigned (clusters, where clusters are)")
    power.add_argument("--per-cluster", type=float, default=1.0, help="individuals in a cluster")
    power.add_argument("--blocks", type=int, default=0, help="blocks, if the primary model takes them out")
    power.add_argument("--share", type=float, default=0.5, help="the share that gets the intervention")
    power.add_argument("--icc", type=float, default=0.0, help="share of variance between clusters (or blocks)")
    power.add_argument("--r2", type=float, help="what covariates explain; default: a few guesses side by side")
    power.add_argument("--r2-cluster", type=float, default=0.0, help="the same, between clusters")
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
        f"  registration {plan.hash}",
    )


def _power(plan: Plan, chosen: argparse.Namespace) -> Answer:
    from fairlead.science.impact.power import plan_power

    if chosen.units is None:
        what = f"say how many units ({plan.assignment.unit}) are to be assigned"
        raise DataError([Problem("--units", what, "nothing", "a whole number", "--units 120")])
    rows, effect = [], plan.smallest_effect
    for r2 in R2 if chosen.r2 is None else (chosen.r2,):
        found = plan_power(
            plan, units=chosen.units, blocks=chosen.blocks, per_cluster=chosen.per_cluster, share=chosen.share,
            icc=chosen.icc, r2=r2, r2_cluster=chosen.r2_cluster, power=chosen.power, sd=chosen.sd,
        )  # fmt: skip
        rows.append(
            {
                "r2": r2,
                "mdes": found.mdes,
                "mdes_native": found.mdes_native,
                "df": found.df,
                "power_for_smallest_effect": None if effect is None else found.power_for_native(effect),
            }
        )
    unit = plan.primary_outcome.unit
    asked = f"{chosen.units:,} units ({plan.assignment.unit}), ICC {chosen.icc:g}, power {chosen.power:g}, alpha {plan.alpha:g}"
    text = [plan.title, f"  {asked}", "", f"  {'R²':>6}{'MDES (SD)':>12}{f'MDES ({unit})':>24}{'power':>9}"]
    for row in rows:
        native, reached = row["mdes_native"], row["power_for_smallest_effect"]
        text.append(
            f"  {row['r2']:>6.2f}{row['mdes']:>12.3f}"
            f"{'give --sd' if native is None else f'{native:.3f}':>24}{'–' if reached is None else f'{reached:.2f}':>9}"
        )
    if effect is not None:
        text.append(f"\n  power: to find the smallest effect of interest, {effect:g} {unit}")
    record = {"design": plan.assignment.design, "units": chosen.units, "icc": chosen.icc, "smallest_effect": effect}
    return Answer({**record, "guesses": rows}, "\n".join(text))
