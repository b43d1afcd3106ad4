"""Pupils in classes in schools, by integer arithmetic that any language repeats exactly: `scripts/references/multilevel.R` makes
the same rows. Classes are numbered anew in each school."""

from __future__ import annotations

import polars as pl


def pupils() -> pl.DataFrame:
    """1,658 rows."""
    seed = 20261

    def uniform() -> float:
        nonlocal seed
        seed = 16807 * seed % 2147483647
        return seed / 2147483647

    def bell() -> float:
        total = 0.0
        for _ in range(12):
            total += uniform()
        return total - 6

    rows = []
    for school in range(40):
        a, b = 3 * bell(), 0.15 * bell()
        for klass in range(2 + int(4 * uniform())):
            c, d = 2 * bell(), 0.1 * bell()
            for _ in range(5 + int(16 * uniform())):
                pre = 10 * bell()
                math = 500 + 0.6 * pre + 3 * (school % 2) + a + c + (b + d) * pre + 5 * bell()
                rows.append((school, klass, float(school % 2), pre, math))
    table = pl.DataFrame(rows, schema=["school", "class", "treat", "pre", "math"], orient="row")
    return table.with_columns(klass=pl.col("school") * 100 + pl.col("class"))
