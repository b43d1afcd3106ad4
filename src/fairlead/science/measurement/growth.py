"""Who grew by more than the error of measurement, beside the number that chance alone would give.

Source: Jacobson & Truax (1991), doi:10.1037/0022-006X.59.1.12 (reliable change), with each person's own errors instead of
one for all; the number by chance is its tail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from fairlead.science.measurement.clustered import clustered_mean
from fairlead.science.measurement.problems import MeasurementError, Problem, refusal
from fairlead.science.measurement.ratings import coded, numbers
from fairlead.science.proportion import Share, wilson

Array = NDArray[np.float64]
FEW = 20


@dataclass(frozen=True, slots=True)
class PersonChange:
    """One person: the change, its error, and "improved", "declined" or "within error"."""

    change: float
    se: float
    verdict: str


@dataclass(frozen=True, slots=True)
class Growth:
    """How many changed by more than the error of measurement, and how many would have if nobody had changed at all.

    `expected` is that number, in each direction; `by_chance` the probability of as many improved as there are, or more, if
    nobody had changed. `mean` is the mean change with its interval, `true_sd` the spread of true changes (None where the
    changes differ by no more than error makes them).
    """

    n: int
    improved: int
    declined: int
    improved_share: Share
    declined_share: Share
    expected: float
    by_chance: float
    mean: float
    mean_low: float
    mean_high: float
    mean_se: float
    true_sd: float | None
    level: float
    people: tuple[PersonChange, ...]
    missing: int
    warnings: tuple[str, ...]


def growth_beyond_error(
    before: ArrayLike,
    after: ArrayLike,
    *,
    se_before: ArrayLike,
    se_after: ArrayLike,
    common_se: float = 0.0,
    cluster: Sequence[Any] | None = None,
    level: float = 0.95,
) -> Growth:
    """Compare two scores of each person with what their errors alone would bring.

    For knowledge (scores of linked forms) and practice (means of visits), each with its standard error. Without the
    number by chance, "12 of 100 improved" sounds like news: of 100 who did not change, 2 or 3 seem to. Nothing here says
    *why* anyone changed: those who start low tend to rise by themselves where they were chosen for being low.

    Parameters
    ----------
    before, after : (n,) scores on one scale; NaN or None where missing: those persons are left out and counted.
    se_before, se_after : (n,) or one number: standard errors of the scores.
    common_se : error that all changes share, as that of linking two forms; it does not average out.
    cluster : n labels of what persons share, as their school, for the error of the mean.
    level : of the intervals; a change counts where its interval excludes zero, so chance brings (1 − level) ÷ 2 to each side.

    Returns
    -------
    Growth

    Raises
    ------
    MeasurementError
        Lengths, errors that are missing or not positive, nobody with both scores.

    Notes
    -----
    z = change ÷ √(se_before² + se_after² + common_se²); errors of the two scores are taken for independent and normal. The
    number by chance is binomial. A common error makes all move together, which the binomial does not know: a warning says so.

    Examples
    --------
    >>> found = growth_beyond_error([1.0, 2.0, 3.0, 2.0], [2.5, 2.1, 2.9, 3.0], se_before=0.4, se_after=0.4)
    >>> found.improved, found.declined, round(found.expected, 2), round(found.mean, 3)
    (1, 0, 0.1, 0.625)
    """
    first, second = numbers(before, "before"), numbers(after, "after")
    if first.ndim != 1 or first.shape != second.shape:
        raise refusal("lengths", "each person has a score before and one after", f"{first.shape} and {second.shape}")
    errors = [_errors(se, first.size, name) for se, name in ((se_before, "se_before"), (se_after, "se_after"))]
    here = ~(np.isnan(first) | np.isnan(second))
    n = int(here.sum())
    if n == 0:
        raise refusal("scores", "nobody has both scores", f"{first.size} persons")
    problems = [
        Problem(name, "a score needs a standard error above zero", f"{int((~(error[here] > 0)).sum())} without")
        for name, error in zip(("se_before", "se_after"), errors, strict=True)
        if not (error[here] > 0).all()
    ]
    if not 0 <= common_se < np.inf:
        problems.append(Problem("common_se", "an error is zero or more", f"{common_se}"))
    if cluster is not None and len(cluster) != first.size:
        problems.append(Problem("cluster", "one label a person", f"{len(cluster)}", f"{first.size}"))
    if problems:
        raise MeasurementError(problems)
    change = (second - first)[here]
    own = errors[0][here] ** 2 + errors[1][here] ** 2
    se = np.sqrt(own + common_se**2)
    reach = NormalDist().inv_cdf(0.5 + level / 2)
    up, down = change > reach * se, change < -reach * se
    tail = (1 - level) / 2
    verdicts = np.where(up, "improved", np.where(down, "declined", "within error"))
    mean, mean_se, df = _mean(
        change, None if cluster is None else [c for c, k in zip(cluster, here, strict=True) if k]
    )
    mean_se = float(np.sqrt(mean_se**2 + common_se**2)) if n > 1 else float(se[0])
    half = (float(special.stdtrit(df, 0.5 + level / 2)) if n > 1 else reach) * mean_se
    between = float(change.var(ddof=1) - own.mean()) if n > 1 else -1.0
    warnings = []
    if n < FEW:
        warnings.append(f"{n} persons are few: the share has a wide interval")
    if common_se > 0:
        warnings.append(
            "the changes share an error: more or fewer seem to improve together than chance alone would make"
        )
    return Growth(
        n=n,
        improved=int(up.sum()),
        declined=int(down.sum()),
        improved_share=wilson(int(up.sum()), n, level),
        declined_share=wilson(int(down.sum()), n, level),
        expected=n * tail,
        by_chance=float(special.bdtrc(int(up.sum()) - 1, n, tail)) if up.any() else 1.0,
        mean=mean,
        mean_low=mean - half,
        mean_high=mean + half,
        mean_se=mean_se,
        true_sd=float(np.sqrt(between)) if between > 0 else None,
        level=level,
        people=tuple(
            PersonChange(float(c), float(s), str(v)) for c, s, v in zip(change, se, verdicts.tolist(), strict=True)
        ),
        missing=int((~here).sum()),
        warnings=tuple(warnings),
    )


def _errors(se: ArrayLike, n: int, name: str) -> Array:
    values = numbers(se, name)
    if values.ndim == 0:
        return np.full(n, float(values))
    if values.shape != (n,):
        raise refusal(name, "one standard error a person, or one for all", f"{values.shape}", f"({n},)")
    return values


def _mean(change: Array, cluster: Sequence[Any] | None) -> tuple[float, float, float]:
    """Mean, its standard error and degrees of freedom."""
    n = change.size
    if cluster is not None:
        codes, labels = coded(cluster)
        if len(labels) < 2:
            raise refusal("cluster", "one cluster says nothing of how clusters differ", "1", "two or more")
        found = clustered_mean(change, codes, np.ones(n))
        return found.value, float(np.sqrt(found.variance)), found.df
    spread = float(change.std(ddof=1) / np.sqrt(n)) if n > 1 else 0.0
    return float(change.mean()), spread, float(max(n - 1, 1))
