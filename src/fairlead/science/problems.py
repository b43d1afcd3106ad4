"""The one shape of every complaint of science: where, what, got, allowed, next — all of them at once, never one by one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from textwrap import wrap


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


def listed(problems: Iterable[Problem]) -> str:
    """Problems as a person reads them at a terminal: what is wrong on one line, the rest below it."""
    lines: list[str] = []
    for problem in problems:
        lines.append(f"{problem.where}: {problem.what}")
        for name in ("got", "allowed", "next"):
            if text := getattr(problem, name):
                lines += wrap(f"  {name + ':':<9}{text}", 110, subsequent_indent=" " * 11, break_long_words=False)
    return "\n".join(lines)


class ScienceError(ValueError):
    """Base of what the engines refuse; carries `problems`, a tuple of `Problem`."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
