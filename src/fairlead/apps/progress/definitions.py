"""Indicators and the theory of change: data, checked when it is read."""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from fairlead.apps.facts.catalogue import View, catalogue, said
from fairlead.apps.facts.selectors import BY_GROUP, MEASURES

LEVELS = ("student", "teaching", "leadership", "conditions")
EVIDENCE = ("none", "weak", "study")
WINDOWS = ("week", "four weeks", "year")


@dataclass(frozen=True, slots=True)
class Indicator:
    """What is counted, of what, on which level, and what it should come to."""

    key: str
    level: str
    measure: str
    view: View
    columns: tuple[str, ...]
    window: str
    direction: str
    target: float
    near: float
    jump: float
    most: float
    min_n: int
    min_coverage: float
    counts_people: bool
    publish: str
    rule: str
    texts: dict[str, Any]

    def __getattr__(self, name: str) -> str:
        """The indicator's words in the reader's language: label, says, unit, numerator, denominator, coverage, source."""
        if name.startswith("_") or name not in self.texts:
            raise AttributeError(name)
        return said(self.texts, name)

    @property
    def version(self) -> str:
        """Twelve letters that change when the definition does."""
        return hashlib.sha256(json.dumps(self.texts, sort_keys=True, default=str).encode()).hexdigest()[:12]

    def standing(self, value: float) -> str:
        """ok, warn or bad: at the target or better, near it, or further off."""
        short = (self.target - value) if self.direction == "up" else (value - self.target)
        if short <= 1e-9:
            return "ok"
        return "warn" if short <= self.near + 1e-9 else "bad"


@dataclass(frozen=True, slots=True)
class Level:
    """A level of the theory of change."""

    key: str
    texts: dict[str, str]

    @property
    def label(self) -> str:
        return said(self.texts, "label")


@dataclass(frozen=True, slots=True)
class Node:
    """Something that should come about."""

    key: str
    level: str
    indicators: tuple[str, ...]
    texts: dict[str, Any]

    @property
    def label(self) -> str:
        return said(self.texts, "label")

    @property
    def not_measured(self) -> str:
        return "" if self.indicators else said(self.texts, "not_measured")


@dataclass(frozen=True, slots=True)
class Arrow:
    """One thing is believed to lead to another, with the evidence that there is."""

    begins: str
    ends: str
    evidence: str
    study: str
    texts: dict[str, str]

    @property
    def says(self) -> str:
        return said(self.texts, "says")

    @property
    def source(self) -> str:
        return said(self.texts, "source")


@dataclass(frozen=True, slots=True)
class TheoryOfChange:
    """Nodes on four levels, and arrows between them."""

    version: str
    levels: tuple[Level, ...]
    nodes: tuple[Node, ...]
    arrows: tuple[Arrow, ...]
    texts: dict[str, Any]

    @property
    def goal(self) -> str:
        return said(self.texts, "goal")


@dataclass(frozen=True, slots=True)
class Expectation:
    """Two indicators that should go together across schools, with this sign."""

    first: str
    second: str
    sign: int


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))


@cache
def indicators() -> dict[str, Indicator]:
    """All indicators by key, in the order of the file."""
    found = {}
    for key, row in _read("indicators.toml").items():
        if key == "expect":
            continue
        view = catalogue()[row["facts"]]
        unknown = set(row["columns"]) - {column.key for column in view.columns}
        if unknown or row["level"] not in LEVELS or row["measure"] not in MEASURES or row["window"] not in WINDOWS:
            raise ValueError(f"indicators.toml, {key}: unknown column, level, measure or window {sorted(unknown)}")
        if row["publish"] == "groups" and row["measure"] not in BY_GROUP:
            raise ValueError(f"indicators.toml, {key}: no measure by group for {row['measure']}")
        found[key] = Indicator(
            key=key,
            level=row["level"],
            measure=row["measure"],
            view=view,
            columns=tuple(row["columns"]),
            window=row["window"],
            direction=row["direction"],
            target=row["target"],
            near=row["near"],
            jump=row["jump"],
            most=row.get("most", 1.0),
            min_n=row["min_n"],
            min_coverage=row["min_coverage"],
            counts_people=row["counts_people"],
            publish=row["publish"],
            rule=row.get("rule", ""),
            texts=row,
        )
    return found


@cache
def expectations() -> tuple[Expectation, ...]:
    """Pairs of indicators that should go together."""
    return tuple(
        Expectation(row["pair"][0], row["pair"][1], row["sign"]) for row in _read("indicators.toml")["expect"]
    )


@cache
def theory_of_change() -> TheoryOfChange:
    """The network's theory of change; an arrow to a node that is not there is an error."""
    raw = _read("theory.toml")
    levels = tuple(Level(row["key"], row) for row in raw["level"])
    nodes = tuple(Node(row["key"], row["level"], tuple(row["indicators"]), row) for row in raw["node"])
    arrows = tuple(Arrow(row["from"], row["to"], row["evidence"], row.get("study", ""), row) for row in raw["arrow"])
    known = {node.key for node in nodes}
    for arrow in arrows:
        if not {arrow.begins, arrow.ends} <= known or arrow.evidence not in EVIDENCE:
            raise ValueError(f"theory.toml: arrow {arrow.begins} -> {arrow.ends} ({arrow.evidence})")
    for node in nodes:
        if node.level not in {level.key for level in levels} or not set(node.indicators) <= set(indicators()):
            raise ValueError(f"theory.toml: node {node.key} names an unknown level or indicator")
    return TheoryOfChange(raw["version"], levels, nodes, arrows, raw)
