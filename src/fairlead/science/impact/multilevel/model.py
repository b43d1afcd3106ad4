"""Multilevel models on moments: from a formula and data, or from moments, to a fit.

Sources
-------
The profiled criterion: Bates, Mächler, Bolker & Walker (2015), doi:10.18637/jss.v067.i01, eqs. 34–42.
Sufficiency of the groups' cross-products: Longford (1987), doi:10.1093/biomet/74.4.817.
Degrees of freedom: Satterthwaite's, as Kuznetsova, Brockhoff & Christensen (2017), doi:10.18637/jss.v082.i13, §2;
Kenward & Roger (1997), doi:10.2307/2533558.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from fairlead.science.impact.formula import parse_formula
from fairlead.science.impact.moments import Design, Moments, collect, design_of, open_source
from fairlead.science.impact.multilevel import inference
from fairlead.science.impact.multilevel.layout import Layout, check_random_parts, lay_out, split_uncorrelated
from fairlead.science.impact.multilevel.newton import Criterion, Pieces, Point, Shape, minimise
from fairlead.science.impact.multilevel.result import Boundary, FixedEffect, MultilevelFit, RandomCovariance
from fairlead.science.impact.multilevel.two_level import TwoLevel
from fairlead.science.impact.multilevel.unmodelled import slopes_that_differ
from fairlead.science.impact.problems import EstimationError, Problem
from fairlead.science.impact.wording import counted

Array = NDArray[np.float64]
FEW_GROUPS = 10
SINGULAR = 1e-4  # least singular value of Λ, in residual standard deviations per standard deviation of the column
DF_METHODS = ("satterthwaite", "kenward-roger")


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What is needed to ask the fit further questions without a look at the rows."""

    moments: Moments  # summed to the innermost groups
    design: Design
    layout: Layout
    pieces: Pieces
    shape: Shape
    point: Point
    hessian: Array


def multilevel_model(
    data: Any, formula: str, *, reml: bool = True, df: str = "satterthwaite", engine: str | None = None
) -> MultilevelFit:
    """Fit a model with random intercepts and slopes in two or three nested levels.

    For outcomes of students in classrooms, classrooms in schools, or years in students. Not for crossed groups (students
    who change schools), nor for outcomes that are counts or yes and no; fewer than ten groups give little to estimate
    a variance from.

    Parameters
    ----------
    data : whatever `open_source` takes: a path, a frame, `postgres://…#table`, a table of Ibis.
    formula : as lme4 writes it, `math ~ pre * treat + (1 + pre | school)`; `||` for uncorrelated effects, `a/b` for b
        within a.
    reml : restricted maximum likelihood; else maximum likelihood, for comparing models with different fixed parts.
    df : "satterthwaite" or "kenward-roger" (two levels, REML; its errors are adjusted as well).
    engine : as for `collect`.

    Returns
    -------
    MultilevelFit
        In native units. `converged`, `singular` and `warnings` say how far to rely on it.

    Raises
    ------
    DataError, EstimationError
        Missing columns, crossed groups, collinear columns, an outcome that does not vary, too few groups.

    Notes
    -----
    Assumed: effects of groups are drawn from one normal distribution and do not depend on the columns of the model;
    residuals are normal, independent and of equal variance within groups. One pass over the rows; after that the time
    depends on the number of groups only.

    Examples
    --------
    >>> import numpy as np, polars as pl
    >>> from fairlead.science.impact.multilevel import multilevel_model
    >>> rng = np.random.default_rng(1)
    >>> school = np.repeat(np.arange(40), 25)
    >>> pre = rng.normal(size=1000)
    >>> math = 500 + 20 * pre + 10 * rng.normal(size=40)[school] + 30 * rng.normal(size=1000)
    >>> fit = multilevel_model(pl.DataFrame({"school": school, "pre": pre, "math": math}), "math ~ pre + (1 | school)")
    >>> fit.converged, fit.n, fit.groups
    (True, 1000, {'school': 40})
    >>> 18 < fit.term("pre").estimate < 22
    True
    """
    parsed = split_uncorrelated(parse_formula(formula))
    check_random_parts(parsed)
    source = open_source(data)
    design = design_of(parsed, source)
    groups = parsed.groups
    moments = collect(source, design, by=groups, engine=engine)
    return multilevel_from_moments(moments, design, reml=reml, df=df, formula=formula)


