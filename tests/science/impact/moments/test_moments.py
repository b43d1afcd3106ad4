"""Moments add, whoever counts them; nothing is lost to a large offset; every row is accounted for."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from fairlead.science.impact.formula import parse_formula
from fairlead.science.impact.moments import Moments, collect, combine, design_of
from fairlead.science.impact.problems import DataError, EstimationError

DEAF = "postgres://name:secret@localhost:1/db#rows"  # nobody listens there


def rows(n: int = 600, seed: int = 1) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "school": rng.integers(0, 12, n),
            "arm": rng.choice(["aide", "regular", "small"], n),
            "pre": rng.normal(50, 10, n),
            "math": rng.normal(500, 40, n),
        }
    )


def raw(moments: Moments) -> np.ndarray:
    """Σ(1,v)(1,v)′ in the columns' own units."""
    k = len(moments.columns)
    return moments.rescaled(np.zeros(k), np.ones(k)).products


def close(one: Moments, two: Moments, tolerance: float = 1e-12) -> None:
    assert_frame_equal(one.keys, two.keys, check_dtypes=False)
    np.testing.assert_array_equal(one.counts, two.counts)
    moved = two.like(one).products
    np.testing.assert_allclose(moved, one.products, rtol=tolerance, atol=tolerance * one.n)


def test_they_are_the_sums_of_products() -> None:
    table = rows()
    moments = collect(table, ["math", "pre"], by=["school"])
    for place, (school,) in enumerate(moments.keys.iter_rows()):
        own = table.filter(pl.col("school") == school)
        w = np.column_stack([np.ones(own.height), own["math"], own["pre"]])
        np.testing.assert_allclose(raw(moments)[place], w.T @ w, rtol=1e-12)
        assert moments.counts[place] == own.height


@pytest.mark.parametrize("kind", ["csv", "parquet", "arrow", "parts", "pandas", "pyarrow", "lazy"])
def test_every_source_gives_the_same(kind: str, tmp_path: Path) -> None:
    table = rows()
    design = design_of(parse_formula("math ~ pre * arm"), table)
    data: Any = tmp_path / f"rows.{kind}"
    if kind == "csv":
        table.write_csv(data)
    elif kind == "parquet":
        table.write_parquet(data)
    elif kind == "arrow":
        table.write_ipc(data)
    elif kind == "parts":
        data.mkdir()
        table[:100].write_parquet(data / "1.parquet")
        table[100:].write_parquet(data / "2.parquet")
    else:
        data = {"pandas": table.to_pandas, "pyarrow": table.to_arrow, "lazy": table.lazy}[kind]()
    close(collect(table, design, by=["school"], engine="memory"), collect(data, design, by=["school"]))


@given(st.integers(0, 600), st.integers(0, 10_000))
def test_parts_sum_to_the_whole(cut: int, seed: int) -> None:
    table = rows(seed=seed)
    whole = collect(table, ["math", "pre"], by=["school"], engine="memory")
    pieces = [part for part in (table[:cut], table[cut:]) if part.height]
    close(whole, combine([collect(part, ["math", "pre"], by=["school"], engine="memory") for part in pieces]))


def test_groups_sum_to_coarser_groups() -> None:
    table = rows()
    fine = collect(table, ["math", "pre"], by=["school", "arm"])
    close(collect(table, ["math", "pre"], by=["arm"]), fine.by("arm"))
    close(collect(table, ["math", "pre"]), fine.by())


def test_an_offset_of_a_million_loses_nothing() -> None:
    table = rows()
    far = table.with_columns(pl.col("math") + 1e6, pl.col("pre") + 1e6)
    near, away = (collect(data, ["math", "pre"], by=["school"]) for data in (table, far))
    np.testing.assert_allclose(away.products, near.products, rtol=1e-9, atol=1e-8)
    np.testing.assert_allclose(away.within() * away.scale[0], near.within() * near.scale[0], rtol=1e-8, atol=1e-6)


