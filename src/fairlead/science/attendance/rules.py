"""Rule packs: dated definitions with source and confidence, read once from `rules.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

CONFIDENCES = ("published", "secondary", "own")


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a rule comes from, from when to when it holds, and its words in both languages."""

    key: str
    version: str
    begins: date
    ends: date | None
    confidence: str
    source: str
    source_url: str
    texts: Mapping[str, str]

    @property
    def id(self) -> str:
        """Key and version: what a number that rests on the rule carries."""
        return f"{self.key}@{self.version}"

    @property
    def provisional(self) -> bool:
        """Whether a verdict by this rule prints "provisional"."""
        return self.confidence != "published"

    def in_force(self, on: date) -> bool:
        """Whether the rule holds on a day."""
        return self.begins <= on and (self.ends is None or on <= self.ends)

    def said(self, name: str, language: str = "en") -> str:
        """The rule's label, meaning, or what it ignores, in a language."""
        return self.texts[f"{name}_es" if language.startswith("es") else name]


@dataclass(frozen=True, slots=True)
class ChronicRule:
    """When a student is chronically absent: a share of expected or of marked days, from a least number of expected days."""

    about: Provenance
    share: float
    of: str
    min_expected: int


@dataclass(frozen=True, slots=True)
class TriggerRule:
    """How many days absent by the end of each month of school days call for help before the year's share can."""

    about: Provenance
    by_month: tuple[int, ...]
    each_month: int
    tier_3: float
    days_a_month: int
    tier_3_from: int


@dataclass(frozen=True, slots=True)
class LatenessRule:
    """What is structural and what is new about submitting late or not at all."""

    about: Provenance
    structural: float
    surely: float
    least_rise: float
    false_discovery: float
    min_expected: int
    min_recent: int
    level: float


class _Rule(Protocol):
    @property
    def about(self) -> Provenance: ...


Rule = TypeVar("Rule", bound=_Rule)


@cache
def _pack() -> Mapping[str, Any]:
    return tomllib.loads(files("fairlead.science.attendance").joinpath("rules.toml").read_text(encoding="utf-8"))


def _about(row: Mapping[str, Any]) -> Provenance:
    if row["confidence"] not in CONFIDENCES:
        raise ValueError(f"rules.toml, {row['key']}: confidence is one of {CONFIDENCES}, not {row['confidence']!r}")
    texts = {name: row[name] for word in ("label", "meaning", "ignores") for name in (word, f"{word}_es")}
    return Provenance(
        key=row["key"],
        version=row["version"],
        begins=row["begins"],
        ends=row.get("ends"),
        confidence=row["confidence"],
        source=row["source"],
        source_url=row["source_url"],
        texts=MappingProxyType(texts),
    )


@cache
def chronic_rules() -> tuple[ChronicRule, ...]:
    """Every rule of chronic absence."""
    return tuple(ChronicRule(_about(row), row["share"], row["of"], row["min_expected"]) for row in _pack()["chronic"])


@cache
def trigger_rules() -> tuple[TriggerRule, ...]:
    """Every rule of early triggers."""
    return tuple(
        TriggerRule(
            _about(row), tuple(row["by_month"]), row["each_month"], row["tier_3"], row["days_a_month"],
            row["tier_3_from"],
        )
        for row in _pack()["triggers"]
    )  # fmt: skip


@cache
def lateness_rules() -> tuple[LatenessRule, ...]:
    """Every rule of lateness."""
    return tuple(
        LatenessRule(
            _about(row), row["structural"], row["surely"], row["least_rise"], row["false_discovery"],
            row["min_expected"], row["min_recent"], row["level"],
        )
        for row in _pack()["lateness"]
    )  # fmt: skip


def in_force(rules: tuple[Rule, ...], key: str, on: date) -> Rule:
    """The version of a rule that holds on a day.

    Raises
    ------
    LookupError
        When there is no such rule, or none of its versions holds on that day.
    """
    found = [rule for rule in rules if rule.about.key == key and rule.about.in_force(on)]
    if not found:
        known = ", ".join(sorted({rule.about.key for rule in rules}))
        raise LookupError(f"no rule {key!r} is in force on {on}; there is {known}")
    return max(found, key=lambda rule: rule.about.begins)
