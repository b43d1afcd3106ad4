"""The one shape of every complaint of science: where, what, got, allowed, next — all of them at once, never one by one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong and how to mend it. `where` is a key path (``models[1].errors``) or a column."""

    where: str
    what: str
    got: str = ""
    allowed: str = ""
    next: str = ""

    def __str__(self) -> str:
        parts = [f"{self.where}: {self.what}"]
        if self.got:
            parts.append(f"got {self.got}")
        if self.allowed:
            parts.append(f"allowed: {self.allowed}")
        if self.next:
            parts.append(f"next: {self.next}")
        return "; ".join(parts)


class ScienceError(ValueError):
    """Base of what the engines refuse; carries `problems`, a tuple of `Problem`."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