@given(cut=st.integers(1, 599), seed=st.integers(0, 10_000), offset=st.sampled_from([5.0, 1e6]))
@settings(max_examples=12, deadline=None)
def test_products_are_summed_about_the_middles_of_their_pieces(cut: int, seed: int, offset: float) -> None:
    """Each half has its own middle; together they give the whole's, and `plain` the products themselves."""
    table = rows(seed=seed).with_columns(pl.col("pre") + offset)
    design = design_of(parse_formula("math ~ pre * arm"), table)
    whole = collect(table, design, by=["school"])
    assert whole.less.any()
    halves = [collect(part, design, by=["school"], engine="memory") for part in (table[:cut], table[cut:])]
    both = (halves[0] + halves[1]).like(whole)
    np.testing.assert_allclose(both.products, whole.products, rtol=1e-7, atol=1e-6)
    product = next(j for j, column in enumerate(design.columns) if len(column.pieces) > 1)
    itself = table.select(design.columns[product].polars()).to_series().to_numpy()
    plain = whole.plain()
    told = plain.center + plain.total[0, 1:] / plain.n * plain.scale
    assert told[product] == pytest.approx(itself.mean(), rel=1e-9)
    pair = [design.outcome, design.columns[product].name]
    assert not whole.select(pair).less.any()
    assert whole.select(pair).center == pytest.approx(plain.select(pair).center)


@pytest.mark.parametrize("engine", [None, "memory"])
def test_a_row_is_left_out_under_the_first_column_it_lacks(engine: str | None) -> None:
    table = pl.DataFrame(
        {
            "school": ["a", None, "a", "b", "b", "b"],
            "y": [1.0, 2.0, None, float("nan"), 5.0, 6.0],
            "x": [1.0, None, None, 2.0, None, 4.0],
        }
    )
    moments = collect(table, ["y", "x"], by=["school"], engine=engine)
    assert {left.column: left.rows for left in moments.left} == {"school": 1, "y": 2, "x": 1}
    assert (moments.n, moments.origins[0].rows) == (2, 6)


def test_nan_in_parquet_is_missing_and_infinity_is_refused(tmp_path: Path) -> None:
    """Parquet's statistics leave NaN out, and DuckDB believes them."""
    path = tmp_path / "rows.parquet"
    pl.DataFrame({"y": [1.0, 2.0, float("nan"), 4.0]}).write_parquet(path)
    moments = collect(path, ["y"])
    assert (moments.n, [(left.column, left.rows) for left in moments.left]) == (3, [("y", 1)])
    pl.DataFrame({"y": [1.0, 2.0, float("inf"), 4.0]}).write_parquet(path)
    with pytest.raises(DataError, match="infinite"):
        collect(path, ["y"])


@pytest.mark.parametrize("where", ["y", "x", "level", "key"])
@pytest.mark.parametrize("lacks", [None, float("nan")])
def test_what_is_missing_in_parquet_is_left_out_wherever_it_hides(tmp_path: Path, where: str, lacks: Any) -> None:
    """Where Parquet counts no null the rows are summed without a look at each; NaN must be found all the same."""
    rng = np.random.default_rng(2)
    table = pl.DataFrame({"y": rng.normal(size=60), "x": rng.normal(size=60)}).with_columns(
        level=pl.Series(np.tile([1.0, 2.0, 3.0], 20)), key=pl.Series(np.repeat([1.0, 2.0], 30))
    )
    table = table.with_columns(pl.when(pl.int_range(60) == 7).then(lacks).otherwise(pl.col(where)).alias(where))
    table.write_parquet(tmp_path / "rows.parquet")
    design = design_of(parse_formula("y ~ x + C(level)"), table.drop_nulls())
    there, here = (
        collect(data, design, by=["key"], engine=engine)
        for data, engine in ((tmp_path / "rows.parquet", None), (table, "memory"))
    )
    assert there.n == here.n == 59
    assert [(left.column, left.rows) for left in there.left] == [(where, 1)]
    close(here, there)


def test_a_bootstrap_may_draw_a_group_twice() -> None:
    moments = collect(rows(), ["math"], by=["school"])
    twice = moments.take([0, 0, 3])
    np.testing.assert_array_equal(twice.total, 2 * moments.products[0] + moments.products[3])
    assert moments.take(np.arange(12) < 2).counts.tolist() == moments.counts[:2].tolist()


def test_the_table_is_not_changed_and_the_arrays_cannot_be() -> None:
    table = rows()
    before = table.clone()
    moments = collect(table, ["math"], by=["school"])
    assert_frame_equal(table, before)
    with pytest.raises(ValueError, match="read-only"):
        moments.products[0, 0, 0] = 1


