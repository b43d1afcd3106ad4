"""`fairlead impact …`: the engine at the terminal. One module a command, imported when it is asked for.

A module has `add(parser)`, which declares its options, and `run(chosen, say)`, which returns an `Answer`. What it prints
while it works goes through `say`. Exit codes: 0 done; 1 done, but not to be relied on (no convergence, a plan with
problems); 2 refused.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fairlead.science.impact.problems import ImpactError, Problem
from fairlead.science.problems import listed

COMMANDS = {
    "did": "what a treatment did that came to different units at different times (Callaway & Sant'Anna)",
    "match": "a matched comparison: partners or weights for treated rows, balance, and the effect with its error",
    "meta": "what several studies say together: random effects, three levels, robust errors",
    "model": "a multilevel model: students in classrooms in schools, REML or ML, from one pass over the rows",
    "plan": "read a plan: what is wrong with it, its registration, the power it has",
    "power": "what a design can find, and how many it needs",
    "run": "a whole study: plan and data in, report (HTML, PDF) and results (JSON) out",
    "wwc": "the verdict of the evidence standards on a study, rule by rule",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command found: a record for programs, the same as text for people."""

    record: dict[str, Any]
    text: str
    reliable: bool = True


def main(arguments: Sequence[str], say: Callable[[str], None]) -> int:
    """Run one command of the engine."""
    parser = argparse.ArgumentParser(
        prog="fairlead impact", description="Did it work, for whom, where, at what cost, and how sure are we?"
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND", dest="command")
    asked = arguments[0] if arguments and arguments[0] in COMMANDS else None
    for name, text in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text)
        if name == asked:
            module = importlib.import_module(f"{__name__}.{name}")
            module.add(command)
            command.add_argument("--json", action="store_true", help="print one JSON object")
    chosen = parser.parse_args(arguments)
    try:
        answer: Answer = importlib.import_module(f"{__name__}.{chosen.command}").run(chosen, say)
    except ImpactError as error:
        if chosen.json:
            print(json.dumps({"problems": [_shape(problem) for problem in error.problems]}, ensure_ascii=False))
        else:
            print(listed(error.problems), file=sys.stderr)
        return 2
    print(json.dumps(answer.record, ensure_ascii=False, allow_nan=False) if chosen.json else answer.text)
    return 0 if answer.reliable else 1


def _shape(problem: Problem) -> dict[str, str]:
    return {
        "where": problem.where,
        "what": problem.what,
        "got": problem.got,
        "allowed": problem.allowed,
        "next": problem.next,
    }
