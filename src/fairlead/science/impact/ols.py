"""Least squares with one set of absorbed fixed effects and robust errors. Arrays in, a frozen `Fit` out.

The fixed effects (blocks, schools) are removed by subtracting group means; without any, the one group is
everybody, which is the intercept. Coefficients and errors equal those of the regression with a dummy per
group.

Sources
-------
HC1: MacKinnon & White (1985), doi:10.1016/0304-4076(85)90158-7.
CR1: Liang & Zeger (1986), doi:10.1093/biomet/73.1.13, with the factor G/(G-1)·(n-1)/(n-k).
CR2 and its Satterthwaite degrees of freedom: Bell & McCaffrey (2002); Pustejovsky & Tipton (2018),
doi:10.1080/07350015.2016.1247004, with an independent, equal-variance working model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fairlead.science.impact.problems import EstimationError, Problem
from fairlead.science.impact.wording import counted

FEW_CLUSTERS = 10
BLOCKS_PER_CLUSTER = 0.1  # from which on CR1 is too narrow: tests/…/impact/test_simulation.py
_COLLINEAR = 1e-8
Vector = NDArray[np.float64]
Codes = NDArray[np.intp]


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

    Raises
    ------
    EstimationError
        Collinear columns by name, an outcome that does not vary, one cluster, too few rows.

    Examples
    --------
    >>> import numpy as np
    >>> fit = least_squares([1.0, 2.0, 4.0, 7.0], [[0.0], [0.0], [1.0], [1.0]], names=("treated",))
    >>> float(fit.coefficients[0])
    4.0
    """
    outcome = np.asarray(y, dtype=float)
    design = np.asarray(x, dtype=float)
    _check_shapes(outcome, design, names, errors)
    root = _root_weights(weights, outcome.size)
    groups = _codes(absorb, outcome.size)
    clusters = None if cluster is None else _codes(cluster, outcome.size)
    if errors != "HC1":
        if clusters is None:
            raise _refuse("cluster", f"{errors} errors need clusters", "nothing", "pass the cluster labels")
        if int(clusters.max()) + 1 < 2:
            raise _refuse(
                "cluster",
                "clustered errors need at least two clusters",
                "1",
                "use another cluster column, or say that one cluster cannot support this question",
            )
    within_y, within_x = _within(outcome[:, None], groups, root)[:, 0], _within(design, groups, root)
    _check_varies(outcome, within_y)
    _check_columns(design, within_x, names, absorbed=absorb is not None)
    absorbed = int(groups.max()) + 1
    rank = within_x.shape[1] + absorbed
    if outcome.size <= rank:
        raise _refuse(
            "rows",
            "too few rows for the columns of the model",
            f"{counted(outcome.size, 'row')}, {counted(rank, 'column')}",
            "use fewer covariates or coarser fixed effects",
        )
    if root is not None:
        within_y, within_x = root * within_y, root[:, None] * within_x
    return fit_arrays(within_y, within_x, names, groups, clusters, errors, root)


