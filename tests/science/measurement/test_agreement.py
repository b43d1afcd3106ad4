"""Agreement, kappas, intraclass correlations and alpha against published tables and R (references/agreement.R).

Tolerances: 1e-9 where R prints twelve digits of the same formula; half a unit of the last digit where a paper is quoted.
"""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fairlead.science.measurement import (
    MeasurementError,
    clustered_share,
    cronbach_alpha,
    exact_and_adjacent,
    fleiss_kappa,
    intraclass_correlations,
    kappa,
    kappa_of_table,
    wide,
)
from tests.plugins.skips import needs_data
from tests.science.measurement import battery

SHROUT_FLEISS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
RATED = pl.DataFrame(
    {
        "subject": np.repeat(np.arange(12), 3),
        "rater": np.tile(["ada", "ben", "cleo"], 12),
        "score": [1, 2, 2, 3, 3, 4, 4, 4, 4, 2, 1, 2, 3, 4, 3, 1, 1, 2, 4, 3, 4, 2, 2, 2, 3, 3, 3, 1, 2, 1, 2, 3, 3, 4, 4, 3],
    }
)  # fmt: skip


@pytest.fixture(scope="module")
def holzinger() -> np.ndarray:
    return (
        pl.read_csv(needs_data("eval", "holzinger1939_lavaan.csv"), null_values="NA")
        .select(f"x{i}" for i in range(1, 10))
        .to_numpy()
    )


# Shrout & Fleiss (1979), tables 2 and 4: .17 .29 .71 .44 .62 .91; the digits and intervals are psych's.
ICC = {
    "ICC(1,1)": (0.165741768405, -0.1329323248748, 0.722560062328, 0.17),
    "ICC(2,1)": (0.289763779528, 0.0187865133747, 0.761084369649, 0.29),
    "ICC(3,1)": (0.714840714841, 0.3424647650339, 0.945858259955, 0.71),
    "ICC(1,k)": (0.442797133679, -0.8844421552381, 0.912415420341, 0.44),
    "ICC(2,k)": (0.620050547599, 0.0711368153025, 0.927232040168, 0.62),
    "ICC(3,k)": (0.909315542377, 0.6756747138163, 0.985891678169, 0.91),
}


@pytest.mark.parametrize("name", ICC)
def test_shrout_and_fleiss(name: str) -> None:
    form = intraclass_correlations(SHROUT_FLEISS).form(name)
    value, low, high, published = ICC[name]
    assert (form.value, form.low, form.high) == pytest.approx((value, low, high), abs=1e-9)
    assert form.value == pytest.approx(published, abs=0.005)


def test_intraclass_leaves_out_subjects_with_a_missing_rating_and_says_so() -> None:
    found = intraclass_correlations([*SHROUT_FLEISS, [1, 2, None, 4]])
    assert (found.incomplete, found.subjects) == (1, 6)
    assert found.form("ICC(A,1)").value == pytest.approx(ICC["ICC(2,1)"][0], abs=1e-9)


def test_perfect_agreement_is_one_and_warned_of() -> None:
    found = intraclass_correlations([[1, 1], [2, 2], [4, 4]])
    assert all((form.value, form.low, form.high) == (1, 1, 1) for form in found.forms)
    assert any("width zero" in warning for warning in found.warnings)
    shifted = intraclass_correlations([[1, 2], [2, 3], [4, 5]])
    assert shifted.form("ICC(C,1)").value == 1
    assert 0.5 < shifted.form("ICC(A,1)").value < 1


def test_alpha_of_holzinger_and_swineford(holzinger: np.ndarray) -> None:
    nine = cronbach_alpha(holzinger)
    assert nine.value == pytest.approx(0.760488595825, abs=1e-11)
    assert nine.standardized == pytest.approx(0.760402218998, abs=1e-11)
    assert nine.mean_correlation == pytest.approx(0.260699001276, abs=1e-11)
    assert [item.alpha_without for item in nine.items][:3] == pytest.approx(
        [0.724806312905, 0.764231295094, 0.748955962582], abs=1e-11
    )
    assert [item.with_rest for item in nine.items][:3] == pytest.approx(
        [0.522036720784, 0.275243062371, 0.370172120831], abs=1e-11
    )
    three = cronbach_alpha(holzinger[:, :3])
    assert three.value == pytest.approx(0.626117131885, abs=1e-11)
    assert (nine.low, nine.high) == pytest.approx(FELDT[9], abs=1e-11)
    assert (three.low, three.high) == pytest.approx(FELDT[3], abs=1e-11)


