"""What an answer is worth: reversed, right or wrong, on which scale. And the rule that versions are never averaged."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

SCORED = frozenset({"rating", "choice", "multiple", "likert", "number"})


class Scorable(Protocol):
    """What scoring reads of an item: the model `Item`, or anything that says the same."""

    kind: str
    anchors: list[dict[str, str]]
    options: list[dict[str, str]]
    correct: list[int]
    reverse: bool


class VersionsDiffer(ValueError):
    """Scores of different versions were to be put together."""


def score(
    item: Scorable, level: int | None = None, chosen: Collection[int] | None = None, number: float | None = None
) -> float | None:
    """An answer's score; None for what has none: not observed, words, a choice without a right answer.

    A rating is its level. A Likert answer is its point, counted from the other end when the item is reversed. A choice
    is 1 when right and 0 when not; of several choices, 1 only when exactly the right ones were made.
    """
    if item.kind == "number":
        return number
    if item.kind == "multiple":
        return None if chosen is None or not item.correct else float(set(chosen) == set(item.correct))
    if level is None or item.kind not in SCORED:
        return None
    if item.kind == "choice":
        return float(level in item.correct) if item.correct else None
    if item.kind == "likert" and item.reverse:
        return float(len(item.options) + 1 - level)
    return float(level)


def scale(item: Scorable) -> tuple[float, float] | None:
    """The least and the greatest score of an item; None where it has none of its own."""
    if item.kind == "rating":
        return 1.0, float(len(item.anchors))
    if item.kind == "likert":
        return 1.0, float(len(item.options))
    return (0.0, 1.0) if item.kind in ("choice", "multiple") and item.correct else None


def one_version(version_ids: Iterable[int]) -> int:
    """The version of all these scores; refuses when they are of several: a level of one wording is none of another."""
    found = set(version_ids)
    if len(found) != 1:
        raise VersionsDiffer(
            f"scores of one version can be put together, not of {len(found)}: {', '.join(map(str, sorted(found)))}; "
            "compare versions by their shared items (linking), and show each by itself"
        )
    return found.pop()


def mean(scores: Mapping[int, Collection[float]]) -> float | None:
    """The mean of scores given by version: of one version, or refused."""
    held = {version: values for version, values in scores.items() if values}
    if not held:
        return None
    values = held[one_version(held)]
    return sum(values) / len(values)
