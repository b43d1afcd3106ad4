"""Pairs: the same as by comparing everybody with everybody, and what must hold of any set of them."""

from __future__ import annotations

import itertools

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.science.impact import EstimationError, ImpactError
from fairlead.science.impact.matching import match, nearest
from fairlead.science.impact.matching.greedy import ALL_TAKEN, MATCHED, NO_STRATUM, TIE, TOO_FAR


def by_hand(treated, controls, order, rows, t_stratum, c_stratum, t_cal, c_cal, calipers, ratio, replace, last):
    """Greedy as it is defined: every treated row in turn looks at every control, and walks where it has a choice."""
    in_data = np.argsort(np.concatenate(rows))
    line = in_data[np.argsort(np.concatenate([treated[:, 0], controls[:, 0]])[in_data], kind="stable")].tolist()
    control = np.full((len(treated), ratio), -1)
    why = np.zeros(len(treated), dtype=int)
    taken = np.zeros(len(controls), dtype=bool)
    for turn in range(ratio):
        for row in order:
            if turn and control[row, turn - 1] < 0:
                continue
            own = np.flatnonzero(c_stratum == t_stratum[row])
            near = own[(np.abs(t_cal[row] - c_cal[own]) <= calipers).all(axis=1)]
            used = np.isin(near, control[row]) if replace else taken[near]
            free = near[~used]
            if free.size == 0:
                if turn == 0:
                    why[row] = NO_STRATUM if own.size == 0 else TOO_FAR if near.size == 0 else ALL_TAKEN
                continue
            apart = np.zeros(free.size)
            for j in range(treated.shape[1]):
                apart += (treated[row, j] - controls[free, j]) ** 2
            least = apart.min()
            tied = {len(treated) + c for c in free[apart <= least + least * TIE + TIE**2]}
            left, right = line[: line.index(row)][::-1], line[line.index(row) + 1 :]
            met = [i for pair in itertools.zip_longest(left, right) for i in pair if i in tied]
            control[row, turn] = met[-1 if last else 0] - len(treated)
            taken[control[row, turn]] = True
    return control, why


def problem(seed, n, d, e, *, rounded, strata):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d + e))
    if rounded:
        x = np.round(2 * x)
    group = rng.integers(0, strata, n)
    t = rng.random(n) < 1 / (1 + np.exp(1 - x[:, 0]))
    t[:2] = True, False
    rows = np.flatnonzero(t), np.flatnonzero(~t)
    return x[t, :d], x[~t, :d], x[t, d:], x[~t, d:], group[t], group[~t], rng.permutation(int(t.sum())), rows


def both_ways(seed, n, d, e, *, rounded, strata, ratio, replace, caliper, last):
    one, two, one_held, two_held, g1, g0, order, rows = problem(seed, n, d, e, rounded=rounded, strata=strata)
    calipers = np.full(e, caliper)
    found = nearest(
        one,
        two,
        order=order,
        treated_row=rows[0],
        control_row=rows[1],
        treated_stratum=g1,
        control_stratum=g0,
        treated_calipered=one_held,
        control_calipered=two_held,
        calipers=calipers,
        ratio=ratio,
        replace=replace,
        last=last,
    )
    control, why = by_hand(one, two, order, rows, g1, g0, one_held, two_held, calipers, ratio, replace, last)
    np.testing.assert_array_equal(found.control, control)
    np.testing.assert_array_equal(found.why, why)
    assert ((found.why == MATCHED) == (found.control[:, 0] >= 0)).all()
    return found


@pytest.mark.parametrize("d", [1, 3])
@pytest.mark.parametrize("rounded", [False, True])
@pytest.mark.parametrize("replace", [False, True])
@pytest.mark.parametrize("last", [False, True])
def test_the_tree_finds_the_pairs_of_the_definition(d, rounded, replace, last):
    """2,000 rows, with and without ties: not one pair differs."""
    found = both_ways(7, 2000, d, 0, rounded=rounded, strata=1, ratio=1, replace=replace, caliper=0, last=last)
    assert (found.ties > 100) == rounded


def test_the_tree_with_everything_at_once():
    found = both_ways(8, 2000, 2, 2, rounded=False, strata=5, ratio=3, replace=False, caliper=0.6, last=True)
    assert {MATCHED, ALL_TAKEN, TOO_FAR} <= set(found.why.tolist())


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(4, 120),
    d=st.integers(1, 4),
    e=st.integers(0, 2),
    rounded=st.booleans(),
    strata=st.integers(1, 6),
    ratio=st.integers(1, 3),
    replace=st.booleans(),
    caliper=st.sampled_from([0.0, 0.5, 1.0, 5.0]),
    last=st.booleans(),
)
def test_any_small_problem(seed, n, d, e, rounded, strata, ratio, replace, caliper, last):
    both_ways(seed, n, d, e, rounded=rounded, strata=strata, ratio=ratio, replace=replace, caliper=caliper, last=last)


