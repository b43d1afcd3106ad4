"""The difference in means of a lottery, with the error that its design gives, and no model."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike

from fairlead.science.impact.clusters import FEW_CLUSTERS
from fairlead.science.impact.problems import DataError, Problem
from fairlead.science.impact.trials.assignment import Drawn, Vector, drawn, outcome_of
from fairlead.science.impact.wording import counted

MOST_LEFT = 0.5


@dataclass(frozen=True, slots=True)
class Contrast:
    """A difference of the arms in the outcome's unit.

    Attributes
    ----------
    design : as drawn: "individual", "blocked", "paired", "cluster", "blocked cluster", "paired cluster".
    variance : the formula of the error.
    units, blocks : of assignment that entered. `left_blocks`, `left_rows`: blocks without both arms, and their rows,
        which can say nothing.
    """

    design: str
    variance: str
    estimate: float
    se: float
    df: float
    p: float
    alpha: float
    ci_low: float
    ci_high: float
    mean_intervention: float
    mean_comparison: float
    n: int
    units: int
    blocks: int
    left_blocks: int
    left_rows: int
    warnings: tuple[str, ...]


def difference_in_means(
    y: ArrayLike,
    treated: ArrayLike,
    *,
    blocks: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    variance: str = "design",
    alpha: float = 0.05,
) -> Contrast:
    """Compare the arms of a lottery as it was drawn.

    For randomized trials with nothing to adjust for, and beside every model as the plain answer. Not where nobody drew
    lots, and not where the chances differed by blocks that are not named here.

    Parameters
    ----------
    y : (n,) outcome, finite, in its own unit.
    treated : (n,) 0 and 1.
    blocks : (n,) blocks or pairs. The answer weighs each block by its rows, so it is the effect in the sample, whatever
        share of a block won. Blocks in which one arm is empty are left out and counted.
    clusters : (n,) units of assignment, when these are not the rows.
    variance : "design" as below; "pooled" takes one variance in both arms (individuals without blocks only), as the
        textbook regression does.
    alpha : of the interval.

    Notes
    -----
    Individuals: Neyman's variance s₁²/n₁ + s₀²/n₀, Welch's df; it is HC2, and on the safe side when effects vary. Blocks:
    that in each, Σ(n_b/n)²V_b, df n − 2B (Gerber & Green 2012, §3.6). Pairs: the spread of the pairs' differences, df B − 1.
    Clusters: CR2 with Satterthwaite's df (Bell & McCaffrey 2002); in blocks, that in each. Pairs of clusters: Imai, King &
    Nall (2009), doi:10.1214/08-STS274, eq. 6, df B − 1. Assumes that one unit's draw does not reach another's outcome.

    Raises
    ------
    DataError
        What `drawn` refuses; a block with a single unit in an arm beside blocks with more.

    Examples
    --------
    >>> found = difference_in_means([3.0, 5.0, 4.0, 1.0, 2.0, 3.0], [1, 1, 1, 0, 0, 0])
    >>> found.estimate, round(found.se, 4), round(found.df, 1)
    (2.0, 0.8165, 4.0)
    """
    design = drawn(treated, blocks=blocks, clusters=clusters)
    outcome = outcome_of(y, design.treated.size)
    both = (design.winners > 0) & (design.winners < design.sizes)
    kept = both[design.row_block]
    left_blocks, left_rows = int((~both).sum()), int((~kept).sum())
    if not both.any():
        what = "no block has both arms"
        raise DataError(
            [Problem("blocks", what, counted(design.blocks, "block"), next="name the blocks that were drawn in")]
        )
    if left_blocks:
        outcome = outcome[kept]
        design = drawn(
            design.treated[kept],
            blocks=design.row_block[kept],
            clusters=design.unit[kept] if design.clustered else None,
        )
    if variance not in ("design", "pooled") or (variance == "pooled" and (design.blocked or design.clustered)):
        what = "one variance is for individuals without blocks" if variance == "pooled" else "unknown variance"
        raise DataError([Problem("variance", what, repr(variance), "design, pooled")])
    if variance == "pooled":
        estimate, se, df = _pooled(outcome, design)
        kind = "pooled"
    else:
        kind, estimate, se, df = _by_design(outcome, design)
    if not se > 0:
        what = "the error of the difference is zero"
        raise DataError([Problem("outcome", what, "0", next="look at the outcome within the arms")])
    half = float(scipy.stats.t.ppf(1 - alpha / 2, df)) * se
    z = design.treated > 0.5
    few = design.clustered and design.units < FEW_CLUSTERS
    warnings = [*(["few_clusters"] if few else []), *(["few_degrees_of_freedom"] if df < 4 else [])]
    if left_blocks:
        warnings.append("blocks_without_both_arms")
    return Contrast(
        design=design.name,
        variance=kind,
        estimate=estimate,
        se=se,
        df=df,
        p=float(2 * scipy.stats.t.sf(abs(estimate / se), df)),
        alpha=alpha,
        ci_low=estimate - half,
        ci_high=estimate + half,
        mean_intervention=float(outcome[z].mean()),
        mean_comparison=float(outcome[~z].mean()),
        n=outcome.size,
        units=design.units,
        blocks=design.blocks if design.blocked else 0,
        left_blocks=left_blocks,
        left_rows=left_rows,
        warnings=tuple(warnings),
    )


def _pooled(y: Vector, design: Drawn) -> tuple[float, float, float]:
    one, two = y[design.treated > 0.5], y[design.treated < 0.5]
    squares = float(((one - one.mean()) ** 2).sum() + ((two - two.mean()) ** 2).sum())
    df = float(y.size - 2)
    return float(one.mean() - two.mean()), math.sqrt(squares / df * (1 / one.size + 1 / two.size)), df


def _by_design(y: Vector, design: Drawn) -> tuple[str, float, float, float]:
    if not design.blocked:
        if design.clustered:
            return ("CR2", *_clustered(y, design.treated, design.unit))
        return ("Neyman", *_welch(y, design.treated))
    rows = np.bincount(design.row_block).astype(float)
    share = rows / rows.sum()
    if design.paired:
        return _paired(y, design, rows, share)
    alone = (design.winners == 1) | (design.sizes - design.winners == 1)
    if alone.any():
        what = "a block has a single unit in one arm, so its variance cannot be known"
        got = f"{int(alone.sum())} of {design.blocks} blocks"
        raise DataError([Problem("blocks", what, got, "two units an arm, or pairs only", "join small blocks"), ])  # fmt: skip
    total = variance = 0.0
    for place in range(design.blocks):
        here = design.row_block == place
        fit = _clustered(y[here], design.treated[here], design.unit[here]) if design.clustered else _welch(
            y[here], design.treated[here]
        )  # fmt: skip
        total += share[place] * fit[0]
        variance += (share[place] * fit[1]) ** 2
    df = float((design.units if design.clustered else y.size) - 2 * design.blocks)
    return ("CR2 by block" if design.clustered else "Neyman by block"), total, math.sqrt(variance), df


def _welch(y: Vector, z: Vector) -> tuple[float, float, float]:
    one, two = y[z > 0.5], y[z < 0.5]
    if min(one.size, two.size) < 2:
        what = "one arm has a single unit, so its variance cannot be known"
        raise DataError(
            [Problem("treated", what, f"{one.size} and {counted(two.size, 'unit')}", "two or more in each")]
        )
    a, b = float(one.var(ddof=1)) / one.size, float(two.var(ddof=1)) / two.size
    df = (a + b) ** 2 / (a**2 / (one.size - 1) + b**2 / (two.size - 1)) if a + b > 0 else float(y.size - 2)
    return float(one.mean() - two.mean()), math.sqrt(a + b), df


def _clustered(y: Vector, z: Vector, unit: Vector | np.ndarray) -> tuple[float, float, float]:
    counts = [np.unique(unit[arm]).size for arm in (z > 0.5, z < 0.5)]
    if min(counts) < 2:
        what = "one arm has a single cluster: it cannot be told from the intervention"
        raise DataError(
            [Problem("clusters", what, f"{counts[0]} and {counted(counts[1], 'cluster')}", "two or more in each")]
        )
    from fairlead.science.impact.regression.arrays import least_squares

    fit = least_squares(y, z[:, None], names=("treated",), cluster=unit, errors="CR2")
    return float(fit.coefficients[0]), float(fit.standard_errors[0]), float(fit.df[0])


def _paired(y: Vector, design: Drawn, rows: Vector, share: Vector) -> tuple[str, float, float, float]:
    block, z, count = design.row_block, design.treated, design.blocks
    if count < 2:
        raise DataError([Problem("blocks", "one pair has no error", "1 pair", "two pairs or more")])
    sums = [np.bincount(block, weights=y * w) / np.bincount(block, weights=w) for w in (z, 1 - z)]
    gaps = sums[0] - sums[1]
    estimate = float(share @ gaps)
    if design.clustered:
        spread = rows * gaps - rows.sum() * estimate / count
        se = math.sqrt(count / ((count - 1) * rows.sum() ** 2) * float(spread @ spread))
        return "pairs of clusters", estimate, se, float(count - 1)
    se = math.sqrt(float(((gaps - estimate) ** 2).sum()) / (count * (count - 1)))
    return "pairs", estimate, se, float(count - 1)
