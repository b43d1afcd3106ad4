"""Power against PowerUp's published numbers, the lottery against its promises, translations against their tables."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.science import impact
from fairlead.science.impact import power, translate

# --- power -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("design", "mdes"),
    [
        # PowerUpR 1.1.0: mdes.ira(n=250); mdes.cra2(rho2=.20, g2=1, r21=.5, r22=.5, n=60, J=40);
        # mdes.bira2(rho2=.17, omega2=.5, n=15, J=20). As many digits as it printed.
        (power.individual(250), 0.355775),
        (power.clusters(60, 40, icc=0.2, r2_cluster=0.5, r2=0.5, covariates=1), 0.297201),
        (power.blocked_random(15, 20, icc=0.17, omega=0.5), 0.3655854),
    ],
)
def test_powerup_mdes(design, mdes):
    assert design.mdes == pytest.approx(mdes, abs=6e-7)


def test_powerup_power():
    design = power.clusters(20, 40, icc=0.2, r2_cluster=0.5, r2=0.5, covariates=1)
    assert design.power_for(0.25) == pytest.approx(0.6036279, abs=6e-8)


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(4, 60), count=st.integers(20, 200), icc=st.floats(0.0, 0.5), wanted=st.floats(0.5, 0.95),
    sd=st.floats(0.1, 100),
)  # fmt: skip
def test_the_mdes_has_the_power_it_was_made_for(n, count, icc, wanted, sd):
    """MDES by central t quantiles, power by the noncentral t: they agree to 0.02 from 18 degrees of freedom on."""
    design = power.clusters(n, count, icc=icc, power=wanted, sd=sd)
    assert design.power_for(design.mdes) == pytest.approx(wanted, abs=0.02)
    assert design.mdes_native == pytest.approx(design.mdes * sd)
    assert design.power_for_native(design.mdes * sd) == pytest.approx(design.power_for(design.mdes), abs=1e-9)
    assert design.power_for(0.0) == pytest.approx(0.05, abs=1e-6)


def test_more_of_anything_helps():
    base = power.clusters(20, 40, icc=0.2)
    assert power.clusters(20, 80, icc=0.2).mdes < base.mdes
    assert power.clusters(40, 40, icc=0.2).mdes < base.mdes
    assert power.clusters(20, 40, icc=0.1).mdes < base.mdes
    assert power.clusters(20, 40, icc=0.2, r2_cluster=0.5).mdes < base.mdes
    assert power.blocked(6, 20, icc=0.3).mdes < power.blocked(6, 20, icc=0.0).mdes


def test_impossible_designs_are_refused_all_at_once():
    with pytest.raises(impact.DataError) as caught:
        power.clusters(0, 40, icc=1.5, share=1.0)
    assert {problem.where for problem in caught.value.problems} == {"n", "icc", "share"}
    with pytest.raises(impact.DataError, match="degrees of freedom"):
        power.clusters(20, 3, blocks=4)


# --- lottery -----------------------------------------------------------------------------------------------------

UNITS = [f"t{place:03d}" for place in range(120)]
STRATA = [f"school {place % 18}" for place in range(120)]


def test_the_draw_repeats_and_can_be_verified():
    commitment = impact.commit("harbor lights", "salt")
    tickets = impact.draw(UNITS, STRATA, 0.5, "harbor lights")
    selected = [ticket.selected for ticket in tickets]
    assert impact.draw(UNITS, STRATA, 0.5, "harbor lights") == tickets
    assert impact.verify(commitment, "harbor lights", "salt", UNITS, STRATA, 0.5, selected) == ()
    changed = [not selected[0], *selected[1:]]
    assert "1 units differ" in str(impact.verify(commitment, "harbor lights", "salt", UNITS, STRATA, 0.5, changed)[0])
    assert impact.verify(commitment, "another", "salt", UNITS, STRATA, 0.5, selected)[0].where == "seed"


def test_the_draw_is_frozen():
    """A published seed must give the same winners for ever: any change here is a new format name."""
    tickets = impact.draw(["a", "b", "c", "d", "e"], ["s"] * 5, 0.4, "seed")
    assert [ticket.unit for ticket in tickets if ticket.selected] == ["c", "e"]
    assert impact.commit("seed", "salt") == "34657492f2cd409ad6b2028348349ab17f9587b61de122d3e8819da2ff3bf963"


@settings(max_examples=100, deadline=None)
@given(st.randoms(use_true_random=False), st.text(min_size=1, max_size=8))
def test_the_order_of_the_list_does_not_matter(shuffler: random.Random, seed):
    rows = list(zip(UNITS, STRATA, strict=True))
    shuffler.shuffle(rows)
    mixed = impact.draw([unit for unit, _ in rows], [stratum for _, stratum in rows], 0.5, seed)
    assert {t.unit for t in mixed if t.selected} == {
        t.unit for t in impact.draw(UNITS, STRATA, 0.5, seed) if t.selected
    }


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 30), st.floats(0.05, 0.95), st.text(min_size=1, max_size=8))
def test_each_stratum_gets_its_share(size, share, seed):
    units = [str(place) for place in range(size)]
    tickets = impact.draw(units, ["s"] * size, share, seed)
    won = sum(ticket.selected for ticket in tickets)
    assert share * size - 1 <= won <= share * size + 1
    assert sorted(ticket.order for ticket in tickets) == list(range(size))


def test_another_school_cannot_change_a_schools_draw():
    whole = {t.unit: t.selected for t in impact.draw(UNITS, STRATA, 0.5, "seed")}
    some = [(u, s) for u, s in zip(UNITS, STRATA, strict=True) if s == "school 3"]
    alone = impact.draw([u for u, _ in some], [s for _, s in some], 0.5, "seed")
    assert all(whole[ticket.unit] == ticket.selected for ticket in alone)


def test_every_unit_has_the_same_chance():
    """4,000 seeds, five units, share 0.5 (2 or 3 win): standard error 0.0079, four of them = 0.032."""
    wins = dict.fromkeys("abcde", 0)
    for seed in range(4000):
        for ticket in impact.draw(list("abcde"), ["s"] * 5, 0.5, str(seed)):
            wins[ticket.unit] += ticket.selected
    assert all(abs(count / 4000 - 0.5) < 0.032 for count in wins.values()), wins


def test_bad_lists_are_refused_all_at_once():
    with pytest.raises(impact.DataError) as caught:
        impact.draw(["a", "a"], ["s"], 1.5, "")
    assert [problem.where for problem in caught.value.problems] == ["strata", "units", "share", "seed"]


# --- translations ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("g", "months"),
    [(0.0, 0), (0.01, 0), (0.02, 1), (0.09, 1), (0.10, 2), (0.18, 2), (0.19, 3), (1.0, 12), (2.0, 12)],
)
def test_eef_months_at_the_edges_of_its_table(g, months):
    assert translate.eef_months(g) == months
    assert translate.eef_months(-g) == -months


def test_improvement_index():
    assert translate.improvement_index(0.25) == pytest.approx(9.87, abs=5e-3)
    assert translate.improvement_index(0.0) == 0.0


def test_share_of_year_is_left_out_where_it_would_mislead():
    assert translate.share_of_year(0.12, "reading", "3") == pytest.approx(0.2)
    assert translate.share_of_year(0.12, "reading", "12") is None  # an average gain of 0.06
    assert translate.share_of_year(0.12, "science", "3") is None
    assert translate.share_of_year(0.12, "math", "K") is None
