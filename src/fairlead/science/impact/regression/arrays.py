"""Least squares on arrays: rows that are in memory, each with a weight if need be, by the same sums as from moments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from fairlead.science.impact.moments import INTERCEPT, Moments
from fairlead.science.impact.problems import EstimationError, Problem
from fairlead.science.impact.regression.model import fit_working
from fairlead.science.impact.regression.rows import covariance_by_row
from fairlead.science.impact.regression.working import prepare
from fairlead.science.impact.wording import counted

Vector = NDArray[np.float64]
Codes = NDArray[np.intp]
OUTCOME = "outcome"


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted regression. Arrays are read-only; `k` columns without the absorbed ones."""

    names: tuple[str, ...]
    coefficients: Vector  # (k,)
    covariance: Vector  # (k, k)
    df: Vector  # (k,)
    errors: str
    n: int
    rank: int  # k + number of absorbed groups
    absorbed: int
    clusters: int | None
    residual_variance: float
    r2: float

    @property
    def standard_errors(self) -> Vector:
        return np.sqrt(np.diag(self.covariance))


def least_squares(
    y: ArrayLike,
    x: ArrayLike,
    *,
    names: tuple[str, ...],
    absorb: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    errors: str = "HC1",
    weights: ArrayLike | None = None,
) -> Fit:
    """Regress `y` on the columns of `x` and the absorbed groups, checking first that the answer is
    determined.

    Parameters
    ----------
    y : (n,) outcome, finite.
    x : (n, k) regressors, finite, without an intercept.
    names : the k names, used in every refusal.
    absorb : (n,) labels of the fixed effects; None means one common intercept.
    cluster : (n,) labels of the clusters; needed by CR1 and CR2.
    errors : "HC1" (df = n − rank), "CR1" (df = G − 1) or "CR2" (Satterthwaite df per coefficient).
    weights : (n,) positive and known, as from matching; None means one each. The errors hold for whatever the
        residuals' variances are; the df of CR2 take them to be inverse to the weights.

    Notes
    -----
    Every absorbed group counts in the rank, also when groups lie inside clusters: the same as the
    regression with dummies, and on the cautious side of programs that leave nested groups out of the count.
    Sources: see `sandwich`; HC1: MacKinnon & White (1985), doi:10.1016/0304-4076(85)90158-7.

    Raises
    ------
    EstimationError
        Collinear columns by name, an outcome that does not vary, one cluster, too few rows.

    Examples
    --------
    >>> import numpy as np
    >>> fit = least_squares([1.0, 2.0, 4.0, 7.0], [[0.0], [0.0], [1.0], [1.0]], names=("treated",))
    >>> round(float(fit.coefficients[0]), 12)
    4.0
    """
    outcome, design = np.asarray(y, dtype=float), np.asarray(x, dtype=float)
    _check_shapes(outcome, design, names, errors)
    own = _weights(weights, outcome.size)
    groups = None if absorb is None else _codes(absorb, outcome.size)
    clusters = None if cluster is None else _codes(cluster, outcome.size)
    if errors != "HC1" and clusters is None:
        raise _refuse("cluster", f"{errors} errors need clusters", "nothing", "pass the cluster labels")
    by = ("cluster",) if clusters is not None and errors != "HC1" else ()
    fixed = ("group",) if groups is not None else ()
    values = np.column_stack([design, outcome])
    labels = {"cluster": clusters if by else None, "group": groups}
    moments = _moments(values, (*names, OUTCOME), {k: v for k, v in labels.items() if v is not None}, own)
    working = prepare(moments, OUTCOME, (INTERCEPT, *names), by, fixed)
    codes = [] if groups is None else [groups]
    fit = fit_working(
        working, outcome=OUTCOME, errors=errors, small_sample="all", cluster=by, absorb=fixed,
        formula=f"{OUTCOME} ~ {' + '.join(names)}", moments=moments,
        by_row=lambda b, bread: covariance_by_row(values, codes, working, b, bread, errors, own),
    )  # fmt: skip
    chosen = np.array([fit.place(name) for name in names], dtype=np.intp)
    found = [fit.coefficients[place] for place in chosen]
    arrays = (
        np.array([one.estimate for one in found]),
        fit.covariance[np.ix_(chosen, chosen)],
        np.array([one.df for one in found]),
    )
    for array in arrays:
        array.flags.writeable = False
    return Fit(
        names,
        *arrays,
        errors=errors,
        n=fit.n,
        rank=fit.rank,
        absorbed=1 if groups is None else working.absorbed,
        clusters=None if clusters is None else int(clusters.max()) + 1,
        residual_variance=fit.residual_variance,
        r2=fit.r2,
    )