FELDT = {9: (0.717716865952, 0.799078832562), 3: (0.546503337103, 0.693753346172)}


def test_alpha_with_missing_answers(holzinger: np.ndarray) -> None:
    holes = holzinger.copy()
    holes[np.arange(0, 301, 7), np.arange(43) % 9] = np.nan
    whole, pairs = cronbach_alpha(holes), cronbach_alpha(holes, missing="pairwise")
    assert (whole.incomplete, whole.n, pairs.incomplete) == (43, 258, 43)
    assert whole.value == pytest.approx(0.753023598842, abs=1e-11)
    assert pairs.value == pytest.approx(0.759151010092, abs=1e-11)
    assert 258 < pairs.n < 301


def test_an_item_that_runs_against_the_others_is_named(holzinger: np.ndarray) -> None:
    turned = holzinger[:, :6].copy()
    turned[:, 4] *= -1
    found = cronbach_alpha(turned, names=[*"abcdef"])
    assert any(warning.startswith("against the others: e;") for warning in found.warnings)


COHEN = [[0.44, 0.07, 0.09], [0.05, 0.20, 0.05], [0.01, 0.03, 0.06]]


def test_cohens_own_table() -> None:
    """Cohen (1968): .492, and .348 with disagreements of 1, 3 and 6."""
    plain = kappa_of_table(COHEN, pairs=200)
    assert plain.value == pytest.approx(0.492, abs=5e-4)
    weights = 1 - np.array([[0, 1, 3], [1, 0, 6], [3, 6, 0]]) / 6
    assert kappa_of_table(COHEN, weights=weights, pairs=200).value == pytest.approx(0.348, abs=5e-4)


def test_kappa_of_fleisss_table() -> None:
    """psych's cohen.kappa: value and variance (Fleiss, Cohen & Everitt 1969); Fleiss (1981), table 13.1: .68."""
    found = kappa_of_table([[75, 1, 4], [5, 4, 1], [0, 0, 10]])
    assert found.value == pytest.approx(0.67647058823529, abs=1e-12)
    assert found.se**2 == pytest.approx(0.00769180804828, abs=1e-13)
    quadratic = kappa_of_table([[75, 1, 4], [5, 4, 1], [0, 0, 10]], weights="quadratic")
    assert quadratic.value == pytest.approx(0.75531914893617, abs=1e-12)


def test_quadratic_weights_are_nearly_the_intraclass_correlation() -> None:
    """Fleiss & Cohen (1973), doi:10.1177/001316447303300309: equal but for a term of 1/n."""
    rng = np.random.default_rng(5)
    truth = rng.integers(1, 5, 4000)
    one, two = (np.clip(truth + rng.integers(-1, 2, 4000), 1, 4) for _ in range(2))
    found = kappa(one.tolist(), two.tolist(), weights="quadratic")
    icc = intraclass_correlations(np.column_stack([one, two])).form("ICC(A,1)")
    assert found.value == pytest.approx(icc.value, abs=2 / 4000)


