"""Who submits late or not at all: structural, new and occasional told apart, with intervals and a test."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from fairlead.science.attendance.rules import LatenessRule

KINDS = ("structural", "new", "occasional", "never", "too_few")


@dataclass(frozen=True, slots=True)
class Lateness:
    """One row a unit (a school, a section, a teacher), in the order of their numbers.

    Attributes
    ----------
    expected, late : ndarray of int64, shape (units,)
        Occasions on which something was expected, and on how many it came late or not at all.
    share, low, high : ndarray of float64, shape (units,)
        Share late with Wilson's interval over *effective* occasions; NaN where nothing was expected.
    shrunk : ndarray of float64, shape (units,)
        The share drawn towards all units' share by as much as chance explains (empirical Bayes).
    recent_expected, recent_late : ndarray of int64, shape (units,)
        The same counts in the recent window.
    p_value : ndarray of float64, shape (units,)
        One-sided exact test of "no more lately than before"; NaN where it was not made.
    kind : ndarray of str, shape (units,)
        One of `KINDS`.
    autocorrelation : float
        Lag-one autocorrelation within the windows of units, pooled.
    effective : float
        How many independent occasions one occasion is worth.
    tested : int
        Units that were tested: the number that the false discovery rate is about.
    rule : LatenessRule
        The lines that were used.
    """

    expected: NDArray[np.int64]
    late: NDArray[np.int64]
    share: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    shrunk: NDArray[np.float64]
    recent_expected: NDArray[np.int64]
    recent_late: NDArray[np.int64]
    p_value: NDArray[np.float64]
    kind: NDArray[np.str_]
    autocorrelation: float
    effective: float
    tested: int
    rule: LatenessRule

    def count(self, kind: str) -> int:
        """How many units are of a kind."""
        if kind not in KINDS:
            raise ValueError(f"no such kind: {kind!r}; there is {', '.join(KINDS)}")
        return int((self.kind == kind).sum())


def lateness(unit: ArrayLike, late: ArrayLike, recent: ArrayLike, rule: LatenessRule, units: int = 0) -> Lateness:
    """Tell structural, new and occasional lateness apart.

    Parameters
    ----------
    unit : array_like of int, shape (occasions,)
        Which unit an occasion belongs to, numbered from 0. Within a unit occasions stand in order of time.
    late : array_like of bool, shape (occasions,)
        Whether it came late or not at all.
    recent : array_like of bool, shape (occasions,)
        Whether the occasion lies in the recent window, which is compared with the unit's own past.
    rule : LatenessRule
        The lines.
    units : int
        Number of units, when the last ones may have no occasion.

    Returns
    -------
    Lateness
        Counts, intervals and a kind for every unit. Units are never ranked.

    Raises
    ------
    ValueError
        When the arrays differ in length or a unit's number is negative.

    Notes
    -----
    Days of one unit are not independent draws. With lag-one autocorrelation r, pooled over units and taken around the
    mean of each window (so that a change is not taken for it), one occasion is worth ``(1 - r) / (1 + r)`` [1]_; intervals and the test use effective counts, the test's rounded against the finding.

    *Structural*: ``late / expected >= structural`` and Wilson's lower end ``> surely``. *New*: not structural in its
    past; Fisher's exact test of recent against past, ``P(X >= recent late)`` with X hypergeometric, kept under the
    false discovery rate by Benjamini and Hochberg's step-up rule over all units tested [2]_; and a rise of at least
    `least_rise`. *Occasional*: late at least once. A unit with fewer than `min_expected` occasions gets no verdict.

    `shrunk` is ``(late + a) / (expected + a + b)`` with Beta(a, b) fitted by moments to all units [3]_.

    References
    ----------
    .. [1] Bartlett, M. S. (1935). Some aspects of the time-correlation problem in regard to tests of significance.
       Journal of the Royal Statistical Society 98(3), 536-543. doi:10.2307/2342284
    .. [2] Benjamini, Y., & Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the Royal
       Statistical Society B 57(1), 289-300. doi:10.1111/j.2517-6161.1995.tb02031.x
    .. [3] Kleinman, J. C. (1973). Proportions with extraneous variance: single and independent samples. Journal of
       the American Statistical Association 68(341), 46-54. doi:10.1080/01621459.1973.10481332

    Examples
    --------
    Sixty days at four schools: never late; always late; late in the last ten days only; late every sixth day.

    >>> from fairlead.science.attendance import lateness, lateness_rules
    >>> day = np.tile(np.arange(60), 4)
    >>> school = np.repeat(np.arange(4), 60)
    >>> late = (school == 1) | ((school == 2) & (day >= 50)) | ((school == 3) & (day % 6 == 0))
    >>> found = lateness(school, late, day >= 40, lateness_rules()[0])
    >>> [str(kind) for kind in found.kind]
    ['never', 'structural', 'new', 'occasional']
    """
    unit = np.asarray(unit, np.int64)
    late, recent = np.asarray(late, bool), np.asarray(recent, bool)
    if not unit.shape == late.shape == recent.shape or unit.ndim != 1:
        raise ValueError(f"unit, late and recent must be equally long: {unit.shape}, {late.shape}, {recent.shape}")
    if unit.size and unit.min() < 0:
        raise ValueError(f"units are numbered from 0; got {unit.min()}")
    units = max(units, int(unit.max()) + 1 if unit.size else 0)

    def count(mask: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
        return np.bincount(unit if mask is None else unit[mask], minlength=units).astype(np.int64)

    expected, lates = count(), count(late)
    recent_expected, recent_late = count(recent), count(recent & late)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = lates / expected
        past_share = (lates - recent_late) / (expected - recent_expected)
        recent_share = recent_late / recent_expected
    correlation = _autocorrelation(2 * unit + recent, late)
    effective = (1 - correlation) / (1 + correlation)
    low, high = _wilson(share, (expected * effective).astype(np.float64), rule.level)

    enough = expected >= rule.min_expected
    structural = enough & (share >= rule.structural) & (low > rule.surely)
    testable = (
        enough
        & (recent_expected >= rule.min_recent)
        & (expected - recent_expected >= rule.min_recent)
        & ~(past_share >= rule.structural)
    )
    p_value = np.full(units, np.nan)
    p_value[testable] = _more_lately(
        expected[testable], lates[testable], recent_expected[testable], recent_late[testable], effective
    )
    new = np.zeros(units, bool)
    new[testable] = _step_up(p_value[testable], rule.false_discovery)
    with np.errstate(invalid="ignore"):
        new &= recent_share - past_share >= rule.least_rise - 1e-12
    kind = np.select(
        [~enough, new, structural, lates > 0], ["too_few", "new", "structural", "occasional"], default="never"
    )
    return Lateness(
        expected=expected,
        late=lates,
        share=share,
        low=low,
        high=high,
        shrunk=_shrunk(lates, expected),
        recent_expected=recent_expected,
        recent_late=recent_late,
        p_value=p_value,
        kind=kind,
        autocorrelation=correlation,
        effective=effective,
        tested=int(testable.sum()),
        rule=rule,
    )


def _autocorrelation(window: NDArray[np.int64], late: NDArray[np.bool_]) -> float:
    """Lag one, within each unit's two windows, pooled; never negative, so that no occasion counts for more than one."""
    order = np.argsort(window, kind="stable")
    at = window[order]
    n = np.maximum(np.bincount(window), 1)
    deviation = late[order] - (np.bincount(window, weights=late) / n)[at]
    beside = at[1:] == at[:-1]
    total = float((deviation**2).sum())
    together = float((deviation[1:] * deviation[:-1])[beside].sum())
    return min(max(together / total, 0.0), 0.95) if total > 0 else 0.0


