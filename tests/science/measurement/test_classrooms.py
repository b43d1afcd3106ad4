"""Shares of classrooms and answers, hours below grade, ratios, growth: published numbers, R's survey and clubSandwich
(references/classrooms.R), simulation by hand."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.science.measurement import (
    MeasurementError,
    answer_shares,
    clustered_share,
    growth_beyond_error,
    hours_below_grade,
    ratio_of_shares,
)
from tests.science.measurement import battery

Y = [1, 1, 0, 0, 1, 0, 0, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0, 1, 1, 1, 0, 1]
ROOM = [1, 1, 1, 2, 2, 3, 3, 4, 4, 4, 4, 5, 5, 6, 6, 7, 7, 7, 8, 8, 9, 9]
WEIGHT = [2, 2, 2, 1, 1, 3, 3, 1.5, 1.5, 1.5, 1.5, 4, 4, 2, 2, 1, 1, 1, 2.5, 2.5, 3, 3]
GROUP = ["many"] * 11 + ["few"] * 11


def test_180_hours_at_the_published_share_are_133() -> None:
    """TNTP (2018): 26.1 % of assignments grade-appropriate."""
    found = hours_below_grade([1] * 261 + [0] * 739, [i % 50 for i in range(1000)])
    assert found.share.value == pytest.approx(0.261)
    assert found.value == pytest.approx(133.02)
    assert found.low == pytest.approx(180 * (1 - found.share.high))
    assert found.low < found.value < found.high
    assert hours_below_grade([1, 0, 1, 0], [1, 1, 2, 3], hours=90).value == 45


@pytest.mark.parametrize("rows", [[0, 0], [1, 0], [1, 1, 1, 0]], ids=["all say no", "half in each", "three in four"])
def test_clusters_that_agree_leave_an_interval_with_a_width(rows: list[int]) -> None:
    """Ten clusters of one share: as much as ten independent rows say. Wilson's ends, by his formula written out."""
    share = sum(rows) / len(rows)
    found = clustered_share(rows * 10, [i // len(rows) for i in range(10 * len(rows))])
    z2 = 1.959963984540054**2  # the normal's 97.5 % point, squared
    centre, half = (
        (share + z2 / 20) / (1 + z2 / 10),
        (z2 * (share * (1 - share) / 10 + z2 / 400)) ** 0.5 / (1 + z2 / 10),
    )
    assert (found.value, found.low, found.high) == pytest.approx((share, centre - half, centre + half), abs=1e-9)
    assert (found.se, found.method) == (0.0, "wilson")
    assert "the interval counts each cluster as one independent row" in found.warnings[-1]


def test_of_clusters_that_all_say_no_the_end_is_near_the_rule_of_three() -> None:
    """Hanley & Lippman-Hand (1983): 3 ÷ n for one side of 95 %; Wilson's two sides end at z² ÷ (n + z²)."""
    one_side = clustered_share([0] * 300, [i // 3 for i in range(300)], level=0.90)
    assert one_side.high == pytest.approx(3 / 100, rel=0.15), (
        "an approximation of the exact 2.95 %, beside a score interval"
    )
    uneven = clustered_share([0, 0, 0], ["a", "b", "c"], weights=[8, 1, 1])
    assert uneven.high == pytest.approx(3.841458820694124 / (100 / 66 + 3.841458820694124)), "Kish: 10² ÷ 66 clusters"


def test_a_ratio_with_its_interval() -> None:
    found = ratio_of_shares(Y, GROUP, ROOM, first="many", second="few", weights=WEIGHT)
    assert (found.first.value, found.second.value) == pytest.approx(SHARES, abs=1e-10)
    assert (found.first.se, found.second.se) == pytest.approx(ERRORS, abs=1e-10)
    assert (found.first.df, found.second.df) == pytest.approx(FREEDOMS, abs=1e-9)
    assert found.value == pytest.approx(SHARES[0] / SHARES[1])
    spread = np.hypot(ERRORS[0] / SHARES[0], ERRORS[1] / SHARES[1])
    assert found.low * found.high == pytest.approx(found.value**2)  # symmetric in the logarithm
    assert np.log(found.high / found.value) > 1.96 * spread
    assert found.difference == pytest.approx(SHARES[0] - SHARES[1])
    assert len(found.warnings) == 2


# clubSandwich: CR2 and Satterthwaite of the weighted mean of each group
SHARES = (0.4, 0.653846153846)
ERRORS = (0.184548646397, 0.122784004223)
FREEDOMS = (2.118496036449, 2.595279177007)


def test_a_ratio_by_nothing_is_none_and_says_why() -> None:
    found = ratio_of_shares(
        [1, 0, 1, 0, 0, 0, 0, 0], ["a"] * 4 + ["b"] * 4, [1, 1, 2, 2, 3, 3, 4, 4], first="a", second="b"
    )
    assert (found.value, found.low, found.high) == (None, None, None)
    assert any("no or only such rows" in warning for warning in found.warnings)
    assert found.difference == 0.5
    assert found.difference_low < 0.5 < found.difference_high


def test_a_classroom_in_both_groups_is_refused() -> None:
    with pytest.raises(MeasurementError, match="rows of both groups"):
        ratio_of_shares([1, 0, 1, 0], ["a", "b", "a", "b"], [1, 1, 2, 2], first="a", second="b")


def test_answers_add_up() -> None:
    answers = ["never", "often", None, "often", "some", "some", "often", "never"]
    found = answer_shares(answers, [1, 1, 1, 2, 2, 3, 3, 3], options=["never", "some", "often", "always"])
    assert [one.count for one in found.options] == [2, 2, 3, 0]
    assert sum(one.share.value for one in found.options) == pytest.approx(1)
    assert (found.n, found.missing, found.clusters) == (7, 1, 3)
    assert found.options[3].share.high > 0.4  # nobody of three classes: not "0 %, surely"
    with pytest.raises(MeasurementError, match="'rarely'"):
        answer_shares(["rarely"], [1], options=["never"])


def test_growth_by_hand() -> None:
    found = growth_beyond_error(
        [10, 10, 10, None, 10], [12.1, 11.9, 7.0, 9.0, 10.0], se_before=1, se_after=[0.1, 1, 1, 1, 1]
    )
    assert [person.verdict for person in found.people] == ["improved", "within error", "declined", "within error"]
    assert (found.n, found.missing, found.improved, found.declined) == (4, 1, 1, 1)
    assert found.expected == pytest.approx(0.1)
    assert found.by_chance == pytest.approx(1 - 0.975**4)
    assert found.mean == pytest.approx(0.25)


def test_of_those_who_did_not_change_as_many_improve_as_expected() -> None:
    """40,000 persons without any change: 1,000 expected on each side, found within three of its standard errors (31)."""
    rng = np.random.default_rng(11)
    n = 40_000
    truth, se1, se2 = rng.normal(size=n), rng.uniform(0.2, 0.6, n), rng.uniform(0.2, 0.6, n)
    found = growth_beyond_error(
        truth + se1 * rng.normal(size=n), truth + se2 * rng.normal(size=n), se_before=se1, se_after=se2
    )
    assert found.expected == pytest.approx(1000)
    assert abs(found.improved - 1000) < 94
    assert abs(found.declined - 1000) < 94
    assert found.by_chance > 0.001
    assert found.true_sd is None or found.true_sd < 0.06


def test_true_change_is_told_from_error() -> None:
    rng = np.random.default_rng(12)
    n = 20_000
    change = 0.5 + 0.3 * rng.normal(size=n)
    found = growth_beyond_error(
        0.4 * rng.normal(size=n), change + 0.4 * rng.normal(size=n), se_before=0.4, se_after=0.4
    )
    assert found.mean == pytest.approx(0.5, abs=0.02)  # three standard errors are 0.014
    assert found.true_sd == pytest.approx(0.3, abs=0.02)
    assert found.improved > 2 * found.expected


def test_an_error_that_all_share_does_not_average_out() -> None:
    rng = np.random.default_rng(13)
    before, after = rng.normal(size=500), rng.normal(size=500)
    alone = growth_beyond_error(before, after, se_before=0.3, se_after=0.3)
    shared = growth_beyond_error(before, after, se_before=0.3, se_after=0.3, common_se=0.2)
    assert shared.mean_se**2 == pytest.approx(alone.mean_se**2 + 0.04)
    assert shared.improved <= alone.improved
    assert any("share an error" in warning for warning in shared.warnings)


# -- the battery -------------------------------------------------------------------------------------------------------


def _rows() -> pl.DataFrame:
    return pl.DataFrame(
        {"y": [float(y) for y in Y], "room": ROOM, "weight": [float(w) for w in WEIGHT], "group": GROUP}
    )


def _share(rows: pl.DataFrame) -> tuple[float, ...]:
    found = clustered_share(rows["y"].to_numpy(), rows["room"].to_list(), weights=rows["weight"].to_numpy())
    return found.value, found.low, found.high, found.df


def _ratio(rows: pl.DataFrame) -> tuple[float, ...]:
    names = sorted(set(rows["group"]), key=GROUP.index)
    options = {"first": "many", "second": "few", "weights": rows["weight"].to_numpy()}
    assert len(names) <= 2
    found = ratio_of_shares(rows["y"].to_numpy(), rows["group"].to_list(), rows["room"].to_list(), **options)
    return found.value, found.low, found.high, found.difference_low


def _growth(rows: pl.DataFrame) -> tuple[float, ...]:
    found = growth_beyond_error(
        rows["weight"], rows["y"] + 2, se_before=0.5, se_after=0.4, cluster=rows["room"].to_list()
    )
    return found.improved, found.declined, found.mean_low, found.mean_high


MISSING = {"all missing": lambda rows: rows.with_columns(y=pl.lit(None, dtype=pl.Float64))}
ONE = {"one classroom": lambda rows: rows.with_columns(room=pl.lit(1))}
SUBJECTS = {
    "share": battery.Subject(rows=_rows, fit=_share, labels=("room",), broken=MISSING | ONE),
    "ratio": battery.Subject(rows=_rows, fit=_ratio, labels=("room",), broken=MISSING | ONE),
    "growth": battery.Subject(rows=_rows, fit=_growth, labels=("room",), broken=MISSING | ONE),
}


@pytest.mark.parametrize(("name", "check"), battery.checks(SUBJECTS))
def test_battery(name: str, check: str) -> None:
    battery.run(SUBJECTS[name], check)


@settings(max_examples=25)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4), st.integers(0, 1)), min_size=8, max_size=40))
def test_the_other_way_round_the_ratio_is_its_reciprocal(rows) -> None:
    y, room, group = (list(column) for column in zip(*rows, strict=True))
    rooms = [10 * g + r for g, r in zip(group, room, strict=True)]
    try:
        there = ratio_of_shares(y, group, rooms, first=0, second=1)
        back = ratio_of_shares(y, group, rooms, first=1, second=0)
    except MeasurementError:
        return
    assert there.difference == pytest.approx(-back.difference)
    assert there.difference_low == pytest.approx(-back.difference_high)
    if there.low is not None:
        assert there.low <= there.value <= there.high
        assert (back.low, back.high) == pytest.approx((1 / there.high, 1 / there.low))