def fit_arrays(
    within_y: Vector,
    within_x: Vector,
    names: tuple[str, ...],
    groups: Codes,
    clusters: Codes | None,
    errors: str,
    root: Vector | None = None,
) -> Fit:
    """The computation alone, on outcome and regressors that are already within-transformed and checked; with weights,
    also multiplied by `root`, their square roots."""
    n, k = within_x.shape
    absorbed = int(groups.max()) + 1
    rank = k + absorbed
    scale = np.sqrt((within_x**2).sum(axis=0))
    q, r = np.linalg.qr(within_x / scale)
    inverse = np.linalg.inv(r)
    coefficients = (inverse @ (q.T @ within_y)) / scale
    residuals = within_y - within_x @ coefficients
    total = float(within_y @ within_y)
    left = float(residuals @ residuals)
    if left <= 1e-20 * total:
        raise _refuse(
            "residuals",
            "the model reproduces the outcome exactly, so no error can be estimated",
            "residuals of zero",
            "look for the outcome, or a copy of it, among the covariates",
        )
    bread = (inverse @ inverse.T) / np.outer(scale, scale)
    scores = within_x * residuals[:, None]
    count = None if clusters is None else int(clusters.max()) + 1
    if errors == "HC1":
        covariance = n / (n - rank) * bread @ (scores.T @ scores) @ bread
        df = np.full(k, float(n - rank))
    elif errors == "CR1":
        assert clusters is not None
        assert count is not None
        sums = _sums(scores, clusters, count)
        covariance = count / (count - 1) * (n - 1) / (n - rank) * bread @ (sums.T @ sums) @ bread
        df = np.full(k, float(count - 1))
    else:
        assert clusters is not None
        assert count is not None
        covariance, df = _cr2(within_x, residuals, bread, groups, clusters, root)
    for array in (coefficients, covariance, df):
        array.flags.writeable = False
    return Fit(
        names=names,
        coefficients=coefficients,
        covariance=covariance,
        df=df,
        errors=errors,
        n=n,
        rank=rank,
        absorbed=absorbed,
        clusters=count,
        residual_variance=left / (n - rank),
        r2=1 - left / total,
    )


def _cr2(
    within_x: Vector, residuals: Vector, bread: Vector, groups: Codes, clusters: Codes, weights_root: Vector | None
) -> tuple[Vector, Vector]:
    """CR2 covariance and Satterthwaite df without forming any n×n matrix.

    The hat block of a cluster is ZZ' with Z = [X̃ L, D/√n_d], L L' = bread; so (I − ZZ')^(−1/2) acts only
    along the left singular vectors of Z. Directions that the fixed effects use up entirely (singular value
    1) are left as they are. With weights every row of Z carries its square root, and n_d is a sum of weights.
    """
    k = within_x.shape[1]
    root = np.linalg.cholesky(bread)
    unit = np.ones(groups.size) if weights_root is None else weights_root
    sizes = np.bincount(groups, weights=unit**2)
    count, order = int(clusters.max()) + 1, np.argsort(clusters, kind="stable")
    bounds = np.searchsorted(clusters[order], np.arange(count + 1))
    meat = np.zeros((k, k))
    diagonal = np.zeros((count, k))
    along_x = np.zeros((count, k, k))  # X_s' v_s for each coefficient's v
    along_d = np.zeros((count, k, sizes.size))  # D_s' v_s / √n_d
    for s in range(count):
        rows = order[bounds[s] : bounds[s + 1]]
        own, local = np.unique(groups[rows], return_inverse=True)
        dummies = np.zeros((rows.size, own.size))
        dummies[np.arange(rows.size), local] = unit[rows] / np.sqrt(sizes[own][local])
        block = within_x[rows]
        left, values, _ = np.linalg.svd(np.hstack([block @ root, dummies]), full_matrices=False)
        rest = 1 - np.minimum(values, 1.0) ** 2
        stretch = np.where(rest > 1e-9, 1 / np.sqrt(np.maximum(rest, 1e-9)), 0.0) - 1
        adjusted = block + left @ (stretch[:, None] * (left.T @ block))  # A_s X_s
        score = adjusted.T @ residuals[rows]
        meat += np.outer(score, score)
        v = adjusted @ bread  # (n_s, k): column j is v_s for coefficient j
        diagonal[s] = (v**2).sum(axis=0)
        along_x[s] = v.T @ block
        along_d[s][:, own] = v.T @ dummies
    df = np.empty(k)
    for j in range(k):  # P = diagonal − UU': its traces need no matrix of clusters by clusters
        u = np.hstack([along_x[:, j] @ root, along_d[:, j]])
        own_part = (u**2).sum(axis=1)
        trace = diagonal[:, j].sum() - own_part.sum()
        square = (diagonal[:, j] * (diagonal[:, j] - 2 * own_part)).sum() + ((u.T @ u) ** 2).sum()
        df[j] = trace**2 / square
    return bread @ meat @ bread, df


