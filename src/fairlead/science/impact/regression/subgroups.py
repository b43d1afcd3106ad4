"""For whom: effects by planned subgroup from one model, and their difference tested.

A subgroup "significant" beside another that is not says nothing of their difference (Gelman & Stern 2006,
doi:10.1198/000313006X152649); so the difference is what is tested here, in one model whose columns are made from each
subgroup's own cross-products.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fairlead.science.impact.formula import parse_formula
from fairlead.science.impact.moments import INTERCEPT, Design, Moments, collect, design_of, open_source
from fairlead.science.impact.printed import Printed
from fairlead.science.impact.problems import EstimationError, Problem
from fairlead.science.impact.regression.model import CLUSTERED, Keys, choose_errors, fit_working, keys_of
from fairlead.science.impact.regression.result import Coefficient, RegressionFit
from fairlead.science.impact.regression.table import coefficients, probability
from fairlead.science.impact.regression.wald import JointTest, joint_test
from fairlead.science.impact.regression.working import prepare

MOST = 30


@dataclass(frozen=True, slots=True, eq=False)
class Subgroups(Printed):
    """The effect in each subgroup, each subgroup's difference from the first, and all differences at once."""

    treatment: str
    subgroup: str
    effects: tuple[Coefficient, ...]
    differences: tuple[Coefficient, ...]
    test: JointTest  # that there is no difference
    rows: tuple[int, ...]
    fit: RegressionFit

    def __str__(self) -> str:
        lines = [
            f"Effect of {self.treatment} by {self.subgroup}",
            "",
            *coefficients(self.effects, "subgroup"),
            "",
            *coefficients(self.differences, "difference"),
            "",
            f"no difference: F({self.test.df1}, {self.test.df2:.1f}) = {self.test.statistic:.2f}, "
            f"p {probability(self.test.p)} ({self.test.method})",
        ]
        return "\n".join([*lines, *(f"careful: {text}" for text in self.fit.warnings)])


def subgroup_effects(
    data: Any,
    formula: str,
    treatment: str,
    subgroup: str,
    *,
    cluster: Keys = None,
    absorb: Keys = None,
    errors: str | None = None,
    engine: str | None = None,
) -> Subgroups:
    """Effects of one treatment in each level of a column that was named before the outcomes were seen.

    For a few planned subgroups. Not for a search among many: the more are looked at, the more "differ".

    Parameters
    ----------
    formula : the model without the subgroup; it holds the treatment as one column, not in products. Covariates have
        the same slope in each subgroup.
    treatment : that column's name in the model ("treat", or "arm=small").
    subgroup : a column; each of its values is a subgroup, with a mean of its own.
    cluster, absorb, errors, engine : as for `linear_regression`, but no HC errors: without clusters, classical.

    Raises
    ------
    EstimationError
        One subgroup only, more than thirty, or one that holds one arm only.

    Examples
    --------
    >>> import numpy as np, polars as pl
    >>> from fairlead.science.impact.regression import subgroup_effects
    >>> rng = np.random.default_rng(1)
    >>> school, girl = np.repeat(np.arange(40), 20), rng.integers(0, 2, 800)
    >>> y = (2 + 3 * girl) * (school % 2) + rng.normal(size=40)[school] + 4 * rng.normal(size=800)
    >>> rows = pl.DataFrame({"school": school, "girl": girl, "treat": school % 2, "y": y})
    >>> found = subgroup_effects(rows, "y ~ treat", "treat", "girl", cluster="school")
    >>> [effect.term for effect in found.effects], [item.term for item in found.differences]
    (['girl=0', 'girl=1'], ['girl=1 − girl=0'])
    """
    clusters, fixed = keys_of(cluster), keys_of(absorb)
    kind = errors or ("classical" if not clusters else None)
    kind = choose_errors(kind, clusters, fixed)
    if kind not in ("classical", *CLUSTERED):
        raise EstimationError(
            [Problem("errors", "subgroups are compared on moments", kind, ", ".join(("classical", *CLUSTERED)))]
        )
    source = open_source(data)
    design = design_of(parse_formula(formula), source)
    by = tuple(dict.fromkeys((*clusters, *fixed, subgroup)))
    moments = collect(source, design, by=by, engine=engine)
    wide, names, levels, rows = spread(moments, design, treatment, subgroup)
    working = prepare(wide, design.outcome, names, clusters, fixed)
    fit = fit_working(
        working,
        outcome=design.outcome,
        errors=kind,
        small_sample="nonnested",
        cluster=clusters,
        absorb=fixed,
        formula=f"{formula} + {subgroup} + {treatment}:{subgroup}",
        moments=wide,
    )
    terms = [f"{treatment}@{subgroup}={level}" for level in levels]
    pick = np.zeros((len(levels), len(fit.coefficients)))
    pick[np.arange(len(levels)), [fit.place(term) for term in terms]] = 1.0
    effects = tuple(
        replace(fit.term(term), term=f"{subgroup}={level}") for term, level in zip(terms, levels, strict=True)
    )
    apart = pick[1:] - pick[0]
    differences = tuple(
        fit.contrast(row, f"{subgroup}={level} − {subgroup}={levels[0]}")
        for row, level in zip(apart, levels[1:], strict=True)
    )
    return Subgroups(treatment, subgroup, effects, differences, joint_test(fit, apart), rows, fit)


