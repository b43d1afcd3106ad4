"""How far apart raters were, and which years may be held beside each other."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from fairlead.apps.diagnostics.change import How, compare
from fairlead.apps.diagnostics.distance import agreement, apart


def test_apart_counts_the_steps_between_the_furthest() -> None:
    found = apart([2, None, 4, 3])
    assert found is not None
    assert (found.raters, found.low, found.high, found.steps) == (3, 2, 4, 2)
    assert apart([2, None]) is None


def test_agreement_over_pairs() -> None:
    """Six pairs by hand: 2-2 and 3-3 are the same, 1-2, 3-4 one apart, 1-3 and 1-4 further."""
    found = agreement({1: [2, 2], 2: [3, 3], 3: [1, 2], 4: [3, 4], 5: [1, 3], 6: [1, 4], 7: [2], 8: [None, 3]})
    assert found is not None
    assert (found.pairs, found.items) == (6, 6)
    assert (found.same_percent, found.near_percent) == (33, 67)
    assert found.alpha is not None


def test_alpha_is_krippendorffs_for_ordered_levels() -> None:
    """Krippendorff (2011), "Computing Krippendorff's alpha-reliability", table C: four observers, twelve units, ordinal 0.815."""
    units: list[list[int | None]] = [
        [1, 1, None, 1],
        [2, 2, 3, 2],
        [3, 3, 3, 3],
        [3, 3, 3, 3],
        [2, 2, 2, 2],
        [1, 2, 3, 4],
        [4, 4, 4, 4],
        [1, 1, 2, 1],
        [2, 2, 2, 2],
        [None, 5, 5, 5],
        [None, None, 1, 1],
        [None, None, 3, None],
    ]
    found = agreement(dict(enumerate(units)))
    assert found is not None
    assert found.alpha == pytest.approx(0.815, abs=5e-4)


def test_no_alpha_of_too_little_or_of_one_level_only() -> None:
    few = agreement({1: [1, 2], 2: [3, 3], 3: [2, 2], 4: [1, 1]})
    assert few is not None
    assert few.alpha is None
    alike = agreement({n: [3, 3, 3] for n in range(9)})
    assert alike is not None
    assert (alike.alpha, alike.same_percent) == (None, 100)
    assert agreement({1: [3], 2: [None, None]}) is None


@dataclass(frozen=True)
class Thing:
    pk: int


def test_years_compare_within_a_version_or_where_the_words_are_the_same() -> None:
    then, now = [Thing(1), Thing(2)], [Thing(11), Thing(12), Thing(13)]
    roots = {1: 1, 2: 2, 11: 1, 12: 12, 13: 13}
    same = compare(then, 1, 1, then, roots)
    assert {pk: (c.how, c.then) for pk, c in same.items()} == {1: (How.SAME_VERSION, 1), 2: (How.SAME_VERSION, 2)}
    other = compare(now, 2, 1, then, roots)
    assert (other[11].how, other[11].then) == (How.SAME_WORDS, 1)
    assert (other[12].how, other[12].then) == (How.OTHER_WORDS, None)


def test_a_chain_of_versions_leads_back_to_the_first_words() -> None:
    """Version 3 repeats version 2, which repeats version 1: their root is one."""
    found = compare([Thing(31)], 3, 1, [Thing(11)], {31: 11, 21: 11, 11: 11})
    assert (found[31].how, found[31].then) == (How.SAME_WORDS, 11)
