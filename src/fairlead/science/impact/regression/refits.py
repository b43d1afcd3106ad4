"""The same regression without a cluster, or with clusters drawn again: sums of cross-products, no second pass.

Sources
-------
Leaving clusters out: MacKinnon, Nielsen & Webb (2023), doi:10.1016/j.jeconom.2022.04.001, §7. The pairs cluster bootstrap:
Cameron, Gelbach & Miller (2008), doi:10.1162/rest.90.3.414, §III.A.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from fairlead.science.impact.printed import Printed
from fairlead.science.impact.problems import EstimationError, Problem
from fairlead.science.impact.regression.result import RegressionFit
from fairlead.science.impact.regression.sandwich import solve
from fairlead.science.impact.regression.wild import check_nested
from fairlead.science.impact.regression.working import COLLINEAR

Array = NDArray[np.float64]
AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True)
class Without:
    """The coefficient without one cluster; None where it cannot be had without it."""

    cluster: tuple[object, ...]
    rows: int
    estimate: float | None
    se: float | None  # CR1
    p: float | None
    share: float | None  # how far the estimate moves, in standard errors of the whole


@dataclass(frozen=True, slots=True)
class LeaveOneOut(Printed):
    """Every cluster left out in turn, the one that moves the estimate most first."""

    term: str
    estimate: float
    se: float
    low: float  # the least and the greatest of the estimates
    high: float
    without: tuple[Without, ...]
    same_sign: bool  # of all estimates that can be had
    lost: int  # clusters without which it cannot be had

    def __str__(self) -> str:
        first = self.without[0]
        moved = "cannot be had" if first.estimate is None else f"is {first.estimate:.4f} (p {first.p:.3f})"
        return (
            f"{self.term}: {self.estimate:.4f}; without any one of {len(self.without)} clusters between "
            f"{self.low:.4f} and {self.high:.4f}; without {'/'.join(map(str, first.cluster))} it {moved}"
        )


@dataclass(frozen=True, slots=True)
class ClusterBootstrap:
    """Clusters drawn again with replacement: error, and percentile interval."""

    term: str
    estimate: float
    se: float
    low: float
    high: float
    level: float
    bias: float  # mean of the draws less the estimate
    draws: int
    lost: int  # draws in which the coefficient could not be had


def leave_one_out(fit: RegressionFit, term: str) -> LeaveOneOut:
    """What the coefficient is without each cluster in turn.

    For showing whether one school carries a result. Errors are CR1's, whatever the fit's.

    Parameters
    ----------
    fit : with clusters; its fixed effects, if any, lie within clusters.
    term : the coefficient.

    Examples
    --------
    >>> import numpy as np, polars as pl
    >>> from fairlead.science.impact.regression import leave_one_out, linear_regression
    >>> rng = np.random.default_rng(1)
    >>> school = np.repeat(np.arange(20), 20)
    >>> math = 500 + 8 * (school % 2) + np.where(school == 7, 90, 0) + 30 * rng.normal(size=400)
    >>> rows = pl.DataFrame({"school": school, "treat": school % 2, "math": math})
    >>> leave_one_out(linear_regression(rows, "math ~ treat", cluster="school"), "treat").without[0].cluster
    (7,)
    """
    check_nested(fit, "leave_one_out")
    working = fit.state.working
    place = fit.place(term)
    grams, count, p = working.grams, working.grams.shape[0], working.p
    if count < 3:
        raise EstimationError(
            [Problem("cluster", "leaving one out needs at least three clusters", str(count), "3 or more")]
        )
    left = grams.sum(axis=0) - grams
    good = _determined(left)
    b, bread = np.full((count, p), np.nan), np.full((count, p, p), np.nan)
    b[good], bread[good] = solve(left[good])
    c = working.back[place]
    towards = np.einsum("i,gij->gj", c, bread)
    variance = np.empty(count)
    flat_x = grams[:, :-1, :-1].reshape(count, -1)
    most = max(1, AT_ONCE // max(count, p * p))
    for start in range(0, count, most):
        part = slice(start, min(start + most, count))
        own = towards[part] @ grams[:, :-1, -1].T
        own -= (towards[part][:, :, None] * b[part][:, None, :]).reshape(-1, p * p) @ flat_x.T
        own[np.arange(own.shape[0]), np.arange(part.start, part.stop)] = 0.0
        variance[part] = (own**2).sum(axis=1)
    rows = working.n - working.counts
    counted = working.absorbed if fit.small_sample == "all" else working.counted if working.absorbed else 0
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = (count - 1) / (count - 2) * (rows - 1) / (rows - p - counted)
        se = np.sqrt(variance * factor) * working.unit
    estimates = b @ c * working.unit + (working.shift if place == 0 and fit.names[0] == "(Intercept)" else 0.0)
    whole = fit.coefficients[place]
    assert working.clusters is not None
    found: list[Without] = []
    for g, key in enumerate(working.clusters.iter_rows()):
        if not good[g]:
            found.append(Without(key, int(working.counts[g]), None, None, None, None))
            continue
        p_value = float(2 * stats.t.sf(abs(estimates[g] / se[g]), count - 2))
        moved = float((estimates[g] - whole.estimate) / whole.se)
        found.append(Without(key, int(working.counts[g]), float(estimates[g]), float(se[g]), p_value, moved))
    found.sort(key=lambda item: -np.inf if item.share is None else -abs(item.share))
    kept = estimates[good]
    if not kept.size:
        raise EstimationError([Problem(term, "it cannot be had without any one of the clusters", "", "", "")])
    return LeaveOneOut(
        term=term,
        estimate=whole.estimate,
        se=whole.se,
        low=float(kept.min()),
        high=float(kept.max()),
        without=tuple(found),
        same_sign=bool((np.sign(kept) == np.sign(whole.estimate)).all()),
        lost=int((~good).sum()),
    )


def cluster_bootstrap(
    fit: RegressionFit, term: str, *, rng: np.random.Generator, draws: int = 1_999, level: float = 0.95
) -> ClusterBootstrap:
    """Draw clusters again with replacement and refit, from their sums.

    For a plain second look at an error, with some forty clusters or more; with fewer, `wild_bootstrap` keeps its
    level better.

    Parameters
    ----------
    fit : with clusters; its fixed effects, if any, lie within clusters.
    term : the coefficient.
    draws : of as many clusters as there are.
    """
    check_nested(fit, "cluster_bootstrap")
    working = fit.state.working
    place = fit.place(term)
    grams, count = working.grams, working.grams.shape[0]
    size = grams.shape[1]
    c = working.back[place] * working.unit
    shift = working.shift if fit.names[place] == "(Intercept)" else 0.0
    flat = grams.reshape(count, -1)
    found: list[Array] = []
    most = max(1, AT_ONCE // count)
    for start in range(0, draws, most):
        times = rng.multinomial(count, np.full(count, 1 / count), size=min(most, draws - start))
        drawn = (times @ flat).reshape(-1, size, size)
        drawn = drawn[_determined(drawn)]
        found.append(solve(drawn)[0] @ c + shift)
    values = np.concatenate(found)
    if values.size < draws / 2:
        raise EstimationError(
            [
                Problem(
                    term,
                    "in most draws the coefficient cannot be had",
                    f"{draws - values.size} of {draws}",
                    "few",
                    "too few clusters carry it; permute the assignment or use wild_bootstrap",
                )
            ]
        )
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    estimate = fit.coefficients[place].estimate
    return ClusterBootstrap(
        term=term,
        estimate=estimate,
        se=float(values.std(ddof=1)),
        low=float(low),
        high=float(high),
        level=level,
        bias=float(values.mean() - estimate),
        draws=draws,
        lost=draws - values.size,
    )


def _determined(grams: Array) -> NDArray[np.bool_]:
    """(…,) whether no column is collinear with those before it."""
    x = grams[..., :-1, :-1]
    diagonal = np.diagonal(x, axis1=-2, axis2=-1)
    good = (diagonal > 0).all(axis=-1)
    root = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    unit = x / (root[..., :, None] * root[..., None, :])
    good &= np.linalg.eigvalsh(unit)[..., 0] > COLLINEAR
    return np.asarray(good)
