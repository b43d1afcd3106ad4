"""How a dose is spread over people: bands, quartiles, hours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fairlead.apps.learning.selectors import Dose


@dataclass(frozen=True, slots=True)
class Spread:
    """How a dose is spread over people: everybody counts, also those who had nothing."""

    n: int
    bands: tuple[int, ...]  # none; under a quarter; to a half; to three quarters; under all; all
    quartiles: tuple[float, float, float]
    hours: float  # of contact, in all

    @property
    def shares(self) -> list[float]:
        return [count / self.n for count in self.bands]


EDGES = (0.0, 0.25, 0.5, 0.75, 1.0)


def band(share: float) -> int:
    """The band of a share: 0 for none, 5 for all of it."""
    return 0 if share <= 0 else 5 if share >= 1 else 1 + sum(share >= edge for edge in EDGES[1:4])


def spread(found: Iterable[Dose]) -> Spread | None:
    """The distribution of shares; None where nothing has been offered yet."""
    some = sorted(d.share for d in found if d.share is not None)
    if not some:
        return None
    counts = [0] * 6
    for share in some:
        counts[band(share)] += 1
    return Spread(
        len(some), tuple(counts), (_at(some, 0.25), _at(some, 0.5), _at(some, 0.75)), sum(d.had for d in found) / 60
    )


def _at(some: list[float], part: float) -> float:
    """A quantile, between the two nearest values (R's seventh type)."""
    place = part * (len(some) - 1)
    low = int(place)
    high = min(low + 1, len(some) - 1)
    return some[low] + (place - low) * (some[high] - some[low])