def multilevel_from_moments(
    moments: Moments, design: Design, *, reml: bool = True, df: str = "satterthwaite", formula: str = ""
) -> MultilevelFit:
    """The same from moments that were collected before, by (at least) the columns of the formula's groups.

    Moments add, so the parts of a state can be collected one by one, and the model of the whole is had from their sum.

    Parameters
    ----------
    moments : with all columns of the design, by the columns of its groups.
    design : as `design_of` gives it.
    """
    if df not in DF_METHODS:
        raise EstimationError(
            [Problem("df", "unknown method of degrees of freedom", repr(df), ", ".join(DF_METHODS))]
        )
    check_random_parts(design.formula)
    if any(not part.correlated for part in design.formula.random):
        raise EstimationError(
            [
                Problem(
                    "formula",
                    "uncorrelated effects are parts of their own",
                    "||",
                    "split_uncorrelated(parse_formula(…)) before design_of",
                )
            ]
        )
    layout, inner = lay_out(moments, design)
    counts = {level.label: inner.codes(*level.columns)[1].height for level in layout.levels}
    _check_sizes(inner, layout, counts)
    pieces: Pieces = _pieces(inner, layout)
    shape = Shape(layout.levels)
    criterion = Criterion(pieces, inner.n, reml=reml)
    point, hessian, convergence = minimise(criterion, shape)
    if point.rss <= 1e-14 * inner.n:
        raise EstimationError(
            [
                Problem(
                    "residuals",
                    "the model reproduces the outcome exactly, so nothing is left to estimate errors from",
                    "residuals of zero",
                    next="look for the outcome, or a copy of it, among the covariates",
                )
            ]
        )
    state = State(inner, design, layout, pieces, shape, point, hessian)
    nu = inner.n - point.beta.size if reml else inner.n
    unit = layout.outcome_scale
    sigma2 = point.rss / nu * unit**2
    boundary = _boundary(state)
    differing = slopes_that_differ(state, point.rss / nu)
    covariance = layout.fixed.back @ point.inverse @ layout.fixed.back.T * sigma2
    beta = layout.fixed.back @ point.beta * unit
    if layout.outcome_shift:
        beta[layout.fixed.names.index("(Intercept)")] += layout.outcome_shift
    freedom, covariance = inference.degrees_of_freedom(state, nu, covariance, reml=reml, method=df)
    se: Array = np.sqrt(np.diag(covariance))
    t = beta / se
    p = np.asarray(2 * stats.t.sf(np.abs(t), freedom))
    value = point.value + 2 * nu * float(np.log(unit))
    if reml:
        value += 2 * layout.fixed.log_determinant
    return MultilevelFit(
        formula=formula or f"{design.outcome} ~ …",
        criterion="REML" if reml else "ML",
        value=float(value),
        fixed=tuple(
            FixedEffect(name, *map(float, numbers))
            for name, *numbers in zip(layout.fixed.names, beta, se, freedom, t, p, strict=True)
        ),
        covariance=covariance,
        random=_random(state, sigma2),
        residual_variance=float(sigma2),
        n=inner.n,
        groups=counts,
        df_method=df,
        boundary=boundary,
        convergence=convergence,
        differing=differing,
        warnings=_warnings(convergence.converged, convergence.message, boundary, counts, differing),
        left=inner.left,
        origins=inner.origins,
        state=state,
    )


def _pieces(moments: Moments, layout: Layout) -> Pieces:
    if len(layout.levels) == 1:
        return TwoLevel.of(moments, layout)
    from fairlead.science.impact.multilevel.three_level import ThreeLevel

    return ThreeLevel.of(moments, layout)


