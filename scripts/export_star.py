"""The CSVs of export_star.R → src/fairlead/science/impact/data/star_*.parquet (small, typed, compressed)."""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

FOLDER = Path(__file__).parent.parent / "src/fairlead/science/impact/data"


def main(source: str) -> None:
    target = FOLDER / f"{Path(source).stem}.parquet"
    table = pl.read_csv(source, null_values=[""])
    small = [column for column, kind in table.schema.items() if kind == pl.Int64]
    table = table.with_columns(pl.col(small).cast(pl.Int16), pl.col("born").cast(pl.Float32))
    table.write_parquet(target, compression="zstd", compression_level=19, statistics=False)
    print(f"{target.name}: {table.height} rows, {target.stat().st_size / 1024:.0f} kB")


if __name__ == "__main__":
    for path in sys.argv[1:]:
        main(path)
