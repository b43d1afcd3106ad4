"""The distribution of ratings: the unit is an appraisal, small groups are withheld with what would give them away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fairlead.apps.supervision.distribution import LEAST, Distribution, Rated, distribution, table

ScopeOf = Callable[[str], Any]
TIERS = (("intensive", "Intensive"), ("universal", "Universal"))


def rated(author: int, support: int, strong: int) -> Rated:
    return Rated(author, f"S{author}", 1, "2025–26", "example-2025", {"support": support, "growing": 5 - support - strong, "strong": strong})  # fmt: skip


def test_one_appraisal_counts_once_and_carries_wilsons_interval() -> None:
    # Ten appraisals, two of them with a standard that needs support: Brown, Cai & DasGupta 2001 (doi:10.1214/ss/1009213286),
    # Wilson's interval of 2 in 10 is 0.0567 to 0.5098.
    found = [rated(1, 3, 0), rated(1, 1, 3)] + [rated(1, 0, 2)] * 8
    whole, own = table(found, [0] * 10, ["S1"])
    assert (whole.whole, whole.n, own.n) == (True, 10, 10)
    assert own.support is not None
    assert own.high is not None
    assert (own.support.low, own.support.high) == pytest.approx((0.0567, 0.5098), abs=5e-5)
    assert own.high.value == 0.1, "more than half of five is three"


def test_a_small_group_is_not_had_by_subtracting() -> None:
    sizes = (LEAST + 4, LEAST + 3, LEAST - 2)
    found = [rated(i, i % 2, 3) for i, n in enumerate(sizes) for _ in range(n)]
    group = [i for i, n in enumerate(sizes) for _ in range(n)]
    whole, *rows = table(found, group, ["a", "b", "c"])
    assert whole.n == sum(sizes)
    assert (rows[2].n, rows[2].support, rows[2].high) == (None, None, None), "too small"
    assert sum(row.n is None for row in rows) == 2, "and one more, or the total would give it back"


def test_the_number_in_all_is_not_told_where_it_would_give_a_group_away() -> None:
    sizes = (6, 4, 7)
    found = [rated(i, 0, 3) for i, n in enumerate(sizes) for _ in range(n)]
    rows = table(found, [i for i, n in enumerate(sizes) for _ in range(n)], ["a", "b", "c"])
    told = Distribution(("2025–26",), len(found), rows, (), ()).told
    shown = [row.n for row in rows[1:] if row.n is not None]
    assert told is None or len(shown) < len(sizes) - 1, "one group's size would follow"


def test_nobody_appraised() -> None:
    assert table([], [], ["a"]) == ()


def test_only_the_networks_lead_has_a_distribution(seeded: Any, scope_of: ScopeOf) -> None:
    tiers = {int(pk): "intensive" for pk in seeded.school_ids}
    found = distribution(scope_of("ines"), TIERS, tiers)
    assert found.n == 2 * len(seeded.school_ids)
    assert found.years == ("2024–25", "2025–26")
    assert [row.n for row in found.by_tier] == [found.n, found.n, 0]
    assert found.by_tier[2].support is None, "nobody, so no share"
    assert len(found.standards) == 5
    assert all(row.n is None or row.n >= LEAST for row in found.by_supervisor)
    for who in ("marcus", "grace", "tomas"):
        assert distribution(scope_of(who), TIERS, tiers).n == 0, who
