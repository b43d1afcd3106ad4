"""Balance: how far the arms are apart in each covariate, before and after."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairlead.science.impact import effects

Array = NDArray[np.float64]
SCORE = "propensity score"
SATISFIED, ADJUST = 0.05, 0.25  # baseline equivalence of the What Works Clearinghouse, 4.1 and 5.0


@dataclass(frozen=True, slots=True)
class Gap:
    """One covariate in the two arms.

    Attributes
    ----------
    mean_treated, mean_control : weighted means, in the covariate's unit.
    standardised : difference over the standard deviation of all treated rows before matching (of both arms for an
        average over everybody). None when that is zero.
    effect, effect_name : the standards' measure on these rows: Hedges' g with the pooled standard deviation
        ("hedges_g"), Cox's index for a binary covariate ("cox"). Where an arm has none or all of a binary covariate,
        Cox's index is infinite however rare it is; then g of the two shares stands in. None without any spread.
    variance_ratio : treated over control, None for a binary covariate.
    ks : the largest distance between the two cumulative distributions.
    """

    mean_treated: float
    mean_control: float
    standardised: float | None
    effect: float | None
    variance_ratio: float | None
    ks: float
    effect_name: str = "hedges_g"

    @property
    def standing(self) -> str:
        """What the standards say of it: "satisfied", "adjust" (the outcome model must hold it) or "fails"."""
        if self.effect is None:
            return "satisfied" if self.mean_treated == self.mean_control else "fails"
        size = abs(self.effect)
        return "satisfied" if size <= SATISFIED else "adjust" if size <= ADJUST else "fails"


@dataclass(frozen=True, slots=True)
class Balance:
    """A covariate before and after. kind: "continuous", "binary" or "score"."""

    measure: str
    kind: str
    sd: float
    before: Gap
    after: Gap


def balance_table(
    x: Array,
    names: Sequence[str],
    treated: NDArray[np.bool_],
    weights: Array,
    *,
    estimand: str,
    score: Array | None = None,
) -> tuple[Balance, ...]:
    """Balance of each column, over all rows with weight one and over the weighted rows.

    Parameters
    ----------
    x : (n, k) with `names`.
    treated : (n,) bool.
    weights : (n,) zero for rows that were left out.
    estimand : "ATT" standardises by the treated before matching, "ATE" by the mean variance of both arms.
    score : (n,) a propensity score, shown first.

    Notes
    -----
    Definitions as in MatchIt 4 (`summary`): the variance under weights w that sum to one is Σw(x−x̄)²/(1−Σw²), and that of
    a binary covariate p(1−p).
    """
    columns = [(name, "", values) for name, values in zip(names, x.T, strict=True)]
    if score is not None:
        columns.insert(0, (SCORE, "score", score))
    ones = np.ones(treated.size)
    found = []
    for name, kind, values in columns:
        kind = kind or ("binary" if bool(((values == 0.0) | (values == 1.0)).all()) else "continuous")
        binary = kind == "binary"
        one, two = values[treated], values[~treated]
        variance = _spread(one, binary)
        if estimand == "ATE":
            variance = (variance + _spread(two, binary)) / 2
        sd = math.sqrt(variance)
        order = np.zeros(0, dtype=np.intp) if binary else np.argsort(values)
        before = _gap(values, treated, ones, sd, binary, order)
        after = _gap(values, treated, weights, sd, binary, order)
        found.append(Balance(name, kind, sd, before, after))
    return tuple(found)


def effective_size(weights: Array) -> float:
    """(Σw)²/Σw²: of how many equally weighted rows the weighted ones are worth (Kish 1965)."""
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares else 0.0


def _spread(values: Array, binary: bool) -> float:
    return float(values.var(ddof=0 if binary else 1)) if values.size > 1 else 0.0


def _gap(
    values: Array, treated: NDArray[np.bool_], weights: Array, sd: float, binary: bool, order: NDArray[np.intp]
) -> Gap:
    one, two = weights * treated, weights * ~treated
    w1, w0 = one / one.sum(), two / two.sum()
    m1, m0 = float(w1 @ values), float(w0 @ values)
    difference = m1 - m0
    scale = max(abs(m1), abs(m0), 1e-300)
    if abs(difference) <= 1e-13 * scale:
        difference = 0.0
    n1, n0 = int((one > 0).sum()), int((two > 0).sum())
    v1, v0 = _variance(values, w1, m1), _variance(values, w0, m0)
    pooled = math.sqrt(((n1 - 1) * v1 + (n0 - 1) * v0) / (n1 + n0 - 2)) if n1 + n0 > 3 else 0.0
    effect = 0.0 if difference == 0 else effects.hedges_g(difference, pooled, n1 + n0) if pooled > 0 else None
    ratio, name = None, "hedges_g"
    if binary:
        ks = abs(difference)
        index = effects.cox(min(max(m1, 0.0), 1.0), min(max(m0, 0.0), 1.0), n1 + n0)
        if index is not None:
            effect, name = (0.0 if difference == 0 else index), "cox"
    else:
        ratio = v1 / v0 if v0 > 0 else None
        steps = np.cumsum((w1 - w0)[order])
        last = np.append(np.diff(values[order]) > 0, True)
        ks = float(np.abs(steps[last]).max())
    return Gap(m1, m0, difference / sd if sd > 0 else None, effect, ratio, ks if ks > 1e-13 else 0.0, name)


def _variance(values: Array, w: Array, mean: float) -> float:
    rest = 1 - float((w**2).sum())
    return float(w @ (values - mean) ** 2) / rest if rest > 1e-12 else 0.0
