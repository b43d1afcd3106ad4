"""Standardised effect sizes as the evidence standards compute them. Scalars in, scalars out.

Equations and their tags are in EVIDENCE_STANDARDS (WWC 4.1 Supplement and Appendix F, 5.0 Appendix E). The
functions say which; the verdict prints the tag of the rule that used them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike


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


def cox(
    p_intervention: float,
    p_comparison: float,
    total: int,
    *,
    rho: float | None = None,
    cluster_size: float = 1.0,
) -> float | None:
    """d_Cox = ω·[logit(p_i) − logit(p_c)]/1.65; None when a proportion is 0 or 1, where it does not exist.

    With cluster assignment ω takes the h degrees of freedom; there is no γ, which corrects a standard deviation (a
    reading of the standards that no handbook text confirmed: recalled, low).
    """
    if not (0 < p_intervention < 1 and 0 < p_comparison < 1):
        return None
    odds = math.log(p_intervention / (1 - p_intervention)) - math.log(p_comparison / (1 - p_comparison))
    df = total - 2 if rho is None else cluster_df(cluster_size, total, rho)
    return small_sample(df) * odds / 1.65


def cox_standard_error(
    p_intervention: float,
    p_comparison: float,
    n_intervention: int,
    n_comparison: int,
    *,
    rho: float | None = None,
    cluster_size: float = 1.0,
) -> float | None:
    """SE of d_Cox from the proportions: (ω/1.65)·√Σ 1/(n·p·(1 − p)), times √η with cluster assignment (4.x; recalled,
    medium). None where d_Cox does not exist.

    Examples
    --------
    >>> round(cox_standard_error(0.6, 0.5, 100, 100), 4)
    0.1725
    """
    if not (0 < p_intervention < 1 and 0 < p_comparison < 1):
        return None
    total = n_intervention + n_comparison
    arms = ((p_intervention, n_intervention), (p_comparison, n_comparison))
    variance = sum(1 / (n * p) + 1 / (n * (1 - p)) for p, n in arms)
    if rho is not None:
        variance *= design_effect(cluster_size, rho)
    df = total - 2 if rho is None else cluster_df(cluster_size, total, rho)
    return small_sample(df) / 1.65 * math.sqrt(variance)


def one_arm_clustered(
    n_clustered: float, n_other: float, cluster_size: float, rho: float
) -> tuple[float, float, float]:
    """γ, η and h when only one arm comes in clusters, as in tutoring groups (4.1 Supplement; Hedges & Citkowicz 2015,
    doi:10.3758/s13428-014-0538-z). The other arm has the variance within clusters, 1 − ρ.

    Parameters
    ----------
    n_clustered, n_other : individuals in the clustered arm and in the other one.
    cluster_size : mean size of the clustered arm's clusters.

    Examples
    --------
    >>> [round(value, 4) for value in one_arm_clustered(100, 100, 5, 0.0)]
    [1.0, 1.0, 198.0]
    """
    total = n_clustered + n_other
    shrink = 1 - (n_other + cluster_size - 2) * rho / (total - 2)
    inflate = 1 + (cluster_size * n_other / total - 1) * rho
    rest = (total - 2) * (1 - rho)
    top = (rest + (n_clustered - cluster_size) * rho) ** 2
    bottom = rest * (1 - rho) + (n_clustered - cluster_size) * (cluster_size * rho**2 + 2 * (1 - rho) * rho)
    return shrink, inflate, top / bottom


@dataclass(frozen=True, slots=True)
class Corrected:
    """A finding whose clusters were ignored, corrected by one version of the standards."""

    version: str
    t: float
    corrected: float
    h: float
    p: float


def corrections(
    g: float, n_intervention: int, n_comparison: int, *, rho: float, cluster_size: float
) -> tuple[Corrected, ...]:
    """The same finding by both formulas: versions 2 to 4.0, without g²/2N in the variance, and 4.1, with it.

    Examples
    --------
    >>> for found in corrections(0.25, 500, 500, rho=0.2, cluster_size=25):
    ...     print(found.version, round(found.t, 4), round(found.corrected, 3), round(found.h, 1), round(found.p, 3))
    4.0 3.9528 1.633 516.2 0.103
    4.1 3.9375 1.627 516.2 0.104
    """
    return tuple(
        Corrected(
            version,
            *mismatched_t(g, n_intervention, n_comparison, rho=rho, cluster_size=cluster_size, version=version),
        )
        for version in ("4.0", "4.1")
    )


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
    return t, corrected, h, float(2 * scipy.stats.t.sf(abs(corrected), h))


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
