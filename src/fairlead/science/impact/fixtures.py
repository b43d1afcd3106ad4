"""Real records that come with Fairlead."""

from __future__ import annotations

import io
from importlib import resources

import polars as pl


def star_kindergarten() -> pl.DataFrame:
    """Project STAR, kindergarten: 6,325 children in 79 Tennessee schools, 1985-86. See data/README.md for
    the source."""
    data = (resources.files("fairlead.science.impact") / "data" / "star_kindergarten.parquet").read_bytes()
    return pl.read_parquet(io.BytesIO(data))
