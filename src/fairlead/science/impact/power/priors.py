"""Published guesses for the numbers that a design needs before its data exist, each with source and confidence."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from fairlead.science.impact.problems import DataError, Problem


@dataclass(frozen=True, slots=True)
class Prior:
    """A published guess for a design parameter; `by_grade` where the source tells grades apart."""

    name: str
    low: float
    high: float
    source: str
    basis: str
    confidence: str
    label: str = ""
    year: int | None = None
    by_grade: tuple[tuple[str, float], ...] = ()

    def at(self, grade: str) -> float:
        """The value of one grade.

        Examples
        --------
        >>> prior("icc_school_math").at("3")
        0.241
        """
        values = dict(self.by_grade)
        if grade not in values:
            known = ", ".join(values) or "none: this guess is not told by grade"
            raise DataError([Problem("grade", f"{self.name} has no value for this grade", grade, known)])
        return values[grade]


@cache
def priors() -> tuple[Prior, ...]:
    """All of them, in the order of the file."""
    text = (resources.files(__package__) / "priors.toml").read_text(encoding="utf-8")
    return tuple(
        Prior(
            name=key,
            low=body["low"],
            high=body["high"],
            source=body["source"],
            basis=body["basis"],
            confidence=body["confidence"],
            label=body["name"],
            year=body["year"],
            by_grade=tuple(zip(body.get("grades", ()), body.get("values", ()), strict=True)),
        )
        for key, body in tomllib.loads(text).items()
    )


def prior(name: str) -> Prior:
    """One of them by its name."""
    for one in priors():
        if one.name == name:
            return one
    raise DataError([Problem("prior", "no such prior", name, ", ".join(one.name for one in priors()))])
