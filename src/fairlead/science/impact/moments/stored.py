"""Moments in a file, so that parts of a whole can be computed apart, kept, and added later.

One Parquet file: a row for each group with its keys, its count and its products, and the rest as
metadata of the file. What moments are, a file of them is, too: **counts in disguise**, of the same access class as the rows.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from fairlead.science.impact.moments.core import Left, Moments, Origin
from fairlead.science.impact.problems import DataError, Problem

KIND = b"fairlead.moments"
VERSION = 2
ZSTD: Any = "zstd"


def save(moments: Moments, path: str | Path) -> Path:
    """Write moments as one Parquet file, exactly: every bit of every number comes back.

    Parameters
    ----------
    path : of the file; a folder that is there.

    Examples
    --------
    >>> import tempfile, pathlib, polars as pl
    >>> from fairlead.science.impact.moments import Moments, collect
    >>> from fairlead.science.impact.moments.stored import load, save
    >>> rows = pl.DataFrame({"school": ["a", "a", "b"], "math": [1.0, 2.0, 6.0]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     halves = [rows[:2], rows[2:]]
    ...     paths = [
    ...         save(collect(half, ["math"], by=["school"]), pathlib.Path(folder) / f"{i}.parquet")
    ...         for i, half in enumerate(halves)
    ...     ]
    ...     whole = load(paths[0]) + load(paths[1])
    >>> whole.n, len(whole), float(whole.total[0, 0])
    (3, 2, 3.0)
    """
    size = len(moments.columns) + 1
    table = pa.table(
        {
            **{f"key_{i}": moments.keys[name].to_arrow() for i, name in enumerate(moments.keys.columns)},
            "count": pa.array(moments.counts),
            "products": pa.FixedSizeListArray.from_arrays(pa.array(moments.products.ravel()), size**2),
        }
    )
    told = {
        "version": VERSION,
        "columns": moments.columns,
        "keys": moments.keys.columns,
        "center": [value.hex() for value in moments.center.tolist()],
        "scale": [value.hex() for value in moments.scale.tolist()],
        "less": [value.hex() for value in moments.less.ravel().tolist()],
        "left": [[item.column, item.rows] for item in moments.left],
        "origins": [[item.source, item.engine, item.rows] for item in moments.origins],
    }
    table = table.replace_schema_metadata({KIND: json.dumps(told, ensure_ascii=False).encode()})
    target = Path(path)
    try:
        pq.write_table(table, target, compression=ZSTD)
    except OSError as error:
        raise _refuse(
            "the moments cannot be written there", str(target), "a file in a folder that is there"
        ) from error
    return target


def load(path: str | Path) -> Moments:
    """Read moments that `save` wrote.

    Raises
    ------
    DataError
        No such file, not a file of moments, or one of a later version.
    """
    target = Path(path)
    try:
        table = pq.read_table(target)
    except (OSError, pa.ArrowInvalid) as error:
        raise _refuse("there are no moments that can be read", str(target), "a file that save wrote") from error
    metadata = table.schema.metadata or {}
    if KIND not in metadata:
        raise _refuse("the file holds rows, not moments", target.name, "a file that save wrote")
    told = json.loads(metadata[KIND])
    if told["version"] != VERSION:
        raise _refuse("the file is of another version", str(told["version"]), str(VERSION))
    size = len(told["columns"]) + 1
    flat = table["products"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    keys = {name: table[f"key_{i}"] for i, name in enumerate(told["keys"])}
    frame = pl.from_arrow(pa.table(keys)) if keys else pl.DataFrame()
    assert isinstance(frame, pl.DataFrame)
    return Moments(
        columns=tuple(told["columns"]),
        keys=frame,
        counts=table["count"].to_numpy().astype(np.int64),
        products=flat.reshape(table.num_rows, size, size).copy(),
        center=np.array([float.fromhex(value) for value in told["center"]]),
        scale=np.array([float.fromhex(value) for value in told["scale"]]),
        left=tuple(Left(column, n) for column, n in told["left"]),
        less=np.array([float.fromhex(value) for value in told["less"]]).reshape(size - 1, size - 1),
        origins=tuple(Origin(source, engine, n) for source, engine, n in told["origins"]),
    )


def _refuse(what: str, got: str, allowed: str) -> DataError:
    return DataError([Problem("moments", what, got, allowed, "mend the path, or collect the moments anew")])