@pytest.mark.parametrize(
    ("table", "columns", "words"),
    [
        (pl.DataFrame({"x": [1.0]}), ["y"], "no such column"),
        (pl.DataFrame({"y": ["a"]}), ["y"], "not a number"),
        (pl.DataFrame({"y": [None, float("nan")]}), ["y"], "no row"),
        (pl.DataFrame({"y": [1.0, float("inf")]}), ["y"], "infinite"),
    ],
)
@pytest.mark.parametrize("engine", [None, "memory"])
def test_what_cannot_be_collected_is_refused(
    table: pl.DataFrame, columns: list[str], words: str, engine: Any
) -> None:
    with pytest.raises(DataError, match=words):
        collect(table, columns, engine=engine)


def test_only_the_same_columns_add() -> None:
    with pytest.raises(EstimationError, match="same columns"):
        collect(rows(), ["math"]) + collect(rows(), ["pre"])


@pytest.mark.parametrize("address", ["missing.csv", "postgres://name:secret@localhost/db", DEAF])
def test_a_source_that_is_not_there_is_told_without_its_password(address: str) -> None:
    with pytest.raises(DataError) as refused:
        collect(address, ["y"])
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("name", ["cut.parquet", "cut.arrow", "cut.csv", "."])
def test_a_broken_file_is_told_by_its_name_and_without_its_rows(tmp_path: Path, name: str) -> None:
    (tmp_path / "cut.parquet").write_bytes(b"PAR1 Ada Quay")
    for kind in ("arrow", "csv"):
        (tmp_path / f"cut.{kind}").write_bytes(b"\xff\xfe\x00 Ada Quay \x00")
    with pytest.raises(DataError) as refused:
        collect(tmp_path / name, ["y"])
    assert (tmp_path / name).name in str(refused.value)
    assert "Ada" not in str(refused.value)


def test_first_rows_unlike_the_rest_cost_a_pass_and_no_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The center is guessed from the first rows; here all others lie a billion away, where squares leave no digit."""
    rng = np.random.default_rng(5)
    n = 12_000
    first = np.arange(n) < 4
    table = pl.DataFrame(
        {
            "school": np.where(first, 0, 1 + np.arange(n) % 7),
            "far": np.where(first, 0.0, 1e9 + rng.normal(size=n)),
            "late": np.where(first, 5.0, 1e6 + rng.normal(size=n)),
            "rare": (np.arange(n) > 11_000).astype(float),
            "math": rng.normal(size=n),
        }
    )
    names = ["math", "far", "late", "rare"]
    monkeypatch.setattr(sys.modules[collect.__module__], "FIRST_ROWS", 4)  # a function has the module's name
    close(collect(table, names, by=["school"], engine="memory"), collect(table, names, by=["school"]), 1e-14)


def test_parquet_says_where_the_middle_is(tmp_path: Path) -> None:
    """Long tails, one value only, whole numbers, and a column that lacks values: the guess is a guess, the sums are exact."""
    rng = np.random.default_rng(6)
    n = 3_000
    table = pl.DataFrame(
        {
            "school": np.arange(n) % 7,
            "tail": np.exp(4 * rng.normal(size=n)),
            "flat": np.full(n, 1e6),
            "whole": rng.integers(5_000_000, 5_000_100, n),
            "holes": pl.Series(rng.normal(1e6, 1, n)).set(pl.Series(rng.random(n) < 0.1), None),
        }
    )
    table[:1000].write_parquet(tmp_path / "1.parquet")
    table[1000:].write_parquet(tmp_path / "2.parquet")
    names = ["tail", "flat", "whole", "holes"]
    one, two = (collect(table, names, by=["school"], engine="memory"), collect(tmp_path, names, by=["school"]))
    close(one, two, 1e-12)
    assert one.left == two.left


def test_indicators_have_whole_sums() -> None:
    """Levels of one factor never meet, and an indicator is its own square: those sums are known, not asked for."""
    table = rows()
    design = design_of(parse_formula("math ~ 0 + arm + pre"), table)
    moments = raw(collect(table, design, by=["school"]))
    arms = [1 + place for place, column in enumerate(design.columns) if "arm" in column.name]
    for a in arms:
        np.testing.assert_allclose(moments[:, a, a], moments[:, 0, a], rtol=1e-12)
        for b in arms:
            assert a == b or np.abs(moments[:, a, b]).max() < 1e-9
