"""Synthesis: what several studies say together, and how far the next one may lie from it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import stats

from fairlead.science.impact.moments import Left, Origin, open_source
from fairlead.science.impact.printed import Printed
from fairlead.science.impact.problems import DataError, EstimationError, Problem
from fairlead.science.impact.reading import closest
from fairlead.science.impact.synthesis.nested import fit_nested
from fairlead.science.impact.synthesis.random_effects import (
    fit_random_effects,
    heterogeneity,
    likelihood_profile,
    log_likelihood,
    q_profile,
)
from fairlead.science.impact.texts import strays, told
from fairlead.science.impact.wording import counted

Array = NDArray[np.float64]

FEW_STUDIES = 5
FEW_CLUSTERS = 10
FEW_DF = 4
WORKING = ("hierarchical", "correlated", "both")


@dataclass(frozen=True, slots=True)
class Inference:
    """An error with its t distribution (df None: normal) and what follows from it."""

    name: str
    se: float
    df: float | None
    low: float
    high: float
    p: float


@dataclass(frozen=True, slots=True)
class StudyEffect:
    """One effect as it came, its share of the mean, and where its true effect probably lies (empirical Bayes)."""

    label: str
    effect: float
    se: float
    low: float
    high: float
    weight: float
    shrunken: float | None


@dataclass(frozen=True, slots=True)
class Synthesis(Printed):
    """The mean of true effects and how they differ.

    Attributes
    ----------
    se : of the mean, if the model holds and its variances were known.
    inference : the recommended one first (Knapp-Hartung, or CR2 with Satterthwaite degrees of freedom).
    tau2 : variance of true effects: between studies, or between clusters and within them together.
    tau2_q_profile, tau2_likelihood : intervals of tau2 (two-level only).
    i2 : share of the variance of an estimate that is not sampling error.
    prediction : where the true effect of a new study lies with the given probability.
    """

    model: str
    method: str
    working: str | None
    r: float | None
    level: float
    k: int
    clusters: int | None
    estimate: float
    se: float
    inference: tuple[Inference, ...]
    tau2: float
    between: float
    within: float | None
    tau2_q_profile: tuple[float, float] | None
    tau2_likelihood: tuple[float, float] | None
    q: float
    q_df: int
    q_p: float
    i2: float
    prediction: tuple[float, float] | None
    log_likelihood: float
    studies: tuple[StudyEffect, ...]
    warnings: tuple[Problem, ...]
    left: tuple[Left, ...]
    origin: Origin
    converged: bool

    def __str__(self) -> str:
        from fairlead.science.impact.synthesis.show import table

        return table(self)


def synthesise(
    data: Any,
    *,
    effect: str,
    variance: str,
    cluster: str | None = None,
    label: str | None = None,
    method: str = "REML",
    working: str = "hierarchical",
    r: float = 0.6,
    level: float = 0.95,
) -> Synthesis:
    """Put effects of several studies together.

    For effects in one unit (standardised, or the same native unit) of studies that ask one question. It does not mend
    publication bias, nor bias of the studies.

    Parameters
    ----------
    data : whatever `open_source` takes, a row for an effect.
    effect, variance : columns of the effects and their sampling variances (squared standard errors).
    cluster : the column of what several effects share (a study, a district). Without it effects are independent.
    label : the column of names for the forest plot.
    method : "REML" or "ML".
    working : with clusters, how their effects hang together: "hierarchical" (true effects do; sampling errors are
        independent), "correlated" (sampling errors do, by `r`, and there is one true effect a cluster), "both".
    r : the assumed correlation of sampling errors within a cluster; not used by "hierarchical".
    level : of intervals.

    Returns
    -------
    Synthesis
        Without clusters, t with k − 1 degrees of freedom and Knapp-Hartung's error, and the prediction interval of
        Partlett & Riley (2017), doi:10.1002/sim.7140 (t with k − 2). With clusters, CR2 with Satterthwaite degrees of
        freedom; the prediction is for a new cluster's effect, with clusters − 2.

    Raises
    ------
    DataError
        A column that is missing, a variance that is not positive, fewer than two studies or clusters.
    EstimationError
        No convergence.

    Examples
    --------
    >>> import polars as pl
    >>> trials = pl.DataFrame({"g": [0.10, 0.35, 0.22, 0.05], "v": [0.01, 0.02, 0.01, 0.03]})
    >>> found = synthesise(trials, effect="g", variance="v")
    >>> round(found.estimate, 3), found.inference[0].name
    (0.181, 'Knapp-Hartung')
    """
    _check(method, working, r, level)
    rows, left, origin = _read(data, effect, variance, cluster, label)
    y, v = rows["y"].to_numpy().astype(float), rows["v"].to_numpy().astype(float)
    labels = [str(value) for value in rows["label"].to_list()]
    reml = method == "REML"
    q, typical = heterogeneity(y, v)
    z = float(stats.norm.ppf((1 + level) / 2))
    warnings: list[Problem] = []
    shared: dict[str, Any] = {
        "method": method,
        "level": level,
        "k": y.size,
        "q": q,
        "q_df": y.size - 1,
        "q_p": float(stats.chi2.sf(q, y.size - 1)),
        "left": left,
        "origin": origin,
    }
    if cluster is None:
        found = fit_random_effects(y, v, reml=reml)
        if not bool(found.converged):
            raise EstimationError(
                [Problem("tau2", "the variance between studies does not converge", counted(y.size, "study"))]
            )
        mean, se, tau2 = float(found.mean), float(found.se), float(found.tau2)
        adjusted = float(found.se_adjusted)
        df = y.size - 1
        if y.size < FEW_STUDIES:
            warnings.append(
                Problem(
                    "studies",
                    "few studies: the variance between them is hardly known",
                    f"{y.size}",
                    f"{FEW_STUDIES} or more",
                )
            )
        if adjusted < se:
            warnings.append(
                Problem(
                    "inference",
                    "the Knapp-Hartung error is below the model-based one: the effects agree better than chance would",
                    f"{adjusted:.4g} against {se:.4g}",
                    "",
                    "read the wider of the two intervals",
                )
            )
        return Synthesis(
            model="random effects",
            working=None,
            r=None,
            clusters=None,
            estimate=mean,
            se=se,
            inference=(
                _inference("Knapp-Hartung", mean, adjusted, df, level),
                _inference("Wald", mean, se, None, level),
            ),
            tau2=tau2,
            between=tau2,
            within=None,
            tau2_q_profile=q_profile(y, v, level),
            tau2_likelihood=likelihood_profile(y, v, tau2, level, reml=reml),
            i2=tau2 / (tau2 + typical),
            prediction=_prediction(mean, tau2, adjusted, y.size - 2, level),
            log_likelihood=log_likelihood(y, v, tau2, reml=reml),
            studies=_studies(y, v, labels, 1 / (v + tau2), mean + tau2 / (tau2 + v) * (y - mean), z),
            warnings=tuple(warnings),
            converged=True,
            **shared,
        )
    codes = rows["cluster"].rank("dense").to_numpy().astype(np.intp) - 1
    count = int(codes.max()) + 1
    if count < 2:
        raise DataError(
            [Problem(cluster, "all effects lie in one cluster, so its error cannot be told", "1", "2 or more")]
        )
    correlation = 0.0 if working == "hierarchical" else r
    nested = fit_nested(y, v, codes, r=correlation, effects=working != "correlated", reml=reml)
    if not nested.converged:
        raise EstimationError(
            [
                Problem(
                    "components",
                    "the variances between and within clusters do not converge",
                    f"{counted(y.size, 'effect')} in {counted(count, 'cluster')}",
                    "",
                    "take another working model; robust errors hold with a wrong one",
                )
            ]
        )
    robust = _inference("CR2", nested.mean, nested.robust_se, nested.robust_df, level)
    model = _inference("model", nested.mean, nested.se, count - 1, level)
    if count < FEW_CLUSTERS or nested.robust_df < FEW_DF:
        warnings.append(
            Problem(
                cluster,
                "few clusters, or a few that carry the weight: even small-sample errors are doubtful below 4 degrees of freedom",
                f"{counted(count, 'cluster')}, {nested.robust_df:.1f} degrees of freedom",
                f"{counted(FEW_CLUSTERS, 'cluster')}, {FEW_DF} degrees of freedom",
                "say so beside the interval",
            )
        )
    tau2 = nested.between + nested.within
    names = {
        "hierarchical": "three-level",
        "correlated": "correlated effects",
        "both": "correlated and hierarchical effects",
    }
    return Synthesis(
        model=names[working],
        working=working,
        r=None if working == "hierarchical" else r,
        clusters=count,
        estimate=nested.mean,
        se=nested.se,
        inference=(robust, model, _inference("Wald", nested.mean, nested.se, None, level)),
        tau2=tau2,
        between=nested.between,
        within=nested.within,
        tau2_q_profile=None,
        tau2_likelihood=None,
        i2=tau2 / (tau2 + typical),
        prediction=_prediction(nested.mean, tau2, nested.robust_se, count - 2, level),
        log_likelihood=nested.log_likelihood,
        studies=_studies(y, v, labels, nested.weights, None, z),
        warnings=tuple(warnings),
        converged=nested.converged,
        **shared,
    )


def _inference(name: str, mean: float, se: float, df: float | None, level: float) -> Inference:
    law = stats.norm() if df is None else stats.t(df)
    half = float(law.ppf((1 + level) / 2)) * se
    p = float(2 * law.sf(abs(mean) / se)) if se > 0 else float(mean == 0)
    return Inference(name, se, None if df is None else float(df), mean - half, mean + half, p)


def _prediction(mean: float, tau2: float, se: float, df: int, level: float) -> tuple[float, float] | None:
    if df < 1:
        return None
    half = float(stats.t.ppf((1 + level) / 2, df)) * math.sqrt(tau2 + se**2)
    return mean - half, mean + half


def _studies(
    y: Array, v: Array, labels: list[str], weights: Array, shrunken: Array | None, z: float
) -> tuple[StudyEffect, ...]:
    shares = weights / weights.sum()
    return tuple(
        StudyEffect(
            label=labels[i],
            effect=float(y[i]),
            se=math.sqrt(v[i]),
            low=float(y[i] - z * math.sqrt(v[i])),
            high=float(y[i] + z * math.sqrt(v[i])),
            weight=float(shares[i]),
            shrunken=None if shrunken is None else float(shrunken[i]),
        )
        for i in range(y.size)
    )


def _read(
    data: Any, effect: str, variance: str, cluster: str | None, label: str | None
) -> tuple[pl.DataFrame, tuple[Left, ...], Origin]:
    source = open_source(data)
    schema = source.table.schema()
    needed = [name for name in dict.fromkeys((effect, variance, cluster, label)) if name]
    problems = [
        Problem(name, f"{source.name} has no such column", name, ", ".join(schema.names), closest(name, schema.names))
        for name in needed
        if name not in schema.names
    ]
    problems += [
        Problem(name, "the column is not a number", told(strays(source.table[name])), "a number", "mend the column")
        for name in (effect, variance)
        if name in schema.names and not schema[name].is_numeric()
    ]
    if problems:
        raise DataError(problems)
    table = pl.DataFrame(source.table.select(*needed).to_pyarrow())
    origin = Origin(source.name, source.engine, table.height)
    rows = table.select(
        pl.col(effect).cast(pl.Float64).fill_nan(None).alias("y"),
        pl.col(variance).cast(pl.Float64).fill_nan(None).alias("v"),
        (pl.col(cluster) if cluster else pl.lit(0)).alias("cluster"),
        (pl.col(label).cast(pl.String) if label else pl.int_range(1, pl.len() + 1).cast(pl.String)).alias("label"),
    )
    left = []
    for column, name in (("y", effect), ("v", variance), ("cluster", cluster)):
        kept = rows.filter(pl.col(column).is_not_null())
        if kept.height < rows.height:
            left.append(Left(str(name), rows.height - kept.height))
        rows = kept
    bad = rows.filter((pl.col("v") <= 0) | ~pl.col("v").is_finite() | ~pl.col("y").is_finite())
    if bad.height:
        raise DataError(
            [
                Problem(
                    variance,
                    "effects must be finite and sampling variances positive",
                    f"{counted(bad.height, 'row')}, for example {effect} {bad['y'][0]:g} with {variance} {bad['v'][0]:g}",
                    "variances above 0 (the square of the standard error)",
                    "mend these rows",
                )
            ]
        )
    if rows.height < 2:
        got = f"{rows.height} of {origin.rows} rows"
        raise DataError(
            [Problem("rows", "a synthesis needs two effects at least", got, "2 or more", "bring more studies")]
        )
    return rows, tuple(left), origin


def _check(method: str, working: str, r: float, level: float) -> None:
    problems = []
    if method not in ("REML", "ML"):
        problems.append(Problem("method", "no such method", method, "REML, ML"))
    if working not in WORKING:
        problems.append(Problem("working", "no such working model", working, ", ".join(WORKING)))
    if not 0 <= r < 1:
        problems.append(Problem("r", "must lie in [0, 1)", f"{r:g}", "for example 0.6; try others beside it"))
    if not 0.5 <= level < 1:
        problems.append(Problem("level", "must lie in [0.5, 1)", f"{level:g}", "for example 0.95"))
    if problems:
        raise DataError(problems)
