"""How far apart people were who rated the same thing alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from fairlead.science.measurement.agreement import exact_and_adjacent
from fairlead.science.measurement.krippendorff import krippendorff_alpha
from fairlead.science.measurement.problems import MeasurementError

LEAST_ITEMS = 5  # below that, chance is not told from agreement


@dataclass(frozen=True, slots=True)
class Apart:
    """Of one item: how many rated it, from which level to which."""

    raters: int
    low: int
    high: int

    @property
    def steps(self) -> int:
        return self.high - self.low


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of a whole diagnosis: pairs of raters on the same item, and what remains beyond chance."""

    pairs: int
    same: float
    within_one: float
    alpha: float | None  # Krippendorff's, ordinal; None where too little was rated or all levels are one
    items: int

    @property
    def same_percent(self) -> int:
        return round(100 * self.same)

    @property
    def near_percent(self) -> int:
        return round(100 * self.within_one)


def apart(levels: Sequence[int | None]) -> Apart | None:
    """How far apart the levels of one item are; None with fewer than two."""
    given = [level for level in levels if level is not None]
    return Apart(len(given), min(given), max(given)) if len(given) > 1 else None


def agreement(by_item: Mapping[int, Sequence[int | None]]) -> Agreement | None:
    """Agreement over all items that two people or more rated; None where there is none."""
    rated = [[level for level in levels if level is not None] for levels in by_item.values()]
    rated = [levels for levels in rated if len(levels) > 1]
    pairs = [pair for levels in rated for pair in combinations(levels, 2)]
    if not pairs:
        return None
    found = exact_and_adjacent([a for a, _ in pairs], [b for _, b in pairs])
    assert found.adjacent is not None
    return Agreement(found.pairs, found.exact.value, found.adjacent.value, _alpha(rated), len(rated))


def _alpha(rated: list[list[int]]) -> float | None:
    if len(rated) < LEAST_ITEMS:
        return None
    most = max(map(len, rated))
    try:
        return krippendorff_alpha(
            [levels + [None] * (most - len(levels)) for levels in rated], metric="ordinal"
        ).value
    except MeasurementError:
        return None  # everybody gave one and the same level throughout
