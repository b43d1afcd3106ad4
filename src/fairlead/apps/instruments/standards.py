"""What a score must reach before it may be used for what, and how much must be there for a number: data with source."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from fairlead.apps.instruments.words import in_words


@dataclass(frozen=True, slots=True)
class Use:
    """What a score is used for and the coefficient that this needs; `coefficient` is "none" where it needs none."""

    key: str
    name: str
    name_es: str
    coefficient: str
    wanted: float
    because: str
    because_es: str

    def __str__(self) -> str:
        return in_words(self.name, self.name_es)

    @property
    def reason(self) -> str:
        """Why so much, in the reader's language."""
        return in_words(self.because, self.because_es)


@dataclass(frozen=True, slots=True)
class Least:
    """How much must be there before a number is told."""

    objects: int
    twice: int
    responses: int
    calibrated: int
    own_slopes: int
    compared: int
    pairs: int


@dataclass(frozen=True, slots=True)
class Look:
    """How far back and how far ahead is looked."""

    days: int
    raters: tuple[int, ...]
    visits: int
    most: int


@dataclass(frozen=True, slots=True)
class Standards:
    """The table, read."""

    source: str
    version: str
    uses: tuple[Use, ...]
    least: Least
    look: Look

    @property
    def asking(self) -> tuple[Use, ...]:
        """Uses that need a coefficient."""
        return tuple(use for use in self.uses if use.coefficient != "none")

    def use(self, key: str) -> Use:
        """One use by its key."""
        return next(use for use in self.uses if use.key == key)


@cache
def standards() -> Standards:
    """The table of `standards.toml`."""
    raw = tomllib.loads(files(__package__).joinpath("standards.toml").read_text(encoding="utf-8"))
    look = raw["look"]
    return Standards(
        source=raw["source"],
        version=raw["version"],
        uses=tuple(Use(**row) for row in raw["uses"]),
        least=Least(**raw["least"]),
        look=Look(**{**look, "raters": tuple(look["raters"])}),
    )
