"""Lin's regression: covariates sharpen a lottery's difference in means and cannot spoil it."""

from __future__ import annotations

import math

import numpy as np
import scipy
from numpy.typing import ArrayLike

from fairlead.science.impact.clusters import FEW_CLUSTERS
from fairlead.science.impact.problems import DataError, EstimationError, Problem
from fairlead.science.impact.trials.assignment import Vector, columns_of, drawn, outcome_of
from fairlead.science.impact.trials.contrast import Contrast
from fairlead.science.impact.wording import counted


def interacted_regression(
    y: ArrayLike,
    treated: ArrayLike,
    covariates: ArrayLike | None,
    *,
    blocks: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    alpha: float = 0.05,
) -> Contrast:
    """Regress the outcome on the arm, the centred covariates and their products with the arm.

    For lotteries with covariates from before the draw. Not for covariates measured afterwards, nor where rows are few for
    the number of columns (two for each covariate and block).

    Parameters
    ----------
    y, treated, clusters, alpha : as in `difference_in_means`.
    covariates : (n, k), finite, from before the draw.
    blocks : (n,) blocks enter as covariates, so that each block weighs by its rows.

    Notes
    -----
    Lin (2013), doi:10.1214/12-AOAS583, eq. 3 and corollary 2: the estimate is consistent whatever the truth, and not less
    precise than the difference in means in large samples. Errors HC2, df n − rank; CR2 where clusters were drawn.

    Examples
    --------
    >>> import numpy as np
    >>> before = np.arange(8.0)
    >>> arm = np.array([0, 1, 1, 0, 1, 0, 0, 1])
    >>> found = interacted_regression(before + 2 * arm + np.tile([0.1, -0.1], 4), arm, before)
    >>> round(found.estimate, 2)
    2.0
    """
    design = drawn(treated, blocks=blocks, clusters=clusters)
    n = design.treated.size
    outcome, x = outcome_of(y, n), columns_of(covariates, n)
    if design.blocked:
        x = np.column_stack([x, *(design.row_block == place for place in range(1, design.blocks))])
    x = x - x.mean(axis=0)
    z = design.treated
    full = np.column_stack([z, x, z[:, None] * x])
    names = ("treated", *(f"covariate {i + 1}" for i in range(x.shape[1])))
    names = (*names, *(f"treated × covariate {i + 1}" for i in range(x.shape[1])))
    if n <= full.shape[1] + 1:
        raise EstimationError(
            [
                Problem(
                    "rows",
                    "too few rows for the columns",
                    f"{counted(n, 'row')}, {counted(full.shape[1] + 1, 'column')}",
                )
            ]
        )
    if design.clustered:
        from fairlead.science.impact.regression.arrays import least_squares

        fit = least_squares(outcome, full, names=names, cluster=design.unit, errors="CR2")
        estimate, se, df = float(fit.coefficients[0]), float(fit.standard_errors[0]), float(fit.df[0])
    else:
        estimate, se, df = _hc2(outcome, full)
    half = float(scipy.stats.t.ppf(1 - alpha / 2, df)) * se
    warnings = ["few_clusters"] if design.clustered and design.units < FEW_CLUSTERS else []
    return Contrast(
        design=design.name,
        variance="CR2" if design.clustered else "HC2",
        estimate=estimate,
        se=se,
        df=df,
        p=float(2 * scipy.stats.t.sf(abs(estimate / se), df)),
        alpha=alpha,
        ci_low=estimate - half,
        ci_high=estimate + half,
        mean_intervention=float(outcome[z > 0.5].mean()),
        mean_comparison=float(outcome[z < 0.5].mean()),
        n=n,
        units=design.units,
        blocks=design.blocks if design.blocked else 0,
        left_blocks=0,
        left_rows=0,
        warnings=tuple(warnings),
    )


def _hc2(y: Vector, full: Vector) -> tuple[float, float, float]:
    """Coefficient of the first column, its HC2 error and df, with an intercept."""
    columns = np.column_stack([full, np.ones(y.size)])
    q, r = np.linalg.qr(columns)
    if np.abs(np.diag(r)).min() <= 1e-8 * np.abs(np.diag(r)).max():
        what = "covariates are collinear, or an arm lacks one of the blocks"
        raise EstimationError(
            [Problem("covariates", what, counted(columns.shape[1], "column"), next="leave one out")]
        )
    coefficients = np.linalg.solve(r, q.T @ y)
    residual = y - columns @ coefficients
    leverage = (q**2).sum(axis=1)
    if (leverage > 1 - 1e-9).any():
        what = "a row is alone with its covariates, so its error cannot be known"
        raise DataError(
            [Problem("covariates", what, counted(int((leverage > 1 - 1e-9).sum()), "row"), next="fewer columns")]
        )
    influence = np.linalg.solve(r, q.T)[0]
    se = math.sqrt(float((influence**2 * residual**2 / (1 - leverage)).sum()))
    return float(coefficients[0]), se, float(y.size - columns.shape[1])