def _moments(values: Vector, names: tuple[str, ...], labels: dict[str, Codes], weights: Vector) -> Moments:
    """Weighted sums by cell: `products[:, 0, 0]` is the sum of weights, `counts` are rows."""
    center = np.average(values, axis=0, weights=weights)
    scale = np.sqrt(np.average((values - center) ** 2, axis=0, weights=weights))
    scale = np.where(scale <= 1e-12 * np.maximum(1.0, np.abs(center)), 1.0, scale)
    z = np.column_stack([np.ones(len(values)), (values - center) / scale])
    keys, cell = pl.DataFrame(), np.zeros(len(values), dtype=np.intp)
    if labels:
        distinct, cell = np.unique(np.column_stack(list(labels.values())), axis=0, return_inverse=True)
        keys = pl.DataFrame({name: distinct[:, j] for j, name in enumerate(labels)})
        cell = cell.reshape(-1)
    count = max(keys.height, 1)
    products = np.empty((count, z.shape[1], z.shape[1]))
    for i in range(z.shape[1]):
        for j in range(i + 1):
            products[:, i, j] = products[:, j, i] = np.bincount(cell, z[:, i] * z[:, j] * weights, minlength=count)
    counts = np.bincount(cell, minlength=count).astype(np.int64)
    return Moments(columns=names, keys=keys, counts=counts, products=products, center=center, scale=scale)


def _weights(weights: ArrayLike | None, n: int) -> Vector:
    if weights is None:
        return np.ones(n)
    values = np.asarray(weights, dtype=float)
    if values.shape != (n,) or not np.isfinite(values).all() or not (values > 0).all():
        raise _refuse(
            "weights",
            "one positive, finite weight per row is needed",
            f"shape {values.shape}",
            "leave out the rows that have no weight",
        )
    return values


def _codes(labels: ArrayLike, n: int) -> Codes:
    values = np.asarray(labels)
    if values.shape != (n,):
        raise _refuse("labels", "one label per row is needed", f"shape {values.shape}", f"pass {n} labels")
    return np.unique(values, return_inverse=True)[1].astype(np.intp)


def _check_shapes(y: Vector, x: Vector, names: tuple[str, ...], errors: str) -> None:
    if errors not in ("HC1", "CR1", "CR2"):
        raise EstimationError([Problem("errors", "unknown kind of errors", repr(errors), "HC1, CR1, CR2")])
    if y.ndim != 1 or x.ndim != 2 or x.shape != (y.size, len(names)) or not names:
        raise _refuse(
            "shape",
            "y must be (n,), x (n, k) with k names, k ≥ 1",
            f"y {y.shape}, x {x.shape}, {counted(len(names), 'name')}",
            "reshape the arrays",
        )
    if y.size == 0:
        raise _refuse("rows", "no row is left to estimate from", "0 rows", "look at the dropped rows by reason")
    for name, column in (("y", y), *zip(names, x.T, strict=True)):
        if not np.isfinite(column).all():
            what = "the outcome has" if name == "y" else "the column has"
            raise _refuse(name, f"{what} missing or infinite values", "NaN or infinity", "drop and count them first")


def _refuse(where: str, what: str, got: str, then: str) -> EstimationError:
    return EstimationError([Problem(where, what, got, next=then)])