def spread(
    moments: Moments, design: Design, treatment: str, subgroup: str
) -> tuple[Moments, list[str], list[str], tuple[int, ...]]:
    """Moments of a model with a mean and an effect for each subgroup, made from each subgroup's own.

    Returns
    -------
    The wider moments, the names of its columns in the model, the subgroups, and the rows of each.
    """
    if treatment not in design.fixed:
        raise EstimationError(
            [Problem("treatment", "the model has no such column", treatment, ", ".join(design.fixed))]
        )
    codes, frame = moments.codes(subgroup)
    levels = [str(value) for value in frame[subgroup]]
    if not 2 <= len(levels) <= MOST:
        raise EstimationError(
            [Problem(subgroup, "a few subgroups are compared", f"{len(levels)} of them", f"2 to {MOST}")]
        )
    rest = [name for name in design.fixed if name not in (INTERCEPT, treatment)]
    crossed = [
        column.name
        for column in design.columns
        if len(column.pieces) > 1 and any(piece.name == treatment for piece in column.pieces)
    ]
    if crossed:
        raise EstimationError(
            [Problem("formula", "the treatment stands alone", ", ".join(crossed), "y ~ treat + covariates")]
        )
    own = moments.select([design.outcome, treatment, *rest])
    k, count = len(own.columns), len(levels)
    dummies = [f"{subgroup}={level}" for level in levels[1:]]
    treated = [f"{treatment}@{subgroup}={level}" for level in levels]
    columns = (design.outcome, *rest, *dummies, *treated)
    size = len(columns) + 1
    change = np.zeros((count, size, k + 1))
    change[:, 0, 0] = change[:, 1, 1] = 1.0
    change[:, np.arange(len(rest)) + 2, np.arange(len(rest)) + 3] = 1.0
    start = 2 + len(rest)
    for place in range(count):
        if place:
            change[place, start + place - 1, 0] = 1.0
        row = start + count - 1 + place
        change[place, row, 0], change[place, row, 2] = own.center[1], own.scale[1]
    moved = change[codes]
    plain = np.concatenate([own.center[[0]], own.center[2:], np.zeros(2 * count - 1)])
    unit = np.concatenate([own.scale[[0]], own.scale[2:], np.ones(2 * count - 1)])
    less = np.zeros((size - 1, size - 1))
    less[: start - 1, : start - 1] = np.delete(np.delete(own.less, 1, axis=0), 1, axis=1)
    wide = replace(
        own,
        columns=columns,
        products=moved @ own.products @ np.swapaxes(moved, 1, 2),
        center=plain,
        scale=unit,
        less=less,
    )
    rows = tuple(int(n) for n in np.bincount(codes, weights=own.counts, minlength=count))
    return wide, [INTERCEPT, *rest, *dummies, *treated], levels, rows
