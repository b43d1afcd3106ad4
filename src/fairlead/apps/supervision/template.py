"""The stages' due days, standards, levels and decisions, as dated data."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from django.utils.translation import get_language


@dataclass(frozen=True, slots=True)
class Word:
    """A key with its label in each language."""

    key: str
    texts: dict[str, str]

    @property
    def label(self) -> str:
        return self.texts["label_es" if (get_language() or "").startswith("es") else "label"]


@dataclass(frozen=True, slots=True)
class Pack:
    """What an appraisal that begins under it follows to its end."""

    key: str
    begins: date
    days_to_respond: int
    due: dict[str, tuple[int, int]]
    standards: dict[str, Word]
    levels: dict[str, Word]
    results: tuple[str, ...]  # indicators that may be gathered as results

    def due_on(self, stage: str, begun: date) -> date | None:
        """The day by which a stage is meant to be over; None where no day is set beforehand."""
        if stage not in self.due:
            return None
        month, day = self.due[stage]
        first = begun.year if begun.month >= NEW_YEAR else begun.year - 1
        return date(first if month >= NEW_YEAR else first + 1, month, day)


NEW_YEAR = 7  # month in which a school year begins


@cache
def _raw() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("template.toml").read_text(encoding="utf-8"))


def _words(rows: list[dict[str, str]]) -> dict[str, Word]:
    return {row["key"]: Word(row["key"], row) for row in rows}


@cache
def packs() -> dict[str, Pack]:
    """All packs by key, oldest first."""
    return {
        row["key"]: Pack(
            row["key"],
            row["begins"],
            row["days_to_respond"],
            {stage: (month, day) for stage, (month, day) in row["due"].items()},
            _words(row["standard"]),
            _words(row["level"]),
            tuple(row["results"]),
        )
        for row in sorted(_raw()["pack"], key=lambda row: row["begins"])
    }


def in_force(on: date) -> Pack:
    """The latest pack that has begun; the first one for days before."""
    return next((p for p in reversed(list(packs().values())) if p.begins <= on), next(iter(packs().values())))


@cache
def decisions() -> dict[str, Word]:
    """The decisions of the register, in its order."""
    return _words(_raw()["decision"])


def year_of(day: date) -> str:
    """The school year of a day, as people say it: 2026–27."""
    first = day.year if day.month >= NEW_YEAR else day.year - 1
    return f"{first}–{(first + 1) % 100:02d}"
