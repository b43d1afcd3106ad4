"""One answer on every engine: DuckDB, PostgreSQL, Spark where it is installed, and numpy in memory, to 1e-9.

The rows hold what engines treat differently: nulls and NaN, texts with accents, booleans, an offset of a million, whole
numbers of three widths.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import polars as pl
import pytest

from fairlead.cli import main
from fairlead.science.impact.formula import parse_formula
from fairlead.science.impact.moments import Moments, collect, design_of, open_on
from fairlead.science.impact.multilevel import multilevel_model
from fairlead.science.impact.regression import RegressionFit, linear_regression

pytestmark = pytest.mark.prove
FORMULA = "math ~ pre + treat * size + log(size) + kind + C(grade)"
SPARK = ["spark"] if importlib.util.find_spec("pyspark") and shutil.which("java") else []


def rows(n: int = 4_000) -> pl.DataFrame:
    rng = np.random.default_rng(1)
    school = rng.integers(0, 40, n)
    pre = rng.normal(1e6, 12, n)
    math = 500 + 0.4 * (pre - 1e6) + 8 * (school % 2) + 5 * rng.normal(size=40)[school] + 20 * rng.normal(size=n)
    math[::97] = np.nan
    return pl.DataFrame(
        {
            "school": pl.Series(school, dtype=pl.Int16),
            "year": pl.Series(rng.integers(2020, 2024, n), dtype=pl.Int64),
            "math": pl.Series(math),
            "pre": pl.Series([None if i % 89 == 0 else value for i, value in enumerate(pre.tolist())]),
            "treat": pl.Series(school % 2 == 1),
            "size": pl.Series(rng.integers(10, 40, n), dtype=pl.Int32),
            "kind": pl.Series(
                [["übrig", "Normal", "Ñandú", None][i] for i in rng.choice(4, n, p=[0.3, 0.4, 0.29, 0.01])]
            ),
            "grade": pl.Series(rng.integers(9, 13, n), dtype=pl.Int32),
        }
    )


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("engines") / "rows.parquet"
    rows().write_parquet(made)
    return made


@pytest.fixture(scope="module")
def address(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The rows as a table of the test database, in a schema of its own."""
    import psycopg
    from django.db import connections

    entry = connections["default"].settings_dict
    where = {
        "host": entry["HOST"],
        "port": entry["PORT"],
        "user": entry["USER"],
        "password": entry["PASSWORD"],
        "dbname": entry["NAME"],
    }
    kinds = {"school": "smallint", "year": "bigint", "math": "double precision", "pre": "double precision"}
    kinds |= {"treat": "boolean", "size": "integer", "kind": "text", "grade": "integer"}
    with psycopg.connect(**where, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS engines CASCADE")
        connection.execute("CREATE SCHEMA engines")
        named = ", ".join(f"{name} {kind}" for name, kind in kinds.items())
        connection.execute(f"CREATE TABLE engines.rows ({named})")  # type: ignore[arg-type]
        with connection.cursor().copy("COPY engines.rows FROM STDIN") as copy:
            for row in rows().iter_rows():
                copy.write_row(row)
        user, password = quote(str(where["user"])), quote(str(where["password"]), safe="")
        yield f"postgresql://{user}:{password}@{where['host']}:{where['port']}/{where['dbname']}#engines.rows"
        connection.execute("DROP SCHEMA engines CASCADE")


@pytest.fixture
def source(engine: str, path: Path, request: pytest.FixtureRequest) -> Any:
    return open_on(request.getfixturevalue("address") if engine == "postgres" else str(path), engine)


def raw(moments: Moments, like: Moments) -> np.ndarray:
    return moments.like(like).products


@pytest.mark.parametrize("engine", ["duckdb", "postgres", *SPARK])
def test_moments(engine: str, source: Any, path: Path) -> None:
    design = design_of(parse_formula(FORMULA), source)
    assert design == design_of(parse_formula(FORMULA), str(path))
    here = collect(str(path), design, by=["school", "year"], engine="memory")
    there = collect(source, design, by=["school", "year"])
    assert there.keys.rows() == here.keys.rows()
    np.testing.assert_array_equal(there.counts, here.counts)
    np.testing.assert_allclose(raw(there, here), here.products, rtol=1e-9, atol=1e-9 * here.counts.max())
    assert there.left == here.left
    assert there.origins[0].rows == here.origins[0].rows == 4_000


@pytest.mark.parametrize("engine", ["duckdb", "postgres", *SPARK])
@pytest.mark.parametrize(
    ("formula", "absorb", "errors"),
    [(FORMULA, None, "CR2"), ("math ~ pre + log(size)", ("school", "year"), "CR1"), (FORMULA, None, "HC2")],
)
def test_regressions(engine: str, source: Any, path: Path, formula: str, absorb: Any, errors: str) -> None:
    there, here = (
        linear_regression(data, formula, cluster="school", absorb=absorb, errors=errors, engine=where)
        for data, where in ((source, None), (str(path), "memory"))
    )

    def numbers(fit: RegressionFit) -> np.ndarray:
        return np.array([[c.estimate, c.se, c.df] for c in fit.coefficients])

    np.testing.assert_allclose(numbers(there), numbers(here), rtol=1e-9)


@pytest.mark.parametrize("engine", ["duckdb", "postgres", *SPARK])
def test_multilevel_models(engine: str, source: Any, path: Path) -> None:
    """The likelihood is maximised on both to a gradient of 1e-6: variances agree to 1e-7, the rest to 1e-9."""
    formula = "math ~ pre + treat + (1 + pre | school)"
    there, here = multilevel_model(source, formula), multilevel_model(str(path), formula, engine="memory")
    assert there.value == pytest.approx(here.value, rel=1e-12)
    for one, two in zip(there.fixed, here.fixed, strict=True):
        assert (one.estimate, one.se) == pytest.approx((two.estimate, two.se), rel=1e-9)
    assert there.variance("school", "pre") == pytest.approx(here.variance("school", "pre"), rel=1e-7)


@pytest.mark.parametrize("engine", ["memory", *SPARK])
@pytest.mark.parametrize("kind", ["parquet", "csv", "parts"])
def test_at_the_terminal(
    kind: str, engine: str, path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command as a person types it, on each kind of file that Spark reads; NA and nothing at all are missing in a CSV."""
    told = rows().with_columns(pl.col("math").fill_nan(None))
    data = {"parquet": path, "csv": tmp_path / "rows.csv", "parts": tmp_path}[kind]
    told.with_columns(pl.col("pre").cast(pl.String).fill_null("NA")).write_csv(tmp_path / "rows.csv")
    for place in range(2):
        (tmp_path / "years").mkdir(exist_ok=True)
        told[place::2].write_parquet(tmp_path / "years" / f"{place}.parquet")
    asked = ["impact", "model", str(data), "--formula", "math ~ pre + size + (1 | school)", "--json", "--engine"]
    records = []
    for one in ("duckdb", engine):
        assert main([*asked, one]) == 0
        records.append(json.loads(capsys.readouterr().out))
    one, two = ([(term["estimate"], term["se"], term["df"]) for term in record["fixed"]] for record in records)
    np.testing.assert_allclose(one, two, rtol=1e-9)
    assert records[0]["n"] == records[1]["n"] < 4_000
