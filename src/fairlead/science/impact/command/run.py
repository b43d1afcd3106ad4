"""`fairlead impact run PLAN.toml --data DATA --out DIR`: the whole study, to report.html, report.pdf and results.json."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from fairlead.science.impact.command import Answer
from fairlead.science.impact.plan_file import load_plan
from fairlead.science.impact.problems import DataError, Problem
from fairlead.science.impact.study import Provenance, StudyResult, analyse, columns_used

SEED = 20260901


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
    parser.add_argument("--source", default="", help="where the data come from, as the report says it")
    parser.add_argument("--registered", metavar="DATE", help="when the plan was registered (ISO date)")
    parser.add_argument("--outcomes-from", metavar="DATE", help="the day of the first outcome (ISO date)")


def run(chosen: argparse.Namespace, say: Callable[[str], None]) -> Answer:
    """Read, analyse, write."""
    from fairlead.science.impact.moments.source import open_source
    from fairlead.science.impact.rendering.page import page
    from fairlead.science.impact.rendering.pdf import pdf
    from fairlead.science.impact.report import build_report

    plan = load_plan(chosen.plan)
    _check_dates(chosen)
    source = open_source(chosen.data)
    wanted = [column for column in columns_used(plan) if column in source.table.columns]
    say(f"Reading {len(wanted)} columns of {source.name}")
    table = source.table.select(*wanted).to_polars() if wanted else source.table.limit(0).to_polars()
    say(f"{table.height:,} rows; {len(plan.models)} models of {len(plan.outcomes)} outcomes")
    origin = Provenance(chosen.source or plan.source or source.name, chosen.registered, chosen.outcomes_from)
    result = analyse(plan, table, provenance=origin, seed=chosen.seed)
    say("Writing the report")
    report = build_report(result, chosen.language)
    out: Path = chosen.out
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "results.json").write_text(result.to_json(indent=1) + "\n", encoding="utf-8")
        (out / "report.html").write_text(page(report), encoding="utf-8")
        (out / "report.pdf").write_bytes(pdf(report, paper=chosen.paper))
    except OSError as error:
        raise DataError(
            [Problem("--out", "the folder cannot be written", f"{out}: {error.strerror}", next="name another")]
        ) from error
    return Answer(_record(result, out), _text(result, out), result.converged)


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
        "files": [str(out / name) for name in ("report.html", "report.pdf", "results.json")],
    }


def _text(result: StudyResult, out: Path) -> str:
    from fairlead.science.impact.claims.check import shown_p
    from fairlead.science.impact.command.wwc import told

    rows = [f"{result.plan.title} ({result.timing})", ""]
    rows.append(f"  {'outcome':<22}{'model':<24}{'estimate':>12}{'se':>11}{'df':>9}{'p':>10}{'n':>10}  rating")
    for item in result.results:
        e = item.estimate
        rows.append(
            f"  {item.outcome:<22}{item.model:<24}{e.estimate:>12.4f}{e.se:>11.4f}{_df(e.df):>9}{shown_p(e.p):>10}{e.n:>10,}"
            f"  {item.verdict.rating}{' *' if item.primary else ''}"
        )
    rows += ["", *told(result.primary.verdict), "", f"  {out / 'report.html'}", f"  {out / 'report.pdf'}"]
    return "\n".join([*rows, f"  {out / 'results.json'}"])


def _df(df: float) -> str:
    return "normal" if df >= 1e6 else f"{df:.1f}"