def test_fleiss_kappa_of_the_ten_subjects() -> None:
    """14 raters, 10 subjects, 5 categories, of the worked example that many programs test: .210."""
    counts = [
        [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
    ]  # fmt: skip
    found = fleiss_kappa(counts)
    assert (found.value, found.observed, found.expected) == pytest.approx((0.210, 0.378, 0.213), abs=5e-4)
    assert found.low < found.value < found.high
    p = np.array(counts).sum(axis=0) / 140
    own = np.array(found.by_category, dtype=float)
    # Fleiss (1971), eq. 19: kappa is the mean of the categories', weighted by p(1 − p)
    assert np.average(own, weights=p * (1 - p)) == pytest.approx(found.value, abs=1e-12)


def test_the_highest_kappa_that_the_habits_allow() -> None:
    """Two raters who use a category unequally often cannot reach 1; sorted ratings reach it for weighted kappa."""
    one, two = [1] * 6 + [2] * 4, [1] * 3 + [2] * 7
    found = kappa(one, two)
    assert found.highest == pytest.approx(kappa(sorted(one), sorted(two)).value, abs=1e-12)
    three = [1, 1, 1, 2, 2, 2, 2, 3, 3, 3]
    weighted = kappa(three, [3, 1, 2, 3, 3, 2, 2, 3, 1, 1], weights="linear")
    best = kappa(sorted(three), sorted([3, 1, 2, 3, 3, 2, 2, 3, 1, 1]), weights="linear")
    assert weighted.highest == pytest.approx(best.value, abs=1e-12)


def test_adjacent_needs_an_order() -> None:
    names = exact_and_adjacent(["low", "mid", "high"], ["mid", "mid", "low"])
    assert (names.exact.value, names.adjacent) == (pytest.approx(1 / 3), None)
    placed = exact_and_adjacent(["low", "mid", "high"], ["mid", "mid", "low"], order=["low", "mid", "high"])
    assert placed.adjacent is not None
    assert placed.adjacent.value == pytest.approx(2 / 3)
    with pytest.raises(MeasurementError, match="'top'"):
        exact_and_adjacent(["low", "top"], ["mid", "mid"], order=["low", "mid", "high"])


def test_agreement_within_visits_is_wider() -> None:
    """Ten items of a visit that agree or disagree together are not ten witnesses."""
    one = [1] * 80
    two = ([1] * 10 + [2] * 10) * 4
    visits = np.repeat(np.arange(8), 10).tolist()
    alone, together = exact_and_adjacent(one, two), exact_and_adjacent(one, two, cluster=visits)
    assert alone.exact.value == together.exact.value == 0.5
    assert together.exact.high - together.exact.low > 2.5 * (alone.exact.high - alone.exact.low)


def test_a_clustered_share_is_clubsandwichs_and_nearly_surveys() -> None:
    y = [1, 1, 0, 0, 1, 0, 0, 0, 1, 1, 0, 1]
    g = [1, 1, 1, 2, 2, 3, 3, 4, 4, 4, 4, 5]
    w = [2, 2, 2, 1, 1, 3, 3, 1.5, 1.5, 1.5, 1.5, 4]
    found = clustered_share(y, g, weights=w)
    assert (found.value, found.se, found.df) == pytest.approx((0.5, 0.183403935954, 3.062581355930), abs=1e-10)
    assert found.se == pytest.approx(0.1743, rel=0.06)  # svymean takes G/(G - 1) for all clusters, which are unequal
    assert any("5 clusters" in warning for warning in found.warnings)


def test_a_clustered_share_with_weights_that_differ_within_clusters() -> None:
    """clubSandwich again; here the weights are in the adjustment of each cluster."""
    y = [1, 1, 0, 0, 1, 0, 0, 0, 1, 1, 0, 1]
    g = [1, 1, 1, 2, 2, 3, 3, 4, 4, 4, 4, 5]
    found = clustered_share(y, g, weights=[1, 2, 3, 1, 5, 3, 0.5, 1, 2.5, 4, 1, 2])
    assert (found.value, found.se, found.df) == pytest.approx(
        (0.634615384615, 0.124882988651, 2.885786121634), abs=1e-11
    )


def test_of_equal_clusters_the_error_is_the_ordinary_one_of_their_means() -> None:
    rng = np.random.default_rng(2)
    y = rng.integers(0, 2, (9, 6))
    found = clustered_share(y.ravel().tolist(), np.repeat(np.arange(9), 6).tolist())
    assert found.se == pytest.approx(y.mean(axis=1).std(ddof=1) / 3, rel=1e-12)
    assert found.df == pytest.approx(8, rel=1e-12)


def test_a_share_of_all_says_what_its_interval_is() -> None:
    found = clustered_share([1] * 40, [i % 8 for i in range(40)])
    assert (found.value, found.method, found.high) == (1, "wilson", 1)
    assert found.low == pytest.approx(0.6756, abs=1e-4)  # of 8 of 8, not of 40 of 40


# -- the battery -------------------------------------------------------------------------------------------------------


def _two(rows: pl.DataFrame) -> tuple[list, list]:
    table = wide(rows["subject"].to_list(), rows["rater"].to_list(), rows["score"].to_numpy())
    order = np.argsort(table.raters)
    return table.values[:, order[0]].tolist(), table.values[:, order[1]].tolist()


def _fits(name: str):
    def fit(rows: pl.DataFrame) -> tuple[float, ...]:
        if name == "agreement":
            found = exact_and_adjacent(*_two(rows))
            return found.exact.value, found.exact.low, found.adjacent.value, found.adjacent.high
        if name.startswith("kappa"):
            k = kappa(*_two(rows), weights=name.removeprefix("kappa "))
            return k.value, k.low, k.high
        table = wide(rows["subject"].to_list(), rows["rater"].to_list(), rows["score"].to_numpy()).values
        if name == "fleiss":
            known = table[~np.isnan(table).any(axis=1)]
            levels = np.unique(known)
            counts = (
                np.stack([(known == level).sum(axis=1) for level in levels], axis=1)
                if known.size
                else np.zeros((0, 2))
            )
            f = fleiss_kappa(counts)
            return f.value, f.low, f.high
        if name == "intraclass":
            return tuple(
                number
                for form in intraclass_correlations(table).forms
                for number in (form.value, form.low, form.high)
            )
        a = cronbach_alpha(table)
        return a.value, a.low, a.high, a.standardized

    return fit


BROKEN = {
    "all equal": lambda rows: rows.with_columns(score=pl.lit(3.0)),
    "one rater": lambda rows: rows.filter(pl.col("rater") == pl.col("rater").min()),
    "one subject": lambda rows: rows.filter(pl.col("subject") == pl.col("subject").min()),
    "all missing": lambda rows: rows.with_columns(score=pl.lit(None, dtype=pl.Float64)),
}
MISSING = {"all missing": BROKEN["all missing"]}
NAMES = ("agreement", "kappa none", "kappa linear", "kappa quadratic", "fleiss", "intraclass", "alpha")
SUBJECTS = {
    name: battery.Subject(
        rows=lambda: RATED,
        fit=_fits(name),
        labels=("subject",),
        scored="score" if name in ("intraclass", "alpha", "kappa none", "kappa linear", "fleiss") else None,
        broken=MISSING if name == "agreement" else {k: v for k, v in BROKEN.items() if not (k == "one rater" and "kappa" in name) and not (k == "one subject" and "kappa" in name)},
    )
    for name in NAMES
}  # fmt: skip


@pytest.mark.parametrize(("name", "check"), battery.checks(SUBJECTS))
def test_battery(name: str, check: str) -> None:
    battery.run(SUBJECTS[name], check)


def test_a_rater_who_rates_twice_is_refused() -> None:
    with pytest.raises(MeasurementError, match="1 ratings beyond the first"):
        wide(["a", "a", "b"], ["x", "x", "x"], [1, 2, 3])


# -- properties --------------------------------------------------------------------------------------------------------

scores = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=3, max_size=40)


