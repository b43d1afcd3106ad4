"""`fairlead impact meta DATA --effect yi --variance vi [--cluster district]`: what several studies say together."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from fairlead.science.impact.command import Answer
from fairlead.science.impact.synthesis import synthesise
from fairlead.science.impact.synthesis.show import forest_figure, record, table


def add(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("data", help="CSV, Parquet, Arrow, a folder of Parquet parts, or postgres://…#table")
    parser.add_argument("--effect", required=True, help="the column of the effects")
    parser.add_argument("--variance", required=True, help="the column of their sampling variances (squared errors)")
    parser.add_argument("--cluster", help="the column of what several effects share: a study, a district")
    parser.add_argument("--label", help="the column of names for the forest plot")
    parser.add_argument("--ml", action="store_true", help="maximum likelihood in place of REML")
    parser.add_argument(
        "--working",
        choices=["hierarchical", "correlated", "both"],
        default="hierarchical",
        help="with clusters: their true effects hang together, their sampling errors do, or both",
    )
    parser.add_argument("--correlation", type=float, default=0.6, help="of sampling errors in a cluster")
    parser.add_argument("--level", type=float, default=0.95, help="of intervals")
    parser.add_argument("--plot", type=Path, help="write the forest plot to this file (.svg or .json)")


def run(chosen: argparse.Namespace, say: Callable[[str], None]) -> Answer:
    """Synthesise, and draw the forest plot where it is asked for."""
    found = synthesise(
        chosen.data,
        effect=chosen.effect,
        variance=chosen.variance,
        cluster=chosen.cluster,
        label=chosen.label,
        method="ML" if chosen.ml else "REML",
        working=chosen.working,
        r=chosen.correlation,
        level=chosen.level,
    )
    figure = forest_figure(found)
    if chosen.plot:
        text = figure.svg() if chosen.plot.suffix == ".svg" else json.dumps(figure.spec, ensure_ascii=False)
        chosen.plot.write_text(text, encoding="utf-8")
        say(f"forest plot written to {chosen.plot}")
    return Answer({**record(found), "plot": figure.record()}, table(found), found.converged)
