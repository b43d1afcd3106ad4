"""The effect on those who took what they drew: two-stage least squares with the lottery as instrument."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike

from fairlead.science.impact.clusters import FEW_CLUSTERS
from fairlead.science.impact.problems import DataError, EstimationError, Problem
from fairlead.science.impact.trials.assignment import Vector, columns_of, drawn, outcome_of
from fairlead.science.impact.wording import counted

WEAK = 10.0


@dataclass(frozen=True, slots=True)
class Region:
    """The Anderson–Rubin set: all effects that the data do not reject, however weak the lottery moved take-up.

    shape : "interval" (low to high), "outside" (everything below low and above high), "everything", or "nothing".
    """

    shape: str
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class ComplierEffect:
    """The complier average causal effect (CACE), with what it rests on.

    Attributes
    ----------
    estimate, se, df, p, ci_low, ci_high : of the effect on compliers, in the outcome's unit.
    assigned : the effect of being drawn (intention to treat), with its error.
    take_up : by how much the draw moved take-up: the share of compliers. `f` is its robust F, None where
        take-up followed the draw exactly.
    anderson_rubin : an interval that holds whatever `f` is.
    """

    estimate: float
    se: float
    df: float
    p: float
    alpha: float
    ci_low: float
    ci_high: float
    errors: str
    assigned: float
    assigned_se: float
    take_up: float
    take_up_se: float
    f: float | None
    anderson_rubin: Region
    n: int
    clusters: int | None
    rank: int
    warnings: tuple[str, ...]


def complier_effect(
    y: ArrayLike,
    received: ArrayLike,
    assigned: ArrayLike,
    *,
    covariates: ArrayLike | None = None,
    blocks: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    alpha: float = 0.05,
) -> ComplierEffect:
    """Estimate the effect on those whose take-up followed the draw.

    For trials in which some drawn units did not take part, or others did. Assumes that the draw reaches the outcome only
    through take-up (exclusion), that nobody does the opposite of the draw (monotonicity), and that units do not reach each
    other. Not for take-up that somebody chose after seeing outcomes.

    Parameters
    ----------
    y : (n,) outcome. received : (n,) 0 and 1, or a dose. assigned : (n,) 0 and 1.
    covariates : (n, k). blocks : (n,) taken out as fixed effects. clusters : (n,) for the errors: the units drawn.
    alpha : of both intervals.

    Notes
    -----
    Angrist, Imbens & Rubin (1996), doi:10.1080/01621459.1996.10476902. Errors HC1, or CR1 with clusters, of the just
    identified two-stage least squares. F below 10 warns: then read the Anderson–Rubin set (Anderson & Rubin 1949; with
    robust errors, Andrews, Stock & Sun 2019, doi:10.1146/annurev-economics-080218-025643), which is solved exactly.

    Raises
    ------
    DataError, EstimationError
        What `drawn` refuses; take-up that does not vary, or that the draw did not move at all.

    Examples
    --------
    >>> found = complier_effect([1.0, 2.0, 1.5, 4.0, 5.0, 1.2], [0, 0, 0, 1, 1, 0], [0, 0, 0, 1, 1, 1])
    >>> round(found.estimate, 2), round(found.take_up, 2), found.warnings
    (2.85, 0.67, ('weak_instrument',))
    """
    design = drawn(assigned, blocks=blocks)
    n = design.treated.size
    outcome, x = outcome_of(y, n), columns_of(covariates, n)
    dose = np.asarray(received, dtype=float)
    if dose.shape != (n,) or not np.isfinite(dose).all():
        raise DataError([Problem("received", "one finite value a row is needed", str(dose.shape), f"({n},)")])
    if np.ptp(dose) == 0:
        raise DataError([Problem("received", "take-up does not vary", f"{dose[0]:g} everywhere")])
    block = design.row_block
    sizes = np.bincount(block).astype(float)

    def within(values: Vector) -> Vector:
        return values - (np.bincount(block, weights=values) / sizes)[block]

    columns = np.column_stack([within(v) for v in (outcome, dose, design.treated)])
    rest = np.column_stack([within(v) for v in x.T]) if x.shape[1] else np.zeros((n, 0))
    rank = design.blocks + 1
    if rest.shape[1]:
        q, r = np.linalg.qr(rest)
        scale = np.abs(np.diag(r))
        if scale.min() <= 1e-8 * max(scale.max(), 1e-300):
            raise EstimationError([Problem("covariates", "covariates are collinear", next="leave one out")])
        columns = columns - q @ (q.T @ columns)
        rank += rest.shape[1]
    ty, td, tz = columns.T
    zz = float(tz @ tz)
    if zz <= 1e-12 * n:
        raise EstimationError([Problem("assigned", "the draw does not vary within blocks, or covariates repeat it")])
    reduced, first = float(tz @ ty) / zz, float(tz @ td) / zz
    if abs(first) < 1e-10:
        raise EstimationError([Problem("received", "the draw did not move take-up", f"{first:g}", "a difference")])
    labels = None if clusters is None else np.unique(np.asarray(clusters).astype(str), return_inverse=True)[1]
    groups = None if labels is None else int(labels.max()) + 1
    if groups is not None and groups < 2:
        raise EstimationError([Problem("clusters", "errors need at least two clusters", str(groups))])
    if n <= rank:
        raise EstimationError(
            [Problem("rows", "too few rows for the columns", f"{counted(n, 'row')}, {counted(rank, 'column')}")]
        )
    scores = np.column_stack([tz * (ty - reduced * tz), tz * (td - first * tz)])
    if labels is not None and groups is not None:
        scores = np.column_stack([np.bincount(labels, weights=s, minlength=groups) for s in scores.T])
        factor, df, errors = groups / (groups - 1) * (n - 1) / (n - rank), float(groups - 1), "CR1"
    else:
        factor, df, errors = n / (n - rank), float(n - rank), "HC1"
    v = factor * (scores.T @ scores) / zz**2
    estimate = reduced / first
    variance = (v[0, 0] - 2 * estimate * v[0, 1] + estimate**2 * v[1, 1]) / first**2
    se = math.sqrt(max(float(variance), 0.0))
    critical = float(scipy.stats.t.ppf(1 - alpha / 2, df))
    f = first**2 / float(v[1, 1]) if v[1, 1] > 1e-18 * first**2 else None
    warnings = []
    if f is not None and f < WEAK:
        warnings.append("weak_instrument")
    if groups is not None and groups < FEW_CLUSTERS:
        warnings.append("few_clusters")
    return ComplierEffect(
        estimate=estimate,
        se=se,
        df=df,
        p=float(2 * scipy.stats.t.sf(abs(estimate) / se, df)) if se > 0 else 0.0,
        alpha=alpha,
        ci_low=estimate - critical * se,
        ci_high=estimate + critical * se,
        errors=errors,
        assigned=reduced,
        assigned_se=math.sqrt(float(v[0, 0])),
        take_up=first,
        take_up_se=math.sqrt(float(v[1, 1])),
        f=f,
        anderson_rubin=_region(reduced, first, v, critical),
        n=n,
        clusters=groups,
        rank=rank,
        warnings=tuple(warnings),
    )


def _region(reduced: float, first: float, v: Vector, critical: float) -> Region:
    """All b with (γ − bπ)² ≤ c²·(V_yy − 2b·V_yd + b²·V_dd): a quadratic in b."""
    c2 = critical**2
    a = first**2 - c2 * float(v[1, 1])
    half = reduced * first - c2 * float(v[0, 1])
    c = reduced**2 - c2 * float(v[0, 0])
    inside = half**2 - a * c
    if a == 0:
        return Region("everything", None, None)
    if inside < 0:
        return Region("nothing" if a > 0 else "everything", None, None)
    low, high = sorted(((half - math.sqrt(inside)) / a, (half + math.sqrt(inside)) / a))
    return Region("interval" if a > 0 else "outside", low, high)
