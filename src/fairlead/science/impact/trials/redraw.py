"""Randomization inference: draw the lottery again, as it was drawn, and see how often it does as much by itself."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fairlead.science.impact.problems import DataError, EstimationError, Problem
from fairlead.science.impact.trials.assignment import Drawn, Vector, columns_of, drawn, outcome_of

DRAWS = 5000
EXACT = 20_000
_CELLS = 4_000_000


@dataclass(frozen=True, slots=True)
class RandomizationTest:
    """How often another draw of the same lottery gives a difference at least as large.

    Attributes
    ----------
    statistic : the coefficient of the arm, in the outcome's unit.
    p : of the sharp null that no unit's outcome would have been another, two-tailed.
    exact : whether every possible assignment was counted; else `draws` of `assignments` were drawn, and p counts the one
        that happened as one of them.
    ci_low, ci_high : all constant effects that are not rejected at `alpha` (None: the lottery is too small to reject any).
    under_limits : whether the draws were those of the lottery itself (`redraws`) and not all that its blocks allow.
    """

    design: str
    statistic: float
    p: float
    exact: bool
    draws: int
    assignments: float
    alpha: float
    ci_low: float | None
    ci_high: float | None
    under_limits: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Redraws:
    """Other draws of the lottery that assigned the arms, under its own rules: strata, teams kept together, limits of balance.

    column : of the table, with the keys of what was drawn. keys : of the columns of `won`, (draws, keys) booleans.
    """

    column: str
    keys: tuple[str, ...]
    won: NDArray[np.bool_]

    def of(self, labels: NDArray[np.str_]) -> NDArray[np.bool_]:
        """(draws, labels) the draws of these units. Raises `DataError` for a unit that was not in the lottery."""
        return self.won[:, places_of(self.column, self.keys, labels)]


def places_of(column: str, keys: Sequence[str], labels: Iterable[object]) -> list[int]:
    """Where these units stand among a lottery's keys. Raises `DataError` for one that is not among them."""
    place = {key: i for i, key in enumerate(keys)}
    named = [str(label) for label in labels]
    unknown = [label for label in named if label not in place]
    if unknown:
        what = "a unit of the table was not in the lottery"
        raise DataError([Problem(column, what, f"{len(unknown)}, e.g. {unknown[0]}", next="leave it out")])
    return [place[label] for label in named]


def randomization_test(
    y: ArrayLike,
    treated: ArrayLike,
    *,
    rng: np.random.Generator,
    covariates: ArrayLike | None = None,
    blocks: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    draws: int = DRAWS,
    exact_up_to: int = EXACT,
    alpha: float = 0.05,
    redraws: ArrayLike | None = None,
) -> RandomizationTest:
    """Test the sharp null by permuting the assignment within blocks, by clusters, or by pairs, as it was drawn.

    For few units, odd distributions, or as a check of a p-value that leans on large samples. Not for the null that only the
    average effect is zero.

    Parameters
    ----------
    y, treated, blocks, clusters : as in `difference_in_means`. With blocks the statistic is that of the regression with
        block effects.
    covariates : (n, k) adjusted for in every draw.
    rng : where chance comes from; not used when all assignments are counted.
    draws : assignments to draw. exact_up_to : count all of them when there are no more than this.
    redraws : (draws, units) winners in other draws of the same lottery, units in the order of their sorted labels (of the
        rows, without clusters). A lottery that was drawn until covariates were balanced is tested by draws that were, too:
        all others would make it look less precise than it is (Morgan & Rubin 2012, doi:10.1214/12-AOS1008, §3).

    Notes
    -----
    Fisher (1935); Imbens & Rubin (2015), ch. 5. The number of winners in each block is held as it was. Of a regression only
    sums by unit enter (Frisch–Waugh), so a draw costs one product of a matrix, also with many rows in a cluster. Outcomes
    under a constant effect τ are linear in τ, so the interval needs no new draw.

    Raises
    ------
    DataError
        What `drawn` refuses; a lottery that could have been drawn in one way only.

    Examples
    --------
    >>> import numpy as np
    >>> found = randomization_test([3.0, 5.0, 4.0, 1.0, 2.0, 2.5], [1, 1, 1, 0, 0, 0], rng=np.random.default_rng(1))
    >>> found.exact, found.draws, found.p
    (True, 20, 0.1)
    """
    design = drawn(treated, blocks=blocks, clusters=clusters)
    n = design.treated.size
    outcome, x = outcome_of(y, n), columns_of(covariates, n)
    count = design.assignments
    if count < 2:
        raise DataError([Problem("treated", "this lottery could have been drawn in one way only", "1 assignment")])
    if draws < 1:
        raise DataError([Problem("draws", "at least one draw is needed", str(draws))])
    sums = _sums(outcome, x, design)
    observed = _ratios(design.won[None, :], sums)
    if observed is None:
        raise EstimationError([Problem("covariates", "the covariates or blocks repeat the assignment")])
    statistic = float(observed[0][0])
    exact = count <= exact_up_to and redraws is None
    if redraws is not None:
        source: Iterator[NDArray[np.bool_]] = iter((_given(redraws, design),))
    else:
        source = _all(design) if exact else _some(design, rng, draws)
    parts = [_ratios(z, sums) for z in source]
    found = [part for part in parts if part is not None]
    a, b = np.concatenate([part[0] for part in found]), np.concatenate([part[1] for part in found])
    return against_draws(
        statistic,
        a,
        b,
        design=design.name,
        alpha=alpha,
        assignments=count,
        exact=exact,
        under_limits=redraws is not None,
    )


