"""Group-time effects: what they hold on any panel, and what is refused or warned of."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.cli import main
from fairlead.science.impact import DataError, ImpactError
from fairlead.science.impact.methods import STATUSES, methods
from fairlead.science.impact.panel import Did, aggregate, group_time, read_panel
from fairlead.science.impact.panel.group_time import group_time_cells
from tests.science.impact import battery

COLUMNS = {"outcome": "score", "unit": "school", "time": "year", "cohort": "first"}


def rows(seed: int = 0, units: int = 90, periods: int = 5, never: bool = True) -> pl.DataFrame:
    """Schools in districts of three; three cohorts and, if wanted, never-treated schools; effects grow with time."""
    rng = np.random.default_rng(seed)
    school, year = np.repeat(np.arange(units), periods), np.tile(np.arange(2001, 2001 + periods), units)
    starts = np.array([2003, 2004, 2005, 0] if never else [2003, 2004, 2005])
    first = starts[(school // 3) % starts.size]
    size = rng.normal(size=units)[school]
    treated = (first > 0) & (year >= first)
    score = school % 7 + 0.3 * year + 0.4 * size * (year - 2001) + treated * (year - first + 1)
    noise = rng.normal(size=units)[school] + rng.normal(size=school.size)
    return pl.DataFrame(
        {
            "school": school,
            "district": school // 3,
            "year": year,
            "first": first,
            "size": size,
            "twice": 2 * size,
            "score": score + noise,
        }
    )


def fit(data: pl.DataFrame, **options) -> Did:
    return group_time(data, **{**COLUMNS, **options})


def numbers(found: Did) -> tuple[float, ...]:
    parts = (found.simple, found.dynamic, found.group, found.calendar)
    return tuple(x for part in parts for x in (part.overall.estimate, part.overall.se))


BROKEN = {
    "one cluster": lambda data: data.with_columns(district=pl.lit(1)),
    "no treated": lambda data: data.with_columns(first=pl.lit(0)),
    "everything treated": lambda data: data.with_columns(first=pl.lit(2003)),
    "constant outcome": lambda data: data.with_columns(score=pl.lit(1.0)),
    "all missing": lambda data: data.with_columns(score=pl.lit(None, dtype=pl.Float64)),
}
SUBJECTS = {
    "means": battery.Subject(
        rows, lambda data: numbers(fit(data, cluster="district")), "score", ("school", "district"), BROKEN
    ),
    "not yet treated": battery.Subject(
        rows, lambda data: numbers(fit(data, cluster="district", control="notyet")), "score", ("school",), BROKEN
    ),
    "doubly robust": battery.Subject(
        rows,
        lambda data: numbers(fit(data, cluster="district", covariates="size")),
        "score",
        ("school", "district"),
        {**BROKEN, "collinear": lambda data: data.with_columns(size=pl.lit(3.0))},
    ),
    "improved": battery.Subject(
        rows, lambda data: numbers(fit(data, cluster="district", covariates="size", estimator="improved")), "score"
    ),
}


@pytest.mark.parametrize(
    ("name", "check"), [(name, check) for name, s in SUBJECTS.items() for check in battery.checks(s)]
)
def test_battery(name: str, check: str) -> None:
    battery.run(SUBJECTS[name], check)


@settings(max_examples=20, deadline=None)
@given(
    st.integers(0, 1000), st.integers(-500, 500), st.sampled_from(["", "size"]), st.sampled_from(["never", "notyet"])
)
def test_the_calendar_may_begin_anywhere_and_each_unit_at_its_own_level(seed, years, covariates, control) -> None:
    data = rows(seed)
    moved = data.with_columns(
        pl.col("year") + years,
        pl.when(pl.col("first") > 0).then(pl.col("first") + years).otherwise(0).alias("first"),
        pl.col("score") + (pl.col("school") * 37) % 11,
    ).filter(True)
    if years == -2003 or (moved["first"].n_unique() < 4):
        return  # a cohort that begins in the year 0 would mean "never"
    one, two = fit(data, covariates=covariates, control=control), fit(moved, covariates=covariates, control=control)
    assert numbers(one) == pytest.approx(numbers(two), rel=1e-8, abs=1e-9)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_two_halves_of_like_cohorts_have_the_wholes_mean(seed) -> None:
    """Without covariates, and with the same number of each cohort in both halves, effects are means of the halves'."""
    data = rows(seed, units=96)
    half = ((pl.col("school") // 12) % 2) == 0
    one, two, whole = fit(data.filter(half)), fit(data.filter(~half)), fit(data)
    for part in ("simple", "dynamic", "group", "calendar"):
        mean = (getattr(one, part).overall.estimate + getattr(two, part).overall.estimate) / 2
        assert getattr(whole, part).overall.estimate == pytest.approx(mean, abs=1e-9)


def test_with_two_periods_it_is_the_difference_of_differences() -> None:
    """Beside plain arithmetic: means of changes, and the error of two independent means (with n, not n − 1)."""
    data = rows().filter(pl.col("year") <= 2003).filter(pl.col("year") > 2001)
    found = fit(data)
    wide = data.pivot("year", index=["school", "first"], values="score").with_columns(
        change=pl.col("2003") - pl.col("2002")
    )
    one = wide.filter(pl.col("first") == 2003)["change"].to_numpy()
    none = wide.filter(pl.col("first") != 2003)["change"].to_numpy()
    assert found.simple.overall.estimate == pytest.approx(one.mean() - none.mean())
    assert found.simple.overall.se == pytest.approx(np.sqrt(one.var() / one.size + none.var() / none.size))
    assert found.two_way is not None
    assert found.two_way.coefficient.estimate == pytest.approx(found.simple.overall.estimate)


def test_a_cluster_above_the_unit_sums_influences() -> None:
    """Every school twice, clustered by its name: the estimates and the errors of the schools once."""
    data = rows()
    twin = data.with_columns(pl.col("school") + 1000, pl.col("school").alias("origin"))
    both = pl.concat([data.with_columns(pl.col("school").alias("origin")), twin])
    assert numbers(fit(both, cluster="origin")) == pytest.approx(numbers(fit(data)), rel=1e-10)


@pytest.mark.prove
def test_the_influences_of_the_weights_count() -> None:
    """The jackknife over units, an error by another path; it differs by terms of the order 1/n."""
    data = rows(3, units=120).with_columns(pl.col("score") + 4 * (pl.col("first") == 2003) * (pl.col("year") >= 2003))
    found = fit(data)
    schools = data["school"].unique().to_list()
    left_out = np.array([numbers(fit(data.filter(pl.col("school") != school)))[::2] for school in schools])
    errors = np.sqrt((len(schools) - 1) / len(schools) * ((left_out - left_out.mean(axis=0)) ** 2).sum(axis=0))
    assert numbers(found)[1::2] == pytest.approx(errors, rel=0.03)


def test_universal_base_and_anticipation() -> None:
    found = fit(rows(), base="universal")
    pre = {(row.cohort, row.time): row for row in found.group_time if not row.post}
    assert all(row.base == row.cohort - 1 for row in found.group_time)
    assert pre[2004.0, 2003.0].effect.se is None
    early = fit(rows(), anticipation=1)
    assert {row.base for row in early.group_time if row.cohort == 2004 and row.post} == {2002.0}


def test_without_never_treated_units_the_last_cohort_compares_until_its_start() -> None:
    data = rows(never=False)
    with pytest.raises(DataError, match="--control notyet"):
        fit(data)
    found = fit(data, control="notyet")
    assert found.periods == (2001.0, 2002.0, 2003.0, 2004.0)
    assert any("the last cohort is the comparison" in str(warning) for warning in found.warnings)


def test_rows_that_cannot_be_used_are_counted_by_reason() -> None:
    data = rows()
    data = data.with_columns(
        pl.when((pl.col("school") == 5) & (pl.col("year") == 2002))
        .then(None)
        .otherwise(pl.col("score"))
        .alias("score"),
        pl.when(pl.col("school") == 9).then(2001).otherwise(pl.col("first")).alias("first"),
    )
    found = fit(data)
    assert {gone.column: gone.rows for gone in found.left} == {
        "score": 1,
        "school lacks a period": 4,
        "first: treated in the first period": 5,
    }
    assert found.units == 88
    assert found.origin.rows == 450


def test_an_empty_cohort_is_missing_unless_said_otherwise() -> None:
    data = rows().with_columns(pl.when(pl.col("first") > 0).then(pl.col("first")))
    with pytest.raises(DataError, match="never treated"):
        fit(data)
    assert numbers(fit(data, empty_cohort="never")) == pytest.approx(numbers(fit(rows())))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: pl.concat([data, data.head(1)]), "more than once"),
        (lambda data: data.with_columns(school=pl.int_range(pl.len())), "repeated cross sections"),
        (lambda data: data.with_columns(first=pl.col("first") + (pl.col("year") == 2002)), "more than one cohort"),
        (lambda data: data.filter(pl.col("year") == 2003), "two periods"),
        (lambda data: data.with_columns(score=pl.col("score").cast(pl.String) + "x"), "not a number"),
        (lambda data: data.drop("first"), "no such column"),
        (lambda data: data.filter((pl.col("first") != 2004) | (pl.col("school") == 3)), "all of cohort 2004"),
    ],
)
def test_what_is_no_panel_is_refused_with_words(change, said: str) -> None:
    with pytest.raises(ImpactError, match=said):
        fit(change(rows()))


