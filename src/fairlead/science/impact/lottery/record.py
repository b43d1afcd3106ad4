"""The record of a lottery: one JSON file from which any program can draw it again, and the check that does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from fairlead.science.impact.lottery.design import FORMAT, Design, Entry, Limit
from fairlead.science.impact.lottery.drawing import Drawing, draw_design, key_of
from fairlead.science.impact.lottery.listed import FORMAT as FIRST
from fairlead.science.impact.lottery.listed import commit, draw
from fairlead.science.impact.lottery.rehearsal import Rehearsal, rehearse
from fairlead.science.impact.problems import DataError, ImpactError, Problem

CHECKS = ("list", "commitment", "times", "draw", "waiting", "chances")
LARGEST = 5_000_000  # bytes of a record


@dataclass(frozen=True, slots=True)
class Check:
    """One question to a record: whether it holds, and what is wrong where it does not. None: not to be told yet."""

    name: str
    holds: bool | None
    problem: Problem | None = None


def record_of(
    design: Design,
    rehearsal: Rehearsal,
    *,
    title: str,
    unit: str,
    version: str,
    frozen_at: str,
    commitment: str,
    committed_at: str,
    seed: str = "",
    salt: str = "",
    public_result: str = "",
    drawn_at: str = "",
    drawing: Drawing | None = None,
) -> dict[str, Any]:
    """A lottery as plain data, to be kept or published as JSON. Before the draw seed, salt and result are empty."""
    chances = [
        {"key": entry.key, "chances": [round(chance, 6) for chance in row]}
        for entry, row in zip(design.ordered, rehearsal.chances, strict=True)
    ]
    result = (
        []
        if drawing is None
        else [
            {"key": entry.key, "group": group, "waiting": waiting}
            for entry, group, waiting in zip(design.ordered, drawing.group, drawing.waiting, strict=True)
        ]
    )
    return {
        "format": FORMAT,
        "version": version,
        "title": title,
        "unit": unit,
        "design": design.plain(),
        "list_hash": design.hash,
        "frozen_at": frozen_at,
        "commitment": commitment,
        "committed_at": committed_at,
        "rehearsal": {"tried": rehearsal.tried, "accepted": rehearsal.accepted},
        "chances": chances,
        "seed": seed,
        "salt": salt,
        "public_result": public_result,
        "drawn_at": drawn_at,
        "attempt": None if drawing is None else drawing.attempt,
        "result": result,
    }


def read_record(text: str) -> dict[str, Any]:
    """A record from its JSON text. Raises `DataError` when it is none."""
    if len(text) > LARGEST:
        raise DataError([Problem("record", "the file is too large", f"{len(text):,} characters", f"{LARGEST:,}")])
    try:
        found = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise DataError([Problem("record", "this is not JSON", str(error)[:80], "the file as downloaded")]) from None
    if not isinstance(found, dict) or found.get("format") not in (FORMAT, FIRST):
        got = repr(found.get("format"))[:60] if isinstance(found, dict) else type(found).__name__
        raise DataError([Problem("format", "this is no record of a lottery", got, f"{FORMAT}, {FIRST}")])
    return found


def design_of(record: Mapping[str, Any]) -> Design:
    """The design that a record tells of, checked. Raises `DataError` where a part is missing or of another kind."""
    try:
        told = record["design"]
        design = Design(
            kind=_text(told["kind"]),
            entries=tuple(
                Entry(_text(e["key"]), _text(e["stratum"]), _whole(e["size"]), tuple(_text(v) for v in e["values"]))
                for e in told["entries"]
            ),
            share=None if told["share"] is None else _text(told["share"]),
            places=None if told["places"] is None else _whole(told["places"]),
            steps=tuple(_text(step) for step in told["steps"]),
            limits=tuple(Limit(_text(limit["covariate"]), _text(limit["most"])) for limit in told["limits"]),
            public=_text(told["public"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        what = "the record lacks a part, or a part is of another kind"
        raise DataError([Problem("design", what, str(error)[:80], next="use the file as downloaded")]) from None
    return design.checked()


def check_record(record: Mapping[str, Any]) -> tuple[Check, ...]:
    """Draw a lottery again from its record alone, and say what agrees.

    Six checks, in the order of `CHECKS`: the list's hash; seed and salt against the commitment; list, commitment and draw in
    this order of time; the draw; the waiting lists; each entry's chances. Those of the draw are None while it is not drawn.

    Raises
    ------
    DataError
        What is no record, or a design that cannot be drawn.

    Notes
    -----
    Records of the first format ("fairlead-lottery-1") hold the same parts; their draw is that of `draw`.

    Examples
    --------
    >>> design = Design("places", tuple(Entry(k) for k in "abcd"), places=2)
    >>> made = record_of(design, rehearse(design), title="A draw", unit="teacher", version="1", frozen_at="2026-08-17T15:00Z",
    ...     commitment=commit("seed", "salt"), committed_at="2026-08-17T16:00Z", seed="seed", salt="salt",
    ...     drawn_at="2026-08-20T14:00Z", drawing=draw_design(design, key_of(design, "seed")))
    >>> all(check.holds for check in check_record(made))
    True
    """
    design = design_of(record)
    checks = [_agrees("list", str(record.get("list_hash")), design.hash, "the list or its rules were changed")]
    if not record.get("drawn_at"):
        waits = [Check(name, None) for name in ("commitment", "times", "draw", "waiting")]
        return (*checks, *waits, _chances(record, design))
    seed, salt = str(record.get("seed", "")), str(record.get("salt", ""))
    what = "seed and salt do not give the published commitment"
    checks.append(_agrees("commitment", str(record.get("commitment")), commit(seed, salt), what))
    checks.append(_times(record))
    public = str(record.get("public_result", ""))
    if bool(design.public) != bool(public):
        got = "none" if design.public else "one"
        problem = Problem("public_result", "the public source and its result belong together", got, design.public)
        checks += [Check("draw", False, problem), Check("waiting", False, problem)]
    else:
        first = record.get("format") == FIRST
        drawn = listed_drawing(design, seed) if first else draw_design(design, key_of(design, seed, public))
        checks += _result(record, design, drawn)
    return (*checks, _chances(record, design))


def listed_drawing(design: Design, seed: str) -> Drawing:
    """A lottery of the first format, which `draw` drew: a share of each stratum, no limits, and the seed alone."""
    if design.kind != "places" or design.share is None or design.limits or design.public or set(design.sizes) != {1}:
        raise DataError(
            [Problem("design", "the first format draws a share of each stratum, one by one", design.kind)]
        )
    entries = design.ordered
    share = float(Fraction(design.share))
    tickets = draw([entry.key for entry in entries], [entry.stratum for entry in entries], share, seed)
    won = {stratum: sum(t.selected for t in tickets if t.stratum == stratum) for stratum in design.strata}
    waiting = tuple(0 if t.selected else t.order - won[t.stratum] + 1 for t in tickets)
    return Drawing(tuple(int(t.selected) for t in tickets), waiting, 0)


def _agrees(name: str, told: str, found: str, what: str) -> Check:
    if told == found:
        return Check(name, True)
    return Check(name, False, Problem(name, what, found[:16] + "…", told[:16] + "…"))


def _times(record: Mapping[str, Any]) -> Check:
    told = [str(record.get(name, "")) for name in ("frozen_at", "committed_at", "drawn_at")]
    try:
        frozen, committed, drawn = (datetime.fromisoformat(text) for text in told)
        right = frozen <= committed < drawn
    except (ValueError, TypeError):
        right = False
    if right:
        return Check("times", True)
    what = "the list is closed first, then the seed committed to, then drawn"
    return Check("times", False, Problem("times", what, ", ".join(text[:32] for text in told)))


def _result(record: Mapping[str, Any], design: Design, drawn: Drawing) -> list[Check]:
    try:
        told = {_text(row["key"]): (_whole(row["group"]), _whole(row["waiting"])) for row in record["result"]}
    except (KeyError, TypeError, ValueError):
        told = {}
    keys = [entry.key for entry in design.ordered]
    checks = []
    for name, place, found in (("draw", 0, drawn.group), ("waiting", 1, drawn.waiting)):
        other = [key for key, value in zip(keys, found, strict=True) if key not in told or told[key][place] != value]
        surplus = sorted(set(told) - set(keys))
        if other or surplus or (name == "draw" and record.get("attempt") != drawn.attempt):
            what = "the result is not the one that list and seed draw"
            got = f"{len(other)} of {len(keys)} differ: {', '.join([*other, *surplus][:5])}"
            next_ = "restore the drawn result; a study of another one is no longer of a lottery"
            checks.append(Check(name, False, Problem(name, what, got, next=next_)))
        else:
            checks.append(Check(name, True))
    return checks


def _chances(record: Mapping[str, Any], design: Design) -> Check:
    try:
        told = {_text(row["key"]): [float(chance) for chance in row["chances"]] for row in record["chances"]}
        found = rehearse(design)
    except (KeyError, TypeError, ValueError) as error:
        problems = error.problems if isinstance(error, ImpactError) else ()
        what = "the chances are missing or of another kind"
        return Check("chances", False, problems[0] if problems else Problem("chances", what))
    wanted = {
        entry.key: [round(chance, 6) for chance in row]
        for entry, row in zip(design.ordered, found.chances, strict=True)
    }
    said = record.get("rehearsal")
    same = isinstance(said, Mapping) and (said.get("tried"), said.get("accepted")) == (found.tried, found.accepted)
    if same and told == wanted:
        return Check("chances", True)
    return Check("chances", False, Problem("chances", "another rehearsal gives other chances"))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"text is needed, not {type(value).__name__}")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"a whole number is needed, not {type(value).__name__}")
    return value
