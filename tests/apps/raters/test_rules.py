"""A set's rule: what passes, what falls short, and what no rule may say."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from fairlead.apps.raters.rules import Rated, Rule, judge, read


def rows(levels: list[int | None], agreed: list[int], per_case: int = 2) -> list[Rated]:
    return [
        Rated(i // per_case, f"item-{i % per_case}", "abc"[i % per_case], want, got)
        for i, (got, want) in enumerate(zip(levels, agreed, strict=True))
    ]


AGREED = [1, 2, 3, 4, 2, 3, 1, 4]


def test_who_gives_the_agreed_levels_passes_every_rule() -> None:
    held = judge(Rule(exact=1.0, adjacent=1.0, domain_exact=1.0, kappa=1.0), rows(list(AGREED), AGREED))
    assert held.passed
    assert held.numbers["exact"]["value"] == held.numbers["kappa"]["value"] == 1.0
    assert (held.numbers["cases"], held.numbers["pairs"], held.short) == (4, 8, ())


def test_each_part_of_the_rule_can_fail_by_itself() -> None:
    near = [2, 2, 4, 4, 3, 3, 2, 4]  # all of the first domain one too high, the second exact
    held = judge(Rule(exact=0.5, adjacent=1.0, domain_exact=0.4), rows(near, AGREED))
    assert held.short == ("domain:a",)
    assert [d["lean"] for d in held.numbers["domains"]] == [1.0, 0.0]
    assert judge(Rule(exact=0.51), rows(near, AGREED)).short == ("exact",)
    assert judge(Rule(exact=0.5), rows(near, AGREED)).passed, "a floor that is just reached is reached"
    far = [4, 2, 3, 4, 2, 3, 1, 4]
    assert judge(Rule(adjacent=0.9), rows(far, AGREED)).short == ("adjacent",)
    assert judge(Rule(kappa=0.95), rows(near, AGREED)).short == ("kappa",)


def test_a_level_said_to_be_unseen_is_neither_exact_nor_adjacent() -> None:
    held = judge(Rule(adjacent=0.9), rows([None, *AGREED[1:]], AGREED))
    assert held.numbers["adjacent"]["value"] == pytest.approx(7 / 8)
    assert held.numbers["unseen"] == 1
    assert held.short == ("adjacent",)


def test_one_level_throughout_has_no_kappa_and_does_not_pass_by_it() -> None:
    held = judge(Rule(kappa=0.0), rows([2] * 8, [2] * 8))
    assert held.numbers["kappa"] is None
    assert held.short == ("kappa",)


@given(st.lists(st.integers(1, 4), min_size=8, max_size=8), st.permutations(range(8)))
def test_the_order_of_the_levels_does_not_matter(levels: list[int], order: list[int]) -> None:
    made = rows(list(levels), AGREED)
    one, other = judge(Rule(exact=0.5, kappa=0.2), made), judge(Rule(exact=0.5, kappa=0.2), [made[i] for i in order])
    assert one.passed == other.passed
    assert one.numbers["exact"] == pytest.approx(other.numbers["exact"])
    assert one.numbers["adjacent"]["value"] >= one.numbers["exact"]["value"]


@pytest.mark.parametrize(
    "raw",
    [{}, {"wait_days": 7}, {"exact": 1.2}, {"exact": True}, {"exact": 0.7, "wait_days": -1},
     {"exact": 0.7, "months": 0}, {"exact": 0.7, "points": 3}],
)  # fmt: skip
def test_a_rule_that_cannot_be_kept_to_is_refused(raw: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        read(raw)
