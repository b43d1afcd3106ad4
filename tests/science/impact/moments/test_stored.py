"""Moments go into a file and come back to the bit; parts kept apart add to the whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from fairlead.science.impact.formula import parse_formula
from fairlead.science.impact.moments import Moments, collect, design_of
from fairlead.science.impact.problems import DataError
from fairlead.science.impact.regression import linear_regression, regression_from_moments


def rows(n: int = 300) -> pl.DataFrame:
    rng = np.random.default_rng(2)
    return pl.DataFrame(
        {
            "school": [["North", "Süd", None][i] for i in rng.integers(0, 3, n)],
            "year": rng.integers(2020, 2024, n),
            "pre": rng.normal(1e6, 10, n),
            "math": rng.normal(500, 40, n),
        }
    )


@pytest.mark.parametrize("by", [[], ["school"], ["school", "year"]])
def test_they_come_back_to_the_bit(by: list[str], tmp_path: Path) -> None:
    moments = collect(rows(), ["math", "pre"], by=by)
    again = Moments.load(moments.save(tmp_path / "moments.parquet"))
    assert_frame_equal(again.keys, moments.keys)
    for one, two in zip(
        (again.counts, again.products, again.center, again.scale),
        (moments.counts, moments.products, moments.center, moments.scale),
        strict=True,
    ):
        np.testing.assert_array_equal(one, two)
    assert (again.columns, again.left, again.origins) == (moments.columns, moments.left, moments.origins)
    with pytest.raises(ValueError, match="read-only"):
        again.products[0] = 0


def test_halves_that_were_kept_apart_give_the_model_of_the_whole(tmp_path: Path) -> None:
    table = rows(2000).drop_nulls()
    design = design_of(parse_formula("math ~ pre"), table)
    for name, part in (("one", table[:900]), ("two", table[900:])):
        collect(part, design, by=["year"]).save(tmp_path / f"{name}.parquet")
    whole = Moments.load(tmp_path / "one.parquet") + Moments.load(tmp_path / "two.parquet")
    apart = regression_from_moments(whole, design, cluster="year", errors="CR1").term("pre")
    together = linear_regression(table, "math ~ pre", cluster="year", errors="CR1").term("pre")
    assert (apart.estimate, apart.se) == pytest.approx((together.estimate, together.se), rel=1e-9)


def test_what_is_no_file_of_moments_is_refused(tmp_path: Path) -> None:
    rows().write_parquet(tmp_path / "rows.parquet")
    (tmp_path / "text.parquet").write_text("no")
    for name, words in (("rows", "holds rows"), ("text", "can be read"), ("none", "can be read")):
        with pytest.raises(DataError, match=words):
            Moments.load(tmp_path / f"{name}.parquet")
    with pytest.raises(DataError, match="cannot be written"):
        collect(rows(), ["math"]).save(tmp_path / "nowhere" / "x.parquet")
