"""Quality rules: dated data in `rules.toml`, read once. A rule that no longer holds stays, with its end date."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from django.utils.translation import get_language

from fairlead.science.places import Condition

CONFIDENCES = ("published", "adapted", "invented")


@dataclass(frozen=True, slots=True)
class Words:
    """A text in both languages; reads in the language of the page."""

    en: str
    es: str

    def __str__(self) -> str:
        return self.es if (get_language() or "en").startswith("es") else self.en


@dataclass(frozen=True, slots=True)
class QualityRule:
    """What counts as a quality seat, from when to when, who says so, and what it does not see."""

    key: str
    label: Words
    definition: Words
    ignores: Words
    source: str
    source_url: str
    confidence: str
    begins: date
    ends: date | None
    conditions: tuple[Condition, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of school results that the rule reads."""
        return tuple(dict.fromkeys(condition.column for condition in self.conditions))

    @property
    def provisional(self) -> bool:
        """A verdict that rests on a rule which no public body published prints "provisional"."""
        return self.confidence != "published"

    def in_force(self, on: date) -> bool:
        return self.begins <= on and (self.ends is None or on <= self.ends)


def _words(entry: Mapping[str, Any], name: str) -> Words:
    return Words(en=entry[name], es=entry[f"{name}_es"])


def _rule(entry: Mapping[str, Any]) -> QualityRule:
    if entry["confidence"] not in CONFIDENCES:
        raise ValueError(
            f"rules.toml, rule {entry['key']!r}: confidence must be one of {CONFIDENCES} "
            f"(got {entry['confidence']!r})."
        )
    return QualityRule(
        key=entry["key"],
        label=_words(entry, "label"),
        definition=_words(entry, "definition"),
        ignores=_words(entry, "ignores"),
        source=entry["source"],
        source_url=entry["source_url"],
        confidence=entry["confidence"],
        begins=entry["begins"],
        ends=entry.get("ends"),
        conditions=tuple(Condition(**condition) for condition in entry["all"]),
    )


@cache
def _pack() -> Mapping[str, Any]:
    return tomllib.loads(files("fairlead.apps.places").joinpath("rules.toml").read_text(encoding="utf-8"))


@cache
def quality_rules() -> dict[str, QualityRule]:
    """Every rule by key, in the order of the file."""
    rules = [_rule(entry) for entry in _pack()["rule"]]
    if len({rule.key for rule in rules}) != len(rules):
        raise ValueError("rules.toml: two rules have the same key.")
    return {rule.key: rule for rule in rules}


@cache
def result_columns() -> dict[str, Words]:
    """The columns of school results that rules may read, and what to call them."""
    return {name: _words(entry, "label") for name, entry in _pack()["columns"].items()}


def rules_for(columns: set[str], on: date) -> list[QualityRule]:
    """The rules in force on a day that can be read from these columns of results."""
    return [rule for rule in quality_rules().values() if rule.in_force(on) and columns.issuperset(rule.columns)]
