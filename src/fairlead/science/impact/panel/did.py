"""The effects of a treatment that came to different units at different times, with everything a reader should ask."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from fairlead.science.impact.moments import Left, Origin
from fairlead.science.impact.notices import Notice, notice
from fairlead.science.impact.panel import aggregate as sums
from fairlead.science.impact.panel import bands
from fairlead.science.impact.panel.data import Panel, read_panel
from fairlead.science.impact.panel.group_time import Cells, comparable, group_time_cells
from fairlead.science.impact.panel.two_way import TwoWay, event_study, treated_coefficient
from fairlead.science.impact.printed import Printed
from fairlead.science.impact.problems import DataError, EstimationError, Problem

Array = NDArray[np.float64]

FEW_CLUSTERS = 40
SMALL_COHORT = 10
DRAWS = 999
MANY_CLUSTERS = 5_000


@dataclass(frozen=True, slots=True)
class Point:
    """An estimate with its error: pointwise (low, high) and the simultaneous band of its family."""

    at: float | None
    estimate: float
    se: float | None
    low: float | None
    high: float | None
    bootstrap_se: float | None
    band_low: float | None
    band_high: float | None

    @property
    def p(self) -> float | None:
        """Two-tailed, from the normal distribution."""
        return None if self.se is None else float(2 * stats.norm.sf(abs(self.estimate / self.se)))


@dataclass(frozen=True, slots=True)
class GroupTime:
    """ATT(g, t): the effect on the cohort first treated at `cohort`, in period `time`, against `base`."""

    cohort: float
    time: float
    base: float
    treated: int
    controls: int
    effect: Point

    @property
    def post(self) -> bool:
        return self.time >= self.cohort


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Effects by event time, cohort or period, and their overall mean; `critical` is the band's half width in
    errors."""

    key: str
    question: str
    overall: Point
    points: tuple[Point, ...]
    critical: float | None


