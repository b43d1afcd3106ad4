"""A regression's moments made ready: summed to clusters, fixed effects taken out, in centred and rescaled units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fairlead.science.impact.moments import INTERCEPT, Moments, summed
from fairlead.science.impact.problems import EstimationError, Problem
from fairlead.science.impact.regression.absorb import Absorbed, absorb

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
COLLINEAR = 1e-11  # of a column's own sum of squares
EXACT = 1e-13  # of the outcome's
NEAR = 1e-3
AT_ONCE = 50_000  # cells


@dataclass(frozen=True, slots=True, eq=False)
class Ties:
    """Where one factor's groups reach across clusters: each cell is a cluster's part of a group."""

    cluster: Codes  # (C,)
    group: Codes  # (C,)
    share: Array  # (C,) the cell's rows ÷ the group's
    sums: Array  # (C, p+1) Σ(x̃, ỹ) of the cell ÷ √(the group's rows)
    groups: int


@dataclass(frozen=True, slots=True, eq=False)
class Working:
    """What every estimator of this package starts from.

    Attributes
    ----------
    names : the p columns, `(Intercept)` first if there is one.
    grams : (G, p+1, p+1) of each cluster Σzz′, z = (x̃, ỹ), the outcome last; without clusters one for all rows.
    counts : (G,) rows.
    clusters : (G, …) their keys, or None.
    less : (k, k) what each column but the intercept lacks of the others, as in `Moments`.
    back : (p, p) from working coefficients, times `unit`, to native ones; `shift` is what the intercept gains.
    absorbed : rank of the fixed effects taken out, 0 without any.
    counted : how many of them lie across clusters, as small-sample factors count them; 1 if all are nested.
    nested : whether every fixed effect lies within one cluster.
    """

    names: tuple[str, ...]
    grams: Array
    counts: NDArray[np.int64]
    clusters: pl.DataFrame | None
    less: Array
    back: Array
    unit: float
    shift: float
    absorbed: int
    counted: int
    nested: bool
    how: str
    ties: Ties | None

    def facing(self, *places: int) -> tuple[Working, Array]:
        """The same model in coordinates whose coefficients at `places` are the native ones but for their units, and the
        (p, p) matrix from the old coefficients to the new. Only products taken about a middle make a difference."""
        turn = np.eye(self.p)
        for place in places:
            turn[place] = self.back[place] / self.back[place, place]
        if np.array_equal(turn, np.eye(self.p)):
            return self, turn
        whole = np.eye(self.p + 1)
        whole[:-1, :-1] = np.linalg.inv(turn).T
        ties = replace(self.ties, sums=self.ties.sums @ whole.T) if self.ties else None
        back = self.back @ whole[:-1, :-1].T
        return replace(self, grams=whole @ self.grams @ whole.T, back=back, ties=ties), turn

    @property
    def p(self) -> int:
        return len(self.names)

    @property
    def n(self) -> int:
        return int(self.counts.sum())

    @property
    def rank(self) -> int:
        return self.p + self.absorbed


def prepare(
    moments: Moments, outcome: str, names: Sequence[str], cluster: tuple[str, ...], fixed: tuple[str, ...]
) -> Working:
    """Sum to cells, take out the fixed effects, and refuse what the cells do not determine.

    Parameters
    ----------
    moments : with the outcome and every name but the intercept, by (at least) the columns of `cluster` and `fixed`.
    names : the columns of the model; the intercept is dropped when there are fixed effects.
    cluster : columns that together identify a cluster.
    fixed : one or two columns whose levels are absorbed.
    """
    cells = moments.by(*dict.fromkeys((*cluster, *fixed)))
    names = tuple(name for name in names if name != INTERCEPT or not fixed)
    constant = INTERCEPT in names
    if constant:
        names = (INTERCEPT, *(name for name in names if name != INTERCEPT))
    plain = [name for name in names if name != INTERCEPT]
    if not plain and not constant:
        raise EstimationError([Problem("formula", "the model has no column", "none", "at least one term")])
    cells = _about_its_own_mean(cells.select([*plain, outcome]), centred=constant or bool(fixed))
    codes, clusters = cells.codes(*cluster) if cluster else (np.zeros(len(cells), dtype=np.intp), None)
    count = 1 if clusters is None else clusters.height
    rows = np.bincount(codes, weights=cells.counts, minlength=count).astype(np.int64)
    _check_outcome(cells, outcome)
    _check_varies(cells, plain, constant=constant or bool(fixed))
    ties, taken, counted, nested = None, None, 0, True
    if fixed:
        grams, taken, ties, counted, nested = _take_out(cells, codes, count, cluster, fixed)
    elif constant:
        grams = summed(cells.products, codes, count)
    else:
        grams = summed(cells.products[:, 1:, 1:], codes, count)
    _check_collinear(grams.sum(axis=0), cells, names, outcome, absorbed=bool(fixed))
    return Working(
        names=names,
        grams=grams,
        counts=rows,
        clusters=clusters,
        less=cells.less[:-1, :-1],
        back=_back(cells, constant=constant),
        unit=float(cells.scale[-1]),
        shift=float(cells.center[-1]) if constant else 0.0,
        absorbed=taken.rank if taken else 0,
        counted=counted,
        nested=nested,
        how=taken.how if taken else "",
        ties=ties,
    )


def _take_out(
    cells: Moments, codes: Codes, count: int, cluster: tuple[str, ...], fixed: tuple[str, ...]
) -> tuple[Array, Absorbed, Ties | None, int, bool]:
    weights = cells.products[:, 0, 0]
    factors = [cells.codes(key)[0] for key in fixed]
    sums = cells.products[:, 0, 1:]
    taken = absorb(sums / weights[:, None], weights, factors)
    means = taken.means
    size = sums.shape[1]
    grams = np.zeros((count, size, size))
    for start in range(0, weights.size, AT_ONCE):
        part = slice(start, start + AT_ONCE)
        own = cells.products[part, 1:, 1:] - sums[part, :, None] * (sums[part] / weights[part, None])[:, None, :]
        own += (weights[part, None] * means[part])[:, :, None] * means[part, None, :]
        found, place = np.unique(codes[part], return_inverse=True)
        grams[found] += summed(own, place, found.size)
    nested = [bool(cluster) and _is_nested(factor, codes) for factor in factors]
    across = [int(factor.max()) + 1 for factor, inside in zip(factors, nested, strict=True) if not inside]
    counted = (taken.rank if len(across) == len(fixed) else across[0]) if across else 1
    ties = None
    if len(fixed) == 1 and not nested[0]:
        group = factors[0]
        levels = int(group.max()) + 1
        size = np.bincount(group, weights=weights, minlength=levels)[group]
        ties = Ties(codes, group, weights / size, weights[:, None] * means / np.sqrt(size)[:, None], levels)
    return grams, taken, ties, counted, all(nested)


def _is_nested(factor: Codes, codes: Codes) -> bool:
    last = np.empty(int(factor.max()) + 1, dtype=np.intp)
    last[factor] = codes
    return bool((last[factor] == codes).all())


def _about_its_own_mean(cells: Moments, *, centred: bool) -> Moments:
    """Units in which the matrices are well conditioned, whatever the rows were first centred about; as they are, if these
    are good enough."""
    total = cells.total
    mean = total[0, 1:] / total[0, 0]
    variance = np.maximum(np.diag(total)[1:] / total[0, 0] - mean**2, 0.0)
    center, scale = cells.center + mean * cells.scale, cells.scale * np.sqrt(variance)
    tiny = scale <= 1e-12 * np.maximum(1.0, np.abs(center))
    if centred and (np.abs(mean) < NEAR).all() and (tiny | (np.abs(variance - 1) < NEAR)).all():
        return cells
    scale = np.where(tiny, 1.0, scale)
    if centred:
        return cells.rescaled(center, scale)
    size = np.hypot(center, np.where(tiny, 0.0, scale))
    return cells.rescaled(np.zeros_like(center), np.where(size > 0, size, 1.0))


def _back(cells: Moments, *, constant: bool) -> Array:
    scale, center, less = cells.scale[:-1], cells.center[:-1], cells.less[:-1, :-1]
    own = (np.eye(scale.size) - less.T) / scale
    if not constant:
        return own
    back = np.eye(scale.size + 1)
    back[1:, 1:] = own
    back[0, 1:] = -center / scale
    return back


def _check_outcome(cells: Moments, outcome: str) -> None:
    total = cells.total
    spread = total[-1, -1] - total[0, -1] ** 2 / total[0, 0]
    if spread * cells.scale[-1] ** 2 <= 1e-20 * cells.n * max(1.0, float(cells.center[-1]) ** 2):
        value = cells.center[-1] + cells.scale[-1] * total[0, -1] / total[0, 0]
        raise _refuse(outcome, "the outcome does not vary", f"{value:g} in every row", "check the outcome column")


def _check_varies(cells: Moments, plain: Sequence[str], *, constant: bool) -> None:
    total = cells.total
    problems: list[Problem] = []
    for j, name in enumerate(plain):
        spread = total[j + 1, j + 1] - total[0, j + 1] ** 2 / total[0, 0]
        if constant and spread <= 1e-20 * cells.n:
            value = cells.center[j] + cells.scale[j] * total[0, j + 1] / total[0, 0]
            problems.append(
                Problem(
                    name,
                    "the column does not vary in the analysed rows",
                    f"{value:g} in every row",
                    next="leave it out of the model, or look at which rows were dropped",
                )
            )
    if problems:
        raise EstimationError(problems)


def _check_collinear(gram: Array, cells: Moments, names: tuple[str, ...], outcome: str, *, absorbed: bool) -> None:
    """Name each column that the fixed effects, or the columns before it, determine."""
    total = cells.total
    own = np.diag(total)[1:] - (total[0, 1:] ** 2 / total[0, 0] if absorbed else 0.0)
    if absorbed and gram[-1, -1] <= COLLINEAR * own[-1]:
        raise _refuse(
            outcome,
            "the outcome does not vary within the fixed effects",
            "one value per group",
            "the fixed effects already determine the outcome; use coarser ones or another outcome",
        )
    problems: list[Problem] = []
    left = gram[:-1, :-1].copy()
    first = len(names) - (own.size - 1)  # 1 with an intercept
    for j, name in enumerate(names):
        whole = own[j - first] if j >= first else gram[j, j]
        if absorbed and gram[j, j] <= COLLINEAR * whole:
            problems.append(
                Problem(
                    name,
                    "the column varies only between the fixed effects, never within one",
                    "collinear with the fixed effects",
                    next="leave out the column or the fixed effects",
                )
            )
        elif left[j, j] <= COLLINEAR * gram[j, j]:
            problems.append(
                Problem(
                    name,
                    "the column is collinear with others",
                    f"a combination of {', '.join(names[:j])}",
                    next="leave one of them out",
                )
            )
        else:
            left = left - np.outer(left[:, j], left[j, :]) / left[j, j]
    if problems:
        raise EstimationError(problems)


def _refuse(where: str, what: str, got: str, then: str) -> EstimationError:
    return EstimationError([Problem(where, what, got, next=then)])
