"""`fairlead impact run PLAN.toml --data DATA --out DIR`: the whole study, to report.html, report.pdf and results.json."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from fairlead.science.impact.command import Answer
from fairlead.science.impact.plan_file import load_plan
from fairlead.science.impact.problems import DataError, Problem
from fairlead.science.impact.study import SEED, StudyResult
from fairlead.science.impact.wording import counted

FILES = ("report.html", "report.pdf", "results.json")


def add(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("plan", type=Path, help="a plan in TOML")
    parser.add_argument(
        "--data", required=True, help="CSV, Parquet, Arrow, a folder of Parquet parts, or postgres://…#table"
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="the folder for report.html, report.pdf, results.json"
    )
    parser.add_argument("--language", choices=["en", "es"], default="en", help="the report's language")
    parser.add_argument("--paper", choices=["us-letter", "a4"], default="us-letter", help="the PDF's paper")
    parser.add_argument("--seed", type=int, default=SEED, help="of everything drawn at random (default: %(default)s)")
    parser.add_argument("--experimental", action="store_true", help="run methods that are not validated, too")
    parser.add_argument("--source", default="", help="where the data come from, as the report says it")
    parser.add_argument("--registered", metavar="DATE", help="when the plan was registered (ISO date)")
    parser.add_argument("--outcomes-from", metavar="DATE", help="the day of the first outcome (ISO date)")


def run(chosen: argparse.Namespace, say: Callable[[str], None]) -> Answer:
    """Read, analyse, write."""
    from fairlead.science.impact.notebook import Study

    plan = load_plan(chosen.plan)
    _check_dates(chosen)
    study = Study(
        plan, chosen.data, source=chosen.source, registered=chosen.registered, outcomes_from=chosen.outcomes_from,
        seed=chosen.seed, allow_experimental=chosen.experimental,
    )  # fmt: skip
    say(f"Reading {chosen.data}")
    table = study.table
    say(
        f"{counted(table.height, 'row')}; {counted(len(plan.models), 'model')}, {counted(len(plan.outcomes), 'outcome')}"
    )
    result = study.result
    say("Writing the report")
    study.save(chosen.out, language=chosen.language, paper=chosen.paper)
    return Answer(_record(result, chosen.out), _text(result, chosen.out), result.converged)


def _check_dates(chosen: argparse.Namespace) -> None:
    from datetime import date

    problems = []
    for name in ("registered", "outcomes_from"):
        value = getattr(chosen, name)
        try:
            date.fromisoformat(value or "2000-01-01")
        except ValueError:
            problems.append(Problem(f"--{name.replace('_', '-')}", "is not a date", value, "2026-08-31"))
    if problems:
        raise DataError(problems)


def _record(result: StudyResult, out: Path) -> dict[str, object]:
    main = result.primary
    return {
        "plan_hash": result.plan_hash,
        "data_hash": result.data_hash,
        "timing": result.timing,
        "seed": result.seed,
        "converged": result.converged,
        "primary": {
            "outcome": main.outcome,
            "model": main.model,
            "estimate": main.estimate.estimate,
            "se": main.estimate.se,
            "df": main.estimate.df,
            "p": main.estimate.p,
            "ci": [main.estimate.ci_low, main.estimate.ci_high],
            "unit": main.estimate.unit,
            "n": main.estimate.n,
        },
        "verdict": {
            "version": main.verdict.version,
            "rating": main.verdict.rating,
            "character": main.verdict.character,
            "essa": main.verdict.essa,
            "provisional": main.verdict.provisional,
            "rests_on": list(main.verdict.rests_on),
        },
        "files": [str(out / name) for name in FILES],
    }


def _text(result: StudyResult, out: Path) -> str:
    from fairlead.science.impact.notebook import table_of

    return "\n".join([table_of(result), "", *(f"  {out / name}" for name in FILES)])
