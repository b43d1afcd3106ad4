"""Standardised effect sizes as the evidence standards compute them. Scalars in, scalars out.

Equations and their tags are in EVIDENCE_STANDARDS (WWC 4.1 Supplement and Appendix F, 5.0 Appendix E). The
functions say which; the verdict prints the tag of the rule that used them.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats


def small_sample(df: float) -> float:
    """ω = 1 − 3/(4·df − 1): Hedges' (1981) correction, doi:10.3102/10769986006002107. With df = N − 2 it is
    1 − 3/(4N − 9).

    Examples
    --------
    >>> round(small_sample(98), 6)
    0.992327
    """
    return 1 - 3 / (4 * df - 1)


def pooled_sd(intervention: ArrayLike, comparison: ArrayLike) -> float:
    """S: the pooled, unadjusted, student-level standard deviation of an outcome over two arms."""
    one, two = np.asarray(intervention, dtype=float), np.asarray(comparison, dtype=float)
    squares = ((one - one.mean()) ** 2).sum() + ((two - two.mean()) ** 2).sum()
    return math.sqrt(float(squares) / (one.size + two.size - 2))


def gamma(n: float, total: float, rho: float) -> float:
    """γ = 1 − 2(n − 1)ρ/(N − 2): what clustering does to the standardised difference (Hedges 2007,
    doi:10.3102/1076998606298043)."""
    return 1 - 2 * (n - 1) * rho / (total - 2)


def design_effect(n: float, rho: float) -> float:
    """η = 1 + (n − 1)ρ: how much clustering inflates a variance that ignored it."""
    return 1 + (n - 1) * rho


def cluster_df(n: float, total: float, rho: float) -> float:
    """h, the effective degrees of freedom of a clustered standardised difference (WWC 5.0 eq. E.21, p. 171).

    Examples
    --------
    >>> round(cluster_df(5, 100, 0.1), 4)
    94.4029
    """
    top = ((total - 2) - 2 * (n - 1) * rho) ** 2
    bottom = (total - 2) * (1 - rho) ** 2 + n * (total - 2 * n) * rho**2 + 2 * (total - 2 * n) * rho * (1 - rho)
    return top / bottom


def hedges_g(
    difference: float, sd: float, total: int, *, rho: float | None = None, cluster_size: float = 1.0
) -> float:
    """g = ω·b/S, and with cluster assignment g = ω_h·(b/S)·√γ.

    Parameters
    ----------
    difference : b, a mean difference or an adjusted one, in the outcome's unit.
    sd : S, see `pooled_sd`.
    total : N, individuals in both arms.
    rho, cluster_size : intraclass correlation and N/M; None when individuals were assigned.
    """
    if rho is None:
        return small_sample(total - 2) * difference / sd
    h = cluster_df(cluster_size, total, rho)
    return small_sample(h) * difference / sd * math.sqrt(gamma(cluster_size, total, rho))


def g_standard_error(
    se: float, sd: float, g: float, total: int, *, rho: float | None = None, cluster_size: float = 1.0
) -> float:
    """SE of g from the coefficient's SE, clustering handled: √((SE_b/S)²·A + g²/(2·df)), A = 1 or γ (4.1
    Supplement)."""
    if rho is None:
        return math.sqrt((se / sd) ** 2 + g**2 / (2 * (total - 2)))
    h = cluster_df(cluster_size, total, rho)
    return math.sqrt((se / sd) ** 2 * gamma(cluster_size, total, rho) + g**2 / (2 * h))


def cox(p_intervention: float, p_comparison: float, total: int) -> float | None:
    """d_Cox = ω·[logit(p_i) − logit(p_c)]/1.65; None when a proportion is 0 or 1, where it does not exist."""
    if not (0 < p_intervention < 1 and 0 < p_comparison < 1):
        return None
    odds = math.log(p_intervention / (1 - p_intervention)) - math.log(p_comparison / (1 - p_comparison))
    return small_sample(total - 2) * odds / 1.65


def mismatched_t(
    g: float, n_intervention: int, n_comparison: int, *, rho: float, cluster_size: float, version: str = "4.1"
) -> tuple[float, float, float, float]:
    """Correct a t that ignored the clusters of the assignment: (t, corrected t, h, two-tailed p).

    t = g/√(1/n_i + 1/n_c + g²/2N) in 4.1 (Appendix F); versions 2–4 leave out g²/2N. t_c = t·√(γ/η); p from
    t with h df.

    Examples
    --------
    >>> [round(value, 4) for value in mismatched_t(0.30, 200, 200, rho=0.2, cluster_size=20)]
    [2.9833, 1.3486, 231.6576, 0.1788]
    """
    total = n_intervention + n_comparison
    variance = 1 / n_intervention + 1 / n_comparison + (g**2 / (2 * total) if version >= "4.1" else 0.0)
    t = g / math.sqrt(variance)
    corrected = t * math.sqrt(gamma(cluster_size, total, rho) / design_effect(cluster_size, rho))
    h = cluster_df(cluster_size, total, rho)
    return t, corrected, h, float(2 * stats.t.sf(abs(corrected), h))


def anova_icc(values: ArrayLike, clusters: ArrayLike, arms: ArrayLike) -> float | None:
    """Intraclass correlation within arms by one-way analysis of variance, truncated to [0, 1); None if
    undefined."""
    outcome = np.asarray(values, dtype=float)
    keys = np.unique(np.asarray(clusters), return_inverse=True)[1]
    arm_codes = np.unique(np.asarray(arms), return_inverse=True)[1]
    if np.ptp(outcome) == 0:
        return None
    for code in range(int(arm_codes.max()) + 1):
        outcome = outcome - np.where(arm_codes == code, outcome[arm_codes == code].mean(), 0.0)
    sizes = np.bincount(keys).astype(float)
    means = np.bincount(keys, weights=outcome) / sizes
    groups, total, levels = sizes.size, outcome.size, int(arm_codes.max()) + 1
    if groups <= levels or total <= groups:
        return None
    between = float((sizes * means**2).sum()) / (groups - levels)
    within = float(((outcome - means[keys]) ** 2).sum()) / (total - groups)
    typical = (total - float((sizes**2).sum()) / total) / (groups - 1)
    if between + (typical - 1) * within <= 0:
        return None
    return min(max((between - within) / (between + (typical - 1) * within), 0.0), 0.99)


def benjamini_hochberg(p_values: list[float], alpha: float = 0.05) -> list[bool]:
    """Which findings stay significant: largest k with p_(k) ≤ α·k/m (Benjamini & Hochberg 1995).

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03, 0.2])
    [True, False, False, False]
    """
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    keep = 0
    for rank, place in enumerate(order, start=1):
        if p_values[place] <= alpha * rank / len(p_values):
            keep = rank
    kept = set(order[:keep])
    return [place in kept for place in range(len(p_values))]
