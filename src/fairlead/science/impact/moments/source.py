"""Where rows come from: a file, a folder of Parquet parts, a table of PostgreSQL, a frame, or any table of Ibis."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import ibis
import polars as pl
import pyarrow as pa

from fairlead.science.impact.problems import DataError, Problem

SUFFIXES = (".parquet", ".csv", ".arrow", ".feather", ".ipc")
SETTINGS = {
    "enable_external_file_cache": "false",
    "allocator_background_threads": "true",
    "allocator_flush_threshold": "'8MB'",
}


@dataclass(frozen=True, slots=True)
class Source:
    """Rows that an engine can scan, with a name for the record."""

    table: Any  # ibis.Table
    name: str
    engine: str
    parquet: tuple[
        str, ...
    ] = ()  # the files, where it is Parquet: they know their columns' least and greatest values


@functools.cache
def duckdb() -> Any:
    """DuckDB in this process, opened once; it reads files and frames in place and spills to disk.

    One pass over a file profits from no cache of it, and memory that a pass is done with goes back to the machine. The order
    of rows is kept (DuckDB's default): matching breaks ties by it.
    """
    connection = ibis.duckdb.connect()
    for setting, value in SETTINGS.items():
        connection.con.execute(f"SET {setting} = {value}")
    return connection


def open_source(data: Any) -> Source:
    """Find out what `data` is.

    Parameters
    ----------
    data : a path (CSV, Parquet, Arrow, or a folder of Parquet parts), `postgres://…/database#table`, a frame of
        polars, pandas or pyarrow, or an Ibis table (Spark, and any other engine that Ibis speaks to).

    Raises
    ------
    DataError
        When there is nothing of that name, or nothing that can be read.

    Examples
    --------
    >>> import polars as pl
    >>> from fairlead.science.impact.moments import open_source
    >>> open_source(pl.DataFrame({"x": [1.0, 2.0]})).engine
    'duckdb'
    """
    if isinstance(data, Source):
        return data
    if isinstance(data, ibis.Table):
        return Source(data, data.get_name() if hasattr(data.op(), "name") else "a table", data.get_backend().name)
    if isinstance(data, str) and data.startswith(("postgres://", "postgresql://")):
        return _postgres(data)
    if isinstance(data, str | Path):
        return _file(Path(data))
    return Source(_frame(data), f"a frame of {type(data).__module__.split('.')[0]}", "duckdb")


def open_on(data: Any, engine: str | None) -> Source:
    """The same, on an engine of choice: "duckdb", "memory" (DuckDB reads, numpy sums), "postgres", "spark", or None for
    the one where the rows are.

    Raises
    ------
    DataError
        When the rows are elsewhere, or the engine is not installed.
    """
    if engine == "spark":
        return _spark(data)
    source = open_source(data)
    if (engine == "postgres") != (source.engine == "postgres") and engine in ("postgres", "duckdb"):
        raise _refuse(
            f"{engine} cannot compute where the rows are not",
            source.name,
            "postgres://…#table for postgres, else a file",
        )
    return source


def _spark(data: Any) -> Source:
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise _refuse("Spark is not installed", "engine spark", "pip install -r locks/spark.txt, and Java") from None
    path = Path(str(data))
    known = _file(path)  # refuses what cannot be read, in the same words
    builder = SparkSession.builder.appName("fairlead").config("spark.ui.showConsoleProgress", "false")
    with _refused("Spark did not start", "engine spark", "Java 17 or 21: docs/how-to/use-spark.md"):
        connection = ibis.pyspark.connect(builder.getOrCreate())
    if path.suffix.lower() == ".csv":
        table = connection.read_csv(str(path), header=True, inferSchema=True, nullValue="NA")
    elif known.parquet:
        # The same files as DuckDB reads; folders named year=2026 become columns, which Spark does only when it walks itself.
        walks = any("=" in part for part in known.parquet)
        named = {} if walks else {"recursiveFileLookup": True}
        table = connection.read_parquet(str(path), pathGlobFilter="*.parquet", **named)
    else:
        raise _refuse("Spark does not read files of this kind", path.name, ".parquet, .csv, a folder of parts")
    return Source(table, known.name, "pyspark")


def middles(source: Source) -> dict[str, float]:
    """For columns of numbers in Parquet the middle of their range, without a look at the rows; nothing else has one."""
    if not source.parquet:
        return {}
    found = source.table.get_backend().con.execute(
        "SELECT path_in_schema, min(TRY_CAST(stats_min_value AS DOUBLE)), max(TRY_CAST(stats_max_value AS DOUBLE)), "
        "count(*) - count(TRY_CAST(stats_max_value AS DOUBLE)) FROM parquet_metadata(?) GROUP BY ALL",
        [list(source.parquet)],
    )
    known = {name: (low, high) for name, low, high, unknown in found.fetchall() if not unknown and low is not None}
    return {name: (low + high) / 2 for name, (low, high) in known.items() if isfinite(low + high)}


def without_nulls(source: Source, variables: Sequence[str]) -> bool:
    """Whether Parquet's own counts say that none of these columns lacks a value; they do not count NaN."""
    if not source.parquet:
        return False
    found = source.table.get_backend().con.execute(
        "SELECT count(DISTINCT path_in_schema), bool_and(coalesce(stats_null_count, 1) = 0) FROM parquet_metadata(?) "
        "WHERE list_contains(?, path_in_schema)",
        [list(source.parquet), list(variables)],
    )
    columns, whole = found.fetchall()[0]
    return bool(whole) and columns == len(set(variables))


def _frame(data: Any) -> Any:
    if isinstance(data, pl.LazyFrame):
        data = data.collect()
    if isinstance(data, pl.DataFrame | pa.Table) or type(data).__module__.startswith("pandas"):
        arrow = data if isinstance(data, pa.Table) else data.to_arrow() if isinstance(data, pl.DataFrame) else None
        return ibis.memtable(pa.Table.from_pandas(data, preserve_index=False) if arrow is None else arrow)
    raise _refuse("this cannot be read as a table", type(data).__name__, "a path, a frame, an Ibis table")


def _file(path: Path) -> Source:
    if not path.exists():
        raise _refuse("there is no such file or folder", str(path), f"a path that exists ({', '.join(SUFFIXES)})")
    if path.is_dir():
        parts = sorted(path.glob("**/*.parquet"))
        if not parts:
            raise _refuse("the folder holds no part", str(path), "files that end in .parquet")
        files = tuple(map(str, parts))
        with _refused("a part of the folder is not Parquet, or unlike the others", path.name, "parts of one table"):
            return Source(duckdb().read_parquet(list(files)), path.name, "duckdb", files)
    kind = path.suffix.lower()
    if not path.stat().st_size:
        raise _refuse("the file is empty", path.name, "a header and rows")
    if kind not in SUFFIXES:
        raise _refuse("files of this kind are not read", path.name, ", ".join(SUFFIXES))
    with _refused("the file is not what its name says", path.name, f"a whole file of {kind[1:]}"):
        if kind == ".parquet":
            return Source(duckdb().read_parquet(str(path)), path.name, "duckdb", (str(path),))
        if kind == ".csv":
            return Source(duckdb().read_csv(str(path), nullstr=["", "NA"]), path.name, "duckdb")
        return Source(ibis.memtable(pl.read_ipc(path).to_arrow()), path.name, "duckdb")


def _postgres(address: str) -> Source:
    url, _, table = address.partition("#")
    if not table:
        raise _refuse("the address does not say which table", _shown(url), f"{_shown(url)}#table")
    schema, _, name = table.rpartition(".")
    shown = f"{_shown(url)}#{table}"
    with _refused(
        "PostgreSQL does not give this table", shown, "a server that answers, a login and a table it may read"
    ):
        return Source(ibis.connect(url).table(name, database=schema or None), shown, "postgres")


@contextlib.contextmanager
def _refused(what: str, got: str, allowed: str) -> Iterator[None]:
    """Whatever an engine raises when it opens something, said in our words; its own stand behind it as the cause. They are
    not repeated: they may hold a login or a row."""
    try:
        yield
    except Exception as error:
        raise _refuse(what, f"{got} ({type(error).__name__})", allowed) from error


def _shown(url: str) -> str:
    """The address without name and password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"


def _refuse(what: str, got: str, allowed: str) -> DataError:
    return DataError([Problem("data", what, got, allowed, "mend the address and try again")])
