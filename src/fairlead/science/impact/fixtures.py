"""Real records that come with Fairlead."""

from __future__ import annotations

import io
from importlib import resources

import polars as pl


def star_kindergarten() -> pl.DataFrame:
    """Project STAR, kindergarten: 6,325 children in 79 Tennessee schools, 1985-86. See data/README.md for
    the source."""
    return _read("star_kindergarten")


def star_first_grade() -> pl.DataFrame:
    """The same children a year later: drawn class type, class type in first grade, scores; missing for those who left."""
    return _read("star_first_grade")


def _read(name: str) -> pl.DataFrame:
    data = (resources.files("fairlead.science.impact") / "data" / f"{name}.parquet").read_bytes()
    return pl.read_parquet(io.BytesIO(data))