@settings(max_examples=30)
@given(scores, st.sampled_from(["none", "linear", "quadratic"]))
def test_kappa_does_not_mind_who_is_first_and_never_passes_its_highest(pairs, weights) -> None:
    one, two = [a for a, _ in pairs], [b for _, b in pairs]
    assume(len({*one, *two}) > 1)
    there, back = kappa(one, two, weights=weights), kappa(two, one, weights=weights)
    assert there.value == pytest.approx(back.value, abs=1e-12)
    assert there.value <= there.highest + 1e-12 <= 1 + 2e-12
    assert there.low <= there.value <= there.high
    if one == two:
        assert there.value == pytest.approx(1)


@settings(max_examples=30)
@given(st.lists(st.lists(st.integers(1, 5), min_size=3, max_size=3), min_size=3, max_size=25))
def test_alpha_is_the_consistency_of_the_mean_of_all_raters(rows) -> None:
    """Hoyt's identity: alpha is ICC(C,k)."""
    table = np.array(rows, float)
    assume((table.std(axis=0) > 0).all() and table.sum(axis=1).std() > 0)
    a = cronbach_alpha(table)
    icc = intraclass_correlations(table).form("ICC(C,k)")
    assert a.value == pytest.approx(icc.value, rel=1e-8, abs=1e-8)
    if math.isfinite(icc.low):
        assert (a.low, a.high) == pytest.approx((icc.low, icc.high), rel=1e-6, abs=1e-6)


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.floats(0.2, 5)), min_size=4, max_size=60).filter(
        lambda rows: len({g for _, g, _ in rows}) > 1
    )
)
def test_a_clustered_share_holds_its_value_and_stays_within_0_and_1(rows) -> None:
    y, g, w = (list(column) for column in zip(*rows, strict=True))
    found = clustered_share(y, g, weights=w)
    assert 0 <= found.low <= found.value + 1e-12
    assert found.value <= found.high + 1e-12 <= 1 + 2e-12
    assert found.value == pytest.approx(np.average(y, weights=w))
    assert 0 < found.df <= len(set(g)) - 1 + 1e-9
