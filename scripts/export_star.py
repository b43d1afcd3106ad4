"""CSV of export_star.R → src/fairlead/science/impact/data/star_kindergarten.parquet (small, typed,
compressed)."""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

TARGET = Path(__file__).parent.parent / "src/fairlead/science/impact/data/star_kindergarten.parquet"


def main(source: str) -> None:
    table = pl.read_csv(source, null_values=[""])
    small = [column for column, kind in table.schema.items() if kind == pl.Int64]
    table = table.with_columns(pl.col(small).cast(pl.Int16), pl.col("born").cast(pl.Float32))
    table.write_parquet(TARGET, compression="zstd", compression_level=19, statistics=False)
    print(f"{TARGET.name}: {table.height} rows, {TARGET.stat().st_size / 1024:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1])