def against_draws(
    statistic: float,
    a: Vector,
    b: Vector,
    *,
    design: str,
    alpha: float,
    assignments: float = float("inf"),
    exact: bool = False,
    under_limits: bool = True,
) -> RandomizationTest:
    """The test of a coefficient by other draws: `a` theirs on the outcome, `b` theirs on the draw that happened."""
    slack = 1e-10 * max(1e-300, float(np.abs(a).max(initial=abs(statistic))))

    def p_of(effect: float) -> float:
        hits = int((np.abs(a - effect * b) >= abs(statistic - effect) - slack).sum())
        return hits / a.size if exact else (1 + hits) / (1 + a.size)

    spread = float(np.std(a)) or 1.0
    return RandomizationTest(
        design=design,
        statistic=statistic,
        p=p_of(0.0),
        exact=exact,
        draws=int(a.size),
        assignments=float(assignments) if assignments < 10**300 else float("1e300"),
        alpha=alpha,
        ci_low=_edge(p_of, statistic, -spread, alpha),
        ci_high=_edge(p_of, statistic, spread, alpha),
        under_limits=under_limits,
    )


def _given(redraws: ArrayLike, design: Drawn) -> NDArray[np.bool_]:
    won = np.asarray(redraws, dtype=bool)
    if won.ndim != 2 or won.shape[0] < 1 or won.shape[1] != design.units:
        allowed = f"(draws, {design.units})"
        raise DataError([Problem("redraws", "one column a unit is needed", str(won.shape), allowed)])
    return won


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """By unit: rows, residual outcome, residual of the draw that happened, covariates' basis; and blocks."""

    rows: Vector
    y: Vector
    z: Vector
    basis: Vector  # (units, k)
    blocks: Vector  # (units, blocks): the unit's rows in its block
    block_rows: Vector


def _sums(y: Vector, x: Vector, design: Drawn) -> _Sums:
    block = design.row_block
    sizes = np.bincount(block).astype(float)

    def within(values: Vector) -> Vector:
        return values - (np.bincount(block, weights=values) / sizes)[block]

    basis = np.zeros((y.size, 0))
    if x.shape[1]:
        q, r = np.linalg.qr(np.column_stack([within(v) for v in x.T]))
        if np.abs(np.diag(r)).min() <= 1e-8 * max(np.abs(np.diag(r)).max(), 1e-300):
            raise EstimationError([Problem("covariates", "covariates are collinear", next="leave one out")])
        basis = q
    residual = within(y) - basis @ (basis.T @ y)
    draw = within(design.treated) - basis @ (basis.T @ design.treated)

    def by_unit(values: Vector) -> Vector:
        return np.asarray(np.bincount(design.unit, weights=values, minlength=design.units), dtype=float)

    rows = by_unit(np.ones(y.size))
    member = np.zeros((design.units, design.blocks))
    member[np.arange(design.units), design.block] = rows
    held = np.column_stack([by_unit(v) for v in basis.T]) if basis.shape[1] else np.zeros((design.units, 0))
    return _Sums(rows, by_unit(residual), by_unit(draw), held, member, sizes)


def _ratios(won: NDArray[np.bool_], sums: _Sums) -> tuple[Vector, Vector] | None:
    """(draws, units) assignments: the coefficient of each on the outcome, and on the draw that happened."""
    z = won.astype(float)
    denominator = z @ sums.rows - ((z @ sums.blocks) ** 2 / sums.block_rows).sum(axis=1)
    if sums.basis.shape[1]:
        denominator = denominator - ((z @ sums.basis) ** 2).sum(axis=1)
    good = denominator > 1e-9 * sums.rows.sum()
    if not good.any():
        return None
    z = z[good]
    return z @ sums.y / denominator[good], z @ sums.z / denominator[good]


def _all(design: Drawn) -> Iterator[NDArray[np.bool_]]:
    """Every assignment, a chunk at a time."""
    choices = []
    for place, wins in enumerate(design.winners):
        units = np.flatnonzero(design.block == place)
        choices.append([units[list(c)] for c in itertools.combinations(range(units.size), int(wins))])
    whole = list(itertools.product(*choices))
    step = max(1, _CELLS // design.units)
    for start in range(0, len(whole), step):
        part = whole[start : start + step]
        won = np.zeros((len(part), design.units), dtype=bool)
        for row, picks in enumerate(part):
            won[row, np.concatenate(picks)] = True
        yield won


def _some(design: Drawn, rng: np.random.Generator, draws: int) -> Iterator[NDArray[np.bool_]]:
    """Random assignments: in each block the units with the smallest of random keys win."""
    kinds: dict[tuple[int, int], list[NDArray[np.intp]]] = {}
    for place, (size, wins) in enumerate(zip(design.sizes, design.winners, strict=True)):
        kinds.setdefault((int(size), int(wins)), []).append(np.flatnonzero(design.block == place))
    step = max(1, _CELLS // design.units)
    for start in range(0, draws, step):
        chunk = min(step, draws - start)
        won = np.zeros((chunk, design.units), dtype=bool)
        for (size, wins), members in kinds.items():
            places = np.stack(members)
            if wins == size:
                won[:, places] = True
            elif wins:
                keys = rng.random((chunk, *places.shape))
                last = np.partition(keys, wins - 1, axis=2)[:, :, wins - 1 : wins]
                won[:, places] = keys <= last
        yield won


def _edge(p_of: object, centre: float, step: float, alpha: float) -> float | None:
    """Where p crosses alpha, going from the estimate in the direction of `step`; None when it never does."""
    assert callable(p_of)
    inside, reach = centre, step
    for _ in range(60):
        outside = centre + reach
        if p_of(outside) <= alpha:
            break
        inside, reach = outside, reach * 2
    else:
        return None
    for _ in range(50):
        middle = (inside + outside) / 2
        if p_of(middle) <= alpha:
            outside = middle
        else:
            inside = middle
    return inside