def people(seed, n=300, schools=6):
    rng = np.random.default_rng(seed)
    age, pre, school = rng.normal(30, 8, n), rng.normal(0, 1, n), rng.integers(0, schools, n)
    sex = rng.choice(["f", "m"], n)
    t = (rng.random(n) < 1 / (1 + np.exp(1 - pre - 0.03 * (age - 30)))).astype(int)
    t[:2] = 0, 1
    y = 2 * t + pre + 0.1 * age + rng.normal(size=n)
    return pl.DataFrame({"t": t, "age": age, "pre": pre, "sex": sex, "school": school, "y": y})


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    method=st.sampled_from(["nearest", "mahalanobis"]),
    ratio=st.integers(1, 3),
    replace=st.booleans(),
    caliper=st.sampled_from([None, 0.1, 0.5]),
    exact=st.sampled_from([(), ("sex",), ("sex", "school")]),
)
def test_what_holds_of_any_comparison(seed, method, ratio, replace, caliper, exact):
    data = people(seed, 150)
    found = match(
        data, treated="t", on="age + pre", method=method, ratio=ratio, replace=replace, caliper=caliper, exact=exact
    )
    t, kept, w = found.treated, found.kept, found.weights
    # nobody is lost, nobody is counted twice
    gone = sum(d.intervention for d in found.dropped), sum(d.comparison for d in found.dropped)
    assert (found.compared.intervention + gone[0], found.compared.comparison + gone[1]) == (t.sum(), (~t).sum())
    assert w[t & kept].sum() == pytest.approx((t & kept).sum())
    assert w[~t & kept].sum() == pytest.approx((~t & kept).sum())
    one, two = found.pairs[:, 0], found.pairs[:, 1]
    assert data["t"].to_numpy()[one].all()
    assert not data["t"].to_numpy()[two].any()
    for column in exact:
        values = data[column].to_numpy()
        assert (values[one] == values[two]).all()
    if caliper is not None:
        assert (np.abs(found.score[one] - found.score[two]) <= caliper * found.score.std(ddof=1) * (1 + 1e-12)).all()
    assert np.unique(one, return_counts=True)[1].max() <= ratio
    if not replace:
        assert np.unique(two).size == two.size
        for number in np.unique(found.subclass[found.subclass >= 0]):
            members = found.subclass == number
            assert (members & t).sum() == 1
            assert 1 <= (members & ~t).sum() <= ratio
    else:
        assert (found.subclass == -1).all()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), method=st.sampled_from(["nearest", "mahalanobis", "cem", "ebal", "ipw"]))
def test_the_order_of_rows_does_not_matter_without_ties(seed, method):
    """Continuous covariates have no ties; with order="largest" neither who chooses first nor whom depends on the data."""
    data = people(seed, 120).with_row_index("id")
    order = np.random.default_rng(seed).permutation(data.height)
    kind = {"order": "largest"} if method in ("nearest", "mahalanobis") else {}
    first = match(data, treated="t", on="age + pre", method=method, **kind)
    again = match(data[order], treated="t", on="age + pre", method=method, **kind)
    assert first.ties == again.ties == 0
    np.testing.assert_allclose(again.weights, first.weights[order], rtol=1e-7, atol=1e-9)
    assert {tuple(order[p]) for p in again.pairs} == {tuple(p) for p in first.pairs}


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(1e-3, 1e3), shift=st.floats(-1e4, 1e4), rounded=st.booleans())
def test_units_of_a_covariate_do_not_matter(seed, scale, shift, rounded):
    """Also with ties: equal distances stay equal in other units."""
    data = people(seed, 120)
    if rounded:
        data = data.with_columns(pl.col("age").round(0), pl.col("pre").round(0))
    other = data.with_columns(pl.col("age") * scale + shift)
    for method in ("nearest", "mahalanobis", "ebal"):
        first = match(data, treated="t", on="age + pre", method=method)
        again = match(other, treated="t", on="age + pre", method=method)
        np.testing.assert_array_equal(again.pairs, first.pairs)
        np.testing.assert_allclose(again.weights, first.weights, rtol=1e-6)


