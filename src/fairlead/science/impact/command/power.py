"""`fairlead impact power --design …`: what a design can find, and how many it needs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fairlead.science.impact import power
from fairlead.science.impact.command import Answer
from fairlead.science.impact.figure import Cell, Figure, values
from fairlead.science.impact.problems import DataError, Problem

OPTIONS: dict[str, tuple[type, str]] = {
    "n": (int, "individuals: in all, in a block, or in the lowest cluster"),
    "blocks": (int, "blocks"),
    "middle": (int, "middle clusters (classrooms) in each assigned one"),
    "count": (int, "clusters that are assigned, both arms together"),
    "share": (float, "of the units assigned to the intervention (0.5)"),
    "icc": (float, "share of variance between blocks, or between assigned clusters"),
    "icc_middle": (float, "share of variance between middle clusters"),
    "omega": (float, "variance of the effect across blocks, as a share of that between blocks"),
    "r2": (float, "of covariates, between individuals"),
    "r2_cluster": (float, "of covariates, between assigned clusters"),
    "r2_middle": (float, "of covariates, between middle clusters"),
    "r2_effect": (float, "of covariates, of the effect's variance across blocks"),
    "covariates": (int, "how many, at the level of assignment"),
    "alpha": (float, "two-tailed level (0.05)"),
    "sd": (float, "of the outcome, for answers in its own unit"),
}


def add(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("--design", required=True, choices=[name.replace("_", "-") for name in power.DESIGNS])
    for name, (kind, text) in OPTIONS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, help=text)
    parser.add_argument("--power", type=float, default=0.8, help="wanted (0.8)")
    parser.add_argument("--effect", type=float, help="a true effect in standard deviations: the power to find it")
    parser.add_argument("--vary", help="with --effect: the size to search for (n, blocks, middle or count)")
    parser.add_argument("--plot", type=Path, help="write the power curve to this file (.svg or .json)")


def run(chosen: argparse.Namespace, say: Callable[[str], None]) -> Answer:
    """The design as given, or the sample that it needs."""
    name = chosen.design.replace("-", "_")
    options = {key: getattr(chosen, key) for key in OPTIONS if getattr(chosen, key) is not None}
    _refuse_foreign(name, options)
    wanted = None
    if chosen.vary:
        if chosen.effect is None:
            raise DataError([Problem("effect", "a search needs the effect to be found", "nothing", "--effect 0.2")])
        fixed = {key: value for key, value in options.items() if key != chosen.vary}
        wanted = power.needed(name, chosen.effect, vary=chosen.vary, power=chosen.power, **fixed)
        options[chosen.vary] = wanted.value
    found = power.design(name, power=chosen.power, **options)
    points = power.curve(found)
    figure = _figure(found, points)
    if chosen.plot:
        text = figure.svg() if chosen.plot.suffix == ".svg" else json.dumps(figure.spec, ensure_ascii=False)
        chosen.plot.write_text(text, encoding="utf-8")
        say(f"power curve written to {chosen.plot}")
    at_effect = None if chosen.effect is None else found.power_for(chosen.effect)
    guesses = [one for one in power.priors() if one.name.startswith(("icc", "r2"))]
    record: dict[str, Any] = {
        **asdict(found),
        "options": options,
        "effect": chosen.effect,
        "power_for_effect": at_effect,
        "needed": None if wanted is None else asdict(wanted),
        "curve": [asdict(point) for point in points],
        "priors": [asdict(one) for one in guesses],
        "plot": figure.record(),
    }
    return Answer(record, _text(found, options, chosen.effect, at_effect, wanted, guesses))


def _refuse_foreign(name: str, options: dict[str, Any]) -> None:
    import inspect

    known = inspect.signature(power.DESIGNS[name][0]).parameters
    foreign = [key for key in options if key not in known]
    if foreign:
        allowed = ", ".join(key for key in known if key != "power")
        raise DataError([Problem(key, f"the design {name} has no such number", key, allowed) for key in foreign])


def _text(
    found: power.Power,
    options: dict[str, Any],
    effect: float | None,
    at_effect: float | None,
    wanted: power.Needed | None,
    guesses: list[power.Prior],
) -> str:
    lines = [f"Design {found.design}: " + ", ".join(f"{key} {value:g}" for key, value in options.items())]
    if wanted is not None:
        lines.append(
            f"  needed for an effect of {effect:g}: {wanted.vary} = {wanted.value:,} ({wanted.total:,.0f} in all)"
        )
    lines += str(found).split("\n")[1:]
    if at_effect is not None:
        lines.append(f"  power for {effect:g}: {at_effect:.3f}")
    lines.append("  guesses for shares of variance and R² (source; confidence):")
    lines += [
        f"    {one.name:<26}{one.low:.2f} to {one.high:.2f}  {one.source}; {one.basis}{one.confidence}"
        for one in guesses
    ]
    return "\n".join(lines)


def _figure(found: power.Power, points: tuple[power.CurvePoint, ...]) -> Figure:
    import altair as alt

    columns = ("effect", "power")
    rows: tuple[tuple[Cell, ...], ...] = tuple((point.effect, point.power) for point in points)
    title = f"Power by true effect; {found.mdes:.3f} SD is found with power {found.power:g}"
    words = f"{title}. " + " ".join(
        f"{point.effect:.2f}: {point.power:.2f}." for point in points[:: len(points) // 6]
    )
    line = (
        alt.Chart(values(columns, rows))
        .mark_line(color="#0b5fa5")
        .encode(
            x=alt.X("effect:Q", title="true effect (standard deviations)"),
            y=alt.Y("power:Q", title="power", scale=alt.Scale(domain=[0, 1])),
        )
    )
    mark = (
        alt.Chart(alt.Data(values=[{"y": found.power}])).mark_rule(strokeDash=[4, 4], color="#777777").encode(y="y:Q")
    )
    spec = alt.layer(line, mark).properties(title=title, description=words, width=420, height=240).to_dict()
    return Figure("power", title, words, columns, rows, spec)
