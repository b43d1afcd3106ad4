"""Stepped roll-outs: every cluster begins, by turns, and each period compares those who began with those who did not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fairlead.science.impact.power.designs import Power, check_sizes, power_of
from fairlead.science.impact.problems import DataError, Problem


def stepped_wedge(
    n: float,
    sizes: Sequence[int],
    *,
    before: int = 1,
    after: int = 0,
    icc: float = 0.2,
    r2: float = 0.0,
    autocorrelation: float = 1.0,
    alpha: float = 0.05,
    power: float = 0.8,
    sd: float | None = None,
) -> Power:
    """Clusters that begin step by step, measured once in every period (Hussey & Hughes 2007).

    For roll-outs in an order that was drawn, with fresh individuals in each period. Not where the same individuals are
    followed (then it is on the safe side), nor where an effect grows with time, which needs more.

    Parameters
    ----------
    n : individuals measured in a cluster in a period.
    sizes : clusters of each step, in order.
    before : periods before the first step. after : periods after the one in which the last step begins.
    icc : share of variance between clusters. r2 : what covariates explain within them.
    autocorrelation : of a cluster's own level from one period to another. 1, as Hussey and Hughes take it, means that clusters
        never drift apart: a hope, and with large clusters nearly all of the answer rests on it.

    Notes
    -----
    Hussey & Hughes (2007), doi:10.1016/j.cct.2006.05.007, eq. 8, with σ² = (1 − ρ)(1 − R²)/n + ρ(1 − c), τ² = ρc, I clusters, T
    periods and autocorrelation c (Hooper et al. 2016, doi:10.1002/sim.7028):
    Var = Iσ²(σ² + Tτ²)/{(IU − W)σ² + (U² + ITU − TW − IV)τ²}. They take the normal distribution; here df = I − 2, which a
    simulation with few clusters needs.

    Examples
    --------
    >>> round(stepped_wedge(50, (6, 6, 6), icc=0.1).mdes, 4)
    0.1768
    """
    check_sizes(n=n, count=sum(sizes), icc=icc, r2=r2)
    if not 0 <= autocorrelation <= 1:
        raise DataError([Problem("autocorrelation", "must lie in [0, 1]", f"{autocorrelation:g}")])
    if len(sizes) < 2 or min(sizes) < 1 or before < 0 or after < 0 or before + after < 1:
        what = "a roll-out has two steps or more, a cluster in each, and a period before the first or after the last"
        raise DataError([Problem("sizes", what, f"{list(sizes)}, {before} before, {after} after")])
    periods = before + len(sizes) + after
    begins = np.repeat(np.arange(len(sizes)) + before, sizes)
    x = (np.arange(periods)[None, :] >= begins[:, None]).astype(float)
    within, between = (1 - icc) * (1 - r2) / n + icc * (1 - autocorrelation), icc * autocorrelation
    clusters = x.shape[0]
    u, w, v = x.sum(), (x.sum(axis=0) ** 2).sum(), (x.sum(axis=1) ** 2).sum()
    below = (clusters * u - w) * within + (u**2 + clusters * periods * u - periods * w - clusters * v) * between
    if below <= 0:
        raise DataError(
            [Problem("sizes", "no period has clusters that began beside clusters that did not", str(sizes))]
        )
    variance = clusters * within * (within + periods * between) / below
    return power_of("stepped_wedge", float(variance), clusters - 2, alpha, power, sd)
