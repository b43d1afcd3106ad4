"""The wild cluster bootstrap from cluster sums: how far t reaches when the signs of whole clusters are drawn anew.

With the null imposed, each draw changes a cluster's scores by its weight only, so a draw costs a few products of vectors as
long as the model is wide. The restricted scores are linear in the value under the null, so an interval by inversion
needs no new draw.

Sources
-------
Cameron, Gelbach & Miller (2008), doi:10.1162/rest.90.3.414, §III.C (WCR-t). Its computation from cluster sums: MacKinnon,
Nielsen & Webb (2023), doi:10.1002/jae.2969, §3. Six-point weights: Webb (2023), doi:10.1111/caje.12661.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fairlead.science.impact.problems import EstimationError, Problem
from fairlead.science.impact.regression.model import FEW_CLUSTERS, small_sample_factor
from fairlead.science.impact.regression.result import RegressionFit
from fairlead.science.impact.regression.sandwich import cr0
from fairlead.science.impact.wording import counted

Array = NDArray[np.float64]
KINDS = ("rademacher", "webb")
WEBB = np.array([-np.sqrt(1.5), -1.0, -np.sqrt(0.5), np.sqrt(0.5), 1.0, np.sqrt(1.5)])
FEW_SIGNS = 12  # below it 2^(G−1) distinct signs are too few to tell p values apart
AT_ONCE = 2_000_000  # weights held in memory at a time


@dataclass(frozen=True, slots=True)
class WildBootstrap:
    """A bootstrap test of one coefficient. A bound of None: no value that far out is rejected."""

    term: str
    estimate: float
    value: float  # under the null
    t: float
    p: float
    low: float | None
    high: float | None
    level: float
    clusters: int
    weights: str
    draws: int
    exact: bool  # all signs, not a sample of them
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """Of each draw, what t needs at any value under the null; index 0 is the constant part, 1 the slope in it."""

    step: Array  # (2, B, p) Σ v Q
    cross: Array  # (2, B, p) Σ v q R
    square: Array  # (3, B) Σ v² (q₀², −2 q₀q₁, q₁²)
    bread: Array
    ridge: Array  # (p, p) Σ R R′
    place: int

    def t(self, value: float) -> Array:
        """(B,) without the small-sample factor."""
        delta = (self.step[0] - value * self.step[1]) @ self.bread
        cross = self.cross[0] - value * self.cross[1]
        square = self.square[0] + value * self.square[1] + value**2 * self.square[2]
        variance = square - 2 * (cross * delta).sum(axis=1) + np.einsum("bi,ij,bj->b", delta, self.ridge, delta)
        return np.asarray(delta[:, self.place] / np.sqrt(np.maximum(variance, 1e-300)))


def wild_bootstrap(
    fit: RegressionFit,
    term: str,
    *,
    rng: np.random.Generator,
    value: float = 0.0,
    draws: int = 9_999,
    weights: str | None = None,
    level: float = 0.95,
    interval: bool = True,
) -> WildBootstrap:
    """Test a coefficient by the restricted wild cluster bootstrap, and invert the test for an interval.

    For fewer than some thirty clusters, or very unequal ones. Not where only a handful of clusters were treated (one to
    three): then no bootstrap helps, and permuting the assignment is the honest answer.

    Parameters
    ----------
    fit : with clusters; its fixed effects, if any, lie within clusters.
    term : not the intercept.
    value : of the coefficient under the null, in native units.
    draws : of the weights; where all 2^G signs are no more than that, each is taken once.
    weights : "rademacher" (signs), "webb" (six points), or None: Webb's below 12 clusters.

    Returns
    -------
    WildBootstrap
        p counts draws with |t*| ≥ |t|; among random draws the observed one is counted too.

    Raises
    ------
    EstimationError
        No clusters; fixed effects across clusters; the intercept.

    Examples
    --------
    >>> import numpy as np, polars as pl
    >>> from fairlead.science.impact.regression import linear_regression, wild_bootstrap
    >>> rng = np.random.default_rng(1)
    >>> school = np.repeat(np.arange(14), 20)
    >>> math = 500 + 8 * (school % 2) + 10 * rng.normal(size=14)[school] + 30 * rng.normal(size=280)
    >>> rows = pl.DataFrame({"school": school, "treat": school % 2, "math": math})
    >>> found = wild_bootstrap(linear_regression(rows, "math ~ treat", cluster="school"), "treat", rng=rng, draws=999)
    >>> found.weights, bool(found.low < found.estimate < found.high)
    ('rademacher', True)
    """
    place = fit.place(term)
    count = fit.state.working.grams.shape[0]
    if term == "(Intercept)":
        raise _refuse("term", "the intercept is not tested", term, "name a column")
    check_nested(fit, "wild_bootstrap")
    fit = replace(fit, state=fit.state.facing(place))
    working = fit.state.working
    kind = weights or ("webb" if count < FEW_SIGNS else "rademacher")
    if kind not in KINDS:
        raise _refuse("weights", "unknown weights", repr(kind), " or ".join(KINDS))
    unit = working.back[place, place] * working.unit
    factor = np.sqrt(small_sample_factor(working, fit.small_sample))
    exact = kind == "rademacher" and 2**count <= draws
    sums = _sums(fit, place, kind, draws, rng, exact=exact)
    error = factor * float(np.sqrt(cr0(working, fit.state.b, fit.state.bread)[place, place]))
    estimate = float(fit.state.b[place])

    def p_of(null: float) -> float:
        reached = np.abs(sums.t(null)) / factor >= abs(estimate - null) / error * (1 - 1e-9) - 1e-9
        return float(reached.mean()) if exact else float((1 + reached.sum()) / (1 + reached.size))

    low = high = None
    if interval:
        low = _bound(p_of, estimate, -error, 1 - level)
        high = _bound(p_of, estimate, error, 1 - level)
    null = value / unit
    told = []
    if count < FEW_CLUSTERS:
        told.append(
            f"{counted(count, 'cluster')}: p values come in steps of at least {1 / min(sums.square.shape[1], 2 ** (count - 1)):.3f}"
            f"{' or so' if kind == 'webb' else ''}; permute_clusters is exact where treatment was assigned to clusters"
        )
    if count < FEW_SIGNS:
        told.append("with ten unequal clusters its 95 % interval held the truth in 91 to 92 of 100 simulated trials")
    if interval and (low is None or high is None):
        told.append("the interval is open: so few clusters reject no value that far out")
    ends = (
        sorted(end * unit for end in (low, high) if end is not None) if low is not None and high is not None else []
    )
    return WildBootstrap(
        term=term,
        estimate=fit.term(term).estimate,
        value=value,
        t=(estimate - null) / error * float(np.sign(unit)),
        p=p_of(null),
        low=ends[0] if ends else None if low is None else low * unit,
        high=ends[1] if ends else None if high is None else high * unit,
        level=level,
        clusters=count,
        weights=kind,
        draws=int(sums.square.shape[1]),
        exact=exact,
        warnings=tuple(told),
    )


def check_nested(fit: RegressionFit, what: str) -> None:
    """Refuse where a cluster's sums do not stand alone."""
    working = fit.state.working
    if working.clusters is None:
        raise _refuse("cluster", f"{what} needs clusters", "nothing", "name the cluster column in the regression")
    if working.absorbed and not working.nested:
        raise _refuse(
            "absorb",
            f"{what} takes fixed effects that lie within clusters, not across them",
            ", ".join(fit.absorb),
            "write the factor that reaches across clusters into the formula, C(year), and absorb the other",
        )