def _wilson(
    share: NDArray[np.float64], n: NDArray[np.float64], level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Wilson's interval (see `fairlead.science.proportion.wilson`) for many shares at once."""
    z = NormalDist().inv_cdf(0.5 + level / 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = (share + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def _more_lately(
    expected: NDArray[np.int64],
    late: NDArray[np.int64],
    recent_expected: NDArray[np.int64],
    recent_late: NDArray[np.int64],
    effective: float,
) -> NDArray[np.float64]:
    """Fisher's exact test, one-sided, over effective counts rounded against the finding."""
    tiny = 1e-9  # so that 15 x 1.0 is 15
    recent_k = np.floor(recent_late * effective + tiny)
    past_k = np.ceil((late - recent_late) * effective - tiny)
    recent_n = np.maximum(np.ceil(recent_expected * effective - tiny), recent_k)
    past_n = np.maximum(np.floor((expected - recent_expected) * effective + tiny), past_k)
    tail = scipy.stats.hypergeom.sf(recent_k - 1, recent_n + past_n, recent_k + past_k, recent_n)
    return np.minimum(tail, 1.0)


def _step_up(p: NDArray[np.float64], rate: float) -> NDArray[np.bool_]:
    """Benjamini and Hochberg: the largest k with the k-th smallest p at most k / m x rate; it and all smaller ones."""
    if not p.size:
        return np.zeros(0, bool)
    ordered = np.sort(p)
    fits = np.flatnonzero(ordered <= rate * np.arange(1, p.size + 1) / p.size)
    return p <= ordered[fits[-1]] if fits.size else np.zeros(p.size, bool)


def _shrunk(late: NDArray[np.int64], expected: NDArray[np.int64]) -> NDArray[np.float64]:
    """Shares drawn towards everybody's by the moments of a beta distribution."""
    there = expected > 0
    n, x = expected[there].astype(float), late[there].astype(float)
    out = np.full(expected.shape, np.nan)
    if not n.size:
        return out
    mean = x.sum() / n.sum()
    spread = (n * (x / n - mean) ** 2).sum() - (n.size - 1) * mean * (1 - mean)
    between = spread / (n.sum() - (n**2).sum() / n.sum()) if n.size > 1 else 0.0
    if between <= 0:
        out[there] = mean
        return out
    weight = max(mean * (1 - mean) / between - 1, 0.0)
    out[there] = (x + weight * mean) / (n + weight)
    return out
