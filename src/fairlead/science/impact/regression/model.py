"""Least squares on moments: from a formula and data, or from moments, to a fit.

Sources
-------
See `sandwich` for the errors and `absorb` for fixed effects. Small-sample factors: MacKinnon, Nielsen & Webb (2023),
doi:10.1016/j.jeconom.2022.04.001, §2.2; which fixed effects they count: Cameron & Miller (2015), doi:10.3368/jhr.50.2.317,
§III.B.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fairlead.science.impact.clusters import BLOCKS_PER_CLUSTER, FEW_CLUSTERS
from fairlead.science.impact.formula import parse_formula
from fairlead.science.impact.moments import Design, Moments, collect, design_of, open_source
from fairlead.science.impact.problems import EstimationError, Problem
from fairlead.science.impact.regression.result import RegressionFit, State, coefficient
from fairlead.science.impact.regression.rows import HC, hc_covariance
from fairlead.science.impact.regression.sandwich import cr0, cr2, solve
from fairlead.science.impact.regression.working import EXACT, Array, Working, prepare
from fairlead.science.impact.wording import counted

CLUSTERED = ("CR0", "CR1", "CR2")
ERRORS = ("classical", *CLUSTERED, *HC)
SMALL_SAMPLE = ("nonnested", "all")
MODEST_DF = 15.0  # below it the working model of CR2 matters: tests/…/regression/test_simulation.py
LITTLE_DF = 4.0  # below it the t approximation itself fails: Pustejovsky & Tipton (2018), §5
Keys = str | Sequence[str] | None


def linear_regression(
    data: Any,
    formula: str,
    *,
    cluster: Keys = None,
    absorb: Keys = None,
    errors: str | None = None,
    small_sample: str = "nonnested",
    engine: str | None = None,
) -> RegressionFit:
    """Least squares with fixed effects of up to two factors, and errors that hold when rows of a cluster are alike.

    For effects in trials and panels where a coefficient is the question. Not where groups' own effects are the
    question (see `multilevel_model`), nor for treatment at staggered dates with effects that differ, where two-way
    fixed effects weight them oddly, some negatively.

    Parameters
    ----------
    data : whatever `open_source` takes: a path, a frame, `postgres://…#table`, a table of Ibis.
    formula : as lme4 writes it, without random parts: `math ~ pre + treat`.
    cluster : the column, or columns together, whose groups were sampled or assigned as one.
    absorb : one or two columns whose fixed effects are taken out (two-way: unit and time, or any two).
    errors : "CR2" (with Satterthwaite's degrees of freedom per coefficient), "CR1" (G − 1), "CR0", "classical", or
        "HC0" … "HC3". None takes CR2 with clusters, CR1 where two factors are absorbed, and HC1 without clusters.
        **HC errors need each row's residual: the rows are read again for them**, into memory.
    small_sample : which absorbed effects CR1's factor (n − 1)/(n − K) counts: "nonnested" leaves out those that lie
        within clusters, as fixest, pyfixest and reghdfe do; "all" counts each, as a regression with dummies does.
    engine : as for `collect`.

    Returns
    -------
    RegressionFit
        In native units, with `warnings`.

    Raises
    ------
    DataError, EstimationError
        Missing columns, collinear columns by name, an outcome that does not vary, one cluster, too few rows.

    Notes
    -----
    Assumed: clusters are independent of one another, the conditional mean is linear, and rows left out for missing
    values are not selected on the outcome. One pass over the rows; then the time depends on clusters and cells only.

    Examples
    --------
    >>> import numpy as np, polars as pl
    >>> from fairlead.science.impact.regression import linear_regression
    >>> rng = np.random.default_rng(1)
    >>> school = np.repeat(np.arange(30), 20)
    >>> treat = school % 2
    >>> math = 500 + 8 * treat + 10 * rng.normal(size=30)[school] + 30 * rng.normal(size=600)
    >>> rows = pl.DataFrame({"school": school, "treat": treat, "math": math})
    >>> fit = linear_regression(rows, "math ~ treat", cluster="school")
    >>> fit.errors, fit.clusters, fit.term("treat").df < 28
    ('CR2', 30, True)
    """
    clusters, fixed = keys_of(cluster), keys_of(absorb)
    kind = choose_errors(errors, clusters, fixed)
    parsed = parse_formula(formula)
    if parsed.random:
        raise _refuse("formula", "least squares has no random part", formula, "multilevel_model fits it")
    source = open_source(data)
    design = design_of(parsed, source)
    moments = collect(source, design, by=tuple(dict.fromkeys((*clusters, *fixed))), engine=engine)
    return _fit(moments, design, clusters, fixed, kind, small_sample, formula, source)


def regression_from_moments(
    moments: Moments,
    design: Design,
    *,
    cluster: Keys = None,
    absorb: Keys = None,
    errors: str | None = None,
    small_sample: str = "nonnested",
    formula: str = "",
) -> RegressionFit:
    """The same from moments that were collected before, by (at least) the columns of `cluster` and `absorb`.

    Parameters
    ----------
    moments : with all columns of the design.
    design : as `design_of` gives it.

    Raises
    ------
    EstimationError
        Also for HC errors: they need each row's residual, which moments do not hold.
    """
    clusters, fixed = keys_of(cluster), keys_of(absorb)
    if errors is None and not clusters:
        errors = "classical"
    kind = choose_errors(errors, clusters, fixed)
    if kind in HC:
        raise _refuse(
            "errors",
            "HC errors need each row's own residual, which moments do not hold",
            kind,
            "use linear_regression with the rows, or errors by cluster",
        )
    return _fit(moments, design, clusters, fixed, kind, small_sample, formula, None)


def _fit(
    moments: Moments,
    design: Design,
    clusters: tuple[str, ...],
    fixed: tuple[str, ...],
    errors: str,
    small_sample: str,
    formula: str,
    rows: Any,
) -> RegressionFit:
    if small_sample not in SMALL_SAMPLE:
        raise EstimationError(
            [Problem("small_sample", "unknown convention", repr(small_sample), ", ".join(SMALL_SAMPLE))]
        )
    working = prepare(moments, design.outcome, design.fixed, clusters, fixed)
    return fit_working(
        working,
        outcome=design.outcome,
        errors=errors,
        small_sample=small_sample,
        cluster=clusters,
        absorb=fixed,
        formula=formula or f"{design.outcome} ~ {' + '.join(design.fixed)}",
        moments=moments,
        by_row=lambda b, bread: hc_covariance(rows, design, working, b, bread, errors, fixed, (*clusters, *fixed)),
    )


def fit_working(
    working: Working,
    *,
    outcome: str,
    errors: str,
    small_sample: str,
    cluster: tuple[str, ...],
    absorb: tuple[str, ...],
    formula: str,
    moments: Moments,
    by_row: Callable[[Array, Array], Array] | None = None,
) -> RegressionFit:
    """The computation, on moments that are made ready. `by_row`: from b and (X′X)⁻¹ the covariance that needs the rows."""
    n, p = working.n, working.p
    _check_sizes(working, errors)
    gram = working.grams.sum(axis=0)
    b, bread = solve(gram)
    rss = float(gram[-1, -1] - gram[:-1, -1] @ b)
    if rss <= EXACT * gram[-1, -1]:
        raise _refuse(
            "residuals",
            "the model reproduces the outcome exactly, so no error can be estimated",
            "residuals of zero",
            "look for the outcome, or a copy of it, among the covariates",
        )
    free = n - working.rank
    if errors in CLUSTERED:
        covariance, df = _clustered(working, b, bread, errors, small_sample)
    elif errors == "classical":
        covariance, df = rss / free * bread, np.full(p, float(free))
    else:
        assert by_row is not None
        covariance = by_row(b, bread)
        df = np.full(p, float(free))
    native = working.back @ covariance @ working.back.T * working.unit**2
    native.flags.writeable = False
    estimates = working.back @ b * working.unit
    estimates[0] += working.shift
    found = tuple(
        coefficient(name, float(estimate), float(se), float(nu))
        for name, estimate, se, nu in zip(working.names, estimates, np.sqrt(np.diag(native)), df, strict=True)
    )
    total = gram[-1, -1] - (gram[0, -1] ** 2 / gram[0, 0] if "(Intercept)" in working.names else 0.0)
    count = None if working.clusters is None else working.grams.shape[0]
    return RegressionFit(
        formula=formula,
        errors=errors,
        cluster=cluster,
        absorb=absorb,
        coefficients=found,
        covariance=native,
        n=n,
        rank=working.rank,
        clusters=count,
        small_sample=small_sample,
        residual_variance=rss / free * working.unit**2,
        r2=float(1 - rss / total),
        warnings=_warnings(working, errors, df, count),
        left=moments.left,
        origins=moments.origins,
        state=State(working, b, bread, outcome),
    )


def small_sample_factor(working: Working, small_sample: str) -> float:
    """CR1's G/(G − 1) · (n − 1)/(n − K)."""
    n, count = working.n, working.grams.shape[0]
    counted = working.absorbed if small_sample == "all" else working.counted if working.absorbed else 0
    return count / (count - 1) * (n - 1) / (n - working.p - counted)


def _clustered(working: Working, b: Array, bread: Array, errors: str, small_sample: str) -> tuple[Array, Array]:
    if errors == "CR2":
        if working.absorbed and not working.nested and working.ties is None:
            raise _refuse(
                "errors",
                "CR2 takes one absorbed factor, not two",
                "CR2 with two factors",
                "write the smaller factor into the formula, C(year), and absorb the other; or take CR1",
            )
        return cr2(working, b, bread, working.back)
    covariance = cr0(working, b, bread)
    if errors == "CR1":
        covariance = covariance * small_sample_factor(working, small_sample)
    return covariance, np.full(working.p, float(working.grams.shape[0] - 1))


def _check_sizes(working: Working, errors: str) -> None:
    if errors in CLUSTERED and working.grams.shape[0] < 2:
        raise _refuse(
            "cluster",
            "clustered errors need at least two clusters",
            "1",
            "use another cluster column, or say that one cluster cannot support this question",
        )
    if working.n <= working.rank:
        raise _refuse(
            "rows",
            "too few rows for the columns of the model",
            f"{counted(working.n, 'row')}, {counted(working.rank, 'column')}",
            "use fewer covariates or coarser fixed effects",
        )


def _warnings(working: Working, errors: str, df: Array, count: int | None) -> tuple[str, ...]:
    told: list[str] = []
    if count is not None and count < FEW_CLUSTERS:
        told.append(
            f"{counted(count, 'cluster')}: no error by cluster is known well from so few; look at wild_bootstrap and at "
            "permute_clusters if treatment was assigned to clusters, and say how few there were"
        )
    if errors == "CR0":
        told.append("CR0 is too small where clusters are few or unequal; CR2 corrects for both")
    if errors == "CR1" and count is not None and count < 40:
        told.append(
            f"CR1 with {counted(count, 'cluster')} rejects too often where clusters are unequal; CR2 is safer"
        )
    if errors == "CR1" and count is not None and working.counted > BLOCKS_PER_CLUSTER * count:
        told.append(
            f"fixed effects across clusters ({working.counted} for {count} clusters) use up much of what the clusters tell: "
            "CR1 is too small there, CR2 corrects it"
        )
    if errors == "CR2":
        thin = [name for name, nu in zip(working.names, df, strict=True) if nu < LITTLE_DF and name != "(Intercept)"]
        if thin:
            told.append(
                f"fewer than {LITTLE_DF:.0f} degrees of freedom for {', '.join(thin)}: few clusters carry the "
                "coefficient, and its p value may be too small"
            )
        modest = [
            name
            for name, nu in zip(working.names, df, strict=True)
            if LITTLE_DF <= nu < MODEST_DF and name != "(Intercept)"
        ]
        if modest:
            told.append(
                f"fewer than {MODEST_DF:.0f} degrees of freedom for {', '.join(modest)}: where few clusters were treated "
                "and these vary more, a 95 % interval held the truth in 92 to 93 of 100 simulated trials"
            )
    if errors in HC and count is not None:
        told.append("HC errors take the rows to be independent, although clusters were named")
    return tuple(told)


def choose_errors(errors: str | None, clusters: tuple[str, ...], fixed: tuple[str, ...]) -> str:
    if errors is None:
        if not clusters:
            return "HC1"
        return "CR1" if len(fixed) > 1 else "CR2"
    if errors not in ERRORS:
        raise EstimationError([Problem("errors", "unknown kind of errors", repr(errors), ", ".join(ERRORS))])
    if errors in CLUSTERED and not clusters:
        raise _refuse("cluster", f"{errors} errors need clusters", "nothing", "name the cluster column")
    return errors


def keys_of(named: Keys) -> tuple[str, ...]:
    if named is None:
        return ()
    return (named,) if isinstance(named, str) else tuple(named)


def _refuse(where: str, what: str, got: str, then: str) -> EstimationError:
    return EstimationError([Problem(where, what, got, next=then)])