def _check_sizes(moments: Moments, layout: Layout, counts: dict[str, int]) -> None:
    p = len(layout.fixed.names)
    problems: list[Problem] = []
    if moments.n <= p + 1:
        problems.append(
            Problem(
                "rows",
                "too few rows for the columns of the model",
                f"{counted(moments.n, 'row')}, {counted(p, 'column')}",
            )
        )
    for level in layout.levels:
        groups = counts[level.label]
        if groups < 2:
            problems.append(
                Problem(
                    level.label,
                    "one group says nothing of how groups differ",
                    "1 group",
                    "at least two, better thirty",
                    "leave this random part out, or choose another group",
                )
            )
        elif groups * max(len(block.coordinates.names) for block in level.blocks) >= moments.n:
            problems.append(
                Problem(
                    level.label,
                    "as many random effects as rows, so they cannot be told from the residual",
                    f"{counted(groups, 'group')}, {counted(moments.n, 'row')}",
                    "groups of several rows",
                    "choose a coarser group, or fewer slopes",
                )
            )
    if problems:
        raise EstimationError(problems)


def _random(state: State, sigma2: float) -> tuple[RandomCovariance, ...]:
    found: list[RandomCovariance] = []
    for level, lam in zip(state.layout.levels, state.shape.factors(state.point.theta), strict=True):
        back = level.back @ lam
        whole = back @ back.T * sigma2
        for block in level.blocks:
            names = block.coordinates.names
            part = whole[block.start : block.stop, block.start : block.stop]
            for i in range(len(names)):
                found.append(RandomCovariance(level.label, names[i], names[i], float(part[i, i]), None))
            for i in range(len(names)):
                for j in range(i + 1, len(names)):
                    size = float(np.sqrt(part[i, i] * part[j, j]))
                    correlation = float(np.clip(part[i, j] / size, -1, 1)) if size > 0 else None
                    found.append(RandomCovariance(level.label, names[i], names[j], float(part[i, j]), correlation))
    return tuple(found)


def _boundary(state: State) -> tuple[Boundary, ...]:
    found: list[Boundary] = []
    for level, lam in zip(state.layout.levels, state.shape.factors(state.point.theta), strict=True):
        for block in level.blocks:
            names = block.coordinates.names
            part = lam[block.start : block.stop, block.start : block.stop]
            rank = int((np.linalg.svd(part, compute_uv=False) >= SINGULAR).sum())
            if rank == len(names):
                continue
            if rank == 0:
                text = f"{' and '.join(names)} of {level.label}: the estimated variance is zero"
            else:
                text = (
                    f"{', '.join(names)} of {level.label}: their estimated covariance matrix has rank {rank} of "
                    f"{len(names)} (a correlation of −1 or 1, or a variance of zero)"
                )
            found.append(Boundary(level.label, names, rank, text))
    return tuple(found)


def _warnings(
    converged: bool,
    message: str,
    boundary: tuple[Boundary, ...],
    counts: dict[str, int],
    differing: tuple[tuple[str, float], ...],
) -> tuple[str, ...]:
    told: list[str] = []
    if not converged:
        told.append(f"not converged: {message}; do not rely on these numbers")
    told += [
        f"boundary (singular) fit: {edge.text}; the data do not show that these effects differ between groups, which is "
        "not proof that they do not"
        for edge in boundary
    ]
    told += [
        f"{counted(count, 'group')} of {label}: a variance between so few groups is known poorly; prefer fixed effects for "
        f"{label}, or cluster-robust (CR2) errors"
        for label, count in counts.items()
        if count < FEW_GROUPS
    ]
    groups = ", ".join(counts)
    by_variable: dict[str, list[float]] = {}
    for name, p in differing:
        by_variable.setdefault(name.partition("=")[0], []).append(p)
    told += [
        f"the slope of {name} differs between groups of {groups} (score test, p "
        f"{'< 0.001' if min(p) < 0.001 else f'{min(p):.3f}'}), but the model takes it for the same in each: its error is too "
        f"small; (1 + {name} | {groups}) estimates how it differs"
        for name, p in by_variable.items()
    ]
    return tuple(told)