def test_covariates_that_tell_treated_from_others_are_refused() -> None:
    data = rows().with_columns(size=pl.when(pl.col("first") > 0).then(1.0).otherwise(0.0) + pl.col("size") / 1000)
    with pytest.raises(ImpactError, match="tell them apart"):
        fit(data, covariates="size")


def test_few_clusters_and_small_cohorts_are_warned_of() -> None:
    words = " ".join(str(warning) for warning in fit(rows(), cluster="district").warnings)
    assert "few clusters" in words
    assert "cohort 2003 has few clusters" in words


def test_categories_among_the_covariates() -> None:
    data = rows().with_columns(
        region=pl.when(pl.col("school") % 2 == 0).then(pl.lit("east")).otherwise(pl.lit("west"))
    )
    found = fit(data, covariates="size + region")
    assert found.covariates == ("size", "region=west")


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "panel.parquet"
    rows().write_parquet(path)
    asked = [
        "impact",
        "did",
        str(path),
        "--outcome",
        "score",
        "--unit",
        "school",
        "--time",
        "year",
        "--cohort",
        "first",
    ]
    assert main([*asked, "--json", "--plot", str(tmp_path / "study.svg"), "--draws", "199"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["simple"]["estimate"] == pytest.approx(fit(rows()).simple.overall.estimate)
    assert len(record["group_time"]) == 12
    assert record["plot"]["data"][0].keys() >= {"event_time", "estimate", "band_low"}
    assert record["plot"]["alt"].startswith("Effect on score by time")
    assert (tmp_path / "study.svg").read_text(encoding="utf-8").startswith("<svg")
    assert main(asked) == 0
    assert "by time since start" in capsys.readouterr().out
    assert main([*asked[:-1], "nothing"]) == 2
    assert "no such column" in capsys.readouterr().err


def test_every_method_says_what_it_is_worth() -> None:
    for method in methods().values():
        assert method.status in STATUSES
        assert method.against
        assert method.assumptions
        assert method.source


def test_the_sums_of_products_are_those_of_the_features() -> None:
    """They are had without a second copy of the influences."""
    panel = read_panel(rows(3), cluster="district", **COLUMNS)
    cells = group_time_cells(panel)
    features = aggregate.features(cells, panel.cohort, panel.cluster)
    np.testing.assert_allclose(
        aggregate.products(cells, panel.cohort, panel.cluster), features.T @ features, rtol=1e-12, atol=1e-12
    )
