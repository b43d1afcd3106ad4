"""Schools (or classrooms) first, students within them: pairs of groups in which partners are then sought."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fairlead.science.impact.matching.greedy import TOO_FAR, nearest, project
from fairlead.science.impact.problems import EstimationError, Problem

Array = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class GroupMatch:
    """Which groups go together.

    Attributes
    ----------
    stratum : (n,) for each row the number of its set of groups, −1 when its group is in none.
    reason : (n,) "" or why the group is in no set.
    pairs : (treated group, control group, distance) of each pair, as the data name the groups.
    distance : "mahalanobis", or "scaled" where there are too few groups for a covariance.
    """

    stratum: Codes
    reason: NDArray[np.str_]
    pairs: tuple[tuple[str, str, float], ...]
    distance: str


def match_groups(
    group: Codes,
    labels: list[str],
    treated: NDArray[np.bool_],
    x: Array,
    *,
    ratio: int = 1,
    caliper: float | None = None,
) -> GroupMatch:
    """Match whole groups on the means of their rows' covariates, without replacement.

    The largest chooses first, and of those alike in size the one farthest from the comparison groups.

    Parameters
    ----------
    group : (n,) codes 0 … G−1, `labels` names them.
    treated : (n,) the same within each group.
    x : (n, k) covariates of the rows.
    ratio : control groups for each treated one.
    caliper : the greatest distance, in standard deviations of group means.

    Notes
    -----
    Mahalanobis distance of group means, by the covariance pooled within arms; where the groups less two are fewer than
    twice the covariates, each is only divided by its pooled standard deviation.
    """
    count = len(labels)
    sizes = np.bincount(group, minlength=count).astype(float)
    share = np.bincount(group, weights=treated, minlength=count) / sizes
    mixed = [labels[g] for g in np.flatnonzero((share > 0) & (share < 1))]
    if mixed:
        raise _refuse(
            "treatment differs within groups, so that whole groups cannot be matched",
            f"{len(mixed)} of {count} groups, such as {', '.join(mixed[:3])}",
            "match students within each group instead (within)",
        )
    is_treated = share == 1
    if not is_treated.any() or is_treated.all():
        raise _refuse(
            "all groups are of one arm", f"{int(is_treated.sum())} of {count} treated", "look at the treatment"
        )
    means = np.column_stack([np.bincount(group, weights=column, minlength=count) / sizes for column in x.T])
    z, distance = _group_coordinates(means, is_treated)
    one, two = z[is_treated], z[~is_treated]
    # Of groups alike in size the one that is hardest to match chooses first: the order of their names must not decide.
    far = np.linalg.norm(one - two.mean(axis=0), axis=1)
    order = np.lexsort((-far, -sizes[is_treated]))
    zeros, none = np.zeros(len(one), dtype=np.intp), np.zeros(len(two), dtype=np.intp)
    found = nearest(
        one,
        two,
        order=order,
        treated_stratum=zeros,
        control_stratum=none,
        treated_row=np.flatnonzero(is_treated),
        control_row=np.flatnonzero(~is_treated),
        treated_calipered=np.zeros((len(one), 0)),
        control_calipered=np.zeros((len(two), 0)),
        calipers=np.zeros(0),
        ratio=ratio,
        last=True,
        most=np.inf if caliper is None else caliper,
    )
    of_treated, of_control = np.flatnonzero(is_treated), np.flatnonzero(~is_treated)
    stratum_of, reason_of = np.full(count, -1, dtype=np.intp), np.full(count, "group_not_chosen", dtype="<U32")
    pairs = []
    for t, g in enumerate(of_treated):
        if found.why[t]:
            reason_of[g] = "group_outside_caliper" if found.why[t] == TOO_FAR else "no_group_left"
            continue
        for c, d in zip(found.control[t], found.distance[t], strict=True):
            if c < 0:
                continue
            g0 = of_control[c]
            stratum_of[g0] = g
            pairs.append((labels[g], labels[g0], float(d)))
        stratum_of[g] = g
    reason = np.where(stratum_of[group] >= 0, "", reason_of[group])
    return GroupMatch(stratum_of[group], reason, tuple(pairs), distance)


def _group_coordinates(means: Array, treated: NDArray[np.bool_]) -> tuple[Array, str]:
    freedom = len(means) - 2
    if freedom >= 2 * means.shape[1]:
        return mahalanobis_coordinates(means, treated), "mahalanobis"
    from_means = _within(means, treated)
    sd = np.sqrt((from_means**2).sum(axis=0) / max(freedom, 1))
    spread = means.std(axis=0)
    sd = np.where(sd > 1e-12 * np.maximum(1.0, np.abs(means).max(axis=0)), sd, np.where(spread > 0, spread, 1.0))
    return (means - means.mean(axis=0)) / sd, "scaled"


def _within(x: Array, treated: NDArray[np.bool_]) -> Array:
    """Each row less the mean of its arm, the treated first."""
    one, two = x[treated], x[~treated]
    return np.vstack([one - one.mean(axis=0), two - two.mean(axis=0)])


def mahalanobis_coordinates(x: Array, treated: NDArray[np.bool_]) -> Array:
    """Coordinates whose Euclidean distance is the Mahalanobis distance by the covariance pooled within arms.

    The pivoted Cholesky factor of the inverse correlations, so that units of a covariate do not matter: the first
    coordinate is what is left of the covariate that the others explain best. Ties are broken along it.
    """
    from_means = _within(x, treated)
    covariance = from_means.T @ from_means / (len(x) - 2)
    scale = np.sqrt(np.diag(covariance))
    scale = np.where(scale > 0, scale, 1.0)
    values, axes = np.linalg.eigh(covariance / np.outer(scale, scale))
    kept = values > 1e-10 * values.max()
    rest = (axes[:, kept] / values[kept]) @ axes[:, kept].T
    rows = np.empty((int(kept.sum()), len(rest)))
    for row in rows:
        left = np.diag(rest)
        pivot = int(np.argmax(left >= left.max() * (1 - 1e-9)))  # the first of equal ones, also when they are rounded
        row[:] = rest[pivot] / np.sqrt(left[pivot])
        rest = rest - np.outer(row, row)
    return project((x - x.mean(axis=0)) / scale, np.ascontiguousarray(rows.T))


def group_labels(frame: pl.DataFrame, columns: tuple[str, ...], codes: Codes) -> list[str]:
    """What the data call each group."""
    first = np.unique(codes, return_index=True)[1]
    text = frame.select(pl.concat_str([pl.col(c).cast(pl.String) for c in columns], separator="/").alias("l"))["l"]
    return text.gather(first).to_list()


def _refuse(what: str, got: str, then: str) -> EstimationError:
    return EstimationError([Problem("hierarchical", what, got, next=then)])