@dataclass(frozen=True, slots=True)
class PreTrend:
    """Wald test that all effects before treatment are zero. That it does not reject does not show parallel trends."""

    statistic: float
    df: int
    p: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two-way fixed effects, for comparison only: biased when effects differ by cohort or time."""

    coefficient: Point
    event_study: tuple[Point, ...]
    df: int
    bias: str


@dataclass(frozen=True, slots=True)
class Did(Printed):
    """Group-time effects, their sums, and how they came about."""

    outcome: str
    control: str
    base: str
    anticipation: float
    estimator: str
    covariates: tuple[str, ...]
    clustered_by: str
    units: int
    clusters: int
    periods: tuple[float, ...]
    cohorts: tuple[tuple[float | None, int], ...]  # first treated period (None: never), units
    level: float
    draws: int
    multipliers: str | None
    group_time: tuple[GroupTime, ...]
    simple: Aggregate
    dynamic: Aggregate
    group: Aggregate
    calendar: Aggregate
    pretrend: PreTrend | None
    two_way: Comparison | None
    warnings: tuple[Notice, ...]
    left: tuple[Left, ...]
    origin: Origin
    converged: bool = True

    def __str__(self) -> str:
        from fairlead.science.impact.panel.show import table

        return table(self)


def group_time(
    data: Any,
    *,
    outcome: str,
    unit: str,
    time: str,
    cohort: str,
    control: str = "never",
    covariates: str = "",
    cluster: str | None = None,
    estimator: str = "dr",
    base: str = "varying",
    anticipation: float = 0.0,
    empty_cohort: str = "missing",
    rng: np.random.Generator | None = None,
    draws: int = DRAWS,
    multipliers: str | None = None,
    level: float = 0.95,
) -> Did:
    """Estimate what a treatment did that came to different units at different times.

    For schools (or students, districts) observed in several periods, of which some start something at some time and keep
    it. Not for treatments that come and go, nor where units react to each other.

    Parameters
    ----------
    data : whatever `open_source` takes, or a `Panel`.
    outcome, unit, time, cohort, covariates, cluster, empty_cohort : see `read_panel`.
    control : "never" treated units, or those "notyet" treated.
    estimator : with covariates, "dr" (doubly robust: logit and least squares) or "improved" (tilting and weighted least
        squares). Covariates are taken at the earlier of the two periods compared.
    base : before treatment, compare with the period before ("varying") or with the last untreated one ("universal").
    anticipation : for how long before its first period a cohort may already react.
    rng : for the multiplier bootstrap; without it there are no bands.
    draws : of the bootstrap.
    multipliers : "mammen", "rademacher" or "normal"; None takes Mammen's up to 5,000 clusters and normal ones above,
        whose draws do not cost more with more units.
    level : of intervals and bands.

    Returns
    -------
    Did
        Effects in the unit of the outcome. Errors are analytic, from influence functions summed over clusters, and for
        many clusters; intervals are normal.

    Raises
    ------
    DataError
        What `read_panel` refuses; nobody to compare with; a cohort, or all comparison units, in one cluster.
    EstimationError
        Covariates that are collinear, or tell treated from others.

    Notes
    -----
    Callaway & Sant'Anna (2021), doi:10.1016/j.jeconom.2020.12.001: ATT(g, t) is (2.2), doubly robust; the sums are those
    of their table 1.

    Examples
    --------
    >>> import numpy as np, polars as pl
    >>> school = np.repeat(np.arange(60), 4)
    >>> year = np.tile([1, 2, 3, 4], 60)
    >>> first = np.where(school < 20, 3, np.where(school < 40, 4, 0))
    >>> rng = np.random.default_rng(1)
    >>> score = 2.0 * ((first > 0) & (year >= first)) + school + year + rng.normal(size=240) / 10
    >>> rows = pl.DataFrame({"school": school, "year": year, "first": first, "score": score})
    >>> found = group_time(rows, outcome="score", unit="school", time="year", cohort="first")
    >>> round(found.simple.overall.estimate, 1)
    2.0
    """
    _check(level, draws, multipliers)
    panel = (
        data
        if isinstance(data, Panel)
        else read_panel(
            data,
            outcome=outcome,
            unit=unit,
            time=time,
            cohort=cohort,
            covariates=covariates,
            cluster=cluster,
            empty_cohort=empty_cohort,
        )
    )
    panel = comparable(panel, control)
    warnings = [*panel.notes, *_clusters(panel)]
    if np.ptp(panel.outcome) == 0:
        raise EstimationError(
            [Problem(outcome, "the outcome does not vary", f"{panel.outcome.flat[0]:g} everywhere")]
        )
    cells = group_time_cells(panel, control=control, base=base, anticipation=anticipation, estimator=estimator)
    warnings += cells.notes
    families = {
        "simple": sums.simple(cells),
        "dynamic": sums.dynamic(cells),
        "group": sums.group(cells),
        "calendar": sums.calendar(cells),
    }
    chosen = multipliers or ("mammen" if panel.clusters <= MANY_CLUSTERS else "normal")
    whole = sums.products(cells, panel.cohort, panel.cluster) / panel.n**2
    drawn: Array | None = None
    if rng is not None and chosen == "normal":
        drawn = bands.normal_draws(whole, rng, draws)
    elif rng is not None:
        drawn = bands.draws(sums.features(cells, panel.cohort, panel.cluster), panel.n, rng, draws, chosen)
    count = cells.estimate.size
    spread = bands.spread(whole[:count, :count], None if drawn is None else drawn[:, :count], level)
    effects = _points(cells.time, cells.estimate, spread, level)
    rows = tuple(
        GroupTime(first, now, start, int(ones), int(others), point)
        for first, now, start, ones, others, point in zip(
            cells.first.tolist(),
            cells.time.tolist(),
            cells.base.tolist(),
            cells.treated,
            cells.controls,
            effects,
            strict=True,
        )
    )
    aggregates = {key: _aggregate(key, family, whole, drawn, level) for key, family in families.items()}
    return Did(
        outcome=outcome,
        control=control,
        base=base,
        anticipation=float(anticipation),
        estimator=estimator if panel.covariate_names else "difference of means",
        covariates=panel.covariate_names,
        clustered_by=panel.clustered_by,
        units=panel.n,
        clusters=panel.clusters,
        periods=tuple(panel.times.tolist()),
        cohorts=tuple(
            (None if math.isinf(first) else first, int(size))
            for first, size in zip(panel.cohorts.tolist(), panel.sizes, strict=True)
        ),
        level=level,
        draws=0 if rng is None else draws,
        multipliers=None if rng is None else chosen,
        group_time=rows,
        simple=aggregates["simple"],
        dynamic=aggregates["dynamic"],
        group=aggregates["group"],
        calendar=aggregates["calendar"],
        pretrend=_pretrend(cells, spread.covariance),
        two_way=_comparison(panel, level),
        warnings=tuple(warnings),
        left=panel.left,
        origin=panel.origin,
    )


QUESTIONS = {
    "simple": "the mean effect over all treated units and their treated periods",
    "dynamic": "the effect by time since the first treated period; overall: these times alike",
    "group": "the effect by cohort, over its treated periods; overall: cohorts by size",
    "calendar": "the effect by period, over the cohorts treated by then; overall: periods alike",
}

BIAS = (
    "With staggered starts and effects that differ, two-way fixed effects compare with units that are already treated, "
    "some with negative weight (Goodman-Bacon 2021), and a dummy of one event time takes in effects of others (Sun & "
    "Abraham 2021). Read the group-time effects; these are for comparison."
)


def _aggregate(key: str, family: sums.Sums, whole: Array, drawn: Array | None, level: float) -> Aggregate:
    """The band is that of the points; the overall effect has a pointwise interval only."""
    loads = family.loads
    matrix, deviations = loads.T @ whole @ loads, None if drawn is None else drawn @ loads
    points: tuple[Point, ...] = ()
    critical = None
    if family.points.size:
        parts = None if deviations is None else deviations[:, :-1]
        spread = bands.spread(matrix[:-1, :-1], parts, level)
        points, critical = _points(family.points, family.estimate[:-1], spread, level), spread.critical
    last = bands.spread(matrix[-1:, -1:], None if deviations is None else deviations[:, -1:], level)
    overall = _points(np.array([np.nan]), family.estimate[-1:], bands.Spread(*_unbanded(last)), level)[0]
    return Aggregate(key, QUESTIONS[key], overall, points, critical)


def _unbanded(spread: bands.Spread) -> tuple[Array, Array, Array | None, None]:
    return spread.covariance, spread.se, spread.bootstrap_se, None


def _points(at: Array, estimates: Array, spread: bands.Spread, level: float) -> tuple[Point, ...]:
    z = float(stats.norm.ppf((1 + level) / 2))
    points = []
    for i, (where, estimate, se) in enumerate(zip(at.tolist(), estimates.tolist(), spread.se.tolist(), strict=True)):
        known = math.isfinite(se)
        band = known and spread.critical is not None
        half = (spread.critical or 0.0) * se
        boot = spread.bootstrap_se
        points.append(
            Point(
                at=where if math.isfinite(where) else None,
                estimate=estimate,
                se=se if known else None,
                low=estimate - z * se if known else None,
                high=estimate + z * se if known else None,
                bootstrap_se=float(boot[i]) if boot is not None and math.isfinite(boot[i]) else None,
                band_low=estimate - half if band else None,
                band_high=estimate + half if band else None,
            )
        )
    return tuple(points)


def _pretrend(cells: Cells, covariance: Array) -> PreTrend | None:
    known = np.diag(covariance) > 0
    before = np.flatnonzero(~cells.post & known)
    if not before.size:
        return None
    matrix, values = covariance[np.ix_(before, before)], cells.estimate[before]
    if np.linalg.matrix_rank(matrix, tol=1e-10 * np.trace(matrix), hermitian=True) < before.size:
        return None
    statistic = float(values @ np.linalg.solve(matrix, values))
    return PreTrend(statistic, int(before.size), float(stats.chi2.sf(statistic, before.size)))


def _comparison(panel: Panel, level: float) -> Comparison | None:
    try:
        one, study = treated_coefficient(panel), event_study(panel)
    except EstimationError:
        return None
    return Comparison(_by_t(one, level)[0], _by_t(study, level), study.df, BIAS)


def _by_t(found: TwoWay, level: float) -> tuple[Point, ...]:
    t = float(stats.t.ppf((1 + level) / 2, found.df))
    return tuple(
        Point(at, estimate, se, estimate - t * se, estimate + t * se, None, None, None)
        for at, estimate, se in zip(found.points.tolist(), found.estimate.tolist(), found.se.tolist(), strict=True)
    )


def _clusters(panel: Panel) -> list[Notice]:
    """Refuse what has no error, and warn of what has a poor one."""
    members = np.zeros((panel.clusters, panel.cohorts.size), dtype=bool)
    members[panel.cluster, panel.cohort] = True
    counts = members.sum(axis=0)
    what = "units" if panel.clusters == panel.n else "clusters"
    refused: list[Problem] = []
    warned: list[Notice] = []
    for first, count in zip(panel.cohorts, counts, strict=True):
        name = "never-treated units" if np.isinf(first) else f"cohort {first:g}"
        name_es = "unidades nunca tratadas" if np.isinf(first) else f"cohorte {first:g}"
        if count < 2:
            refused.append(
                Problem(
                    "cohort",
                    f"all of {name} lies in one of the {what}, so its error cannot be told",
                    f"{count} of {what}",
                    "2 or more (10 or more to rely on)",
                    "join it with a neighbouring cohort, or leave it out and say so",
                )
            )
        elif count < SMALL_COHORT:
            of = (what, "pocas unidades" if what == "units" else "pocos conglomerados")
            warned.append(notice("few_in_cohort", cohort=(name, name_es), what=of, count=count))
    if refused:
        raise DataError(refused)
    if panel.clusters < FEW_CLUSTERS:
        warned.append(notice("few_panel_clusters", by=panel.clustered_by, count=panel.clusters, least=FEW_CLUSTERS))
    return warned


def _check(level: float, draws: int, multipliers: str | None) -> None:
    problems = []
    if not 0.5 <= level < 1:
        problems.append(Problem("level", "must lie in [0.5, 1)", f"{level:g}", "for example 0.95"))
    if draws < 99:
        problems.append(Problem("draws", "too few draws for a band", f"{draws}", "99 or more"))
    if multipliers is not None and multipliers not in bands.MULTIPLIERS:
        problems.append(Problem("multipliers", "no such weights", multipliers, ", ".join(bands.MULTIPLIERS)))
    if problems:
        raise DataError(problems)