def _within(columns: Vector, groups: Codes, root: Vector | None) -> Vector:
    """Subtract each group's (weighted) mean from each column; the grand mean goes first, so large offsets cost no
    digits."""
    centred = columns - columns.mean(axis=0)
    count = int(groups.max()) + 1
    weights = np.ones(groups.size) if root is None else root**2
    sizes = np.bincount(groups, weights=weights, minlength=count)[:, None]
    return centred - (_sums(centred * weights[:, None], groups, count) / sizes)[groups]


def _root_weights(weights: ArrayLike | None, n: int) -> Vector | None:
    if weights is None:
        return None
    values = np.asarray(weights, dtype=float)
    if values.shape != (n,) or not np.isfinite(values).all() or not (values > 0).all():
        raise _refuse(
            "weights",
            "one positive, finite weight per row is needed",
            f"shape {values.shape}",
            "leave out the rows that have no weight",
        )
    return np.sqrt(values)


def _sums(columns: Vector, groups: Codes, count: int) -> Vector:
    return np.column_stack([np.bincount(groups, weights=column, minlength=count) for column in columns.T])


def _codes(labels: ArrayLike | None, n: int) -> Codes:
    if labels is None:
        return np.zeros(n, dtype=np.intp)
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
    if not np.isfinite(y).all():
        raise _refuse(
            "y", "the outcome has missing or infinite values", "NaN or infinity", "drop and count them first"
        )
    for name, column in zip(names, x.T, strict=True):
        if not np.isfinite(column).all():
            raise _refuse(
                name,
                "the column has missing or infinite values",
                "NaN or infinity",
                "drop and count them first",
            )


def _check_varies(y: Vector, within_y: Vector) -> None:
    spread = float(np.abs(y - y.mean()).max())
    if spread <= 1e-12 * max(1.0, float(np.abs(y).max())):
        raise _refuse("outcome", "the outcome does not vary", f"{y[0]:g} in every row", "check the outcome column")
    if float(np.abs(within_y).max()) <= 1e-12 * spread:
        raise _refuse(
            "outcome",
            "the outcome does not vary within the fixed effects",
            "one value per group",
            "the fixed effects already determine the outcome; use coarser ones or another outcome",
        )


def _check_columns(x: Vector, within_x: Vector, names: tuple[str, ...], *, absorbed: bool) -> None:
    """Refuse, by name, each column that carries nothing beyond the fixed effects and the columns before
    it."""
    problems: list[Problem] = []
    kept: list[int] = []
    for j, name in enumerate(names):
        spread = float(np.linalg.norm(x[:, j] - x[:, j].mean()))
        norm = float(np.linalg.norm(within_x[:, j]))
        if spread <= 1e-12 * max(1.0, float(np.abs(x[:, j]).max())) * np.sqrt(x.shape[0]):
            problems.append(
                Problem(
                    name,
                    "the column does not vary in the analysed rows",
                    f"{x[0, j]:g} in every row",
                    next="leave it out of the model, or look at which rows were dropped",
                )
            )
        elif norm <= _COLLINEAR * spread:
            what = "varies only between the fixed effects, never within one" if absorbed else "does not vary"
            problems.append(
                Problem(
                    name,
                    f"the column {what}",
                    "collinear with the fixed effects",
                    next="leave out the column or the fixed effects",
                )
            )
        else:
            kept.append(j)
    if kept:
        unit = within_x[:, kept] / np.linalg.norm(within_x[:, kept], axis=0)
        diagonal = np.abs(np.diag(np.linalg.qr(unit, mode="r")))
        for place, j in enumerate(kept):
            if place < diagonal.size and diagonal[place] <= _COLLINEAR:
                others = ", ".join(names[i] for i in kept[:place])
                problems.append(
                    Problem(
                        names[j],
                        "the column is collinear with others",
                        f"a combination of {others}",
                        next="leave one of them out",
                    )
                )
    if problems:
        raise EstimationError(problems)


def _refuse(where: str, what: str, got: str, then: str) -> EstimationError:
    return EstimationError([Problem(where, what, got, next=then)])
