"""The fixed words of reports and verdicts in English and Spanish (fixed_words.toml): no number is worked out for them."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources


@cache
def words() -> dict[str, list[str]]:
    """The fixed words: key, English, Spanish."""
    text = (resources.files("fairlead.science.impact") / "fixed_words.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def errors_label(kind: str, language: str) -> str:
    """What errors are called in this language; those with a name of letters, such as CR2, keep it."""
    key = f"errors_{kind.replace(' ', '_')}"
    return label(key, language) if key in words() else kind


def label(key: str, language: str) -> str:
    """One of the fixed words, without fields."""
    return words()[key][{"en": 0, "es": 1}[language]]
