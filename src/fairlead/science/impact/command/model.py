"""`fairlead impact model DATA --formula "y ~ x + (1 | g)"`: a multilevel model; without a random part, least squares."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from fairlead.science.impact.command import Answer
from fairlead.science.impact.problems import EstimationError, Problem

ENGINES = ("duckdb", "spark", "postgres", "memory")


def add(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("data", help="CSV, Parquet, Arrow, a folder of Parquet parts, or postgres://…#table")
    parser.add_argument(
        "--formula", required=True, help='as lme4 writes it: "math ~ pre + treat + (1 + pre | school)"'
    )
    parser.add_argument("--ml", action="store_true", help="maximum likelihood; else restricted (REML)")
    parser.add_argument(
        "--df", choices=["satterthwaite", "kenward-roger"], default="satterthwaite", help="degrees of freedom"
    )
    parser.add_argument(
        "--engine", choices=ENGINES, help="where the sums are computed; by default where the rows are"
    )
    parser.add_argument(
        "--effects", metavar="GROUP", nargs="?", const="", help="each group's shrunken effects, too (innermost group)"
    )
    parser.add_argument(
        "--cluster", metavar="COLUMN", help="without a random part: errors by this column (a,b: both together)"
    )
    parser.add_argument(
        "--absorb", metavar="COLUMN", help="without a random part: fixed effects of a column, or of two (unit,time)"
    )
    parser.add_argument(
        "--errors",
        choices=["classical", "HC0", "HC1", "HC2", "HC3", "CR0", "CR1", "CR2"],
        help="without a random part; by default CR2 with --cluster (CR1 with two fixed effects), else HC1",
    )
    parser.add_argument("--explained", action="store_true", help="intraclass correlations and R² by level, too")


def run(chosen: argparse.Namespace, say: Callable[[str], None]) -> Answer:
    """Fit and tell."""
    from fairlead.science.impact.formula import parse_formula
    from fairlead.science.impact.moments.source import open_on
    from fairlead.science.impact.multilevel import multilevel_model

    source = open_on(chosen.data, chosen.engine)
    say(f"Reading {source.name} by {chosen.engine or source.engine}")
    if not parse_formula(chosen.formula).random:
        return _least_squares(chosen, source)
    _refuse_beside(chosen, "a random part", cluster=chosen.cluster, absorb=chosen.absorb, errors=chosen.errors)
    fit = multilevel_model(
        source,
        chosen.formula,
        reml=not chosen.ml,
        df=chosen.df,
        engine="memory" if chosen.engine == "memory" else None,
    )
    record, text = fit.record(), str(fit)
    if chosen.explained:
        shares = fit.explained()
        record["explained"] = {
            "levels": [
                {"group": s.group, "without": s.without, "with_fixed": s.with_fixed, "icc": s.icc, "r2": s.explained}
                for s in shares.levels
            ],
            "marginal": shares.marginal,
            "conditional": shares.conditional,
        }
        text += "\n\nVariance by level   share (ICC)   explained (R²)\n" + "\n".join(
            f"  {s.group:<18}{s.icc:>11.3f}{'none' if s.explained is None else f'{s.explained:.3f}':>17}"
            for s in shares.levels
        )
        text += f"\n  whole model: fixed part {shares.marginal:.3f}, with random part {shares.conditional:.3f}"
    if chosen.effects is not None:
        effects = fit.group_effects(chosen.effects or None)
        record["effects"] = effects.to_dicts()
        text += "\n\n" + "\n".join(
            ["  ".join(f"{name:>14}" for name in effects.columns)]
            + ["  ".join(f"{_cell(value):>14}" for value in row) for row in effects.iter_rows()]
        )
    return Answer(record, text, fit.converged)


def _least_squares(chosen: argparse.Namespace, source: Any) -> Answer:
    from fairlead.science.impact.regression import linear_regression

    _refuse_beside(chosen, "no random part", ml=chosen.ml, effects=chosen.effects, explained=chosen.explained)
    fit = linear_regression(
        source,
        chosen.formula,
        cluster=chosen.cluster.split(",") if chosen.cluster else None,
        absorb=chosen.absorb.split(",") if chosen.absorb else None,
        errors=chosen.errors,
        engine="memory" if chosen.engine == "memory" else None,
    )
    return Answer(fit.record(), str(fit))


def _refuse_beside(chosen: argparse.Namespace, what: str, **options: object) -> None:
    """Options that mean nothing for this formula are refused, not passed over."""
    wrong = [f"--{name}" for name, value in options.items() if value not in (None, False)]
    if wrong:
        raise EstimationError(
            [
                Problem(
                    ", ".join(wrong), f"means nothing for a formula with {what}", chosen.formula, next="leave it out"
                )
            ]
        )


def _cell(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)
