"""Power and the minimum detectable effect size (MDES) before the study, in standard deviations and in the
native unit.

Formulas: Bloom (2006) and Dong & Maynard (2013, PowerUp!, doi:10.1080/19345747.2012.673143):
MDES = M·SE, M = t(1 − α/2; df) + t(power; df), with the SE of each design given with its function. ICC and
R² must be thought up before the data exist; `priors` offers published ones with their tags.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import scipy

from fairlead.science.impact.plan import Plan
from fairlead.science.impact.printed import Printed
from fairlead.science.impact.problems import DataError, Problem


@dataclass(frozen=True, slots=True)
class Power(Printed):
    """A design's precision. `se` and `mdes` in standard deviations; `mdes_native` in the outcome's unit if
    an SD was given."""

    design: str
    se: float
    df: float
    alpha: float
    power: float
    mdes: float
    mdes_native: float | None
    sd: float | None

    def __str__(self) -> str:
        lines = [
            f"Design {self.design}",
            f"  smallest effect found with power {self.power:g}: {self.mdes:.4f} standard deviations",
        ]
        if self.mdes_native is not None:
            lines.append(f"    in the outcome's unit: {self.mdes_native:.4g}")
        told = f"{self.se:.4f}, {self.df:g} degrees of freedom, α = {self.alpha:g} two-tailed"
        return "\n".join([*lines, f"  standard error {told}"])

    def power_for(self, effect: float) -> float:
        """Power to detect a true effect of this many standard deviations (noncentral t, two-tailed)."""
        return detect(effect, self.se, self.df, self.alpha)

    def power_for_native(self, effect: float) -> float | None:
        """The same for an effect in the outcome's unit; None when no SD was given."""
        return None if self.sd is None else self.power_for(effect / self.sd)


def individual(
    n: float,
    *,
    share: float = 0.5,
    r2: float = 0.0,
    covariates: int = 0,
    alpha: float = 0.05,
    power: float = 0.8,
    sd: float | None = None,
) -> Power:
    """Individuals randomized, no blocks (PowerUp IRA): SE² = (1 − R²)/(P(1 − P)n), df = n − 2 − covariates.

    Examples
    --------
    >>> round(individual(250).mdes, 6)
    0.355775
    """
    check_sizes(n=n, share=share, r2=r2)
    variance = (1 - r2) / (share * (1 - share) * n)
    return power_of("individual", variance, n - 2 - covariates, alpha, power, sd)


def blocked(
    n: float,
    blocks: int,
    *,
    share: float = 0.5,
    icc: float = 0.0,
    r2: float = 0.0,
    covariates: int = 0,
    alpha: float = 0.05,
    power: float = 0.8,
    sd: float | None = None,
) -> Power:
    """Individuals randomized in fixed blocks whose effects are absorbed (PowerUp BIRA2 constant effect).

    SE² = (1 − ρ)(1 − R²)/(P(1 − P)·J·n), df = J·n − J − 1 − covariates, with n per block and J blocks; ρ is
    the share of variance between blocks, which the block effects take out, R² what covariates explain
    within blocks.
    """
    check_sizes(n=n, blocks=blocks, share=share, icc=icc, r2=r2)
    variance = (1 - icc) * (1 - r2) / (share * (1 - share) * blocks * n)
    return power_of("blocked", variance, blocks * n - blocks - 1 - covariates, alpha, power, sd)


def blocked_random(
    n: float,
    blocks: int,
    *,
    share: float = 0.5,
    icc: float = 0.2,
    omega: float = 0.5,
    r2: float = 0.0,
    r2_effect: float = 0.0,
    covariates: int = 0,
    alpha: float = 0.05,
    power: float = 0.8,
    sd: float | None = None,
) -> Power:
    """Individuals randomized in blocks that stand for more blocks (PowerUp BIRA2, random effect), df = J −
    1 − covariates.

    SE² = ρω(1 − R²_T)/J + (1 − ρ)(1 − R²)/(P(1 − P)·J·n); ω = variance of the effect across blocks ÷
    between-block variance.

    Examples
    --------
    >>> round(blocked_random(15, 20, icc=0.17, omega=0.5).mdes, 7)
    0.3655854
    """
    check_sizes(n=n, blocks=blocks, share=share, icc=icc, r2=r2, r2_effect=r2_effect)
    variance = icc * omega * (1 - r2_effect) / blocks + (1 - icc) * (1 - r2) / (share * (1 - share) * blocks * n)
    return power_of("blocked_random", variance, blocks - 1 - covariates, alpha, power, sd)


def clusters(
    n: float,
    count: int,
    *,
    blocks: int = 0,
    share: float = 0.5,
    icc: float = 0.2,
    r2_cluster: float = 0.0,
    r2: float = 0.0,
    covariates: int = 0,
    alpha: float = 0.05,
    power: float = 0.8,
    sd: float | None = None,
) -> Power:
    """Clusters randomized (PowerUp CRA2), optionally within fixed blocks.

    SE² = ρ(1 − R²_2)/(P(1 − P)J) + (1 − ρ)(1 − R²_1)/(P(1 − P)J·n), df = J − 2 − g, or J − blocks − 1 − g
    with blocks (ρ then being the share of variance between clusters within blocks).

    Examples
    --------
    >>> round(clusters(60, 40, icc=0.2, r2_cluster=0.5, r2=0.5, covariates=1).mdes, 6)
    0.297201
    """
    check_sizes(n=n, count=count, share=share, icc=icc, r2=r2, r2_cluster=r2_cluster)
    split = share * (1 - share) * count
    variance = icc * (1 - r2_cluster) / split + (1 - icc) * (1 - r2) / (split * n)
    df = count - (blocks + 1 if blocks else 2) - covariates
    return power_of("clusters", variance, df, alpha, power, sd)


