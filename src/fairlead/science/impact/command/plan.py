"""`fairlead impact plan check PLAN.toml`: everything wrong with a plan at once, or its registration."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from fairlead.science.impact.command import Answer
from fairlead.science.impact.plan_file import load_plan


def add(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("action", choices=["check"])
    parser.add_argument("plan", type=Path, help="a plan in TOML")


def run(chosen: argparse.Namespace, say: Callable[[str], None]) -> Answer:
    """Read the plan; a plan with problems is refused with all of them."""
    plan = load_plan(chosen.plan)
    primary = plan.primary_outcome
    return Answer(
        {"title": plan.title, "hash": plan.hash, "design": plan.assignment.design, "primary": primary.name},
        f"{plan.title}\n  design       {plan.assignment.design}\n  primary      {primary.name}, in {primary.unit}\n"
        f"  registration {plan.hash}",
    )
