"""`fairlead impact match DATA`: compare treated rows with others that are alike, and say how alike they are."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fairlead.science.impact.command import Answer
from fairlead.science.impact.matching import METHODS, effect, love_plot, match
from fairlead.science.impact.matching.show import as_text
from fairlead.science.impact.problems import EstimationError, Problem


def add(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("data", help="CSV, Parquet, Arrow, a folder of Parquet parts, postgres://…#table")
    parser.add_argument("--treat", required=True, metavar="T", help="a column of 0 and 1, or column=level")
    parser.add_argument("--on", required=True, metavar="A+B+C", help="what must be alike, measured before treatment")
    parser.add_argument("--method", choices=METHODS, default="nearest")
    parser.add_argument("--estimand", choices=["ATT", "ATE"], default="ATT")
    parser.add_argument("--ratio", type=int, default=1, metavar="K", help="controls for each treated row")
    parser.add_argument("--replace", action="store_true", help="a control may serve several")
    parser.add_argument("--exact", type=_names, default=(), metavar="A,B", help="columns that partners share")
    parser.add_argument("--within", metavar="SCHOOL", help="partners are in the same school; errors by school")
    parser.add_argument(
        "--caliper",
        action="append",
        default=[],
        metavar="WIDTH",
        help="greatest difference: 0.2 (sd of the score), 0.05raw (score), age=2 (a covariate, its own unit); repeatable",
    )
    parser.add_argument("--order", choices=["largest", "smallest", "data", "random"], help="who chooses first")
    parser.add_argument("--seed", type=int, help="for a random order")
    parser.add_argument("--support", action="store_true", help="leave out treated rows beyond every control's score")
    parser.add_argument("--hierarchical", type=_names, default=(), metavar="SCHOOL", help="match whole groups first")
    parser.add_argument("--group-ratio", type=int, default=1, metavar="K", help="control groups for each treated one")
    parser.add_argument("--group-caliper", type=float, metavar="SD", help="greatest distance of two groups")
    parser.add_argument(
        "--bins", action="append", default=[], metavar="A=N", help="cem: intervals of a covariate; repeatable"
    )
    parser.add_argument(
        "--trim", type=float, default=0.0, metavar="SHARE", help="ipw: leave out scores within this of 0 or 1"
    )
    parser.add_argument("--outcome", metavar="Y", help="estimate the effect on this column")
    parser.add_argument("--adjust", action="store_true", help="hold the covariates in the outcome model")
    parser.add_argument("--cluster", metavar="COLUMN", help="errors by this column")
    parser.add_argument("--errors", choices=["HC1", "CR1", "CR2"], help="instead of what follows from the design")
    parser.add_argument("--love", metavar="FILE", help="write the Love plot (Vega-Lite) to this file")


def run(chosen: argparse.Namespace, say: Callable[[str], None]) -> Answer:
    """Match, and estimate when there is an outcome."""
    width, unit, by_column = _calipers(chosen.caliper)
    if chosen.adjust and not chosen.outcome:
        raise EstimationError(
            [Problem("adjust", "there is no outcome to adjust", "no --outcome", next="--outcome Y")]
        )
    say(f"reading {chosen.data}" if "://" not in chosen.data else "reading the table")
    found = match(
        chosen.data,
        treated=chosen.treat,
        on=chosen.on,
        method=chosen.method,
        estimand=chosen.estimand,
        ratio=chosen.ratio,
        replace=chosen.replace,
        exact=chosen.exact,
        within=chosen.within,
        caliper=width,
        caliper_unit=unit,
        calipers=by_column,
        order=chosen.order,
        support=chosen.support,
        hierarchical=chosen.hierarchical,
        group_ratio=chosen.group_ratio,
        group_caliper=chosen.group_caliper,
        bins={name: int(value) for name, value in (_pair(text, "bins") for text in chosen.bins)},
        trim=chosen.trim,
        also=[name for name in (chosen.outcome, chosen.cluster) if name],
        rng=None if chosen.seed is None else np.random.default_rng(chosen.seed),
    )
    told = None
    if chosen.outcome:
        say(f"estimating the effect on {chosen.outcome}")
        told = effect(found, chosen.outcome, adjust=chosen.adjust, cluster=chosen.cluster, errors=chosen.errors)
    record = found.record() | {"love": love_plot(found).record()}
    if chosen.seed is not None:
        record["settings"]["seed"] = chosen.seed
    record["att" if found.estimand == "ATT" else "ate"] = None if told is None else told.record()
    if chosen.love:
        _write(chosen.love, love_plot(found).spec)
    return Answer(record, as_text(found, told))


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.replace("+", ",").split(",") if name.strip())


def _pair(text: str, option: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not _is_number(value) or (option == "bins" and not value.isdigit()):
        raise EstimationError(
            [Problem(option, "a column and a number are needed", text, "age=5", f"write --{option} so")]
        )
    return name.strip(), value


def _calipers(texts: Sequence[str]) -> tuple[float | None, str, dict[str, float]]:
    width: float | None = None
    unit, columns = "sd", {}
    for text in texts:
        if "=" in text:
            name, value = _pair(text, "caliper")
            columns[name] = float(value)
            continue
        number = text.removesuffix("raw").removesuffix("sd")
        if not _is_number(number):
            raise EstimationError(
                [Problem("caliper", "this is not a width", text, "0.2, 0.05raw, age=2", "write --caliper so")]
            )
        width, unit = float(number), "raw" if text.endswith("raw") else "sd"
    return width, unit, columns


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _write(path: str, spec: dict[str, Any]) -> None:
    import json
    from pathlib import Path

    try:
        Path(path).write_text(json.dumps(spec), encoding="utf-8")
    except OSError as error:
        raise EstimationError(
            [Problem("love", "the plot cannot be written", str(error), next="another folder")]
        ) from error