def clusters3(
    n: float,
    middle: float,
    count: int,
    *,
    share: float = 0.5,
    icc: float = 0.2,
    icc_middle: float = 0.1,
    r2_cluster: float = 0.0,
    r2_middle: float = 0.0,
    r2: float = 0.0,
    covariates: int = 0,
    alpha: float = 0.05,
    power: float = 0.8,
    sd: float | None = None,
) -> Power:
    """Clusters of clusters randomized: schools of classrooms of students (PowerUp CRA3), df = K − 2 − g.

    With V = P(1 − P): SE² = ρ₃(1 − R²₃)/(V·K) + ρ₂(1 − R²₂)/(V·J·K) + (1 − ρ₂ − ρ₃)(1 − R²₁)/(V·n·J·K), for n
    individuals in each of J middle clusters (`middle`) of each of K assigned ones (`count`); `icc` is ρ₃, the share of
    variance between assigned clusters, `icc_middle` ρ₂, that between middle clusters of one of them.

    Examples
    --------
    >>> round(clusters3(15, 3, 60, icc=0.06, icc_middle=0.17).mdes, 7)
    0.2691084
    """
    check_sizes(
        n=n,
        middle=middle,
        count=count,
        share=share,
        icc=icc,
        icc_middle=icc_middle,
        r2=r2,
        r2_cluster=r2_cluster,
        r2_middle=r2_middle,
    )
    if icc + icc_middle >= 1:
        raise DataError(
            [Problem("icc_middle", "the two shares of variance reach 1", f"{icc:g} + {icc_middle:g}", "below 1")]
        )
    split = share * (1 - share) * count
    variance = (
        icc * (1 - r2_cluster) / split
        + icc_middle * (1 - r2_middle) / (split * middle)
        + (1 - icc - icc_middle) * (1 - r2) / (split * middle * n)
    )
    return power_of("clusters3", variance, count - 2 - covariates, alpha, power, sd)


def plan_power(
    plan: Plan,
    *,
    units: int,
    blocks: int = 0,
    per_cluster: float = 1,
    share: float = 0.5,
    icc: float = 0.0,
    r2: float = 0.0,
    r2_cluster: float = 0.0,
    power: float = 0.8,
    sd: float | None = None,
) -> Power:
    """The power of a plan's primary model, before any data.

    Parameters
    ----------
    units : how many are to be assigned (teachers, students, or clusters in a cluster design).
    blocks : how many blocks, when the primary model absorbs them.
    per_cluster : individuals per cluster, in a cluster design.
    sd : the outcome's standard deviation; gives the MDES in its unit, to lay beside the smallest effect of interest.

    Examples
    --------
    >>> from fairlead.science.impact import shipped_plan
    >>> design = plan_power(shipped_plan("coaching_lottery"), units=120, blocks=18, icc=0.1, r2=0.4, sd=0.5)
    >>> round(design.mdes, 3), round(design.mdes_native, 3)
    (0.38, 0.19)
    """
    model = plan.primary_model
    fixed: dict[str, Any] = {
        "share": share,
        "covariates": len(model.covariates),
        "alpha": plan.alpha,
        "power": power,
        "sd": sd,
    }
    if plan.assignment.clustered:
        absorbed = blocks if model.fixed_effects else 0
        return clusters(per_cluster, units, blocks=absorbed, icc=icc, r2=r2, r2_cluster=r2_cluster, **fixed)
    if model.fixed_effects and blocks:
        return blocked(units / blocks, blocks, icc=icc, r2=r2, **fixed)
    return individual(units, r2=r2, **fixed)


def detect(effect: float, se: float, df: float, alpha: float = 0.05) -> float:
    """Power of the two-tailed t test for a true effect with this standard error.

    Examples
    --------
    >>> design = clusters(20, 40, icc=0.2, r2_cluster=0.5, r2=0.5, covariates=1)
    >>> round(design.power_for(0.25), 4)
    0.6036
    """
    critical = scipy.stats.t.ppf(1 - alpha / 2, df)
    shift = effect / se
    return float(scipy.stats.nct.sf(critical, df, shift) + scipy.stats.nct.cdf(-critical, df, shift))


def power_of(design: str, variance: float, df: float, alpha: float, power: float, sd: float | None) -> Power:
    problems = []
    if df < 1:
        problems.append(Problem("n", "too few units for this design", f"{df:g} degrees of freedom", "1 or more"))
    if not 0 < alpha < 1 or not alpha < power < 1:
        problems.append(Problem("power", "alpha < power < 1 is needed", f"alpha {alpha:g}, power {power:g}"))
    if sd is not None and not sd > 0:
        problems.append(Problem("sd", "must be positive", f"{sd:g}"))
    if problems:
        raise DataError(problems)
    se = math.sqrt(variance)
    mdes = float(scipy.stats.t.ppf(1 - alpha / 2, df) + scipy.stats.t.ppf(power, df)) * se
    return Power(design, se, float(df), alpha, power, mdes, None if sd is None else mdes * sd, sd)


def check_sizes(**values: float) -> None:
    problems = []
    for name, value in values.items():
        if name in ("n", "blocks", "count", "middle"):
            if value < 1:
                problems.append(Problem(name, "must be at least 1", f"{value:g}"))
        elif name == "share":
            if not 0 < value < 1:
                problems.append(Problem(name, "must lie strictly between 0 and 1", f"{value:g}", "e.g. 0.5"))
        elif not 0 <= value < 1:
            problems.append(Problem(name, "must lie in [0, 1)", f"{value:g}"))
    if problems:
        raise DataError(problems)
