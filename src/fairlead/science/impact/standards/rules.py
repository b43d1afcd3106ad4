"""The rules as data, and one line of a verdict. Words and numbers live in rules.toml; nothing is decided
here."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class Line:
    """One rule applied. outcome: pass, fail, adjust (passes because the model adjusts), info, unknown.

    basis: V official page read, S secondary source read, R recalled, D derived; confidence H, M, L.
    decisive: the rating would have been looked at again had this line come out otherwise.
    """

    rule: str
    title: str
    title_es: str
    text: str
    text_es: str
    value: str
    threshold: str
    outcome: str
    basis: str
    confidence: str
    version: str
    source: str
    decisive: bool

    @property
    def tag(self) -> str:
        """Basis and confidence as printed: ``R·H``."""
        return f"{self.basis}·{self.confidence}"

    @property
    def provisional(self) -> bool:
        """Rests on memory or on low confidence."""
        return self.basis == "R" or self.confidence == "L"


@cache
def rules(version: str) -> dict[str, dict[str, Any]]:
    """Every rule of one version by its id, words and numbers together."""
    text = (resources.files("fairlead.science.impact.standards") / "rules.toml").read_text(encoding="utf-8")
    return {
        item["id"]: {**{k: v for k, v in item.items() if isinstance(v, str)}, **item[version]}
        for item in tomllib.loads(text)["rule"]
    }


def line(
    version: str,
    rule: str,
    outcome: str,
    *,
    value: str = "",
    threshold: str = "",
    decisive: bool = True,
    en: dict[str, str] | None = None,
    es: dict[str, str] | None = None,
) -> Line:
    """Fill in one rule's words, English and Spanish, and stamp it with its tag and source."""
    body = rules(version)[rule]
    common = {"value": value, "threshold": threshold}
    english = {**common, **(en or {})}
    return Line(
        rule=rule,
        title=body["title"],
        title_es=body["title_es"],
        text=body["text"].format(**english).strip(),
        text_es=body["text_es"].format(**{**english, **(es or {})}).strip(),
        value=value,
        threshold=threshold,
        outcome=outcome,
        basis=body["basis"],
        confidence=body["confidence"],
        version=version,
        source=body["source"],
        decisive=decisive,
    )
