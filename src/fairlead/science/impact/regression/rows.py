"""What moments cannot give: errors that need each row's own residual (HC). The rows are read once more, for these alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fairlead.science.impact.moments import INTERCEPT, Design, open_source
from fairlead.science.impact.problems import EstimationError, Problem
from fairlead.science.impact.regression.absorb import absorb
from fairlead.science.impact.regression.working import Working

Array = NDArray[np.float64]
HC = ("HC0", "HC1", "HC2", "HC3")


def hc_covariance(
    data: Any,
    design: Design,
    working: Working,
    b: Array,
    bread: Array,
    errors: str,
    fixed: tuple[str, ...],
    used: tuple[str, ...],
) -> Array:
    """(p, p) in working units, from the rows.

    MacKinnon & White (1985), doi:10.1016/0304-4076(85)90158-7: HC1 with n/(n − rank), HC2 and HC3 by leverage.
    """
    frame = _rows(data, design, used)
    plain = [name for name in working.names if name != INTERCEPT]
    by_name = {column.name: column for column in design.columns}
    chosen = [by_name[name].polars().alias(f"c{i}") for i, name in enumerate((*plain, design.outcome))]
    values = frame.select(chosen).to_numpy().astype(float)
    values[:, :-1] -= values[:, :-1] @ working.less.T
    codes = [frame.select(pl.col(key).rank("dense")).to_series().to_numpy().astype(np.intp) - 1 for key in fixed]
    return covariance_by_row(values, codes, working, b, bread, errors, np.ones(frame.height))


def covariance_by_row(
    values: Array,
    codes: list[NDArray[np.intp]],
    working: Working,
    b: Array,
    bread: Array,
    errors: str,
    weights: Array,
) -> Array:
    """(p, p) in working units, from (n, k+1) columns, the outcome last; `codes`: of each fixed effect. Leverages (HC2, HC3)
    are of rows that weigh the same."""
    ones, leverage = np.ones(len(values)), np.zeros(len(values))
    if codes or INTERCEPT in working.names:
        values = values - np.average(values, axis=0, weights=weights)
    if codes:
        values = absorb(values, weights, codes).means
        if len(codes) == 1:
            leverage += 1 / np.bincount(codes[0])[codes[0]]
        elif errors in ("HC2", "HC3"):
            raise EstimationError(
                [
                    Problem(
                        "errors",
                        "the leverages of two absorbed factors are not computed",
                        errors,
                        "HC0, HC1, or CR1 with clusters",
                        "write the smaller factor into the formula, C(year), and absorb the other",
                    )
                ]
            )
    scale = 1 / np.diag(working.back)[len(working.names) - values.shape[1] + 1 :]
    x = values[:, :-1] / scale
    if INTERCEPT in working.names:
        x = np.column_stack([ones, x])
    residuals = values[:, -1] / working.unit - x @ b
    leverage += ((x @ np.linalg.cholesky(bread)) ** 2).sum(axis=1)
    power = {"HC0": 0, "HC1": 0, "HC2": 1, "HC3": 2}[errors]
    weight = (weights * residuals) ** 2 / np.maximum(1 - leverage, 1e-12) ** power
    if errors == "HC1":
        weight = weight * working.n / (working.n - working.rank)
    return np.asarray(bread @ (x.T @ (x * weight[:, None])) @ bread)


def _rows(data: Any, design: Design, used: tuple[str, ...]) -> pl.DataFrame:
    variables = tuple(
        dict.fromkeys((*used, *(p.factor.variable for column in design.columns for p in column.pieces)))
    )
    frame = pl.DataFrame(open_source(data).table.select(*variables).to_pyarrow())
    floats = [name for name in variables if frame.schema[name].is_float()]
    return frame.with_columns(pl.col(floats).fill_nan(None)).drop_nulls()
