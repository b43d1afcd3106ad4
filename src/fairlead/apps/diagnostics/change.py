"""From one year to the next: only within a version, or where an item's words are the same in both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class How(StrEnum):
    """On what ground two years may be held beside each other, or that they may not."""

    SAME_VERSION = "same_version"
    SAME_WORDS = "same_words"  # another version, which repeats this item unchanged
    OTHER_WORDS = "other_words"  # another version, with other words: not compared


class _Item(Protocol):
    @property
    def pk(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Compared:
    """An item beside the one of the earlier year, and the ground; `then` is None where there is nothing to compare."""

    how: How
    then: int | None


def compare(
    now: Iterable[_Item], now_version: int, then_version: int, then: Iterable[_Item], roots: Mapping[int, int]
) -> dict[int, Compared]:
    """For each item of now: which item of then it may be held beside. `roots` says whose words an item repeats."""
    if now_version == then_version:
        return {item.pk: Compared(How.SAME_VERSION, item.pk) for item in now}
    by_root = {roots[item.pk]: item.pk for item in then}
    found = {}
    for item in now:
        earlier = by_root.get(roots[item.pk])
        how = How.OTHER_WORDS if earlier is None else How.SAME_WORDS
        found[item.pk] = Compared(how, earlier)
    return found