def _sums(fit: RegressionFit, place: int, kind: str, draws: int, rng: np.random.Generator, *, exact: bool) -> _Sums:
    grams, bread = fit.state.working.grams, fit.state.bread
    count, p = grams.shape[0], grams.shape[1] - 1
    others = np.arange(p) != place
    total = grams.sum(axis=0)
    x = grams[:, :-1, :-1]
    inverse = np.linalg.pinv(total[:-1, :-1][np.ix_(others, others)], hermitian=True)
    from_y = inverse @ total[:-1, -1][others]
    from_x = inverse @ total[:-1, place][others]
    scores = np.stack(
        [grams[:, :-1, -1] - x[:, :, others] @ from_y, x[:, :, place] - x[:, :, others] @ from_x]
    )  # (2, G, p)
    own = scores @ bread[place]  # (2, G)
    ridge = x @ bread[place]  # (G, p)
    number = 2**count if exact else draws
    step, cross = np.empty((2, number, p)), np.empty((2, number, p))
    square = np.empty((3, number))
    most = max(1, AT_ONCE // count)
    for start in range(0, number, most):
        part = slice(start, min(start + most, number))
        v = _draw(part, count, kind, rng, exact=exact)
        for i in range(2):
            step[i, part] = v @ scores[i]
            cross[i, part] = v @ (own[i][:, None] * ridge)
        square[:, part] = (v**2 @ np.column_stack([own[0] ** 2, -2 * own[0] * own[1], own[1] ** 2])).T
    return _Sums(step, cross, square, bread, ridge.T @ ridge, place)


def _draw(part: slice, count: int, kind: str, rng: np.random.Generator, *, exact: bool) -> Array:
    if exact:
        numbers = np.arange(part.start, part.stop)
        return np.asarray(2.0 * ((numbers[:, None] >> np.arange(count)) & 1) - 1)
    shape = (part.stop - part.start, count)
    if kind == "webb":
        return np.asarray(WEBB[rng.integers(0, 6, shape)])
    return np.asarray(2.0 * rng.integers(0, 2, shape) - 1)


def _bound(p_of: object, estimate: float, step: float, alpha: float) -> float | None:
    """Where p falls to alpha on this side, by bisection; None if it does not within a thousand errors."""
    assert callable(p_of)
    inside, reach = 0.0, 1.0
    while p_of(estimate + reach * step) > alpha:
        inside, reach = reach, 2 * reach
        if reach > 1000:
            return None
    outside = reach
    while outside - inside > 1e-4:
        middle = (inside + outside) / 2
        if p_of(estimate + middle * step) > alpha:
            inside = middle
        else:
            outside = middle
    return estimate + (inside + outside) / 2 * step


def _refuse(where: str, what: str, got: str, then: str) -> EstimationError:
    return EstimationError([Problem(where, what, got, next=then)])