def test_within_school_and_groups_first():
    data = people(3, 400)
    inside = match(data, treated="t", on="age + pre", within="school")
    school = data["school"].to_numpy()
    assert (school[inside.pairs[:, 0]] == school[inside.pairs[:, 1]]).all()
    rng = np.random.default_rng(1)
    size = rng.normal(size=24)
    data = data.with_columns(school=pl.Series(rng.integers(0, 24, 400))).with_columns(
        t=(pl.col("school") < 8).cast(pl.Int8), pre=pl.col("pre") + pl.Series(size[rng.integers(0, 24, 400)])
    )
    found = match(data, treated="t", on="age + pre", method="mahalanobis", hierarchical=["school"])
    school = data["school"].to_numpy()
    met = {(str(a), str(b)) for a, b in zip(school[found.pairs[:, 0]], school[found.pairs[:, 1]], strict=True)}
    agreed = {(a, b) for a, b, _ in found.group_pairs}
    assert met <= agreed
    assert len(agreed) == 8
    assert len({b for _, b in agreed}) == 8  # no school serves two
    assert (
        sum(d.n for d in found.dropped if d.reason == "group_not_chosen")
        == np.isin(school, [int(s) for s in set(map(str, range(8, 24))) - {b for _, b in agreed}]).sum()
    )
    two = match(
        data, treated="t", on="age + pre", method="mahalanobis", hierarchical=["school"], group_ratio=2, ratio=2
    )
    assert len(two.group_pairs) == 16
    none = match(data, treated="t", on="age + pre", method="mahalanobis", hierarchical=["school"], group_caliper=0.8)
    assert all(d <= 0.8 for _, _, d in none.group_pairs)
    assert any(d.reason == "group_outside_caliper" for d in none.dropped)


DATA = people(5)


@pytest.mark.parametrize(
    ("change", "where", "words"),
    [
        ({"treated": "nowhere"}, "nowhere", "no such column"),
        ({"treated": "sex"}, "sex", "not 0 and 1"),
        ({"treated": "sex=x"}, "sex", "no row has"),
        ({"on": "t + age"}, "on", "covariate of itself"),
        ({"on": "age + C(school)", "method": "nearest", "exact": ["shoe"]}, "shoe", "no such column"),
        ({"on": "age + same"}, "same", "collinear"),
        ({"on": "age + still"}, "still", "does not vary"),
        ({"on": "age + gives_away"}, "score", "separation"),
        ({"on": "age + gives_away", "method": "ebal"}, "balance", "outside of all controls"),
        ({"on": "age + infinite"}, "infinite", "infinite values"),
        ({"method": "psm"}, "method", "no such method"),
        ({"method": "ebal", "ratio": 2, "caliper": 0.1}, "method", "makes no pairs"),
        ({"method": "nearest", "estimand": "ATE"}, "estimand", "over the treated only"),
        ({"method": "nearest", "order": "random"}, "order", "needs a generator"),
        ({"calipers": {"shoe": 1.0}}, "calipers", "no such covariate"),
        ({"caliper": -1.0}, "caliper", "from zero"),
        ({"hierarchical": ["school"], "method": "mahalanobis"}, "hierarchical", "differs within groups"),
        ({"exact": ["id"]}, "match", "nobody is left"),
        ({"method": "nearest", "trim": 0.1}, "trim", "only ipw"),
        ({"method": "cem", "bins": {"shoe": 3}}, "bins", "no such covariate"),
    ],
)
def test_refusals_name_the_place(change, where, words):
    data = DATA.with_columns(
        same=pl.col("age") * 2 + 1,
        still=pl.lit(3.0),
        gives_away=pl.col("t") * 5.0 + pl.col("pre") * 0.1,
        infinite=pl.when(pl.col("age") > 40).then(float("inf")).otherwise(1.0),
        id=pl.int_range(pl.len()),
    )
    with pytest.raises(ImpactError, match=words) as caught:
        match(data, **{"treated": "t", "on": "age + pre", **change})
    assert caught.value.problems[0].where == where


def test_part_separation_is_proved_and_named():
    """A level that only untreated rows have: some rows are certain, the rest are not."""
    data = DATA.with_columns(
        kind=pl.when((pl.col("t") == 0) & (pl.col("age") > 35)).then(pl.lit("z")).otherwise("sex")
    )
    with pytest.raises(EstimationError, match="separation") as caught:
        match(data, treated="t", on="pre + kind")
    assert caught.value.problems[0].got == "kind=z"


def test_missing_values_are_counted_by_arm_and_reason():
    data = DATA.with_columns(
        pre=pl.when(pl.int_range(pl.len()) < 10).then(None).otherwise(pl.col("pre")),
        y=pl.when(pl.int_range(pl.len()).is_between(5, 14)).then(float("nan")).otherwise(pl.col("y")),
        t=pl.when(pl.int_range(pl.len()) == 20).then(None).otherwise(pl.col("t")),
    )
    found = match(data, treated="t", on="age + pre", also=["y"])
    lost = {d.column: (d.n, d.other) for d in found.dropped if d.reason == "missing"}
    assert lost == {"t": (1, 1), "pre": (10, 0), "y": (5, 0)}
    assert found.read == 300
    assert found.complete.total == 284
    assert found.rows.min() == 15


def test_the_data_are_not_changed_and_results_are_read_only():
    before = DATA.clone()
    found = match(DATA, treated="t", on="age + pre")
    assert before.equals(DATA)
    with pytest.raises(ValueError, match="read-only"):
        found.weights[0] = 3.0
