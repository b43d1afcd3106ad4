"""Permuting which clusters were treated: 10,000 refits, each a sum of cluster moments.

Of the cross-products only those that hold the treatment change: Σ t_g P_g over clusters, one product of matrices for all
draws together.

Sources
-------
Fisher (1935), The Design of Experiments; for clusters Gail et al. (1996), doi:10.1002/(SICI)1097-0258(19960615)15:11<1069::AID-SIM220>3.0.CO;2-Q.
The studentized statistic: Wu & Ding (2021), doi:10.1080/01621459.2020.1750415.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairlead.science.impact.moments import INTERCEPT, Design, Moments
from fairlead.science.impact.problems import EstimationError, Problem
from fairlead.science.impact.regression.working import prepare
from fairlead.science.impact.wording import counted

Array = NDArray[np.float64]
STATISTICS = ("estimate", "t")
AT_ONCE = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Permutation:
    """A randomization test of the sharp null of no effect on anybody."""

    term: str
    estimate: float
    statistic: str
    observed: float
    p: float
    draws: int
    exact: bool  # every assignment, not a sample of them
    clusters: int
    treated: int
    drawn: Array  # (draws,) the statistic under each assignment
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Base:
    """What does not change: columns without the treatment, the outcome last."""

    products: Array  # (G, K, K) of (1, z, y)
    chosen: NDArray[np.intp]  # columns of the base in the model
    crossed: NDArray[np.intp]  # columns of the base that the treatment multiplies
    towards: Array  # (p,) the coefficient in native units, from working ones
    block: NDArray[np.intp] | None
    rows: Array  # (D,) of the blocks


def permute_clusters(
    moments: Moments,
    design: Design,
    treatment: str,
    *,
    cluster: str,
    rng: np.random.Generator,
    within: str | None = None,
    absorb: str | None = None,
    draws: int = 10_000,
    statistic: str = "estimate",
) -> Permutation:
    """Permute the treatment among clusters, as it was drawn, and refit each time.

    For trials that assigned clusters; with few of them it is the test that needs no approximation. Not for treatment
    that was chosen, and not for treatment that varies within clusters.

    Parameters
    ----------
    moments : with the columns of the design, by (at least) `cluster`, `within` and `absorb`.
    design : its formula holds the treatment, alone or in products with other columns.
    treatment : a column of 0 and 1, or of two levels, the same for all rows of a cluster.
    within : blocks or pairs within which clusters were drawn.
    absorb : blocks whose fixed effects are taken out of each refit; clusters lie within them.
    draws : assignments; where there are no more than that, each is taken once.
    statistic : "estimate", or "t" (over CR0 errors), which also holds its level, with many clusters, when effects vary.

    Returns
    -------
    Permutation
        p counts |statistic| at least as great as observed; among random draws the observed one is counted too.

    Raises
    ------
    EstimationError
        Treatment that varies within clusters, or is not two-valued; one arm only.

    Examples
    --------
    >>> import numpy as np, polars as pl
    >>> from fairlead.science.impact.formula import parse_formula
    >>> from fairlead.science.impact.moments import collect, design_of
    >>> from fairlead.science.impact.regression import permute_clusters
    >>> rows = pl.DataFrame({"school": [1, 2, 3, 4, 5, 6], "treat": [0, 0, 0, 1, 1, 1], "y": [1.0, 2, 3, 7, 8, 9]})
    >>> design = design_of(parse_formula("y ~ treat"), rows)
    >>> moments = collect(rows, design, by=["school"])
    >>> found = permute_clusters(moments, design, "treat", cluster="school", rng=np.random.default_rng(1))
    >>> found.exact, found.draws, found.p
    (True, 20, 0.1)
    """
    if statistic not in STATISTICS:
        raise _refuse("statistic", "unknown statistic", repr(statistic), " or ".join(STATISTICS))
    if statistic == "t" and absorb:
        raise _refuse(
            "statistic", "t is not computed with absorbed blocks", "absorb", "write the blocks into the formula"
        )
    prepare(moments, design.outcome, design.fixed, (cluster,), (absorb,) if absorb else ())  # refuses by name
    cells = moments.by(*dict.fromkeys(key for key in (cluster, within, absorb) if key is not None))
    groups = cells.codes(cluster)[1].height
    for key in (within, absorb):
        if key is not None and len(cells.by(*dict.fromkeys((cluster, key)))) != groups:
            raise _refuse(key, "clusters lie within blocks, each in one", "a cluster in several", "name the blocks")
    term, base = _base(cells, design, treatment, absorb)
    treated = _treated(cells, design, term)
    if not 0 < treated.sum() < treated.size:
        raise _refuse(treatment, "both arms have at least one cluster", f"{int(treated.sum())} treated", "check it")
    block = np.zeros(groups, dtype=np.intp) if within is None else cells.codes(within)[0]
    number = _assignments(treated, block)
    exact = number <= draws
    observed, estimate = (
        _statistic(base, treated[None, :], statistic)[0],
        _statistic(base, treated[None, :], "estimate"),
    )
    most = max(1, AT_ONCE // (groups + base.products.shape[1] ** 2))
    source = _every(treated, block, most) if exact else _sampled(treated, block, draws, most, rng)
    drawn = np.concatenate([_statistic(base, assigned, statistic) for assigned in source])
    reached = np.abs(drawn) >= abs(observed) * (1 - 1e-9)
    told = []
    if number < 40:
        told.append(f"{number} assignments were possible: no p value below {2 / number:.3f} can come out")
    lost = int(np.isnan(drawn).sum())
    if lost:
        told.append(
            f"in {counted(lost, 'assignment')} the coefficient could not be had; they count as reaching the observed one"
        )
    p = float((reached.sum() + lost) / drawn.size) if exact else float((1 + reached.sum() + lost) / (1 + drawn.size))
    return Permutation(
        term=term,
        estimate=float(estimate[0]),
        statistic=statistic,
        observed=float(observed),
        p=p,
        draws=int(drawn.size),
        exact=exact,
        clusters=groups,
        treated=int(treated.sum()),
        drawn=drawn,
        warnings=tuple(told),
    )


def _base(cells: Moments, design: Design, treatment: str, absorb: str | None) -> tuple[str, _Base]:
    """Split the model's columns into those with the treatment and those without."""
    with_it: dict[str, str] = {}  # a column with the treatment: the same without it
    main = ""
    by_name = {column.name: column for column in design.columns}
    for name in design.fixed:
        pieces = by_name[name].pieces if name in by_name else ()
        rest = tuple(piece for piece in pieces if piece.factor.variable != treatment)
        if len(rest) == len(pieces):
            continue
        with_it[name] = ":".join(piece.name for piece in rest) or INTERCEPT
        if not rest:
            if main:
                raise _refuse(
                    treatment, "the treatment has two arms", "more than two levels", "one column of 0 and 1"
                )
            main = name
    if not main:
        raise _refuse(treatment, "the formula holds no such treatment", ", ".join(design.fixed), "y ~ treatment")
    plain = [name for name in design.fixed if name not in with_it and name != INTERCEPT]
    missing = [rest for rest in with_it.values() if rest not in (INTERCEPT, *plain)]
    if missing:
        raise _refuse(
            treatment,
            "what the treatment multiplies stands in the model by itself, too",
            ", ".join(missing),
            "write treat * pre",
        )
    chosen = cells.plain().select([*plain, design.outcome])
    if INTERCEPT in design.fixed or absorb is not None:
        total = chosen.total
        chosen = chosen.rescaled(chosen.center + total[0, 1:] / total[0, 0] * chosen.scale, chosen.scale)
    else:
        chosen = chosen.rescaled(np.zeros_like(chosen.center), np.hypot(chosen.center, chosen.scale))
    places = {INTERCEPT: 0, **{name: i + 1 for i, name in enumerate(plain)}}
    crossed = np.array([places[rest] for name, rest in sorted(with_it.items(), key=lambda item: item[0] != main)])
    has_constant = INTERCEPT in design.fixed and absorb is None
    kept = np.arange(0 if has_constant else 1, len(plain) + 1)
    unit = float(chosen.scale[-1])
    towards = np.zeros(kept.size + crossed.size)
    towards[kept.size] = unit
    for i, place in enumerate(crossed[1:], start=1):
        towards[kept.size + i] = -unit * chosen.center[place - 1] / chosen.scale[place - 1]
    block: NDArray[np.intp] | None = None
    rows: Array = np.zeros(0)
    if absorb is not None:
        block = chosen.codes(absorb)[0]
        rows = np.bincount(block, weights=chosen.counts.astype(float)).astype(float)
    return main, _Base(np.asarray(chosen.products), kept, crossed.astype(np.intp), towards, block, rows)


