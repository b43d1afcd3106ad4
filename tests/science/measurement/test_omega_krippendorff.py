"""Omega against factanal and lavaan (references/omega.R), Krippendorff's alpha against his own example.

Tolerances: 1e-6 for omega and loadings, where factanal's search ends; 5e-4 where lavaan prints three digits; half of the
last digit for Krippendorff.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fairlead.science.measurement import MeasurementError, cronbach_alpha, krippendorff_alpha, mcdonald_omega
from tests.plugins.skips import needs_data
from tests.science.measurement import battery
from tests.science.measurement.test_agreement import BROKEN, RATED

N = None
# Krippendorff (2011), section C: four observers, twelve units
CANONICAL = [
    [1, 1, N, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4],
    [4, 4, 4, 4], [1, 1, 2, 1], [2, 2, 2, 2], [N, 5, 5, 5], [N, N, 1, 1], [N, N, 3, N],
]  # fmt: skip


@pytest.mark.parametrize(
    ("metric", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_krippendorffs_example(metric: str, published: float) -> None:
    found = krippendorff_alpha(CANONICAL, metric=metric)
    assert found.value == pytest.approx(published, abs=5.1e-4)
    assert (found.units, found.single, found.raters, found.pairable) == (11, 1, 4, 40)
    assert (found.low, found.high) == (None, None)


def test_names_and_numbers_give_the_same_where_only_sameness_or_order_counts() -> None:
    letters = [[N if v is N else "abcde"[v - 1] for v in row] for row in CANONICAL]
    assert krippendorff_alpha(letters).value == krippendorff_alpha(CANONICAL).value
    ordered = krippendorff_alpha(letters, metric="ordinal", order=[*"abcde"])
    assert ordered.value == pytest.approx(krippendorff_alpha(CANONICAL, metric="ordinal").value, abs=1e-12)
    for metric, message in (("ordinal", "pass order="), ("interval", "needs numbers")):
        with pytest.raises(MeasurementError, match=message if metric == "ordinal" else "order"):
            krippendorff_alpha(letters, metric=metric)
    with pytest.raises(MeasurementError, match="needs numbers"):
        krippendorff_alpha(letters, metric="interval", order=[*"abcde"])


def test_of_two_raters_without_holes_nominal_alpha_is_nearly_scotts_pi() -> None:
    """Krippendorff (2011), section D: α = 1 − (1 − π)(2N − 1) ÷ 2N."""
    rng = np.random.default_rng(3)
    one = rng.integers(0, 3, 50)
    two = np.where(rng.random(50) < 0.6, one, rng.integers(0, 3, 50))
    shares = np.bincount(np.concatenate([one, two])) / 100
    pi = ((one == two).mean() - (shares**2).sum()) / (1 - (shares**2).sum())
    found = krippendorff_alpha(np.column_stack([one, two]).tolist())
    assert found.value == pytest.approx(1 - (1 - pi) * 99 / 100, abs=1e-12)


def test_the_interval_by_resampling_units() -> None:
    rng = np.random.default_rng(4)
    truth = rng.integers(1, 5, 200)
    table = np.clip(truth[:, None] + rng.integers(-1, 2, (200, 3)), 1, 4)
    found = krippendorff_alpha(table.tolist(), metric="ordinal", rng=np.random.default_rng(1), resamples=600)
    again = krippendorff_alpha(table.tolist(), metric="ordinal", rng=np.random.default_rng(1), resamples=600)
    assert (found.low, found.high) == (again.low, again.high)
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high
    # the jackknife's error, which rests on other arithmetic, gives nearly the same width
    left = [krippendorff_alpha(np.delete(table, i, 0).tolist(), metric="ordinal").value for i in range(200)]
    jackknife = np.sqrt(199 / 200 * ((left - np.mean(left)) ** 2).sum())
    assert found.high - found.low == pytest.approx(2 * 1.96 * jackknife, rel=0.15)  # 600 draws leave 5 %


@settings(max_examples=25)
@given(
    st.lists(st.lists(st.one_of(st.none(), st.integers(1, 4)), min_size=3, max_size=3), min_size=3, max_size=20),
    st.sampled_from(["nominal", "ordinal", "interval", "ratio"]),
)
def test_alpha_is_one_only_when_all_agree_and_does_not_mind_who_rated(rows, metric) -> None:
    pairs = [[v for v in row if v is not None] for row in rows]
    used = [row for row in pairs if len(row) > 1]
    assume(len({v for row in used for v in row}) > 1)
    found = krippendorff_alpha(rows, metric=metric)
    turned = krippendorff_alpha([row[::-1] for row in rows], metric=metric)
    assert found.value == pytest.approx(turned.value, abs=1e-12)
    assert found.value <= 1 + 1e-12
    assert (found.value > 1 - 1e-9) == all(len(set(row)) == 1 for row in used)


@pytest.fixture(scope="module")
def holzinger() -> np.ndarray:
    return pl.read_csv(needs_data("eval", "holzinger1939_lavaan.csv"), null_values="NA").select(
        f"x{i}" for i in range(1, 10)
    ).to_numpy()  # fmt: skip


def test_omega_of_nine_tests(holzinger: np.ndarray) -> None:
    found = mcdonald_omega(holzinger)
    assert found.converged
    assert found.value == pytest.approx(0.738068991742, abs=1e-6)
    assert (found.fit.chi2, found.fit.df) == (pytest.approx(306.558335847432, abs=1e-6), 27)
    assert found.loadings[:4] == pytest.approx(
        (0.437941682148, 0.220405910861, 0.222781046199, 0.847681004623), abs=1e-6
    )
    assert (found.fit.rmsea, found.fit.cfi, found.fit.srmr) == pytest.approx((0.187, 0.677, 0.143), abs=5e-4)
    assert any("one factor fits poorly" in warning for warning in found.warnings)


def test_three_items_are_fitted_exactly(holzinger: np.ndarray) -> None:
    """Loadings of three items are known: λ1² = r12 r13 ÷ r23."""
    x = holzinger[:, 3:6]
    r = np.corrcoef(x, rowvar=False)
    found = mcdonald_omega(x)
    assert found.loadings[0] ** 2 == pytest.approx(r[0, 1] * r[0, 2] / r[1, 2], abs=1e-6)
    assert (found.fit.df, found.fit.p, found.fit.rmsea) == (0, None, None)
    assert found.value > cronbach_alpha(x).value


@pytest.mark.prove
def test_an_interval_for_omega(holzinger: np.ndarray) -> None:
    found = mcdonald_omega(holzinger[:, 3:6], rng=np.random.default_rng(1), resamples=60)
    assert found.low is not None
    assert found.high is not None
    assert 0.84 < found.low < found.value < found.high < 0.92
    assert found.failed == 0


def test_an_item_without_error_is_told() -> None:
    rng = np.random.default_rng(6)
    a = rng.normal(size=(200, 1))
    x = np.hstack([a + 0.02 * rng.normal(size=(200, 1)), a + rng.normal(size=(200, 3))])
    found = mcdonald_omega(x, names=[*"pqrs"])
    assert found.heywood == ("p",)
    assert any("improper: p" in warning for warning in found.warnings)


def test_omega_refuses_copies_and_too_few() -> None:
    rng = np.random.default_rng(7)
    x = rng.normal(size=(50, 3))
    with pytest.raises(MeasurementError, match="a copy or a sum"):
        mcdonald_omega(np.hstack([x, x[:, :1]]))
    with pytest.raises(MeasurementError, match="is not determined"):
        mcdonald_omega(x[:, :2])


def _rows() -> pl.DataFrame:
    rng = np.random.default_rng(8)
    ability = rng.normal(size=60)
    score = ability[:, None] * [0.9, 0.8, 0.7, 1.0] + rng.normal(size=(60, 4))
    rater = np.tile(np.arange(4), 60)
    return pl.DataFrame({"subject": np.repeat(np.arange(60), 4), "rater": rater, "score": score.ravel()})


def _table(rows: pl.DataFrame) -> list[list]:
    wide = rows.sort("rater", "subject").pivot(on="rater", index="subject", values="score").sort("subject")
    return [list(row) for row in wide.drop("subject").rows()]


def _omega(rows: pl.DataFrame) -> tuple[float, ...]:
    found = mcdonald_omega(np.array(_table(rows), dtype=float))
    return found.value, found.fit.chi2, found.fit.srmr


def _alpha(metric: str):
    return lambda rows: (krippendorff_alpha(_table(rows), metric=metric).value,)


SUBJECTS = {
    "omega": battery.Subject(
        rows=_rows, fit=_omega, labels=("subject", "rater"), scored="score", broken=BROKEN, tolerance=1e-5
    )
} | {
    metric: battery.Subject(
        rows=lambda: RATED,
        fit=_alpha(metric),
        labels=("subject", "rater"),
        scored=None if metric == "ratio" else "score",
        broken={key: value for key, value in BROKEN.items() if key != "one subject"},
    )
    for metric in ("nominal", "ordinal", "interval", "ratio")
}


@pytest.mark.parametrize(("name", "check"), battery.checks(SUBJECTS))
def test_battery(name: str, check: str) -> None:
    battery.run(SUBJECTS[name], check)
