"""Several coefficients tested at once.

Source
------
Pustejovsky & Tipton (2018), doi:10.1080/07350015.2016.1247004, §3.2: the approximate Hotelling test (HTZ), whose denominator
degrees of freedom come from the working model, as Satterthwaite's for one coefficient.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from fairlead.science.impact.problems import EstimationError, Problem
from fairlead.science.impact.regression.result import RegressionFit
from fairlead.science.impact.regression.sandwich import working_model
from fairlead.science.impact.wording import counted

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class JointTest:
    """Whether all of some combinations of coefficients are zero."""

    statistic: float  # F
    df1: int
    df2: float
    p: float
    method: str  # "HTZ" or "Wald"


def joint_test(fit: RegressionFit, contrasts: ArrayLike) -> JointTest:
    """Test that every row of `contrasts` times the coefficients is zero.

    Parameters
    ----------
    contrasts : (q, p) in the order of `fit.coefficients`, of full rank.

    Notes
    -----
    HTZ with CR2 errors; with others an F with G − 1 (or n − rank) degrees of freedom, which rejects too often with few
    clusters.
    """
    c = np.atleast_2d(np.asarray(contrasts, dtype=float))
    q = c.shape[0]
    if c.shape[1] != len(fit.coefficients) or np.linalg.matrix_rank(c) < q:
        raise EstimationError(
            [Problem("contrasts", "rows are as long as the model and independent", f"shape {c.shape}", "full rank")]
        )
    b = c @ np.array([coefficient.estimate for coefficient in fit.coefficients])
    wald = float(b @ np.linalg.solve(c @ fit.covariance @ c.T, b))
    working = fit.state.working
    if fit.errors != "CR2" or working.ties is not None:
        df = fit.coefficients[0].df if fit.errors != "CR2" else float(working.grams.shape[0] - 1)
        return JointTest(wald / q, q, df, float(stats.f.sf(wald / q, q, df)), "Wald")
    inner = c @ working.back
    values, vectors = np.linalg.eigh(inner @ fit.state.bread @ inner.T)
    standard = (vectors / np.sqrt(values)) @ vectors.T @ inner
    _, own, along = working_model(working.grams, fit.state.b, fit.state.bread, standard)
    eta = q * (q + 1) / _spread(own, along)
    if eta <= q - 1:
        raise EstimationError(
            [
                Problem(
                    "contrasts",
                    "too few clusters to test so many at once",
                    f"{counted(q, 'contrast')}, {eta:.1f} degrees of freedom",
                    next="test fewer at a time",
                )
            ]
        )
    statistic, df2 = (eta - q + 1) / (eta * q) * wald, float(eta - q + 1)
    return JointTest(float(statistic), q, df2, float(stats.f.sf(statistic, q, df2)), "HTZ")


def _spread(own: Array, along: Array) -> float:
    """Σ over s, t of Var(d_st), from P_st = diag(v_s′v_t) − U_s U_t′ without a matrix of clusters by clusters."""
    q = own.shape[1]
    gram = np.einsum("gsi,gtj->stij", along, along)  # U_s′U_t
    diagonal = np.einsum("gsi,gti->gst", along, along)  # of U_s U_t′

    def product(a: int, b: int, c: int, d: int) -> float:
        """Σ_ij P_ab[i, j] P_cd[i, j]."""
        crossed = float((gram[a, c] * gram[b, d]).sum())
        flat = own[:, a, b] * own[:, c, d] - own[:, a, b] * diagonal[:, c, d] - own[:, c, d] * diagonal[:, a, b]
        return float(flat.sum()) + crossed

    return sum(product(s, t, t, s) + product(s, s, t, t) for s in range(q) for t in range(q))
