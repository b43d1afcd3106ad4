"""`fairlead impact did DATA --outcome y --unit id --time t --cohort g`: group-time effects and their sums."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from fairlead.science.impact.command import Answer
from fairlead.science.impact.panel import group_time
from fairlead.science.impact.panel.show import event_study_figure, record, table
from fairlead.science.impact.problems import DataError, Problem

SEED = 20260


def add(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("data", help="CSV, Parquet, Arrow, a folder of Parquet parts, or postgres://…#table")
    parser.add_argument("--outcome", required=True)
    parser.add_argument("--unit", required=True, help="the column of those seen in every period")
    parser.add_argument("--time", required=True, help="the column of the period, a number")
    parser.add_argument("--cohort", required=True, help="the column of the first treated period; 0 for never")
    parser.add_argument("--control", choices=["never", "notyet"], default="never", help="whom to compare with")
    parser.add_argument(
        "--covariates", default="", help='the right side of a formula, for example "size + C(region)"'
    )
    parser.add_argument("--cluster", help="the column of the clusters (default: the unit)")
    parser.add_argument("--estimator", choices=["dr", "improved"], default="dr", help="with covariates")
    parser.add_argument("--base", choices=["varying", "universal"], default="varying", help="base before treatment")
    parser.add_argument("--anticipation", type=float, default=0.0, help="periods in which a cohort may react early")
    parser.add_argument(
        "--empty-cohort", choices=["missing", "never"], default="missing", help="what no cohort means"
    )
    parser.add_argument("--level", type=float, default=0.95, help="of intervals and bands")
    parser.add_argument("--draws", type=int, default=999, help="of the multiplier bootstrap")
    parser.add_argument("--seed", type=int, default=SEED, help="of the draws")
    parser.add_argument("--plot", type=Path, help="write the event study to this file (.svg or .json)")


def run(chosen: argparse.Namespace, say: Callable[[str], None]) -> Answer:
    """Estimate, and draw the event study where it is asked for."""
    if chosen.seed < 0:
        raise DataError([Problem("seed", "must not be negative", str(chosen.seed), "0 or more")])
    found = group_time(
        chosen.data,
        outcome=chosen.outcome,
        unit=chosen.unit,
        time=chosen.time,
        cohort=chosen.cohort,
        control=chosen.control,
        covariates=chosen.covariates,
        cluster=chosen.cluster,
        estimator=chosen.estimator,
        base=chosen.base,
        anticipation=chosen.anticipation,
        empty_cohort=chosen.empty_cohort,
        rng=np.random.default_rng(chosen.seed),
        draws=chosen.draws,
        level=chosen.level,
    )
    figure = event_study_figure(found)
    if chosen.plot:
        text = figure.svg() if chosen.plot.suffix == ".svg" else json.dumps(figure.spec, ensure_ascii=False)
        chosen.plot.write_text(text, encoding="utf-8")
        say(f"event study written to {chosen.plot}")
    return Answer({**record(found), "seed": chosen.seed, "plot": figure.record()}, table(found), found.converged)
