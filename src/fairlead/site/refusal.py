"""An error a person can act on: what, allowed, got, where, next."""

from __future__ import annotations

from typing import Protocol


class Explained(Protocol):
    """What the errors of the rooms have in common, whose sentences may still be waiting for their language."""

    what: str
    allowed: str
    got: str
    where: str
    then: str


class Refusal(Exception):
    """Fairlead will not go on, and says why in the one shape that all of its start-up errors have."""

    def __init__(self, what: str, *, allowed: str, got: str, where: str, then: str) -> None:
        self.what, self.allowed, self.got, self.where, self.then = what, allowed, got, where, then
        super().__init__(what)

    @classmethod
    def of(cls, error: Explained) -> Refusal:
        """The same words, at the terminal."""
        return cls(
            str(error.what),
            allowed=str(error.allowed),
            got=str(error.got),
            where=str(error.where),
            then=str(error.then),
        )

    def __str__(self) -> str:
        rows = (("allowed", self.allowed), ("got", self.got), ("where", self.where), ("next", self.then))
        return "\n".join([self.what, *(f"  {name:<8} {text}" for name, text in rows)])