def _treated(cells: Moments, design: Design, term: str) -> Array:
    one = cells.select([term])
    mean = one.products[:, 0, 1] / one.counts
    spread = one.products[:, 1, 1] / one.counts - mean**2
    if (spread > 1e-9).any():
        raise _refuse(
            term,
            "the treatment is the same for all rows of a cluster",
            f"{counted(int((spread > 1e-9).sum()), 'cluster')} with both",
            "permute individuals within clusters instead, which needs the rows",
        )
    value = one.center[0] + one.scale[0] * mean
    rounded = np.round(value)
    if (np.abs(value - rounded) > 1e-6).any() or not set(rounded) <= {0.0, 1.0}:
        raise _refuse(term, "the treatment is 0 or 1", f"{value.min():g} to {value.max():g}", "code it so")
    return np.asarray(rounded)


def _statistic(base: _Base, assigned: Array, statistic: str) -> Array:
    """(B,) for assignments (B, G)."""
    draws, groups = assigned.shape
    k, (m, q) = base.products.shape[1], (base.chosen.size, base.crossed.size)
    p = m + q
    total = base.products.sum(axis=0)
    changed = (assigned @ base.products[:, base.crossed, :].reshape(groups, -1)).reshape(draws, q, k)
    if base.block is not None:
        count = base.rows.size
        sums = np.zeros((count, k))
        np.add.at(sums, base.block, base.products[:, 0, :])
        total = total - sums.T @ (sums / base.rows[:, None])
        in_block = np.zeros((groups, count))
        in_block[np.arange(groups), base.block] = 1.0
        moved = np.stack([assigned @ (in_block * base.products[:, 0, c][:, None]) for c in base.crossed], axis=1)
        own = changed[:, :, base.crossed] - (moved / base.rows) @ np.swapaxes(moved, 1, 2)
        changed = changed - (moved / base.rows) @ sums
    else:
        own = changed[:, :, base.crossed]
    gram = np.empty((draws, p, p))
    gram[:, :m, :m] = total[np.ix_(base.chosen, base.chosen)]
    gram[:, m:, :m] = changed[:, :, base.chosen]
    gram[:, :m, m:] = np.swapaxes(changed[:, :, base.chosen], 1, 2)
    gram[:, m:, m:] = own
    right = np.empty((draws, p))
    right[:, :m] = total[base.chosen, -1]
    right[:, m:] = changed[:, :, -1]
    towards = np.broadcast_to(base.towards, (draws, p))
    both = np.stack([right, towards], axis=2)
    try:
        solved = np.linalg.solve(gram, both)
    except np.linalg.LinAlgError:
        solved = np.full((draws, p, 2), np.nan)
        for i in range(draws):
            if np.linalg.matrix_rank(gram[i]) == p:
                solved[i] = np.linalg.solve(gram[i], both[i])
    b, w = solved[:, :, 0], solved[:, :, 1]
    estimate = b @ base.towards
    if statistic == "estimate":
        return np.asarray(estimate)
    plain, crossed = np.zeros((draws, 2, k)), np.zeros((draws, 2, k))  # of scores' weights, of residuals' weights
    plain[:, 0, base.chosen], crossed[:, 0, base.crossed] = w[:, :m], w[:, m:]
    plain[:, 1, base.chosen], crossed[:, 1, base.crossed] = -b[:, :m], -b[:, m:]
    plain[:, 1, -1] = 1.0
    flat = base.products.reshape(groups, -1).T

    def product(u: Array, f: Array) -> Array:
        return np.asarray((u[:, :, None] * f[:, None, :]).reshape(draws, -1) @ flat)

    score = product(plain[:, 0], plain[:, 1])
    both_arms = plain + crossed  # binary treatment: t² = t
    score += assigned * (product(both_arms[:, 0], both_arms[:, 1]) - score)
    return np.asarray(estimate / np.sqrt((score**2).sum(axis=1)))


