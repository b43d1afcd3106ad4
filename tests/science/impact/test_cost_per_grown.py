"""Cost for each who grew beyond chance: worked by hand, and what it must never tell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.science.impact.costs import NO_NET, SPANS_ZERO, cost_per_grown
from fairlead.science.proportion import Share, wilson


def test_by_hand() -> None:
    # (0.40 − 0.025) of 80 people are 30 beyond chance; 80 × 1,500 $ ÷ 30 = 4,000 $; ends 120,000 ÷ 46 and ÷ 18.
    found = cost_per_grown(1500.0, Share(0.40, 0.25, 0.60, 0.95), n=80)
    assert found.grew == pytest.approx(32)
    assert found.expected == pytest.approx(2)
    assert found.each == pytest.approx(4000.0, rel=1e-12)
    assert found.each_low == pytest.approx(120_000 / 46, rel=1e-12)
    assert found.each_high == pytest.approx(120_000 / 18, rel=1e-12)


def test_what_chance_alone_brings_has_no_price() -> None:
    assert cost_per_grown(900.0, wilson(2, 80), n=80).why == NO_NET, "2 of 80 is what chance brings"
    near = cost_per_grown(900.0, wilson(4, 80), n=80)
    assert (near.each, near.each_low, near.each_high, near.why) == (None, None, None, SPANS_ZERO)


@given(st.integers(1, 400), st.data(), st.floats(0, 0.5))
def test_a_price_is_told_only_where_its_interval_is_finite_and_it_is_never_below_the_naive_one(
    n: int, data: st.DataObject, by_chance: float
) -> None:
    grew = data.draw(st.integers(0, n))
    found = cost_per_grown(1000.0, wilson(grew, n), n, by_chance)
    if found.each is None:
        assert found.why
        assert min(found.net, found.net_low) <= 0
        return
    assert found.each_low is not None
    assert found.each_high is not None
    least, most = found.each * (1 - 1e-12), found.each * (1 + 1e-12)  # the last bit of a division
    assert found.each_low <= most
    assert found.each_high >= least
    assert found.each >= 1000.0 * n / grew * (1 - 1e-12)


@pytest.mark.parametrize(("n", "by_chance", "cost"), [(0, 0.1, 1.0), (5, 1.0, 1.0), (5, -0.1, 1.0), (5, 0.1, -1.0)])
def test_refuses_what_cannot_be(n: int, by_chance: float, cost: float) -> None:
    with pytest.raises(ValueError, match="must be"):
        cost_per_grown(cost, Share(0.5, 0.4, 0.6, 0.95), n, by_chance)
