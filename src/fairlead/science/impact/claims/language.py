"""The word lists of a language, compiled once."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

LANGUAGES = ("en", "es")


@dataclass(frozen=True, slots=True)
class Words:
    """Compiled patterns by category."""

    lists: dict[str, re.Pattern[str]]
    units: dict[str, re.Pattern[str]]
    names: dict[str, re.Pattern[str]]
    caveats: dict[str, re.Pattern[str]]
    grades: tuple[tuple[frozenset[str], re.Pattern[str]], ...]
    number_words: dict[str, int]


@cache
def words(language: str) -> Words:
    """The words of "en" or "es"."""
    if language not in LANGUAGES:
        raise ValueError(f"no word list for {language!r}; there are {', '.join(LANGUAGES)}")
    data = _load(f"words_{language}.toml")
    return Words(
        lists={key: pattern(value) for key, value in data.items() if isinstance(value, list)},
        units={key: pattern(value) for key, value in data["units"].items()},
        names={key: pattern(value) for key, value in data["names"].items()},
        caveats={key: pattern(value) for key, value in data["caveats"].items()},
        grades=tuple((_span(key), pattern(value)) for key, value in data["grades"].items()),
        number_words=dict(data["number_words"]),
    )


@cache
def reasons() -> dict[str, Any]:
    """The words of each refusal, by rule and language."""
    return _load("reasons.toml")


@cache
def states() -> re.Pattern[str]:
    """Names of places that a claim may carry by mistake."""
    return pattern([re.escape(name) for name in reasons()["states"]["names"]])


def pattern(alternatives: list[str]) -> re.Pattern[str]:
    """One pattern of alternatives, longest first, between word boundaries ("%" has none)."""
    ordered = sorted(alternatives, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(ordered)})(?!\w)", re.IGNORECASE)


def _span(key: str) -> frozenset[str]:
    order = ["PK", "K", *(str(grade) for grade in range(1, 13))]
    first, _, last = key.partition("-")
    return frozenset(order[order.index(first) : order.index(last or first) + 1])


def _load(name: str) -> dict[str, Any]:
    text = (resources.files("fairlead.science.impact.claims") / name).read_text(encoding="utf-8")
    return tomllib.loads(text)