def _assignments(treated: Array, block: NDArray[np.intp]) -> int:
    return math.prod(
        math.comb(int((block == d).sum()), int(treated[block == d].sum())) for d in range(int(block.max()) + 1)
    )


def _every(treated: Array, block: NDArray[np.intp], most: int) -> Iterator[Array]:
    places = [np.flatnonzero(block == d) for d in range(int(block.max()) + 1)]
    choices = [itertools.combinations(own.tolist(), int(treated[own].sum())) for own in places]
    chosen = itertools.product(*choices)
    while part := list(itertools.islice(chosen, most)):
        assigned = np.zeros((len(part), treated.size))
        for i, picked in enumerate(part):
            assigned[i, [place for own in picked for place in own]] = 1.0
        yield assigned


def _sampled(
    treated: Array, block: NDArray[np.intp], draws: int, most: int, rng: np.random.Generator
) -> Iterator[Array]:
    places = [np.flatnonzero(block == d) for d in range(int(block.max()) + 1)]
    for start in range(0, draws, most):
        assigned = np.tile(treated, (min(most, draws - start), 1))
        for own in places:
            assigned[:, own] = rng.permuted(assigned[:, own], axis=1)
        yield assigned


def _refuse(where: str, what: str, got: str, then: str) -> EstimationError:
    return EstimationError([Problem(where, what, got, next=then)])
